package figure

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/tenants"
)

// settle is how long a transaction may take to become visible behind its own instant.
const settle = 3 * time.Minute

// most is how many months are gathered at once.
const most = 60

const sqlMark = `-- figure.mark
select as_of, rebuilt_at from figure_mark where village_id = @village_id for update`

const sqlStir = `-- figure.stir
select a.at from audit a where a.village_id = @village_id order by a.id desc limit 1`

const sqlTouched = `-- figure.touched
select distinct month from (
  select e.month from ledger_entry e where e.village_id = @village_id and e.at >= @since
  union all select s.month from sheet s where s.village_id = @village_id and (s.frozen_at >= @since or s.posted_at >= @since or s.published_at >= @since)
) t order by month`

const sqlFirst = `-- figure.first
select coalesce(least((select min(e.month) from ledger_entry e where e.village_id = @village_id),
  (select min(s.month) from sheet s where s.village_id = @village_id)), 0)::int`

const sqlProfile = `-- figure.profile
select settings from village where id = @village_id`

const sqlSetMark = `-- figure.set_mark
insert into figure_mark (village_id, as_of, rebuilt_at) values (@village_id, @now, @rebuilt)
on conflict (village_id) do update set as_of = excluded.as_of, rebuilt_at = excluded.rebuilt_at`

type mark struct{ AsOf, RebuiltAt time.Time }

// Refresh brings a village's figures up to now: the months under way, and those that a line or a sheet has touched
// since. Where nothing was done in the village only the stamp moves. Every change leaves its line in the log, so
// the newest line says whether there is anything to do.
func (s *Service) Refresh(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "figure.Refresh")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		m, err := pg.One[mark](ctx, tx, sqlMark, args(tx))
		if errors.Is(err, fault.ErrNotFound) || err == nil && m.AsOf.After(tx.Now) {
			return rebuild(ctx, tx)
		}
		if err != nil {
			return err
		}
		stirred, err := pg.Scalar[time.Time](ctx, tx, sqlStir, args(tx))
		if err != nil && !errors.Is(err, fault.ErrNotFound) {
			return err
		}
		since := m.AsOf.Add(-settle)
		this := month.Of(tx.Now)
		if stirred.Before(since) && month.Of(m.AsOf) == this {
			return setMark(ctx, tx, m.RebuiltAt)
		}
		a := args(tx)
		a["since"] = since
		touched, err := pg.Column[int32](ctx, tx, sqlTouched, a)
		if err != nil {
			return err
		}
		months := span(month.Of(since).Prev(), this)
		for _, t := range touched {
			if t := month.Month(t); t < this && !slices.Contains(months, t) {
				months = append(months, t)
			}
		}
		if err := gather(ctx, tx, months); err != nil {
			return err
		}
		return setMark(ctx, tx, m.RebuiltAt)
	})
}

// Rebuild makes all of a village's figures anew.
func (s *Service) Rebuild(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "figure.Rebuild")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error { return rebuild(ctx, tx) })
}

func rebuild(ctx context.Context, tx pg.Tx) error {
	first, err := pg.Scalar[int32](ctx, tx, sqlFirst, args(tx))
	if err != nil {
		return err
	}
	this := month.Of(tx.Now)
	from := month.Month(first)
	if !from.Valid() || from > this {
		from = this.Prev()
	}
	months := span(from, this)
	if err := gather(ctx, tx, months[max(0, len(months)-most):]); err != nil {
		return err
	}
	return setMark(ctx, tx, tx.Now)
}

// span is the months from one to another, both with them.
func span(from, to month.Month) (all []month.Month) {
	for m := from; m <= to; m = m.Next() {
		all = append(all, m)
	}
	return all
}

func args(tx pg.Tx) pgx.NamedArgs { return pgx.NamedArgs{"village_id": int64(tx.Village())} }

func setMark(ctx context.Context, tx pg.Tx, rebuilt time.Time) error {
	a := args(tx)
	a["now"], a["rebuilt"] = tx.Now, rebuilt
	_, err := tx.Exec(ctx, sqlSetMark, a)
	return err
}

// gather writes the figures of some months. Each statement is one look at the village: what is in it is what was
// committed when it began.
func gather(ctx context.Context, tx pg.Tx, months []month.Month) error {
	a := args(tx)
	p, err := pg.Scalar[tenants.Profile](ctx, tx, sqlProfile, a)
	if err != nil {
		return err
	}
	n := make([]int32, len(months))
	starts, ends := make([]time.Time, len(months)), make([]time.Time, len(months))
	from, to, dues := make([]time.Time, len(months)), make([]time.Time, len(months)), make([]time.Time, len(months))
	for i, m := range months {
		n[i], starts[i], ends[i] = int32(m), m.First(), m.End()
		from[i], to[i] = month.Date(m.First()), month.Date(m.End())
		dues[i] = to[i].AddDate(0, 0, max(p.Calendar.NoticeDay, 1)-1)
	}
	a["months"], a["starts"], a["ends"], a["from_days"], a["to_days"], a["dues"], a["now"] = n, starts, ends, from, to, dues, tx.Now
	for _, sql := range []string{sqlClear, sqlGather, sqlClearClasses, sqlClasses} {
		if _, err := tx.Exec(ctx, sql, a); err != nil {
			return err
		}
	}
	return nil
}

const sqlClear = `-- figure.clear
delete from figure where village_id = @village_id and month = any(@months::int[])`

const sqlGather = `-- figure.gather
insert into figure (village_id, month, households, outside, party, booked, members, entered, entered_party, active, score, score_party,
  claims, claims_self, decided, approved, rejected, returned, wait_minutes, pending, found, righted, deductions, deducted,
  objections, objections_decided, objections_upheld, objections_open, objections_late, appeals, appeals_upheld, redemptions, redeemed, redeemed_homes,
  budget_fen, spent_fen, begun, state, posted_at, published_at, due_on, as_of)
select @village_id, m.month, h.households, h.outside, h.party, h.booked, p.members, y.entered, y.entered_party, l.active, l.score, l.score_party,
  c.claims, c.claims_self, c.decided, c.approved, c.rejected, c.returned, c.wait_minutes, c.pending, f.found, f.righted, l.deductions, l.deducted,
  o.objections, o.objections_decided, o.objections_upheld, o.objections_open, o.objections_late, a.appeals, a.appeals_upheld, r.redemptions, r.redeemed, r.redeemed_homes,
  coalesce(b.budget_fen, 0), u.spent_fen, exists (select from sheet s0 where s0.village_id = @village_id and s0.month <= m.month), coalesce(s.state, 'open'), s.posted_at, s.published_at, m.due_on, @now
from unnest(@months::int[], @starts::timestamptz[], @ends::timestamptz[], @from_days::date[], @to_days::date[], @dues::date[]) as m(month, start_at, end_at, from_on, to_on, due_on)
cross join lateral (select count(*) as households, count(*) filter (where x.residence = 'outside') as outside, count(*) filter (where x.party) as party,
    count(*) filter (where k.household_id is not null) as booked
  from household x left join (select distinct w.household_id from passbook_print_home w join passbook_print q on q.village_id = @village_id and q.id = w.print_id
    where w.village_id = @village_id and q.at < m.end_at) k on k.household_id = x.id
  where x.village_id = @village_id and x.registered_on < m.to_on and (x.left_on is null or x.left_on >= m.to_on)) h
cross join lateral (select count(*) as members from member x where x.village_id = @village_id and (x.state = 'active' or x.left_on >= m.to_on) and x.created_at < m.end_at) p
cross join lateral (select count(distinct e.household_id) as entered, count(distinct e.household_id) filter (where x.party) as entered_party
  from ledger_entry e join household x on x.village_id = @village_id and x.id = e.household_id
  where e.village_id = @village_id and e.kind in (2, 3) and e.month between m.month / 100 * 100 + 1 and m.month
    and x.registered_on < m.to_on and (x.left_on is null or x.left_on >= m.to_on)
    and not exists (select from ledger_entry v where v.village_id = @village_id and v.kind = 5 and v.reverses = e.id)) y
cross join lateral (select count(distinct e.household_id) filter (where e.kind in (2, 3)) as active, coalesce(sum(e.points) filter (where e.scores), 0) as score,
    coalesce(sum(e.points) filter (where e.scores and x.party), 0) as score_party, count(*) filter (where e.kind = 3) as deductions,
    coalesce(sum(e.points) filter (where e.kind = 3), 0) as deducted
  from ledger_entry e join household x on x.village_id = @village_id and x.id = e.household_id where e.village_id = @village_id and e.month = m.month) l
cross join lateral (select count(*) filter (where x.recorded_at >= m.start_at) as claims, count(*) filter (where x.recorded_at >= m.start_at and x.channel = 'self') as claims_self,
    count(*) filter (where x.decided_at >= m.start_at and x.decided_at < m.end_at) as decided,
    count(*) filter (where x.decided_at >= m.start_at and x.decided_at < m.end_at and x.state in ('approved', 'posted')) as approved,
    count(*) filter (where x.decided_at >= m.start_at and x.decided_at < m.end_at and x.state = 'rejected') as rejected,
    count(*) filter (where x.decided_at >= m.start_at and x.decided_at < m.end_at and x.state = 'returned') as returned,
    coalesce(sum(extract(epoch from x.decided_at - x.recorded_at) / 60) filter (where x.decided_at >= m.start_at and x.decided_at < m.end_at), 0)::bigint as wait_minutes,
    count(*) filter (where x.state <> 'withdrawn' and (x.decided_at is null or x.decided_at >= m.end_at)) as pending
  from claim x where x.village_id = @village_id and x.recorded_at < m.end_at and (x.decided_at is null or x.decided_at >= m.start_at or x.recorded_at >= m.start_at)) c
cross join lateral (select count(*) filter (where x.recorded_at >= m.start_at and x.recorded_at < m.end_at) as found,
    count(*) filter (where x.outcome = 'put_right' and x.closed_at >= m.start_at and x.closed_at < m.end_at) as righted
  from finding x where x.village_id = @village_id) f
cross join lateral (select count(*) filter (where x.filed_at >= m.start_at) as objections,
    count(*) filter (where x.state in ('upheld', 'dismissed') and x.decided_at >= m.start_at and x.decided_at < m.end_at) as objections_decided,
    count(*) filter (where x.state = 'upheld' and x.decided_at >= m.start_at and x.decided_at < m.end_at) as objections_upheld,
    count(*) filter (where x.state <> 'withdrawn' and (x.decided_at is null or x.decided_at >= m.end_at)) as objections_open,
    count(*) filter (where x.state <> 'withdrawn' and (x.decided_at is null or x.decided_at >= m.end_at) and x.due_on < least(m.to_on, (@now at time zone 'Asia/Shanghai')::date)) as objections_late
  from objection x where x.village_id = @village_id and x.filed_at < m.end_at) o
cross join lateral (select count(*) filter (where x.filed_at >= m.start_at and x.filed_at < m.end_at) as appeals,
    count(*) filter (where x.state = 'upheld' and x.decided_at >= m.start_at and x.decided_at < m.end_at) as appeals_upheld
  from appeal x where x.village_id = @village_id) a
cross join lateral (select count(*) as redemptions, coalesce(sum(x.points), 0) as redeemed, count(distinct x.household_id) as redeemed_homes
  from redemption x where x.village_id = @village_id and x.at >= m.start_at and x.at < m.end_at and x.cancelled_at is null) r
left join lateral (select (select sum(n.fen) from budget_line n where n.village_id = @village_id and n.budget_id = x.id and n.source = 0) as budget_fen
  from budget x where x.village_id = @village_id and x.year = m.month / 100 and x.state = 'agreed' order by x.number desc limit 1) b on true
cross join lateral (select coalesce(sum(x.fen), 0) as spent_fen from purchase x where x.village_id = @village_id and x.cancelled_at is null and x.bought_on >= m.from_on and x.bought_on < m.to_on) u
left join sheet s on s.village_id = @village_id and s.month = m.month
on conflict (village_id, month) do nothing`

const sqlClearClasses = `-- figure.clear_classes
delete from figure_class where village_id = @village_id and month = any(@months::int[])`

const sqlClasses = `-- figure.classes
insert into figure_class (village_id, month, class, plus, times, homes, points)
select @village_id, e.month, i.body->>'class', e.kind = 2, count(*), count(distinct e.household_id), sum(e.points)
from ledger_entry e join rule_item i on i.village_id = @village_id and i.version = e.rule_version and i.code = e.item
where e.village_id = @village_id and e.month = any(@months::int[]) and e.kind in (2, 3)
  and not exists (select from ledger_entry v where v.village_id = @village_id and v.kind = 5 and v.reverses = e.id)
group by e.month, i.body->>'class', e.kind
on conflict (village_id, month, class, plus) do nothing`
