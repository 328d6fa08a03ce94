package watch

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/tenants"
)

// span is how many days the watch looks back.
const span = 92

const sqlHomes = `-- watch.homes
select h.residence || case when h.party then '+' else '-' end || least((m.n + 1) / 2, 3) as stratum,
  exists (select from relative r where r.village_id = @village_id and r.household_id = h.id)
    or exists (select from membership s where s.village_id = @village_id and s.household_id = h.id and s.role in ('lead', 'committee', 'grid')) as kin,
  coalesce((select sum(e.points) from ledger_entry e where e.village_id = @village_id and e.household_id = h.id and e.kind in (2, 3, 5) and e.scores and e.at >= @from_at and e.at < @to_at), 0)::bigint as points
from household h cross join lateral (select count(*) as n from member x where x.village_id = @village_id and x.household_id = h.id and x.state = 'active') m
where h.village_id = @village_id and h.state = 'active'`

const sqlApprovals = `-- watch.approvals
select c.recorder, c.recorder_name, c.reviewer, c.reviewer_name, (c.decided_at at time zone 'Asia/Shanghai')::date as on, c.channel in ('grid', 'batch') as staff,
  c.source <> '' or exists (select from evidence p where p.village_id = @village_id and p.claim_id = c.id) or exists (select from evidence p where p.village_id = @village_id and p.holder_id = c.id) as proven
from claim c where c.village_id = @village_id and c.state in ('approved', 'posted') and c.reviewer is not null and c.decided_at >= @from_at and c.decided_at < @to_at`

const sqlProfile = `-- watch.profile
select settings from village where id = @village_id`

const sqlKeep = `-- watch.keep
insert into watch (village_id, statistic, flagged, body, from_on, to_on, counted_at)
select @village_id::bigint, f.statistic, f.flagged, f.body, @from::date, @to::date, @now::timestamptz
from unnest(@statistics::text[], @flags::boolean[], @bodies::jsonb[]) as f(statistic, flagged, body)
on conflict (village_id, statistic) do update set flagged = excluded.flagged, body = excluded.body, from_on = excluded.from_on, to_on = excluded.to_on, counted_at = excluded.counted_at`

// Count counts every statistic of a village over the last three months and keeps them.
func (s *Service) Count(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "watch.Count")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		to := month.Date(tx.Now)
		from := to.AddDate(0, 0, -span)
		a := pgx.NamedArgs{"village_id": int64(tx.Village()), "from_at": month.Day(tx.Now).AddDate(0, 0, -span), "to_at": month.Day(tx.Now), "from": from, "to": to, "now": tx.Now}
		p, err := pg.Scalar[tenants.Profile](ctx, tx, sqlProfile, a)
		if err != nil {
			return err
		}
		homes, err := pg.All[Home](ctx, tx, sqlHomes, a)
		if err != nil {
			return err
		}
		approvals, err := pg.All[Approval](ctx, tx, sqlApprovals, a)
		if err != nil {
			return err
		}
		all := []Finding{OfRelatives(homes), OfBare(approvals), OfPairs(approvals), OfSpike(approvals, from, to, p.Calendar.RedemptionDay), OfShare(approvals)}
		statistics, flags := make([]string, len(all)), make([]bool, len(all))
		for n, f := range all {
			statistics[n], flags[n] = string(f.Statistic), f.Flagged
		}
		a["statistics"], a["flags"], a["bodies"] = statistics, flags, all
		_, err = tx.Exec(ctx, sqlKeep, a)
		return err
	})
}

// Row is one statistic of one village.
type Row struct {
	VillageID actor.VillageID
	Village   string
	Statistic Statistic
	Flagged   bool
	Finding   Finding `db:"body"`
	FromOn    time.Time
	ToOn      time.Time
	CountedAt time.Time
	Open      int // matters of fairness that the village still has to answer
}

const sqlList = `-- watch.list
select w.village_id, v.name as village, w.statistic, w.flagged, w.body, w.from_on, w.to_on, w.counted_at,
  (select count(*) from matter m where m.village_id = any(@villages) and m.village_id = w.village_id and m.kind = 'fairness' and m.state in ('open', 'answered'))::int as open
from watch w join village v on v.id = w.village_id where w.village_id = any(@villages) order by w.village_id, w.statistic`

// Filter narrows the list.
type Filter struct {
	Statistic Statistic
	Village   actor.VillageID
	Flagged   bool
	Search    string // in the village's name
}

// List reads the statistics of the township's villages: those worth asking about first.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (kept []Row, err error) {
	defer fault.Wrap(&err, "watch.List")
	if who.Role != actor.Bureau {
		return nil, fault.ErrNotFound
	}
	var all []Row
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		all, err = pg.All[Row](ctx, tx, sqlList, pgx.NamedArgs{"villages": villages})
		return err
	})
	for _, flagged := range []bool{true, false} {
		for _, r := range all {
			if r.Flagged == flagged && (f.Statistic == "" || r.Statistic == f.Statistic) && (f.Village == 0 || r.VillageID == f.Village) && (!f.Flagged || flagged) && strings.Contains(r.Village, f.Search) {
				kept = append(kept, r)
			}
		}
	}
	return kept, err
}
