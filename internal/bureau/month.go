package bureau

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Line is one household of a month's notice, as it hangs: the name masked.
type Line struct {
	Position int
	Door     string
	Head     string
	Carried  int64
	Plus     int64
	Minus    int64
	Spent    int64
	Total    int64
}

const sqlNotice = `-- bureau.notice
select month, number, title, published_at, object_until, down_on, households, plus, minus, spent from notice
where village_id = any(@villages) and month = @month order by number desc limit 1`

const sqlLines = `-- bureau.lines
select position, door, head, carried, plus, minus, spent, total from notice_line
where village_id = any(@villages) and month = @month and number = @number and position > @after and (@search = '' or strpos(door, @search) > 0 or strpos(head, @search) > 0)
order by position limit @rows`

// Month is a village's last notice of a month and a part of its lines, for the township; search narrows by door or
// masked name.
func (s *Service) Month(ctx context.Context, who actor.Actor, id actor.VillageID, m month.Month, search string, after int, p page.Page) (n Notice, lines []Line, more bool, err error) {
	defer fault.Wrap(&err, "bureau.Month(%d, %s)", id, m)
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		if !slices.Contains(villages, int64(id)) {
			return fault.ErrNotFound
		}
		a := pgx.NamedArgs{"villages": []int64{int64(id)}, "month": int(m), "after": after, "search": search, "rows": p.Rows() + 1}
		if n, err = pg.One[Notice](ctx, tx, sqlNotice, a); err != nil {
			return err
		}
		a["number"] = n.Number
		lines, err = pg.All[Line](ctx, tx, sqlLines, a)
		return err
	})
	if len(lines) > p.Rows() {
		lines, more = lines[:p.Rows()], true
	}
	return n, lines, more, err
}
