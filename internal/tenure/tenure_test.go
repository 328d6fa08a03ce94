package tenure

import (
	"bytes"
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/village"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestStates(t *testing.T) {
	for _, c := range []struct {
		from village.State
		verb string
		to   village.State
		ok   bool
	}{
		{village.Live, "suspend", village.Suspended, true}, {village.Setup, "suspend", village.Suspended, true}, {village.Suspended, "suspend", village.Suspended, false},
		{village.Suspended, "resume", village.Live, true}, {village.Live, "resume", village.Live, false}, {village.Closed, "resume", village.Closed, false},
		{village.Live, "close", village.Closed, true}, {village.Setup, "close", village.Setup, false}, {village.Closed, "suspend", village.Closed, false},
	} {
		if to, ok := After(c.from, c.verb); to != c.to || ok != c.ok {
			t.Errorf("%s %s: %s, %v", c.from, c.verb, to, ok)
		}
	}
}

func TestSorted(t *testing.T) {
	all, err := sorted([]table{{Name: "c", Leans: []string{"b"}}, {Name: "a"}, {Name: "b", Leans: []string{"a"}}})
	if err != nil || all[0].Name != "a" || all[2].Name != "c" {
		t.Errorf("%v, %v", all, err)
	}
	if _, err := sorted([]table{{Name: "a", Leans: []string{"b"}}, {Name: "b", Leans: []string{"a"}}}); err == nil {
		t.Error("a circle passes")
	}
}

// stand is a platform with its own database, store and master key.
type stand struct {
	*Service
	db     *pgtest.DB
	keeper *Keeper
}

func platform(t *testing.T, master byte) stand {
	t.Helper()
	db := pgtest.New(t)
	db.At("2026-11-20T09:00:00+08:00")
	vault, err := crypt.New(bytes.Repeat([]byte{master}, 32))
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.Open(blob.Config{Endpoint: os.Getenv("TEST_S3_ENDPOINT"), AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"), SecretKey: os.Getenv("TEST_S3_SECRET_KEY"),
		Bucket: "tenure-" + strings.ReplaceAll(db.Name, "_", "-")})
	if err == nil {
		err = store.EnsureBucket(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &Service{DB: db.DB, Villages: &village.Register{DB: db.DB}, Vault: vault, Blobs: store}
	kdb := pgtest.Open(t, db.Name, "cunfen_keeper")
	kdb.Now = db.Now
	return stand{s, db, &Keeper{Service: s, DB: kdb}}
}

// live gives village A homes with sealed fields, points, a sealed chain, somebody with a seat, and a photo.
func (s stand) live(t *testing.T, v actor.VillageID) {
	t.Helper()
	ctx := context.Background()
	who := pgtest.In(v, actor.Lead)
	s.db.Exec(t, `insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at) values ($1, 1, 2026, '2026-01-01', '标准清单', 50, '{"base_lock_months": 12}', 'x', now())`, int64(v))
	key := s.Vault.Platform()
	s.db.Exec(t, `insert into account (id, name, phone, phone_index, villages, created_at) values ($1, '组长', $2, $3, array[$4::bigint], now())`, who.Account, key.Seal("13900002001"), key.Index("phone", "13900002001"), int64(v))
	s.db.Exec(t, `insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values ($1, $2, $3, '组长', 'lead', '两委', '2026-01-01', now())`, int64(v), who.Membership, who.Account)
	houses := &household.Service{DB: s.DB, Vault: s.Vault}
	for _, door := range []string{"1组1号", "1组2号", "1组3号"} {
		out, err := houses.Register(ctx, who, household.Draft{Door: door, Head: "户主" + door, Residence: household.Local, Phone: "13800138000", Members: []household.Person{{Name: "家人", Relation: "儿子"}}})
		if err != nil {
			t.Fatal(err)
		}
		err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
			_, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: out.ID, SourceKind: ledger.FromClaim, SourceID: pg.NewID(), Recorder: who.Account, Points: 25, Month: month.Of(tx.Now),
				OccurredOn: tx.Now, RuleVersion: 1, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true, Item: "P18"})
			if err != nil {
				return err
			}
			_, err = ledger.Post(ctx, tx, ledger.Entry{HouseholdID: out.ID, SourceKind: ledger.FromRedemption, SourceID: pg.NewID(), Recorder: who.Account, Points: -10, Month: month.Of(tx.Now),
				OccurredOn: tx.Now, RuleVersion: 1, Kind: ledger.Redemption, Bucket: ledger.YearBucket})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	id := pg.NewID()
	k := blob.EvidenceKey(v, s.db.Now(), id)
	if err := s.Blobs.Put(ctx, k, []byte("a photo"), "image/jpeg"); err != nil {
		t.Fatal(err)
	}
	s.db.Exec(t, `insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at) values ($1, $2, $3, sha256('a photo'), 7, 1, 1, $4, now())`, int64(v), id, k.String(), who.Account)
	s.seal(t, v)
}

// seal lets some minutes go by and chains what is in the book.
func (s stand) seal(t *testing.T, v actor.VillageID) {
	t.Helper()
	now := s.DB.Now().Add(10 * time.Minute)
	s.DB.Now = func() time.Time { return now }
	if err := s.DB.InVillage(context.Background(), actor.System(v), func(tx pg.Tx) error { _, err := ledger.Seal(context.Background(), tx); return err }); err != nil {
		t.Fatal(err)
	}
}

func (s stand) sound(t *testing.T, v actor.VillageID) ledger.Report {
	t.Helper()
	var r ledger.Report
	err := s.DB.Across(context.Background(), "test", []int64{int64(v)}, func(tx pg.Tx) (err error) {
		tx.Who.Village = v
		r, err = ledger.Verify(context.Background(), tx)
		return err
	})
	if err != nil || len(r.Findings) > 0 {
		t.Errorf("village %d: %v, %v", v, r.Findings, err)
	}
	return r
}

func TestCarriedWhole(t *testing.T) {
	t.Parallel()
	here, there := platform(t, 1), platform(t, 2)
	ctx := context.Background()
	here.live(t, pgtest.A)
	paper := here.publish(t, pgtest.A)
	before := here.sound(t, pgtest.A)
	admin := actor.Actor{Role: actor.Platform, Name: "平台管理员"}
	const phrase = "海沿村搬家时用的口令"

	var file bytes.Buffer
	if _, err := here.keeper.Export(ctx, "运维", pgtest.A, phrase, &file); !errors.Is(err, ErrAtWork) {
		t.Fatalf("exported while it works: %v", err)
	}
	if err := here.Suspend(ctx, admin, pgtest.A, "换平台，搬走"); err != nil {
		t.Fatal(err)
	}
	if _, err := here.keeper.Export(ctx, "运维", pgtest.A, "short", &file); !errors.Is(err, ErrPassphrase) {
		t.Errorf("a short passphrase: %v", err)
	}
	file.Reset()
	m, err := here.keeper.Export(ctx, "运维", pgtest.A, phrase, &file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file.Bytes(), []byte("户主")) {
		t.Error("the file shows names to whoever has no passphrase")
	}
	open := func(data []byte, phrase string) (*File, error) {
		return OpenFile(bytes.NewReader(data), int64(len(data)), phrase)
	}
	if _, err := open(file.Bytes(), phrase+"!"); !errors.Is(err, ErrFile) {
		t.Errorf("another passphrase: %v", err)
	}
	for _, at := range []int{len(file.Bytes()) / 3, len(file.Bytes()) / 2, len(file.Bytes()) - 20} {
		bad := slices.Clone(file.Bytes())
		bad[at] ^= 1
		if _, err := open(bad, phrase); err == nil {
			t.Errorf("altered at byte %d it opens", at)
		}
	}
	f, err := open(file.Bytes(), phrase)
	if err != nil {
		t.Fatal(err)
	}

	// every table is in it
	rows, err := here.db.Owner.Query(ctx, `select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'village_id' join pg_namespace n on n.oid = c.relnamespace
		where n.nspname = 'public' and c.relkind in ('r', 'p')`)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if name != keyTable && !slices.ContainsFunc(m.Tables, func(p Part) bool { return p.Name == name }) {
			t.Errorf("table %s of a village is not carried", name)
		}
	}

	// a row that came after the export keeps it from being deleted
	here.db.Household(t, pgtest.A, "9组9号", "后来的")
	if err := here.keeper.Delete(ctx, "运维", f); !errors.Is(err, ErrChanged) {
		t.Fatalf("deleted though it changed: %v", err)
	}
	for _, table := range []string{"balance", "household"} {
		if _, err := here.db.Owner.Exec(ctx, `delete from `+table+` where village_id = 11 and `+map[string]string{"balance": "household_id", "household": "id"}[table]+` in (select id from household where village_id = 11 and head = '后来的')`); err != nil {
			t.Fatal(err)
		}
	}
	if err := here.keeper.Import(ctx, "运维", f); !errors.Is(err, ErrThere) {
		t.Errorf("brought in where it is: %v", err)
	}
	if err := here.keeper.Delete(ctx, "运维", f); err != nil {
		t.Fatal(err)
	}
	for _, p := range append(m.Tables, Part{Name: keyTable}) {
		var n int
		if err := here.db.Owner.QueryRow(ctx, `select count(*) from `+p.Name+` where village_id = 11`).Scan(&n); err != nil || n > 0 {
			t.Errorf("%s still has %d rows, %v", p.Name, n, err)
		}
	}
	var left, proofs int
	if err := here.db.Owner.QueryRow(ctx, `select (select count(*) from village where id = 11) + (select count(*) from account where name = '组长'), (select count(*) from certificate where village = 11 and kind = 'delete')`).Scan(&left, &proofs); err != nil || left != 0 || proofs != 1 {
		t.Errorf("%d rows stay, %d certificates, %v", left, proofs, err)
	}
	for i := range here.Blobs.List(ctx, pgtest.A) {
		t.Errorf("object %s stays", i.Key)
	}

	// elsewhere: another database, another store, another master key
	for _, sql := range []string{`delete from village where id = 11`} {
		if _, err := there.db.Owner.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := there.keeper.Import(ctx, "运维", f); err != nil {
		t.Fatal(err)
	}
	there.verifies(t, pgtest.A, paper)
	after := there.sound(t, pgtest.A)
	if after.Entries != before.Entries || after.Sealed != before.Sealed || after.Blocks != before.Blocks || after.Entries == 0 || after.Sealed == 0 {
		t.Errorf("the book was %+v and is %+v", before, after)
	}
	var again bytes.Buffer
	n, err := there.keeper.Export(ctx, "运维", pgtest.A, phrase, &again)
	if err != nil || !slices.Equal(n.Tables, m.Tables) || !slices.Equal(n.Objects, m.Objects) || n.Accounts != m.Accounts {
		t.Errorf("exported again it is not the same: %v\n%v\n%v", err, m.Tables, n.Tables)
	}
	who := pgtest.In(pgtest.A, actor.Lead)
	err = there.DB.Look(ctx, who, func(tx pg.Tx) error {
		key, err := there.Vault.Village(ctx, tx)
		if err != nil {
			return err
		}
		phone, err := pg.Scalar[[]byte](ctx, tx, `select phone from household where village_id = 11 limit 1`)
		if err != nil {
			return err
		}
		if plain, err := key.Open(phone); err != nil || plain != "13800138000" {
			t.Errorf("the phone reads %q, %v", plain, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := there.Resume(ctx, admin, pgtest.A, "装入核对无误"); err != nil {
		t.Fatal(err)
	}
}

func TestSuspension(t *testing.T) {
	t.Parallel()
	s := platform(t, 3)
	ctx, admin := context.Background(), actor.Actor{Role: actor.Platform, Name: "平台管理员"}
	if err := s.Rename(ctx, admin, pgtest.A, "东新村", "县政府批复更名"); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Villages.Find(ctx, pgtest.A); err != nil || v.Name != "东新村" {
		t.Errorf("%+v, %v", v, err)
	}
	if err := s.Rename(ctx, admin, pgtest.A, "东新村", "再改一次"); !errors.Is(err, ErrSame) {
		t.Errorf("%v", err)
	}
	if err := s.Suspend(ctx, admin, pgtest.A, "短"); fault.Of(err).Field != "reason" {
		t.Errorf("%v", err)
	}
	if err := s.Suspend(ctx, admin, pgtest.A, "村级换届暂停"); err != nil {
		t.Fatal(err)
	}
	if err := s.Suspend(ctx, admin, pgtest.A, "村级换届暂停"); !errors.Is(err, ErrState) {
		t.Errorf("twice: %v", err)
	}
	working, err := s.DB.Working(ctx)
	if err != nil || slices.Contains(working, int64(pgtest.A)) || !slices.Contains(working, int64(pgtest.B)) {
		t.Errorf("working: %v, %v", working, err)
	}
	if err := s.Resume(ctx, admin, pgtest.A, "换届结束恢复"); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Villages.Find(ctx, pgtest.A); err != nil || v.State != village.Setup { // it had never gone live by a card
		t.Errorf("%+v, %v", v.State, err)
	}
	f := village.Flags{Counter: true, Most: village.Most{Households: 1}}
	if err := s.SetFlags(ctx, admin, pgtest.A, f, "村里来函要求"); err != nil {
		t.Fatal(err)
	}
	s.db.Household(t, pgtest.A, "1组1号", "甲")
	s.db.Household(t, pgtest.A, "1组2号", "乙")
	site, err := s.Site(ctx, pgtest.A)
	if err != nil || site.Households != 2 || !slices.Equal(site.Over(), []string{"住户"}) || !site.Flags.Counter {
		t.Errorf("%+v, %v", site, err)
	}
	lines, _, err := s.Log(ctx, LogFilter{Search: "更名"})
	if err != nil || len(lines) != 1 || lines[0].Verb != "village.rename" {
		t.Errorf("%+v, %v", lines, err)
	}
	all, next, err := s.Sites(ctx, Filter{State: village.Setup})
	if err != nil || len(all) != 1 || next != "" {
		t.Errorf("%d, %q, %v", len(all), next, err)
	}
}
