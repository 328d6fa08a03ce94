package account

import (
	"context"
	"crypto/rand"
	_ "embed"
	"runtime"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"cunfen/internal/fault"
)

var (
	// ErrShort and the others say what is wrong with a new password.
	ErrShort  = fault.New(fault.Invalid, "password.short", "密码至少 8 个字符，可以用一句容易记住的话").On("password")
	ErrLong   = fault.New(fault.Invalid, "password.long", "密码最多 128 个字符").On("password")
	ErrCommon = fault.New(fault.Invalid, "password.common", "这个密码太常见，容易被猜到，请换一个").On("password")
	ErrOwn    = fault.New(fault.Invalid, "password.own", "密码里不要带自己的手机号或姓名，请换一个").On("password")
	ErrSame   = fault.New(fault.Invalid, "password.same", "新密码不能和原来的一样").On("password")
)

// Check says whether somebody of that name and phone may take the password. There are no rules on kinds of
// characters: length, and that it is not one that is tried first, are what help.
func Check(password, name, phone string) error {
	n := utf8.RuneCountInString(password)
	lower := strings.ToLower(strings.TrimSpace(password))
	switch {
	case n < 8:
		return ErrShort
	case n > 128:
		return ErrLong
	case phone != "" && strings.Contains(lower, phone), name != "" && strings.Contains(lower, strings.ToLower(name)):
		return ErrOwn
	case common(lower) || monotone(lower):
		return ErrCommon
	}
	return nil
}

// commonText is sorted by byte: passwords of eight characters and more that are tried first.
//
//go:embed common.txt
var commonText string

var commonLines = sync.OnceValue(func() []string { return strings.Split(strings.TrimSpace(commonText), "\n") })

func common(lower string) bool {
	lines := commonLines()
	for _, s := range []string{lower, strings.TrimRight(lower, "0123456789!@#.?_-* ")} {
		if i := sort.SearchStrings(lines, s); i < len(lines) && lines[i] == s {
			return true
		}
	}
	return false
}

var rows = []string{"01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "一二三四五六七八九十"}

// monotone finds what has no content: few different characters, digits as in a date or phone, a walk along a row.
func monotone(s string) bool {
	seen := map[rune]bool{}
	digits := true
	for _, r := range s {
		seen[r] = true
		digits = digits && r >= '0' && r <= '9'
	}
	if len(seen) < 4 || digits && len(s) < 12 {
		return true
	}
	for _, row := range rows {
		if strings.Contains(row, s) || strings.Contains(reversed(row), s) {
			return true
		}
	}
	return false
}

func reversed(s string) string {
	r := []rune(s)
	for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
		r[i], r[j] = r[j], r[i]
	}
	return string(r)
}

// cost is OWASP's first choice for argon2id; slots bounds how much memory hashing takes at once.
var (
	cost  = &argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}
	slots = make(chan struct{}, max(2, runtime.NumCPU()))
	decoy = sync.OnceValues(func() (string, error) { return Hash(rand.Text()) })
)

// Hash is what is kept of a password.
func Hash(password string) (string, error) {
	slots <- struct{}{}
	defer func() { <-slots }()
	return argon2id.CreateHash(password, cost)
}

// matches compares, in the same time when there is nothing to compare with.
func matches(ctx context.Context, password, hash string) (bool, error) {
	none := hash == ""
	if none {
		var err error
		if hash, err = decoy(); err != nil {
			return false, err
		}
	}
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-slots }()
	if len(password) > 1024 {
		password = ""
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && !none, err
}

const startLetters = "abcdefghjkmnpqrstuvwxyz23456789"

// StartPassword makes a password to hand to somebody on paper: good once.
func StartPassword() string {
	b := make([]byte, 14)
	for i := 0; i < len(b); {
		if i == 4 || i == 9 {
			b[i] = '-'
			i++
			continue
		}
		var r [1]byte
		rand.Read(r[:])
		if int(r[0]) < 256-256%len(startLetters) {
			b[i] = startLetters[int(r[0])%len(startLetters)]
			i++
		}
	}
	return string(b)
}
