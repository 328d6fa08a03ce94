package adoption

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// Current is the village's draft under way with all that is shown beside it; ErrNone where there is none.
func (s *Service) Current(ctx context.Context, who actor.Actor) (w Whole, err error) {
	defer fault.Wrap(&err, "adoption.Current")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		d, err := pg.One[Draft](ctx, tx, sqlCurrent, args(tx, uuid.Nil))
		if errors.Is(err, fault.ErrNotFound) {
			return ErrNone
		}
		if err != nil {
			return err
		}
		w, err = whole(ctx, tx, d)
		return err
	})
	return w, err
}

// Find is one draft, also an old one.
func (s *Service) Find(ctx context.Context, who actor.Actor, id uuid.UUID) (w Whole, err error) {
	defer fault.Wrap(&err, "adoption.Find(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		d, err := pg.One[Draft](ctx, tx, sqlFind, args(tx, id))
		if err != nil {
			return err
		}
		w, err = whole(ctx, tx, d)
		return err
	})
	return w, err
}

// Start begins a draft from the version in force, or from the document's own list.
func (s *Service) Start(ctx context.Context, who actor.Actor, fromBase bool) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Start")
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		d, _, err = idem.Once(ctx, tx, "rules.start", func() (Draft, error) { return start(ctx, tx, fromBase) })
		return err
	})
	return d, err
}

func start(ctx context.Context, tx pg.Tx, fromBase bool) (d Draft, err error) {
	set, what := document(), "从镇里文件的清单起草"
	if !fromBase {
		if set, err = inForce(ctx, tx); err != nil {
			return d, err
		}
		if set.Version > 0 {
			what = "从现行细则起草"
		}
	}
	d = Draft{ID: pg.NewID(), BasedOn: set.Version, Body: set}
	d.Body.Version, d.Body.InForceFrom = 0, Offered(tx.Now)
	d.Body.Year, d.Body.Reason = d.Body.InForceFrom.Year(), ""
	a := args(tx, d.ID)
	a["based_on"], a["body"], a["digest"], a["by"] = d.BasedOn, d.Body, d.Body.Digest(), tx.Who.Name
	if _, err := tx.Exec(ctx, sqlInsert, a); pg.Is(err, pg.Unique) {
		return d, ErrThere
	} else if err != nil {
		return d, err
	}
	if err := record(ctx, tx, "rules.start", d.ID, what, nil); err != nil {
		return d, err
	}
	return pg.One[Draft](ctx, tx, sqlFind, a)
}

func record(ctx context.Context, tx pg.Tx, verb string, draft uuid.UUID, reason string, before any) error {
	return audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "rule_draft", ID: draft.String(), Reason: reason, Before: before})
}

// change locks the draft, checks that it is the village's turn and that nobody changed it meanwhile, and saves
// what fn makes of it. what fn answers stands in the timeline.
func (s *Service) change(ctx context.Context, who actor.Actor, verb string, version int, fn func(tx pg.Tx, d *Draft) (what string, err error)) (d Draft, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		d, _, err = idem.Once(ctx, tx, verb, func() (Draft, error) {
			d, err := lock(ctx, tx)
			if err != nil {
				return d, err
			}
			if !d.State.Open() {
				return d, ErrAway
			}
			if version != 0 && version != d.Version {
				return d, ErrStale
			}
			before := d.Body
			what, err := fn(tx, &d)
			if err != nil {
				return d, err
			}
			if err := save(ctx, tx, d); err != nil {
				return d, err
			}
			if err := record(ctx, tx, verb, d.ID, what, before); err != nil {
				return d, err
			}
			return pg.One[Draft](ctx, tx, sqlFind, args(tx, d.ID))
		})
		return err
	})
	return d, err
}

// Edit changes one item: rewords it, gives it other values, switches it on or off.
func (s *Service) Edit(ctx context.Context, who actor.Actor, version int, code string, e Edit) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Edit(%s)", code)
	return s.change(ctx, who, "rules.edit", version, func(tx pg.Tx, d *Draft) (string, error) {
		reviews, err := pg.All[Review](ctx, tx, sqlReviews, args(tx, d.ID))
		if err != nil {
			return "", err
		}
		was := d.Body
		if d.Body, err = e.apply(d.Body, code, reviews); err != nil {
			return "", err
		}
		return said(was, d.Body, e.Why), nil
	})
}

// said is what changed between two texts of a draft, short enough for the log.
func said(was, now rulebook.RuleSet, why string) string {
	var lines []string
	for _, d := range Compare(was, now) {
		d.Why = ""
		lines = append(lines, d.String())
	}
	s := []rune(strings.Join(lines, "；"))
	if len(s) > 300 {
		s = append(s[:300], '…')
	}
	if why = strings.TrimSpace(why); why != "" {
		return string(s) + "（因为" + why + "）"
	}
	return string(s)
}

// Add puts an item of the village's own in.
func (s *Service) Add(ctx context.Context, who actor.Actor, version int, n NewItem) (d Draft, code string, err error) {
	defer fault.Wrap(&err, "adoption.Add")
	d, err = s.change(ctx, who, "rules.add", version, func(_ pg.Tx, d *Draft) (string, error) {
		was := d.Body
		if d.Body, code, err = n.add(d.Body); err != nil {
			return "", err
		}
		return said(was, d.Body, n.Why), nil
	})
	return d, code, err
}

// Drop takes an item out.
func (s *Service) Drop(ctx context.Context, who actor.Actor, version int, code, why string) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Drop(%s)", code)
	return s.change(ctx, who, "rules.drop", version, func(_ pg.Tx, d *Draft) (string, error) {
		was := d.Body
		if d.Body, err = drop(d.Body, code, why); err != nil {
			return "", err
		}
		return said(was, d.Body, why), nil
	})
}

// Restore gives an item of the document back as it was issued.
func (s *Service) Restore(ctx context.Context, who actor.Actor, version int, code string) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Restore(%s)", code)
	return s.change(ctx, who, "rules.restore", version, func(_ pg.Tx, d *Draft) (string, error) {
		was := d.Body
		if d.Body, err = restore(d.Body, code); err != nil {
			return "", err
		}
		return said(was, d.Body, ""), nil
	})
}

// Settle changes the head of the rules and the settings.
func (s *Service) Settle(ctx context.Context, who actor.Actor, version int, in Settled) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Settle")
	return s.change(ctx, who, "rules.settle", version, func(tx pg.Tx, d *Draft) (string, error) {
		from, err := month.ParseDay(in.InForceFrom)
		var bad []*fault.Error
		if err != nil || from.Before(today(tx)) || from.Year() > 2099 {
			bad = append(bad, ErrFrom)
		}
		if !chars.Between(in.Reason, 4, 200) {
			bad = append(bad, ErrReason)
		}
		if in.BasePoints < 0 || in.BasePoints > 10000 {
			bad = append(bad, ErrBase)
		}
		if err := fault.Join(bad...); err != nil {
			return "", err
		}
		was, next := d.Body, d.Body
		next.InForceFrom, next.Year, next.Reason, next.BasePoints, next.Settings = from, from.Year(), strings.TrimSpace(in.Reason), in.BasePoints, in.Settings
		if p := outOfBounds(next); p != "" {
			return "", ErrSetting.With(p)
		}
		again, _ := tenants.Rebuild(next) // items' own flaws are the lint's
		d.Body = again
		if what := said(was, again, ""); what != "" {
			return what, nil
		}
		return "改说明、生效日：" + day(from) + "起，" + again.Reason, nil
	})
}

// outOfBounds says which setting is no possible one, "" where all are.
func outOfBounds(r rulebook.RuleSet) string {
	only := document()
	only.Year, only.InForceFrom, only.Reason, only.BasePoints, only.Settings = r.Year, r.InForceFrom, r.Reason, r.BasePoints, r.Settings
	if _, found := tenants.Rebuild(only); len(found) > 0 {
		return found[0].Text
	}
	return ""
}

func day(t time.Time) string { return t.In(month.Zone).Format("2006年1月2日") }

// Upload puts a rules.yaml in place of the draft's text. What is wrong with it is answered by its lines, and the
// draft stays as it was.
func (s *Service) Upload(ctx context.Context, who actor.Actor, version int, file string, data []byte) (d Draft, found tenants.Problems, err error) {
	defer fault.Wrap(&err, "adoption.Upload")
	if len(data) == 0 || len(data) > 256<<10 {
		return d, nil, ErrFile
	}
	set, found := tenants.ParseRules(file, data)
	if len(found) > 0 {
		return d, found, nil
	}
	d, err = s.change(ctx, who, "rules.upload", version, func(_ pg.Tx, d *Draft) (string, error) {
		was := d.Body
		d.Body = set
		return "上传 " + file + "：" + said(was, set, ""), nil
	})
	return d, nil, err
}

// Discard ends a draft without anything having changed.
func (s *Service) Discard(ctx context.Context, who actor.Actor, why string) (d Draft, err error) {
	defer fault.Wrap(&err, "adoption.Discard")
	if !chars.Between(why, 4, 200) {
		return d, ErrWhy
	}
	return s.move(ctx, who, "rules.discard", Discarded, why, func(pg.Tx, Draft) error { return nil })
}

// move locks the draft, asks may, and puts it into another state.
func (s *Service) move(ctx context.Context, who actor.Actor, verb string, to State, reason string, may func(pg.Tx, Draft) error) (d Draft, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		d, _, err = idem.Once(ctx, tx, verb, func() (Draft, error) {
			d, err := lock(ctx, tx)
			if err != nil {
				return d, err
			}
			if !d.State.Open() {
				return d, ErrAway
			}
			if err := may(tx, d); err != nil {
				return d, err
			}
			if err := record(ctx, tx, verb, d.ID, reason, nil); err != nil {
				return d, err
			}
			a := args(tx, d.ID)
			a["state"], a["advice"], a["by"], a["decided"], a["rule_version"], a["submitted"] = to, d.Advice, "", nil, nil, nil
			if to == Submitted {
				a["submitted"] = tx.Now
			}
			if _, err := tx.Exec(ctx, sqlMove, a); err != nil {
				return d, err
			}
			return pg.One[Draft](ctx, tx, sqlFind, a)
		})
		return err
	})
	return d, err
}
