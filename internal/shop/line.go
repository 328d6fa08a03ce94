package shop

import (
	"context"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Ticket is a place in today's line at the desk.
type Ticket struct {
	Number      int
	HouseholdID *uuid.UUID
	Door        string
	Head        string
	State       string // waiting, called, served or gone
	TakenAt     time.Time
	CalledAt    *time.Time
	DeskName    string
}

const sqlTicketTake = `-- shop.take_ticket
insert into queue_ticket (village_id, day, number, household_id, state, taken_at)
select @village_id::bigint, @day::date, coalesce(max(number), 0) + 1, @household::uuid, 'waiting', @at::timestamptz
from queue_ticket where village_id = @village_id and day = @day
on conflict (village_id, day, number) do nothing
returning number`

// TakeTicket gives the next number of the day; the household may be told later.
func (s *Service) TakeTicket(ctx context.Context, who actor.Actor, household uuid.UUID) (t Ticket, err error) {
	defer fault.Wrap(&err, "shop.TakeTicket")
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		t, _, err = idem.Once(ctx, tx, "shop.take_ticket", func() (Ticket, error) { return takeTicket(ctx, tx, household) })
		return err
	})
	return t, err
}

func takeTicket(ctx context.Context, tx pg.Tx, household uuid.UUID) (t Ticket, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "day": month.Date(tx.Now), "household": nil, "at": tx.Now}
	if household != uuid.Nil {
		a["household"] = household
		t.HouseholdID = &household
	}
	for range 20 { // others take numbers too; who is late takes the next
		numbers, err := pg.Column[int](ctx, tx, sqlTicketTake, a)
		if pg.Is(err, pg.ForeignKey) {
			return t, fault.ErrNotFound
		}
		if err != nil {
			return t, err
		}
		if len(numbers) == 1 {
			t.Number, t.State, t.TakenAt = numbers[0], "waiting", tx.Now
			return t, audit.Record(ctx, tx, audit.Event{Verb: "shop.take_ticket", Kind: "ticket", ID: ticketID(tx.Now, t.Number)})
		}
	}
	return t, pg.ErrBusy
}

func ticketID(now time.Time, number int) string {
	return month.Date(now).Format("20060102") + "-" + strconv.Itoa(number)
}

const sqlTicketNext = `-- shop.next_ticket
update queue_ticket set state = 'called', called_at = @at, called_by = @by, desk_name = @name
where village_id = @village_id and day = @day and number = (
  select number from queue_ticket where village_id = @village_id and day = @day and state = 'waiting' order by number limit 1 for update skip locked)
returning number`

const sqlTicketDone = `-- shop.done_ticket
update queue_ticket set state = @state, done_at = @at where village_id = @village_id and day = @day and number = @number and state in ('waiting', 'called')`

// NextTicket calls the lowest number that waits; two desks never call the same. 0 when nobody waits.
func (s *Service) NextTicket(ctx context.Context, who actor.Actor) (number int, err error) {
	defer fault.Wrap(&err, "shop.NextTicket")
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		number, _, err = idem.Once(ctx, tx, "shop.next_ticket", func() (int, error) {
			all, err := pg.Column[int](ctx, tx, sqlTicketNext, pgx.NamedArgs{"village_id": int64(tx.Village()), "day": month.Date(tx.Now), "at": tx.Now, "by": tx.Who.Account, "name": tx.Who.Name})
			if err != nil || len(all) == 0 {
				return 0, err
			}
			return all[0], audit.Record(ctx, tx, audit.Event{Verb: "shop.next_ticket", Kind: "ticket", ID: ticketID(tx.Now, all[0])})
		})
		return err
	})
	return number, err
}

// EndTicket says that a number was served, or did not come.
func (s *Service) EndTicket(ctx context.Context, who actor.Actor, number int, served bool) (err error) {
	defer fault.Wrap(&err, "shop.EndTicket(%d)", number)
	state := "gone"
	if served {
		state = "served"
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "shop.end_ticket", func() (bool, error) {
			tag, err := tx.Exec(ctx, sqlTicketDone, pgx.NamedArgs{"village_id": int64(tx.Village()), "day": month.Date(tx.Now), "number": number, "state": state, "at": tx.Now})
			if err == nil && tag.RowsAffected() == 0 {
				err = fault.ErrNotFound
			}
			if err != nil {
				return false, err
			}
			return true, audit.Record(ctx, tx, audit.Event{Verb: "shop.end_ticket", Kind: "ticket", ID: ticketID(tx.Now, number)})
		})
		return err
	})
}

const sqlTickets = `-- shop.tickets
select t.number, t.household_id, coalesce(h.door, '') as door, coalesce(h.head, '') as head, t.state, t.taken_at, t.called_at, t.desk_name
from queue_ticket t left join household h on h.village_id = @village_id and h.id = t.household_id
where t.village_id = @village_id and t.day = @day order by t.number`

// Tickets reads today's line.
func (s *Service) Tickets(ctx context.Context, who actor.Actor) (all []Ticket, err error) {
	defer fault.Wrap(&err, "shop.Tickets")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Ticket](ctx, tx, sqlTickets, pgx.NamedArgs{"village_id": int64(who.Village), "day": month.Date(tx.Now)})
		return err
	})
	return all, err
}
