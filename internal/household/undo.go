package household

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Faults of taking a sheet back.
var (
	ErrUndone = fault.New(fault.Conflict, "household.import_undone", "这次导入已经撤销过了")
	ErrUsed   = fault.New(fault.Conflict, "household.import_used", "这次导入的住户里有 %d 户已经有了申报或积分，不能整批撤销；请逐户修改或迁出")
	ErrForgot = fault.New(fault.Conflict, "household.import_forgotten", "这次导入的旧数据已按保存期限删除，不能整批撤销；请逐户修改")
	ErrEdited = fault.New(fault.Conflict, "household.import_edited", "这次导入更新过的住户后来又改过，不能整批撤销；请逐户修改")
)

const sqlLockImport = `-- household.lock_import
select state, before, forgotten_at is not null as forgotten from household_import where village_id = @village_id and id = @id for update`

const sqlImportUsed = `-- household.import_used
select count(*)::int from household h where h.village_id = @village_id and h.import_id = @id and (
  exists (select from claim c where c.village_id = @village_id and c.household_id = h.id)
  or exists (select from ledger_entry e where e.village_id = @village_id and e.household_id = h.id and e.source_kind <> @source))`

const sqlImportLeave = `-- household.import_leave
update household set state = 'left', left_on = @today, version = version + 1, updated_at = @now
where village_id = @village_id and import_id = @id and state = 'active' returning id`

const sqlImportPeopleLeave = `-- household.import_people_leave
update member set state = 'left', left_on = @today, moved_out = household_id = any(@households::uuid[])
where village_id = @village_id and state = 'active' and (household_id = any(@households::uuid[]) or id = any(@members::uuid[]))`

const sqlImportUndone = `-- household.import_undone
update household_import set state = 'undone', undone_by = @by, undone_at = @now where village_id = @village_id and id = @id`

// Undo takes an import back while none of the households that it added has been used: they leave, their base
// points are reversed, and what it changed of others is as it was.
func (s *Service) Undo(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "household.Undo(%s)", id)
	if reason, err = checkReason(reason); err != nil {
		return err
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "household.undo_import", func() (bool, error) { return true, undo(ctx, tx, id, reason) })
		return err
	})
}

func undo(ctx context.Context, tx pg.Tx, id uuid.UUID, reason string) error {
	type taken struct {
		State     string
		Before    before
		Forgotten bool
	}
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "now": tx.Now, "today": month.Date(tx.Now), "by": tx.Who.Account, "source": sourceOfBase}
	was, err := pg.One[taken](ctx, tx, sqlLockImport, a)
	if err != nil {
		return err
	}
	if was.State == "undone" {
		return ErrUndone
	}
	if was.Forgotten {
		return ErrForgot
	}
	gone, err := pg.Column[uuid.UUID](ctx, tx, sqlImportLeave, a)
	if err != nil {
		return err
	}
	used, err := pg.Scalar[int](ctx, tx, sqlImportUsed, a)
	if err != nil {
		return err
	}
	if used > 0 {
		return ErrUsed.With(used)
	}
	a["households"], a["members"] = gone, was.Before.Added
	if _, err := tx.Exec(ctx, sqlImportPeopleLeave, a); err != nil {
		return err
	}
	if err := restore(ctx, tx, was.Before); err != nil {
		return err
	}
	if err := takeBack(ctx, tx, gone); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlImportUndone, a); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Verb: "household.undo_import", Kind: "household_import", ID: id.String(), Reason: reason,
		Before: fmt.Sprintf("%d households, %d changed", len(gone), len(was.Before.Homes))})
}

// restore writes what the import changed as it was, if nobody has changed it since.
func restore(ctx context.Context, tx pg.Tx, was before) error {
	for i := range was.Homes {
		was.Homes[i].Version++ // the version that the import made
	}
	if err := update(ctx, tx, was.Homes...); errors.Is(err, ErrStale) {
		return ErrEdited
	} else if err != nil {
		return err
	}
	return updatePeople(ctx, tx, was.People...)
}
