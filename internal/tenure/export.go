package tenure

import (
	"archive/zip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/village"
)

// format names the layout of the file: an age file under a passphrase (age-encryption.org), in it a zip of
// rows/TABLE.jsonl, objects/KEY, accounts.jsonl, keys.json and manifest.json.
const format = "cunfen-village/2"

// Manifest says what is in the file. It comes last, when everything is known.
type Manifest struct {
	Format   string          `json:"format"`
	Village  json.RawMessage `json:"village"`
	Township json.RawMessage `json:"township"`
	ID       int64           `json:"id"`
	Code     string          `json:"code"`
	Name     string          `json:"name"`
	Town     string          `json:"town"`
	At       time.Time       `json:"at"`
	Tables   []Part          `json:"tables"`
	Objects  []Object        `json:"objects"`
	Accounts Part            `json:"accounts"`
}

// Part is one list of rows.
type Part struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// Object is one photo or printed sheet.
type Object struct {
	Key    string `json:"key"`
	Type   string `json:"type"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Bytes is how much the objects hold.
func (m Manifest) Bytes() (n int64) {
	for _, o := range m.Objects {
		n += o.Size
	}
	return n
}

// Keeper is what the operator's commands do with whole villages. DB is connected as cunfen_keeper.
type Keeper struct {
	*Service
	DB  *pg.DB
	Say func(step string, done, all int) // told how far it is; nil for nobody
}

func (k *Keeper) say(step string, done, all int) {
	if k.Say != nil {
		k.Say(step, done, all)
	}
}

// Faults of carrying villages.
var (
	ErrAtWork     = fault.New(fault.Conflict, "tenure.at_work", "%s还在运行：导出、删除以前请先暂停，免得边导边变")
	ErrPassphrase = fault.New(fault.Invalid, "tenure.passphrase", "口令至少要 12 个字符；丢了口令，文件谁也打不开")
	ErrFile       = fault.New(fault.Invalid, "tenure.file", "文件不对：%s")
	ErrChanged    = fault.New(fault.Conflict, "tenure.changed", "%s 和导出的文件不一样，请重新导出后再删")
	ErrThere      = fault.New(fault.Conflict, "tenure.there", "编号 %d 或短名 %s 在这个平台上已经有了，不能装入")
	ErrTown       = fault.New(fault.Conflict, "tenure.town", "编号 %d 在这个平台上是另一个镇：%s")
)

const leastPassphrase = 12

// maxObject is the largest object that is carried; uploads are bounded far below.
const maxObject = 256 << 20

// quiet is the village if nothing moves in it.
func (k *Keeper) quiet(ctx context.Context, id actor.VillageID) (village.Village, error) {
	k.Villages.Forget(id)
	v, err := k.Villages.Find(ctx, id)
	if err == nil && v.State != village.Suspended && v.State != village.Closed {
		err = ErrAtWork.With(v.Name)
	}
	return v, err
}

const sqlVillageRow = `-- tenure.village_row
select to_jsonb(v)::text as village, to_jsonb(t)::text as township from village v join township t on t.id = v.township_id where v.id = $1`

// Export writes everything of a village that is suspended or closed to w, sealed with the passphrase: every row of
// every table, every object, the people who have seats there, and the key of the personal fields.
func (k *Keeper) Export(ctx context.Context, by string, id actor.VillageID, passphrase string, w io.Writer) (m Manifest, err error) {
	defer fault.Wrap(&err, "tenure.Export(%d)", id)
	if len(passphrase) < leastPassphrase {
		return m, ErrPassphrase
	}
	v, err := k.quiet(ctx, id)
	if err != nil {
		return m, err
	}
	seal, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return m, err
	}
	whole := sha256.New()
	sealed, err := age.Encrypt(io.MultiWriter(w, whole), seal)
	if err != nil {
		return m, err
	}
	z := zip.NewWriter(sealed)
	m = Manifest{Format: format, ID: int64(id), Code: v.Code, Name: v.Name, Town: v.Township, At: k.DB.Now().UTC()}
	err = k.DB.Look(ctx, actor.System(id), func(tx pg.Tx) error { return k.rows(ctx, tx, z, &m) })
	if err == nil {
		err = k.objects(ctx, id, z, &m)
	}
	if err == nil {
		err = put(z, "manifest.json", m)
	}
	if err != nil {
		return m, err
	}
	if err := z.Close(); err != nil {
		return m, err
	}
	if err := sealed.Close(); err != nil {
		return m, err
	}
	return m, k.certify(ctx, "export", by, m, whole)
}

func (k *Keeper) rows(ctx context.Context, tx pg.Tx, z *zip.Writer, m *Manifest) error {
	var heads struct{ Village, Township string }
	if err := tx.QueryRow(ctx, sqlVillageRow, m.ID).Scan(&heads.Village, &heads.Township); err != nil {
		return err
	}
	m.Village, m.Township = json.RawMessage(heads.Village), json.RawMessage(heads.Township)
	all, err := tables(ctx, tx)
	if err != nil {
		return err
	}
	for i, t := range all {
		if t.Name == keyTable {
			continue
		}
		k.say("导出各表", i+1, len(all))
		f, err := z.Create("rows/" + t.Name + ".jsonl")
		if err != nil {
			return err
		}
		p, err := dump(ctx, tx, t, f)
		if err != nil {
			return err
		}
		m.Tables = append(m.Tables, p)
	}
	secret, err := k.Vault.Secret(ctx, tx)
	if err != nil {
		return err
	}
	if err := put(z, "keys.json", map[string]string{"village": hex.EncodeToString(secret)}); err != nil {
		return err
	}
	f, err := z.Create("accounts.jsonl")
	if err != nil {
		return err
	}
	m.Accounts, err = k.people(ctx, tx, f)
	return err
}

// dump writes a table's rows, each a line, in an order that does not depend on how they lie.
func dump(ctx context.Context, tx pg.Tx, t table, w io.Writer) (p Part, err error) {
	p.Name = t.Name
	h := sha256.New()
	rows, err := tx.Query(ctx, t.dump(), int64(tx.Village()))
	if err != nil {
		return p, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return p, err
		}
		if _, err := io.WriteString(io.MultiWriter(w, h), line+"\n"); err != nil {
			return p, err
		}
		p.Rows++
	}
	p.SHA256 = hex.EncodeToString(h.Sum(nil))
	return p, rows.Err()
}

// person is somebody with a seat in the village. Passwords and second factors stay behind: whoever comes to another
// platform sets new ones.
type person struct {
	ID    uuid.UUID `json:"id"`
	Name  string    `json:"name"`
	Phone string    `json:"phone"`
}

const sqlPeople = `-- tenure.people
select a.id, a.name, a.phone from account a where a.villages @> array[$1::bigint]
  or a.id in (select account_id from membership where village_id = $1) or a.id in (select account_id from member where village_id = $1)
  or a.id in (select account_id from relative where village_id = $1) or a.id in (select account_id from message where village_id = $1)
order by a.id`

func (k *Keeper) people(ctx context.Context, tx pg.Tx, w io.Writer) (p Part, err error) {
	rows, err := pg.All[struct {
		ID    uuid.UUID
		Name  string
		Phone []byte
	}](ctx, tx, sqlPeople, int64(tx.Village()))
	if err != nil {
		return p, err
	}
	h := sha256.New()
	for _, r := range rows {
		phone, err := k.Vault.Platform().Open(r.Phone)
		if err != nil {
			return p, err
		}
		line, err := json.Marshal(person{r.ID, r.Name, phone})
		if err != nil {
			return p, err
		}
		if _, err := io.MultiWriter(w, h).Write(append(line, '\n')); err != nil {
			return p, err
		}
	}
	return Part{"accounts", int64(len(rows)), hex.EncodeToString(h.Sum(nil))}, nil
}

func (k *Keeper) objects(ctx context.Context, id actor.VillageID, z *zip.Writer, m *Manifest) error {
	for i, err := range k.Blobs.List(ctx, id) {
		if err != nil {
			return err
		}
		data, err := k.Blobs.Get(ctx, i.Key, maxObject)
		if err != nil {
			return err
		}
		about, err := k.Blobs.Stat(ctx, i.Key)
		if err != nil {
			return err
		}
		f, err := z.CreateHeader(&zip.FileHeader{Name: "objects/" + i.Key.String(), Method: zip.Store}) // pictures and PDFs are packed already
		if err != nil {
			return err
		}
		if _, err := f.Write(data); err != nil {
			return err
		}
		sum := sha256.Sum256(data)
		k.say("导出照片和文件", len(m.Objects), 0)
		m.Objects = append(m.Objects, Object{i.Key.String(), about.Type, int64(len(data)), hex.EncodeToString(sum[:])})
	}
	return nil
}

func put(z *zip.Writer, name string, v any) error {
	f, err := z.Create(name)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

const sqlCertify = `-- tenure.certify
insert into certificate (id, kind, village, code, name, township, file_sha256, tables, objects, bytes, by_name, at)
values (@id, @kind, @village, @code, @name, @township, @file, @tables, @objects, @bytes, @by, @at)`

// certify keeps that it was done, by whom and what it came to.
func (k *Keeper) certify(ctx context.Context, kind, by string, m Manifest, file hash.Hash) error {
	return k.DB.AsSystem(ctx, "tenure.certify", func(tx pg.Tx) error { return certify(ctx, tx, kind, by, m, file.Sum(nil)) })
}

func certify(ctx context.Context, tx pg.Tx, kind, by string, m Manifest, file []byte) error {
	_, err := tx.Exec(ctx, sqlCertify, pgx.NamedArgs{"id": pg.NewID(), "kind": kind, "village": m.ID, "code": m.Code, "name": m.Name, "township": m.Town,
		"file": file, "tables": m.Tables, "objects": len(m.Objects), "bytes": m.Bytes(), "by": by, "at": tx.Now})
	if err != nil {
		return err
	}
	tx.Who.Name = by
	return audit.Office(ctx, tx, audit.Event{Verb: "tenure." + kind, Kind: "village", ID: m.Code, Reason: fmt.Sprintf("%d 张表 %d 行，%d 个文件，文件哈希 %s", len(m.Tables), m.total(), len(m.Objects), hex.EncodeToString(file)[:16])})
}

func (m Manifest) total() (n int64) {
	for _, t := range m.Tables {
		n += t.Rows
	}
	return n
}

// Words says in one sentence what a file holds.
func (m Manifest) Words() string {
	return fmt.Sprintf("%s%s：%d 张表 %d 行，文件 %d 个 %.1f MB，账号 %d 个。", m.Town, m.Name, len(m.Tables), m.total(), len(m.Objects), float64(m.Bytes())/(1<<20), m.Accounts.Rows)
}

// Summary says what a file holds, for the terminal.
func (m Manifest) Summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s（%s，编号 %d），%s 导出\n", m.Town, m.Name, m.Code, m.ID, m.At.Format(time.RFC3339))
	for _, t := range m.Tables {
		if t.Rows > 0 {
			fmt.Fprintf(&b, "  %-24s %8d 行  %s\n", t.Name, t.Rows, t.SHA256[:16])
		}
	}
	fmt.Fprintf(&b, "  文件 %d 个，%d 字节；账号 %d 个\n", len(m.Objects), m.Bytes(), m.Accounts.Rows)
	return b.String()
}
