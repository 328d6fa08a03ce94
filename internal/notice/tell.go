package notice

import (
	"context"
	"strings"

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
	if err := inform.TellAll(ctx, tx, kind, homes, d.Title, "notice:"+d.ID()); err != nil || d.Classes.Late == "" {
		return err
	}
	return d.tellGroup(ctx, tx)
}

// tellGroup says to the working group that the notice went out after its day.
func (d *draft) tellGroup(ctx context.Context, tx pg.Tx) error {
	group, err := inform.Group(ctx, tx)
	if err != nil {
		return err
	}
	accounts := group.Accounts()
	all := make([]inform.Message, len(accounts))
	for i, a := range accounts {
		all[i] = inform.Message{Account: a, Kind: inform.NoticeLate, Detail: strings.TrimSuffix(d.late(), "。"), Once: "late:" + d.ID() + ":" + a.String()}
	}
	return inform.TellEach(ctx, tx, all)
}
