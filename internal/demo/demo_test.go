package demo

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"cunfen/internal/account"
	"cunfen/internal/activity"
	"cunfen/internal/actor"
	"cunfen/internal/appeal"
	"cunfen/internal/blob/blobtest"
	"cunfen/internal/claim"
	"cunfen/internal/crypt"
	"cunfen/internal/evidence"
	"cunfen/internal/finding"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/inspect"
	"cunfen/internal/ledger"
	"cunfen/internal/limit"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/internal/village"
	"cunfen/internal/web/activities"
	"cunfen/internal/web/monthly"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/ui"
	"cunfen/tenants"
)

func TestPicture(t *testing.T) {
	t.Parallel()
	if b := picture(rand.New(rand.NewPCG(1, 2))); len(b) < 5000 {
		t.Errorf("a picture of %d bytes", len(b))
	}
}

// TestFill lets the demo township live and reads everything again.
func TestFill(t *testing.T) {
	db := pgtest.New(t)
	ctx := context.Background()
	vault, err := crypt.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	blobs := blobtest.New(t).Store
	accounts := &account.Service{DB: db.DB, Vault: vault, Limit: limit.New(redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"}))}
	site := &ui.Site{Shell: &shell.Shell{DB: db.DB, Villages: &village.Register{DB: db.DB}, Evidence: &evidence.Service{DB: db.DB, Blobs: blobs}}, Accounts: accounts, Rounds: &inspect.Service{DB: db.DB}, Found: &finding.Service{DB: db.DB}, Activities: &activities.Room{Activities: &activity.Service{DB: db.DB}}, Group: &group.Service{DB: db.DB, Accounts: accounts},
		Households: &household.Service{DB: db.DB, Vault: vault}, Claims: &claim.Service{DB: db.DB},
		Months: &signoff.Service{DB: db.DB, Sources: []signoff.Source{claim.OnSheet{}, inspect.OnSheet{}, finding.Sheet{}}}, Appeals: &appeal.Service{DB: db.DB}, Shop: &shop.Service{DB: db.DB},
		Notices: &notice.Service{DB: db.DB, Blobs: blobs, Render: monthly.RenderNotice, Address: func(string, month.Month, int) string { return "http://x" }}}
	town, problems := tenants.Load(tenants.FS, "demo")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	db.Now = func() time.Time { return time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC) }
	f := &Filler{Site: site, Vault: vault, Households: 30, Marker: true}
	for range 2 { // a second time changes nothing
		if err := f.Fill(ctx, town); err != nil {
			t.Fatal(err)
		}
		db.Now = func() time.Time { return time.Date(2026, 11, 20, 1, 0, 0, 0, time.UTC) }
	}
	for _, v := range town.Villages {
		who := actor.System(actor.VillageID(v.ID))
		err := db.InVillage(ctx, who, func(tx pg.Tx) error {
			r, err := ledger.Verify(ctx, tx)
			if err != nil || len(r.Findings) > 0 || r.Entries < 50 {
				t.Errorf("%s: %+v, %v", v.Name, r, err)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	months, err := db.Owner.Query(ctx, `select v.code || ' ' || s.month || ' ' || s.state from sheet s join village v on v.id = s.village_id order by 1`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(months, pgx.RowTo[string])
	if want := "guao 202609 published,guao 202610 signing,haiyan 202609 published,haiyan 202610 published,jinpu 202609 published"; err != nil || strings.Join(got, ",") != want {
		t.Errorf("months %v, %v; want %s", got, err, want)
	}
	for village, least := range map[string]map[string]int{"haiyan": {"noticed": 3, "posted": 1}, "guao": {"noticed": 3, "cleared": 1}, "jinpu": {"noticed": 2, "cleared": 1}} {
		for of, sql := range map[string]string{ // whoever looks finds something at each stage
			"closed": `select count(*) from finding where outcome = 'put_right'`, "heard": `select count(*) from finding where state = 'heard'`, "noticed": `select count(*) from finding where state = 'noticed'`,
			"posted": `select count(*) from ledger_entry where kind = 3`, "cleared": `select count(*) from finding where state = 'cleared'`,
			"rounds": `select count(*) from inspection i where state = 'closed' and month = 202610 and exists (select from inspection_confirm c where c.inspection_id = i.id)`,
			"walk":   `select count(*) from inspection where state = 'open' and month = 202611`, "came": `select count(*) from activity_person where claim_id is not null`,
			"coming": `select count(*) from activity where state = 'open'`, "draws": `select count(*) from draw where state in ('drawn', 'frozen')`} {
			want := least[of]
			if want == 0 && of != "posted" && of != "cleared" {
				want = 1
			}
			var n int
			if err := db.Owner.QueryRow(ctx, sql+map[bool]string{true: " and", false: " where"}[strings.Contains(sql, "where")]+` village_id = (select id from village where code = $1)`, village).Scan(&n); err != nil || n < want {
				t.Errorf("%s: %d %s, want %d or more (%v)", village, n, of, want, err)
			}
		}
	}
	var open, looked, doubted int
	err = db.Owner.QueryRow(ctx, `select count(*) filter (where state = 'open'), count(*) filter (where state = 'confirmed'), count(*) filter (where state = 'doubted') from recheck_line`).Scan(&open, &looked, &doubted)
	if err != nil || open == 0 || looked == 0 || doubted != 1 {
		t.Errorf("re-check: %d open, %d in order, %d doubted (%v)", open, looked, doubted, err)
	}
	var foreign int
	err = db.Owner.QueryRow(ctx, `select count(*) from household where head like '%⟦v%' and head not like '%⟦v' || village_id || '⟧%'`).Scan(&foreign)
	if err != nil || foreign != 0 {
		t.Errorf("%d foreign markers, %v", foreign, err)
	}
}
