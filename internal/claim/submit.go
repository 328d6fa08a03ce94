package claim

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/slot"
)

// Service is what the screens and the jobs may ask of claims.
type Service struct{ DB *pg.DB }

// Submit brings a claim in. The points follow from the rule set in force on the day of the deed (D2). A
// household claims for itself; a grid worker for the homes of the own grid; the counter for any.
func (s *Service) Submit(ctx context.Context, who actor.Actor, d Draft) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.Submit(%s)", d.Item)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		c, _, err = idem.Once(ctx, tx, "claim.submit", func() (Claim, error) { return submit(ctx, tx, d) })
		return err
	})
	return c, err
}

func submit(ctx context.Context, tx pg.Tx, d Draft) (c Claim, err error) {
	if err := allowed(ctx, tx, d.Household); err != nil {
		return c, err
	}
	if err := belongs(ctx, tx, d); err != nil {
		return c, err
	}
	if err := happened(d.OccurredOn, tx.Now); err != nil {
		return c, err
	}
	c, err = assess(ctx, tx, d)
	if err != nil {
		return c, err
	}
	if err := insert(ctx, tx, c); err != nil {
		return c, err
	}
	if _, err := slot.Take(ctx, tx, c.use(true)); err != nil {
		return c, err
	}
	if err := evidence.Attach(ctx, tx, d.Evidence, c.ID); err != nil {
		return c, err
	}
	if c.Channel != Self {
		if _, err := inform.Tell(ctx, tx, inform.Message{Household: c.HouseholdID, Kind: inform.ClaimRecorded, Subject: c.ID, Detail: c.told()}); err != nil {
			return c, err
		}
	}
	return c, audit.Record(ctx, tx, audit.Event{Verb: "claim.submit", Kind: "claim", ID: c.ID.String(), After: c})
}

// allowed checks that the person may claim for this household.
func allowed(ctx context.Context, tx pg.Tx, household uuid.UUID) error {
	who := tx.Who
	if who.Role == actor.Household && who.Household != household {
		return ErrNotYours
	}
	grid, err := gridOf(ctx, tx, household)
	if err != nil {
		return err
	}
	if who.Role == actor.Grid && who.Grid != 0 && grid != who.Grid {
		return ErrOtherGrid
	}
	return nil
}

// belongs checks that the member named is one of the household.
func belongs(ctx context.Context, tx pg.Tx, d Draft) error {
	if d.Member == uuid.Nil {
		return nil
	}
	home, err := homeOf(ctx, tx, d.Member)
	if err == nil && home != d.Household {
		err = fault.ErrNotFound
	}
	return err
}

// assess turns a draft into a claim by the rules of its day. What is wrong with it by itself is answered here,
// field by field; whether the household can still have it, slot.Take says.
func assess(ctx context.Context, tx pg.Tx, d Draft) (c Claim, err error) {
	rules, err := rulebook.InForce(ctx, tx, d.OccurredOn)
	if err != nil {
		return c, err
	}
	item, err := rules.Item(d.Item)
	if err != nil {
		return c, err
	}
	if item.Sign == rulebook.Minus {
		return c, ErrMinus
	}
	if len(d.Proofs) == 0 {
		d.Proofs = presumed(item, d.Evidence, channel(tx.Who) == Self)
	}
	note := strings.TrimSpace(d.Note)
	d.Source = strings.TrimSpace(d.Source)
	told := d.known(channel(tx.Who))
	points, err := score(item, d.Parts, note)
	if err := fault.Join(fault.From(err), fault.From(proven(item, d)), fault.When(utf8.RuneCountInString(note) > 500, ErrNote), told); err != nil {
		return c, err
	}
	c = Claim{ID: pg.NewID(), HouseholdID: d.Household, Item: item.Code, Parts: d.Parts, RuleVersion: rules.Version, Points: points,
		OccurredOn: d.OccurredOn, Note: note, Source: d.Source, SourceKind: d.SourceKind, Channel: channel(tx.Who), Identity: d.Identity, Through: d.Through, Recorder: tx.Who.Account,
		RecorderName: tx.Who.Name, RecordedAt: tx.Now.Truncate(time.Microsecond), State: Pending, Version: 1}
	if d.Member != uuid.Nil {
		c.MemberID = &d.Member
	}
	for _, p := range d.Proofs {
		c.Proofs = append(c.Proofs, string(p))
	}
	return c, nil
}

// score is what the deed is worth; the points of an open item need the reason that the note gives (D7).
func score(item rulebook.Item, parts map[string]int, note string) (int, error) {
	points, err := item.Score(parts)
	if err != nil || item.Tier != rulebook.Decided {
		return points, err
	}
	if points, err = item.ScoreOpen(points, note); err != nil {
		err = fault.Of(err).On("note")
	}
	return points, err
}

// presumed is the proof that a picture, or its absence, stands for when the person did not say. Without a
// picture a household has none: what was seen or inspected, somebody else says.
func presumed(item rulebook.Item, photos []uuid.UUID, self bool) []rulebook.Evidence {
	if len(item.Required) > 0 {
		return item.Required
	}
	if self && len(photos) == 0 {
		return nil
	}
	for _, k := range item.Accepts() {
		if (k == rulebook.CertificateSeen || k == rulebook.InspectionRecord || k == rulebook.GroupRecord) == (len(photos) == 0) {
			return []rulebook.Evidence{k}
		}
	}
	return nil
}

// proven checks the kinds of proof; those that leave a paper behind need its picture.
func proven(item rulebook.Item, d Draft) error {
	if err := item.CheckEvidence(d.Proofs); err != nil {
		return err
	}
	for _, k := range d.Proofs {
		switch k {
		case rulebook.CertificateSeen, rulebook.InspectionRecord, rulebook.GroupRecord, rulebook.Feedback, rulebook.News:
		default:
			if len(d.Evidence) == 0 {
				return ErrNoEvidence
			}
		}
	}
	return nil
}

// Resubmit sends a returned claim in again with what was asked for: more words or more photos.
func (s *Service) Resubmit(ctx context.Context, who actor.Actor, id uuid.UUID, note string, photos []uuid.UUID) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.Resubmit(%s)", id)
	return s.change(ctx, who, "claim.resubmit", id, "", func(tx pg.Tx, c *Claim) error {
		if err := mine(who, *c); err != nil {
			return err
		}
		if c.State != Returned {
			return ErrDecided
		}
		if note = strings.TrimSpace(note); utf8.RuneCountInString(note) > 500 {
			return ErrNote
		}
		if note != "" {
			c.Note = note
		}
		c.State, c.Reviewer, c.ReviewerName, c.DecidedAt = Pending, nil, "", nil
		return evidence.Attach(ctx, tx, photos, c.ID)
	})
}

// Withdraw takes a claim back before it is decided.
func (s *Service) Withdraw(ctx context.Context, who actor.Actor, id uuid.UUID) (c Claim, err error) {
	defer fault.Wrap(&err, "claim.Withdraw(%s)", id)
	return s.change(ctx, who, "claim.withdraw", id, "", func(tx pg.Tx, c *Claim) error {
		if err := mine(who, *c); err != nil {
			return err
		}
		if c.State != Pending && c.State != Returned {
			return ErrDecided
		}
		c.State = Withdrawn
		return nil
	})
}

// mine lets those at a claim who brought it in, and the household that it is for.
func mine(who actor.Actor, c Claim) error {
	if c.Recorder == who.Account || who.Household == c.HouseholdID && who.Household != uuid.Nil {
		return nil
	}
	return fault.ErrNotFound
}
