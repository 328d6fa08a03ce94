// Package session remembers on the server who is signed in at which browser, and in which seat they act. The
// browser holds a random token, Redis only its hash (INV-44). It also keeps the codes sent by SMS until they
// are used. Redis may be wiped at any time: people then sign in again.
package session

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
)

// ErrUnavailable is the answer while Redis is away.
var ErrUnavailable = fault.New(fault.Unavailable, "session.unavailable", "登录服务正在恢复，请过一会儿再试")

// How long a session lives: Absolute after signing in for everybody, Idle after the last request of staff.
const (
	Absolute = 12 * time.Hour
	Idle     = 30 * time.Minute
)

const prefix = "cunfen:session:"

// Step is what a person has still to do before the seat counts.
type Step string

// The steps, in their order; StepNone means that nothing is owed.
const (
	StepNone     Step = ""
	StepPassword Step = "password" // replace the start password
	StepSeat     Step = "seat"     // choose one of several seats
	StepSecond   Step = "second"   // give, or first bind, the second factor
)

// Seat is what a session stands for: an account in one of its places.
type Seat struct {
	Account        actor.AccountID
	Epoch          int // of the account at sign-in; a later one ends the session
	Role           actor.Role
	Village        actor.VillageID
	Township       actor.TownshipID
	Place          uuid.UUID        // the membership, or the officer's seat above the villages
	MustChange     bool             // signed in by a start password
	Only           actor.TownshipID `json:",omitzero"` // signed in by that township's directory, which speaks for no other
	SecondFactorAt time.Time
	ConfirmedAt    time.Time // the password was last given again
	Since          time.Time // of signing in
}

// Staff reports whether the role takes a second factor and a short idle time: everybody but a household.
func Staff(r actor.Role) bool { return r != actor.Household }

// Owes is the next step before the seat counts.
func (s Seat) Owes() Step {
	switch {
	case s.MustChange:
		return StepPassword
	case s.Role == "":
		return StepSeat
	case Staff(s.Role) && s.SecondFactorAt.IsZero():
		return StepSecond
	}
	return StepNone
}

// Options are the operator's.
type Options struct {
	Plain bool // the site is served without TLS, on loopback in development: the cookie is not Secure
}

// Manager begins and ends sessions. It is safe for concurrent use.
type Manager struct {
	scs *scs.SessionManager
	now func() time.Time
}

// New makes the manager on Redis.
func New(client *redis.Client, o Options) *Manager {
	s := scs.New()
	s.Lifetime = Absolute
	s.Store = newStore(client)
	s.Codec = codec{}
	s.HashTokenInStore = true
	s.Cookie.Name, s.Cookie.Secure = "__Host-cunfen", true
	if o.Plain {
		s.Cookie.Name, s.Cookie.Secure = "cunfen", false
	}
	s.Cookie.HttpOnly, s.Cookie.SameSite, s.Cookie.Path, s.Cookie.Persist = true, http.SameSiteLaxMode, "/", false
	return &Manager{scs: s, now: time.Now}
}

type writerKey struct{}

// Middleware loads the request's session; refuse answers the request while Redis is away.
func (m *Manager) Middleware(refuse func(http.ResponseWriter, *http.Request, error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Add("Vary", "Cookie")
			token := ""
			if c, err := r.Cookie(m.scs.Cookie.Name); err == nil {
				token = c.Value
			}
			ctx, err := m.Load(context.WithValue(r.Context(), writerKey{}, w), token)
			if err != nil {
				refuse(w, r, err)
				return
			}
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// Load puts the session of the token into the context; an unknown token is nobody's.
func (m *Manager) Load(ctx context.Context, token string) (context.Context, error) {
	ctx, err := m.scs.Load(ctx, token)
	if err != nil {
		return nil, away(err)
	}
	if s, ok := m.Seat(ctx); ok && m.now().Sub(s.Since) > Absolute {
		return ctx, m.End(ctx)
	}
	return ctx, nil
}

// Seat is that of the request's session; it may still owe a step.
func (m *Manager) Seat(ctx context.Context) (Seat, bool) {
	s, ok := m.scs.Get(ctx, "seat").(Seat)
	return s, ok
}

// Begin starts a session in the seat under a new token, in place of the request's session if it had one. It
// is called at sign-in and again whenever what the session may do changes: another seat, a second factor.
func (m *Manager) Begin(ctx context.Context, s Seat) error {
	if s.Since.IsZero() {
		s.Since = m.now()
	}
	if err := m.scs.RenewToken(ctx); err != nil {
		return away(err)
	}
	return m.save(context.WithValue(ctx, freshKey{}, true), s)
}

// End ends the request's session on the server and in the browser.
func (m *Manager) End(ctx context.Context) error {
	if err := m.scs.Destroy(ctx); err != nil {
		return away(err)
	}
	m.cookie(ctx, "", time.Time{})
	return nil
}

var errNobody = errors.New("session: nobody is signed in")

// Confirm notes that the person gave the password again just now.
func (m *Manager) Confirm(ctx context.Context) error {
	s, ok := m.Seat(ctx)
	if !ok {
		return errNobody
	}
	s.ConfirmedAt = m.now()
	return m.save(ctx, s)
}

// Confirmed reports whether the password was given again within the time.
func (m *Manager) Confirmed(ctx context.Context, within time.Duration) bool {
	s, ok := m.Seat(ctx)
	return ok && m.now().Sub(s.ConfirmedAt) <= within
}

func (m *Manager) save(ctx context.Context, s Seat) error {
	until := s.Since.Add(Absolute)
	if idle := m.now().Add(Idle); Staff(s.Role) && idle.Before(until) {
		until = idle
	}
	m.scs.Put(ctx, "seat", s)
	m.scs.SetDeadline(ctx, until)
	token, _, err := m.scs.Commit(ctx)
	if err != nil {
		return away(err)
	}
	m.cookie(ctx, token, until)
	return nil
}

func (m *Manager) cookie(ctx context.Context, token string, until time.Time) {
	if w, ok := ctx.Value(writerKey{}).(http.ResponseWriter); ok {
		m.scs.WriteSessionCookie(ctx, w, token, until)
	}
}

func away(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }
