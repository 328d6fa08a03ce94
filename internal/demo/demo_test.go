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
	"cunfen/internal/actor"
	"cunfen/internal/appeal"
	"cunfen/internal/blob/blobtest"
	"cunfen/internal/claim"
	"cunfen/internal/crypt"
	"cunfen/internal/evidence"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/limit"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/internal/village"
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
	site := &ui.Site{Shell: &shell.Shell{DB: db.DB, Villages: &village.Register{DB: db.DB}, Evidence: &evidence.Service{DB: db.DB, Blobs: blobs}}, Accounts: accounts, Group: &group.Service{DB: db.DB, Accounts: accounts},
		Households: &household.Service{DB: db.DB, Vault: vault}, Claims: &claim.Service{DB: db.DB},
		Months: &signoff.Service{DB: db.DB, Sources: []signoff.Source{claim.OnSheet{}}}, Appeals: &appeal.Service{DB: db.DB}, Shop: &shop.Service{DB: db.DB},
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
	var foreign int
	err = db.Owner.QueryRow(ctx, `select count(*) from household where head like '%⟦v%' and head not like '%⟦v' || village_id || '⟧%'`).Scan(&foreign)
	if err != nil || foreign != 0 {
		t.Errorf("%d foreign markers, %v", foreign, err)
	}
}
