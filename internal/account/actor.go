package account

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/session"
)

// fresh is how long what PostgreSQL said of a seat is believed (INV-18).
const fresh = time.Second

// held is what counts of a seat on each request.
type held struct {
	Role       string
	Name       string
	Household  *uuid.UUID
	Grid       int
	Topic      string
	TownshipID *int64
	StartsOn   time.Time
	EndsOn     *time.Time
	Ended      bool
	State      string
	Epoch      int
}

func (h held) live(seat session.Seat, today time.Time) bool {
	return h.State == "active" && h.Epoch == seat.Epoch && h.Role == string(seat.Role) && !h.Ended &&
		!h.StartsOn.After(today) && (h.EndsOn == nil || !h.EndsOn.Before(today))
}

// Actor is who acts in the seat of a session. The web asks on every request: a membership that ended, a
// member disqualified, an account disabled or a password changed elsewhere counts within a second, on every
// instance; the end of a term counts by the clock, at once. The caller adds Request, Address, Key and Body.
func (s *Service) Actor(ctx context.Context, seat session.Seat) (a actor.Actor, err error) {
	if seat.Owes() != session.StepNone {
		return a, ErrOwes
	}
	h, err := s.held(ctx, seat)
	if errors.Is(err, fault.ErrNotFound) {
		return a, ErrOver
	}
	if err != nil {
		return a, err
	}
	if !h.live(seat, month.Date(s.DB.Now())) {
		return a, ErrOver
	}
	a = actor.Actor{Account: seat.Account, Name: h.Name, Role: seat.Role, Village: seat.Village, Membership: seat.Place, Grid: h.Grid, Topic: h.Topic}
	if h.TownshipID != nil {
		a.Township = actor.TownshipID(*h.TownshipID)
	}
	if h.Household != nil {
		a.Household = *h.Household
	}
	return a, nil
}

const sqlMember = `-- account.member
select m.role, m.name, m.household_id as household, m.grid, '' as topic, v.township_id, m.starts_on, m.ends_on,
  m.ended_at is not null or m.disqualified or v.state in ('suspended', 'closed')
    or m.role = 'household' and coalesce((v.flags->>'counter')::boolean, false) as ended, a.state, a.epoch
from membership m join account a on a.id = m.account_id join village v on v.id = m.village_id
where m.village_id = @village_id and m.id = @id and m.account_id = @account`

const sqlOfficer = `-- account.officer
select o.role, a.name, null::uuid as household, 0 as grid, o.topic, o.township_id, o.starts_on, o.ends_on, o.ended_at is not null as ended, a.state, a.epoch
from officer o join account a on a.id = o.account_id where o.id = @id and o.account_id = @account`

func (s *Service) held(ctx context.Context, seat session.Seat) (h held, err error) {
	key := placeKey{seat.Village, seat.Place, seat.Account}
	if h, ok := s.places.find(key); ok && h.Epoch >= seat.Epoch { // an older one is of before the password changed
		return h, nil
	}
	asked := time.Now()
	args := pgx.NamedArgs{"village_id": int64(seat.Village), "id": seat.Place, "account": seat.Account}
	if seat.Village != 0 {
		b := &pg.Batch{}
		pg.Row(b, &h, sqlMember, args)
		err = s.DB.Read(ctx, actor.Actor{Village: seat.Village}, b)
	} else {
		err = s.DB.AsSystem(ctx, "seat of an officer", func(tx pg.Tx) error {
			h, err = pg.One[held](ctx, tx, sqlOfficer, args)
			return err
		})
	}
	if err == nil {
		s.places.keep(key, h, asked)
	}
	return h, err
}

type placeKey struct {
	village actor.VillageID
	place   uuid.UUID
	account uuid.UUID
}

type kept struct {
	held
	asked time.Time
}

// places remembers seats for a moment. The zero value is ready.
type places struct {
	mu sync.RWMutex
	at map[placeKey]kept
}

func (p *places) find(k placeKey) (held, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	x, ok := p.at[k]
	return x.held, ok && time.Since(x.asked) < fresh
}

func (p *places) keep(k placeKey, h held, asked time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil || len(p.at) > 4096 {
		p.at = map[placeKey]kept{}
	}
	p.at[k] = kept{h, asked}
}
