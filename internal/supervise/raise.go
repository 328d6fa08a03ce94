package supervise

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Raise puts a matter to a village: the bureau to one of its township, a village's own staff as a problem
// noted. village is the actor's own for the latter.
func (s *Service) Raise(ctx context.Context, who actor.Actor, village actor.VillageID, d Draft) (m Matter, err error) {
	defer fault.Wrap(&err, "supervise.Raise(%d)", village)
	err = s.in(ctx, who, village, func(tx pg.Tx) error {
		m, _, err = idem.Once(ctx, tx, "matter.raise", func() (Matter, error) {
			m, err := d.raise(who, tx.Now, month.Date(tx.Now))
			if err != nil {
				return m, err
			}
			m.VillageID = village
			if err := insert(ctx, tx, m); err != nil {
				return m, err
			}
			if err := note(ctx, tx, m.ID, Raise, m.Body); err != nil {
				return m, err
			}
			return m, audit.Record(ctx, tx, audit.Event{Verb: "matter.raise", Kind: "matter", ID: m.ID.String(), Reason: m.Title, After: m})
		})
		return err
	})
	return m, err
}

// Move answers, closes, returns or withdraws a matter, with words that both sides read.
func (s *Service) Move(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, verb Verb, words string) (m Matter, err error) {
	defer fault.Wrap(&err, "supervise.Move(%s)", id)
	words = strings.TrimSpace(words)
	err = s.in(ctx, who, village, func(tx pg.Tx) error {
		m, _, err = idem.Once(ctx, tx, "matter."+string(verb), func() (Matter, error) {
			m, err := pg.One[Matter](ctx, tx, sqlLock, key(tx, id))
			if err != nil {
				return m, err
			}
			before := m
			if err := m.move(who, verb, words, tx.Now); err != nil {
				return m, err
			}
			if !chars.Between(words, 4, 1000) {
				return m, ErrWords
			}
			if err := save(ctx, tx, m); err != nil {
				return m, err
			}
			if err := note(ctx, tx, id, verb, words); err != nil {
				return m, err
			}
			m.Version++
			return m, audit.Record(ctx, tx, audit.Event{Verb: "matter." + string(verb), Kind: "matter", ID: id.String(), Reason: words, Before: before, After: m})
		})
		return err
	})
	return m, err
}

// in opens the village: the bureau through its office, the village's own staff through their seat.
func (s *Service) in(ctx context.Context, who actor.Actor, village actor.VillageID, fn func(pg.Tx) error) error {
	if who.Village != 0 {
		if who.Village != village {
			return fault.ErrNotFound
		}
		return s.DB.InVillage(ctx, who, fn)
	}
	return s.DB.InOffice(ctx, who, village, fn)
}
