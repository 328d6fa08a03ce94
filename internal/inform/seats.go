package inform

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Seat is a place in the village that somebody holds today.
type Seat struct {
	AccountID   uuid.UUID
	Name        string
	Role        actor.Role
	Kind        string     // of the working group's member, "" for none
	HouseholdID *uuid.UUID // where the member lives
}

// Seats is a set of them.
type Seats []Seat

// sqlSeats is the one answer to who works for the village today: a term that has not begun, is over, was ended or
// taken away does not count.
const sqlSeats = `-- inform.seats
select account_id, name, role, coalesce(kind, '') as kind, household_id from membership
where village_id = @village_id and role = any(@roles) and ended_at is null and not disqualified
  and starts_on <= @today and (ends_on is null or ends_on >= @today) order by account_id, id`

// Seated reads who holds one of the roles today.
func Seated(ctx context.Context, tx pg.Tx, roles ...actor.Role) (Seats, error) {
	return pg.All[Seat](ctx, tx, sqlSeats, pgx.NamedArgs{"village_id": int64(tx.Village()), "roles": roles, "today": month.Date(tx.Now)})
}

// Group reads the working group's leads and members of today.
func Group(ctx context.Context, tx pg.Tx) (Seats, error) {
	return Seated(ctx, tx, actor.Lead, actor.Committee)
}

// Accounts lists who holds the seats, each once.
func (all Seats) Accounts() (accounts []uuid.UUID) {
	for _, s := range all {
		if n := len(accounts); n == 0 || accounts[n-1] != s.AccountID {
			accounts = append(accounts, s.AccountID)
		}
	}
	return accounts
}

// Args adds the seats to a statement's arguments: @seated, @seats and @homes, to be read side by side.
func (all Seats) Args(a pgx.NamedArgs) pgx.NamedArgs {
	var accounts []uuid.UUID
	var roles []string
	var homes []*uuid.UUID
	for _, s := range all {
		accounts, roles, homes = append(accounts, s.AccountID), append(roles, string(s.Role)), append(homes, s.HouseholdID)
	}
	a["seated"], a["seats"], a["homes"] = accounts, roles, homes
	return a
}
