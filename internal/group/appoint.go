package group

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Appointed is a seat just filled. Start is the start password of an account that was made for it, to be
// handed over on paper; it is shown once and kept nowhere.
type Appointed struct {
	ID      uuid.UUID
	Account actor.AccountID
	EndsOn  *time.Time
	Start   string `json:"-"`
}

// Appoint fills a seat.
func (s *Service) Appoint(ctx context.Context, who actor.Actor, a Appointment) (out Appointed, err error) {
	defer fault.Wrap(&err, "group.Appoint")
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "group.appoint", func() (Appointed, error) { return s.Seat(ctx, tx, a) })
		return err
	})
	return out, err
}

const sqlLapse = `-- group.lapse
update membership set ended_at = @now, ended_by = @by, end_reason = '任期届满'
where village_id = @village_id and account_id = @account and role = @role and ended_at is null and ends_on < @today`

const sqlSeat = `-- group.seat
insert into membership (village_id, id, account_id, name, role, kind, grid, household_id, starts_on, ends_on, created_at)
values (@village_id, @id, @account, @name, @role, nullif(@kind, ''), @grid, @household, @starts, @ends, @now)`

const sqlRoom = `-- group.room
select coalesce((v.flags->'most'->>'accounts')::int, 0) as most, coalesce((v.flags->>'counter')::boolean, false) as counter, coalesce((v.flags->>'paper')::boolean, false) as paper,
  case when v.flags->'most' ? 'accounts' then (select count(distinct m.account_id)::int from membership m
    left join household h on h.village_id = @village_id and h.id = m.household_id
    where m.village_id = @village_id and m.ended_at is null and not m.disqualified and m.account_id <> @account and (m.ends_on is null or m.ends_on >= @today::date)
      and (m.role <> 'household' or h.state = 'active')) else 0 end as used
from village v where v.id = @village_id`

// room refuses a seat that the village may not have: one account too many, or a household's where all is done at the
// counter or on paper.
func room(ctx context.Context, tx pg.Tx, a Appointment, args pgx.NamedArgs) error {
	r, err := pg.One[struct {
		Most    int
		Counter bool
		Paper   bool
		Used    int
	}](ctx, tx, sqlRoom, args)
	switch {
	case err != nil:
		return err
	case r.Counter && a.Role == actor.Household:
		return ErrCounter
	case r.Paper && a.Role == actor.Household:
		return ErrPaper
	case r.Most > 0 && r.Used >= r.Most:
		return ErrQuota.With(r.Most)
	}
	return nil
}

// Seat fills a seat in the caller's transaction: it finds or makes the account, ends the same seat's lapsed
// term, and begins the new one.
func (s *Service) Seat(ctx context.Context, tx pg.Tx, a Appointment) (out Appointed, err error) {
	a.Name, a.Reason = strings.TrimSpace(a.Name), strings.TrimSpace(a.Reason)
	if a, err = a.settle(tx.Now); err != nil {
		return out, err
	}
	n := account.New{Name: a.Name, Phone: a.Phone, Hash: a.Hash, TOTP: a.TOTP}
	if a.Hash == "" {
		n.Start = account.StartPassword()
	}
	id, fresh, err := s.Accounts.Create(ctx, tx, n)
	if err != nil {
		return out, err
	}
	if err := account.Join(ctx, tx, id); err != nil {
		return out, err
	}
	args := seatArgs(tx, a, id)
	if _, err := tx.Exec(ctx, sqlLapse, args); err != nil {
		return out, err
	}
	if err := room(ctx, tx, a, args); err != nil {
		return out, err
	}
	_, err = tx.Exec(ctx, sqlSeat, args)
	switch {
	case pg.Is(err, pg.Unique):
		return out, ErrHolds
	case pg.Is(err, pg.ForeignKey):
		return out, ErrHousehold
	case err != nil:
		return out, err
	}
	out = Appointed{ID: args["id"].(uuid.UUID), Account: id}
	if err := fromDraw(ctx, tx, a, out.ID); err != nil {
		return out, err
	}
	if ends, ok := args["ends"].(time.Time); ok {
		out.EndsOn = &ends
	}
	if fresh {
		out.Start = n.Start
	}
	return out, audit.Record(ctx, tx, audit.Event{Verb: "group.appoint", Kind: "membership", ID: out.ID.String(), Reason: a.Reason,
		After: []any{id, a.Role, a.Kind, a.Grid, a.Household, args["starts"], out.EndsOn}})
}

func seatArgs(tx pg.Tx, a Appointment, id actor.AccountID) pgx.NamedArgs {
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": pg.NewID(), "account": id, "name": a.Name, "role": string(a.Role),
		"kind": string(a.Kind), "grid": a.Grid, "household": nil, "starts": month.Date(a.StartsOn), "ends": nil,
		"now": tx.Now, "today": month.Date(tx.Now), "by": nil}
	if tx.Who.Account != uuid.Nil {
		args["by"] = tx.Who.Account
	}
	if a.Household != uuid.Nil {
		args["household"] = a.Household
	}
	if !a.EndsOn.IsZero() {
		args["ends"] = month.Date(a.EndsOn)
	}
	return args
}
