package inspect

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Noted is the answer to a mark.
type Noted struct {
	Household uuid.UUID
	Failed    []string
	Version   int
}

// Mark notes what was seen at a home. Two people who saw different things meanwhile settle it: the second is
// told what the first noted, and may insist.
func (s *Service) Mark(ctx context.Context, who actor.Actor, id uuid.UUID, m Mark) (n Noted, err error) {
	defer fault.Wrap(&err, "inspect.Mark(%s, %s)", id, m.Household)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		n, _, err = idem.Once(ctx, tx, "round.mark", func() (Noted, error) { return note(ctx, tx, id, m) })
		return err
	})
	return n, err
}

func note(ctx context.Context, tx pg.Tx, id uuid.UUID, m Mark) (n Noted, err error) {
	r, err := find(ctx, tx, id)
	if r, err = visible(tx, r, err); err != nil {
		return n, err
	}
	if err := standing(ctx, tx, r, m.Household); err != nil {
		return n, err
	}
	if r, err = lock(ctx, tx, id); err != nil {
		return n, err
	}
	if r.Stored != Open {
		return n, ErrClosed
	}
	if err := m.check(r.Items); err != nil {
		return n, err
	}
	if len(m.Failed) > 0 {
		if err := applies(ctx, tx, r, m); err != nil {
			return n, err
		}
	}
	if err := agreed(ctx, tx, r, m); err != nil {
		return n, err
	}
	a := args(tx, r.ID)
	a["household"], a["failed"], a["reason"] = m.Household, append([]string{}, m.Failed...), m.Reason
	a["recorder"], a["recorder_name"], a["at"] = tx.Who.Account, tx.Who.Name, tx.Now
	n = Noted{Household: m.Household, Failed: m.Failed}
	if n.Version, err = pg.Scalar[int](ctx, tx, sqlMark, a); err != nil {
		return n, err
	}
	if err := evidence.AttachTo(ctx, tx, m.Photos, r.ID, m.Household); err != nil {
		return n, err
	}
	if len(m.Failed) == 0 && m.Reason == "" {
		return n, nil // a home that passes needs no line in the log: the round's close has one
	}
	return n, audit.Record(ctx, tx, audit.Event{Verb: "round.mark", Kind: "household", ID: m.Household.String(), Reason: m.Reason, After: n})
}

// standing checks that the home is one of the round's.
func standing(ctx context.Context, tx pg.Tx, r Round, household uuid.UUID) error {
	a := args(tx, r.ID)
	a["household"] = household
	h, err := pg.One[struct {
		Grid  int
		State string
	}](ctx, tx, sqlHome, a)
	if err == nil && (h.Grid != r.Grid || h.State != "active") {
		err = ErrHome
	}
	return err
}

// applies checks that nothing is held against the home that it is exempt from.
func applies(ctx context.Context, tx pg.Tx, r Round, m Mark) error {
	home := []Home{{HouseholdID: m.Household}}
	if err := exempted(ctx, tx, r, home); err != nil {
		return err
	}
	for _, f := range m.Failed {
		if slices.Contains(home[0].Exempt, f) {
			return ErrExempt.With(home[0].Why)
		}
	}
	return nil
}

// agreed refuses a mark that would change, unseen, what somebody else has noted.
func agreed(ctx context.Context, tx pg.Tx, r Round, m Mark) error {
	a := args(tx, r.ID)
	a["household"] = m.Household
	had, err := pg.All[struct {
		Failed       []string
		Recorder     uuid.UUID
		RecorderName string
		Version      int
	}](ctx, tx, sqlNoted, a)
	if err != nil || len(had) == 0 {
		return err
	}
	h := had[0]
	if m.Insist || h.Recorder == tx.Who.Account || h.Version == m.Base || slices.Equal(h.Failed, m.Failed) {
		return nil
	}
	word := "合格"
	if len(h.Failed) > 0 {
		word = "不合格"
	}
	return ErrOther.With(h.RecorderName, word)
}

// AtHome finds the open round of a household's grid this month or, failing that, of the last one.
func (s *Service) AtHome(ctx context.Context, who actor.Actor, household uuid.UUID) (round uuid.UUID, err error) {
	defer fault.Wrap(&err, "inspect.AtHome(%s)", household)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := args(tx, uuid.Nil)
		a["household"], a["since"] = household, int(month.Of(tx.Now).Prev())
		found, err := pg.Column[uuid.UUID](ctx, tx, sqlAtHome, a)
		if err == nil && len(found) > 0 {
			round = found[0]
		}
		return err
	})
	return round, err
}

const sqlAtHome = `-- inspect.at_home
select i.id from household h join inspection i on i.village_id = @village_id and i.grid = h.grid and i.state = 'open' and i.month >= @since
where h.village_id = @village_id and h.id = @household and h.state = 'active' order by i.month desc limit 1`
