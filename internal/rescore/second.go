package rescore

import (
	"bytes"
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// Look is what a group was asked to decide a second time, of a village that it is not told.
type Look struct {
	ID        uuid.UUID
	State     string // open, done or recalled
	DueOn     time.Time
	AskedName string
	AskedAt   time.Time
	DoneName  string
	DoneAt    *time.Time
	Size      int
	Scored    int
}

// Chinese is the state on screen.
func (l Look) Chinese() string {
	return map[string]string{"open": "等小组评", "done": "已交回镇里", "recalled": "镇里已收回"}[l.State]
}

// LookItem is one record of it.
type LookItem struct {
	ID         uuid.UUID
	Position   int
	Title      string
	Rule       string
	Amount     string
	OccurredOn time.Time
	Channel    string
	Note       string
	Verdict    Verdict
	Words      string
	ScorerName string
	ScoredAt   *time.Time
	Photos     []uuid.UUID `db:"-"`
}

// Faults of a second decision in another village.
var (
	ErrNotYou   = fault.New(fault.Conflict, "second.not_you", "这一批要请小组的其他成员来评")
	ErrGone     = fault.New(fault.Conflict, "second.gone", "这一批已经交回或收回，不能再改")
	ErrUnscored = fault.New(fault.Conflict, "second.unscored", "还有 %d 条没有评，评完再交回")
)

const sqlPartLooks = `select l.id, l.state, l.due_on, l.asked_name, l.asked_at, l.done_name, l.done_at, i.size, i.scored from second_look l
join (select village_id, look_id, count(*)::int as size, count(*) filter (where verdict <> '')::int as scored from second_item where village_id = @village_id group by village_id, look_id) i on i.village_id = l.village_id and i.look_id = l.id
where l.village_id = @village_id `

const (
	sqlLooks = `-- rescore.looks
` + sqlPartLooks + `and (@state = '' or l.state = @state) and (@search = '' or strpos(l.asked_name, @search) > 0 or strpos(l.done_name, @search) > 0
  or exists (select from second_item o where o.village_id = @village_id and o.look_id = l.id and strpos(o.title, @search) > 0 and l.state <> 'recalled')) order by l.id desc limit 300`
	sqlLook = `-- rescore.look
` + sqlPartLooks + `and l.id = @look`
)

// LookStates lists the states in the order of its life.
var LookStates = []string{"open", "done", "recalled"}

// Looks lists what the group was asked, newest first; the words are found in who asked, who handed it back and the
// items that were claimed.
func (s *Service) Looks(ctx context.Context, who actor.Actor, state, search string) (all []Look, err error) {
	defer fault.Wrap(&err, "rescore.Looks")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Look](ctx, tx, sqlLooks, pgx.NamedArgs{"village_id": int64(who.Village), "state": state, "search": search})
		return err
	})
	return all, err
}

const sqlLookItems = `-- rescore.look_items
select id, position, title, rule, amount, occurred_on, channel, note, verdict, words, scorer_name, scored_at from second_item
where village_id = @village_id and look_id = @look order by position`

const sqlLookPhotos = `-- rescore.look_photos
select e.holder_id as of, e.id from evidence e join second_item i on i.village_id = @village_id and i.id = e.holder_id
where e.village_id = @village_id and i.look_id = @look and e.removed_at is null order by e.id`

// Look is one of them with its records. What was recalled shows none any more.
func (s *Service) Look(ctx context.Context, who actor.Actor, id uuid.UUID) (l Look, items []LookItem, err error) {
	defer fault.Wrap(&err, "rescore.Look(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"village_id": int64(who.Village), "look": id}
		if l, err = pg.One[Look](ctx, tx, sqlLook, a); err != nil || l.State == "recalled" {
			return err
		}
		if items, err = pg.All[LookItem](ctx, tx, sqlLookItems, a); err != nil {
			return err
		}
		at := map[uuid.UUID]int{}
		for i := range items {
			at[items[i].ID] = i
		}
		photos, err := pg.All[struct{ Of, ID uuid.UUID }](ctx, tx, sqlLookPhotos, a)
		for _, p := range photos {
			items[at[p.Of]].Photos = append(items[at[p.Of]].Photos, p.ID)
		}
		return err
	})
	return l, items, err
}

const sqlLookPhoto = `-- rescore.look_photo
select e.id from evidence e join second_item i on i.village_id = @village_id and i.id = e.holder_id
where e.village_id = @village_id and i.look_id = @look and e.id = @photo`

// LookPhoto names a photo of one of them, for evidence.ReadShown.
func LookPhoto(ctx context.Context, tx pg.Tx, look, photo uuid.UUID) (uuid.UUID, error) {
	return pg.Scalar[uuid.UUID](ctx, tx, sqlLookPhoto, pgx.NamedArgs{"village_id": int64(tx.Village()), "look": look, "photo": photo})
}

const sqlLockLook = `-- rescore.lock_look
select state, barred from second_look where village_id = @village_id and id = @look for update`

const sqlSecond = `-- rescore.second
update second_item set verdict = @verdict, words = @words, scorer = @by, scorer_name = @name, scored_at = @now where village_id = @village_id and look_id = @look and id = @item`

// lock opens what somebody of the group may still work on.
func lock(ctx context.Context, tx pg.Tx, look uuid.UUID) error {
	l, err := pg.One[struct {
		State  string
		Barred [][]byte
	}](ctx, tx, sqlLockLook, pgx.NamedArgs{"village_id": int64(tx.Village()), "look": look})
	if err != nil {
		return err
	}
	me := bar(look, tx.Who.Account)
	if slices.ContainsFunc(l.Barred, func(b []byte) bool { return bytes.Equal(b, me) }) {
		return ErrNotYou
	}
	if l.State != "open" {
		return ErrGone
	}
	return nil
}

// Second is what a member of the group decides on one record; it may be changed until all is handed back.
func (s *Service) Second(ctx context.Context, who actor.Actor, look, item uuid.UUID, v Verdict, words string) (err error) {
	defer fault.Wrap(&err, "rescore.Second(%s)", item)
	words = strings.TrimSpace(words)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "second.score", func() (struct{}, error) {
			if err := lock(ctx, tx, look); err != nil {
				return struct{}{}, err
			}
			if err := v.check(words); err != nil {
				return struct{}{}, err
			}
			tag, err := tx.Exec(ctx, sqlSecond, pgx.NamedArgs{"village_id": int64(tx.Village()), "look": look, "item": item, "verdict": string(v), "words": words, "by": who.Account, "name": who.Name, "now": tx.Now})
			if err == nil && tag.RowsAffected() == 0 {
				err = fault.ErrNotFound
			}
			if err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "second.score", Kind: "second_look", ID: look.String(), Reason: v.Chinese()})
		})
		return err
	})
}

// check refuses what is no verdict, and one that needs words and has none.
func (v Verdict) check(words string) error {
	return fault.Join(fault.When(!slices.Contains([]Verdict{Yes, No, Unclear}, v), ErrVerdict), fault.When(v != Yes && !chars.Between(words, 4, 300) || !chars.Between(words, 0, 300), ErrNote))
}

const sqlUnscored = `-- rescore.unscored
select count(*)::int from second_item where village_id = @village_id and look_id = @look and verdict = ''`

const sqlDone = `-- rescore.done
update second_look set state = 'done', done_name = @name, done_at = @now where village_id = @village_id and id = @look`

// CollectJob takes what a group handed back to the village whose decisions they were.
type CollectJob struct{ Look uuid.UUID }

// Kind names the job.
func (CollectJob) Kind() string { return "rescore.collect" }

// Dedupe is the look.
func (j CollectJob) Dedupe() string { return j.Look.String() }

// Return hands all back to the township.
func (s *Service) Return(ctx context.Context, who actor.Actor, look uuid.UUID) (err error) {
	defer fault.Wrap(&err, "rescore.Return(%s)", look)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "second.return", func() (struct{}, error) {
			if err := lock(ctx, tx, look); err != nil {
				return struct{}{}, err
			}
			a := pgx.NamedArgs{"village_id": int64(tx.Village()), "look": look, "name": who.Name, "now": tx.Now}
			if n, err := pg.Scalar[int](ctx, tx, sqlUnscored, a); err != nil {
				return struct{}{}, err
			} else if n > 0 {
				return struct{}{}, ErrUnscored.With(n)
			}
			if _, err := tx.Exec(ctx, sqlDone, a); err != nil {
				return struct{}{}, err
			}
			if err := queue.Add(ctx, tx, CollectJob{look}); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "second.return", Kind: "second_look", ID: look.String()})
		})
		return err
	})
}

const sqlWhose = `-- rescore.whose
select village_id, rescore_id from rescore_hand where village_id = any(@villages) and peer_village = @peer and id = @look and state = 'out'`

const sqlTake = `-- rescore.take
update rescore_item i set verdict = u.verdict, note = u.words, scorer = @look, scorer_name = @name, scored_at = u.at
from unnest(@positions::int[], @verdicts::text[], @words::text[], @at::timestamptz[]) as u(position, verdict, words, at)
where i.village_id = @village_id and i.rescore_id = @id and i.position = u.position and i.verdict = ''`

// Collect is the job: the program alone reads both villages, one after the other. It may be begun twice.
func (s *Service) Collect(ctx context.Context, who actor.Actor, j CollectJob) (err error) {
	defer fault.Wrap(&err, "rescore.Collect(%s)", j.Look)
	l, items, err := s.Look(ctx, who, j.Look)
	if err != nil {
		return err
	}
	if l.State != "done" {
		return ErrGone
	}
	villages, err := s.DB.Villages(ctx)
	if err != nil {
		return err
	}
	type place struct {
		VillageID actor.VillageID
		RescoreID uuid.UUID
	}
	var of []place
	err = s.DB.Across(ctx, "rescore.collect", villages, func(tx pg.Tx) error {
		return tx.Parts(ctx, villages, func(part []int64) error {
			some, err := pg.All[place](ctx, tx, sqlWhose, pgx.NamedArgs{"villages": part, "peer": int64(who.Village), "look": j.Look})
			of = append(of, some...)
			return err
		})
	})
	if err != nil {
		return err
	}
	if len(of) == 0 { // taken before an interruption, or the first village is gone
		slog.InfoContext(ctx, "second look has no sample that waits", "look", j.Look)
	}
	var positions []int
	var verdicts, words []string
	var at []time.Time
	for _, i := range items {
		positions, verdicts, words, at = append(positions, i.Position), append(verdicts, string(i.Verdict)), append(words, i.Words), append(at, *i.ScoredAt)
	}
	for _, p := range of {
		err := s.DB.InVillage(ctx, actor.System(p.VillageID), func(tx pg.Tx) error {
			a := pgx.NamedArgs{"village_id": int64(p.VillageID), "id": p.RescoreID, "look": j.Look, "state": "back", "name": PeerName, "now": tx.Now, "positions": positions, "verdicts": verdicts, "words": words, "at": at}
			if _, err := tx.Exec(ctx, sqlTake, a); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, sqlEnd, a); err != nil {
				return err
			}
			return audit.Record(ctx, tx, audit.Event{Verb: "rescore.back", Kind: "rescore", ID: p.RescoreID.String()})
		})
		if err != nil {
			return err
		}
	}
	return s.sweep(ctx, who, j.Look)
}

const sqlOwn = `-- rescore.own
select count(*)::int as size, count(*) filter (where i.verdict = 'yes' and i.first or i.verdict = 'no' and not i.first)::int as agreed
from rescore_item i join rescore r on r.village_id = @village_id and r.id = i.rescore_id
where i.village_id = @village_id and r.drawn_at >= @since
  and not exists (select from rescore_item o where o.village_id = @village_id and o.rescore_id = i.rescore_id and o.verdict = '')`

// Own is what the finished samples of the own village come to in a year: the sum, and not who looked at what.
func (s *Service) Own(ctx context.Context, who actor.Actor) (a Agreement, err error) {
	defer fault.Wrap(&err, "rescore.Own")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		sum, err := pg.One[struct{ Size, Agreed int }](ctx, tx, sqlOwn, pgx.NamedArgs{"village_id": int64(who.Village), "since": tx.Now.AddDate(-1, 0, 0)})
		a = Agreement{VillageID: who.Village, Size: sum.Size, Agreed: sum.Agreed}
		return err
	})
	a.Low, a.High = Interval(a.Agreed, a.Size)
	return a, err
}
