package account

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/session"
)

// Seats lists what the account can act as today: offices first, then each village's seats.
func (s *Service) Seats(ctx context.Context, id actor.AccountID) (places []Place, err error) {
	defer fault.Wrap(&err, "account.Seats(%s)", id)
	r, err := s.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	out, err := s.signed(ctx, r)
	return out.Places, err
}

type seatRow struct {
	ID         uuid.UUID
	Role       string
	Name       string
	Kind       string
	Place      string
	TownshipID *int64
	EndsOn     *time.Time
}

const sqlOffices = `-- account.offices
select o.id, o.role, a.name, o.topic as kind, coalesce(t.name, '平台') as place, o.township_id, o.ends_on
from officer o join account a on a.id = o.account_id left join township t on t.id = o.township_id
where o.account_id = @account and o.ended_at is null and o.starts_on <= @today and (o.ends_on is null or o.ends_on >= @today)
order by o.id`

const sqlSeats = `-- account.seats
select m.id, m.role, m.name, coalesce(m.kind, '') as kind, v.name as place, v.township_id, m.ends_on
from membership m join village v on v.id = m.village_id
where m.village_id = @village_id and m.account_id = @account and m.ended_at is null and not m.disqualified and v.state in ('setup', 'live')
  and not (m.role = 'household' and coalesce((v.flags->>'counter')::boolean, false))
  and m.starts_on <= @today and (m.ends_on is null or m.ends_on >= @today)
order by m.id`

func (s *Service) seats(ctx context.Context, r row) (places []Place, err error) {
	take := func(village int64, rows []seatRow) {
		for _, x := range rows {
			places = append(places, x.place(actor.VillageID(village)))
		}
	}
	args := pgx.NamedArgs{"account": r.ID, "today": month.Date(s.DB.Now())}
	err = s.DB.AsSystem(ctx, "offices of an account", func(tx pg.Tx) error {
		rows, err := pg.All[seatRow](ctx, tx, sqlOffices, args)
		places = nil
		take(0, rows)
		return err
	})
	for _, v := range r.Villages {
		if err != nil {
			return nil, err
		}
		args["village_id"] = v
		err = s.DB.Look(ctx, actor.Actor{Village: actor.VillageID(v)}, func(tx pg.Tx) error {
			rows, err := pg.All[seatRow](ctx, tx, sqlSeats, args)
			take(v, rows)
			return err
		})
	}
	slices.SortStableFunc(places, func(a, b Place) int { return rank(a) - rank(b) })
	return places, err
}

func rank(p Place) int { return slices.Index(actor.Roles, p.Seat.Role) }

func (x seatRow) place(village actor.VillageID) Place {
	seat := session.Seat{Role: actor.Role(x.Role), Village: village, Place: x.ID}
	if x.TownshipID != nil {
		seat.Township = actor.TownshipID(*x.TownshipID)
	}
	return Place{Seat: seat, Name: x.Name, Where: x.Place, Kind: x.Kind, Until: x.EndsOn}
}
