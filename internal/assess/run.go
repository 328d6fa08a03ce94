package assess

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/figure"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// ObjectDays is how long a village has to object.
const ObjectDays = 7

const sqlPartScheme = `select id, township_id, name, from_month, to_month, indicators, state, made_name, made_at, sent_at, signed_name, signed_at, digest, dropped_name, dropped_at, reason from scheme
where township_id = @township `

const (
	sqlSchemes = `-- assess.schemes
` + sqlPartScheme + `and (@state = '' or state = @state) and (@search = '' or strpos(name, @search) > 0) order by made_at desc, id limit 300`
	sqlScheme = `-- assess.scheme
` + sqlPartScheme + `and id = @id`
	sqlLockScheme = `-- assess.lock_scheme
` + sqlPartScheme + `and id = @id for update`
)

const sqlInsertScheme = `-- assess.make
insert into scheme (id, township_id, name, from_month, to_month, indicators, state, made_by, made_name, made_at)
values (@id, @township, @name, @from, @to, @indicators, 'running', @by, @by_name, @now) on conflict (id) do nothing`

const sqlSendScheme = `-- assess.send_scheme
update scheme set state = 'sent', sent_at = @now where id = @id and township_id = @township and state = 'running'`

const sqlSignScheme = `-- assess.sign_scheme
update scheme set state = 'signed', signed_by = @by, signed_name = @by_name, signed_at = @now, digest = @digest where id = @id and township_id = @township and state = 'sent'`

const sqlDropScheme = `-- assess.drop_scheme
update scheme set state = 'dropped', dropped_name = @by_name, dropped_at = @now, reason = @reason where id = @id and township_id = @township and state in ('running', 'sent')`

func (s *Service) office(who actor.Actor) error {
	if who.Role != actor.Bureau || who.Village != 0 || who.Township == 0 {
		return fault.ErrNotFound
	}
	return nil
}

// above runs fn in a transaction of the township's own records.
func (s *Service) above(ctx context.Context, who actor.Actor, reason string, fn func(tx pg.Tx, a pgx.NamedArgs) error) error {
	if err := s.office(who); err != nil {
		return err
	}
	return s.DB.AsSystem(ctx, reason, func(tx pg.Tx) error {
		tx.Who = who
		return fn(tx, pgx.NamedArgs{"township": int64(who.Township), "by": who.Account, "by_name": who.Name, "now": tx.Now})
	})
}

// Make lays a scheme down.
func (s *Service) Make(ctx context.Context, who actor.Actor, d Draft) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "assess.Make")
	if err := d.check(s.DB.Now()); err != nil {
		return id, err
	}
	if id = pg.NewID(); who.Key != "" { // the same request again makes the same assessment
		id = uuid.NewSHA1(who.Account, []byte("assess.make "+who.Key))
	}
	return id, s.above(ctx, who, "assess.make", func(tx pg.Tx, a pgx.NamedArgs) error {
		a["id"], a["name"], a["from"], a["to"], a["indicators"] = id, d.Name, int(d.Period.From), int(d.Period.To), d.Indicators
		tag, err := tx.Exec(ctx, sqlInsertScheme, a)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "assess.make", Kind: "scheme", ID: id.String(), Reason: d.Name})
	})
}

// Drop calls an assessment off that is not signed: villages see that it was, and why.
func (s *Service) Drop(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "assess.Drop(%s)", id)
	reason = strings.TrimSpace(reason)
	return s.above(ctx, who, "assess.drop", func(tx pg.Tx, a pgx.NamedArgs) error {
		if a["id"], a["reason"] = id, reason; !chars.Between(reason, 4, 500) {
			return ErrReason
		}
		if _, err := pg.One[Scheme](ctx, tx, sqlLockScheme, a); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, sqlDropScheme, a)
		if err == nil && tag.RowsAffected() == 0 {
			err = ErrState
		}
		if err != nil {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "assess.drop", Kind: "scheme", ID: id.String(), Reason: reason})
	})
}

// Schemes lists the township's, newest first: of a state and with a word in the name, where they are given.
func (s *Service) Schemes(ctx context.Context, who actor.Actor, state, search string) (all []Scheme, err error) {
	defer fault.Wrap(&err, "assess.Schemes")
	err = s.above(ctx, who, "assess.schemes", func(tx pg.Tx, a pgx.NamedArgs) error {
		a["state"], a["search"] = state, search
		all, err = pg.All[Scheme](ctx, tx, sqlSchemes, a)
		return err
	})
	return all, err
}

func (s *Service) scheme(ctx context.Context, who actor.Actor, id uuid.UUID) (c Scheme, err error) {
	err = s.above(ctx, who, "assess.scheme", func(tx pg.Tx, a pgx.NamedArgs) error {
		a["id"] = id
		c, err = pg.One[Scheme](ctx, tx, sqlScheme, a)
		return err
	})
	return c, err
}

const sqlPartResult = `select r.village_id, v.name as village, r.scheme_id, c.name, c.reason, r.marks, r.total, r.counted_at, case when c.state = 'dropped' and r.state <> 'counted' then c.state else r.state end as state, r.object_until, r.objection, r.objected_name, r.objected_at, r.answer, r.answered_name,
  r.answered_at, r.version
from assessment r join village v on v.id = r.village_id join scheme c on c.id = r.scheme_id `

const (
	sqlResults = `-- assess.results
` + sqlPartResult + `where r.village_id = any(@villages) and r.scheme_id = @scheme order by r.total desc, r.village_id`
	sqlLockResult = `-- assess.lock_result
` + sqlPartResult + `where r.village_id = @village_id and r.scheme_id = @scheme for update of r`
	sqlResult = `-- assess.result
` + sqlPartResult + `where r.village_id = @village_id and r.scheme_id = @scheme`
	sqlMine = `-- assess.mine
` + sqlPartResult + `where r.village_id = @village_id and r.state <> 'counted' and (@state = '' or case when c.state = 'dropped' then c.state else r.state end = @state)
  and (@search = '' or strpos(c.name, @search) > 0) order by r.scheme_id desc limit 300`
)

const sqlKeep = `-- assess.keep
insert into assessment (village_id, scheme_id, marks, total, counted_at, state) values (@village_id, @scheme, @marks, @total, @now, 'counted')
on conflict (village_id, scheme_id) do update set marks = excluded.marks, total = excluded.total, counted_at = excluded.counted_at, version = assessment.version + 1
where assessment.state <> 'signed'`

const sqlMove = `-- assess.move
update assessment set state = @state, marks = @marks, total = @total, object_until = @until, objection = @objection, objected_name = @objected_name, objected_at = @objected_at,
  answer = @answer, answered_name = @answered_name, answered_at = @answered_at, version = version + 1
where village_id = @village_id and scheme_id = @scheme`

// Show is a scheme with every village's result, the most first.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (c Scheme, all []Result, err error) {
	defer fault.Wrap(&err, "assess.Show(%s)", id)
	if c, err = s.scheme(ctx, who, id); err != nil {
		return c, nil, err
	}
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		all, err = pg.All[Result](ctx, tx, sqlResults, pgx.NamedArgs{"villages": villages, "scheme": id})
		return err
	})
	return c, all, err
}

// Count computes every village's marks from the figures as they are now; what was looked at on the spot stays.
func (s *Service) Count(ctx context.Context, who actor.Actor, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "assess.Count(%s)", id)
	c, err := s.scheme(ctx, who, id)
	if err != nil {
		return err
	}
	if c.Closed() {
		return ErrState
	}
	all, err := s.Figures.Board(ctx, who, c.Period())
	for _, v := range all {
		if err == nil {
			err = s.count(ctx, who, c, v)
		}
	}
	return err
}

func (s *Service) count(ctx context.Context, who actor.Actor, c Scheme, v figure.Standing) error {
	who.Key = "" // one request, a transaction a village
	return s.DB.InOffice(ctx, who, v.ID, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"village_id": int64(v.ID), "scheme": c.ID, "now": tx.Now}
		before, err := pg.One[Result](ctx, tx, sqlLockResult, a)
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		marks := []Mark{}
		for _, i := range c.Indicators {
			marks = append(marks, i.mark(v, before.Marks))
		}
		a["marks"], a["total"] = marks, total(marks)
		if _, err := tx.Exec(ctx, sqlKeep, a); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "assess.count", Kind: "scheme", ID: c.ID.String(), Before: before.Marks, After: marks})
	})
}

// change is one step of one village's result, by the township.
func (s *Service) change(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, verb, reason string, fn func(tx pg.Tx, r *Result) error) (err error) {
	return s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error { return step(ctx, tx, id, verb, reason, fn) })
}

func step(ctx context.Context, tx pg.Tx, id uuid.UUID, verb, reason string, fn func(tx pg.Tx, r *Result) error) error {
	_, _, err := idem.Once(ctx, tx, verb, func() (struct{}, error) {
		a := pgx.NamedArgs{"village_id": int64(tx.Village()), "scheme": id}
		r, err := pg.One[Result](ctx, tx, sqlLockResult, a)
		if err != nil {
			return struct{}{}, err
		}
		before := r
		if err := fn(tx, &r); err != nil {
			return struct{}{}, err
		}
		for name, value := range map[string]any{"state": r.State, "marks": r.Marks, "total": total(r.Marks), "until": r.ObjectUntil, "objection": r.Objection, "objected_name": r.ObjectedName,
			"objected_at": r.ObjectedAt, "answer": r.Answer, "answered_name": r.AnsweredName, "answered_at": r.AnsweredAt} {
			a[name] = value
		}
		if _, err := tx.Exec(ctx, sqlMove, a); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "scheme", ID: id.String(), Reason: reason, Before: before, After: r})
	})
	return err
}

// Look gives a village its mark in what was looked at on the spot.
func (s *Service) Look(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, code string, points int, words string) (err error) {
	defer fault.Wrap(&err, "assess.Look(%d, %s)", village, id)
	words = strings.TrimSpace(words)
	return s.change(ctx, who, village, id, "assess.look", words, func(_ pg.Tx, r *Result) error {
		if r.State == "signed" || r.State == "dropped" {
			return ErrState
		}
		if err := fault.Join(fault.When(points < 0 || points > 100, ErrPoints), fault.When(!chars.Between(words, 4, 500), ErrWords)); err != nil {
			return err
		}
		for i := range r.Marks {
			m := &r.Marks[i]
			if m.Code == code && m.Visited() {
				m.Value, m.Known, m.Source, m.By = float64(points), true, words, who.Name
				m.Score = m.score(m.Value)
				return nil
			}
		}
		return ErrCode
	})
}

// Send gives every village its result and seven days to object.
func (s *Service) Send(ctx context.Context, who actor.Actor, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "assess.Send(%s)", id)
	c, all, err := s.Show(ctx, who, id)
	if err != nil {
		return err
	}
	if c.State != "running" || len(all) == 0 {
		return ErrState
	}
	for _, r := range all {
		for _, m := range r.Marks {
			if m.Visited() && !m.Known {
				return ErrUnseen.With(r.Village)
			}
		}
	}
	for _, r := range all {
		one := who
		one.Key = ""
		err := s.change(ctx, one, r.VillageID, id, "assess.send", c.Name, func(tx pg.Tx, r *Result) error {
			if r.State != "counted" { // sent before an interruption
				return nil
			}
			until := month.Date(tx.Now).AddDate(0, 0, ObjectDays)
			r.State, r.ObjectUntil = "sent", &until
			seats, err := inform.Seated(ctx, tx, actor.Lead)
			if err != nil {
				return err
			}
			leads := seats.Accounts()
			told := make([]inform.Message, len(leads))
			for n, lead := range leads {
				told[n] = inform.Message{Account: lead, Kind: inform.AssessmentSent, Subject: id, Detail: c.Name, Once: "assess:" + id.String() + ":" + lead.String()}
			}
			return inform.TellEach(ctx, tx, told)
		})
		if err != nil {
			return err
		}
	}
	return s.above(ctx, who, "assess.send", func(tx pg.Tx, a pgx.NamedArgs) error {
		a["id"] = id
		if _, err := tx.Exec(ctx, sqlSendScheme, a); err != nil {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "assess.send", Kind: "scheme", ID: id.String(), Reason: c.Name})
	})
}

// Mine is what the township gave the village, newest first.
func (s *Service) Mine(ctx context.Context, who actor.Actor, state, search string) (all []Result, err error) {
	defer fault.Wrap(&err, "assess.Mine")
	if who.Village == 0 {
		return nil, fault.ErrNotFound
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Result](ctx, tx, sqlMine, pgx.NamedArgs{"village_id": int64(who.Village), "state": state, "search": search})
		return err
	})
	return all, err
}

// Own is one of them, once it was sent, with the scheme's name.
func (s *Service) Own(ctx context.Context, who actor.Actor, id uuid.UUID) (name string, r Result, err error) {
	defer fault.Wrap(&err, "assess.Own(%s)", id)
	if who.Village == 0 {
		return "", r, fault.ErrNotFound
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if r, err = pg.One[Result](ctx, tx, sqlResult, pgx.NamedArgs{"village_id": int64(who.Village), "scheme": id}); err != nil {
			return err
		}
		if r.State == "counted" {
			return fault.ErrNotFound
		}
		name = r.Name
		return nil
	})
	return name, r, err
}

// Object is the village's word against its result, within the days that it has.
func (s *Service) Object(ctx context.Context, who actor.Actor, id uuid.UUID, words string) (err error) {
	defer fault.Wrap(&err, "assess.Object(%s)", id)
	if who.Village == 0 {
		return fault.ErrNotFound
	}
	words = strings.TrimSpace(words)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		return step(ctx, tx, id, "assess.object", words, func(tx pg.Tx, r *Result) error {
			switch {
			case r.State == "counted":
				return fault.ErrNotFound
			case r.State != "sent":
				return ErrState
			case month.Date(tx.Now).After(*r.ObjectUntil):
				return ErrClosed
			case !chars.Between(words, 4, 500):
				return ErrWords
			}
			r.State, r.Objection, r.ObjectedName, r.ObjectedAt = "objected", words, who.Name, &tx.Now
			return nil
		})
	})
}

// Answer is the township's word on the objection; marks may have been looked at or counted again before.
func (s *Service) Answer(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, words string) (err error) {
	defer fault.Wrap(&err, "assess.Answer(%d, %s)", village, id)
	words = strings.TrimSpace(words)
	return s.change(ctx, who, village, id, "assess.answer", words, func(tx pg.Tx, r *Result) error {
		if r.State != "objected" {
			return ErrState
		}
		if !chars.Between(words, 4, 500) {
			return ErrWords
		}
		r.State, r.Answer, r.AnsweredName, r.AnsweredAt = "answered", words, who.Name, &tx.Now
		return nil
	})
}

// Sign closes the assessment: nobody's objection waits, and everybody had their days.
func (s *Service) Sign(ctx context.Context, who actor.Actor, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "assess.Sign(%s)", id)
	c, all, err := s.Show(ctx, who, id)
	if err != nil {
		return err
	}
	if c.State != "sent" {
		return ErrState
	}
	today := month.Date(s.DB.Now())
	for _, r := range all {
		if r.State == "objected" || r.State == "counted" || r.State == "sent" && !today.After(*r.ObjectUntil) {
			return ErrOpen.With(r.Village)
		}
	}
	for _, r := range all {
		one := who
		one.Key = ""
		if err := s.change(ctx, one, r.VillageID, id, "assess.sign", c.Name, func(_ pg.Tx, r *Result) error {
			if r.State == "objected" { // since they were looked at
				return ErrOpen.With(r.Village)
			}
			r.State = "signed"
			return nil
		}); err != nil {
			return err
		}
	}
	return s.above(ctx, who, "assess.sign", func(tx pg.Tx, a pgx.NamedArgs) error {
		a["id"], a["digest"] = id, Digest(all)
		if _, err := tx.Exec(ctx, sqlSignScheme, a); err != nil {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "assess.sign", Kind: "scheme", ID: id.String(), Reason: c.Name})
	})
}

// Digest is the hash of every village's marks, in the order of the villages: what was signed.
func Digest(all []Result) string {
	type line struct {
		Village actor.VillageID
		Total   int
		Marks   []Mark
	}
	lines := make([]line, len(all))
	for i, r := range all {
		lines[i] = line{r.VillageID, r.Total, r.Marks}
	}
	b, _ := json.Marshal(lines)
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
