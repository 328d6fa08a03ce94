package tenure

import (
	"archive/zip"
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// File is an exported village, opened and read through once: everything in it is as its manifest says.
type File struct {
	Manifest
	zip    *zip.Reader
	sum    []byte
	secret []byte
}

// OpenFile opens what Export wrote and checks every hash.
func OpenFile(r io.ReaderAt, size int64, passphrase string) (f *File, err error) {
	defer fault.Wrap(&err, "tenure.OpenFile")
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(r, 0, size)); err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return nil, ErrPassphrase
	}
	id.SetMaxWorkFactor(22)
	plain, n, err := age.DecryptReaderAt(r, size, id)
	if err != nil {
		return nil, ErrFile.With("口令不对，或文件被改过")
	}
	z, err := zip.NewReader(plain, n)
	if err != nil {
		return nil, ErrFile.With("不是导出的文件，或被改过")
	}
	f = &File{zip: z, sum: h.Sum(nil)}
	if err := f.json("manifest.json", &f.Manifest); err != nil {
		return nil, err
	}
	if f.Format != format {
		return nil, ErrFile.With("格式是 " + f.Format + "，这个程序认识的是 " + format)
	}
	var keys struct{ Village string }
	if err := f.json("keys.json", &keys); err != nil {
		return nil, err
	}
	if f.secret, err = hex.DecodeString(keys.Village); err != nil {
		return nil, ErrFile.With("密钥不对")
	}
	return f, f.check()
}

func (f *File) json(name string, to any) error {
	r, err := f.zip.Open(name)
	if err != nil {
		return ErrFile.With("缺 " + name)
	}
	defer r.Close()
	if err := json.NewDecoder(io.LimitReader(r, mostJSON)).Decode(to); err != nil {
		return ErrFile.With(name + " 读不出来")
	}
	return nil
}

// check reads everything through: nothing is missing, altered or more than the manifest says.
func (f *File) check() error {
	want := map[string]string{"rows": ""}
	for _, t := range f.Tables {
		want["rows/"+t.Name+".jsonl"] = t.SHA256
	}
	for _, o := range f.Objects {
		want["objects/"+o.Key] = o.SHA256
	}
	want["accounts.jsonl"] = f.Accounts.SHA256
	delete(want, "rows")
	for _, z := range f.zip.File {
		if z.Name == "manifest.json" || z.Name == "keys.json" {
			continue
		}
		sum, known := want[z.Name]
		if !known {
			return ErrFile.With("多出 " + z.Name)
		}
		r, err := z.Open()
		if err != nil {
			return err
		}
		h := sha256.New()
		_, err = io.Copy(h, r)
		_ = r.Close()
		if err != nil || hex.EncodeToString(h.Sum(nil)) != sum {
			return ErrFile.With(z.Name + " 被改过")
		}
		delete(want, z.Name)
	}
	for name := range want {
		return ErrFile.With("缺 " + name)
	}
	return nil
}

// Import brings a village in as it was: the same ids, so that its chain, its notices and its printed codes verify
// here too. It is suspended until somebody resumes it. What there is of it already is refused.
func (k *Keeper) Import(ctx context.Context, by string, f *File) (err error) {
	defer fault.Wrap(&err, "tenure.Import(%s)", f.Code)
	if err := f.valid(); err != nil {
		return err
	}
	if done, err := k.proved(ctx, "import", f); err != nil || done {
		return err
	}
	if err := k.root(ctx, f); err != nil {
		return err
	}
	defer func() {
		if err != nil && queue.Final(err) {
			if bad := k.unroot(context.WithoutCancel(ctx), f); bad != nil { // not final: it is tried again until nothing of it stays
				err = bad
			}
		}
	}()
	v := actor.VillageID(f.ID)
	for i, o := range f.Objects { // before the rows: a row never speaks of a photo that is not there
		k.say("装入照片和文件", i+1, len(f.Objects))
		if err := k.object(ctx, v, f, o); err != nil {
			return err
		}
	}
	err = k.DB.InVillage(ctx, actor.System(v), func(tx pg.Tx) error {
		if err := k.Vault.Keep(ctx, tx, f.secret); err != nil {
			return err
		}
		all, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		at := map[string]table{}
		for _, t := range all {
			at[t.Name] = t
		}
		for i, t := range all {
			k.say("装入各表", i+1, len(all))
			if err := f.fill(ctx, tx, t); err != nil {
				return refused(t.Name, err)
			}
		}
		for _, p := range f.Tables {
			t, known := at[p.Name]
			if !known && p.Rows > 0 {
				return ErrFile.With("这个程序没有表 " + p.Name)
			}
			if !known {
				continue
			}
			got, err := dump(ctx, tx, t, io.Discard)
			if err != nil {
				return err
			}
			if got != p {
				return ErrFile.With(fmt.Sprintf("%s 装入后不一样", p.Name))
			}
		}
		if err := sound(ctx, tx); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlBroughtIn, pgx.NamedArgs{"id": f.ID}); err != nil {
			return err
		}
		return certify(ctx, tx, "import", by, f.Manifest, f.sum)
	})
	k.Villages.Forget(v)
	return err
}

const sqlTaken = `-- tenure.taken
select state_reason from village where id = @id or code = @code`

const sqlTownAt = `-- tenure.town_at
select name from township where id = @id`

const sqlAddTown = `-- tenure.add_town
insert into township select * from jsonb_populate_record(null::township, @row::jsonb) returning id`

const sqlAddVillage = `-- tenure.add_village
insert into village (id, township_id, code, name, kind, settings, created_at, state, state_reason, state_at, practice_of, flags)
select id, township_id, code, name, kind, settings, created_at, 'suspended', @reason, @at, practice_of, flags
from jsonb_populate_record(null::village, @row::jsonb) returning id`

const sqlAddPerson = `-- tenure.add_person
insert into account (id, name, phone, phone_index, state, villages, created_at) values (@id, @name, @phone, @index, @state, array[@village::bigint], @at)
on conflict (id) do update set villages = case when account.villages @> array[@village::bigint] then account.villages else account.villages || @village::bigint end`

const sqlPhoneOf = `-- tenure.phone_of
select count(*) from account where phone_index = @index and id <> @id`

// root makes what a village's rows hang on: its township, its own row, its people.
func (k *Keeper) root(ctx context.Context, f *File) error {
	people, err := f.people()
	if err != nil {
		return err
	}
	return k.DB.AsSystem(ctx, "tenure.import", func(tx pg.Tx) error {
		there, err := pg.Column[string](ctx, tx, sqlTaken, pgx.NamedArgs{"id": f.ID, "code": f.Code})
		if err != nil || f.begun(there) { // begun with this very file, and broken off
			return err
		}
		if len(there) > 0 {
			return ErrThere.With(f.ID, f.Code)
		}
		town, err := f.town()
		if err != nil {
			return err
		}
		names, err := pg.Column[string](ctx, tx, sqlTownAt, pgx.NamedArgs{"id": town.ID})
		switch {
		case err != nil:
			return err
		case len(names) == 0:
			if _, err := tx.Exec(ctx, sqlAddTown, pgx.NamedArgs{"row": string(f.Township)}); err != nil {
				return err
			}
		case names[0] != town.Name:
			return ErrTown.With(town.ID, names[0])
		}
		if _, err := tx.Exec(ctx, sqlAddVillage, pgx.NamedArgs{"row": string(f.Village), "at": tx.Now, "reason": f.underWay(len(names) == 0)}); err != nil {
			return err
		}
		for _, p := range people {
			if err := k.person(ctx, tx, f.ID, p); err != nil {
				return err
			}
		}
		return nil
	})
}

// person makes the account of somebody who comes along. Where the phone is another account's here, the one that comes
// stands for its deeds alone, disabled and without a phone: the seat is given anew.
func (k *Keeper) person(ctx context.Context, tx pg.Tx, v int64, p person) error {
	key := k.Vault.Platform()
	a := pgx.NamedArgs{"id": p.ID, "name": p.Name, "phone": key.Seal(p.Phone), "index": key.Index("phone", p.Phone), "state": "active", "village": v, "at": tx.Now}
	n, err := pg.Scalar[int64](ctx, tx, sqlPhoneOf, a)
	if err != nil {
		return err
	}
	if n > 0 {
		none := make([]byte, 32)
		rand.Read(none)
		a["phone"], a["index"], a["state"] = []byte{}, none, "disabled"
	}
	_, err = tx.Exec(ctx, sqlAddPerson, a)
	return err
}

func (f *File) people() (all []person, err error) {
	err = f.lines("accounts.jsonl", func(line []byte) error {
		var p person
		if err := json.Unmarshal(line, &p); err != nil || p.ID == uuid.Nil {
			return ErrFile.With("账号读不出来")
		}
		all = append(all, p)
		return nil
	})
	return all, err
}

func (f *File) lines(name string, each func([]byte) error) error {
	r, err := f.zip.Open(name)
	if err != nil {
		return nil // a table that the other program did not have yet
	}
	defer r.Close()
	s := bufio.NewScanner(r)
	s.Buffer(nil, 64<<20)
	for s.Scan() {
		if err := each(s.Bytes()); err != nil {
			return err
		}
	}
	return s.Err()
}

// rowsAtOnce and bytesAtOnce bound a statement, mostJSON a document that is held whole.
const rowsAtOnce, bytesAtOnce, mostJSON = 500, 16 << 20, 64 << 20

// fill inserts a table's rows, some hundreds a statement.
func (f *File) fill(ctx context.Context, tx pg.Tx, t table) error {
	if t.Name == keyTable {
		return nil
	}
	var part []string
	size := 0
	flush := func() error {
		if len(part) == 0 {
			return nil
		}
		tag, err := tx.Exec(ctx, t.fill(), int64(tx.Village()), "["+strings.Join(part, ",")+"]")
		if err == nil && tag.RowsAffected() != int64(len(part)) {
			err = ErrFile.With(t.Name + " 里有别村的行")
		}
		part, size = part[:0], 0
		return err
	}
	err := f.lines("rows/"+t.Name+".jsonl", func(line []byte) error {
		size += len(line)
		if part = append(part, string(line)); len(part) == rowsAtOnce || size > bytesAtOnce {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (k *Keeper) object(ctx context.Context, v actor.VillageID, f *File, o Object) error {
	key, err := blob.ParseKey(v, o.Key)
	if err != nil {
		return err
	}
	r, err := f.zip.Open("objects/" + o.Key)
	if err != nil {
		return err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, o.Size+1))
	if err != nil {
		return err
	}
	if int64(len(data)) != o.Size {
		return ErrFile.With(o.Key + " 的大小不对")
	}
	return k.Blobs.Put(ctx, key, data, o.Type)
}

// Delete removes a village whose every row and object is in the file: from the database, from the object store, with
// the accounts that had no seat elsewhere. The certificate stays.
func (k *Keeper) Delete(ctx context.Context, by string, f *File) (err error) {
	defer fault.Wrap(&err, "tenure.Delete(%s)", f.Code)
	v := actor.VillageID(f.ID)
	if done, err := k.proved(ctx, "delete", f); err != nil {
		return err
	} else if done { // the rows are gone; it was killed before the last of the objects
		return k.sweep(ctx, v, f)
	}
	if at, err := k.quiet(ctx, v); err != nil {
		return err
	} else if at.Code != f.Code {
		return ErrChanged.With(at.Code)
	}
	if err := k.sameObjects(ctx, v, f); err != nil {
		return err
	}
	err = k.DB.InVillage(ctx, actor.System(v), func(tx pg.Tx) error { return k.erase(ctx, tx, by, f) })
	if err != nil {
		return err
	}
	k.Villages.Forget(v)
	k.Vault.Forget(v)
	return k.sweep(ctx, v, f)
}

// sweep deletes the objects of a village whose rows are gone.
func (k *Keeper) sweep(ctx context.Context, v actor.VillageID, f *File) error {
	for i, o := range f.Objects {
		k.say("删除照片和文件", i+1, len(f.Objects))
		key, err := blob.ParseKey(v, o.Key)
		if err == nil {
			err = k.Blobs.Delete(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	for i, err := range k.Blobs.List(ctx, v) {
		if err != nil {
			return err
		}
		return ErrChanged.With(i.Key.String())
	}
	return nil
}

func (k *Keeper) sameObjects(ctx context.Context, v actor.VillageID, f *File) error {
	have := map[string]int64{}
	for i, err := range k.Blobs.List(ctx, v) {
		if err != nil {
			return err
		}
		have[i.Key.String()] = i.Size
	}
	for _, o := range f.Objects {
		if size, there := have[o.Key]; there && size != o.Size {
			return ErrChanged.With(o.Key)
		}
		delete(have, o.Key)
	}
	for key := range have {
		return ErrChanged.With(key)
	}
	return nil
}

const sqlUnmake = `-- tenure.unmake
update onboarding set made_id = null where made_id = $1`

const sqlLeave = `-- tenure.leave
update account set villages = array_remove(villages, $1::bigint) where villages @> array[$1::bigint]`

const sqlOnlyHere = `-- tenure.only_here
delete from account a where a.id = any(@ids::uuid[]) and a.villages = '{}' and not exists (select from officer o where o.account_id = a.id)`

const sqlTries = `-- tenure.tries
delete from sign_in where account_id = any(@ids::uuid[]) and account_id in (select id from account a where a.villages = '{}' and not exists (select from officer o where o.account_id = a.id))`

const sqlGone = `-- tenure.gone
delete from village where id = $1`

// erase compares every table with the file, then empties them, those first that point to others.
func (k *Keeper) erase(ctx context.Context, tx pg.Tx, by string, f *File) error {
	all, err := tables(ctx, tx)
	if err != nil {
		return err
	}
	said := map[string]Part{}
	for _, p := range f.Tables {
		said[p.Name] = p
	}
	for _, t := range all {
		if t.Name == keyTable {
			continue
		}
		p, err := dump(ctx, tx, t, io.Discard)
		if err != nil {
			return err
		}
		if was, known := said[t.Name]; p != was && (known || p.Rows > 0) {
			return ErrChanged.With(t.Name)
		}
	}
	people, err := f.people()
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	for i := len(all) - 1; i >= 0; i-- {
		k.say("删除各表", len(all)-i, len(all))
		if _, err := tx.Exec(ctx, all[i].remove(), f.ID); err != nil {
			return fmt.Errorf("%s: %w", all[i].Name, err)
		}
	}
	for _, t := range all {
		if n, err := pg.Scalar[int64](ctx, tx, t.count(), f.ID); err != nil || n > 0 {
			return fmt.Errorf("tenure: %d rows stay in %s: %w", n, t.Name, err)
		}
	}
	for _, sql := range []string{sqlLeave, sqlUnmake} {
		if _, err := tx.Exec(ctx, sql, f.ID); err != nil {
			return err
		}
	}
	for _, sql := range []string{sqlTries, sqlOnlyHere} {
		if _, err := tx.Exec(ctx, sql, pgx.NamedArgs{"ids": ids}); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, sqlGone, f.ID); err != nil {
		return err
	}
	return certify(ctx, tx, "delete", by, f.Manifest, f.sum)
}
