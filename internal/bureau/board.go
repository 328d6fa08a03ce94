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

const sqlBoard = `-- bureau.board
select v.id, v.code, v.name, v.kind, v.settings, coalesce(h.households, 0)::int as households, coalesce(h.outside, 0)::int as outside,
  coalesce(m.members, 0)::int as members,
  coalesce(b.taking, 0)::int as taking, coalesce(b.score, 0)::bigint as score, coalesce(b.party, 0)::int as party, coalesce(b.party_score, 0)::bigint as party_score,
  coalesce(c.pending, 0)::int as pending, c.oldest, coalesce(o.objections, 0)::int as objections,
  coalesce(o.late, 0)::int as late, coalesce(r.redeemed, 0)::int as redeemed, coalesce(r.spent, 0)::bigint as spent
from village v
left join (select village_id, count(*) as households, count(*) filter (where residence = 'outside') as outside
  from household where village_id = any(@villages) and state = 'active' group by village_id) h on h.village_id = v.id
left join (select village_id, count(*) as members from member where village_id = any(@villages) and state = 'active' group by village_id) m on m.village_id = v.id
left join (select h.village_id, count(*) filter (where b.score <> 0) as taking, sum(b.score) as score, count(*) filter (where h.party) as party,
    sum(b.score) filter (where h.party) as party_score
  from household h join balance b on b.village_id = h.village_id and b.household_id = h.id
  where h.village_id = any(@villages) and b.village_id = any(@villages) and h.state = 'active' group by h.village_id) b on b.village_id = v.id
left join (select village_id, count(*) as pending, min(recorded_at) as oldest
  from claim where village_id = any(@villages) and state = 'pending' group by village_id) c on c.village_id = v.id
left join (select village_id, count(*) as objections, count(*) filter (where due_on < @today) as late
  from objection where village_id = any(@villages) and state = 'open' group by village_id) o on o.village_id = v.id
left join (select village_id, count(*) as redeemed, sum(points) as spent
  from redemption where village_id = any(@villages) and at >= @from and cancelled_at is null group by village_id) r on r.village_id = v.id
where v.id = any(@villages) order by v.id`

const sqlMonths = `-- bureau.months
select village_id, month, state, lines, points, posted_at, published_at from sheet
where village_id = any(@villages) and month >= @since order by village_id, month desc`

// Board is every village of the actor's township.
func (s *Service) Board(ctx context.Context, who actor.Actor) (all []Standing, err error) {
	defer fault.Wrap(&err, "bureau.Board")
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		all, err = standings(ctx, tx, villages)
		return err
	})
	return all, err
}

func standings(ctx context.Context, tx pg.Tx, villages []int64) ([]Standing, error) {
	this := month.Of(tx.Now)
	args := pgx.NamedArgs{"villages": villages, "today": month.Date(tx.Now), "from": this.First(), "since": (this.Year()-1)*100 + 1}
	all, err := pg.All[Standing](ctx, tx, sqlBoard, args)
	if err != nil {
		return nil, err
	}
	months, err := pg.All[Month](ctx, tx, sqlMonths, args)
	at := map[actor.VillageID]*Standing{}
	for i := range all {
		at[all[i].ID] = &all[i]
	}
	for _, m := range months {
		at[m.VillageID].Months = append(at[m.VillageID].Months, m)
	}
	return all, err
}

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

// Village is one village as the township opens it.
type Village struct {
	Standing
	Notices []Notice // newest first
}

const sqlNotices = `-- bureau.notices
select distinct on (month) month, number, title, published_at, object_until, down_on, households, plus, minus, spent from notice
where village_id = any(@villages) order by month desc, number desc limit 12`

// Show opens one village of the actor's township; that it was opened stands in the office's log.
func (s *Service) Show(ctx context.Context, who actor.Actor, id actor.VillageID) (v Village, err error) {
	defer fault.Wrap(&err, "bureau.Show(%d)", id)
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		if !slices.Contains(villages, int64(id)) {
			return fault.ErrNotFound
		}
		one := []int64{int64(id)}
		all, err := standings(ctx, tx, one)
		if err != nil {
			return err
		}
		v.Standing = all[0]
		v.Notices, err = pg.All[Notice](ctx, tx, sqlNotices, pgx.NamedArgs{"villages": one})
		return err
	})
	if err != nil {
		return v, err
	}
	return v, s.record(ctx, who, id)
}

// record notes that somebody of the office opened a village.
func (s *Service) record(ctx context.Context, who actor.Actor, id actor.VillageID) error {
	return s.DB.AsSystem(ctx, "bureau.show", func(tx pg.Tx) error {
		tx.Who = who
		return audit.Office(ctx, tx, audit.Event{Verb: "bureau.show", Kind: "village", ID: strconv.FormatInt(int64(id), 10)})
	})
}
