package household

import (
	"context"
	"fmt"
	"io"
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
)

// mostExported bounds a sheet of households; no village has as many.
const mostExported = 20_000

var exportHeads = []sheetfile.Head{{Title: "门牌号", Width: 16}, {Title: "户主姓名", Width: 14}, {Title: "村民小组", Width: 12}, {Title: "网格"},
	{Title: "联系电话", Width: 16}, {Title: "户籍类型", Width: 12}, {Title: "是否党员户"}, {Title: "人口"}, {Title: "存折编号", Width: 22},
	{Title: "登记日期", Width: 13}, {Title: "状态"}, {Title: "基础积分"}, {Title: "可用积分"}, {Title: "今年累计"}}

// Export writes what the list shows, all of its pages, as a sheet; who took it and how many rows stands in
// the log.
func (s *Service) Export(ctx context.Context, who actor.Actor, f Filter, w io.Writer) (rows int, err error) {
	defer fault.Wrap(&err, "household.Export")
	f.Page.After = ""
	named, err := s.filter(ctx, who, f)
	if err != nil {
		return 0, err
	}
	named["rows"] = mostExported
	var lines []Line
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		if lines, err = s.lines(ctx, tx, named); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "household.export", Kind: "household", ID: "list", Reason: fmt.Sprintf("导出 %d 行", len(lines))})
	})
	if err != nil {
		return 0, err
	}
	return sheetfile.Export(w, "住户名册", exportHeads, func(yield func([]any) bool) {
		for _, l := range lines {
			if !yield([]any{l.Door, l.Head, l.Team, l.Grid, l.Phone, l.Residence.Chinese(), l.Party, l.Members, l.PassbookNo,
				l.RegisteredOn.Format(time.DateOnly), l.State.Chinese(), l.Base, l.Usable, l.Score}) {
				return
			}
		}
	})
}
