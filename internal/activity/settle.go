package activity

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Claim makes the claims of everybody on the list, in one transaction: whom the rules let it count for gets one,
// for the others the list says why not. They wait for review like any other.
func (s *Service) Claim(ctx context.Context, who actor.Actor, id uuid.UUID) (a Activity, err error) {
	defer fault.Wrap(&err, "activity.Claim(%s)", id)
	return s.change(ctx, who, "activity.claim", id, "", func(tx pg.Tx, a *Activity) error {
		people, photos, err := listed(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		d, err := a.ready(ctx, tx, people, photos)
		if err != nil {
			return err
		}
		out, err := d.Submit(ctx, tx)
		if err != nil {
			return err
		}
		n := args(tx, id)
		var (
			members, claims []uuid.UUID
			whys            []string
		)
		for _, o := range out {
			members, claims, whys = append(members, o.Member), append(claims, o.Claim), append(whys, o.Why)
		}
		n["members"], n["claims"], n["whys"] = members, claims, whys
		if _, err := tx.Exec(ctx, sqlSettle, n); err != nil {
			return err
		}
		by, at := who.Account, tx.Now
		a.State, a.ClaimedBy, a.ClaimedByName, a.ClaimedAt, a.Note = Claimed, &by, who.Name, &at, ""
		return nil
	})
}

// listed reads who took part in an activity, and what proves it.
func listed(ctx context.Context, tx pg.Tx, id uuid.UUID) (people []Person, photos []evidence.Evidence, err error) {
	if people, err = peopleOf(ctx, tx, id); err != nil {
		return nil, nil, err
	}
	held, err := evidence.HeldBy(ctx, tx, []uuid.UUID{id})
	return people, held[id], err
}

// ready is what is to be claimed for the people with the proof, where the activity can be.
func (a *Activity) ready(ctx context.Context, tx pg.Tx, people []Person, photos []evidence.Evidence) (d claim.Attended, err error) {
	if a.State != Open {
		return d, ErrState.With(a.State.Chinese())
	}
	if tx.Now.Before(a.EndsAt) {
		return d, ErrEarly.With(a.Hours())
	}
	if len(people) == 0 {
		return d, ErrNobody
	}
	if err := proven(people, photos); err != nil {
		return d, err
	}
	rules, err := rulebook.InForce(ctx, tx, a.BeginsAt)
	if err != nil {
		return d, err
	}
	item, err := rules.Item(a.Item)
	return a.attended(item, people), err
}

// Undo takes all claims of the activity back while none of them is decided; the list is open again.
func (s *Service) Undo(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (a Activity, err error) {
	defer fault.Wrap(&err, "activity.Undo(%s)", id)
	return s.change(ctx, who, "activity.undo", id, reason, func(tx pg.Tx, a *Activity) error {
		if err := reasoned(&reason); err != nil {
			return err
		}
		if a.State != Claimed {
			return ErrState.With(a.State.Chinese())
		}
		if err := claim.TakeBack(ctx, tx, a.ID); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, sqlUnsettle, args(tx, id)); err != nil {
			return err
		}
		a.State, a.ClaimedBy, a.ClaimedByName, a.ClaimedAt, a.Note = Open, nil, "", nil, reason
		return nil
	})
}
