// Package opening is the taking over of old paper books into the ledger: what the book said on a day, written
// down by one of the working group, signed by the household and by another of the group, posted once, and taken
// back by one reversal where it was wrong. What is taken over can be redeemed; it scores for no ranking, since
// the deeds behind it were never put before the ledger's rules.
package opening

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of old books.
type Service struct{ DB *pg.DB }

// State is how far an old book is.
type State string

// The states: noted until both have signed, then posted; one that was posted may be reversed, one that was not
// dropped. After these two the book may be written down again.
const (
	Noted    State = "noted"
	Posted   State = "posted"
	Reversed State = "reversed"
	Dropped  State = "dropped"
)

// States are all of them, in the order of the screens.
var States = []State{Noted, Posted, Reversed, Dropped}

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Noted: "待签字", Posted: "已入账", Reversed: "已冲正", Dropped: "已作废"}[s]
}

// Opening is one old book.
type Opening struct {
	ID          uuid.UUID
	HouseholdID uuid.UUID
	Door        string
	Head        string
	PassbookNo  string
	Points      int
	AsOf        time.Time
	Book        string // number of the old book
	State       State
	NotedBy     uuid.UUID
	NotedName   string
	NotedAt     time.Time
	HomeName    string // who of the household signed
	HomeSign    *uuid.UUID
	GroupName   string
	GroupAt     *time.Time
	EntryID     *uuid.UUID
	EndedName   string
	EndedAt     *time.Time
	Reason      string
}

// Faults of old books.
var (
	ErrHome   = fault.New(fault.Invalid, "opening.home", "没有找到唯一的一户，请输完整的户主姓名、门牌或存折编号").On("home")
	ErrPoints = fault.New(fault.Invalid, "opening.points", "旧存折余额应是 1 到 100000 的整数").On("points")
	ErrAsOf   = fault.New(fault.Invalid, "opening.as_of", "日期应在今年、不晚于今天；往年的分不能结转").On("as_of")
	ErrBook   = fault.New(fault.Invalid, "opening.book", "旧存折编号最多 30 个字").On("book")
	ErrOnce   = fault.New(fault.Conflict, "opening.once", "这一户的旧存折已经登记过，每户只结转一次；登记错了请先作废或冲正").On("home")
	ErrWho    = fault.New(fault.Invalid, "opening.who", "请选择要签字的住户").On("pick")
	ErrName   = fault.New(fault.Invalid, "opening.name", "请填签字人的姓名（最多 30 个字）").On("name")
	ErrSigned = fault.New(fault.Invalid, "opening.signed", "请在方框里签名，或上传签了字的单子").On("signature")
	ErrState  = fault.New(fault.Conflict, "opening.state", "%s家的旧存折已经办结，请刷新再看")
	ErrFirst  = fault.New(fault.Conflict, "opening.first", "%s家还没有签字，住户先签，小组后签")
	ErrLate   = fault.New(fault.Conflict, "opening.late", "%s家的旧存折是 %d 年的，那一年的分已经清零，不能再入账，请作废")
	ErrOver   = fault.New(fault.Conflict, "opening.over", "%s家的旧存折是 %d 年的，那一年的分已经清零，不用再冲正")
	ErrTwo    = fault.New(fault.Forbidden, "conflict_of_duty", "登记的人不能自己签小组的字，请由另一名成员签")
	ErrKin    = fault.New(fault.Forbidden, "conflict_of_duty", "这里有您本户或亲属户，请回避，由其他成员签字")
	ErrReason = fault.New(fault.Invalid, "opening.reason", "请写明原因（2 到 200 字）").On("reason")
)

func (o Opening) check(today time.Time) error {
	return fault.Join(fault.When(o.Points < 1 || o.Points > 100000, ErrPoints), fault.When(!chars.Between(o.Book, 0, 30), ErrBook),
		fault.When(o.AsOf.After(today) || o.AsOf.Year() != today.Year(), ErrAsOf))
}

const sqlAdd = `-- opening.add
insert into opening (village_id, id, household_id, points, as_of, book, state, noted_by, noted_name, noted_at)
select @village_id::bigint, o.id, o.home, o.points, o.as_of, o.book, 'noted', @by::uuid, @name::text, @at::timestamptz
from unnest(@ids::uuid[], @homes::uuid[], @points::integer[], @days::date[], @books::text[]) o(id, home, points, as_of, book)
returning id`

const sqlActive = `-- opening.active
select id from household where village_id = @village_id and id = any(@homes) and state = 'active'`

// Note writes old books down: all or none.
func (s *Service) Note(ctx context.Context, who actor.Actor, books []Opening) (all []Opening, err error) {
	defer fault.Wrap(&err, "opening.Note(%d)", len(books))
	if len(books) == 0 {
		return nil, ErrWho
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		all, _, err = idem.Once(ctx, tx, "opening.note", func() ([]Opening, error) { return note(ctx, tx, books) })
		return err
	})
	if pg.Is(err, pg.Unique) {
		err = ErrOnce
	}
	return all, err
}

func note(ctx context.Context, tx pg.Tx, books []Opening) ([]Opening, error) {
	var homes []uuid.UUID
	for _, o := range books {
		homes = append(homes, o.HouseholdID)
	}
	there, err := pg.Column[uuid.UUID](ctx, tx, sqlActive, pgx.NamedArgs{"village_id": int64(tx.Village()), "homes": homes})
	if err != nil {
		return nil, err
	}
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now, "homes": homes}
	var ids []uuid.UUID
	var points []int32
	var days []time.Time
	var numbers []string
	for i := range books {
		o := &books[i]
		o.Book = strings.TrimSpace(o.Book)
		if !slices.Contains(there, o.HouseholdID) {
			return nil, fault.ErrNotFound
		}
		if err := o.check(month.Date(tx.Now)); err != nil {
			return nil, err
		}
		o.ID, o.State, o.NotedBy, o.NotedName, o.NotedAt = pg.IDAt(tx.Now), Noted, tx.Who.Account, tx.Who.Name, tx.Now
		ids, points, days, numbers = append(ids, o.ID), append(points, int32(o.Points)), append(days, o.AsOf), append(numbers, o.Book)
	}
	a["ids"], a["points"], a["days"], a["books"] = ids, points, days, numbers
	if _, err := pg.Column[uuid.UUID](ctx, tx, sqlAdd, a); err != nil {
		return nil, err
	}
	return books, audit.Record(ctx, tx, audit.Event{Verb: "opening.note", Kind: "opening", ID: books[0].ID.String(), After: books})
}

const sqlPartOpening = `o.id, o.household_id, h.door, h.head, h.passbook_no, o.points, o.as_of, o.book, o.state, o.noted_by, o.noted_name, o.noted_at, coalesce(s.name, '') as home_name, o.home_sign,
  o.group_name, o.group_at, o.entry_id, o.ended_name, o.ended_at, o.reason
from opening o join household h on h.village_id = @village_id and h.id = o.household_id
left join opening_signature s on s.village_id = @village_id and s.id = o.home_sign where o.village_id = @village_id`

const sqlLock = `-- opening.lock
select ` + sqlPartOpening + ` and o.id = any(@ids) order by o.id for update of o`

const sqlSignature = `-- opening.signature
insert into opening_signature (village_id, id, name, image, by, at) values (@village_id, @sign, @name, @image, @by, @at)`

const sqlHomeSign = `-- opening.home_sign
update opening set home_sign = @sign where village_id = @village_id and id = any(@ids)`

const sqlGroupSign = `-- opening.group_sign
update opening set state = 'posted', group_sign = @sign, group_by = @by, group_name = @who, group_at = @at, entry_id = t.entry
from unnest(@ids::uuid[], @entries::uuid[]) t(id, entry) where opening.village_id = @village_id and opening.id = t.id`

// Pen is a signature: drawn on the screen, or the signed paper scanned. One sheet may be signed for many homes.
type Pen struct {
	Name  string
	Image []byte
}

func (p *Pen) check() error {
	p.Name = strings.TrimSpace(p.Name)
	return fault.Join(fault.When(!chars.Between(p.Name, 1, 30), ErrName), fault.When(len(p.Image) < 100, ErrSigned))
}

func locked(ctx context.Context, tx pg.Tx, ids []uuid.UUID) ([]Opening, error) {
	all, err := pg.All[Opening](ctx, tx, sqlLock, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids})
	if err == nil && len(all) != len(ids) {
		err = fault.ErrNotFound
	}
	return all, err
}

// SignHome puts the households' signature under what was written down.
func (s *Service) SignHome(ctx context.Context, who actor.Actor, ids []uuid.UUID, p Pen) (n int, err error) {
	defer fault.Wrap(&err, "opening.SignHome(%d)", len(ids))
	return s.sign(ctx, who, "opening.sign_home", ids, &p, func(tx pg.Tx, all []Opening, a pgx.NamedArgs) error {
		_, err := tx.Exec(ctx, sqlHomeSign, a)
		return err
	})
}

// SignGroup is another of the group signing, which posts the points: one line a household, once.
func (s *Service) SignGroup(ctx context.Context, who actor.Actor, ids []uuid.UUID, p Pen) (n int, err error) {
	defer fault.Wrap(&err, "opening.SignGroup(%d)", len(ids))
	p.Name = who.Name
	return s.sign(ctx, who, "opening.sign_group", ids, &p, func(tx pg.Tx, all []Opening, a pgx.NamedArgs) error {
		var homes, entries []uuid.UUID
		lines := make([]ledger.Entry, len(all))
		for i, o := range all {
			if o.HomeSign == nil {
				return ErrFirst.With(o.Head)
			}
			if o.NotedBy == tx.Who.Account {
				return ErrTwo
			}
			lines[i] = ledger.Entry{ID: pg.IDAt(tx.Now), HouseholdID: o.HouseholdID, SourceKind: ledger.FromOpening, SourceID: o.ID, Recorder: o.NotedBy, Reviewer: tx.Who.Account,
				Points: o.Points, Month: month.Of(tx.Now), OccurredOn: o.AsOf, Kind: ledger.Opening, Bucket: ledger.YearBucket}
			homes, entries = append(homes, o.HouseholdID), append(entries, lines[i].ID)
		}
		kin, err := group.Conflicted(ctx, tx, tx.Who.Account, homes)
		if err == nil && len(kin) > 0 {
			err = ErrKin
		}
		if err == nil {
			err = over(ctx, tx, all, ErrLate)
		}
		if err != nil {
			return err
		}
		posted, err := ledger.PostAll(ctx, tx, lines)
		if err == nil && posted != len(lines) {
			err = ErrOnce
		}
		if err != nil {
			return err
		}
		a["ids"], a["entries"], a["who"] = idsOf(all), entries, tx.Who.Name
		_, err = tx.Exec(ctx, sqlGroupSign, a)
		return err
	})
}

// over refuses what would move the points of the new year by a book of a year that is cleared.
func over(ctx context.Context, tx pg.Tx, all []Opening, refuse *fault.Error) error {
	homes := make([]uuid.UUID, len(all))
	for i, o := range all {
		homes[i] = o.HouseholdID
	}
	closed, err := ledger.Closed(ctx, tx, homes)
	for _, o := range all {
		if err == nil && o.AsOf.Year() <= closed[o.HouseholdID] {
			err = refuse.With(o.Head, o.AsOf.Year())
		}
	}
	return err
}

func idsOf(all []Opening) (ids []uuid.UUID) {
	for _, o := range all {
		ids = append(ids, o.ID)
	}
	return ids
}

func (s *Service) sign(ctx context.Context, who actor.Actor, verb string, ids []uuid.UUID, p *Pen, fn func(pg.Tx, []Opening, pgx.NamedArgs) error) (n int, err error) {
	ids = slices.Compact(slices.SortedFunc(slices.Values(ids), func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }))
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		n, _, err = idem.Once(ctx, tx, verb, func() (int, error) {
			all, err := locked(ctx, tx, ids)
			if err == nil && len(all) == 0 {
				err = ErrWho
			}
			if err == nil {
				err = p.check()
			}
			if err != nil {
				return 0, err
			}
			for _, o := range all {
				if o.State != Noted {
					return 0, ErrState.With(o.Head)
				}
			}
			a := pgx.NamedArgs{"village_id": int64(tx.Village()), "sign": pg.IDAt(tx.Now), "name": p.Name, "image": p.Image, "by": tx.Who.Account, "at": tx.Now, "ids": ids}
			if _, err := tx.Exec(ctx, sqlSignature, a); err != nil {
				return 0, err
			}
			if err := fn(tx, all, a); err != nil {
				return 0, err
			}
			return len(all), audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "opening", ID: all[0].ID.String(), After: map[string]any{"name": p.Name, "ids": ids}})
		})
		return err
	})
	return n, err
}

const sqlEnd = `-- opening.end
update opening set state = @state, ended_name = @name, ended_at = @at, reason = @reason where village_id = @village_id and id = @id`

// End drops what was not posted, and reverses what was: one reversal, once.
func (s *Service) End(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (o Opening, err error) {
	defer fault.Wrap(&err, "opening.End(%s)", id)
	reason = strings.TrimSpace(reason)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		o, _, err = idem.Once(ctx, tx, "opening.end", func() (Opening, error) {
			all, err := locked(ctx, tx, []uuid.UUID{id})
			if err != nil {
				return o, err
			}
			o := all[0]
			if !chars.Between(reason, 2, 200) {
				return o, ErrReason
			}
			switch o.State {
			case Noted:
				o.State = Dropped
			case Posted:
				if err := over(ctx, tx, all, ErrOver); err != nil {
					return o, err
				}
				if _, err := ledger.Reverse(ctx, tx, *o.EntryID); err != nil {
					return o, err
				}
				o.State = Reversed
			default:
				return o, ErrState.With(o.Head)
			}
			at := tx.Now
			o.EndedName, o.EndedAt, o.Reason = tx.Who.Name, &at, reason
			if _, err := tx.Exec(ctx, sqlEnd, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "state": string(o.State), "name": o.EndedName, "at": at, "reason": reason}); err != nil {
				return o, err
			}
			return o, audit.Record(ctx, tx, audit.Event{Verb: "opening." + string(o.State), Kind: "opening", ID: id.String(), Reason: reason, After: o})
		})
		return err
	})
	return o, err
}

// Filter narrows the list of old books; zero fields do not.
type Filter struct {
	State State
	Query string
	page.Page
}

const sqlList = `-- opening.list
select ` + sqlPartOpening + ` and (@state = '' or o.state = @state) and (@query = '' or position(@query in h.head || ' ' || h.door || ' ' || h.passbook_no || ' ' || o.book) > 0)
  and (@after = '' or o.id < nullif(@after, '')::uuid) order by o.id desc limit @rows`

// List reads old books, the last written down first, with the cursor of the next page.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (all []Opening, next string, err error) {
	defer fault.Wrap(&err, "opening.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Opening](ctx, tx, sqlList, pgx.NamedArgs{"village_id": int64(who.Village), "state": string(f.State), "query": f.Query, "after": f.After, "rows": f.Rows() + 1})
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(o Opening) string { return o.ID.String() })
	return all, next, err
}

const sqlOne = `-- opening.show
select ` + sqlPartOpening + ` and o.id = @id`

// Show reads one.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (o Opening, err error) {
	defer fault.Wrap(&err, "opening.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		o, err = pg.One[Opening](ctx, tx, sqlOne, pgx.NamedArgs{"village_id": int64(who.Village), "id": id})
		return err
	})
	return o, err
}

const sqlImages = `-- opening.images
select s.id, s.name, s.image from opening o join opening_signature s on s.village_id = @village_id and s.id in (o.home_sign, o.group_sign)
where o.village_id = @village_id and o.id = @id order by s.id = o.group_sign`

// Signatures reads the images under one, the household's first.
func (s *Service) Signatures(ctx context.Context, who actor.Actor, id uuid.UUID) (all []Pen, err error) {
	defer fault.Wrap(&err, "opening.Signatures(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err := pg.All[struct {
			ID    uuid.UUID
			Name  string
			Image []byte
		}](ctx, tx, sqlImages, pgx.NamedArgs{"village_id": int64(who.Village), "id": id})
		for _, r := range rows {
			all = append(all, Pen{r.Name, r.Image})
		}
		return err
	})
	return all, err
}

// one is the fault of a line of a sheet, as the sheet says it.
func one(err error) string {
	f := fault.Of(err)
	if errors.Is(err, fault.ErrInvalid) {
		var texts []string
		for _, e := range f.Fields {
			texts = append(texts, e.Text)
		}
		return strings.Join(texts, "；")
	}
	return f.Text
}
