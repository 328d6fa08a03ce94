package claim

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/slot"
)

const sqlInsert = `-- claim.submit
insert into claim (village_id, id, household_id, member_id, item, parts, rule_version, points, occurred_on, note, proofs, source, source_kind, channel, identity, through, batch_id,
  recorder, recorder_name, recorded_at, state)
values (@village_id, @id, @household, @member, @item, @parts, @rule_version, @points, @occurred_on, @note, @proofs, @source, @source_kind, @channel, @identity, @through, @batch,
  @recorder, @recorder_name, @recorded_at, @state)`

// sqlPartWhole reads claims as Claim holds them.
const sqlPartWhole = `
select id, household_id, member_id, item, parts, rule_version, points, occurred_on, note, proofs, source, source_kind, channel, identity, through, batch_id, recorder, recorder_name,
  recorded_at, state, reviewer, reviewer_name, decided_at, reason, month, entry_id, version, first_by,
  first_by_name, first_at, asked
from claim where village_id = @village_id`

const sqlLock = `-- claim.lock` + sqlPartWhole + ` and id = @id for update`

const sqlFind = `-- claim.find` + sqlPartWhole + ` and id = @id`

const sqlSave = `-- claim.save
update claim set state = @state, note = @note, reviewer = @reviewer, reviewer_name = @reviewer_name, decided_at = @decided_at, reason = @reason,
  parts = @parts, points = @points, asked = @asked, first_by = @first_by, first_by_name = @first_by_name, first_at = @first_at, version = version + 1
where village_id = @village_id and id = @id`

const sqlGridOf = `-- claim.grid_of
select grid from household where village_id = @village_id and id = @id and state = 'active'`

const sqlHomeOf = `-- claim.home_of
select household_id from member where village_id = @village_id and id = @member`

func insert(ctx context.Context, tx pg.Tx, c Claim) error {
	_, err := tx.Exec(ctx, sqlInsert, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": c.ID, "household": c.HouseholdID, "member": c.MemberID,
		"item": c.Item, "parts": c.Parts, "rule_version": c.RuleVersion, "points": c.Points, "occurred_on": month.Date(c.OccurredOn), "note": c.Note,
		"proofs": c.Proofs, "source": c.Source, "source_kind": c.SourceKind, "channel": c.Channel, "identity": c.Identity, "through": c.Through, "batch": c.BatchID, "recorder": c.Recorder, "recorder_name": c.RecorderName,
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
		"reviewer": c.Reviewer, "reviewer_name": c.ReviewerName, "decided_at": c.DecidedAt, "reason": c.Reason, "parts": c.Parts, "points": c.Points,
		"asked": c.Asked, "first_by": c.FirstBy, "first_by_name": c.FirstByName, "first_at": c.FirstAt})
	c.Version++
	return err
}

func gridOf(ctx context.Context, tx pg.Tx, household uuid.UUID) (int, error) {
	return pg.Scalar[int](ctx, tx, sqlGridOf, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": household})
}

func homeOf(ctx context.Context, tx pg.Tx, member uuid.UUID) (uuid.UUID, error) {
	return pg.Scalar[uuid.UUID](ctx, tx, sqlHomeOf, pgx.NamedArgs{"village_id": int64(tx.Village()), "member": member})
}

// use is what the claim would have of the household's items.
func (c Claim) use(proven bool) slot.Use {
	e := rulebook.Event{ID: c.ID, Item: c.Item, Parts: c.Parts, OccurredOn: c.OccurredOn, Name: c.Source, By: rulebook.ByHousehold, Note: c.Note}
	if c.MemberID != nil {
		e.Member = *c.MemberID
	}
	for _, p := range c.Proofs {
		e.Proofs = append(e.Proofs, rulebook.Evidence(p))
	}
	return slot.Use{Holder: slot.Holder{Kind: slot.Claim, ID: c.ID}, Household: c.HouseholdID, Event: e, Version: c.RuleVersion, Proven: proven}
}
