package account

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/limit"
	"cunfen/internal/pg"
)

// perAddress is how many sign-ins a minute one network address may try; a village office shares one.
const perAddress = 60

// lockFor is how long the next try has to wait after so many wrong ones.
func lockFor(failed int) time.Duration {
	if failed < 5 {
		return 0
	}
	return min(time.Minute<<min(failed-5, 10), 15*time.Minute)
}

// SignIn checks a phone and its password. An unknown phone is answered, counted and locked like a known one.
func (s *Service) SignIn(ctx context.Context, phone, password, address string) (out Signed, err error) {
	defer fault.Wrap(&err, "account.SignIn")
	if err := s.Limit.Strict(ctx, "platform:sign_in:"+address, perAddress); err != nil {
		return out, err
	}
	phone, err = Phone(phone)
	if err != nil {
		return out, err
	}
	r, wait, err := s.try(ctx, s.index(phone), address)
	if err != nil {
		return out, err
	}
	if wait > 0 {
		return out, limit.Refuse(ErrLocked, wait)
	}
	right, err := matches(ctx, password, r.Password)
	if err != nil {
		return out, err
	}
	if err := s.settle(ctx, r, s.index(phone), right && r.active(), address); err != nil {
		return out, err
	}
	return s.signed(ctx, r)
}

const sqlTurn = `-- account.turn
select pg_advisory_xact_lock(hashtextextended(@phone, 0))`

const sqlCharge = `-- account.charge
update account set failed = @failed, locked_until = @until where id = @id`

const sqlUnknown = `-- account.unknown
select count(*)::int as failed, max(at) as last from sign_in where phone_index = @index and result = 'unknown' and at > @since`

// try counts one try before the password is looked at, one after another for each phone, so that no number of
// parallel tries gets more than five looks.
func (s *Service) try(ctx context.Context, index []byte, address string) (r row, wait time.Duration, err error) {
	err = s.DB.AsSystem(ctx, "sign in", func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlTurn, pgx.NamedArgs{"phone": hex.EncodeToString(index)}); err != nil {
			return err
		}
		r, err = pg.One[row](ctx, tx, sqlByPhone, pgx.NamedArgs{"index": index})
		if errors.Is(err, fault.ErrNotFound) {
			wait, err = stranger(ctx, tx, index, address)
			return err
		}
		if err != nil {
			return err
		}
		if r.LockedUntil != nil && r.LockedUntil.After(tx.Now) {
			wait = r.LockedUntil.Sub(tx.Now)
			return note(ctx, tx, r.ID, index, "locked", address)
		}
		_, err := tx.Exec(ctx, sqlCharge, pgx.NamedArgs{"id": r.ID, "failed": r.Failed + 1, "until": until(tx.Now, r.Failed+1)})
		return err
	})
	return r, wait, err
}

func until(now time.Time, failed int) *time.Time {
	if d := lockFor(failed); d > 0 {
		t := now.Add(d)
		return &t
	}
	return nil
}

// stranger counts a try for a phone that nobody has.
func stranger(ctx context.Context, tx pg.Tx, index []byte, address string) (time.Duration, error) {
	seen, err := pg.One[struct {
		Failed int
		Last   *time.Time
	}](ctx, tx, sqlUnknown, pgx.NamedArgs{"index": index, "since": tx.Now.Add(-24 * time.Hour)})
	if err != nil {
		return 0, err
	}
	result, wait := "unknown", time.Duration(0)
	if seen.Last != nil {
		if left := seen.Last.Add(lockFor(seen.Failed)).Sub(tx.Now); left > 0 {
			result, wait = "locked", left
		}
	}
	return wait, note(ctx, tx, uuid.Nil, index, result, address)
}

const sqlCleared = `-- account.cleared
update account set failed = 0, locked_until = null, password = case when must_change then '' else password end where id = @id and epoch = @epoch and password = @password`

// settle writes down how the try ended. A right one clears the count and uses up a start password: of two at
// once with the same start password, one wins.
func (s *Service) settle(ctx context.Context, r row, index []byte, right bool, address string) error {
	refused := false
	err := s.DB.AsSystem(ctx, "sign in", func(tx pg.Tx) error {
		if right {
			tag, err := tx.Exec(ctx, sqlCleared, pgx.NamedArgs{"id": r.ID, "epoch": r.Epoch, "password": r.Password})
			if err != nil {
				return err
			}
			right = tag.RowsAffected() == 1
		}
		refused = !right
		if r.ID == uuid.Nil {
			return nil
		}
		return note(ctx, tx, r.ID, index, map[bool]string{true: "ok", false: "wrong"}[right], address)
	})
	if err == nil && refused {
		return ErrWrong
	}
	return err
}

const sqlNote = `-- account.note
insert into sign_in (id, at, account_id, phone_index, result, address) values (@id, @at, @account, @index, @result, @address)`

// note keeps a try to sign in.
func note(ctx context.Context, tx pg.Tx, account uuid.UUID, index []byte, result, address string) error {
	args := pgx.NamedArgs{"id": pg.NewID(), "at": tx.Now, "account": nil, "index": index, "result": result, "address": address}
	if account != uuid.Nil {
		args["account"] = account
	}
	_, err := tx.Exec(ctx, sqlNote, args)
	return err
}

// signed is what somebody gets who proved to be r.
func (s *Service) signed(ctx context.Context, r row) (Signed, error) {
	out := Signed{Account: r.ID, Name: r.Name, Epoch: r.Epoch, MustChange: r.MustChange, Bound: r.Totp != nil}
	var err error
	if out.Places, err = s.seats(ctx, r); err != nil {
		return out, err
	}
	if len(out.Places) == 0 {
		return out, ErrNoPlace
	}
	for i := range out.Places {
		out.Places[i].Seat = out.Seat(out.Places[i])
	}
	return out, nil
}
