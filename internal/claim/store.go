package claim

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

const sqlInsert = `-- claim.submit
insert into claim (village_id, id, household_id, member_id, item, parts, rule_version, points, occurred_on, note, proofs, source, channel,
  recorder, recorder_name, recorded_at, state)
values (@village_id, @id, @household, @member, @item, @parts, @rule_version, @points, @occurred_on, @note, @proofs, @source, @channel,
  @recorder, @recorder_name, @recorded_at, @state)`

const sqlLock = `-- claim.lock
select id, household_id, member_id, item, parts, rule_version, points, occurred_on, note, proofs, source, channel, recorder, recorder_name,
  recorded_at, state, reviewer, reviewer_name, decided_at, reason, month, entry_id, version
from claim where village_id = @village_id and id = @id for update`

const sqlFind = `-- claim.find
select id, household_id, member_id, item, parts, rule_version, points, occurred_on, note, proofs, source, channel, recorder, recorder_name,
  recorded_at, state, reviewer, reviewer_name, decided_at, reason, month, entry_id, version
from claim where village_id = @village_id and id = @id`

const sqlSave = `-- claim.save
update claim set state = @state, note = @note, reviewer = @reviewer, reviewer_name = @reviewer_name, decided_at = @decided_at, reason = @reason,
  version = version + 1
where village_id = @village_id and id = @id`

const sqlGridOf = `-- claim.grid_of
select grid from household where village_id = @village_id and id = @id and state = 'active'`

const sqlHomeOf = `-- claim.home_of
select household_id from member where village_id = @village_id and id = @member`

const sqlTakeSlots = `-- claim.take_slots
insert into claim_slot (village_id, household_id, item, period, claim_id)
select @village_id::bigint, @household::uuid, @item::text, p, @claim::uuid from unnest(@periods::text[]) as p
on conflict (village_id, household_id, item, period) do nothing
returning period`

const sqlFreeSlots = `-- claim.free_slots
delete from claim_slot where village_id = @village_id and claim_id = @claim`

func insert(ctx context.Context, tx pg.Tx, c Claim) error {
	_, err := tx.Exec(ctx, sqlInsert, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": c.ID, "household": c.HouseholdID, "member": c.MemberID,
		"item": c.Item, "parts": c.Parts, "rule_version": c.RuleVersion, "points": c.Points, "occurred_on": month.Date(c.OccurredOn), "note": c.Note,
		"proofs": c.Proofs, "source": c.Source, "channel": c.Channel, "recorder": c.Recorder, "recorder_name": c.RecorderName,
		"recorded_at": c.RecordedAt, "state": c.State})
	return err
}

func lock(ctx context.Context, tx pg.Tx, id uuid.UUID) (Claim, error) {
	return pg.One[Claim](ctx, tx, sqlLock, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id})
}

func find(ctx context.Context, tx pg.Tx, id uuid.UUID) (Claim, error) {
	return pg.One[Claim](ctx, tx, sqlFind, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id})
}

func save(ctx context.Context, tx pg.Tx, c *Claim) error {
	_, err := tx.Exec(ctx, sqlSave, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": c.ID, "state": c.State, "note": c.Note,
		"reviewer": c.Reviewer, "reviewer_name": c.ReviewerName, "decided_at": c.DecidedAt, "reason": c.Reason})
	c.Version++
	return err
}

func gridOf(ctx context.Context, tx pg.Tx, household uuid.UUID) (int, error) {
	return pg.Scalar[int](ctx, tx, sqlGridOf, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": household})
}

func homeOf(ctx context.Context, tx pg.Tx, member uuid.UUID) (uuid.UUID, error) {
	return pg.Scalar[uuid.UUID](ctx, tx, sqlHomeOf, pgx.NamedArgs{"village_id": int64(tx.Village()), "member": member})
}

// takeSlots keeps the periods of the item for this claim; a period that another holds is ErrTaken.
func takeSlots(ctx context.Context, tx pg.Tx, c Claim, periods []string) error {
	got, err := pg.Column[string](ctx, tx, sqlTakeSlots, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": c.HouseholdID, "item": c.Item,
		"periods": periods, "claim": c.ID})
	if err != nil || len(got) == len(periods) {
		return err
	}
	have := map[string]bool{}
	for _, p := range got {
		have[p] = true
	}
	for _, p := range periods {
		if !have[p] {
			return ErrTaken.With(speak(p))
		}
	}
	return nil
}

// retakeSlots takes the periods of a claim again that had given them up.
func retakeSlots(ctx context.Context, tx pg.Tx, c Claim) error {
	rules, err := rulebook.Version(ctx, tx, c.RuleVersion)
	if err != nil {
		return err
	}
	item, err := rules.Item(c.Item)
	if err != nil {
		return err
	}
	return takeSlots(ctx, tx, c, item.Periods(c.Parts, c.OccurredOn))
}

func freeSlots(ctx context.Context, tx pg.Tx, claim uuid.UUID) error {
	_, err := tx.Exec(ctx, sqlFreeSlots, pgx.NamedArgs{"village_id": int64(tx.Village()), "claim": claim})
	return err
}

// speak says a period the way people do: "a:2026-11" is 「2026年11月」.
func speak(period string) string {
	if i := strings.LastIndexByte(period, ':'); i >= 0 {
		period = period[i+1:]
	}
	if m, err := month.Parse(period); err == nil {
		return m.Chinese()
	}
	if y, q, ok := strings.Cut(period, "-Q"); ok {
		return y + "年第" + q + "季度"
	}
	return period + "年"
}
