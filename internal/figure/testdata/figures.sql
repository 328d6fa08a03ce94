-- Every figure of one village and month, counted anew from the village's own rows, each by itself and in another
-- way than the worker does: $1 the village, $2 the month. Run it as a role that sees the rows (the owner):
--   psql -v ON_ERROR_STOP=1 -c "prepare figures(bigint, int) as $(cat figures.sql)" -c "execute figures(11, 202610)"
with v as (select $1::bigint as id, $2::int as m),
t as (select id, m, make_timestamptz(m / 100, m % 100, 1, 0, 0, 0, 'Asia/Shanghai') as a,
  make_timestamptz((m + 88 * (m % 100 / 12)) / 100, (m + 88 * (m % 100 / 12)) % 100 + 1, 1, 0, 0, 0, 'Asia/Shanghai') as z from v),
d as (select id, m, a, z, (a at time zone 'Asia/Shanghai')::date as a_on, (z at time zone 'Asia/Shanghai')::date as z_on from t),
home as (select h.* from household h, d where h.village_id = d.id and h.registered_on < d.z_on and coalesce(h.left_on, 'infinity') >= d.z_on),
line as (select e.* from ledger_entry e, d where e.village_id = d.id),
gone as (select reverses from line where kind = 5),
counted as (select l.* from line l where l.kind in (2, 3) and l.id not in (select reverses from gone)),
ruled as (select c.* from claim c, d where c.village_id = d.id and c.decided_at is not null and to_char(c.decided_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m),
printed as (select w.household_id from passbook_print_home w, passbook_print q, d where w.village_id = d.id and q.village_id = d.id and q.id = w.print_id and q.at < d.z)
select 'households' as figure, (select count(*) from home)::bigint as value
union all select 'outside', (select count(*) from home where residence = 'outside')
union all select 'party', (select count(*) from home where party)
union all select 'booked', (select count(*) from home where id in (select household_id from printed))
union all select 'members', (select count(*) from member x, d where x.village_id = d.id and x.created_at < d.z and not (x.state = 'left' and coalesce(x.left_on, '-infinity') < d.z_on))
union all select 'entered', (select count(*) from home where id in (select household_id from counted, d where counted.month / 100 = d.m / 100 and counted.month <= d.m))
union all select 'entered_party', (select count(*) from home where party and id in (select household_id from counted, d where counted.month / 100 = d.m / 100 and counted.month <= d.m))
union all select 'active', (select count(*) from (select distinct household_id from line, d where kind in (2, 3) and month = d.m) x)
union all select 'score', (select coalesce(sum(points), 0) from line, d where scores and month = d.m)
union all select 'score_party', (select coalesce(sum(points), 0) from line, d where scores and month = d.m and household_id in (select id from household h where h.village_id = d.id and h.party))
union all select 'claims', (select count(*) from claim c, d where c.village_id = d.id and to_char(c.recorded_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m)
union all select 'claims_self', (select count(*) from claim c, d where c.village_id = d.id and to_char(c.recorded_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m and c.channel = 'self')
union all select 'decided', (select count(*) from ruled)
union all select 'approved', (select count(*) from ruled where state in ('approved', 'posted'))
union all select 'rejected', (select count(*) from ruled where state = 'rejected')
union all select 'returned', (select count(*) from ruled where state = 'returned')
union all select 'wait_minutes', (select coalesce(round(sum(extract(epoch from decided_at - recorded_at)) / 60), 0)::bigint from ruled)
union all select 'pending', (select count(*) from claim c, d where c.village_id = d.id and c.recorded_at < d.z and c.state <> 'withdrawn' and coalesce(c.decided_at, 'infinity') >= d.z)
union all select 'found', (select count(*) from finding f, d where f.village_id = d.id and to_char(f.recorded_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m)
union all select 'righted', (select count(*) from finding f, d where f.village_id = d.id and f.outcome = 'put_right' and to_char(f.closed_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m)
union all select 'deductions', (select count(*) from line, d where kind = 3 and month = d.m)
union all select 'deducted', (select coalesce(sum(points), 0) from line, d where kind = 3 and month = d.m)
union all select 'objections', (select count(*) from objection o, d where o.village_id = d.id and to_char(o.filed_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m)
union all select 'objections_decided', (select count(*) from objection o, d where o.village_id = d.id and o.state in ('upheld', 'dismissed') and to_char(o.decided_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m)
union all select 'objections_upheld', (select count(*) from objection o, d where o.village_id = d.id and o.state = 'upheld' and to_char(o.decided_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m)
union all select 'objections_open', (select count(*) from objection o, d where o.village_id = d.id and o.filed_at < d.z and o.state <> 'withdrawn' and coalesce(o.decided_at, 'infinity') >= d.z)
union all select 'appeals', (select count(*) from appeal o, d where o.village_id = d.id and to_char(o.filed_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m)
union all select 'appeals_upheld', (select count(*) from appeal o, d where o.village_id = d.id and o.state = 'upheld' and to_char(o.decided_at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m)
union all select 'redemptions', (select count(*) from redemption r, d where r.village_id = d.id and to_char(r.at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m and r.cancelled_at is null)
union all select 'redeemed', (select coalesce(sum(points), 0) from redemption r, d where r.village_id = d.id and to_char(r.at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m and r.cancelled_at is null)
union all select 'redeemed_homes', (select count(*) from (select distinct household_id from redemption r, d where r.village_id = d.id and to_char(r.at at time zone 'Asia/Shanghai', 'YYYYMM')::int = d.m and r.cancelled_at is null) x)
union all select 'budget_fen', (select coalesce(sum(l.fen), 0) from budget b, budget_line l, d where b.village_id = d.id and l.village_id = d.id and l.budget_id = b.id and l.source = 0 and b.year = d.m / 100 and b.state = 'agreed'
  and b.number = (select max(number) from budget x where x.village_id = d.id and x.year = d.m / 100 and x.state = 'agreed'))
union all select 'spent_fen', (select coalesce(sum(p.fen), 0) from purchase p, d where p.cancelled_at is null and p.village_id = d.id and to_char(p.bought_on, 'YYYYMM')::int = d.m)
union all select 'begun', (select count(*) from (select 1 from sheet s, d where s.village_id = d.id and s.month <= d.m limit 1) x)
