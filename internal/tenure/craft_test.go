package tenure

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

// parcel is an exported file taken apart by somebody who knows its passphrase, to be put together otherwise.
type parcel struct {
	entries map[string][]byte
	m       Manifest
}

func unpack(t *testing.T, file []byte) *parcel {
	t.Helper()
	id, err := age.NewScryptIdentity(phrase)
	if err != nil {
		t.Fatal(err)
	}
	plain, n, err := age.DecryptReaderAt(bytes.NewReader(file), int64(len(file)), id)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(plain, n)
	if err != nil {
		t.Fatal(err)
	}
	p := &parcel{entries: map[string][]byte{}}
	for _, one := range z.File {
		r, err := one.Open()
		if err != nil {
			t.Fatal(err)
		}
		if p.entries[one.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := json.Unmarshal(p.entries["manifest.json"], &p.m); err != nil {
		t.Fatal(err)
	}
	return p
}

// other is a copy that may be changed.
func (p *parcel) other() *parcel {
	return &parcel{maps.Clone(p.entries), Manifest{p.m.Format, p.m.Village, p.m.Township, p.m.ID, p.m.Code, p.m.Name, p.m.Town, p.m.At, slices.Clone(p.m.Tables), slices.Clone(p.m.Objects), p.m.Accounts}}
}

// table is the manifest's line of a table.
func (p *parcel) table(name string) *Part {
	return &p.m.Tables[slices.IndexFunc(p.m.Tables, func(t Part) bool { return t.Name == name })]
}

// rows changes a table's rows and owns up to it in the manifest, with the right hash.
func (p *parcel) rows(name, from, to string) {
	entry := "rows/" + name + ".jsonl"
	p.entries[entry] = []byte(strings.Replace(string(p.entries[entry]), from, to, 1))
	sum := sha256.Sum256(p.entries[entry])
	p.table(name).SHA256 = hex.EncodeToString(sum[:])
}

// add puts an object into both, with the right hash.
func (p *parcel) add(key string, data []byte) {
	sum := sha256.Sum256(data)
	p.m.Objects = append(p.m.Objects, Object{Key: key, Type: "image/jpeg", Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])})
	p.entries["objects/"+key] = data
}

// pack seals it again.
func (p *parcel) pack(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	to, err := age.NewScryptRecipient(phrase)
	if err != nil {
		t.Fatal(err)
	}
	to.SetWorkFactor(10)
	sealed, err := age.Encrypt(&out, to)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(sealed)
	if p.entries["manifest.json"], err = json.Marshal(p.m); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(p.entries)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(p.entries[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), sealed.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestCraftedFiles: what somebody who knows the passphrase puts together is refused, and nothing of it stays: no
// village, no township, no account, no object. The true file comes in.
func TestCraftedFiles(t *testing.T) {
	t.Parallel()
	here, there := platform(t, 15), platform(t, 16)
	ctx := context.Background()
	here.live(t, pgtest.A)
	paper := here.publish(t, pgtest.A)
	if err := here.Suspend(ctx, admin, pgtest.A, "换平台，搬走"); err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := here.keeper.Export(ctx, "运维", pgtest.A, phrase, &file); err != nil {
		t.Fatal(err)
	}
	whole := unpack(t, file.Bytes())
	there.db.Exec(t, `delete from village where id in (11, 12)`)
	there.db.Exec(t, `delete from township where id = 1`)
	// somebody who comes with the file has an account here already, without a seat
	lead := here.rows(t, `select count(*) from account where name = '组长'`)
	var known uuid.UUID
	if err := here.db.Owner.QueryRow(ctx, `select id from account where name = '组长'`).Scan(&known); err != nil || lead != 1 {
		t.Fatal(err)
	}
	there.db.Exec(t, `insert into account (id, name, phone, phone_index, created_at) values ($1, '早先的', 'x', 'x', '2025-01-01')`, known)
	nothing := func(name string) {
		t.Helper()
		if n := there.rows(t, `select (select count(*) from village where id = 11) + (select count(*) from township where id = 1) + (select count(*) from account where name <> '早先的' or villages <> '{}')
			+ (select count(*) from certificate) + (select count(*) from household) + (select count(*) from ledger_entry)`); n != 0 {
			t.Errorf("%s: %d rows stay", name, n)
		}
		if n := there.rows(t, `select count(*) from account where name = '早先的'`); n != 1 {
			t.Errorf("%s: an account that was there before is gone", name)
		}
		for i := range there.Blobs.List(ctx, pgtest.A) {
			t.Errorf("%s: object %s stays", name, i.Key)
		}
	}
	bring := func(file []byte) error {
		f, err := OpenFile(bytes.NewReader(file), int64(len(file)), phrase)
		if err != nil {
			return err
		}
		return there.keeper.Import(ctx, "运维", f)
	}

	sound := whole.pack(t)
	for name, craft := range map[string]func(*parcel){
		"a path out of the store":  func(p *parcel) { p.add("../../../etc/cron.d/x", []byte("x")) },
		"a path within its prefix": func(p *parcel) { p.add("v11/../v12/evidence/x", []byte("x")) },
		"another village's photo":  func(p *parcel) { p.add(blob.EvidenceKey(pgtest.B, p.m.At, uuid.New()).String(), []byte("x")) },
		"an entry that is not in the manifest": func(p *parcel) {
			p.entries["objects/"+blob.EvidenceKey(pgtest.A, p.m.At, uuid.New()).String()] = []byte("x")
		},
		"an entry beside the folders": func(p *parcel) { p.entries["rows/../../x"] = []byte("x") },
		"an entry that is missing":    func(p *parcel) { delete(p.entries, "rows/household.jsonl") },
		"the hashes of two tables exchanged": func(p *parcel) {
			a, b := p.table("household"), p.table("ledger_entry")
			a.SHA256, b.SHA256 = b.SHA256, a.SHA256
		},
		"a count too many":          func(p *parcel) { p.table("household").Rows++ },
		"an object of another size": func(p *parcel) { p.m.Objects[0].Size++ },
		"an object too large":       func(p *parcel) { p.m.Objects[0].Size = maxObject + 1 },
		"rows of another village":   func(p *parcel) { p.rows("household", `"village_id": 11`, `"village_id": 12`) },
		"points out of nothing":     func(p *parcel) { p.rows("ledger_entry", `"points": 25`, `"points": 26`) },
		"a balance out of nothing":  func(p *parcel) { p.rows("balance", `"year": 15`, `"year": 95`) },
		"a row twice": func(p *parcel) {
			first, _, _ := strings.Cut(string(p.entries["rows/household.jsonl"]), "\n")
			p.rows("household", first, first+"\n"+first)
			p.table("household").Rows++
		},
		"a table nobody knows": func(p *parcel) {
			p.m.Tables = append(p.m.Tables, Part{Name: "pg_authid", Rows: 1})
			p.entries["rows/pg_authid.jsonl"] = []byte("{}\n")
			p.rows("pg_authid", "{}", "{}")
		},
		"another township's id": func(p *parcel) {
			p.m.Village = bytes.Replace(p.m.Village, []byte(`"township_id": 1`), []byte(`"township_id": 2`), 1)
		},
		"another village's id": func(p *parcel) { p.m.ID = 21 },
		"another format":       func(p *parcel) { p.m.Format = "cunfen-village/9" },
		"no accounts":          func(p *parcel) { p.entries["accounts.jsonl"] = []byte(`{"id": 7}`) },
	} {
		p := whole.other()
		craft(p)
		crafted := p.pack(t)
		if maps.EqualFunc(p.entries, whole.entries, bytes.Equal) {
			t.Errorf("%s: nothing was changed", name)
		}
		if err := bring(crafted); fault.Of(err).Kind != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
		nothing(name)
	}

	// killed after its first rows and never right: the try that ends it takes all of it away
	p := whole.other()
	p.rows("ledger_entry", `"points": 25`, `"points": 26`)
	bad := p.pack(t)
	f, err := OpenFile(bytes.NewReader(bad), int64(len(bad)), phrase)
	if err != nil {
		t.Fatal(err)
	}
	if err := there.keeper.root(ctx, f); err != nil {
		t.Fatal(err)
	}
	if n := there.rows(t, `select (select count(*) from village where id = 11) + (select count(*) from township where id = 1)`); n != 2 {
		t.Fatalf("the beginning is %d rows", n)
	}
	if err := bring(sound); !errors.Is(err, ErrThere) {
		t.Errorf("another file over a beginning: %v", err)
	}
	if err := there.keeper.Import(ctx, "运维", f); !errors.Is(err, ErrUnsound) {
		t.Errorf("gone on with: %v", err)
	}
	nothing("killed")
	// a township that is used by now stays, with what uses it
	if err := there.keeper.root(ctx, f); err != nil {
		t.Fatal(err)
	}
	there.db.Exec(t, `insert into village (id, township_id, code, name, kind, state, created_at) values (17, 1, 'beside', '旁边的村', 'village', 'setup', now())`)
	if err := there.keeper.Import(ctx, "运维", f); !errors.Is(err, ErrUnsound) {
		t.Errorf("%v", err)
	}
	if n := there.rows(t, `select (select count(*) from village where id = 11) * 10 + (select count(*) from township where id = 1)`); n != 1 {
		t.Errorf("beside a new village: %d", n)
	}
	there.db.Exec(t, `delete from village where id = 17`)

	if err := bring(sound); err != nil {
		t.Fatal(err)
	}
	there.verifies(t, actor.VillageID(11), paper)
	there.sound(t, pgtest.A)
}
