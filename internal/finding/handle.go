package finding

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/slot"
)

// Tell is what a notice says.
type Tell struct {
	Demand  string
	Help    []string
	Contact string
	DueOn   time.Time
}

// Issue sends the household its rectification notice; delivery is noted apart.
func (s *Service) Issue(ctx context.Context, who actor.Actor, id uuid.UUID, t Tell) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Issue(%s)", id)
	t.Demand = strings.TrimSpace(t.Demand)
	if n := utf8.RuneCountInString(t.Demand); n < 4 || n > 500 {
		return c, ErrDemand
	}
	t.Help = slices.DeleteFunc(t.Help, func(h string) bool { return HelpText(h) == "" })
	if len(t.Help) == 0 {
		return c, ErrHelp
	}
	return s.change(ctx, who, "finding.issue", id, "", func(tx pg.Tx, c *Chain) error {
		n := Notice{Demand: t.Demand, Help: t.Help, Contact: strings.TrimSpace(t.Contact), DueOn: month.Date(t.DueOn), IssuedBy: who.Account, IssuedByName: who.Name, IssuedAt: tx.Now}
		if err := c.issue(n); err != nil {
			return err
		}
		if err := insertNotice(ctx, tx, id, n); err != nil {
			return err
		}
		return c.inform(ctx, tx, inform.FindingNotice)
	})
}

// inform tells the household, unless its screen is no place for the matter.
func (c *Chain) inform(ctx context.Context, tx pg.Tx, k inform.Kind) error {
	if c.Private {
		return nil
	}
	_, err := inform.Tell(ctx, tx, inform.Message{Household: c.HouseholdID, Kind: k, Subject: c.ID})
	return err
}

// Deliver notes that the notice was handed over on paper and signed for.
func (s *Service) Deliver(ctx context.Context, who actor.Actor, id uuid.UUID, receiver string) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Deliver(%s)", id)
	receiver = strings.TrimSpace(receiver)
	if n := utf8.RuneCountInString(receiver); n < 1 || n > 20 {
		return c, ErrReceiver
	}
	return s.change(ctx, who, "finding.deliver", id, "", func(tx pg.Tx, c *Chain) error {
		return c.arrive(ctx, tx, Delivery{Method: Slip, Receiver: receiver})
	})
}

// Receive notes that somebody of the household has the notice before their eyes.
func (s *Service) Receive(ctx context.Context, who actor.Actor, id uuid.UUID) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Receive(%s)", id)
	return s.change(ctx, who, "finding.receive", id, "", func(tx pg.Tx, c *Chain) error {
		if !c.shows(who) {
			return fault.ErrNotFound
		}
		return c.arrive(ctx, tx, Delivery{Method: Screen, Receiver: who.Name})
	})
}

// Opened is Receive where the message of a finding's notice was opened; what cannot be received any more, and every
// other message, is left as it is. It is what inform.Open does beside.
func Opened(ctx context.Context) func(pg.Tx, inform.Told) error {
	return func(tx pg.Tx, m inform.Told) error {
		if m.Kind != inform.FindingNotice {
			return nil
		}
		return arrived(ctx, tx, m.Subject(), Delivery{Method: Screen, Receiver: tx.Who.Name})
	}
}

// Sent notes that the notice went out by short message.
func Sent(ctx context.Context, tx pg.Tx, id uuid.UUID) error {
	return arrived(ctx, tx, id, Delivery{Method: SMS})
}

func arrived(ctx context.Context, tx pg.Tx, id uuid.UUID, d Delivery) error {
	c, err := lockChain(ctx, tx, id)
	if err != nil || c.State != Noticed || c.Private {
		return err
	}
	if tx.Who.Role == actor.Household && !c.shows(tx.Who) {
		return fault.ErrNotFound
	}
	if err := c.arrive(ctx, tx, d); err != nil && fault.Of(err).Kind != fault.Conflict {
		return err
	}
	return nil
}

func (c *Chain) arrive(ctx context.Context, tx pg.Tx, d Delivery) error {
	had := len(c.Deliveries)
	d.ID, d.At, d.ByName = pg.NewID(), tx.Now, tx.Who.Name
	if err := c.deliver(d); err != nil || len(c.Deliveries) == had {
		return err
	}
	return insertDelivery(ctx, tx, c.ID, d)
}

// Look is the re-check, with the photo from the same spot.
func (s *Service) Look(ctx context.Context, who actor.Actor, id uuid.UUID, result Result, note string, photos []uuid.UUID) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Look(%s)", id)
	if result.Chinese() == "" {
		return c, ErrResult
	}
	return s.change(ctx, who, "finding.recheck", id, "", func(tx pg.Tx, c *Chain) error {
		r := Recheck{Result: result, Note: strings.TrimSpace(note), ByName: who.Name, At: tx.Now}
		if err := c.look(r); err != nil {
			return err
		}
		if err := evidence.AttachTo(ctx, tx, photos, after(id), home(c.Finding)); err != nil {
			return err
		}
		held, err := evidence.Holding(ctx, tx, after(id))
		if err != nil {
			return err
		}
		if err := insertRecheck(ctx, tx, id, r, digest(c.Finding, held)); err != nil {
			return err
		}
		if c.State == Rechecked {
			return c.inform(ctx, tx, inform.FindingStatement)
		}
		return c.told(ctx, tx)
	})
}

// after is what the photos of the re-check hang on.
func after(id uuid.UUID) uuid.UUID { return uuid.NewSHA1(id, []byte("after")) }

// Hear writes down what the household says by phone or at the counter; or that its time passed without a word.
func (s *Service) Hear(ctx context.Context, who actor.Actor, id uuid.UUID, how How, words string) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Hear(%s)", id)
	if who.Role == actor.Household {
		return c, fault.ErrNotFound // it speaks for itself by Say
	}
	if how.Chinese() == "" || how == OnScreen {
		return c, ErrHow
	}
	return s.hear(ctx, who, id, how, words)
}

// Say is what the household itself says on its screen.
func (s *Service) Say(ctx context.Context, who actor.Actor, id uuid.UUID, words string) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Say(%s)", id)
	return s.hear(ctx, who, id, OnScreen, words)
}

func (s *Service) hear(ctx context.Context, who actor.Actor, id uuid.UUID, how How, words string) (c Chain, err error) {
	switch words = strings.TrimSpace(words); {
	case how == Absent:
		words = ""
	case utf8.RuneCountInString(words) < 2 || utf8.RuneCountInString(words) > 1000:
		return c, ErrWords
	}
	return s.change(ctx, who, "finding.hear", id, "", func(tx pg.Tx, c *Chain) error {
		if how == OnScreen && !c.shows(who) {
			return fault.ErrNotFound
		}
		st := Statement{How: how, Words: words, TakenName: who.Name, At: tx.Now}
		if err := c.hear(st); err != nil {
			return err
		}
		return insertStatement(ctx, tx, id, st)
	})
}

// Decide is one member's decision. The second that agrees ends the matter: to the month's sheet with its whole
// chain in the database, or without a deduction.
func (s *Service) Decide(ctx context.Context, who actor.Actor, id uuid.UUID, deduct bool, reason string) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Decide(%s)", id)
	if reason, err = reasoned(reason); err != nil {
		return c, err
	}
	return s.change(ctx, who, "finding.decide", id, reason, func(tx pg.Tx, c *Chain) error {
		related, err := group.Conflicted(ctx, tx, who.Account, []uuid.UUID{c.HouseholdID})
		if err != nil {
			return err
		}
		v := Vote{AccountID: who.Account, Name: who.Name, Deduct: deduct, Reason: reason, At: tx.Now}
		if err := c.vote(v, related[c.HouseholdID]); err != nil {
			return err
		}
		if err := insertVote(ctx, tx, *c, v); err != nil {
			return err
		}
		if c.State == Cleared {
			if err := insertClearance(ctx, tx, *c); err != nil {
				return err
			}
		}
		return c.told(ctx, tx)
	})
}

// told lets the household know of a decision.
func (c *Chain) told(ctx context.Context, tx pg.Tx) error {
	if c.State == Cleared || c.State == Closed {
		return c.inform(ctx, tx, inform.FindingDecided)
	}
	return nil
}

func reasoned(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 4 || n > 500 {
		return "", ErrReason
	}
	return reason, nil
}

// Withdraw takes a mistaken record back.
func (s *Service) Withdraw(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Withdraw(%s)", id)
	if reason, err = reasoned(reason); err != nil {
		return c, err
	}
	return s.change(ctx, who, "finding.withdraw", id, reason, func(tx pg.Tx, c *Chain) error {
		told := c.Notice != nil
		if err := c.withdraw(who, reason, tx.Now); err != nil || !told {
			return err
		}
		return c.told(ctx, tx)
	})
}

// TalkOver notes the talk with a minor's guardian, which ends the matter.
func (s *Service) TalkOver(ctx context.Context, who actor.Actor, id uuid.UUID, note string) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.TalkOver(%s)", id)
	if note, err = reasoned(note); err != nil {
		return c, err
	}
	return s.change(ctx, who, "finding.talk", id, "", func(tx pg.Tx, c *Chain) error { return c.talk(note, tx.Now) })
}

// change locks a finding with its chain, lets fn move it, and writes it back with its line in the log. What
// ends without a deduction gives its item free again.
func (s *Service) change(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, reason string, fn func(pg.Tx, *Chain) error) (c Chain, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err = idem.Once(ctx, tx, verb, func() (uuid.UUID, error) {
			c, err := lockChain(ctx, tx, id)
			if err != nil {
				return id, err
			}
			if c.Private {
				if _, err := c.near(ctx, tx); err != nil {
					return id, err
				}
			}
			before := c.State
			if err := fn(tx, &c); err != nil {
				return id, err
			}
			if err := save(ctx, tx, c.Finding); err != nil {
				return id, err
			}
			if !before.ended() && c.State.ended() {
				if err := slot.Free(ctx, tx, slot.Finding, id); err != nil {
					return id, err
				}
			}
			if c.Private { // the log is read by everybody in the group
				reason = ""
			}
			return id, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "finding", ID: id.String(), Reason: reason, Before: before, After: c.State})
		})
		if err == nil {
			c, err = readChain(ctx, tx, id)
		}
		return err
	})
	return c, err
}

// shows reports whether the person's household may see the matter on its screen.
func (c *Chain) shows(who actor.Actor) bool {
	return who.Household != uuid.Nil && c.HouseholdID == who.Household && !c.Private && c.Notice != nil
}
