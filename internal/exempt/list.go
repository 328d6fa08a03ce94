package exempt

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/sheetfile"
)

// Filter narrows the list; empty fields do not.
type Filter struct {
	Search    string // head, door or initials
	Item      string // code; finds its parts too
	State     State
	Household uuid.UUID
	page.Page
}

const sqlList = `-- exempt.list
select e.id, e.household_id, h.door, h.head, e.item, e.reason, e.from_on, e.until_on, e.granted_by, e.granted_by_name, e.granted_at, e.ended_on,
  e.ended_by_name, e.end_reason, e.version
from exemption e join household h on h.village_id = @village_id and h.id = e.household_id
where e.village_id = @village_id
  and (@item = '' or left(e.item, 3) = left(@item, 3)) and (@household::uuid is null or e.household_id = @household) and (@grid::integer = 0 or h.grid = @grid)
  and (@search = '' or strpos(h.head, @search) > 0 or strpos(h.door, @search) > 0 or strpos(h.initials, lower(@search)) > 0)
  and case @state::text when 'ended' then e.ended_on <= @today and (e.until_on is null or e.until_on >= e.ended_on)
    when 'upcoming' then e.from_on > @today and (e.ended_on is null or e.ended_on > @today)
    when 'lapsed' then e.until_on < @today and (e.ended_on is null or e.ended_on > e.until_on)
    when 'standing' then e.from_on <= @today and (e.until_on is null or e.until_on >= @today) and (e.ended_on is null or e.ended_on > @today)
    else true end
  and (@after = '' or e.id < nullif(@after, '')::uuid)
order by e.id desc limit @rows`

// List reads exemptions, the newest first, with the cursor of the next page. A household sees its own, a grid
// worker those of the own grid.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (list []Exemption, next string, err error) {
	defer fault.Wrap(&err, "exempt.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		list, err = pg.All[Exemption](ctx, tx, sqlList, f.args(tx, f.Rows()+1))
		return err
	})
	list, next = page.Cut(list, f.Rows(), func(e Exemption) string { return e.ID.String() })
	return list, next, err
}

func (f Filter) args(tx pg.Tx, rows int) pgx.NamedArgs {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "item": f.Item, "household": nil, "grid": 0, "search": f.Search, "state": string(f.State),
		"today": month.Date(tx.Now), "after": f.After, "rows": rows}
	if f.Household != uuid.Nil {
		a["household"] = f.Household
	}
	switch tx.Who.Role {
	case actor.Household:
		a["household"] = tx.Who.Household
	case actor.Grid:
		a["grid"] = tx.Who.Grid
	}
	return a
}

// Show reads one.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (e Exemption, err error) {
	defer fault.Wrap(&err, "exempt.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		e, err = pg.One[Exemption](ctx, tx, sqlShow, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id})
		return err
	})
	return e, err
}

const sqlShow = `-- exempt.show
select e.id, e.household_id, h.door, h.head, e.item, e.reason, e.from_on, e.until_on, e.granted_by, e.granted_by_name, e.granted_at, e.ended_on,
  e.ended_by_name, e.end_reason, e.version
from exemption e join household h on h.village_id = @village_id and h.id = e.household_id
where e.village_id = @village_id and e.id = @id`

// mostExported bounds a sheet of exemptions.
const mostExported = 20_000

var exportHeads = []sheetfile.Head{{Title: "门牌号", Width: 16}, {Title: "户主姓名", Width: 14}, {Title: "免评的事项", Width: 32}, {Title: "原因", Width: 40},
	{Title: "从", Width: 13}, {Title: "到", Width: 13}, {Title: "办理人"}, {Title: "状态"}, {Title: "取消日期", Width: 13}, {Title: "取消原因", Width: 30}}

// Export writes what the list shows, all of its pages, as a sheet; who took it stands in the log.
func (s *Service) Export(ctx context.Context, who actor.Actor, f Filter, rules rulebook.RuleSet, w io.Writer) (rows int, err error) {
	defer fault.Wrap(&err, "exempt.Export")
	f.After = ""
	var list []Exemption
	var now time.Time
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		now = tx.Now
		if list, err = pg.All[Exemption](ctx, tx, sqlList, f.args(tx, mostExported)); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "exempt.export", Kind: "exemption", ID: "list", Reason: fmt.Sprintf("导出 %d 行", len(list))})
	})
	if err != nil {
		return 0, err
	}
	return sheetfile.Export(w, "免评", exportHeads, func(yield func([]any) bool) {
		for _, e := range list {
			if !yield([]any{e.Door, e.Head, Name(rules, e.Item), e.Reason, e.FromOn.Format(time.DateOnly), maybe(e.UntilOn), e.GrantedByName, e.On(now).Chinese(),
				maybe(e.EndedOn), e.EndReason}) {
				return
			}
		}
	})
}

func maybe(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.Format(time.DateOnly)
}
