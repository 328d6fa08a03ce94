package household

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
)

// Faults of bringing a sheet in.
var (
	ErrProblems = fault.New(fault.Invalid, "household.sheet_problems", "表格里有 %d 处不对，一行也没有导入；请下载标红的表格，改好后再传")
	ErrMoved    = fault.New(fault.Conflict, "household.sheet_moved", "预演之后名册或表格又有变动，请重新预演一次再导入")
)

// DryRun says what a sheet would do, and changes nothing.
func (s *Service) DryRun(ctx context.Context, who actor.Actor, data []byte) (r Report, err error) {
	defer fault.Wrap(&err, "household.DryRun")
	_, p, err := s.examine(ctx, who, data)
	if err != nil {
		return r, err
	}
	return p.Report, nil
}

func (s *Service) examine(ctx context.Context, who actor.Actor, data []byte) (sheet *sheetfile.Sheet, p *plan, err error) {
	if sheet, err = sheetfile.Read(ctx, data, columns); err != nil {
		return nil, nil, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		p, err = s.plan(ctx, tx, sheet, data)
		return err
	})
	return sheet, p, err
}

// Marked gives the person's own file back with what is wrong written beside each row, and beside the others what
// would become of them.
func (s *Service) Marked(ctx context.Context, who actor.Actor, data []byte) (marked []byte, err error) {
	defer fault.Wrap(&err, "household.Marked")
	sheet, p, err := s.examine(ctx, who, data)
	if err != nil {
		return nil, err
	}
	return sheet.Annotate(p.Problems, p.fate())
}

// fate says of each row of the sheet what it would do.
func (r Report) fate() func(row int) string {
	said := map[int]string{}
	for _, a := range r.Adds {
		said[a.Row] = "新增"
	}
	for _, h := range r.Changes {
		said[h.Row] = "更新：" + h.Words()
	}
	for _, w := range r.Warnings {
		said[w.Row] = strings.TrimPrefix(said[w.Row]+"。请留意："+w.Text, "。")
	}
	return func(row int) string {
		if said[row] == "" {
			return "没有变化"
		}
		return said[row]
	}
}

// Imported is what a sheet did.
type Imported struct {
	ID      uuid.UUID
	Added   int
	Changed int
	Same    int
}

// Commit brings a sheet in, the whole of it or nothing.
func (s *Service) Commit(ctx context.Context, who actor.Actor, name string, data []byte) (Imported, error) {
	return s.CommitSeen(ctx, who, name, data, "")
}

// CommitSeen is Commit of exactly what the dry run with that digest showed; "" takes what there is now.
func (s *Service) CommitSeen(ctx context.Context, who actor.Actor, name string, data []byte, digest string) (out Imported, err error) {
	defer fault.Wrap(&err, "household.Commit")
	sheet, err := sheetfile.Read(ctx, data, columns)
	if err != nil {
		return out, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "household.import", func() (Imported, error) {
			p, err := s.plan(ctx, tx, sheet, data)
			switch {
			case err != nil:
				return out, err
			case len(p.Problems) > 0:
				return out, ErrProblems.With(len(p.Problems))
			case digest != "" && digest != p.Digest:
				return out, ErrMoved
			}
			return p.commit(ctx, tx, name)
		})
		return err
	})
	return out, err
}

// before is what an import changed of households that were there, as it was; personal fields stay sealed.
type before struct {
	Homes  []row       `json:"homes"`
	People []person    `json:"people"`
	Added  []uuid.UUID `json:"added"` // members added to homes that were there
}

const sqlImport = `-- household.import
insert into household_import (village_id, id, file_name, state, added, changed, before, imported_by, imported_at)
values (@village_id, @id, @file_name, 'applied', @added, @changed, @before, @by, @now)`

func (p *plan) commit(ctx context.Context, tx pg.Tx, name string) (out Imported, err error) {
	out = Imported{ID: pg.NewID(), Added: len(p.rows), Changed: len(p.updates), Same: p.Same}
	place, err := placeOf(ctx, tx)
	if err != nil {
		return out, err
	}
	fresh := map[uuid.UUID]bool{}
	for _, r := range p.rows {
		fresh[r.ID] = true
	}
	var founders, joining []person
	for _, m := range p.people {
		if fresh[m.HouseholdID] {
			founders = append(founders, m)
		} else {
			joining = append(joining, m)
		}
	}
	if err := update(ctx, tx, p.updates...); err != nil {
		return out, err
	}
	if err := updatePeople(ctx, tx, p.members...); err != nil {
		return out, err
	}
	if err := insertPeople(ctx, tx, joining); err != nil {
		return out, err
	}
	if err := found(ctx, tx, place, p.rows, founders, &out.ID); errors.Is(err, ErrQuota) {
		return out, fault.Of(err).On("file")
	} else if err != nil {
		return out, err
	}
	was := before{p.before, p.memBefore, pluck(joining, func(m person) uuid.UUID { return m.ID })}
	if _, err := tx.Exec(ctx, sqlImport, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": out.ID, "file_name": base(name), "added": out.Added,
		"changed": out.Changed, "before": was, "by": tx.Who.Account, "now": tx.Now}); err != nil {
		return out, err
	}
	return out, audit.Record(ctx, tx, audit.Event{Verb: "household.import", Kind: "household_import", ID: out.ID.String(),
		Reason: fmt.Sprintf("新增 %d 户，更新 %d 户", out.Added, out.Changed), After: out})
}

// base is a file's name without the folders that some browsers send.
func base(name string) string {
	name = tidy(name)
	return short(name[strings.LastIndexAny(name, `/\`)+1:])
}

// Import is a sheet that was brought in.
type Import struct {
	ID         uuid.UUID
	FileName   string
	State      string // applied or undone
	Added      int
	Changed    int
	ImportedAt time.Time
	UndoneAt   *time.Time
}

const sqlImports = `-- household.imports
select id, file_name, state, added, changed, imported_at, undone_at from household_import
where village_id = @village_id order by id desc limit 50`

// Imports lists the last sheets, newest first.
func (s *Service) Imports(ctx context.Context, who actor.Actor) (all []Import, err error) {
	defer fault.Wrap(&err, "household.Imports")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Import](ctx, tx, sqlImports, pgx.NamedArgs{"village_id": int64(who.Village)})
		return err
	})
	return all, err
}
