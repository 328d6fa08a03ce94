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
where village_id = @village_id order by month desc limit 240`

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

// sqlSignatures leaves out who was disqualified before the month was posted (R4.1.7); what was posted stands.
const sqlSignatures = `-- signoff.signatures
select s.account_id, s.membership_id, s.name, s.kind, s.method, s.signed_at, s.entered_by, s.entered_name from signature s
join membership m on m.village_id = @village_id and m.id = s.membership_id
where s.village_id = @village_id and s.month = @month and s.revision = @revision and not (m.disqualified and @open) order by s.signed_at`

const sqlSign = `-- signoff.sign
insert into signature (village_id, month, revision, account_id, membership_id, name, kind, method, hash, drawing, signed_at, entered_by, entered_name)
values (@village_id, @month, @revision, @account, @membership, @name, @kind, @method, @hash, @drawing, @at, @entered_by, @entered_name)`

const sqlSeat = `-- signoff.seat
select kind from membership where village_id = @village_id and id = @membership and account_id = @account and kind is not null
  and ended_at is null and not disqualified and starts_on <= @today and (ends_on is null or ends_on >= @today)`

const sqlRelated = `-- signoff.related
select account_id, household_id from relative where village_id = @village_id and account_id = any(@accounts)
union
select account_id, household_id from membership where village_id = @village_id and account_id = any(@accounts) and household_id is not null
union
select account_id, household_id from member where village_id = @village_id and account_id = any(@accounts)`

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

// lines reads the sheet's lines from every source, in the order in which they are signed.
func (s *Service) lines(ctx context.Context, tx pg.Tx, m month.Month) (all []Line, err error) {
	for i, from := range s.Sources {
		got, err := from.Lines(ctx, tx, m)
		if err != nil {
			return nil, err
		}
		for _, l := range got {
			l.source = i
			all = append(all, l)
		}
	}
	sortLines(all)
	return all, extra(ctx, tx, all)
}

// extra marks the lines of open-value items with the signers that their rule version asks for besides (D7).
func extra(ctx context.Context, tx pg.Tx, all []Line) error {
	versions := map[int]map[string]int{}
	for i, l := range all {
		more, ok := versions[l.RuleVersion]
		if !ok {
			rules, err := rulebook.Version(ctx, tx, l.RuleVersion)
			if err != nil {
				return err
			}
			more = openItems(rules)
			versions[l.RuleVersion] = more
		}
		all[i].Extra = more[l.Item]
	}
	return nil
}

// openItems are those whose points the group itself sets, with the signers more than usual: one at least.
func openItems(rules rulebook.RuleSet) map[string]int {
	open := map[string]int{}
	for _, i := range rules.Items {
		if i.Tier == rulebook.Decided {
			open[i.Code] = max(rules.Settings.OpenExtraSigners, 1)
		}
	}
	return open
}

func (s *Service) exceptions(ctx context.Context, tx pg.Tx, m month.Month) (all []Exception, err error) {
	for _, from := range s.Sources {
		if e, ok := from.(Excepting); ok {
			got, err := e.Exceptions(ctx, tx, m)
			if err != nil {
				return nil, err
			}
			all = append(all, got...)
		}
	}
	return all, nil
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
func entry(tx pg.Tx, m month.Month, l Line) ledger.Entry {
	e := ledger.Entry{ID: pg.IDAt(tx.Now), HouseholdID: l.HouseholdID, SourceKind: l.Kind, SourceID: l.ID, Recorder: l.Recorder, Evidence: l.Evidence,
		Points: l.Points, Month: m, OccurredOn: l.OccurredOn, RuleVersion: l.RuleVersion, Kind: ledger.Award, Bucket: ledger.YearBucket,
		Scores: true, Item: l.Item}
	if l.Minus() {
		e.Kind = ledger.Deduction
	}
	if len(l.Deciders) > 0 {
		e.Reviewer = l.Deciders[0].Account
	}
	if l.MemberID != nil {
		e.MemberID = *l.MemberID
	}
	return e
}
