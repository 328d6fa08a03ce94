package app

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
)

// Report is what a reading of everything again found.
type Report struct {
	Villages, Entries, Sealed, Photos, Jobs int64
	Findings                                []string // Chinese; empty when all fits
}

// checks are single statements whose rows are findings.
var checks = []struct{ sql, text string }{
	{sqlPostedWithoutEntry, "申报 %s 已入账，但台账里没有这一笔或分数不同"},
	{sqlEntryWithoutClaim, "台账 %s 没有对应的已入账申报"},
	{sqlRedemptionApart, "兑换 %s 与台账不一致"},
	{sqlStockApart, "物资 %s 的库存与出入库明细合计不一致"},
	{sqlHeldApart, "住户 %s 的预留积分与待领取的预留、待入账的转赠不一致"},
	{sqlGiftApart, "转赠 %s 与两家的流水不一致"},
	{sqlOpeningApart, "旧存折结转 %s 与流水不一致"},
	{sqlUnsigned, "月份 %s 已入账，但签字的内容与签字表不一致或没有签字"},
	{sqlLateJobs, "任务 %s 超过五分钟没有办完"},
}

const sqlPostedWithoutEntry = `-- app.posted_without_entry
select c.id::text from claim c left join ledger_entry e on e.village_id = @village_id and e.source_kind = 2 and e.source_id = c.id
where c.village_id = @village_id and c.state = 'posted' and (e.id is null or e.id <> c.entry_id or e.points <> c.points or e.household_id <> c.household_id)
limit 20`

const sqlEntryWithoutClaim = `-- app.entry_without_claim
select e.id::text from ledger_entry e left join claim c on c.village_id = @village_id and c.id = e.source_id and c.state = 'posted'
where e.village_id = @village_id and e.source_kind = 2 and c.id is null limit 20`

const sqlRedemptionApart = `-- app.redemption_apart
select coalesce(r.id, e.source_id)::text from (select id, entry_id, household_id, points from redemption where village_id = @village_id) r
full join (select l.id, l.source_id, l.household_id, l.points + coalesce((select b.points from ledger_entry b where b.village_id = @village_id and b.source_kind = 11
  and b.source_id = l.source_id), 0) as points from ledger_entry l where l.village_id = @village_id and l.source_kind = 3) e on e.source_id = r.id
where r.id is null or e.id is null or e.id <> r.entry_id or e.points <> -r.points or e.household_id <> r.household_id limit 20`

const sqlStockApart = `-- app.stock_apart
select g.code from goods g where g.village_id = @village_id
  and g.stock <> (select coalesce(sum(l.quantity), 0) from stock_line l where l.village_id = @village_id and l.goods_id = g.id) limit 20`

const sqlHeldApart = `-- app.held_apart
select b.household_id::text from balance b where b.village_id = @village_id
  and b.held <> (select coalesce(sum(o.points), 0) from shop_order o where o.village_id = @village_id and o.household_id = b.household_id and o.state = 'held')
    + (select coalesce(sum(g.points), 0) from gift g where g.village_id = @village_id and g.giver = b.household_id and g.state = 'waiting') limit 20`

const sqlGiftApart = `-- app.gift_apart
select coalesce(g.id, e.source_id)::text from (select id, out_entry as entry, giver as home, -points as points from gift where village_id = @village_id and out_entry is not null
  union all select id, in_entry, taker, points from gift where village_id = @village_id and in_entry is not null) g
full join (select id, source_id, household_id, points from ledger_entry where village_id = @village_id and source_kind = 7) e on e.id = g.entry
where g.id is null or e.id is null or e.household_id <> g.home or e.points <> g.points limit 20`

const sqlOpeningApart = `-- app.opening_apart
select coalesce(o.id, e.source_id)::text from (select id, entry_id, household_id, points from opening where village_id = @village_id and entry_id is not null) o
full join (select id, source_id, household_id, points from ledger_entry where village_id = @village_id and source_kind = 9) e on e.source_id = o.id
where o.id is null or e.id is null or e.id <> o.entry_id or e.household_id <> o.household_id or e.points <> o.points limit 20`

const sqlUnsigned = `-- app.unsigned
select s.month::text from sheet s
where s.village_id = @village_id and s.state in ('posted', 'published')
  and not exists (select from signature g where g.village_id = @village_id and g.month = s.month and g.revision = s.revision and g.hash = s.hash)
limit 20`

const sqlLateJobs = `-- app.late_jobs
select kind || '/' || dedupe from outbox where village_id = @village_id and state in (0, 1) and due_at < @late::timestamptz and attempts = 0 limit 20`

const sqlTotals = `-- app.totals
select (select count(*) from evidence where village_id = @village_id) as photos, (select count(*) from outbox where village_id = @village_id) as jobs`

const sqlKeys = `-- app.evidence_keys
select id, key from evidence where village_id = @village_id and removed_at is null`

// Verify reads every village again: every acknowledged deed is there, once; balances are sums; the chain
// holds; what was posted was signed; each row of a photo has its object and each object its row.
func (a *App) Verify(ctx context.Context) (r Report, err error) {
	villages, err := a.DB.Villages(ctx)
	if err != nil {
		return r, err
	}
	for _, v := range villages {
		if err := a.verifyVillage(ctx, v, &r); err != nil {
			return r, fmt.Errorf("village %d: %w", v, err)
		}
		r.Villages++
	}
	return r, nil
}

func (a *App) verifyVillage(ctx context.Context, v int64, r *Report) error {
	return a.DB.Across(ctx, "verify", []int64{v}, func(tx pg.Tx) error {
		tx.Who.Village = actor.VillageID(v)
		book, err := ledger.Verify(ctx, tx)
		if err != nil {
			return err
		}
		r.Entries, r.Sealed = r.Entries+book.Entries, r.Sealed+book.Sealed
		add := func(text string) { r.Findings = append(r.Findings, fmt.Sprintf("村 %d：%s", v, text)) }
		for _, f := range book.Findings {
			add(f)
		}
		args := pgx.NamedArgs{"village_id": v, "late": tx.Now.Add(-lateJob)}
		for _, c := range checks {
			ids, err := pg.Column[string](ctx, tx, c.sql, args)
			if err != nil {
				return err
			}
			for _, id := range ids {
				add(fmt.Sprintf(c.text, id))
			}
		}
		totals, err := pg.One[struct{ Photos, Jobs int64 }](ctx, tx, sqlTotals, args)
		if err != nil {
			return err
		}
		r.Photos, r.Jobs = r.Photos+totals.Photos, r.Jobs+totals.Jobs
		return a.objects(ctx, tx, add)
	})
}

// objects compares the rows of photos with what the object store holds.
func (a *App) objects(ctx context.Context, tx pg.Tx, add func(string)) error {
	rows, err := pg.All[struct {
		ID  uuid.UUID
		Key string
	}](ctx, tx, sqlKeys, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for info, err := range a.Blobs.List(ctx, tx.Village()) {
		if err != nil {
			return err
		}
		have[info.Key.String()] = true
	}
	for _, row := range rows {
		if !have[row.Key] {
			add(fmt.Sprintf("照片 %s 的文件不见了", row.ID))
		}
	}
	return nil
}
