package archive

import (
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/pg"
)

const sqlPlace = `-- archive.place
select v.id, v.code, v.name, v.kind, t.name as township, v.settings from village v join township t on t.id = v.township_id where v.id = @village_id`

// sqlUpto is where the sealed part of the book ends.
const sqlUpto = `-- archive.upto
select upto from ledger_seal where village_id = @village_id order by seq desc limit 1`

const sqlEntries = `-- archive.entries
select id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, at, points, month, occurred_on,
  rule_version, kind, bucket, scores, item
from ledger_entry where village_id = @village_id and id > @after and id < @upto order by id limit 20000`

const sqlMonthEntries = `-- archive.month_entries
select id, household_id, member_id, reverses, source_kind, source_id, recorder, reviewer, evidence, at, points, month, occurred_on,
  rule_version, kind, bucket, scores, item
from ledger_entry where village_id = @village_id and month = @first::integer order by id`

const sqlChain = `-- archive.chain
select seq, upto, entries, previous, hash, sealed_at from ledger_seal where village_id = @village_id and upto <= @upto order by seq`

// sqlBalances gives every balance as it stood at the end of the sealed lines: what stands now, less what came
// after, in one statement, so that no posting can slip between the two.
const sqlBalances = `-- archive.balances
select b.household_id, b.base - coalesce(sum(e.points) filter (where e.bucket = 1), 0) as base, b.year - coalesce(sum(e.points) filter (where e.bucket = 2), 0) as year,
  b.honour - coalesce(sum(e.points) filter (where e.scores), 0) as honour, b.entries - count(e.id) as entries
from balance b left join ledger_entry e on e.village_id = @village_id and e.household_id = b.household_id and e.id >= @upto
where b.village_id = @village_id group by b.household_id, b.base, b.year, b.honour, b.entries order by b.household_id`

// The heads of households are masked: who has the register knows them by their passbook's number.
const sqlHouseholds = `-- archive.households
select id, door, team, grid, left(head, greatest(char_length(head) - 1, 1)) || '*' as head, passbook_no, residence, registered_on, base_unlocks_on, state, left_on
from household where village_id = @village_id order by id`

const sqlRuleSets = `-- archive.rule_sets
select version, year, in_force_from, reason, base_points, settings, digest, created_at from rule_set
where village_id = @village_id and in_force_from < @to_day order by version`

const sqlRuleItems = `-- archive.rule_items
select i.version, i.code, i.position, i.body from rule_item i join rule_set r on r.village_id = @village_id and r.version = i.version
where i.village_id = @village_id and r.in_force_from < @to_day order by i.version, i.position, i.code`

const sqlAdoption = `-- archive.adoption
select s.draft_id, s.id, s.step, s.digest, s.held_on, s.place, s.eligible, s.present, s.agreed, s.minutes, s.by_name, s.at, d.rule_version
from adoption_step s join rule_draft d on d.village_id = @village_id and d.id = s.draft_id
where s.village_id = @village_id and d.started_at < @to order by s.draft_id, s.id`

const sqlClaims = `-- archive.claims
select id, household_id, item, parts, rule_version, points, occurred_on, proofs, source, channel, recorder, recorder_name, recorded_at, state,
  first_by_name, first_at, reviewer, reviewer_name, decided_at, reason, month, entry_id
from claim where village_id = @village_id and (month between @first::integer and @last::integer or month is null and occurred_on >= @from_day and occurred_on < @to_day) order by id`

const sqlRounds = `-- archive.rounds
select id, grid, month, rule_version, items, occurred_on, seed, state, opened_by_name, opened_at, closed_by_name, closed_at, homes, passes, digest
from inspection where village_id = @village_id and month between @first and @last order by id`

const sqlRoundHomes = `-- archive.round_homes
select h.inspection_id, h.household_id, h.failed, h.recorder_name, h.recorded_at from inspection_home h
join inspection i on i.village_id = @village_id and i.id = h.inspection_id
where h.village_id = @village_id and i.month between @first and @last order by h.inspection_id, h.household_id`

const sqlRoundConfirms = `-- archive.round_confirms
select c.inspection_id, c.number, c.name, c.confirmed_at, c.covers, c.leaves, c.month from inspection_confirm c
join inspection i on i.village_id = @village_id and i.id = c.inspection_id
where c.village_id = @village_id and i.month between @first and @last order by c.inspection_id, c.number`

// What would harm somebody at home, and what is never shown by cause, goes without its words.
const sqlFindings = `-- archive.findings
select f.id, f.household_id, f.item, f.parts, f.rule_version, f.points, f.occurred_on, f.found_at,
  case when f.private or coalesce(i.body->>'notice', '') in ('', 'X') then '' else f.matter end as matter, f.recorder_name, f.recorded_at, f.state, f.outcome, f.closed_at, f.month, f.entry_id
from finding f left join rule_item i on i.village_id = @village_id and i.version = f.rule_version and i.code = f.item
where f.village_id = @village_id and f.occurred_on >= @from_day and f.occurred_on < @to_day order by f.id`

const sqlVotes = `-- archive.votes
select v.finding_id, v.account_id, v.name, v.deduct, v.at from finding_vote v join finding f on f.village_id = @village_id and f.id = v.finding_id
where v.village_id = @village_id and f.occurred_on >= @from_day and f.occurred_on < @to_day order by v.finding_id, v.account_id`

const sqlClearances = `-- archive.clearances
select c.id, c.household_id, c.item, c.rule_version, c.full_points, c.points, c.due_on, c.issued_at, c.delivered_at, c.rechecked_at, c.recheck, c.heard_at, c.heard,
  c.first_by, c.first_at, c.second_by, c.second_at, c.cleared_at
from clearance c join finding f on f.village_id = @village_id and f.id = c.id
where c.village_id = @village_id and f.occurred_on >= @from_day and f.occurred_on < @to_day order by c.id`

// sqlPartReason is why an objection or an appeal was answered so, without words where they are about what could harm
// somebody at home.
const sqlPartReason = `case when exists (select from finding f where f.village_id = @village_id and f.entry_id = o.entry_id and f.private) then '' else o.reason end as reason`

const sqlObjections = `-- archive.objections
select id, household_id, entry_id, channel, filed_by_name, filed_at, due_on, state, decided_by_name, decided_at, ` + sqlPartReason + ` from objection o
where village_id = @village_id and filed_at >= @from and filed_at < @to order by id`

const sqlAppeals = `-- archive.appeals
select id, objection_id, household_id, entry_id, channel, filed_by_name, filed_at, due_on, state, decided_by_name, decided_at, ` + sqlPartReason + ` from appeal o
where village_id = @village_id and filed_at >= @from and filed_at < @to order by id`

const sqlRedemptions = `-- archive.redemptions
select id, household_id, goods_id, goods_name, quantity, points, passbook_balance, left(receiver, greatest(char_length(receiver) - 1, 1)) || '*' as receiver,
  sha256(signature) as signature_sha256, desk_name, at, entry_id, cancelled_at, cancel_reason
from redemption where village_id = @village_id and at >= @from and at < @to order by id`

const sqlEvidence = `-- archive.evidence
select e.id, e.sha256, e.bytes, e.uploaded_at, e.claim_id, e.holder_id, e.home, e.removed_at from evidence e
left join claim c on c.village_id = @village_id and c.id = e.claim_id
where e.village_id = @village_id and (e.claim_id is not null or e.holder_id is not null)
  and (c.month between @first::integer and @last::integer or c.month is null and e.uploaded_at >= @from and e.uploaded_at < @to) order by e.id`

const sqlSheets = `-- archive.sheets
select month from sheet where village_id = @village_id and month between @first and @last and state in ('posted', 'published') order by month`

const sqlSheet = `-- archive.sheet
select s.month, s.revision, s.state, s.lines, s.points, s.hash, s.frozen_by, s.frozen_at, s.posted_at, s.published_at,
  (select count(*) from signature g where g.village_id = @village_id and g.month = s.month and g.revision = s.revision) as signatures
from sheet s where s.village_id = @village_id and s.month = @month`

const sqlSignatures = `-- archive.signatures
select g.account_id, g.membership_id, g.name, g.kind, g.method, g.hash, g.signed_at, sha256(g.drawing) as drawing_sha256 from signature g
join sheet s on s.village_id = @village_id and s.month = g.month and s.revision = g.revision
where g.village_id = @village_id and g.month = @month order by g.account_id`

const sqlDrawings = `-- archive.drawings
select g.account_id, g.drawing from signature g join sheet s on s.village_id = @village_id and s.month = g.month and s.revision = g.revision
where g.village_id = @village_id and g.month = @month and length(g.drawing) > 0 order by g.account_id`

const sqlNotices = `-- archive.notices
select number, page, a4, a3 from notice where village_id = @village_id and month = @month order by number`

const sqlNotice = `-- archive.notice
select month, number, title, published_at, object_until, down_on, households, plus, minus, spent, classes, root from notice
where village_id = @village_id and month = @month and number = @number`

const sqlNoticeLines = `-- archive.notice_lines
select position, door, head, carried, plus, minus, spent, total from notice_line
where village_id = @village_id and month = @month and number = @number order by position`

const sqlAsk = `-- archive.ask
insert into archive (village_id, id, period, state, asked_by, asked_name, asked_at) values (@village_id, @id, @period, 'waiting', @by, @name, @now)`

const sqlBusy = `-- archive.busy
select exists (select from archive where village_id = @village_id and period = @period and state in ('waiting', 'working') and asked_at > @since)`

const sqlFind = `-- archive.find
select id, period, state, step, steps, doing, key, bytes, files, digest, asked_name, asked_at, made_at from archive
where village_id = @village_id and id = @id`

const sqlList = `-- archive.list
select id, period, state, step, steps, doing, key, bytes, files, digest, asked_name, asked_at, made_at from archive
where village_id = @village_id and (@period::integer = 0 or period = @period or period / 100 = @period) order by id desc limit @rows`

// sqlAway asks whether the pack holds what could harm somebody at a home that is the reader's own or a relative's: its
// words are not in it, but the book that it proves has the item.
const sqlAway = `-- archive.away
select exists (select from finding f where f.village_id = @village_id and f.private and (f.month between @first::integer and @last::integer or f.occurred_on >= @from_day and f.occurred_on < @to_day)
  and (exists (select from membership o where o.village_id = @village_id and o.account_id = @me and o.household_id = f.household_id)
    or exists (select from member o where o.village_id = @village_id and o.account_id = @me and o.household_id = f.household_id)
    or exists (select from relative o where o.village_id = @village_id and o.account_id = @me and o.household_id = f.household_id)))`

const sqlStep = `-- archive.step
update archive set state = 'working', step = @step, steps = @steps, doing = @doing where village_id = @village_id and id = @id and state <> 'done'`

const sqlDone = `-- archive.done
update archive set state = 'done', step = steps, doing = '', key = @key, bytes = @bytes, files = @files, digest = @digest, made_at = @now
where village_id = @village_id and id = @id and state <> 'done'`

const sqlFailed = `-- archive.failed
update archive set state = 'failed', doing = @doing where village_id = @village_id and id = @id and state <> 'done'`

// span are the arguments of everything that a period's pack reads.
func (p Period) span(tx pg.Tx) pgx.NamedArgs {
	from, to := p.bounds()
	first, last := month.Of(from), month.Of(to.Add(-time.Hour))
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "from": from, "to": to, "from_day": month.Date(from), "to_day": month.Date(to),
		"first": int32(first), "last": int32(last)}
}

func one(tx pg.Tx, id uuid.UUID) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "now": tx.Now}
}
