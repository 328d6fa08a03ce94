package ledger

import (
	"bytes"
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Report is what a check of one village's book found.
type Report struct {
	Entries  int64 // lines read
	Sealed   int64 // of them in the chain
	Blocks   int64
	Findings []string // Chinese, the first bad thing first; empty when all holds
}

const sqlDrift = `-- ledger.drift
select coalesce(b.household_id, s.household_id) as household_id
from (select household_id, base, year, score, honour, entries, cleared_year from balance where village_id = @village_id) b
full join (
  select e.household_id, sum(e.points) filter (where e.bucket = 1) as base, sum(e.points) filter (where e.bucket = 2) as year,
    sum(e.points) filter (where e.scores and extract(year from e.occurred_on) > c.cleared_year) as score,
    sum(e.points) filter (where e.scores) as honour, count(*) as entries
  from ledger_entry e left join balance c on c.village_id = @village_id and c.household_id = e.household_id
  where e.village_id = @village_id group by e.household_id
) s on s.household_id = b.household_id
where b.household_id is null or b.base <> coalesce(s.base, 0) or b.year <> coalesce(s.year, 0) or b.score <> coalesce(s.score, 0)
  or b.honour <> coalesce(s.honour, 0) or b.entries <> coalesce(s.entries, 0)
order by 1 limit 20`

const sqlReversals = `-- ledger.reversals
select r.id from ledger_entry r left join ledger_entry e on e.village_id = @village_id and e.id = r.reverses
where r.village_id = @village_id and r.kind = 5 and (e.id is null or e.points <> -r.points or e.household_id <> r.household_id or e.kind = 5)
order by 1 limit 20`

// sqlChains finds a deduction without its clearance, and a clearance by somebody who lives there or had declared
// a relative's home before (INV-77).
const sqlChains = `-- ledger.chains
select e.id from ledger_entry e left join clearance c on c.village_id = @village_id and c.id = e.source_id and c.household_id = e.household_id and c.points = e.points and c.item = e.item
where e.village_id = @village_id and e.kind = 3 and c.id is null
union
select c.id from clearance c where c.village_id = @village_id and (
  exists (select from relative r where r.village_id = @village_id and r.account_id in (c.first_by, c.second_by) and r.household_id = c.household_id and r.declared_at < c.cleared_at)
  or exists (select from membership m where m.village_id = @village_id and m.account_id in (c.first_by, c.second_by) and m.household_id = c.household_id and m.created_at < c.cleared_at))
order by 1 limit 20`

const sqlDisputes = `-- ledger.disputes
select b.household_id from balance b left join (
  select o.household_id, sum(e.points) as points from (
    select household_id, entry_id from objection where village_id = @village_id and state = 'open' and held
    union all
    select household_id, entry_id from appeal where village_id = @village_id and state = 'open' and held
  ) o join ledger_entry e on e.village_id = @village_id and e.id = o.entry_id group by o.household_id
) d on d.household_id = b.household_id
where b.village_id = @village_id and b.disputed <> coalesce(d.points, 0) order by 1 limit 20`

const sqlBlocks = `-- ledger.blocks
select seq, upto, entries, leaves, previous, hash from ledger_seal where village_id = @village_id order by seq`

const sqlCount = `-- ledger.count
select count(*) from ledger_entry where village_id = @village_id`

// Verify reads a village's whole book again: balances are the sums of their lines, each reversal mirrors one
// line, what is disputed is what is under objection, and the chain holds. tx only reads.
func Verify(ctx context.Context, tx pg.Tx) (r Report, err error) {
	defer fault.Wrap(&err, "ledger.Verify(%d)", tx.Village())
	args := pgx.NamedArgs{"village_id": int64(tx.Village())}
	if r.Entries, err = pg.Scalar[int64](ctx, tx, sqlCount, args); err != nil {
		return r, err
	}
	for _, check := range []struct{ sql, text string }{
		{sqlDrift, "户 %s：余额与流水之和不一致"},
		{sqlReversals, "冲正 %s：与原记录不对应"},
		{sqlChains, "减分 %s：整改评定的过程不完整，或评定人没有回避"},
		{sqlDisputes, "户 %s：异议中的分数与异议记录不一致"},
	} {
		ids, err := pg.Column[uuid.UUID](ctx, tx, check.sql, args)
		if err != nil {
			return r, err
		}
		for _, id := range ids {
			r.Findings = append(r.Findings, fmt.Sprintf(check.text, id))
		}
	}
	return r, chain(ctx, tx, &r)
}

// chain walks the blocks and names the first line that does not fit.
func chain(ctx context.Context, tx pg.Tx, r *Report) error {
	blocks, err := pg.All[block](ctx, tx, sqlBlocks, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if err != nil {
		return err
	}
	last := block{Hash: make([]byte, 32)}
	for _, b := range blocks {
		rows, err := span(ctx, tx, last.Upto, b.Upto)
		if err != nil {
			return err
		}
		want := seal(last, b.Upto, rows)
		if b.Seq != want.Seq || !bytes.Equal(b.Previous, want.Previous) || !bytes.Equal(b.Hash, want.Hash) {
			r.Findings = append(r.Findings, misfit(b, want, rows))
			return nil
		}
		r.Sealed += int64(b.Entries)
		r.Blocks++
		last = b
	}
	return nil
}

// misfit says where a block and the lines that it was made of part.
func misfit(b, now block, rows []row) string {
	if b.Seq != now.Seq {
		return fmt.Sprintf("哈希链：缺少第 %d 块", now.Seq)
	}
	for i, r := range rows {
		leaf := r.leaf()
		if (i+1)*leafSize > len(b.Leaves) {
			return fmt.Sprintf("哈希链：第 %d 块之后多出记录 %s", b.Seq, r.ID)
		}
		if !bytes.Equal(leaf[:leafSize], b.Leaves[i*leafSize:(i+1)*leafSize]) {
			return fmt.Sprintf("哈希链：第 %d 块第 %d 条被改动、删除或插入，从记录 %s 起不一致", b.Seq, i+1, r.ID)
		}
	}
	if len(rows) < b.Entries {
		return fmt.Sprintf("哈希链：第 %d 块少了 %d 条记录", b.Seq, b.Entries-len(rows))
	}
	return fmt.Sprintf("哈希链：第 %d 块的封存值被改动", b.Seq)
}
