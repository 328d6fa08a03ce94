package shop

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

// Doorstep is a household that is too frail to come: what it redeems is brought to its door.
type Doorstep struct {
	HouseholdID uuid.UUID
	Door        string
	Head        string
	PassbookNo  string
	Reason      string
	AddedAt     time.Time
	Usable      int64
	Year        int64         // what the passbook must say
	Orders      []Reservation `db:"-"` // set aside for it now
}

const sqlDoorsteps = `-- shop.doorsteps
select d.household_id, h.door, h.head, h.passbook_no, d.reason, d.added_at, b.year - b.held - b.disputed as usable, b.year
from doorstep d join household h on h.village_id = @village_id and h.id = d.household_id
join balance b on b.village_id = @village_id and b.household_id = d.household_id
where d.village_id = @village_id and h.state = 'active' order by h.grid, h.walk, h.id`

const sqlDoorOrders = `-- shop.door_orders
select o.id, o.household_id, h.door, h.head, o.code, o.channel, o.state, o.points, o.made_by_name, o.made_at, o.expires_at, o.closed_at, o.close_reason
from shop_order o join household h on h.village_id = @village_id and h.id = o.household_id
join doorstep d on d.village_id = @village_id and d.household_id = o.household_id
where o.village_id = @village_id and o.state = 'held' order by o.id`

// Doorsteps lists the frail households in walking order, each with what is to be brought.
func (s *Service) Doorsteps(ctx context.Context, who actor.Actor) (all []Doorstep, err error) {
	defer fault.Wrap(&err, "shop.Doorsteps")
	a := pgx.NamedArgs{"village_id": int64(who.Village)}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if all, err = pg.All[Doorstep](ctx, tx, sqlDoorsteps, a); err != nil {
			return err
		}
		orders, err := pg.All[Reservation](ctx, tx, sqlDoorOrders, a)
		if err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(orders))
		for i, o := range orders {
			ids[i] = o.ID
		}
		lines, err := pg.All[OrderLine](ctx, tx, sqlOrderLines, pgx.NamedArgs{"village_id": int64(who.Village), "ids": ids})
		if err != nil {
			return err
		}
		of := map[uuid.UUID][]OrderLine{}
		for _, l := range lines {
			of[l.OrderID] = append(of[l.OrderID], l)
		}
		at := map[uuid.UUID]int{}
		for i, d := range all {
			at[d.HouseholdID] = i
		}
		for _, o := range orders {
			o.Lines = of[o.ID]
			if i, ok := at[o.HouseholdID]; ok {
				all[i].Orders = append(all[i].Orders, o)
			}
		}
		return nil
	})
	return all, err
}

const sqlAddDoorstep = `-- shop.add_doorstep
insert into doorstep (village_id, household_id, reason, added_by, added_at) values (@village_id, @household, @reason, @by, @at)
on conflict (village_id, household_id) do update set reason = excluded.reason, added_by = excluded.added_by, added_at = excluded.added_at`

const sqlDropDoorstep = `-- shop.drop_doorstep
delete from doorstep where village_id = @village_id and household_id = @household`

// AddDoorstep puts a household on the list of those whom goods are brought to.
func (s *Service) AddDoorstep(ctx context.Context, who actor.Actor, household uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "shop.AddDoorstep(%s)", household)
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 60 {
		return ErrDoorstep
	}
	return s.doorstep(ctx, who, "shop.add_doorstep", sqlAddDoorstep, household, reason)
}

// DropDoorstep takes it off again.
func (s *Service) DropDoorstep(ctx context.Context, who actor.Actor, household uuid.UUID) (err error) {
	defer fault.Wrap(&err, "shop.DropDoorstep(%s)", household)
	return s.doorstep(ctx, who, "shop.drop_doorstep", sqlDropDoorstep, household, "")
}

func (s *Service) doorstep(ctx context.Context, who actor.Actor, verb, sql string, household uuid.UUID, reason string) error {
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, verb, func() (bool, error) {
			tag, err := tx.Exec(ctx, sql, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": household, "reason": reason, "by": tx.Who.Account, "at": tx.Now})
			if pg.Is(err, pg.ForeignKey) || err == nil && tag.RowsAffected() == 0 {
				err = fault.ErrNotFound
			}
			if err != nil {
				return false, err
			}
			return true, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "household", ID: household.String(), Reason: reason})
		})
		return err
	})
}
