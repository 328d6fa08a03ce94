package signoff

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

const sqlOpenSheet = `-- signoff.open
insert into sheet (village_id, month, state) values (@village_id, @month, 'open') on conflict (village_id, month) do nothing`

const sqlLockSheet = `-- signoff.lock
select month, revision, state, lines, points, hash, frozen_by, frozen_at, posted_at, published_at from sheet
where village_id = @village_id and month = @month for update`

const sqlSheet = `-- signoff.sheet
select month, revision, state, lines, points, hash, frozen_by, frozen_at, posted_at, published_at from sheet
where village_id = @village_id and month = @month`

const sqlSheets = `-- signoff.sheets
select month, revision, state, lines, points, hash, frozen_by, frozen_at, posted_at, published_at from sheet
where village_id = @village_id order by month desc limit 36`

const sqlSaveSheet = `-- signoff.save
update sheet set revision = @revision, state = @state, lines = @lines, points = @points, hash = @hash, frozen_by = @frozen_by, frozen_at = @frozen_at,
  posted_at = @posted_at
where village_id = @village_id and month = @month`

const sqlTurn = `-- signoff.turn
select id from village where id = @village_id for no key update`

const sqlOrder = `-- signoff.order
select month from sheet
where village_id = @village_id and (month < @month and state in ('open', 'signing') or month > @month and state <> 'open')
order by month limit 1`

// sqlTake puts the approved claims of the month, and those left over from months before, on the sheet.
const sqlTake = `-- signoff.take
update claim set month = @month where village_id = @village_id and state = 'approved' and month is null and occurred_on < @end`

const sqlGiveBack = `-- signoff.give_back
update claim set month = null where village_id = @village_id and month = @month and state = 'approved'`

const sqlLines = `-- signoff.lines
select c.id as claim_id, c.household_id, h.door, h.head, c.member_id, c.item, c.rule_version, c.points, c.occurred_on, c.recorder, c.recorder_name,
  c.reviewer, c.reviewer_name, (select count(*) from evidence e where e.village_id = @village_id and e.claim_id = c.id) as photos
from claim c join household h on h.village_id = @village_id and h.id = c.household_id
where c.village_id = @village_id and c.month = @month and c.state in ('approved', 'posted')
order by c.id`

// sqlSignatures leaves out who was disqualified before the month was posted (R4.1.7); what was posted stands.
const sqlSignatures = `-- signoff.signatures
select s.account_id, s.membership_id, s.name, s.kind, s.method, s.signed_at from signature s
join membership m on m.village_id = @village_id and m.id = s.membership_id
where s.village_id = @village_id and s.month = @month and s.revision = @revision and not (m.disqualified and @open) order by s.signed_at`

const sqlSign = `-- signoff.sign
insert into signature (village_id, month, revision, account_id, membership_id, name, kind, method, hash, drawing, signed_at)
values (@village_id, @month, @revision, @account, @membership, @name, @kind, @method, @hash, @drawing, @at)`

const sqlSeat = `-- signoff.seat
select kind from membership where village_id = @village_id and id = @membership and account_id = @account and kind is not null
  and ended_at is null and not disqualified and starts_on <= @today and (ends_on is null or ends_on >= @today)`

const sqlRelated = `-- signoff.related
select account_id, household_id from relative where village_id = @village_id and account_id = any(@accounts)
union
select account_id, household_id from membership where village_id = @village_id and account_id = any(@accounts) and household_id is not null
union
select account_id, household_id from member where village_id = @village_id and account_id = any(@accounts)`

const sqlPosted = `-- signoff.posted
update claim c set state = 'posted', entry_id = p.entry from unnest(@claims::uuid[], @entries::uuid[]) as p(claim, entry)
where c.village_id = @village_id and c.id = p.claim`

const sqlSettings = `-- signoff.settings
select coalesce((settings->'quorum'->>'signers')::int, 0) as signers, coalesce((settings->'quorum'->>'per_line')::int, 0) as per_line
from village where id = @village_id`

func args(tx pg.Tx, m month.Month) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(m)}
}

// lock opens the month's sheet if need be and holds it.
func lock(ctx context.Context, tx pg.Tx, m month.Month) (Sheet, error) {
	if _, err := tx.Exec(ctx, sqlOpenSheet, args(tx, m)); err != nil {
		return Sheet{}, err
	}
	return pg.One[Sheet](ctx, tx, sqlLockSheet, args(tx, m))
}

func save(ctx context.Context, tx pg.Tx, s Sheet) error {
	a := args(tx, s.Month)
	a["revision"], a["state"], a["lines"], a["points"], a["hash"] = s.Revision, s.State, s.Lines, s.Points, s.Hash
	a["frozen_by"], a["frozen_at"], a["posted_at"] = s.FrozenBy, s.FrozenAt, s.PostedAt
	_, err := tx.Exec(ctx, sqlSaveSheet, a)
	return err
}

// lines reads the sheet's lines and marks those of open-value items.
func lines(ctx context.Context, tx pg.Tx, m month.Month) ([]Line, error) {
	all, err := pg.All[Line](ctx, tx, sqlLines, args(tx, m))
	if err != nil {
		return nil, err
	}
	open := map[int]map[string]bool{}
	for i, l := range all {
		if open[l.RuleVersion] == nil {
			rules, err := rulebook.Version(ctx, tx, l.RuleVersion)
			if err != nil {
				return nil, err
			}
			open[l.RuleVersion] = openItems(rules)
		}
		all[i].Open = open[l.RuleVersion][l.Item]
	}
	return all, nil
}

func openItems(rules rulebook.RuleSet) map[string]bool {
	open := map[string]bool{}
	for _, i := range rules.Items {
		if i.Tier == rulebook.Decided {
			open[i.Code] = true
		}
	}
	return open
}

func signatures(ctx context.Context, tx pg.Tx, s Sheet) ([]Signature, error) {
	a := args(tx, s.Month)
	a["revision"], a["open"] = s.Revision, s.State == Signing
	return pg.All[Signature](ctx, tx, sqlSignatures, a)
}

// related maps signers to the homes that they must stay away from.
func related(ctx context.Context, tx pg.Tx, signed []Signature) (map[uuid.UUID]map[uuid.UUID]bool, error) {
	var accounts []uuid.UUID
	for _, s := range signed {
		accounts = append(accounts, s.AccountID)
	}
	rows, err := pg.All[struct{ AccountID, HouseholdID uuid.UUID }](ctx, tx, sqlRelated, pgx.NamedArgs{"village_id": int64(tx.Village()), "accounts": accounts})
	out := map[uuid.UUID]map[uuid.UUID]bool{}
	for _, r := range rows {
		if out[r.AccountID] == nil {
			out[r.AccountID] = map[uuid.UUID]bool{}
		}
		out[r.AccountID][r.HouseholdID] = true
	}
	return out, err
}

func quorum(ctx context.Context, tx pg.Tx) (Quorum, error) {
	q, err := pg.One[Quorum](ctx, tx, sqlSettings, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if q.Signers == 0 {
		q.Signers = DefaultQuorum.Signers
	}
	if q.PerLine == 0 {
		q.PerLine = DefaultQuorum.PerLine
	}
	return q, err
}

// entry is what a line puts into the book.
func entry(tx pg.Tx, m month.Month, l Line, proof []byte) ledger.Entry {
	e := ledger.Entry{ID: pg.IDAt(tx.Now), HouseholdID: l.HouseholdID, SourceKind: ledger.FromClaim, SourceID: l.ClaimID, Recorder: l.Recorder,
		Reviewer: l.Reviewer, Evidence: proof, Points: l.Points, Month: m, OccurredOn: l.OccurredOn, RuleVersion: l.RuleVersion,
		Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true, Item: l.Item}
	if l.MemberID != nil {
		e.MemberID = *l.MemberID
	}
	return e
}
