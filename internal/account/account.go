// Package account is who can sign in: one account a person and phone in the whole deployment, whatever places
// the person has in villages and offices. It checks passwords, codes sent by SMS and the second factor, and
// says on every request whether the seat that a session stands for is still held.
package account

import (
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/limit"
	"cunfen/internal/pg"
	"cunfen/internal/session"
	"cunfen/internal/sms"
)

var (
	// ErrWrong is the answer to every wrong pair of phone and password, whatever is wrong with it.
	ErrWrong = fault.New(fault.Unauthorized, "account.wrong", "手机号或密码不对，请检查后再试；忘记密码可用短信验证码登录")
	// ErrLocked takes the time to wait.
	ErrLocked = fault.New(fault.TooMany, "account.locked", "密码输错次数太多，请 %s后再试，或用短信验证码登录")
	// ErrPhone says that the phone number is no mobile number.
	ErrPhone = fault.New(fault.Invalid, "account.phone", "请填写 11 位手机号").On("phone")
	// ErrNoPlace says that the person is known but has no place to work in today.
	ErrNoPlace = fault.New(fault.Forbidden, "account.no_place", "您目前没有有效的身份（任期未开始、已到期或已停用），请联系村积分管理工作小组")
	// ErrOver ends a session whose seat is no longer held.
	ErrOver = fault.New(fault.Unauthorized, "account.over", "登录已失效：身份、任期或密码有变更，请重新登录")
	// ErrOwes says that a step of signing in is still to be done.
	ErrOwes = fault.New(fault.Unauthorized, "account.owes", "登录还没有完成，请先完成下一步")
)

// Service signs people in and looks after their accounts.
type Service struct {
	DB      *pg.DB
	Vault   *crypt.Vault
	Limit   *limit.Limiter
	Codes   *session.Codes
	SMS     sms.Provider
	SMSCap  int // messages a day in the whole deployment; 0 means 5000
	places  places
	sending sync.WaitGroup
}

// Signed is a person whose password or code was right.
type Signed struct {
	Account    actor.AccountID
	Name       string
	Epoch      int
	MustChange bool             // the password was a start password: it is used up, and a new one is owed
	Bound      bool             // a second factor is bound
	Only       actor.TownshipID // whose directory vouched for the person; 0 for the house's own ways in
	Places     []Place
}

// Place is one seat that the person can take today.
type Place struct {
	Seat  session.Seat
	Name  string // the person's, there
	Where string // the village or township
	Kind  string // the seat in the working group, if it is one
	Until *time.Time
}

// Seat is the session's seat for the place, or, for the zero Place, one that has still to be chosen.
func (s Signed) Seat(p Place) session.Seat {
	seat := p.Seat
	seat.Account, seat.Epoch, seat.MustChange, seat.Only = s.Account, s.Epoch, s.MustChange, s.Only
	return seat
}

type row struct {
	ID          uuid.UUID
	Name        string
	Password    string
	MustChange  bool
	Totp        []byte
	TotpStep    int64
	State       string
	Failed      int
	LockedUntil *time.Time
	Epoch       int
	Villages    []int64
}

func (r row) active() bool { return r.ID != uuid.Nil && r.State == "active" }

var mobile = regexp.MustCompile(`^1[3-9]\d{9}$`)

// Phone reads a mobile number as people write it.
func Phone(s string) (string, error) {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '\u3000' || r == '\t':
			return -1
		}
		return r
	}, s)
	s = strings.TrimPrefix(strings.TrimPrefix(s, "+86"), "0086")
	if !mobile.MatchString(s) {
		return "", ErrPhone
	}
	return s, nil
}

func (s *Service) index(phone string) []byte { return s.Vault.Platform().Index("phone", phone) }
