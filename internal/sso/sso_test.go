package sso

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/limit"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/session"
	"cunfen/internal/sso/ssotest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

var (
	ctx      = context.Background()
	platform = actor.Actor{Account: uuid.UUID{9}, Name: "平台管理员", Role: actor.Platform}
)

const (
	phone = "13800000001"
	here  = "10.1.2.3"
)

// house is the product beside a directory; the officer of the phone has a seat in township 1, in township 2 and on
// the platform.
type house struct {
	*testing.T
	*Service
	dir *ssotest.Provider
	id  uuid.UUID
}

func up(t *testing.T) *house {
	t.Helper()
	t.Parallel()
	db := pgtest.New(t)
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: 7})
	t.Cleanup(func() { rdb.Close() })
	vault, err := crypt.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	dir := ssotest.Up(t)
	dir.Now = db.Now
	h := &house{T: t, dir: dir, id: pg.NewID(), Service: &Service{DB: db.DB, Vault: vault, Once: session.NewOnce(rdb), Limit: limit.New(rdb), Hosts: []string{dir.Host()}, Plain: true, Address: "http://site",
		Accounts: &account.Service{DB: db.DB, Vault: vault, Limit: limit.New(rdb)}}}
	db.Exec(t, `insert into account (id, name, phone, phone_index, created_at, villages) values ($1, '局经办', '', $2, now(), '{11,21}')`, h.id, vault.Platform().Index("phone", phone))
	db.Exec(t, `insert into officer (id, account_id, township_id, role, starts_on) values (gen_random_uuid(), $1, 1, 'bureau', '2020-01-01'), (gen_random_uuid(), $1, 2, 'bureau', '2020-01-01'), (gen_random_uuid(), $1, null, 'platform', '2020-01-01')`, h.id)
	db.Exec(t, `insert into membership (village_id, id, account_id, name, role, starts_on, created_at) values (11, gen_random_uuid(), $1, '局经办', 'household', '2020-01-01', now()), (21, gen_random_uuid(), $1, '局经办', 'household', '2020-01-01', now())`, h.id)
	h.set(Subject)
	return h
}

func (h *house) set(c Claim) {
	h.Helper()
	if err := h.Set(ctx, platform, pgtest.Town1, Draft{Name: "县统一认证", Issuer: h.dir.URL, ClientID: ssotest.Client, Secret: ssotest.Secret, Claim: c, Second: true, Active: true}); err != nil {
		h.Fatal(err)
	}
}

// away sends somebody to the directory and back: what the browser brings and what it kept.
func (h *house) away() (q url.Values, bind string) {
	h.Helper()
	to, bind, err := h.Begin(ctx, pgtest.Town1, "/town", here+h.Name())
	if err != nil {
		h.Fatal(err)
	}
	u, _ := url.Parse(to)
	back, err := h.dir.Allow(u.Query())
	if err != nil {
		h.Fatal(err)
	}
	b, _ := url.Parse(back)
	if b.Path != Back || u.Query().Get("code_challenge_method") != "S256" || len(u.Query().Get("nonce")) < 20 || strings.Contains(to, ssotest.Secret) {
		h.Errorf("sent to %s", to)
	}
	return b.Query(), bind
}

func (h *house) back(q url.Values, bind string) (Entered, error) {
	return h.Return(ctx, q, bind, here+h.Name())
}

func (h *house) enter() (Entered, error) {
	h.Helper()
	return h.back(h.away())
}

func (h *house) refused(what string, want error) {
	h.Helper()
	if out, err := h.enter(); !errors.Is(err, want) || out.Account != uuid.Nil {
		h.Errorf("%s: %v, %v; want %v", what, out, err, want)
	}
}

// TestLinked signs somebody in whose subject an administrator linked: in the township's seats and no others.
func TestLinked(t *testing.T) {
	h := up(t)
	h.dir.Be(map[string]any{"sub": "p-1", "amr": []string{"pwd", "otp"}})
	h.refused("before the link", ErrUnlinked)
	if err := h.Link(ctx, platform, pgtest.Town1, "p-1", phone); err != nil {
		t.Fatal(err)
	}
	out, err := h.enter()
	if err != nil || out.Account != h.id || out.Next != "/town" || !out.Second {
		t.Fatalf("out = %+v, %v", out, err)
	}
	if len(out.Places) != 2 || out.Only != pgtest.Town1 {
		t.Errorf("places = %+v", out.Places)
	}
	for _, p := range out.Places {
		if p.Seat.Township != pgtest.Town1 || p.Seat.Only != pgtest.Town1 || p.Seat.Role == actor.Platform {
			t.Errorf("a seat elsewhere: %+v", p)
		}
	}
	h.dir.Be(map[string]any{"sub": "p-1", "amr": []string{"pwd"}})
	if out, err := h.enter(); err != nil || out.Second {
		t.Errorf("a password alone is two factors: %+v, %v", out, err)
	}
	links, err := h.Links(ctx, pgtest.Town1)
	if err != nil || len(links) != 1 {
		t.Fatalf("links = %+v, %v", links, err)
	}
	if err := h.Link(ctx, platform, pgtest.Town1, "p-2", phone); !errors.Is(err, ErrLinked) {
		t.Errorf("a second link of one person: %v", err)
	}
	if err := h.Unlink(ctx, platform, pgtest.Town1, links[0].ID); err != nil {
		t.Fatal(err)
	}
	h.refused("after the link ended", ErrUnlinked)
}

// TestByPhone finds the account by a phone number that the directory has verified, and by no other.
func TestByPhone(t *testing.T) {
	h := up(t)
	h.set(Phone)
	for _, c := range []struct {
		claims map[string]any
		ok     bool
	}{
		{map[string]any{"phone_number": "+86 138-0000-0001", "phone_number_verified": true}, true},
		{map[string]any{"phone_number": phone, "phone_number_verified": false}, false},
		{map[string]any{"phone_number": phone}, false},
		{map[string]any{"phone_number": "13800000002", "phone_number_verified": true}, false},
		{map[string]any{"phone_number": "x", "phone_number_verified": true}, false},
	} {
		c.claims["sub"] = "p-1"
		h.dir.Be(c.claims)
		out, err := h.enter()
		if ok := err == nil && out.Account == h.id; ok != c.ok || !ok && !errors.Is(err, ErrUnlinked) {
			t.Errorf("%v: %+v, %v", c.claims, out, err)
		}
	}
}

// TestForged has the directory, or somebody in its place, hand over tokens that must not count.
func TestForged(t *testing.T) {
	h := up(t)
	if err := h.Link(ctx, platform, pgtest.Town1, "p-1", phone); err != nil {
		t.Fatal(err)
	}
	h.dir.Be(map[string]any{"sub": "p-1"})
	for what, bend := range map[string]func(map[string]any){
		"another nonce":   func(c map[string]any) { c["nonce"] = "x" },
		"no nonce":        func(c map[string]any) { delete(c, "nonce") },
		"another issuer":  func(c map[string]any) { c["iss"] = "https://elsewhere.example" },
		"another client":  func(c map[string]any) { c["aud"] = "other" },
		"another party":   func(c map[string]any) { c["azp"] = "other" },
		"over":            func(c map[string]any) { c["exp"] = h.DB.Now().Add(-time.Minute).Unix() },
		"nobody":          func(c map[string]any) { c["sub"] = "" },
		"not yet in time": func(c map[string]any) { c["nbf"] = h.DB.Now().Add(time.Hour).Unix() },
	} {
		h.dir.Bend = bend
		h.refused(what, ErrRefused)
	}
	h.dir.Bend = nil
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.RawURLEncoding.EncodeToString
	for what, sign := range map[string]func([]byte) string{
		"another key":  func(b []byte) string { return ssotest.Signed(other, b) },
		"no signature": func(b []byte) string { return b64([]byte(`{"alg":"none"}`)) + "." + b64(b) + "." },
		"no token":     func([]byte) string { return "" },
		"nonsense":     func([]byte) string { return "a.b.c" },
	} {
		h.dir.Sign = sign
		h.refused(what, ErrRefused)
	}
	h.dir.Sign = nil
	if out, err := h.enter(); err != nil || out.Account != h.id {
		t.Errorf("after all that an honest token is refused: %v", err)
	}
}

// TestReplay brings back what was brought back before, to another browser, or with things changed on the way.
func TestReplay(t *testing.T) {
	h := up(t)
	h.dir.Be(map[string]any{"sub": "p-1"})
	if err := h.Link(ctx, platform, pgtest.Town1, "p-1", phone); err != nil {
		t.Fatal(err)
	}
	q, bind := h.away()
	if _, err := h.back(q, bind); err != nil {
		t.Fatal(err)
	}
	if _, err := h.back(q, bind); !errors.Is(err, ErrRefused) {
		t.Errorf("the same once more: %v", err)
	}
	mine, kept := h.away()
	theirs, _ := h.away()
	for what, v := range map[string]struct {
		q    url.Values
		bind string
	}{
		"another browser":     {mine, "another"},
		"a browser with none": {theirs, ""},
		"a state of nobody":   {url.Values{"state": {"x"}, "code": mine["code"]}, kept},
		"no state":            {url.Values{"code": mine["code"]}, kept},
		"nothing":             {url.Values{}, ""},
	} {
		if _, err := h.back(v.q, v.bind); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", what, err)
		}
	}
	q, bind = h.away()
	q.Set("iss", "https://elsewhere.example")
	if _, err := h.back(q, bind); !errors.Is(err, ErrRefused) {
		t.Errorf("an answer of another issuer: %v", err)
	}
	q, bind = h.away()
	q.Del("code")
	q.Set("error", "access_denied")
	if _, err := h.back(q, bind); !errors.Is(err, ErrRefused) {
		t.Errorf("a refusal of the directory: %v", err)
	}
	first, bindFirst := h.away()
	second, _ := h.away()
	first.Set("code", second.Get("code")) // a code that was injected: PKCE does not fit
	if _, err := h.back(first, bindFirst); !errors.Is(err, ErrRefused) {
		t.Errorf("a code of another visit: %v", err)
	}
	q, bind = h.away()
	if err := h.Set(ctx, platform, pgtest.Town1, Draft{Name: "县统一认证", Issuer: h.dir.URL, ClientID: ssotest.Client, Claim: Subject}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.back(q, bind); !errors.Is(err, ErrRefused) {
		t.Errorf("a directory that was switched off meanwhile: %v", err)
	}
	if _, _, err := h.Begin(ctx, pgtest.Town1, "", here); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a directory that is off: %v", err)
	}
}

// TestDisabled refuses an account that may not sign in, in the words for one that is not linked.
func TestDisabled(t *testing.T) {
	h := up(t)
	h.dir.Be(map[string]any{"sub": "p-1"})
	if err := h.Link(ctx, platform, pgtest.Town1, "p-1", phone); err != nil {
		t.Fatal(err)
	}
	if err := h.DB.AsSystem(ctx, "test", func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, `update account set state = 'disabled' where id = $1`, h.id)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	h.refused("a disabled account", ErrUnlinked)
}

// TestSet keeps bad settings and foreign houses out, and the secret sealed.
func TestSet(t *testing.T) {
	h := up(t)
	good := Draft{Name: "县统一认证", Issuer: h.dir.URL, ClientID: "c", Secret: "s", Claim: Subject}
	for want, change := range map[*fault.Error]func(*Draft){
		ErrName: func(d *Draft) { d.Name = "" }, ErrIssuer: func(d *Draft) { d.Issuer = "ftp://x" }, ErrHost: func(d *Draft) { d.Issuer = "https://169.254.169.254" },
		ErrClient: func(d *Draft) { d.ClientID = "" }, ErrClaim: func(d *Draft) { d.Claim = "email" },
	} {
		d := good
		change(&d)
		if err := h.Set(ctx, platform, pgtest.Town1, d); !errors.Is(err, want) {
			t.Errorf("%s: %v", want.Code, err)
		}
	}
	d := good
	d.Secret = ""
	if err := h.Set(ctx, platform, pgtest.Town2, d); !errors.Is(err, ErrSecret) {
		t.Errorf("without a secret: %v", err)
	}
	if err := h.Set(ctx, actor.Actor{Role: actor.Bureau, Township: pgtest.Town1}, pgtest.Town1, good); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("by the bureau: %v", err)
	}
	p, err := h.Find(ctx, pgtest.Town1)
	if err != nil || strings.Contains(string(p.Secret), ssotest.Secret) || len(p.Secret) == 0 {
		t.Errorf("the secret is kept as %q, %v", p.Secret, err)
	}
	if err := h.Link(ctx, platform, pgtest.Town1, "p-1", "13800009999"); !errors.Is(err, ErrPerson) {
		t.Errorf("a person without an account: %v", err)
	}
	if err := h.Link(ctx, platform, pgtest.Town1, "p-1", phone); err != nil {
		t.Fatal(err)
	}
	elsewhere := ssotest.Up(t)
	h.Hosts = append(h.Hosts, elsewhere.Host())
	good.Issuer = elsewhere.URL
	if err := h.Set(ctx, platform, pgtest.Town1, good); err != nil {
		t.Fatal(err)
	}
	if links, err := h.Links(ctx, pgtest.Town1); err != nil || len(links) != 0 {
		t.Errorf("another directory inherits %d links, %v", len(links), err)
	}
}
