package notice

import (
	"context"

	"cunfen/internal/inform"
	"cunfen/internal/pg"
)

// tell lets the homes know in their messages: of a month's notice all that stand on it, of a corrected one those
// whose figures it changes. Nothing of it goes to a phone: the notice hangs on the board.
func (d *draft) tell(ctx context.Context, tx pg.Tx) error {
	kind, homes := inform.MonthPublished, d.owners
	if d.Corrected() {
		kind, homes = inform.NoticeCorrected, nil
		changed := map[int]bool{}
		for _, c := range d.Classes.Changes {
			changed[c.Position] = true
		}
		for i, l := range d.Lines {
			if changed[l.Position] {
				homes = append(homes, d.owners[i])
			}
		}
	}
	return inform.TellAll(ctx, tx, kind, homes, d.Title, "notice:"+d.ID())
}
