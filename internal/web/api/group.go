package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	members "cunfen/internal/group"
)

// Seat is one seat of the working group, or at the redemption desk, and who has it.
type Seat struct {
	ID        uuid.UUID     `json:"id"`
	Name      string        `json:"name"`
	Role      actor.Role    `json:"role"`
	Kind      members.Kind  `json:"kind,omitempty" doc:"两委、网格员、党员代表或群众代表"`
	Grid      int           `json:"grid,omitempty"`
	StartsOn  Day           `json:"starts_on"`
	EndsOn    *Day          `json:"ends_on,omitempty"`
	EndedAt   *time.Time    `json:"ended_at,omitempty"`
	EndReason string        `json:"end_reason,omitempty"`
	State     members.State `json:"state" enum:"upcoming,serving,ending,expired,ended,disqualified"`
}

type seatsInput struct {
	Past bool `query:"past" doc:"连已结束的一起"`
}

func (t *table) listSeats(ctx context.Context, who actor.Actor, in *seatsInput) (*list[Seat], error) {
	now := t.DB.Now()
	return whole(func(m members.Member) Seat {
		return Seat{m.ID, m.Name, m.Role, m.Kind, m.Grid, dayOf(m.StartsOn), maybeDay(m.EndsOn), m.EndedAt, m.EndReason, m.State(now)}
	})(t.Group.List(ctx, who, in.Past))
}

type appointInput struct {
	Body struct {
		Name     string       `json:"name" maxLength:"40"`
		Phone    string       `json:"phone" maxLength:"20"`
		Role     actor.Role   `json:"role" enum:"lead,committee,grid,desk,household"`
		Kind     members.Kind `json:"kind,omitempty" enum:"两委,网格员,党员代表,群众代表"`
		Grid     int          `json:"grid,omitempty" minimum:"0" maximum:"9999" doc:"网格员的网格"`
		Home     uuid.UUID    `json:"household_id,omitempty" doc:"本人住哪户"`
		StartsOn *Day         `json:"starts_on,omitempty" doc:"不填为今天"`
		EndsOn   *Day         `json:"ends_on,omitempty" doc:"不填则按轮换的规定"`
		Reason   string       `json:"reason,omitempty" maxLength:"500" doc:"任期超过本季度时"`
	}
}

// Appointed is a seat just filled.
type Appointed struct {
	ID     uuid.UUID `json:"id"`
	EndsOn *Day      `json:"ends_on,omitempty"`
	Start  string    `json:"start_password,omitempty" doc:"新账号的初始密码，只给这一次，请抄给本人"`
}

func (t *table) appoint(ctx context.Context, who actor.Actor, in *appointInput) (*reply[Appointed], error) {
	b := in.Body
	a := members.Appointment{Name: b.Name, Phone: b.Phone, Role: b.Role, Kind: b.Kind, Grid: b.Grid, Household: b.Home, Reason: b.Reason}
	if b.StartsOn != nil {
		a.StartsOn = b.StartsOn.t
	}
	if b.EndsOn != nil {
		a.EndsOn = b.EndsOn.t
	}
	return say(func(a members.Appointed) Appointed { return Appointed{a.ID, maybeDay(a.EndsOn), a.Start} })(t.Group.Appoint(ctx, who, a))
}

func (t *table) endSeat(ctx context.Context, who actor.Actor, in *reasonInput) (*nothing, error) {
	return done(t.Group.End(ctx, who, in.ID, in.Body.Reason))
}

func (t *table) disqualify(ctx context.Context, who actor.Actor, in *reasonInput) (*nothing, error) {
	return done(t.Group.Disqualify(ctx, who, in.ID, in.Body.Reason))
}
