package account

import (
	"context"
	"crypto/subtle"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/limit"
	"cunfen/internal/pg"
	"cunfen/internal/session"
)

var (
	// ErrSecond is the answer to any code of the authenticator that does not fit or was used.
	ErrSecond = fault.New(fault.Unauthorized, "account.second", "验证器的动态码不对或已经用过，请等下一个动态码再试").On("code")
	// ErrUnbound says that there is no authenticator to ask.
	ErrUnbound = fault.New(fault.Conflict, "account.unbound", "还没有绑定验证器，请先绑定")
	// ErrBound says that one is bound already.
	ErrBound = fault.New(fault.Conflict, "account.bound", "已经绑定过验证器；要换手机请联系平台管理员解除")
)

const totpPeriod = 30

// tries bounds guessing at the second factor and at re-entered passwords; a right one starts anew.
var tries = limit.Window{Times: 10, In: 10 * time.Minute}

const sqlByID = `-- account.by_id
select id, name, password, must_change, totp, totp_step, state, failed, locked_until, epoch, villages from account where id = @id`

func (s *Service) byID(ctx context.Context, id uuid.UUID) (r row, err error) {
	err = s.DB.AsSystem(ctx, "account by id", func(tx pg.Tx) error {
		r, err = pg.One[row](ctx, tx, sqlByID, pgx.NamedArgs{"id": id})
		return err
	})
	return r, err
}

// Bound reports whether the account has a second factor.
func (s *Service) Bound(ctx context.Context, id actor.AccountID) (bool, error) {
	r, err := s.byID(ctx, id)
	return r.Totp != nil, err
}

const sqlStep = `-- account.step
update account set totp_step = @step where id = @id and totp_step < @step and state = 'active'`

// VerifySecond checks a code of the authenticator; each is good once.
func (s *Service) VerifySecond(ctx context.Context, id actor.AccountID, code string) (err error) {
	defer fault.Wrap(&err, "account.VerifySecond(%s)", id)
	if err := s.Limit.Take(ctx, "platform:second:"+id.String(), tries); err != nil {
		return err
	}
	r, err := s.byID(ctx, id)
	if err != nil {
		return err
	}
	if r.Totp == nil {
		return ErrUnbound
	}
	secret, err := s.Vault.Platform().Open(r.Totp)
	if err != nil {
		return err
	}
	step, ok := stepOf(secret, code, s.DB.Now())
	if !ok {
		return ErrSecond
	}
	err = s.DB.AsSystem(ctx, "second factor", func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlStep, pgx.NamedArgs{"id": id, "step": step})
		if err == nil && tag.RowsAffected() == 0 {
			return ErrSecond
		}
		return err
	})
	if err == nil {
		s.Limit.Reset(ctx, "platform:second:"+id.String())
	}
	return err
}

// stepOf finds the time step that the code belongs to: this one, the one before or the one after.
func stepOf(secret, code string, now time.Time) (step int64, ok bool) {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	for d := int64(-1); d <= 1; d++ {
		at := now.Unix()/totpPeriod + d
		want, err := Code(secret, time.Unix(at*totpPeriod, 0))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = at, true
		}
	}
	return step, ok
}

// Code is what an authenticator with the secret shows at the time.
func Code(secret string, at time.Time) (string, error) {
	return totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: totpPeriod, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

// Enrolment is an authenticator about to be bound. Token goes through the form and back.
type Enrolment struct{ URI, Secret, Token string }

// OfferSecond makes a secret for the person's authenticator. Nothing is bound before BindSecond.
func (s *Service) OfferSecond(ctx context.Context, id actor.AccountID) (e Enrolment, err error) {
	defer fault.Wrap(&err, "account.OfferSecond(%s)", id)
	r, err := s.byID(ctx, id)
	if err != nil {
		return e, err
	}
	if r.Totp != nil {
		return e, ErrBound
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "村分", AccountName: r.Name, Period: totpPeriod, SecretSize: 20})
	if err != nil {
		return e, err
	}
	return Enrolment{URI: key.URL(), Secret: key.Secret(), Token: s.seal(id, key.Secret())}, nil
}

const sqlBind = `-- account.bind
update account set totp = @totp, totp_step = @step where id = @id and totp is null and state = 'active'`

// BindSecond binds the authenticator of the offer once it shows a right code.
func (s *Service) BindSecond(ctx context.Context, seat session.Seat, token, code string) (err error) {
	defer fault.Wrap(&err, "account.BindSecond(%s)", seat.Account)
	if err := s.Limit.Take(ctx, "platform:second:"+seat.Account.String(), tries); err != nil {
		return err
	}
	secret, err := s.unseal(seat.Account, token)
	if err != nil {
		return err
	}
	step, ok := stepOf(secret, code, s.DB.Now())
	if !ok {
		return ErrSecond
	}
	return s.DB.AsSystem(ctx, "bind second factor", func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlBind, pgx.NamedArgs{"id": seat.Account, "totp": s.Vault.Platform().Seal(secret), "step": step})
		if err == nil && tag.RowsAffected() == 0 {
			return ErrBound
		}
		if err != nil {
			return err
		}
		return s.record(ctx, tx, seat, "account.bind_second")
	})
}

// record audits what somebody did to their own account.
func (s *Service) record(ctx context.Context, tx pg.Tx, seat session.Seat, verb string) error {
	r, err := pg.One[row](ctx, tx, sqlByID, pgx.NamedArgs{"id": seat.Account})
	if err != nil {
		return err
	}
	tx.Who = actor.Actor{Account: seat.Account, Name: r.Name, Role: seat.Role, Township: seat.Township}
	return audit.Office(ctx, tx, audit.Event{Verb: verb, Kind: "account", ID: seat.Account.String()})
}
