package adoption

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Faults of handing a draft in.
var (
	ErrSteps   = fault.New(fault.Conflict, "adoption.steps", "还没有登记“%s”，六步登记齐了才能报镇里")
	ErrLint    = fault.New(fault.Conflict, "adoption.lint", "细则里还有 %d 处不能这样写，改好才能报镇里：%s")
	ErrOften   = fault.New(fault.Conflict, "adoption.often", "%s已经有一版细则生效；按本村细则，%s最多改一次")
	ErrNothing = fault.New(fault.Conflict, "adoption.nothing", "草案和现行细则一样，不用报")
)

// Record keeps one of the six steps for the draft's present text, with photos that the same person uploaded.
// Recorded again, the later record counts.
func (s *Service) Record(ctx context.Context, who actor.Actor, in Step, photos ...uuid.UUID) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Record(%d)", in.Step)
	if in.Step.Chinese() == "" {
		return d, ErrKind
	}
	if !in.Step.Meeting() {
		in.Eligible, in.Present, in.Agreed = 0, 0, 0
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		d, _, err = idem.Once(ctx, tx, "rules.step", func() (Draft, error) { return step(ctx, tx, in, photos) })
		return err
	})
	return d, err
}

func step(ctx context.Context, tx pg.Tx, in Step, photos []uuid.UUID) (d Draft, err error) {
	if d, err = lock(ctx, tx); err != nil {
		return d, err
	}
	if !d.State.Open() {
		return d, ErrAway
	}
	if err := in.check(today(tx)); err != nil {
		return d, err
	}
	a := args(tx, d.ID)
	steps, err := pg.All[Step](ctx, tx, sqlSteps, a)
	if err != nil {
		return d, err
	}
	if err := in.inOrder(Standing(steps, d.Digest)); err != nil {
		return d, err
	}
	in.ID = pg.IDAt(tx.Now)
	a["step_id"], a["step"], a["digest"], a["held_on"], a["place"] = in.ID, in.Step, d.Digest, month.Date(in.HeldOn), in.Place
	a["eligible"], a["present"], a["agreed"], a["minutes"], a["by"], a["name"] = in.Eligible, in.Present, in.Agreed, in.Minutes, tx.Who.Account, tx.Who.Name
	if _, err := tx.Exec(ctx, sqlStep, a); err != nil {
		return d, err
	}
	if err := evidence.AttachTo(ctx, tx, photos, in.ID, uuid.Nil); err != nil {
		return d, err
	}
	what := fmt.Sprintf("%s：%s，%s", in.Step.Chinese(), day(in.HeldOn), in.Place)
	if in.Step.Meeting() {
		what += fmt.Sprintf("，应到 %d 人，到会 %d 人，同意 %d 人", in.Eligible, in.Present, in.Agreed)
	}
	if len(photos) > 0 {
		what += fmt.Sprintf("，照片 %d 张", len(photos))
	}
	return d, record(ctx, tx, "rules.step", d.ID, what, nil)
}

// Submit hands the draft in to the bureau: all six steps stand for its very text, and nothing in it is refused.
func (s *Service) Submit(ctx context.Context, who actor.Actor) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Submit")
	return s.move(ctx, who, "rules.submit", Submitted, "六步登记齐全，报镇里审核", func(tx pg.Tx, d Draft) error { return ready(ctx, tx, d) })
}

// ready answers for what still keeps a draft from being handed in.
func ready(ctx context.Context, tx pg.Tx, d Draft) error {
	w, err := whole(ctx, tx, d)
	if err != nil {
		return err
	}
	if refused := Refused(w.Findings); len(refused) > 0 {
		return ErrLint.With(len(refused), refused[0].Code+" "+refused[0].Text)
	}
	if d.Body.Reason == "" {
		return ErrReason
	}
	if k := Next(w.Steps, d.Digest); k != 0 {
		return ErrSteps.With(k.Chinese())
	}
	if w.Base.Version > 0 && len(Compare(w.Base, d.Body)) == 0 {
		return ErrNothing
	}
	return dated(ctx, tx, d.Body)
}

type version struct {
	Version     int
	InForceFrom time.Time
	Forced      bool // made by the withdrawal of a legal review, which is no amendment of the village's
}

// dated checks the day of coming into force: not past, not before the last version's, and not more often than
// the village has settled (D2).
func dated(ctx context.Context, tx pg.Tx, r rulebook.RuleSet) error {
	from := month.Date(r.InForceFrom)
	if from.Before(month.Date(tx.Now)) {
		return ErrFrom
	}
	all, err := pg.All[version](ctx, tx, sqlVersions, args(tx, pg.NewID()))
	if err != nil {
		return err
	}
	own := slices.DeleteFunc(slices.Clone(all), func(v version) bool { return v.Forced })
	for _, v := range all {
		if from.Before(v.InForceFrom) {
			return ErrLater.With(day(v.InForceFrom))
		}
		m, o := month.Of(from), month.Of(v.InForceFrom)
		switch {
		case v.Forced, m.Year() != o.Year() || v.Version == 1 && len(own) == 1:
		case r.Settings.Amendment == rulebook.EachYear:
			return ErrOften.With(fmt.Sprintf("%d 年", o.Year()), "一年")
		case m.Quarter() == o.Quarter():
			return ErrOften.With(fmt.Sprintf("%d 年第 %d 季度", o.Year(), o.Quarter()), "一个季度")
		}
	}
	return nil
}
