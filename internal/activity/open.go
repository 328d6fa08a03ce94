package activity

import (
	"context"
	"crypto/rand"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Open writes an activity down, by the rules in force on its day or, of one to come, today.
func (s *Service) Open(ctx context.Context, who actor.Actor, d Draft) (a Activity, err error) {
	defer fault.Wrap(&err, "activity.Open(%s)", d.Name)
	seed := make([]byte, 20)
	if _, err := rand.Read(seed); err != nil {
		return a, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		a, _, err = idem.Once(ctx, tx, "activity.open", func() (Activity, error) { return begin(ctx, tx, d, seed) })
		return err
	})
	return a, err
}

func begin(ctx context.Context, tx pg.Tx, d Draft, seed []byte) (a Activity, err error) {
	on := d.BeginsAt
	if on.After(tx.Now) {
		on = tx.Now
	}
	if d.far(tx.Now) {
		return a, ErrYear
	}
	rules, err := rulebook.InForce(ctx, tx, on)
	if err != nil {
		return a, err
	}
	if err := d.check(rules); err != nil {
		return a, err
	}
	a = Activity{ID: pg.NewID(), Name: d.Name, Place: d.Place, Host: d.Host, Item: d.Item, Part: d.Part, BeginsAt: d.BeginsAt, EndsAt: d.EndsAt, Rotating: d.Rotating, Seed: seed,
		State: Open, OpenedBy: tx.Who.Account, OpenedByName: tx.Who.Name, OpenedAt: tx.Now.Truncate(time.Microsecond), Version: 1}
	n := args(tx, a.ID)
	n["name"], n["place"], n["host"], n["item"], n["part"], n["begins"], n["ends"] = a.Name, a.Place, a.Host, a.Item, a.Part, a.BeginsAt, a.EndsAt
	n["rotating"], n["seed"] = a.Rotating, a.Seed
	if _, err := tx.Exec(ctx, sqlInsert, n); err != nil {
		return a, err
	}
	return a, audit.Record(ctx, tx, audit.Event{Verb: "activity.open", Kind: "activity", ID: a.ID.String(), After: a})
}

// CallOff ends an activity that did not take place, or was written down by mistake.
func (s *Service) CallOff(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (a Activity, err error) {
	defer fault.Wrap(&err, "activity.CallOff(%s)", id)
	return s.change(ctx, who, "activity.off", id, reason, func(_ pg.Tx, a *Activity) error {
		if err := reasoned(&reason); err != nil {
			return err
		}
		if a.State != Open {
			return ErrState.With(a.State.Chinese())
		}
		a.State, a.Note = Off, reason
		return nil
	})
}

func reasoned(reason *string) error {
	*reason = strings.TrimSpace(*reason)
	if !chars.Between(*reason, 2, 200) {
		return ErrReason
	}
	return nil
}

// Prove adds pictures: of the attendance sheet, of the activity. They are the proof of every claim of it, so that
// none is added once the claims are made.
func (s *Service) Prove(ctx context.Context, who actor.Actor, id uuid.UUID, photos []uuid.UUID) (a Activity, err error) {
	defer fault.Wrap(&err, "activity.Prove(%s)", id)
	return s.change(ctx, who, "activity.prove", id, "", func(tx pg.Tx, a *Activity) error {
		if a.State != Open {
			return ErrState.With(a.State.Chinese())
		}
		if len(photos) == 0 {
			return ErrSheet
		}
		return evidence.AttachTo(ctx, tx, photos, a.ID, uuid.Nil)
	})
}

// change locks an activity, lets fn move it, and writes it back with its line in the log.
func (s *Service) change(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, reason string, fn func(pg.Tx, *Activity) error) (a Activity, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		a, _, err = idem.Once(ctx, tx, verb, func() (Activity, error) {
			a, err := lock(ctx, tx, id)
			if err != nil {
				return a, err
			}
			if err := a.mayRun(who); err != nil {
				return a, err
			}
			before := a
			if err := fn(tx, &a); err != nil {
				return a, err
			}
			if err := save(ctx, tx, &a); err != nil {
				return a, err
			}
			return a, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "activity", ID: id.String(), Reason: reason, Before: before, After: a})
		})
		return err
	})
	return a, err
}
