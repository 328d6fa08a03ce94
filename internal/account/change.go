package account

import (
	"context"
	"strings"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/session"
)

var (
	// ErrOld says that the present password was not given right.
	ErrOld = fault.New(fault.Invalid, "account.old", "现在的密码不对，请重新输入").On("old")
	// ErrReason says that a reason is missing.
	ErrReason = fault.New(fault.Invalid, "account.reason", "请写明原因").On("reason")
)

const sqlPhone = `-- account.phone
select phone from account where id = @id`

const sqlChange = `-- account.change
update account set password = @password, must_change = false, failed = 0, locked_until = null, epoch = epoch + 1
where id = @id and epoch = @epoch and state = 'active'`

// ChangePassword sets a new password and ends every other session of the account; the seat that it answers is
// for the present one to begin anew with. Whoever signed in by a start password, or has none, need not give old.
func (s *Service) ChangePassword(ctx context.Context, seat session.Seat, old, password string) (_ session.Seat, err error) {
	defer fault.Wrap(&err, "account.ChangePassword(%s)", seat.Account)
	r, err := s.byID(ctx, seat.Account)
	if err != nil {
		return seat, err
	}
	if r.Epoch != seat.Epoch || !r.active() {
		return seat, ErrOver
	}
	if r.Password != "" && !(seat.MustChange && r.MustChange) {
		if err := s.Confirm(ctx, seat.Account, old); err != nil {
			return seat, err
		}
		if old == password {
			return seat, ErrSame
		}
	}
	hash, err := s.accept(ctx, r, password)
	if err != nil {
		return seat, err
	}
	err = s.DB.AsSystem(ctx, "change password", func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlChange, pgx.NamedArgs{"id": seat.Account, "epoch": seat.Epoch, "password": hash})
		if err == nil && tag.RowsAffected() == 0 {
			return ErrOver
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, seat, "account.change_password")
	})
	seat.Epoch, seat.MustChange = seat.Epoch+1, false
	return seat, err
}

func (s *Service) accept(ctx context.Context, r row, password string) (hash string, err error) {
	var sealed []byte
	err = s.DB.AsSystem(ctx, "account's phone", func(tx pg.Tx) error {
		sealed, err = pg.Scalar[[]byte](ctx, tx, sqlPhone, pgx.NamedArgs{"id": r.ID})
		return err
	})
	if err != nil {
		return "", err
	}
	phone, err := s.Vault.Platform().Open(sealed)
	if err != nil {
		return "", err
	}
	if err := Check(password, r.Name, phone); err != nil {
		return "", err
	}
	return Hash(password)
}

// Confirm checks the password of somebody signed in, before a step that asks for it again.
func (s *Service) Confirm(ctx context.Context, id actor.AccountID, password string) (err error) {
	defer fault.Wrap(&err, "account.Confirm(%s)", id)
	if err := s.Limit.Take(ctx, "platform:confirm:"+id.String(), tries); err != nil {
		return err
	}
	r, err := s.byID(ctx, id)
	if err != nil {
		return err
	}
	right, err := matches(ctx, password, r.Password)
	if err == nil && !(right && r.active()) {
		return ErrOld
	}
	if err == nil {
		s.Limit.Reset(ctx, "platform:confirm:"+id.String())
	}
	return err
}

const (
	sqlDisable = `-- account.disable
update account set state = 'disabled', epoch = epoch + 1 where id = @id`

	sqlEnable = `-- account.enable
update account set state = 'active', failed = 0, locked_until = null where id = @id`

	sqlUnbind = `-- account.unbind
update account set totp = null, totp_step = 0, epoch = epoch + 1 where id = @id`

	sqlReissue = `-- account.reissue
update account set password = @password, must_change = true, failed = 0, locked_until = null, epoch = epoch + 1 where id = @id`
)

// Disable ends the account's sessions and lets nobody in until Enable.
func (s *Service) Disable(ctx context.Context, who actor.Actor, id actor.AccountID, reason string) error {
	return s.administer(ctx, who, "account.disable", reason, sqlDisable, pgx.NamedArgs{"id": id})
}

// Enable lets the account sign in again.
func (s *Service) Enable(ctx context.Context, who actor.Actor, id actor.AccountID, reason string) error {
	return s.administer(ctx, who, "account.enable", reason, sqlEnable, pgx.NamedArgs{"id": id})
}

// Unbind takes away the second factor of somebody who lost the phone; a new one is bound at the next sign-in.
func (s *Service) Unbind(ctx context.Context, who actor.Actor, id actor.AccountID, reason string) error {
	return s.administer(ctx, who, "account.unbind_second", reason, sqlUnbind, pgx.NamedArgs{"id": id})
}

// Reissue gives the account a new start password, to be handed over in person.
func (s *Service) Reissue(ctx context.Context, who actor.Actor, id actor.AccountID, reason string) (start string, err error) {
	start = StartPassword()
	hash, err := Hash(start)
	if err != nil {
		return "", err
	}
	return start, s.administer(ctx, who, "account.reissue", reason, sqlReissue, pgx.NamedArgs{"id": id, "password": hash})
}

func (s *Service) administer(ctx context.Context, who actor.Actor, verb, reason, sql string, args pgx.NamedArgs) (err error) {
	defer fault.Wrap(&err, "%s(%s)", verb, args["id"])
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return ErrReason
	}
	return s.DB.AsSystem(ctx, verb, func(tx pg.Tx) error {
		tx.Who = who
		tag, err := tx.Exec(ctx, sql, args)
		if err == nil && tag.RowsAffected() == 0 {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: verb, Kind: "account", ID: args["id"].(actor.AccountID).String(), Reason: reason})
	})
}
