package claim

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/slot"
)

// Attended is one deed of many people: what taking part counts for, when, and who took part. Its ID names the
// record that the proof hangs on, one attendance sheet for all.
type Attended struct {
	ID         uuid.UUID
	Item       string
	Part       string
	OccurredOn time.Time
	Name       string // of the activity
	Note       string
	Proofs     []rulebook.Evidence
	People     []Person
}

// Person is a member of a household.
type Person struct{ Household, Member uuid.UUID }

// Outcome is what became of one person's part: a claim, or why it does not count.
type Outcome struct {
	Person
	Claim uuid.UUID
	Why   string
}

// Faults of many claims at once.
var (
	ErrBatchItem    = fault.New(fault.Invalid, "claim.batch_item", "“%s”要逐户定分，不能按名单一起报，请换一项").On("item")
	ErrBatchDecided = fault.New(fault.Conflict, "claim.batch_decided", "其中 %d 条已经审核，不能整批撤回；没审核的可以逐条撤回")
)

// Suits reports whether taking part, and nothing else, earns the part of the item.
func Suits(item rulebook.Item, part string) bool {
	p := slices.IndexFunc(item.Parts, func(p rulebook.Part) bool { return p.Code == part })
	return item.On && item.Sign == rulebook.Plus && item.Tier != rulebook.Decided && p >= 0 && item.Parts[p].Ladder == ""
}

// Weigh says what each person's part would count for now, and takes nothing.
func (a Attended) Weigh(ctx context.Context, tx pg.Tx) (out []Outcome, points int, err error) {
	uses, points, err := a.uses(ctx, tx)
	if err != nil {
		return nil, 0, err
	}
	verdicts, err := slot.WeighAll(ctx, tx, uses)
	return a.outcomes(uses, verdicts), points, err
}

// Submit makes the claims of all for whom it counts, in a few statements whatever their number, and tells their
// homes. What does not count is answered with its reason and hinders nobody.
func (a Attended) Submit(ctx context.Context, tx pg.Tx) (out []Outcome, err error) {
	defer fault.Wrap(&err, "claim.Attended.Submit(%s)", a.ID)
	uses, points, err := a.uses(ctx, tx)
	if err != nil || len(uses) == 0 {
		return nil, err
	}
	verdicts, err := slot.TakeAll(ctx, tx, uses)
	if err != nil {
		return nil, err
	}
	out = a.outcomes(uses, verdicts)
	return out, a.insert(ctx, tx, out, uses[0].Version, points)
}

// uses are the people's parts by the rules of the day.
func (a Attended) uses(ctx context.Context, tx pg.Tx) (uses []slot.Use, points int, err error) {
	if err := happened(a.OccurredOn, tx.Now); err != nil {
		return nil, 0, err
	}
	rules, err := rulebook.InForce(ctx, tx, a.OccurredOn)
	if err != nil {
		return nil, 0, err
	}
	item, err := rules.Item(a.Item)
	if err != nil {
		return nil, 0, err
	}
	if !Suits(item, a.Part) {
		return nil, 0, ErrBatchItem.With(item.Title)
	}
	if err := item.CheckEvidence(a.Proofs); err != nil {
		return nil, 0, err
	}
	if points, err = item.Score(a.parts()); err != nil {
		return nil, 0, err
	}
	for _, p := range a.People {
		id := pg.NewID()
		uses = append(uses, slot.Use{Holder: slot.Holder{Kind: slot.Claim, ID: id}, Household: p.Household, Version: rules.Version, Proven: true,
			Event: rulebook.Event{ID: id, Item: a.Item, Parts: a.parts(), OccurredOn: a.OccurredOn, Member: p.Member, Name: a.Name, By: rulebook.ByGrid, Proofs: a.Proofs}})
	}
	return uses, points, nil
}

func (a Attended) parts() map[string]int { return map[string]int{a.Part: 1} }

func (a Attended) outcomes(uses []slot.Use, verdicts []slot.Verdict) []Outcome {
	out := make([]Outcome, len(verdicts))
	for i, v := range verdicts {
		out[i] = Outcome{Person: a.People[i]}
		switch err := v.Err(); {
		case err != nil:
			out[i].Why = fault.Of(err).Text
		case v.Counts():
			out[i].Claim = uses[i].Holder.ID
		default:
			out[i].Why = "按细则不计分"
		}
	}
	return out
}

const sqlBatch = `-- claim.batch
insert into claim (village_id, id, household_id, member_id, item, parts, rule_version, points, occurred_on, note, proofs, source, channel, batch_id,
  recorder, recorder_name, recorded_at, state)
select @village_id::bigint, id, household, member, @item, @parts::jsonb, @rule_version::integer, @points::integer, @occurred_on::date, @note, @proofs::text[],
  @source, 'batch', @batch::uuid, @recorder::uuid, @recorder_name, @recorded_at::timestamptz, 'pending'
from unnest(@ids::uuid[], @homes::uuid[], @members::uuid[]) as u(id, household, member)
on conflict (village_id, id) do nothing`

func (a Attended) insert(ctx context.Context, tx pg.Tx, out []Outcome, version, points int) error {
	var (
		ids, homes, members []uuid.UUID
		told                []inform.Message
	)
	for _, o := range out {
		if o.Claim == uuid.Nil {
			continue
		}
		if !slices.Contains(homes, o.Household) {
			told = append(told, inform.Message{Household: o.Household, Kind: inform.ClaimRecorded, Subject: o.Claim})
		}
		ids, homes, members = append(ids, o.Claim), append(homes, o.Household), append(members, o.Member)
	}
	if len(ids) == 0 {
		return nil
	}
	proofs := []string{}
	for _, p := range a.Proofs {
		proofs = append(proofs, string(p))
	}
	if _, err := tx.Exec(ctx, sqlBatch, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids, "homes": homes, "members": members, "item": a.Item,
		"parts": a.parts(), "rule_version": version, "points": points, "occurred_on": month.Date(a.OccurredOn), "note": a.Note, "proofs": proofs, "source": a.Name,
		"batch": a.ID, "recorder": tx.Who.Account, "recorder_name": tx.Who.Name, "recorded_at": tx.Now}); err != nil {
		return err
	}
	return inform.TellEach(ctx, tx, told)
}

const sqlBatchLock = `-- claim.batch_lock
select id, state, first_by is not null as let from claim where village_id = @village_id and batch_id = @batch order by id for update`

const sqlBatchBack = `-- claim.batch_back
update claim set state = 'withdrawn', version = version + 1 where village_id = @village_id and batch_id = @batch and state = 'pending'`

// TakeBack withdraws all claims of a batch while none of them is decided.
func TakeBack(ctx context.Context, tx pg.Tx, batch uuid.UUID) (err error) {
	defer fault.Wrap(&err, "claim.TakeBack(%s)", batch)
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "batch": batch}
	all, err := pg.All[struct {
		ID    uuid.UUID
		State State
		Let   bool
	}](ctx, tx, sqlBatchLock, a)
	if err != nil {
		return err
	}
	var ids []uuid.UUID
	decided := 0
	for _, c := range all {
		switch {
		case c.State == Withdrawn:
		case c.State == Pending && !c.Let:
			ids = append(ids, c.ID)
		default:
			decided++
		}
	}
	if decided > 0 {
		return ErrBatchDecided.With(decided)
	}
	if _, err := tx.Exec(ctx, sqlBatchBack, a); err != nil {
		return err
	}
	return slot.Free(ctx, tx, slot.Claim, ids...)
}
