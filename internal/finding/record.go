package finding

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/slot"
)

// Draft is what is found and written down at once (R4.4.7a).
type Draft struct {
	Household  uuid.UUID
	Member     uuid.UUID
	Item       string
	Parts      map[string]int
	OccurredOn time.Time
	Place      string
	Matter     string
	Basis      string
	Proofs     []rulebook.Evidence
	Photos     []uuid.UUID
	Reporter   string // read by the deciders alone
	Private    bool
}

const sqlHome = `-- finding.home
select grid from household where village_id = @village_id and id = @id and state = 'active'`

const sqlMember = `-- finding.member
select household_id, minor_until from member where village_id = @village_id and id = @member`

// Record writes down what was found: a proposal to the group and nothing more. It holds the item of its period
// for the household, so that the mirror of it is not given meanwhile (D3).
func (s *Service) Record(ctx context.Context, who actor.Actor, d Draft) (f Finding, err error) {
	defer fault.Wrap(&err, "finding.Record(%s)", d.Item)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		f, _, err = idem.Once(ctx, tx, "finding.record", func() (Finding, error) { return record(ctx, tx, d) })
		return err
	})
	return f, err
}

func record(ctx context.Context, tx pg.Tx, d Draft) (f Finding, err error) {
	grid, err := pg.Scalar[int](ctx, tx, sqlHome, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": d.Household})
	if err != nil {
		return f, err
	}
	if tx.Who.Role == actor.Grid && tx.Who.Grid != 0 && tx.Who.Grid != grid {
		return f, ErrGrid
	}
	f, rules, err := assess(ctx, tx, d)
	if err != nil {
		return f, err
	}
	if f.Minor, err = minor(ctx, tx, d); err != nil {
		return f, err
	}
	if f.Minor && !rules.Settings.MinorDeducts {
		f.State, f.Private = Talk, true
	}
	if err := evidence.AttachTo(ctx, tx, d.Photos, f.ID, home(f)); err != nil {
		return f, err
	}
	photos, err := evidence.Holding(ctx, tx, f.ID)
	if err != nil {
		return f, err
	}
	f.Evidence = digest(f, photos)
	if err := insert(ctx, tx, f, strings.TrimSpace(d.Reporter)); err != nil {
		return f, err
	}
	if f.State == Recorded {
		if _, err := slot.Take(ctx, tx, f.use()); err != nil {
			return f, err
		}
	} else if _, err := inform.Tell(ctx, tx, inform.Message{Household: f.HouseholdID, Kind: inform.GuardianInvited, Quiet: true}); err != nil {
		return f, err
	}
	return f, audit.Record(ctx, tx, audit.Event{Verb: "finding.record", Kind: "finding", ID: f.ID.String(), After: f})
}

// home is the household that may see a finding's photos; none where its screen could harm one of its own.
func home(f Finding) uuid.UUID {
	if f.Private {
		return uuid.Nil
	}
	return f.HouseholdID
}

// assess turns a draft into a finding by the rules of its day.
func assess(ctx context.Context, tx pg.Tx, d Draft) (f Finding, rules rulebook.RuleSet, err error) {
	if late := happened(d.OccurredOn, tx.Now); late != nil {
		return f, rules, late
	}
	if rules, err = rulebook.InForce(ctx, tx, d.OccurredOn); err != nil {
		return f, rules, err
	}
	item, err := rules.Item(d.Item)
	if err != nil {
		return f, rules, err
	}
	if item.Sign != rulebook.Minus {
		return f, rules, ErrSign
	}
	if !item.On { // an X item stays off without the township's legal review
		return f, rules, rulebook.ErrOff.With(item.Title)
	}
	matter := strings.TrimSpace(d.Matter)
	points, scoring := item.Score(d.Parts)
	if n := utf8.RuneCountInString(matter); n < 4 || n > 1000 {
		scoring = fault.Join(fault.From(scoring), ErrMatter)
	}
	if err := fault.Join(fault.From(scoring), fault.From(proven(item, d))); err != nil {
		return f, rules, err
	}
	f = Finding{ID: pg.NewID(), HouseholdID: d.Household, Item: item.Code, Parts: d.Parts, RuleVersion: rules.Version, Points: points, OccurredOn: d.OccurredOn,
		FoundAt: tx.Now.Truncate(time.Microsecond), Place: strings.TrimSpace(d.Place), Matter: matter, Basis: strings.TrimSpace(d.Basis), Recorder: tx.Who.Account, RecorderName: tx.Who.Name,
		RecordedAt: tx.Now.Truncate(time.Microsecond), State: Recorded, Version: 1, Private: d.Private || hidden(item)}
	if d.Member != uuid.Nil {
		f.MemberID = &d.Member
	}
	for _, p := range d.Proofs {
		f.Proofs = append(f.Proofs, string(p))
	}
	return f, rules, nil
}

// hidden are the items whose cause is on no screen that a home shares: those that are never shown by cause, and
// violence at home whatever a village makes of it.
func hidden(i rulebook.Item) bool {
	return i.Notice == rulebook.Sensitive || i.Code == "N24" || i.Code == "N22"
}

// proven checks the kinds of proof; a photo must be there.
func proven(item rulebook.Item, d Draft) error {
	if err := item.CheckEvidence(d.Proofs); err != nil {
		return err
	}
	for _, k := range d.Proofs {
		if k == rulebook.Photo && len(d.Photos) == 0 {
			return ErrProof
		}
	}
	return nil
}

// minor reports whether the deed was a minor's; the member must be of the household.
func minor(ctx context.Context, tx pg.Tx, d Draft) (bool, error) {
	if d.Member == uuid.Nil {
		return false, nil
	}
	m, err := pg.One[struct {
		HouseholdID uuid.UUID
		MinorUntil  *time.Time
	}](ctx, tx, sqlMember, pgx.NamedArgs{"village_id": int64(tx.Village()), "member": d.Member})
	if err == nil && m.HouseholdID != d.Household {
		err = fault.ErrNotFound
	}
	return err == nil && m.MinorUntil != nil && month.Date(d.OccurredOn).Before(*m.MinorUntil), err
}

// digest ties the finding to what proves it.
func digest(f Finding, photos []evidence.Held) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s|%s|%s|%s|%s\n", f.ID, f.Item, f.OccurredOn.Format("2006-01-02"), f.Matter, strings.Join(f.Proofs, ","))
	for _, p := range photos {
		h.Write(p.SHA256)
	}
	return h.Sum(nil)
}

func (f Finding) use() slot.Use {
	e := rulebook.Event{ID: f.ID, Item: f.Item, Parts: f.Parts, OccurredOn: f.OccurredOn, By: rulebook.ByGroup, Note: f.Matter}
	if f.MemberID != nil {
		e.Member = *f.MemberID
	}
	for _, p := range f.Proofs {
		e.Proofs = append(e.Proofs, rulebook.Evidence(p))
	}
	return slot.Use{Holder: slot.Holder{Kind: slot.Finding, ID: f.ID}, Household: f.HouseholdID, Event: e, Version: f.RuleVersion}
}
