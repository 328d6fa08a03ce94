package bureau

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Notice is a month's notice as it went out; of several editions the last.
type Notice struct {
	Month       month.Month
	Number      int
	Title       string
	PublishedAt time.Time
	ObjectUntil time.Time
	DownOn      time.Time
	Households  int
	Plus        int64
	Minus       int64
	Spent       int64
}

// Public reports whether the notice still hangs on the public page.
func (n Notice) Public(now time.Time) bool { return month.Date(now).Before(n.DownOn) }

const sqlNotices = `-- bureau.notices
select distinct on (month) month, number, title, published_at, object_until, down_on, households, plus, minus, spent from notice
where village_id = any(@villages) order by month desc, number desc limit 12`

// Open opens one village of the actor's township: its notices of the last twelve months, newest first. That it was
// opened stands in the office's log.
func (s *Service) Open(ctx context.Context, who actor.Actor, id actor.VillageID) (all []Notice, err error) {
	defer fault.Wrap(&err, "bureau.Open(%d)", id)
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		if !slices.Contains(villages, int64(id)) {
			return fault.ErrNotFound
		}
		all, err = pg.All[Notice](ctx, tx, sqlNotices, pgx.NamedArgs{"villages": []int64{int64(id)}})
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, s.record(ctx, who, id)
}

// record notes that somebody of the office opened a village.
func (s *Service) record(ctx context.Context, who actor.Actor, id actor.VillageID) error {
	return s.DB.AsSystem(ctx, "bureau.show", func(tx pg.Tx) error {
		tx.Who = who
		return audit.Office(ctx, tx, audit.Event{Verb: "bureau.show", Kind: "village", ID: strconv.FormatInt(int64(id), 10)})
	})
}
