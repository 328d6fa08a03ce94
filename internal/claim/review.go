package claim

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/pg"
	"cunfen/internal/slot"
)

// Approve lets a pending claim through to the month's sheet. Who recorded it, or is of that home or related
// to it, cannot (R4.1.7, INV-22).
func (s *Service) Approve(ctx context.Context, who actor.Actor, id uuid.UUID) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.Approve(%s)", id)
	return s.decide(ctx, who, "claim.approve", id, Approved, "")
}

// ApproveAlike lets a claim through although a photo of it looks like one of another claim: by the second of two
// members, with the reason written down.
func (s *Service) ApproveAlike(ctx context.Context, who actor.Actor, id uuid.UUID, why string) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.ApproveAlike(%s)", id)
	if why, err = reasoned(why); err != nil {
		return c, err
	}
	return s.decide(ctx, who, "claim.approve", id, Approved, why)
}

// Reject refuses a pending claim for good, with the reason that the household reads.
func (s *Service) Reject(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.Reject(%s)", id)
	if reason, err = reasoned(reason); err != nil {
		return c, err
	}
	return s.decide(ctx, who, "claim.reject", id, Rejected, reason)
}

// Return sends a pending claim back for more proof, saying what is missing.
func (s *Service) Return(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.Return(%s)", id)
	if reason, err = reasoned(reason); err != nil {
		return c, err
	}
	return s.decide(ctx, who, "claim.return", id, Returned, reason)
}

// Undo takes the person's own decision back while the claim is not on a sheet.
func (s *Service) Undo(ctx context.Context, who actor.Actor, id uuid.UUID) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.Undo(%s)", id)
	return s.change(ctx, who, "claim.undo", id, "", func(tx pg.Tx, c *Claim) error {
		if c.State == Rejected {
			if _, err := slot.Take(ctx, tx, c.use(true)); err != nil {
				return err
			}
		}
		if err := c.undo(who); err != nil {
			return err
		}
		return c.restore(ctx, tx)
	})
}

// Result is what became of one claim of a bulk decision.
type Result struct {
	ID    uuid.UUID
	Claim Claim
	Fault *fault.Error // nil when it went through
}

// MostBulk bounds how many claims one bulk decision takes.
const MostBulk = 200

// ErrBulk says that too many were chosen at once.
var ErrBulk = fault.New(fault.Invalid, "claim.bulk", "一次请选 1 到 200 条")

// ApproveAll approves many claims, each on its own: one that cannot be does not hold up the others.
func (s *Service) ApproveAll(ctx context.Context, who actor.Actor, ids []uuid.UUID) (out []Result, err error) {
	if len(ids) == 0 || len(ids) > MostBulk {
		return nil, ErrBulk
	}
	key := who.Key
	for _, id := range ids {
		if key != "" {
			who.Key = uuid.NewSHA1(id, []byte(key)).String()
		}
		c, err := s.Approve(ctx, who, id)
		r := Result{ID: id, Claim: c}
		if err != nil {
			if r.Fault = fault.Of(err); r.Fault.Kind == fault.Internal || r.Fault.Kind == fault.Unavailable {
				return out, err
			}
		}
		out = append(out, r)
	}
	return out, nil
}

func reasoned(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 500 {
		return "", ErrReason
	}
	return reason, nil
}

func (s *Service) decide(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, to State, reason string) (Claim, error) {
	return s.change(ctx, who, verb, id, reason, func(tx pg.Tx, c *Claim) error {
		related, err := group.Conflicted(ctx, tx, who.Account, []uuid.UUID{c.HouseholdID})
		if err != nil {
			return err
		}
		if to != Approved {
			return c.decide(who, related[c.HouseholdID], to, reason, tx.Now)
		}
		if err := c.pass(ctx, tx, related[c.HouseholdID], reason); err != nil {
			return err
		}
		v, err := slot.Weigh(ctx, tx, c.use(true)) // an exemption may have come in between
		if err != nil {
			return err
		}
		return v.Err()
	})
}

// change locks a claim, lets fn move it, and writes it back with its line in the log.
func (s *Service) change(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, reason string, fn func(pg.Tx, *Claim) error) (c Claim, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		c, _, err = idem.Once(ctx, tx, verb, func() (Claim, error) {
			c, err := lock(ctx, tx, id)
			if err != nil {
				return c, err
			}
			before := c
			if err := fn(tx, &c); err != nil {
				return c, err
			}
			if err := save(ctx, tx, &c); err != nil {
				return c, err
			}
			if before.State.holdsSlot() && !c.State.holdsSlot() {
				if err := slot.Free(ctx, tx, slot.Claim, c.ID); err != nil {
					return c, err
				}
			}
			if err := c.tell(ctx, tx, before.State); err != nil {
				return c, err
			}
			return c, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "claim", ID: id.String(), Reason: reason, Before: before, After: c})
		})
		return err
	})
	return c, err
}

// tell lets the household know of a decision on its claim. Only what it has to act on goes to its phone.
func (c Claim) tell(ctx context.Context, tx pg.Tx, before State) error {
	kind, ok := map[State]inform.Kind{Approved: inform.ClaimApproved, Returned: inform.ClaimReturned, Rejected: inform.ClaimRejected}[c.State]
	if !ok || before == c.State {
		return nil
	}
	_, err := inform.Tell(ctx, tx, inform.Message{Household: c.HouseholdID, Kind: kind, Subject: c.ID, Quiet: c.State == Approved})
	return err
}
