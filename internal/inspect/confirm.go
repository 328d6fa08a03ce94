package inspect

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/pg"
)

// Confirm is a member's word that a closed round is right. Who recorded any of it cannot, and the homes of the
// member and of relatives stay out of it and wait for another member.
func (s *Service) Confirm(ctx context.Context, who actor.Actor, id uuid.UUID) (r Round, err error) {
	defer fault.Wrap(&err, "inspect.Confirm(%s)", id)
	return s.change(ctx, who, "round.confirm", id, "", func(tx pg.Tx, r *Round) error {
		switch {
		case r.Stored == Open:
			return ErrNotOpen
		case len(r.Confirms) > 0 && len(r.Waiting()) == 0:
			return ErrDone
		case slices.ContainsFunc(r.Confirms, func(c Confirm) bool { return c.AccountID == who.Account }):
			return ErrTwice
		}
		own, err := recorded(ctx, tx, *r)
		if err != nil {
			return err
		}
		if own {
			return ErrOwn
		}
		c, err := word(ctx, tx, *r)
		if err != nil {
			return err
		}
		a := args(tx, r.ID)
		a["number"], a["account"], a["name"], a["at"], a["covers"], a["leaves"] = c.Number, c.AccountID, c.Name, c.ConfirmedAt, c.Covers, c.Leaves
		_, err = tx.Exec(ctx, sqlConfirm, a)
		r.Confirms = append(r.Confirms, c)
		return err
	})
}

// recorded reports whether the person had a hand in the round.
func recorded(ctx context.Context, tx pg.Tx, r Round) (bool, error) {
	if r.ClosedBy != nil && *r.ClosedBy == tx.Who.Account {
		return true, nil
	}
	a := args(tx, r.ID)
	a["account"] = tx.Who.Account
	return pg.Scalar[bool](ctx, tx, sqlRecorded, a)
}

// word is what this member's confirmation covers and what it leaves to another.
func word(ctx context.Context, tx pg.Tx, r Round) (c Confirm, err error) {
	c = Confirm{Number: len(r.Confirms) + 1, AccountID: tx.Who.Account, Name: tx.Who.Name, ConfirmedAt: tx.Now, Leaves: []uuid.UUID{}}
	open := r.Waiting()
	if c.Number == 1 {
		a := args(tx, r.ID)
		a["grid"], a["last"] = r.Grid, last(r.Month)
		if open, err = pg.Column[uuid.UUID](ctx, tx, sqlIDs, a); err != nil {
			return c, err
		}
	}
	away, err := group.Conflicted(ctx, tx, tx.Who.Account, open)
	if err != nil {
		return c, err
	}
	var covered []uuid.UUID
	for _, h := range open {
		if away[h] {
			c.Leaves = append(c.Leaves, h)
		} else {
			covered = append(covered, h)
		}
	}
	switch {
	case len(covered) == 0:
		return c, ErrRelated
	case c.Number > 1:
		c.Covers = covered
	}
	return c, nil
}
