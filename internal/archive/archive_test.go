package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/claim"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/internal/signoff"
	"cunfen/tenants"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

const october = month.Month(202610)

var ctx = context.Background()

// stand is a village whose October was captured, signed, posted, published, corrected and sealed.
type stand struct {
	*Service
	t     *testing.T
	db    *pgtest.DB
	homes []uuid.UUID
	lead  actor.Actor
}

func day(s string) time.Time {
	t, err := month.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return t
}

func newStand(t *testing.T) *stand {
	t.Helper()
	t.Parallel()
	store, err := blob.Open(blob.Config{Endpoint: os.Getenv("TEST_S3_ENDPOINT"), AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"),
		SecretKey: os.Getenv("TEST_S3_SECRET_KEY"), Bucket: fmt.Sprintf("archive-%d", os.Getpid())})
	if err == nil {
		err = store.EnsureBucket(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	months := &signoff.Service{DB: db.DB, Sources: []signoff.Source{claim.OnSheet{}}}
	s := &stand{Service: &Service{DB: db.DB, Blobs: store, Months: months}, t: t, db: db}
	db.At("2026-10-20T10:00:00+08:00")
	r := tenants.Document()
	r.Version, r.InForceFrom = 1, day("2026-01-01")
	s.inside(func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, r) })
	for i := range 6 {
		h := db.Household(t, pgtest.A, fmt.Sprintf("=%d组", i+1), "李𬭎") // a door that a spreadsheet would work out
		s.homes = append(s.homes, h)
		s.inside(func(tx pg.Tx) error { return ledger.OpenAccount(ctx, tx, h) })
	}
	s.lead = s.seat(actor.Lead, "两委")
	recorder, reviewer := s.seat(actor.Grid, "网格员"), s.seat(actor.Committee, "两委")
	party, villager := s.seat(actor.Committee, "党员代表"), s.seat(actor.Committee, "群众代表")
	claims := &claim.Service{DB: db.DB}
	for i, h := range s.homes {
		c, err := claims.Submit(ctx, recorder, claim.Draft{Household: h, Item: "P07", Parts: map[string]int{"": 1}, OccurredOn: day("2026-10-12"), Proofs: []rulebook.Evidence{rulebook.Feedback}, Note: "看过"})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			s.exec(`insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at, claim_id) values (11, $1, 'k', sha256('x'), 1, 1, 1, $2, $3, $4)`, uuid.New(), recorder.Account, db.Now(), c.ID)
		}
		if _, err := claims.Approve(ctx, reviewer, c.ID); err != nil {
			t.Fatal(err)
		}
	}
	db.At("2026-11-01T08:30:00+08:00")
	sheet, err := months.Freeze(ctx, s.lead, october)
	if err != nil {
		t.Fatal(err)
	}
	for i, who := range []actor.Actor{s.lead, party, villager} {
		pen := signoff.Pen{Hash: sheet.Hash, Method: signoff.ByPassword}
		if i == 2 {
			pen.Method, pen.Drawing = signoff.ByDrawing, []byte("\x89PNG\r\n\x1a\n"+strings.Repeat("x", 200))
		}
		if sheet, err = months.Sign(ctx, who, october, pen); err != nil {
			t.Fatal(err)
		}
	}
	if sheet.State != signoff.Posted {
		t.Fatalf("%+v", sheet)
	}
	notices := &notice.Service{DB: db.DB, Blobs: store, Render: func(v notice.View) ([]byte, error) { return []byte(v.Code), nil },
		Address: func(code string, m month.Month, n int) string { return "https://example.cn/" }}
	if _, err := notices.Publish(ctx, s.lead, october); err != nil {
		t.Fatal(err)
	}
	db.At("2026-11-05T08:30:00+08:00")
	var entry uuid.UUID
	if err := db.Owner.QueryRow(ctx, `select id from ledger_entry where household_id = $1`, s.homes[1]).Scan(&entry); err != nil {
		t.Fatal(err)
	}
	s.inside(func(tx pg.Tx) error { _, err := ledger.Reverse(ctx, tx, entry); return err })
	if n, err := notices.Correct(ctx, s.lead, october, "异议成立，已作更正"); err != nil || n.Number != 2 {
		t.Fatal(n, err)
	}
	db.At("2026-11-05T09:30:00+08:00")
	s.inside(func(tx pg.Tx) error { _, err := ledger.Seal(ctx, tx); return err })
	return s
}

func (s *stand) inside(fn func(pg.Tx) error) {
	s.t.Helper()
	if err := s.db.InVillage(ctx, actor.System(pgtest.A), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) exec(sql string, args ...any) {
	s.t.Helper()
	if _, err := s.db.Owner.Exec(ctx, sql, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) seat(role actor.Role, kind string) actor.Actor {
	s.t.Helper()
	who := pgtest.In(pgtest.A, role)
	s.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, $2, '', uuid_send($1), now())`, who.Account, who.Name)
	s.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, $3, $4, nullif($5, ''), '2026-01-01', now())`,
		who.Membership, who.Account, who.Name, string(role), kind)
	return who
}

func (s *stand) pack(p Period) []byte {
	s.t.Helper()
	var b bytes.Buffer
	if _, _, err := s.build(ctx, pgtest.A, p, &b, func(int, int, string) error { return nil }); err != nil {
		s.t.Fatal(err)
	}
	return b.Bytes()
}

func check(b []byte) Report { return Verify(bytes.NewReader(b), int64(len(b))) }

// The pack holds, says how much it holds, and is the same bytes each time; a line written since is not in it.
func TestVerify(t *testing.T) {
	s := newStand(t)
	for _, p := range []Period{Year(2026), Of(october)} {
		b := s.pack(p)
		r := check(b)
		if len(r.Findings) > 0 {
			t.Errorf("%s: %v", p, r.Findings)
		}
		if r.Entries != map[Period]int{Year(2026): 7, Of(october): 6}[p] || r.Notices != 2 || r.Lines != 12 || r.Signed != 6 || r.Signers != 3 {
			t.Errorf("%s: %+v", p, r)
		}
		if !p.IsMonth() && (r.Blocks == 0 || r.Balances != 6) {
			t.Errorf("%+v", r)
		}
		s.inside(func(tx pg.Tx) error { // the running year goes on
			_, err := ledger.Post(ctx, tx, ledger.Entry{HouseholdID: s.homes[2], SourceKind: ledger.FromOpening, SourceID: uuid.New(), Points: 7, Month: 202611,
				OccurredOn: day("2026-11-05"), Kind: ledger.Opening, Bucket: ledger.YearBucket})
			return err
		})
		if again := s.pack(p); !bytes.Equal(again, b) {
			t.Errorf("%s is made of the same records in other bytes", p)
		}
	}
}

// Not one byte of a pack can be another without the check saying so.
func TestEveryByteCounts(t *testing.T) {
	s := newStand(t)
	b := s.pack(Of(october))
	rng := rand.New(rand.NewPCG(1, 2))
	tries := 700
	for n := range tries {
		at := rng.IntN(len(b))
		if n < 400 { // the end of the file: manifest and directory
			at = len(b) - 1 - n*(min(len(b), 12000)/400)
		}
		bad := bytes.Clone(b)
		bad[at] ^= 1 << rng.IntN(8)
		if r := check(bad); len(r.Findings) == 0 {
			t.Fatalf("byte %d of %d was changed and nobody saw it", at, len(b))
		}
	}
	for _, bad := range [][]byte{b[:len(b)-1], append(bytes.Clone(b), 0), append([]byte{0}, b...), {}} {
		if r := check(bad); len(r.Findings) == 0 {
			t.Error("cut or longer, and nobody saw it")
		}
	}
}

// file is one file of a pack taken apart.
type file struct {
	name string
	body []byte
}

func apart(t *testing.T, b []byte) (all []file, m Manifest) {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == manifestName {
			if err := json.Unmarshal(body, &m); err != nil {
				t.Fatal(err)
			}
			continue
		}
		all = append(all, file{f.Name, body})
	}
	return all, m
}

// forge packs files anew, with a manifest that fits them: a forger who knows the form.
func forge(t *testing.T, all []file, m Manifest) []byte {
	t.Helper()
	var b bytes.Buffer
	p := newPacker(&b)
	for _, f := range all {
		if err := p.add(f.name, plain(f.body)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.close(m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestForgeriesAreNamed(t *testing.T) {
	s := newStand(t)
	year := s.pack(Year(2026))
	all, m := apart(t, year)
	if again := forge(t, all, m); !bytes.Equal(again, year) {
		t.Fatal("a pack that is packed again is not the same")
	}
	at := func(name string) int {
		for i, f := range all {
			if f.name == name {
				return i
			}
		}
		t.Fatalf("no %s", name)
		return -1
	}
	edit := func(name string, fn func(lines []string) []string) func([]file) []file {
		return func(files []file) []file {
			i := at(name)
			lines := strings.SplitAfter(strings.TrimSuffix(string(files[i].body), "\n"), "\n")
			lines[len(lines)-1] += "\n"
			files[i].body = []byte(strings.Join(fn(lines), ""))
			return files
		}
	}
	replace := func(name, old, with string) func([]file) []file {
		return func(files []file) []file {
			i := at(name)
			if !bytes.Contains(files[i].body, []byte(old)) {
				t.Fatalf("%s has no %q: %s", name, old, files[i].body)
			}
			files[i].body = bytes.Replace(files[i].body, []byte(old), []byte(with), 1)
			return files
		}
	}
	const oct = "months/2026-10/"
	hash := sha256.Sum256([]byte("x"))
	for name, c := range map[string]struct {
		do   func([]file) []file
		says string
	}{
		"points of a line":      {replace(entriesFile, ",5,202610,", ",6,202610,"), entriesFile},
		"a line taken out":      {edit(entriesFile, func(l []string) []string { return append(l[:2:2], l[3:]...) }), entriesFile},
		"two lines swapped":     {edit(entriesFile, func(l []string) []string { l[1], l[2] = l[2], l[1]; return l }), entriesFile},
		"a line twice":          {edit(entriesFile, func(l []string) []string { return append(l, l[len(l)-1]) }), entriesFile},
		"the chain's hash":      {edit(chainFile, func(l []string) []string { l[1] = strings.Replace(l[1], ",7,", ",8,", 1); return l }), "重算的封存值不一致"},
		"no chain":              {func(f []file) []file { i := at(chainFile); return append(f[:i:i], f[i+1:]...) }, chainFile},
		"a balance":             {edit(balancesFile, func(l []string) []string { l[1] = strings.Replace(l[1], ",0,", ",9,", 1); return l }), balancesFile},
		"a balance taken out":   {edit(balancesFile, func(l []string) []string { return l[:len(l)-1] }), balancesFile},
		"a line of the notice":  {replace(oct+"notice-1/lines.csv", ",0,5,0,0,5", ",0,6,0,0,6"), oct + "notice-1/lines.csv"},
		"a door of the notice":  {replace(oct+"notice-1/lines.csv", "'=3组", "'=9组"), oct + "notice-1/lines.csv"},
		"the notice's sum":      {replace(oct+"notice-1/notice.csv", ",30,", ",31,"), oct + "notice-1/lines.csv"},
		"another page":          {replace(oct+"notice-1/page.html", "-", "_"), oct + "notice-1/page.html"},
		"no paper":              {func(f []file) []file { i := at(oct + "notice-1/a3.pdf"); return append(f[:i:i], f[i+1:]...) }, oct + "notice-1/a3.pdf"},
		"a signed line":         {edit(oct+"sheet_lines.csv", func(l []string) []string { l[1] = strings.Replace(l[1], "P07", "P08", 1); return l }), oct + "sheet_lines.csv"},
		"a signature taken out": {edit(oct+"signatures.csv", func(l []string) []string { return l[:len(l)-1] }), oct + "signatures.csv"},
		"a signature of else":   {edit(oct+"signatures.csv", func(l []string) []string { return []string{l[0], flip(l[1]), l[2], l[3]} }), oct + "signatures.csv"},
		"a drawing": {func(f []file) []file {
			i := at(drawingOf(all))
			f[i].body = append(bytes.Clone(f[i].body), 'x')
			return f
		}, oct + "signatures.csv"},
		"a photo's hash":  {replace("evidence.csv", hex.EncodeToString(hash[:]), strings.Repeat("ab", 32)), "evidence.csv"},
		"another village": {replace("village.csv", ",东村,", ",西村,"), "village.csv"},
		"no decisions":    {func(f []file) []file { i := at("decisions/claims.csv"); return append(f[:i:i], f[i+1:]...) }, "decisions/claims.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			files := make([]file, len(all))
			copy(files, all)
			r := check(forge(t, c.do(files), m))
			if !strings.Contains(strings.Join(r.Findings, "\n"), c.says) {
				t.Errorf("found %v", r.Findings)
			}
		})
	}
	// A forger who leaves the manifest as it was.
	for name, c := range map[string]struct {
		do   func([]file) []file
		says string
	}{
		"altered":   {replace("README.txt", "核对", "核錯"), "README.txt"},
		"missing":   {func(f []file) []file { return f[1:] }, "README.txt：清单里有"},
		"extra":     {func(f []file) []file { return append(f, file{"extra.txt", []byte("x")}) }, "extra.txt：包里多了"},
		"reordered": {func(f []file) []file { f[0], f[1] = f[1], f[0]; return f }, "次序"},
	} {
		t.Run("by the old manifest: "+name, func(t *testing.T) {
			files := make([]file, len(all))
			copy(files, all)
			var b bytes.Buffer
			p := newPacker(&b)
			for _, f := range c.do(files) {
				if err := p.add(f.name, plain(f.body)); err != nil {
					t.Fatal(err)
				}
			}
			p.files = m.Files
			if _, err := p.close(m); err != nil {
				t.Fatal(err)
			}
			if r := check(b.Bytes()); !strings.Contains(strings.Join(r.Findings, "\n"), c.says) {
				t.Errorf("found %v", r.Findings)
			}
		})
	}
}

// flip makes another signature's hash of a row: its first long run of hex is altered.
func flip(row string) string {
	cells := strings.Split(row, ",")
	for i, c := range cells {
		if len(c) == 64 {
			cells[i] = strings.Repeat("cd", 32)
			break
		}
	}
	return strings.Join(cells, ",")
}

func drawingOf(all []file) string {
	for _, f := range all {
		if strings.HasPrefix(f.name, "months/2026-10/signatures/") {
			return f.name
		}
	}
	return ""
}

// The job makes what was asked for once, and hands it out to the village and to its own township's bureau.
func TestMake(t *testing.T) {
	s := newStand(t)
	if _, err := s.Ask(ctx, s.lead, Year(2024)); err == nil {
		t.Error("a year of which nothing was signed")
	}
	id, err := s.Ask(ctx, s.lead, Year(2026))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ask(ctx, s.lead, Year(2026)); err == nil {
		t.Error("asked twice at once")
	}
	if _, _, err := s.Take(ctx, s.lead, id); err == nil {
		t.Error("taken before it was made")
	}
	for range 2 {
		if err := s.Make(ctx, actor.System(pgtest.A), MakeJob{id}); err != nil {
			t.Fatal(err)
		}
	}
	p, body, err := s.Take(ctx, s.lead, id)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(body)
	_ = body.Close()
	if r := check(b); len(r.Findings) > 0 || !bytes.Equal(r.Digest, p.Digest) || int64(len(b)) != p.Bytes || p.Files != len(r.Manifest.Files)+1 {
		t.Errorf("%v, %d bytes of %d", r.Findings, len(b), p.Bytes)
	}
	if _, _, err := s.Take(ctx, pgtest.In(pgtest.B, actor.Lead), id); err == nil {
		t.Error("another village took it")
	}
	officer := actor.Actor{Account: uuid.New(), Role: actor.Bureau, Township: pgtest.Town1}
	if _, body, err := s.TakeAbove(ctx, officer, pgtest.A, id); err != nil {
		t.Error(err)
	} else {
		_ = body.Close()
	}
	officer.Township = pgtest.Town2
	if _, _, err := s.TakeAbove(ctx, officer, pgtest.A, id); err == nil {
		t.Error("another township took it")
	}
	var above int
	if err := s.db.Owner.QueryRow(ctx, `select count(*) from office_audit where verb = 'archive.take' and township_id = 1`).Scan(&above); err != nil || above != 1 {
		t.Errorf("the office's log: %d (%v)", above, err)
	}
	var log string
	if err := s.db.Owner.QueryRow(ctx, `select string_agg(verb, ' ' order by id) from audit where verb like 'archive.%'`).Scan(&log); err != nil || log != "archive.ask archive.make archive.take" {
		t.Errorf("log: %s (%v)", log, err)
	}
}
