package notice

import (
	"bytes"
	"context"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Checked is what a printed notice, or a line of it, turned out to be.
type Checked struct {
	Notice
	Current bool   // not corrected since
	Line    int    // the line asked for; 0 for the whole sheet
	Matches bool   // the line carries its own mark
	Shown   *Line  // the line itself, as long as the notice hangs
	Branch  []Step // from the line to the root
}

// Faults of what was typed off a paper.
var (
	ErrCode = fault.New(fault.Invalid, "notice.code", "没有这个查验码的公示单，请照纸上的再输一遍；村不对也查不到").On("code")
	ErrLine = fault.New(fault.Invalid, "notice.line", "这张公示单没有这一行，请照纸上的序号输").On("line")
	ErrMark = fault.New(fault.Invalid, "notice.mark", "请填这一行末尾的行码（四个字符）").On("mark")
)

const sqlLine = `-- notice.line
select position, door, head, carried, plus, minus, spent, total from notice_line
where village_id = @village_id and month = @month and number = @number and position = @position`

// Verify says whether a printed sheet, by its code, or one of its lines, by its number and mark, is what went out.
// A line is shown only where the notice still hangs, and never to who does not have its mark.
func (s *Service) Verify(ctx context.Context, village actor.VillageID, code string, line int, mark string) (k Checked, err error) {
	defer fault.Wrap(&err, "notice.Verify(%d)", village)
	n, current, err := s.Check(ctx, village, code)
	if fault.Of(err) == fault.ErrNotFound {
		return k, ErrCode
	}
	if err != nil {
		return k, err
	}
	k = Checked{Notice: n, Current: current, Line: line, Matches: true}
	if line == 0 {
		return k, nil
	}
	if plain(mark) == "" {
		return k, ErrMark
	}
	err = s.DB.Look(ctx, public(village), func(tx pg.Tx) error {
		args := edition(tx, n)
		args["position"] = line
		found, err := pg.All[Line](ctx, tx, sqlLine, args)
		if err != nil || len(found) == 0 {
			return fault.Join(fault.From(err), fault.When(err == nil, ErrLine))
		}
		if k.Matches = same(Mark(n.Root, found[0]), mark); !k.Matches || !month.Date(tx.Now).Before(n.DownOn) {
			return nil
		}
		k.Shown = &found[0]
		return k.branch(ctx, tx)
	})
	return k, err
}

// branch finds the line's way to the root; a book whose lines do not come to their root any more has none.
func (k *Checked) branch(ctx context.Context, tx pg.Tx) error {
	lines, err := pg.All[Line](ctx, tx, sqlLines, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int32(k.Month), "number": k.Number})
	if err != nil {
		return err
	}
	texts := Texts(tx.Village(), k.Notice, lines)
	k.Branch = Branch(texts, k.Line)
	if k.Matches = k.Line < len(texts) && bytes.Equal(Along(texts[k.Line], k.Branch), k.Root); !k.Matches {
		k.Shown, k.Branch = nil, nil
	}
	return nil
}
