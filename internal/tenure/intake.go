package tenure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/village"
)

// ErrUnsound is a book that does not verify: it was changed on the way, or was never right.
var ErrUnsound = fault.New(fault.Invalid, "tenure.unsound", "装入后核对台账，有 %d 处不符（第一处：%s），没有装入")

var codeShape = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}$`)

// valid refuses what a village's own row could not be: somebody who knows the passphrase can write anything into a file.
func (f *File) valid() error {
	var row struct {
		ID         int64
		TownshipID int64 `json:"township_id"`
		Code       string
		Name       string
		Flags      village.Flags
	}
	if err := json.Unmarshal(f.Village, &row); err != nil {
		return ErrFile.With("村的资料读不出来")
	}
	town, err := f.town()
	if err != nil {
		return err
	}
	switch {
	case row.ID != f.ID || row.Code != f.Code || row.ID <= 0:
		return ErrFile.With("村的编号、短名前后不一样")
	case row.TownshipID != town.ID || town.ID <= 0 || town.Name != f.Town || !chars.Between(town.Name, 1, 40):
		return ErrFile.With("镇的编号、名称前后不一样")
	case !codeShape.MatchString(row.Code) || !chars.Between(row.Name, 1, 40) || row.Name != f.Name:
		return ErrFile.With("村的短名或名称不像样")
	}
	if bad := CheckFlags(row.Flags); bad != nil {
		return ErrFile.With("用法和限额不对")
	}
	for _, o := range f.Objects {
		if _, err := blob.ParseKey(actor.VillageID(f.ID), o.Key); err != nil || o.Size < 0 || o.Size > maxObject {
			return ErrFile.With("里面的 " + o.Key + " 不是这个村的照片、公示或档案，或者太大")
		}
	}
	return nil
}

// township is the row of the file's township, as far as it is looked at.
type township struct {
	ID   int64
	Name string
}

func (f *File) town() (t township, err error) {
	if err := json.Unmarshal(f.Township, &t); err != nil {
		return t, ErrFile.With("镇的资料读不出来")
	}
	return t, nil
}

// underWay is the reason that a village has while it is brought in, by which a second try knows its own beginning, and
// whether the township was made for it.
func (f *File) underWay(town bool) string {
	if town {
		return fmt.Sprintf("正在装入 %x，连同镇", f.sum[:8])
	}
	return fmt.Sprintf("正在装入 %x", f.sum[:8])
}

// begun reports whether the village that is there is this file's own beginning.
func (f *File) begun(there []string) bool {
	return len(there) == 1 && (there[0] == f.underWay(false) || there[0] == f.underWay(true))
}

const sqlBroughtIn = `-- tenure.brought_in
update village set state_reason = '装入后待恢复' where id = @id`

const sqlProved = `-- tenure.proved
select count(*) from certificate c where c.kind = @kind and c.village = @id and c.file_sha256 = @sum
  and (@kind = 'import') = exists (select from village v where v.id = @id)
  and not exists (select from certificate l where l.village = @id and l.kind in ('import', 'delete') and l.at > c.at)`

// proved reports whether the last thing done to the village was just this, with this very file.
func (k *Keeper) proved(ctx context.Context, kind string, f *File) (done bool, err error) {
	err = k.DB.AsSystem(ctx, "tenure.proved", func(tx pg.Tx) error {
		n, err := pg.Scalar[int64](ctx, tx, sqlProved, pgx.NamedArgs{"kind": kind, "id": f.ID, "sum": f.sum})
		done = n > 0
		return err
	})
	return done, err
}

// refused makes a fault of rows that the database does not take, so that nobody tries them again and again.
func refused(table string, err error) error {
	if pg.Is(err, pg.Unique, "23503", "23514", "23502", "22P02", "22008", "22003", "22023") {
		return ErrFile.With(table + " 里有装不进的行")
	}
	return fmt.Errorf("%s: %w", table, err)
}

// sound reads the whole book again.
func sound(ctx context.Context, tx pg.Tx) error {
	r, err := ledger.Verify(ctx, tx)
	if err == nil && len(r.Findings) > 0 {
		err = ErrUnsound.With(len(r.Findings), r.Findings[0])
	}
	return err
}

const sqlOnlyMade = `-- tenure.only_made
delete from account a where a.id = any(@ids::uuid[]) and a.villages = '{}' and a.created_at = @at and not exists (select from officer o where o.account_id = a.id)`

const sqlBegunAt = `-- tenure.begun_at
select state_at, township_id from village where id = $1`

const sqlTownGone = `-- tenure.town_gone
delete from township t where t.id = $1 and not exists (select from village v where v.township_id = t.id) and not exists (select from officer o where o.township_id = t.id)`

// unroot takes back the beginning of an import that cannot be finished: the village, the accounts and, where nothing
// else stands on it by now, the township that root made for it.
func (k *Keeper) unroot(ctx context.Context, f *File) error {
	people, err := f.people()
	if err != nil {
		return err
	}
	ids := make([]uuid.UUID, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	begun, town := false, int64(0)
	err = k.DB.AsSystem(ctx, "tenure.unroot", func(tx pg.Tx) error {
		there, err := pg.Column[string](ctx, tx, sqlTaken, pgx.NamedArgs{"id": f.ID, "code": f.Code})
		if begun = err == nil && f.begun(there); !begun {
			return err
		}
		made, err := pg.One[struct {
			StateAt    time.Time
			TownshipID int64
		}](ctx, tx, sqlBegunAt, f.ID)
		if err != nil {
			return err
		}
		if there[0] == f.underWay(true) {
			town = made.TownshipID
		}
		for _, sql := range []string{sqlLeave, sqlGone} {
			if _, err := tx.Exec(ctx, sql, f.ID); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, sqlOnlyMade, pgx.NamedArgs{"ids": ids, "at": made.StateAt})
		return err
	})
	if err == nil && town != 0 {
		err = k.DB.AsSystem(ctx, "tenure.town_gone", func(tx pg.Tx) error { _, err := tx.Exec(ctx, sqlTownGone, town); return err })
		if pg.Is(err, pg.ForeignKey) { // somebody uses it by now
			err = nil
		}
	}
	v := actor.VillageID(f.ID)
	k.Villages.Forget(v)
	k.Vault.Forget(v)
	for _, o := range f.Objects {
		key, bad := blob.ParseKey(v, o.Key)
		if err != nil || !begun || bad != nil {
			break
		}
		err = k.Blobs.Delete(ctx, key)
	}
	return err
}

const sqlPhonesTaken = `-- tenure.phones_taken
select count(*) from account where phone_index = any(@indexes::bytea[]) and id <> all(@ids::uuid[])`

// planImport says what a file holds and what it meets here.
func (k *Keeper) planImport(ctx context.Context, f *File) (p Plan, err error) {
	if err := f.valid(); err != nil {
		return p, err
	}
	people, err := f.people()
	if err != nil {
		return p, err
	}
	var ids []uuid.UUID
	var phones [][]byte
	for _, a := range people {
		ids, phones = append(ids, a.ID), append(phones, k.Vault.Platform().Index("phone", a.Phone))
	}
	rows := map[string]int64{}
	for _, t := range f.Tables {
		rows[t.Name] = t.Rows
	}
	p.Facts = []Line{{"村（场）", f.Town + f.Name + "（" + f.Code + "，编号 " + fmt.Sprint(f.ID) + "）"}, {"导出于", f.At.In(month.Zone).Format("2006-01-02 15:04")}, {"住户", fmt.Sprintf("%d 户", rows["household"])},
		{"积分流水", fmt.Sprintf("%d 条", rows["ledger_entry"])}, {"全部", f.Words()}, {"文件指纹", fmt.Sprintf("%x", f.sum[:8])}}
	p.Undo = "装好是暂停状态，谁也不能登录。核对后在“村（场）”里恢复；没有恢复、没有改动以前，可以用同一个文件“删除全村”整体撤掉。"
	p.Command = "CUNFEN_PASSPHRASE=… cunfen tenant import " + f.Code + ".age"
	p.Warns = []string{"装入时核对每张表、每个文件和整本台账，有一处不符就全部不装。", "人要重新设密码、绑定验证器。"}
	town, err := f.town()
	if err != nil {
		return p, err
	}
	err = k.DB.AsSystem(ctx, "tenure.plan_import", func(tx pg.Tx) error {
		there, err := pg.Column[string](ctx, tx, sqlTaken, pgx.NamedArgs{"id": f.ID, "code": f.Code})
		if err != nil {
			return err
		}
		if len(there) > 0 && !f.begun(there) {
			p.Blocks = append(p.Blocks, ErrThere.With(f.ID, f.Code).Text)
		}
		names, err := pg.Column[string](ctx, tx, sqlTownAt, pgx.NamedArgs{"id": town.ID})
		switch {
		case err != nil:
			return err
		case len(names) == 0:
			p.Warns = append(p.Warns, "这个平台还没有"+town.Name+"，会一起建。")
		case names[0] != town.Name:
			p.Blocks = append(p.Blocks, ErrTown.With(town.ID, names[0]).Text)
		}
		n, err := pg.Scalar[int64](ctx, tx, sqlPhonesTaken, pgx.NamedArgs{"indexes": phones, "ids": ids})
		if n > 0 {
			p.Warns = append(p.Warns, fmt.Sprintf("%d 个人的手机号在这个平台上是别的账号：他们的名字留着，岗位要重新任命。", n))
		}
		return err
	})
	return p, errors.Join(err)
}
