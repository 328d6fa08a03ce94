package adoption

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Row is one village's draft in the bureau's list.
type Row struct {
	VillageID   actor.VillageID
	Village     string
	ID          uuid.UUID
	State       State
	InForceFrom string // 2027-01-01
	ChangedAt   time.Time
	SubmittedAt *time.Time
}

// OfficeFind is one village's draft as the township reads it.
func (s *Service) OfficeFind(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (w Whole, err error) {
	defer fault.Wrap(&err, "adoption.OfficeFind(%d, %s)", village, id)
	err = s.DB.LookInOffice(ctx, who, village, func(tx pg.Tx) error {
		d, err := pg.One[Draft](ctx, tx, sqlFind, args(tx, id))
		if err != nil {
			return err
		}
		if w, err = whole(ctx, tx, d); err == nil {
			err = w.narrow(who.Topic)
		}
		return err
	})
	return w, err
}

// narrow leaves of a draft what a department's topic needs (R6.4a): the items of its classes, and that the steps were
// taken, without minutes, photos and who said what. A draft without such an item is not there.
func (w *Whole) narrow(topic string) error {
	if topic == "" {
		return nil
	}
	mine, codes := actor.Classes(topic), map[string]bool{}
	for _, r := range []*rulebook.RuleSet{&w.Body, &w.Base, &w.LastYear, &w.Document} {
		r.Items = slices.DeleteFunc(slices.Clone(r.Items), func(i rulebook.Item) bool { return !slices.Contains(mine, i.Class) })
		for _, i := range r.Items {
			codes[i.Code] = true
		}
	}
	if len(w.Body.Items)+len(w.Base.Items) == 0 {
		return fault.ErrNotFound
	}
	for _, r := range []*rulebook.RuleSet{&w.Body, &w.Base, &w.LastYear} {
		r.Settings, r.BasePoints = w.Document.Settings, w.Document.BasePoints
		r.Changes = slices.DeleteFunc(slices.Clone(r.Changes), func(c rulebook.Change) bool { return !codes[c.Code] })
	}
	w.Findings = slices.DeleteFunc(w.Findings, func(f Finding) bool { return !codes[f.Code] })
	w.Reviews = slices.DeleteFunc(w.Reviews, func(r Review) bool { return !codes[r.Item] })
	for n := range w.Steps {
		w.Steps[n].Minutes, w.Steps[n].Photos = "", nil
	}
	w.Advice, w.Story, w.Narrowed = "", nil, true
	return nil
}

// OfHolder answers whether a photo's holder is a step of that draft; any other is not there.
func OfHolder(ctx context.Context, tx pg.Tx, draft, holder uuid.UUID) error {
	a := args(tx, draft)
	a["step_id"] = holder
	ok, err := pg.Scalar[bool](ctx, tx, sqlStepOf, a)
	if err == nil && !ok {
		err = fault.ErrNotFound
	}
	return err
}

// office does one thing of the bureau's to a village's draft; version is that of the text that the officer read.
func (s *Service) office(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, verb string, version int, fn func(tx pg.Tx, d Draft) (to State, ruleVersion *int, err error), advice string) (d Draft, err error) {
	err = s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		d, _, err = idem.Once(ctx, tx, verb, func() (Draft, error) {
			d, err := lock(ctx, tx)
			if errors.Is(err, ErrNone) || err == nil && d.ID != id {
				if _, err := pg.One[Draft](ctx, tx, sqlFind, args(tx, id)); err != nil {
					return d, err
				}
				return d, ErrNotThere
			}
			if err != nil {
				return d, err
			}
			if version != 0 && d.Version != version {
				return d, ErrStale
			}
			to, becomes, err := fn(tx, d)
			if err != nil {
				return d, err
			}
			if err := record(ctx, tx, verb, id, advice, nil); err != nil {
				return d, err
			}
			a := args(tx, id)
			a["state"], a["advice"], a["by"], a["decided"], a["rule_version"], a["submitted"] = to, advice, tx.Who.Name, tx.Now, becomes, nil
			if _, err := tx.Exec(ctx, sqlMove, a); err != nil {
				return d, err
			}
			return pg.One[Draft](ctx, tx, sqlFind, a)
		})
		return err
	})
	return d, err
}

// Advise gives the village a word of guidance on a draft that it is at work on, or has handed in (R6.1b).
func (s *Service) Advise(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, advice string) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Advise(%d, %s)", village, id)
	advice = strings.TrimSpace(advice)
	return s.office(ctx, who, village, id, "rules.advise", 0, func(_ pg.Tx, d Draft) (State, *int, error) { return d.State, nil, advised(advice) }, advice)
}

// Return gives a draft back with advice. Its steps stay for the text as it is; another text needs them anew.
func (s *Service) Return(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, version int, advice string) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Return(%d, %s)", village, id)
	advice = strings.TrimSpace(advice)
	return s.office(ctx, who, village, id, "rules.return", version, func(_ pg.Tx, d Draft) (State, *int, error) {
		if d.State != Submitted {
			return d.State, nil, ErrNotThere
		}
		return Returned, nil, advised(advice)
	}, advice)
}

// advised checks the bureau's words, once it is known that the draft is there.
func advised(advice string) error {
	if !chars.Between(advice, 4, 500) {
		return ErrAdvice
	}
	return nil
}

// Accept puts the rules in force as the village's next version, from the day that the village resolved or, where
// that is past, from a later one; never from an earlier, and never back (D2).
func (s *Service) Accept(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, version int, from, advice string) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Accept(%d, %s)", village, id)
	if advice = strings.TrimSpace(advice); advice == "" {
		advice = "同意备案"
	}
	return s.office(ctx, who, village, id, "rules.accept", version, func(tx pg.Tx, d Draft) (State, *int, error) {
		if !chars.Between(advice, 1, 500) {
			return d.State, nil, ErrAdvice
		}
		if d.State != Submitted {
			return d.State, nil, ErrNotThere
		}
		becomes, err := enact(ctx, tx, d, from)
		return Accepted, &becomes, err
	}, advice)
}

// enact stores the draft's rule set as the village's next version.
func enact(ctx context.Context, tx pg.Tx, d Draft, from string) (int, error) {
	if err := ready(ctx, tx, d); err != nil && !errors.Is(err, ErrFrom) {
		return 0, err
	}
	set := d.Body
	if from != "" {
		later, err := month.ParseDay(from)
		if err != nil || later.Before(set.InForceFrom) {
			return 0, ErrFrom
		}
		set.InForceFrom, set.Year = later, later.Year()
	}
	if err := dated(ctx, tx, set); err != nil {
		return 0, err
	}
	last, _, err := rulebook.Latest(ctx, tx, "")
	if err != nil {
		return 0, err
	}
	set.Version = last + 1
	return set.Version, rulebook.Insert(ctx, tx, set)
}
