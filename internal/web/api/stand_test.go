package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"cunfen/internal/assess"
	"cunfen/internal/figure"
	"cunfen/internal/rescore"
	"cunfen/internal/story"
	"cunfen/internal/watch"
	"cunfen/internal/web/office"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/account"
	"cunfen/internal/activity"
	"cunfen/internal/actor"
	"cunfen/internal/adoption"
	"cunfen/internal/appeal"
	"cunfen/internal/archive"
	"cunfen/internal/authz"
	"cunfen/internal/blob/blobtest"
	"cunfen/internal/budget"
	"cunfen/internal/bureau"
	"cunfen/internal/claim"
	"cunfen/internal/crypt"
	"cunfen/internal/evaluation"
	"cunfen/internal/evidence"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/finding"
	"cunfen/internal/gift"
	members "cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/inform"
	"cunfen/internal/inspect"
	"cunfen/internal/limit"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/opening"
	"cunfen/internal/opinion"
	books "cunfen/internal/passbook"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rehearse"
	"cunfen/internal/retention"
	"cunfen/internal/rulebook"
	seats "cunfen/internal/session"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/internal/sms"
	"cunfen/internal/supervise"
	"cunfen/internal/tenure"
	"cunfen/internal/village"
	activityrooms "cunfen/internal/web/activities"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/ui"
	"cunfen/internal/web/visit"
	"cunfen/internal/yearend"
	"cunfen/policies"
	"cunfen/tenants"
)

// redisDB is the database of the test Redis that belongs to this package.
const redisDB = 13

var errDenied = fault.New(fault.Forbidden, "test.denied", "不能办")

const password = "田野上的-村分-7"

// stand is the API over real machines. Who asks is put in by the test, the way the server does it.
type stand struct {
	t    *testing.T
	db   *pgtest.DB
	site *ui.Site
	echo *echo.Echo
	who  actor.Actor
	seat seats.Seat // of the session that the request has
	jar  []*http.Cookie
	n    int
}

func up(t *testing.T) *stand {
	t.Helper()
	db := pgtest.New(t)
	db.At("2026-11-10T10:00:00+08:00")
	rdb := redis.NewClient(&redis.Options{Addr: os.Getenv("TEST_REDIS_ADDR"), DB: redisDB})
	t.Cleanup(func() { _ = rdb.Close() })
	if err := rdb.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	vault, err := crypt.New(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	auth, err := authz.Compile(policies.Model, policies.Policy)
	if err != nil {
		t.Fatal(err)
	}
	blobs := blobtest.New(t)
	accounts := &account.Service{DB: db.DB, Vault: vault, Limit: limit.New(rdb), Codes: seats.NewCodes(rdb), SMS: sms.NewConsole(io.Discard)}
	s := &stand{t: t, db: db, echo: echo.New(), site: &ui.Site{
		Shell: &shell.Shell{
			DB:       db.DB,
			Auth:     auth,
			Villages: &village.Register{DB: db.DB},
			Evidence: &evidence.Service{DB: db.DB, Blobs: blobs.Store},
			Inform:   &inform.Service{DB: db.DB},
		},
		Sessions:   seats.New(rdb, seats.Options{Plain: true}),
		Accounts:   accounts,
		Households: &household.Service{DB: db.DB, Vault: vault},
		Group:      &members.Service{DB: db.DB, Accounts: accounts},
		Claims:     &claim.Service{DB: db.DB},
		Rounds:     &inspect.Service{DB: db.DB},
		Months:     &signoff.Service{DB: db.DB, Sources: []signoff.Source{claim.OnSheet{}}},
		Notices: &notice.Service{DB: db.DB, Blobs: blobs.Store, Render: func(notice.View) ([]byte, error) { return []byte("<p>"), nil },
			Address: func(v string, m month.Month, _ int) string { return "/v/" + v + "/" + m.String() }},
		Appeals:   &appeal.Service{DB: db.DB},
		Shop:      &shop.Service{DB: db.DB},
		Found:     &finding.Service{DB: db.DB},
		Opinion:   &opinion.Service{DB: db.DB},
		Gifts:     &gift.Service{DB: db.DB},
		Openings:  &opening.Service{DB: db.DB},
		Bureau:    &bureau.Service{DB: db.DB},
		Budget:    &budget.Service{DB: db.DB},
		Supervise: &supervise.Service{DB: db.DB},
		Office:    &office.Room{Figures: &figure.Service{DB: db.DB}, Watch: &watch.Service{DB: db.DB}, Rescore: &rescore.Service{DB: db.DB}, Story: &story.Service{DB: db.DB}, Assess: &assess.Service{DB: db.DB}},
		Adoption:  &adoption.Service{DB: db.DB}, Evaluation: &evaluation.Service{DB: db.DB}, Exempt: &exempt.Service{DB: db.DB}, Rehearse: &rehearse.Service{DB: db.DB},
	}}
	s.echo.HTTPErrorHandler = func(err error, c echo.Context) { send(c, err) }
	s.site.Passbooks = &books.Service{DB: db.DB, Vault: vault, Households: s.site.Households, Evidence: s.site.Evidence, Address: func(path string) string { return path }}
	s.site.Archive, s.site.Keep = &archive.Service{DB: db.DB, Blobs: blobs.Store, Months: s.site.Months}, &retention.Service{DB: db.DB, Evidence: s.site.Evidence}
	s.site.Tenure = &tenure.Service{DB: db.DB, Villages: s.site.Villages, Vault: vault}
	s.site.Years = &yearend.Service{DB: db.DB}
	s.site.Activities = &activityrooms.Room{Shell: s.site.Shell, Activities: &activity.Service{DB: db.DB}}
	for _, r := range Routes(s.site) {
		s.echo.Add(r.Method, r.Path, r.Handler, echo.WrapMiddleware(s.site.Sessions.Middleware(func(http.ResponseWriter, *http.Request, error) { t.Error("no session store") })), s.guard(r))
	}
	r := tenants.Document()
	r.Version, r.Reason = 1, "第1版"
	err = db.InVillage(t.Context(), actor.System(pgtest.A), func(tx pg.Tx) error { return rulebook.Insert(context.Background(), tx, r) })
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// guard does what the server does before the handler, but that it asks the test who it is.
func (s *stand) guard(r ui.Route) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if !r.Public && !s.site.Auth.May(s.who.Role, r.Action) {
				return errDenied
			}
			who := s.who
			body, _ := io.ReadAll(c.Request().Body)
			c.Request().Body = io.NopCloser(bytes.NewReader(body))
			who.Key, who.Body = c.Request().Header.Get(keyName), sha256.Sum256(append([]byte(c.Request().URL.Path), body...))
			if s.seat.Account != uuid.Nil {
				if err := s.site.Sessions.Begin(c.Request().Context(), s.seat); err != nil {
					return err
				}
			}
			visit.SetWho(c, who)
			return next(c)
		}
	}
}

// person makes an account with a membership in village A and lets them ask from now on.
func (s *stand) person(role actor.Role, home uuid.UUID) actor.Actor {
	s.t.Helper()
	s.n++
	who := actor.Actor{Name: fmt.Sprint("某", s.n), Role: role, Village: pgtest.A, Township: pgtest.Town1, Membership: pg.NewID(), Household: home}
	hash, err := account.Hash(password)
	if err != nil {
		s.t.Fatal(err)
	}
	err = s.db.AsSystem(s.t.Context(), "test", func(tx pg.Tx) (err error) {
		who.Account, _, err = s.site.Accounts.Create(s.t.Context(), tx, account.New{Name: who.Name, Phone: s.phone(s.n), Hash: hash, TOTP: "JBSWY3DPEHPK3PXP"})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	kind := map[actor.Role]any{actor.Lead: "两委", actor.Committee: []string{"党员代表", "群众代表"}[s.n%2], actor.Grid: "网格员"}[role]
	var at any
	if home != uuid.Nil {
		at = home
	}
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, household_id, starts_on, ends_on, created_at)
		values (11, $1, $2, $3, $4, $5, $6, '2026-01-01', '2026-12-31', now())`, who.Membership, who.Account, who.Name, string(role), kind, at)
	s.exec(`update account set villages = '{11}' where id = $1`, who.Account)
	return who
}

func (s *stand) phone(n int) string { return fmt.Sprintf("138%08d", n) }

func (s *stand) as(who actor.Actor) *stand {
	s.who = who
	s.seat = seats.Seat{Account: who.Account, Epoch: 1, Role: who.Role, Village: who.Village, Township: who.Township, Place: who.Membership, SecondFactorAt: time.Now()}
	return s
}

func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(context.Background(), sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

// answer is what came back, read as far as it is JSON.
type answer struct {
	t      *testing.T
	status int
	body   map[string]any
	text   string
	header http.Header
}

func (a answer) str(name string) string { v, _ := a.body[name].(string); return v }

// is checks status and, where one is given, the problem's code.
func (a answer) is(status int, code string) answer {
	a.t.Helper()
	if a.status != status || code != "" && a.str("code") != code {
		a.t.Errorf("answered %d %s; want %d %s", a.status, a.text, status, code)
	}
	if a.status >= 400 && (a.header.Get("Content-Type") != "application/problem+json" || a.str("detail") == "") {
		a.t.Errorf("no problem: %s %s", a.header.Get("Content-Type"), a.text)
	}
	return a
}

// send asks with a new idempotency key; body is JSON, or a picture where it is bytes.
func (s *stand) send(method, path string, body any) answer {
	s.t.Helper()
	s.n++
	return s.sendAs(method, path, body, map[string]string{keyName: fmt.Sprintf("test-key-%06d", s.n)})
}

func (s *stand) sendAs(method, path string, body any, header map[string]string) answer {
	s.t.Helper()
	kind, text := "application/json", ""
	switch b := body.(type) {
	case nil:
		kind = ""
	case []byte:
		kind, text = "image/jpeg", string(b)
	case string:
		text = b
	default:
		j, err := json.Marshal(b)
		if err != nil {
			s.t.Fatal(err)
		}
		text = string(j)
	}
	r := httptest.NewRequest(method, prefix+path, strings.NewReader(text))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for k, v := range header {
		r.Header.Set(k, v)
	}
	for _, c := range s.jar {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	s.echo.ServeHTTP(w, r)
	if s.seat.Account == uuid.Nil {
		for _, c := range w.Result().Cookies() {
			s.jar = []*http.Cookie{c}
		}
	}
	a := answer{t: s.t, status: w.Code, text: w.Body.String(), header: w.Header()}
	_ = json.Unmarshal(w.Body.Bytes(), &a.body)
	if a.status >= 500 {
		s.t.Errorf("%s %s: %d %s", method, path, a.status, a.text)
	}
	return a
}

func (s *stand) get(path string) answer { s.t.Helper(); return s.send("GET", path, nil) }
func (s *stand) post(path string, body any) answer {
	s.t.Helper()
	return s.send("POST", path, body)
}

type object = map[string]any

func snapshot() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for x := range 64 {
		img.Set(x, x%48, color.RGBA{uint8(x * 4), 90, 30, 255})
	}
	var b bytes.Buffer
	_ = jpeg.Encode(&b, img, nil)
	return b.Bytes()
}
