package account

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/limit"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/session"
	"cunfen/internal/sms"
)

// world is a service on a database, a Redis and a master key of its own.
type world struct {
	*Service
	db      *pgtest.DB
	console *sms.Console
	address string
	t       *testing.T
}

func setup(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	addr := os.Getenv("TEST_REDIS_ADDR")
	if addr == "" {
		t.Fatal("TEST_REDIS_ADDR is not set")
	}
	client := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { client.Close() })
	id := uuid.New()
	vault, err := crypt.New(append(id[:], bytes.Repeat([]byte{7}, 16)...))
	if err != nil {
		t.Fatal(err)
	}
	db, console := pgtest.New(t), sms.NewConsole(io.Discard)
	db.At("2026-11-23T10:00:00+08:00")
	s := &Service{DB: db.DB, Vault: vault, Limit: limit.New(client), Codes: session.NewCodes(client), SMS: console, SMSCap: 1 << 20}
	return &world{s, db, console, id.String(), t}
}

const good = "门前两棵枣树2026"

var hashed = sync.OnceValues(func() (string, error) { return Hash(good) })

// person has the password good and the seats given in village A.
func (w *world) person(phone string, roles ...actor.Role) uuid.UUID {
	w.t.Helper()
	hash, err := hashed()
	if err != nil {
		w.t.Fatal(err)
	}
	return w.create(New{Name: "张三", Phone: phone, Hash: hash}, roles...)
}

func (w *world) create(n New, roles ...actor.Role) (id uuid.UUID) {
	w.t.Helper()
	ctx := context.Background()
	err := w.DB.InVillage(ctx, pgtest.In(pgtest.A, actor.Lead), func(tx pg.Tx) (err error) {
		if id, _, err = w.Create(ctx, tx, n); err != nil {
			return err
		}
		return Join(ctx, tx, id)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, r := range roles {
		w.member(pgtest.A, id, r, "2026-10-01", "2026-12-31")
	}
	return id
}

func (w *world) member(v actor.VillageID, account uuid.UUID, role actor.Role, from, to string) (id uuid.UUID) {
	w.t.Helper()
	id = pg.NewID()
	w.exec(`insert into membership (village_id, id, account_id, name, role, starts_on, ends_on, created_at) values ($1, $2, $3, '张三', $4, $5::text::date, $6::text::date, now())`, int64(v), id, account, string(role), from, to)
	w.exec(`update account set villages = array_append(villages, $1) where id = $2 and not $1 = any(villages)`, int64(v), account)
	return id
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	if _, err := w.db.Owner.Exec(context.Background(), sql, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) signIn(phone, password string) (Signed, error) {
	return w.SignIn(context.Background(), phone, password, w.address)
}

func (w *world) results() (out string) {
	w.t.Helper()
	err := w.db.Owner.QueryRow(context.Background(), `select coalesce(string_agg(result, ' ' order by at, id), '') from sign_in`).Scan(&out)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestSignIn(t *testing.T) {
	w := setup(t)
	id := w.person("13900000001", actor.Household, actor.Lead)
	out, err := w.signIn(" 139-0000-0001", good)
	if err != nil || out.Account != id || out.Epoch != 1 || out.MustChange || out.Bound || len(out.Places) != 2 {
		t.Fatalf("%+v %v", out, err)
	}
	if p := out.Places[0]; p.Seat.Role != actor.Lead || p.Where != "东村" || p.Seat.Village != pgtest.A || p.Seat.Township != pgtest.Town1 || p.Seat.Account != id || p.Seat.Owes() != session.StepSecond {
		t.Errorf("%+v", p)
	}
	for _, c := range [][2]string{{"13900000001", "错的密码啊啊"}, {"13900000009", good}, {"13900000001", ""}} {
		if _, err := w.signIn(c[0], c[1]); !errors.Is(err, ErrWrong) || fault.Of(err).Text != ErrWrong.Text {
			t.Errorf("%v: %v", c, err)
		}
	}
	if got := w.results(); got != "ok wrong unknown wrong" {
		t.Errorf("noted %q", got)
	}
	if err := w.Disable(context.Background(), actor.Actor{Role: actor.Platform, Name: "管理员"}, id, "离职"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.signIn("13900000001", good); !errors.Is(err, ErrWrong) {
		t.Errorf("disabled: %v", err)
	}
	w.person("13900000002")
	if _, err := w.signIn("13900000002", good); !errors.Is(err, ErrNoPlace) {
		t.Errorf("nowhere: %v", err)
	}
}

// A known and an unknown phone are locked alike; the lock grows; SMS passes it (INV-46, ATK-47).
func TestLock(t *testing.T) {
	w := setup(t)
	w.person("13900000001", actor.Household)
	start := w.db.Now()
	for _, phone := range []string{"13900000001", "13900000009"} {
		w.db.Now = func() time.Time { return start }
		for i := range 5 {
			if _, err := w.signIn(phone, "错的密码啊啊"); !errors.Is(err, ErrWrong) {
				t.Fatalf("%s try %d: %v", phone, i+1, err)
			}
		}
		for _, password := range []string{"错的密码啊啊", good} {
			if _, err := w.signIn(phone, password); !errors.Is(err, ErrLocked) || limit.Wait(err) != time.Minute || !strings.Contains(fault.Of(err).Text, "60 秒") {
				t.Fatalf("%s sixth try: %v", phone, err)
			}
		}
		w.db.Now = func() time.Time { return start.Add(61 * time.Second) }
		if _, err := w.signIn(phone, "错的密码啊啊"); !errors.Is(err, ErrWrong) {
			t.Fatal(err)
		}
		if _, err := w.signIn(phone, good); !errors.Is(err, ErrLocked) || limit.Wait(err) != 2*time.Minute {
			t.Fatalf("%s after the sixth wrong: %v, %s", phone, err, limit.Wait(err))
		}
	}
	if _, err := w.byCode("13900000001"); err != nil {
		t.Errorf("SMS while locked: %v", err)
	}
	w.db.Now = func() time.Time { return start.Add(10 * time.Minute) }
	if _, err := w.signIn("13900000001", good); err != nil {
		t.Fatalf("after the lock: %v", err)
	}
	if _, err := w.signIn("13900000001", "错的密码啊啊"); !errors.Is(err, ErrWrong) {
		t.Errorf("a right password does not clear the count: %v", err)
	}
	if lockFor(4) != 0 || lockFor(9) != 15*time.Minute || lockFor(1<<30) != 15*time.Minute {
		t.Error("the lock does not end at 15 minutes")
	}
}

func TestLockInParallel(t *testing.T) {
	w := setup(t)
	w.person("13900000001", actor.Household)
	for _, phone := range []string{"13900000001", "13900000009"} {
		var looked atomic.Int32
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := w.signIn(phone, "错的密码啊啊"); errors.Is(err, ErrWrong) {
					looked.Add(1)
				} else if !errors.Is(err, ErrLocked) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if looked.Load() != 5 {
			t.Errorf("%s: %d passwords were looked at", phone, looked.Load())
		}
	}
}

func TestAddressLimit(t *testing.T) {
	w := setup(t)
	var err error
	for i := 0; i <= perAddress && err == nil; i++ {
		_, err = w.signIn("x", "")
		if errors.Is(err, ErrPhone) {
			err = nil
		}
	}
	if !errors.Is(err, limit.ErrTooMany) {
		t.Fatalf("one address may try without end: %v", err)
	}
}

// A start password works once; the session that it began sets the real one, which ends all others.
func TestStartPassword(t *testing.T) {
	w, ctx := setup(t), context.Background()
	start := StartPassword()
	if !regexp.MustCompile(`^[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}$`).MatchString(start) || Check(start, "张三", "") != nil {
		t.Fatal(start)
	}
	w.create(New{Name: "张三", Phone: "13900000001", Start: start}, actor.Household)
	out, err := w.signIn("13900000001", start)
	if err != nil || !out.MustChange || out.Places[0].Seat.Owes() != session.StepPassword {
		t.Fatalf("%+v %v", out, err)
	}
	if _, err := w.signIn("13900000001", start); !errors.Is(err, ErrWrong) {
		t.Errorf("second use: %v", err)
	}
	seat := out.Places[0].Seat
	if _, err := w.Actor(ctx, seat); !errors.Is(err, ErrOwes) {
		t.Errorf("acts before the password is changed: %v", err)
	}
	if _, err := w.ChangePassword(ctx, seat, "", "password123"); !errors.Is(err, ErrCommon) {
		t.Errorf("common: %v", err)
	}
	next, err := w.ChangePassword(ctx, seat, "", good)
	if err != nil || next.Epoch != 2 || next.MustChange {
		t.Fatalf("%+v %v", next, err)
	}
	if _, err := w.Actor(ctx, next); err != nil {
		t.Errorf("own session ended: %v", err)
	}
	seat.MustChange = false
	if _, err := w.Actor(ctx, seat); !errors.Is(err, ErrOver) {
		t.Errorf("an earlier session goes on: %v", err)
	}
	if _, err := w.ChangePassword(ctx, seat, "", "另外一个密码好记"); !errors.Is(err, ErrOver) {
		t.Errorf("an earlier session changes the password: %v", err)
	}
	if _, err := w.ChangePassword(ctx, next, "不是这个密码", "另外一个密码好记"); !errors.Is(err, ErrOld) {
		t.Errorf("wrong old password: %v", err)
	}
	if _, err := w.ChangePassword(ctx, next, good, good); !errors.Is(err, ErrSame) {
		t.Errorf("same: %v", err)
	}
	if _, err := w.signIn("13900000001", good); err != nil {
		t.Error(err)
	}
}

// byCode signs in by the code that the console was given.
func (w *world) byCode(phone string) (Signed, error) {
	ctx := context.Background()
	request, err := w.AskCode(ctx, phone, w.address)
	if err != nil {
		return Signed{}, err
	}
	w.Wait()
	return w.SignInByCode(ctx, request, phone, w.sent(phone), w.address)
}

func (w *world) sent(phone string) string {
	return regexp.MustCompile(`\d{6}`).FindString(w.console.Last(phone))
}

func TestCode(t *testing.T) {
	w, ctx := setup(t), context.Background()
	id := w.person("13900000001", actor.Household)
	w.person("13900000002", actor.Household)
	out, err := w.byCode("13900000001")
	if err != nil || out.Account != id {
		t.Fatal(err)
	}
	if _, err := w.AskCode(ctx, "13900000001", w.address); !errors.Is(err, limit.ErrTooMany) {
		t.Errorf("second message in a minute: %v", err)
	}
	request, err := w.AskCode(ctx, "13900000002", w.address)
	if err != nil {
		t.Fatal(err)
	}
	w.Wait()
	code := w.sent("13900000002")
	for name, try := range map[string][3]string{
		"other phone": {request, "13900000001", code}, "other request": {"x", "13900000002", code}, "no code": {request, "13900000002", ""},
	} {
		if _, err := w.SignInByCode(ctx, try[0], try[1], try[2], w.address); !errors.Is(err, session.ErrCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.SignInByCode(ctx, request, "13900000002", code, w.address); err != nil {
		t.Errorf("right: %v", err)
	}
	if _, err := w.SignInByCode(ctx, request, "13900000002", code, w.address); !errors.Is(err, session.ErrCode) {
		t.Errorf("second use: %v", err)
	}
	if request, err := w.AskCode(ctx, "13900000009", w.address); err != nil || request == "" || w.sent("13900000009") != "" {
		t.Errorf("unknown phone: %q %v", request, err)
	}
	w.SMSCap = 1
	if _, err := w.AskCode(ctx, "13900000008", w.address); !errors.Is(err, ErrSMSCap) {
		t.Errorf("over the cap: %v", err)
	}
}

func TestSecondFactor(t *testing.T) {
	w, ctx := setup(t), context.Background()
	id := w.person("13900000001", actor.Lead)
	seat := session.Seat{Account: id, Epoch: 1, Role: actor.Lead, Village: pgtest.A}
	if err := w.VerifySecond(ctx, id, "123456"); !errors.Is(err, ErrUnbound) {
		t.Errorf("nothing bound: %v", err)
	}
	offer, err := w.OfferSecond(ctx, id)
	if err != nil || !strings.HasPrefix(offer.URI, "otpauth://totp/") || strings.Contains(offer.Token, offer.Secret) {
		t.Fatalf("%+v %v", offer, err)
	}
	code := func(d time.Duration) string { c, _ := Code(offer.Secret, w.db.Now().Add(d)); return c }
	other := seat
	other.Account = w.person("13900000002")
	if err := w.BindSecond(ctx, other, offer.Token, code(0)); !errors.Is(err, ErrOffer) {
		t.Errorf("another's offer: %v", err)
	}
	if err := w.BindSecond(ctx, seat, offer.Token, "000000"); !errors.Is(err, ErrSecond) {
		t.Errorf("wrong code: %v", err)
	}
	if err := w.BindSecond(ctx, seat, offer.Token, code(0)); err != nil {
		t.Fatal(err)
	}
	if err := w.BindSecond(ctx, seat, offer.Token, code(30*time.Second)); !errors.Is(err, ErrBound) {
		t.Errorf("bound twice: %v", err)
	}
	for name, c := range map[string]string{"replay": code(0), "early": code(-30 * time.Second), "far": code(time.Minute), "empty": ""} {
		if err := w.VerifySecond(ctx, id, c); !errors.Is(err, ErrSecond) {
			t.Errorf("%s: %v", name, err)
		}
	}
	next := code(30 * time.Second)
	if err := w.VerifySecond(ctx, id, next[:3]+" "+next[3:]); err != nil {
		t.Errorf("the next code: %v", err)
	}
	if err := w.VerifySecond(ctx, id, next); !errors.Is(err, ErrSecond) {
		t.Errorf("replay: %v", err)
	}
	for range tries.Times {
		err = w.VerifySecond(ctx, id, "000000")
	}
	if !errors.Is(err, limit.ErrTooMany) {
		t.Errorf("guessing without end: %v", err)
	}
	platform := actor.Actor{Account: uuid.New(), Role: actor.Platform, Name: "管理员"}
	if err := w.Unbind(ctx, platform, id, " "); !errors.Is(err, ErrReason) {
		t.Errorf("without a reason: %v", err)
	}
	if err := w.Unbind(ctx, platform, id, "换手机"); err != nil {
		t.Fatal(err)
	}
	if bound, err := w.Bound(ctx, id); bound || err != nil {
		t.Error(bound, err)
	}
	var stored []byte
	_ = w.db.Owner.QueryRow(ctx, `select phone from account where id = $1`, id).Scan(&stored)
	if bytes.Contains(stored, []byte("1390000")) {
		t.Error("the phone is stored plain")
	}
}

func TestConfirm(t *testing.T) {
	w, ctx := setup(t), context.Background()
	id := w.person("13900000001", actor.Lead)
	if err := w.Confirm(ctx, id, good); err != nil {
		t.Error(err)
	}
	var err error
	for range tries.Times + 1 {
		if err = w.Confirm(ctx, id, "错"); errors.Is(err, limit.ErrTooMany) {
			break
		}
	}
	if !errors.Is(err, limit.ErrTooMany) {
		t.Errorf("guessing without end: %v", err)
	}
}

func TestCreateTwice(t *testing.T) {
	w, ctx := setup(t), context.Background()
	id := w.person("13900000001", actor.Lead)
	err := w.DB.InVillage(ctx, pgtest.In(pgtest.B, actor.Lead), func(tx pg.Tx) error {
		again, fresh, err := w.Create(ctx, tx, New{Name: "李四", Phone: "139 0000 0001", Start: "abcd-efgh-jkmn"})
		if again != id || fresh {
			t.Errorf("%s %v", again, fresh)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := w.signIn("13900000001", good); err != nil || out.Name != "张三" || out.MustChange {
		t.Errorf("the other village changed the account: %+v %v", out, err)
	}
	err = w.DB.InVillage(ctx, pgtest.In(pgtest.B, actor.Lead), func(tx pg.Tx) error {
		_, _, err := w.Create(ctx, tx, New{Phone: "12345"})
		return err
	})
	if f := fault.Of(err); len(f.Fields) != 2 {
		t.Errorf("%v", err)
	}
}
