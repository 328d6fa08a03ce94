package api

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/fault"
	seats "cunfen/internal/session"
)

// Place is one seat that a person can act in.
type Place struct {
	ID    uuid.UUID  `json:"id"`
	Role  actor.Role `json:"role" doc:"身份"`
	Where string     `json:"where" doc:"村或镇"`
	Kind  string     `json:"kind,omitempty" doc:"两委、网格员、党员代表或群众代表"`
}

// Session is who a session stands for and what it still owes.
type Session struct {
	Owes        string     `json:"owes" enum:"sign_in,password,seat,second," doc:"还差哪一步：sign_in 登录，password 换初始密码，seat 选身份，second 动态码；空为已登录"`
	Account     *uuid.UUID `json:"account_id,omitempty"`
	Role        actor.Role `json:"role,omitempty" doc:"身份"`
	Village     string     `json:"village,omitempty" doc:"村代码"`
	VillageName string     `json:"village_name,omitempty"`
	Household   *uuid.UUID `json:"household_id,omitempty" doc:"自家"`
	Name        string     `json:"name,omitempty"`
	Places      []Place    `json:"places,omitempty" doc:"可选的身份"`
}

// state is what the session of the request owes and, where it owes nothing, whose it is.
func (t *table) state(ctx context.Context, seat seats.Seat) (s Session, err error) {
	s = Session{Owes: string(seat.Owes()), Account: &seat.Account, Role: seat.Role}
	if seat.Owes() == seats.StepPassword {
		return s, nil
	}
	places, err := t.Accounts.Seats(ctx, seat.Account)
	if err != nil {
		return s, err
	}
	s.Places = each(places, func(p account.Place) Place { return Place{p.Seat.Place, p.Seat.Role, p.Where, p.Kind} })
	if seat.Village != 0 {
		v, err := t.Villages.Find(ctx, seat.Village)
		if err != nil {
			return s, err
		}
		s.Village, s.VillageName = v.Code, v.Name
	}
	if seat.Owes() == seats.StepNone {
		who, err := t.Accounts.Actor(ctx, seat)
		if err != nil {
			return s, err
		}
		s.Name, s.Household = who.Name, maybeID(who.Household)
	}
	return s, nil
}

func same[T any](v T) T { return v }

// goOn puts the session into the seat, under a new token, and says what it owes.
func (t *table) goOn(ctx context.Context, seat seats.Seat) (*reply[Session], error) {
	if err := t.Sessions.Begin(ctx, seat); err != nil {
		return nil, err
	}
	return say(same[Session])(t.state(ctx, seat))
}

// seat is the session's, which must be at one of the steps.
func (t *table) seat(ctx context.Context, steps ...seats.Step) (seats.Seat, error) {
	seat, ok := t.Sessions.Seat(ctx)
	if !ok {
		return seat, account.ErrOver
	}
	for _, s := range steps {
		if seat.Owes() == s {
			return seat, nil
		}
	}
	return seat, account.ErrOwes
}

type signInInput struct {
	Body struct {
		Phone    string `json:"phone" maxLength:"20"`
		Password string `json:"password" maxLength:"200"`
	}
}

func (t *table) signIn(ctx context.Context, _ actor.Actor, in *signInInput) (*reply[Session], error) {
	signed, err := t.Accounts.SignIn(ctx, in.Body.Phone, in.Body.Password, visitorOf(ctx).address)
	if err != nil {
		return nil, err
	}
	var only account.Place
	if len(signed.Places) == 1 {
		only = signed.Places[0]
	}
	return t.goOn(ctx, signed.Seat(only))
}

func (t *table) showSession(ctx context.Context, _ actor.Actor, _ *nothing) (*reply[Session], error) {
	seat, ok := t.Sessions.Seat(ctx)
	if !ok {
		return &reply[Session]{Session{Owes: "sign_in"}}, nil
	}
	s, err := t.state(ctx, seat)
	if err != nil && fault.Of(err).Kind == fault.Unauthorized {
		return &reply[Session]{Session{Owes: "sign_in"}}, nil
	}
	return say(same[Session])(s, err)
}

func (t *table) signOut(ctx context.Context, _ actor.Actor, _ *nothing) (*nothing, error) {
	return done(t.Sessions.End(ctx))
}

type startPasswordInput struct {
	Body struct {
		Password string `json:"password" maxLength:"200" doc:"新密码，至少 8 个字符"`
	}
}

func (t *table) changeStartPassword(ctx context.Context, _ actor.Actor, in *startPasswordInput) (*reply[Session], error) {
	seat, err := t.seat(ctx, seats.StepPassword)
	if err != nil {
		return nil, err
	}
	if seat, err = t.Accounts.ChangePassword(ctx, seat, "", in.Body.Password); err != nil {
		return nil, err
	}
	return t.goOn(ctx, seat)
}

type seatInput struct {
	Body struct {
		Place uuid.UUID `json:"place_id" doc:"places 里的 id"`
	}
}

// chooseSeat puts the session into another of the person's seats; what was proven of the person stays proven.
func (t *table) chooseSeat(ctx context.Context, _ actor.Actor, in *seatInput) (*reply[Session], error) {
	now, err := t.seat(ctx, seats.StepSeat, seats.StepSecond, seats.StepNone)
	if err != nil {
		return nil, err
	}
	places, err := t.Accounts.Seats(ctx, now.Account)
	if err != nil {
		return nil, err
	}
	for _, p := range places {
		if p.Seat.Place == in.Body.Place {
			now.Role, now.Village, now.Township, now.Place = p.Seat.Role, p.Seat.Village, p.Seat.Township, p.Seat.Place
			return t.goOn(ctx, now)
		}
	}
	return nil, fault.ErrNotFound
}

type secondInput struct {
	Body struct {
		Code string `json:"code" pattern:"^[0-9]{6}$" maxLength:"6" patternDescription:"6 位数字" doc:"验证器上的动态码；首次绑定请在网页上办"`
	}
}

func (t *table) giveSecondFactor(ctx context.Context, _ actor.Actor, in *secondInput) (*reply[Session], error) {
	seat, err := t.seat(ctx, seats.StepSecond)
	if err != nil {
		return nil, err
	}
	if err := t.Accounts.VerifySecond(ctx, seat.Account, in.Body.Code); err != nil {
		return nil, err
	}
	seat.SecondFactorAt = t.DB.Now()
	return t.goOn(ctx, seat)
}
