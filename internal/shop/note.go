package shop

import (
	"context"
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
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Note is what somebody asked for while the desk had no network. It grants nothing: the ledger could not be asked.
type Note struct {
	ID       uuid.UUID
	Who      string // the household as it was taken down
	Wants    string
	ByName   string
	At       time.Time
	TakenAt  *time.Time // by a desk without network, where At is when that reached the server
	DoneName string
	DoneAt   *time.Time
	Outcome  string
}

// Taken is when it was taken down.
func (n Note) Taken() time.Time {
	if n.TakenAt != nil {
		return *n.TakenAt
	}
	return n.At
}

// Open reports whether it still waits.
func (n Note) Open() bool { return n.DoneAt == nil }

const sqlJot = `-- shop.jot
insert into desk_note (village_id, id, who, wants, by, by_name, at, taken_at) values (@village_id, @id, @who, @wants, @by, @name, @at, @taken)`

// Jot takes a note down; TakenAt is what the clock of a desk without network said, where that can be true.
func (s *Service) Jot(ctx context.Context, who actor.Actor, n Note) (out Note, err error) {
	defer fault.Wrap(&err, "shop.Jot")
	n.Who, n.Wants = strings.TrimSpace(n.Who), strings.TrimSpace(n.Wants)
	err = fault.Join(fault.When(!chars.Between(n.Who, 1, 40), ErrNote.With("请写是哪一户：户主、门牌或存折编号").On("who")),
		fault.When(!chars.Between(n.Wants, 1, 200), ErrNote.With("请写要换什么、几份").On("wants")))
	if err != nil {
		return n, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "shop.jot", func() (Note, error) {
			n.ID, n.ByName, n.At = pg.IDAt(tx.Now), tx.Who.Name, tx.Now
			doubt := ""
			if n.TakenAt != nil {
				var at time.Time
				if at, doubt = believed(*n.TakenAt, time.Time{}, tx.Now); at.IsZero() {
					n.TakenAt = nil
				}
			}
			_, err := tx.Exec(ctx, sqlJot, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": n.ID, "who": n.Who, "wants": n.Wants, "by": tx.Who.Account, "name": n.ByName, "at": n.At, "taken": n.TakenAt})
			if err != nil {
				return n, err
			}
			return n, audit.Record(ctx, tx, audit.Event{Verb: "shop.jot", Kind: "desk_note", ID: n.ID.String(), Reason: doubt, After: n})
		})
		return err
	})
	return out, err
}

const sqlEndNote = `-- shop.end_note
update desk_note set done_by = @by, done_name = @name, done_at = @at, outcome = @outcome where village_id = @village_id and id = @id and done_at is null`

const sqlNoteThere = `-- shop.note_there
select exists (select from desk_note where village_id = @village_id and id = @id and path = '')`

// EndNote says what became of a note, once.
func (s *Service) EndNote(ctx context.Context, who actor.Actor, id uuid.UUID, outcome string) (err error) {
	defer fault.Wrap(&err, "shop.EndNote(%s)", id)
	outcome = strings.TrimSpace(outcome)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "shop.end_note", func() (bool, error) {
			a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now, "outcome": outcome}
			there, err := pg.Scalar[bool](ctx, tx, sqlNoteThere, a)
			if err == nil && !there {
				err = fault.ErrNotFound
			}
			if err != nil {
				return false, err
			}
			if !chars.Between(outcome, 2, 200) {
				return false, ErrNote.With("请写办得怎样，如：已兑换、分不够").On("outcome")
			}
			tag, err := tx.Exec(ctx, sqlEndNote, a)
			if err == nil && tag.RowsAffected() == 0 {
				err = ErrNoteDone
			}
			if err != nil {
				return false, err
			}
			return true, audit.Record(ctx, tx, audit.Event{Verb: "shop.end_note", Kind: "desk_note", ID: id.String(), Reason: outcome})
		})
		return err
	})
}

// NoteFilter narrows the list of notes; zero fields do not.
type NoteFilter struct {
	State string // open or done
	Query string
	page.Page
}

const sqlNotes = `-- shop.notes
select id, who, wants, by_name, at, taken_at, done_name, done_at, outcome from desk_note
where village_id = @village_id and path = '' and (@state = '' or (done_at is null) = (@state = 'open')) and (@query = '' or position(@query in who || ' ' || wants) > 0)
  and (@after = '' or id < nullif(@after, '')::uuid) order by id desc limit @rows`

// Notes reads what was taken down, newest first, with the cursor of the next page.
func (s *Service) Notes(ctx context.Context, who actor.Actor, f NoteFilter) (all []Note, next string, err error) {
	defer fault.Wrap(&err, "shop.Notes")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Note](ctx, tx, sqlNotes, pgx.NamedArgs{"village_id": int64(who.Village), "state": f.State, "query": f.Query, "after": f.After, "rows": f.Rows() + 1})
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(n Note) string { return n.ID.String() })
	return all, next, err
}

// Ready is an order that waits, as a desk keeps it for when the network goes away: what the passbook must say,
// and whether this desk may not hand it over.
type Ready struct {
	Reservation
	Year   int64
	Barred string // why not; "" where it may
}

const sqlReady = `-- shop.ready
select b.household_id, b.year,
  case when exists (select from relative r where r.village_id = @village_id and r.account_id = @account and r.household_id = b.household_id)
      or exists (select from membership m where m.village_id = @village_id and m.account_id = @account and m.household_id = b.household_id) then '本户或亲属户，请别人办'
    when exists (select from passbook_case c where c.village_id = @village_id and c.household_id = b.household_id and c.state = 'open') then '存折正在对账，先不给'
    else '' end as barred
from balance b where b.village_id = @village_id and b.household_id = any(@homes)`

// mostReady is how many orders a desk keeps.
const mostReady = 500

// Ready reads the orders that wait, by code, with what a desk must know to hand them over without network.
func (s *Service) Ready(ctx context.Context, who actor.Actor) (all []Ready, err error) {
	defer fault.Wrap(&err, "shop.Ready")
	var homes []uuid.UUID
	for r, err := range page.Rows(func(p page.Page) ([]Reservation, string, error) {
		return s.Orders(ctx, who, OrderFilter{State: OrderHeld, Page: p})
	}) {
		if err != nil {
			return nil, err
		}
		if all, homes = append(all, Ready{Reservation: r}), append(homes, r.HouseholdID); len(all) == mostReady {
			break
		}
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err := pg.All[struct {
			HouseholdID uuid.UUID
			Year        int64
			Barred      string
		}](ctx, tx, sqlReady, pgx.NamedArgs{"village_id": int64(who.Village), "account": who.Account, "homes": homes})
		for _, r := range rows {
			for i := range all {
				if all[i].HouseholdID == r.HouseholdID {
					all[i].Year, all[i].Barred = r.Year, r.Barred
				}
			}
		}
		return err
	})
	slices.SortFunc(all, func(a, b Ready) int { return strings.Compare(a.Code, b.Code) })
	return all, err
}
