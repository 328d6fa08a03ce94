package adoption

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

const sqlPartDraft = `select id, based_on, body, digest, state, version, advice, started_by, started_at, changed_at, submitted_at, decided_by, decided_at, rule_version
from rule_draft where village_id = @village_id `

const sqlCurrent = `-- adoption.current
` + sqlPartDraft + `and state in ('drafting', 'submitted', 'returned')`

const sqlLock = `-- adoption.lock
` + sqlPartDraft + `and state in ('drafting', 'submitted', 'returned') for update`

const sqlFind = `-- adoption.find
` + sqlPartDraft + `and id = @id`

const sqlInsert = `-- adoption.start
insert into rule_draft (village_id, id, based_on, body, digest, state, started_by, started_at, changed_at)
values (@village_id, @id, @based_on, @body, @digest, 'drafting', @by, @now, @now)`

const sqlSave = `-- adoption.edit
update rule_draft set body = @body, digest = @digest, version = version + 1, changed_at = @now
where village_id = @village_id and id = @id`

const sqlMove = `-- adoption.move
update rule_draft set state = @state, advice = @advice, submitted_at = coalesce(@submitted, submitted_at), decided_by = @by, decided_at = @decided,
  rule_version = @rule_version, version = version + 1
where village_id = @village_id and id = @id`

const sqlSteps = `-- adoption.steps
select id, step, digest, held_on, place, eligible, present, agreed, minutes, by_name, at from adoption_step
where village_id = @village_id and draft_id = @id order by id`

const sqlStep = `-- adoption.step
insert into adoption_step (village_id, id, draft_id, step, digest, held_on, place, eligible, present, agreed, minutes, by, by_name, at)
values (@village_id, @step_id, @id, @step, @digest, @held_on, @place, @eligible, @present, @agreed, @minutes, @by, @name, @now)`

const sqlStory = `-- adoption.story
select at, name, role, verb, reason from audit
where village_id = @village_id and object_kind = 'rule_draft' and object_id = @draft order by id desc limit 200`

const sqlVersions = `-- adoption.versions
select s.version, s.in_force_from, exists (select from legal_withdrawal w where w.village_id = @village_id and s.version = any(w.versions)) as forced
from rule_set s where s.village_id = @village_id order by s.version desc`

const sqlStepOf = `-- adoption.step_of
select exists (select from adoption_step where village_id = @village_id and draft_id = @id and id = @step_id)`

func args(tx pg.Tx, id uuid.UUID) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "now": tx.Now}
}

// lock takes the village's draft under way.
func lock(ctx context.Context, tx pg.Tx) (Draft, error) {
	d, err := pg.One[Draft](ctx, tx, sqlLock, args(tx, uuid.Nil))
	if errors.Is(err, fault.ErrNotFound) {
		err = ErrNone
	}
	return zoned(d), err
}

// zoned gives the day of coming into force back its zone, which JSON keeps as an offset only.
func zoned(d Draft) Draft {
	d.Body.InForceFrom = month.Day(d.Body.InForceFrom)
	for n := range d.Body.Items {
		if r := d.Body.Items[n].Review; r != nil {
			r.ReviewedOn = month.Day(r.ReviewedOn)
		}
	}
	return d
}

func save(ctx context.Context, tx pg.Tx, d Draft) error {
	a := args(tx, d.ID)
	a["body"], a["digest"] = d.Body, d.Body.Digest()
	_, err := tx.Exec(ctx, sqlSave, a)
	return err
}

// inForce is the village's rule set of today; where it has none, the document's list as version 0. Callers share its
// slices and do not change them.
func inForce(ctx context.Context, tx pg.Tx) (rulebook.RuleSet, error) {
	r, err := rulebook.InForce(ctx, tx, tx.Now)
	if errors.Is(err, rulebook.ErrNoRules) {
		return document(), nil
	}
	return r, err
}

// whole reads all that is shown of a draft.
func whole(ctx context.Context, tx pg.Tx, d Draft) (w Whole, err error) {
	w.Draft = zoned(d)
	a := args(tx, d.ID)
	if w.Base, err = inForce(ctx, tx); err != nil {
		return w, err
	}
	last, err := rulebook.InForce(ctx, tx, month.Month(w.Body.Year*100+1).First().AddDate(0, 0, -1))
	if err == nil && last.Version != w.Base.Version {
		w.LastYear = last
	} else if err != nil && !errors.Is(err, rulebook.ErrNoRules) {
		return w, err
	}
	if w.Steps, err = pg.All[Step](ctx, tx, sqlSteps, a); err != nil {
		return w, err
	}
	holders := make([]uuid.UUID, len(w.Steps))
	for n, st := range w.Steps {
		holders[n] = st.ID
	}
	photos, err := evidence.HeldBy(ctx, tx, holders)
	if err != nil {
		return w, err
	}
	for n, st := range w.Steps {
		w.Steps[n].Photos = photos[st.ID]
	}
	if w.Reviews, err = pg.All[Review](ctx, tx, sqlReviews, a); err != nil {
		return w, err
	}
	a["draft"] = d.ID.String()
	if w.Story, err = pg.All[Event](ctx, tx, sqlStory, a); err != nil {
		return w, err
	}
	w.Findings, w.Document = Lint(w.Body, w.Reviews), Document()
	return w, nil
}
