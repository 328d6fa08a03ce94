package finding

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

const columns = `select id, household_id, member_id, item, parts, rule_version, points, occurred_on, found_at, place, matter, basis, proofs, evidence, private, minor,
  recorder, recorder_name, recorded_at, state, outcome, outcome_note, closed_at, month, entry_id, version
from finding where village_id = @village_id and id = @id`

const (
	sqlFind = `-- finding.find
` + columns
	sqlLock = `-- finding.lock
` + columns + ` for update`
)

const sqlInsert = `-- finding.insert
insert into finding (village_id, id, household_id, member_id, item, parts, rule_version, points, occurred_on, found_at, place, matter, basis, proofs, evidence,
  private, minor, recorder, recorder_name, recorded_at, state)
values (@village_id, @id, @household, @member, @item, @parts, @rule_version, @points, @occurred_on, @found_at, @place, @matter, @basis, @proofs, @evidence,
  @private, @minor, @recorder, @recorder_name, @recorded_at, @state)`

const sqlReport = `-- finding.report
insert into finding_report (village_id, finding_id, reporter) values (@village_id, @id, @reporter)`

const sqlReporter = `-- finding.reporter
select reporter from finding_report where village_id = @village_id and finding_id = @id`

const sqlSave = `-- finding.save
update finding set state = @state, outcome = @outcome, outcome_note = @note, closed_at = @closed, version = version + 1 where village_id = @village_id and id = @id`

const sqlNotice = `-- finding.notice
select demand, help, contact, due_on, issued_by, issued_by_name, issued_at from finding_notice where village_id = @village_id and finding_id = @id`

const sqlInsertNotice = `-- finding.insert_notice
insert into finding_notice (village_id, finding_id, demand, help, contact, due_on, issued_by, issued_by_name, issued_at)
values (@village_id, @id, @demand, @help, @contact, @due, @by, @name, @at)`

const sqlDeliveries = `-- finding.deliveries
select id, method, receiver, by_name, at from finding_delivery where village_id = @village_id and finding_id = @id order by at, id`

const sqlInsertDelivery = `-- finding.insert_delivery
insert into finding_delivery (village_id, finding_id, id, method, receiver, by_account, by_name, at)
values (@village_id, @finding, @id, @method, @receiver, @by, @name, @at)`

const sqlRecheck = `-- finding.recheck
select result, note, by_name, at from finding_recheck where village_id = @village_id and finding_id = @id`

const sqlInsertRecheck = `-- finding.insert_recheck
insert into finding_recheck (village_id, finding_id, result, note, evidence, by_account, by_name, at)
values (@village_id, @id, @result, @note, @evidence, @by, @name, @at)`

const sqlStatement = `-- finding.statement
select how, words, taken_name, at from finding_statement where village_id = @village_id and finding_id = @id`

const sqlInsertStatement = `-- finding.insert_statement
insert into finding_statement (village_id, finding_id, how, words, taken_by, taken_name, at)
values (@village_id, @id, @how, @words, @by, @name, @at)`

const sqlVotes = `-- finding.votes
select v.account_id, v.name, v.deduct, v.reason, v.at,
  exists (select from membership m where m.village_id = @village_id and m.account_id = v.account_id and m.household_id = f.household_id)
  or exists (select from member m where m.village_id = @village_id and m.account_id = v.account_id and m.household_id = f.household_id)
  or exists (select from relative r where r.village_id = @village_id and r.account_id = v.account_id and r.household_id = f.household_id)
  or exists (select from recheck_line l join recheck c on c.village_id = @village_id and c.id = l.recheck_id
    where l.village_id = @village_id and l.kind = 3 and l.subject_id = v.finding_id and l.state = 'corrected' and c.account_id = v.account_id) as void
from finding_vote v join finding f on f.village_id = @village_id and f.id = v.finding_id
where v.village_id = @village_id and v.finding_id = @id order by v.at, v.account_id`

const sqlInsertVote = `-- finding.insert_vote
insert into finding_vote (village_id, finding_id, account_id, recorder, membership_id, name, deduct, reason, at)
values (@village_id, @id, @by, @recorder, @membership, @name, @deduct, @reason, @at)`

// sqlSeat is the seat in the group from which the person decides.
const sqlSeat = `-- finding.seat
select count(*) from membership where village_id = @village_id and id = @membership and account_id = @by and kind is not null and ended_at is null
  and not disqualified and starts_on <= @today and (ends_on is null or ends_on >= @today)`

const sqlInsertClearance = `-- finding.clear
insert into clearance (village_id, id, household_id, item, rule_version, evidence, full_points, points, due_on, issued_at, delivery_id, delivered_at,
  rechecked_at, recheck, heard_at, heard, first_by, first_at, second_by, second_at, deduct, cleared_at)
values (@village_id, @id, @household, @item, @rule_version, @evidence, @full, @points, @due, @issued, @delivery, @delivered,
  @rechecked, @recheck, @heard_at, @heard, @first, @first_at, @second, @second_at, true, @now)`

func by(tx pg.Tx, id uuid.UUID) pgx.NamedArgs {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "name": tx.Who.Name, "at": tx.Now, "by": nil}
	if tx.Who.Account != uuid.Nil {
		a["by"] = tx.Who.Account
	}
	return a
}

func insert(ctx context.Context, tx pg.Tx, f Finding, reporter string) error {
	a := by(tx, f.ID)
	a["household"], a["member"], a["item"], a["parts"], a["rule_version"], a["points"] = f.HouseholdID, f.MemberID, f.Item, f.Parts, f.RuleVersion, f.Points
	a["occurred_on"], a["found_at"], a["place"], a["matter"], a["basis"], a["proofs"] = month.Date(f.OccurredOn), f.FoundAt, f.Place, f.Matter, f.Basis, f.Proofs
	a["evidence"], a["private"], a["minor"], a["recorder"], a["recorder_name"], a["recorded_at"], a["state"] = f.Evidence, f.Private, f.Minor, f.Recorder, f.RecorderName, f.RecordedAt, f.State
	if _, err := tx.Exec(ctx, sqlInsert, a); err != nil || reporter == "" {
		return err
	}
	a["reporter"] = reporter
	_, err := tx.Exec(ctx, sqlReport, a)
	return err
}

func save(ctx context.Context, tx pg.Tx, f Finding) error {
	a := by(tx, f.ID)
	a["state"], a["outcome"], a["note"], a["closed"] = f.State, f.Outcome, f.OutcomeNote, f.ClosedAt
	_, err := tx.Exec(ctx, sqlSave, a)
	return err
}

func insertNotice(ctx context.Context, tx pg.Tx, id uuid.UUID, n Notice) error {
	a := by(tx, id)
	a["demand"], a["help"], a["contact"], a["due"] = n.Demand, n.Help, n.Contact, n.DueOn
	_, err := tx.Exec(ctx, sqlInsertNotice, a)
	return err
}

func insertDelivery(ctx context.Context, tx pg.Tx, finding uuid.UUID, d Delivery) error {
	a := by(tx, d.ID)
	a["finding"], a["method"], a["receiver"] = finding, d.Method, d.Receiver
	_, err := tx.Exec(ctx, sqlInsertDelivery, a)
	return err
}

func insertRecheck(ctx context.Context, tx pg.Tx, id uuid.UUID, r Recheck, evidence []byte) error {
	a := by(tx, id)
	a["result"], a["note"], a["evidence"] = r.Result, r.Note, evidence
	_, err := tx.Exec(ctx, sqlInsertRecheck, a)
	return err
}

func insertStatement(ctx context.Context, tx pg.Tx, id uuid.UUID, s Statement) error {
	a := by(tx, id)
	a["how"], a["words"] = s.How, s.Words
	_, err := tx.Exec(ctx, sqlInsertStatement, a)
	return err
}

func insertVote(ctx context.Context, tx pg.Tx, c Chain, v Vote) error {
	a := by(tx, c.ID)
	a["recorder"], a["membership"], a["deduct"], a["reason"], a["today"] = c.Recorder, tx.Who.Membership, v.Deduct, v.Reason, month.Date(tx.Now)
	n, err := pg.Scalar[int64](ctx, tx, sqlSeat, a)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrNoSeat
	}
	_, err = tx.Exec(ctx, sqlInsertVote, a)
	return err
}

// insertClearance writes the whole chain down as one row; the database looks every link up.
func insertClearance(ctx context.Context, tx pg.Tx, c Chain) error {
	a, votes := by(tx, c.ID), c.agreeing(true)
	a["household"], a["item"], a["rule_version"], a["evidence"], a["full"], a["points"] = c.HouseholdID, c.Item, c.RuleVersion, c.Evidence, c.Points, c.due()
	a["due"], a["issued"], a["delivery"], a["delivered"] = c.Notice.DueOn, c.Notice.IssuedAt, c.Deliveries[0].ID, c.Deliveries[0].At
	a["rechecked"], a["recheck"], a["heard_at"], a["heard"] = c.Recheck.At, c.Recheck.Result, c.Statement.At, c.Statement.How
	a["first"], a["first_at"], a["second"], a["second_at"], a["now"] = votes[0].AccountID, votes[0].At, votes[1].AccountID, votes[1].At, tx.Now
	_, err := tx.Exec(ctx, sqlInsertClearance, a)
	if pg.Is(err, pg.Checked) { // the steps keep every other rule that it checks
		return ErrRelated
	}
	return err
}

func lockChain(ctx context.Context, tx pg.Tx, id uuid.UUID) (Chain, error) {
	return chain(ctx, tx, sqlLock, id)
}

func readChain(ctx context.Context, tx pg.Tx, id uuid.UUID) (Chain, error) {
	return chain(ctx, tx, sqlFind, id)
}

func chain(ctx context.Context, tx pg.Tx, sql string, id uuid.UUID) (c Chain, err error) {
	a := by(tx, id)
	if c.Finding, err = pg.One[Finding](ctx, tx, sql, a); err != nil {
		return c, err
	}
	if c.Notice, err = maybe[Notice](ctx, tx, sqlNotice, a); err != nil || c.Notice == nil {
		return c, err
	}
	if c.Deliveries, err = pg.All[Delivery](ctx, tx, sqlDeliveries, a); err != nil {
		return c, err
	}
	if c.Recheck, err = maybe[Recheck](ctx, tx, sqlRecheck, a); err != nil {
		return c, err
	}
	if c.Statement, err = maybe[Statement](ctx, tx, sqlStatement, a); err != nil {
		return c, err
	}
	if c.Votes, err = pg.All[Vote](ctx, tx, sqlVotes, a); err != nil {
		return c, err
	}
	rules, err := rulebook.Version(ctx, tx, c.RuleVersion)
	c.PutRight = rules.Settings.PutRight
	return c, err
}

func maybe[T any](ctx context.Context, tx pg.Tx, sql string, a pgx.NamedArgs) (*T, error) {
	all, err := pg.All[T](ctx, tx, sql, a)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return &all[0], nil
}
