// Package retention deletes what the village has no reason to keep any longer, by kind of record, and says
// beforehand what it will be and afterwards what it was (PIPL art. 19; requirements §4). The book, signatures,
// decisions, notices and packs of the archive are none of its kinds.
package retention

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/pg"
)

// Kind is a kind of record that has a time.
type Kind string

// The kinds.
const (
	Photos   Kind = "photo"
	Messages Kind = "message"
	Imports  Kind = "import"
	Contacts Kind = "contact"
)

// Rule is what holds for a kind: how long it is kept unless the village says otherwise, and for how long it must.
type Rule struct {
	Kind    Kind
	Title   string
	What    string // what is deleted, and what stays
	Why     string // why not sooner
	Default int
	Floor   int
	due     string // the statement that lists what is due
	forget  string // the statement that deletes it; photos go by way of their own room
}

// Rules are the kinds in the order of the page. The floors: an objection with its appeal and the year's end must
// be over before a photo goes; a household may ask about a word that it was sent for half a year.
var Rules = []Rule{
	{Photos, "办结事项的照片", "删照片原件，留指纹（SHA-256）和记录；没办结的、有异议申诉的不删", "异议、申诉和年终以前要能调看", 1095, 400, sqlDuePhotos, ""},
	{Messages, "发给住户和成员的消息", "整条删除；整改告知的送达记录另存，不删", "住户半年内可能来问", 365, 180, sqlDueMessages, sqlForgetMessages},
	{Imports, "名册导入前的旧数据", "删撤销用的旧数据，留导入记录；删后不能再整批撤销", "导错了要能撤销", 30, 7, sqlDueImports, sqlForgetImports},
	{Contacts, "意见里留的联系方式", "删联系方式，留意见和答复", "答复以后可能还要联系", 180, 30, sqlDueContacts, sqlForgetContacts},
}

// Elsewhere is what is deleted by other clocks, for the page.
var Elsewhere = []struct{ Title, What string }{
	{"登录记录", fmt.Sprintf("平台统一保存 %d 天（网络安全法要求不少于六个月），到期删除", SignInDays)},
	{"短信验证码", "五分钟后自动失效删除"},
	{"没有用上的照片", "一天后删除"},
	{"提交编号的答复", "90 天后删除"},
	{"台账、签字、评定、公示、档案", "不删"},
}

// SignInDays is how long the deployment keeps tries to sign in.
const SignInDays = 400

// Faults of the times.
var (
	ErrKind = fault.New(fault.Invalid, "retention.kind", "没有这一类记录").On("kind")
	ErrDays = fault.New(fault.Invalid, "retention.days", "%s至少保存 %d 天，最多 36500 天")
)

// Service keeps the times.
type Service struct {
	DB       *pg.DB
	Evidence *evidence.Service
}

// Time is a kind with the village's own time and what is due.
type Time struct {
	Rule
	Days    int
	SetName string
	SetAt   *time.Time
	Due     int
	Pieces  []Piece // the first of what is due
	Last    *Run
}

// Piece is one record that is due.
type Piece struct {
	ID   uuid.UUID
	At   time.Time
	What string
}

// Run is what was deleted in one night.
type Run struct {
	ID     uuid.UUID
	Kind   Kind
	Until  time.Time
	Pieces int
	Digest []byte
	RanAt  time.Time
}

// shown is how many due pieces a page names; most is how many go in one night of a kind.
const (
	shown = 100
	most  = 5000
)

// sqlPartClosed are the photos, older than @until, of things that are over: a claim, a finding or a round that is
// decided and posted, with no objection or appeal under way.
const sqlPartClosed = `left join claim c on c.village_id = @village_id and c.id = e.claim_id
left join finding f on f.village_id = @village_id and f.id = e.holder_id
left join inspection i on i.village_id = @village_id and i.id = e.holder_id
where e.village_id = @village_id and e.removed_at is null and e.uploaded_at < @until
  and (c.state in ('rejected', 'withdrawn', 'posted') or f.state in ('closed', 'posted') or i.state = 'closed')
  and not exists (select from objection o where o.village_id = @village_id and o.state = 'open' and o.entry_id in (c.entry_id, f.entry_id))
  and not exists (select from appeal a where a.village_id = @village_id and a.state = 'open' and a.entry_id in (c.entry_id, f.entry_id))`

const sqlDuePhotos = `-- retention.due_photos
select e.id, e.uploaded_at as at, case when c.id is not null then '申报' when f.id is not null then '整改' else '巡查' end as what from evidence e ` + sqlPartClosed + `
order by e.id limit @rows`

const sqlDueMessages = `-- retention.due_messages
select id, told_at as at, kind as what from message where village_id = @village_id and told_at < @until order by id limit @rows`

const sqlForgetMessages = `-- retention.forget_messages
delete from message where village_id = @village_id and id = any(@ids)`

const sqlDueImports = `-- retention.due_imports
select id, imported_at as at, file_name as what from household_import where village_id = @village_id and imported_at < @until and forgotten_at is null order by id limit @rows`

const sqlForgetImports = `-- retention.forget_imports
update household_import set before = '{}', forgotten_at = @now where village_id = @village_id and id = any(@ids)`

const sqlDueContacts = `-- retention.due_contacts
select id, answered_at as at, '意见' as what from opinion where village_id = @village_id and state = 'answered' and answered_at < @until and contact <> '' order by id limit @rows`

const sqlForgetContacts = `-- retention.forget_contacts
update opinion set contact = '' where village_id = @village_id and id = any(@ids)`

const sqlTimes = `-- retention.times
select kind, days, set_name, set_at from retention where village_id = @village_id`

const sqlRuns = `-- retention.runs
select id, kind, until, pieces, digest, ran_at from retention_run where village_id = @village_id order by id desc limit 200`

const sqlSet = `-- retention.set
insert into retention (village_id, kind, days, set_by, set_name, set_at) values (@village_id, @kind, @days, @by, @name, @now)
on conflict (village_id, kind) do update set days = excluded.days, set_by = excluded.set_by, set_name = excluded.set_name, set_at = excluded.set_at`

const sqlRan = `-- retention.ran
insert into retention_run (village_id, id, kind, until, pieces, digest, ran_at) values (@village_id, @id, @kind, @until, @pieces, @digest, @now)`

const sqlSignIns = `-- retention.sign_ins
delete from sign_in where at < @until`

type own struct {
	Kind    Kind
	Days    int
	SetName string
	SetAt   time.Time
}

// times are the kinds in the order of Rules.
func times(ctx context.Context, tx pg.Tx) ([]Time, error) {
	mine, err := pg.All[own](ctx, tx, sqlTimes, pgx.NamedArgs{"village_id": int64(tx.Village())})
	out := make([]Time, len(Rules))
	for i, r := range Rules {
		out[i] = Time{Rule: r, Days: r.Default}
		for _, o := range mine {
			if o.Kind == r.Kind {
				at := o.SetAt
				out[i].Days, out[i].SetName, out[i].SetAt = max(o.Days, r.Floor), o.SetName, &at
			}
		}
	}
	return out, err
}

// until is the instant before which the kind is due.
func (t Time) until(now time.Time) time.Time { return now.AddDate(0, 0, -t.Days) }

func (t Time) pieces(ctx context.Context, tx pg.Tx, rows int) ([]Piece, error) {
	all, err := pg.All[Piece](ctx, tx, t.due, pgx.NamedArgs{"village_id": int64(tx.Village()), "until": t.until(tx.Now), "rows": rows})
	if t.Kind == Messages {
		for i := range all {
			all[i].What = inform.Kind(all[i].What).Title()
		}
	}
	return all, err
}

// List is every kind with what tonight will delete of it: the page's rehearsal.
func (s *Service) List(ctx context.Context, who actor.Actor) (all []Time, runs []Run, err error) {
	defer fault.Wrap(&err, "retention.List")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if all, err = times(ctx, tx); err != nil {
			return err
		}
		if runs, err = pg.All[Run](ctx, tx, sqlRuns, pgx.NamedArgs{"village_id": int64(tx.Village())}); err != nil {
			return err
		}
		for i := range all {
			due, err := all[i].pieces(ctx, tx, most)
			if err != nil {
				return err
			}
			all[i].Due, all[i].Pieces = len(due), due[:min(shown, len(due))]
			for n := range runs {
				if runs[n].Kind == all[i].Kind && all[i].Last == nil {
					all[i].Last = &runs[n]
				}
			}
		}
		return nil
	})
	return all, runs, err
}

// Set gives a kind the village's own time, never under the floor.
func (s *Service) Set(ctx context.Context, who actor.Actor, k Kind, days int) (err error) {
	defer fault.Wrap(&err, "retention.Set(%s)", k)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "retention.set", func() (struct{}, error) {
			for _, r := range Rules {
				if r.Kind != k {
					continue
				}
				if days < r.Floor || days > 36500 {
					return struct{}{}, ErrDays.With(r.Title, r.Floor).On("days-" + string(k))
				}
				_, err := tx.Exec(ctx, sqlSet, pgx.NamedArgs{"village_id": int64(tx.Village()), "kind": string(k), "days": days, "by": who.Account, "name": who.Name, "now": tx.Now})
				if err != nil {
					return struct{}{}, err
				}
				return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "retention.set", Kind: "retention", ID: string(k), Reason: fmt.Sprintf("%s保存 %d 天", r.Title, days)})
			}
			return struct{}{}, ErrKind
		})
		return err
	})
}

// Run deletes what is due in a village. A night that was missed is made up for by the next.
func (s *Service) Run(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "retention.Run(%d)", who.Village)
	for i := range Rules {
		if err := s.run(ctx, who, i); err != nil {
			return err
		}
	}
	return nil
}

// run deletes what is due of one kind, given by its place in Rules, in a transaction of its own.
func (s *Service) run(ctx context.Context, who actor.Actor, rule int) error {
	var gone func(context.Context) error
	err := s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		all, err := times(ctx, tx)
		if err != nil {
			return err
		}
		t := all[rule]
		due, err := t.pieces(ctx, tx, most)
		if err != nil || len(due) == 0 {
			return err
		}
		ids, sum := make([]uuid.UUID, len(due)), sha256.New()
		for i, p := range due {
			ids[i] = p.ID
			fmt.Fprintf(sum, "%s|%s\n", p.ID, p.At.UTC().Format(time.RFC3339Nano))
		}
		a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": pg.IDAt(tx.Now), "kind": string(t.Kind), "until": t.until(tx.Now), "pieces": len(due), "digest": sum.Sum(nil),
			"now": tx.Now, "ids": ids}
		if t.forget == "" {
			gone, err = s.Evidence.Remove(ctx, tx, ids)
		} else {
			_, err = tx.Exec(ctx, t.forget, a)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlRan, a); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "retention.run", Kind: "retention", ID: string(t.Kind), Reason: fmt.Sprintf("%s：到期 %d 件，已删除", t.Title, len(due)), Before: ids})
	})
	if err == nil && gone != nil {
		err = gone(ctx)
	}
	return err
}

// SignIns deletes the deployment's tries to sign in whose time is over.
func (s *Service) SignIns(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "retention.SignIns")
	return s.DB.AsSystem(ctx, "retention", func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlSignIns, pgx.NamedArgs{"until": tx.Now.AddDate(0, 0, -SignInDays)})
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "retention.run", Kind: "sign_in", ID: "sign_in", Reason: fmt.Sprintf("登录记录：到期 %d 条，已删除", tag.RowsAffected())})
	})
}
