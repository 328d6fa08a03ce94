package account

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/limit"
	"cunfen/internal/pg"
	"cunfen/internal/session"
)

// ErrSMSCap says that no more messages go out today in the whole deployment.
var ErrSMSCap = fault.New(fault.TooMany, "account.sms_cap", "今天的短信已经发完，请用密码登录，或 %s后再试")

// How many messages go out: to one phone, and asked for from one network address.
var (
	toPhone     = []limit.Window{{Times: 1, In: time.Minute}, {Times: 5, In: time.Hour}, {Times: 10, In: 24 * time.Hour}}
	fromAddress = []limit.Window{{Times: 10, In: time.Minute}, {Times: 60, In: time.Hour}, {Times: 300, In: 24 * time.Hour}}
)

// AskCode sends a sign-in code to the phone if it is known, and answers the request that the code is bound to
// either way. The message goes out in the background, so that time does not tell either.
func (s *Service) AskCode(ctx context.Context, phone, address string) (request string, err error) {
	defer fault.Wrap(&err, "account.AskCode")
	phone, err = Phone(phone)
	if err != nil {
		return "", err
	}
	if err := s.mayAsk(ctx, phone, address); err != nil {
		return "", err
	}
	request = rand.Text()
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return "", err
	}
	code := fmt.Sprintf("%06d", n)
	if err := s.Codes.Keep(ctx, request, s.codeHash(request, phone, code)); err != nil {
		return "", err
	}
	r, err := s.byPhone(ctx, phone)
	if err == nil && r.active() {
		s.send(context.WithoutCancel(ctx), phone, fmt.Sprintf("【村分】验证码 %s，5 分钟内有效。请勿告诉他人。", code))
	}
	if errors.Is(err, fault.ErrNotFound) {
		err = nil
	}
	return request, err
}

func (s *Service) mayAsk(ctx context.Context, phone, address string) error {
	if err := s.Limit.Take(ctx, "platform:sms_from:"+address, fromAddress...); err != nil {
		return err
	}
	if err := s.Limit.Take(ctx, "platform:sms_to:"+hex.EncodeToString(s.index(phone)[:16]), toPhone...); err != nil {
		return err
	}
	most := s.SMSCap
	if most == 0 {
		most = 5000
	}
	err := s.Limit.Take(ctx, "platform:sms", limit.Window{Times: most, In: 24 * time.Hour})
	if errors.Is(err, limit.ErrTooMany) {
		slog.ErrorContext(ctx, "account: the day's cap on SMS is reached", "cap", most)
		return limit.Refuse(ErrSMSCap, limit.Wait(err))
	}
	return err
}

func (s *Service) send(ctx context.Context, phone, text string) {
	s.sending.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
		defer cancel()
		if err := s.SMS.Send(ctx, phone, text); err != nil {
			slog.ErrorContext(ctx, "account: SMS was not sent", "error", err)
		}
	})
}

// Wait returns when no message is on its way; for shutting down.
func (s *Service) Wait() { s.sending.Wait() }

// SignInByCode checks the code that was sent on request. A lock on the password does not hinder it.
func (s *Service) SignInByCode(ctx context.Context, request, phone, code, address string) (out Signed, err error) {
	defer fault.Wrap(&err, "account.SignInByCode")
	if err := s.Limit.Strict(ctx, "platform:sign_in:"+address, perAddress); err != nil {
		return out, err
	}
	phone, err = Phone(phone)
	if err != nil {
		return out, err
	}
	right := s.Codes.Use(ctx, request, s.codeHash(request, phone, code))
	if right != nil && !errors.Is(right, session.ErrCode) {
		return out, right
	}
	r, err := s.byPhone(ctx, phone)
	if err != nil && !errors.Is(err, fault.ErrNotFound) {
		return out, err
	}
	if right == nil && !r.active() {
		right = session.ErrCode
	}
	err = s.DB.AsSystem(ctx, "sign in by code", func(tx pg.Tx) error {
		return note(ctx, tx, r.ID, s.index(phone), map[bool]string{true: "code", false: "code_wrong"}[right == nil], address)
	})
	if err = errors.Join(right, err); err != nil {
		return out, err
	}
	return s.signed(ctx, r)
}

func (s *Service) codeHash(request, phone, code string) []byte {
	return s.Vault.Platform().Index("code", request+"\x00"+phone+"\x00"+code)
}

func (s *Service) byPhone(ctx context.Context, phone string) (r row, err error) {
	err = s.DB.AsSystem(ctx, "account by phone", func(tx pg.Tx) error {
		r, err = pg.One[row](ctx, tx, sqlByPhone, pgx.NamedArgs{"index": s.index(phone)})
		return err
	})
	return r, err
}
