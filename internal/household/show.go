package household

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Show reads a household with its people, personal numbers masked. A household sees only itself, a grid
// worker the own grid.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (h Household, err error) {
	defer fault.Wrap(&err, "household.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		h, err = s.Find(ctx, tx, id)
		return err
	})
	return h, err
}

// Find is Show in a transaction.
func (s *Service) Find(ctx context.Context, tx pg.Tx, id uuid.UUID) (h Household, err error) {
	r, err := pg.One[row](ctx, tx, sqlRow, args(tx, id))
	if err != nil {
		return h, err
	}
	if !mayView(tx.Who, r) {
		return h, fault.ErrNotFound
	}
	people, err := peopleOf(ctx, tx, id)
	if err != nil {
		return h, err
	}
	h = Household{ID: r.ID, Door: r.Door, Team: r.Team, Grid: r.Grid, Walk: r.Walk, Head: r.Head, Residence: r.Residence, Party: r.Party,
		PassbookNo: r.PassbookNo, RegisteredOn: r.RegisteredOn, BaseUnlocksOn: r.BaseUnlocksOn, State: r.State, LeftOn: r.LeftOn, Note: r.Note,
		Version: r.Version, UpdatedAt: r.UpdatedAt}
	if h.Phone, err = s.masked(ctx, tx, r.Phone); err != nil {
		return h, err
	}
	for _, p := range people {
		m := Member{ID: p.ID, Name: p.Name, Relation: p.Relation, Party: p.Party, State: p.State}
		if m.IDNumber, err = s.masked(ctx, tx, p.IDNumber); err != nil {
			return h, err
		}
		h.Members = append(h.Members, m)
	}
	if tx.Who.Role == actor.Household {
		h.Note = "" // the group's own remark
	}
	return h, nil
}

func mayView(who actor.Actor, r row) bool {
	switch who.Role {
	case actor.Household:
		return r.ID == who.Household
	case actor.Grid:
		return who.Grid == 0 || r.Grid == who.Grid
	}
	return true
}

func (s *Service) opened(ctx context.Context, tx pg.Tx, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	key, err := s.Vault.Village(ctx, tx)
	if err != nil {
		return "", err
	}
	return key.Open(sealed)
}

func (s *Service) masked(ctx context.Context, tx pg.Tx, sealed []byte) (string, error) {
	plain, err := s.opened(ctx, tx, sealed)
	if plain == "" || err != nil {
		return "", err
	}
	return crypt.Mask(plain), nil
}

// Plain is what of a household is kept sealed.
type Plain struct {
	Phone     string
	Identity  map[uuid.UUID]string // by member
	Household uuid.UUID
}

// Unmask shows the personal numbers of a household whole, to somebody who says why; it stands in the log.
func (s *Service) Unmask(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (p Plain, err error) {
	defer fault.Wrap(&err, "household.Unmask(%s)", id)
	if reason, err = checkReason(reason); err != nil {
		return p, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		if p, err = s.unmask(ctx, tx, id); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "household.unmask", Kind: "household", ID: id.String(), Reason: reason})
	})
	if err != nil {
		return Plain{}, err
	}
	return p, nil
}

func (s *Service) unmask(ctx context.Context, tx pg.Tx, id uuid.UUID) (p Plain, err error) {
	r, err := pg.One[row](ctx, tx, sqlRow, args(tx, id))
	if err == nil && !mayView(tx.Who, r) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return p, err
	}
	people, err := peopleOf(ctx, tx, id)
	if err != nil {
		return p, err
	}
	p = Plain{Household: id, Identity: map[uuid.UUID]string{}}
	if p.Phone, err = s.opened(ctx, tx, r.Phone); err != nil {
		return p, err
	}
	for _, m := range people {
		number, err := s.opened(ctx, tx, m.IDNumber)
		if err != nil {
			return p, err
		}
		if number != "" {
			p.Identity[m.ID] = number
		}
	}
	return p, nil
}
