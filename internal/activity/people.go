package activity

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

// Added says how many came onto the list now; the others were on it.
type Added struct{ New, Had int }

// Add puts members of households on the list: those ticked, or those that a list was matched with.
func (s *Service) Add(ctx context.Context, who actor.Actor, id uuid.UUID, how How, members []uuid.UUID) (n Added, err error) {
	defer fault.Wrap(&err, "activity.Add(%s)", id)
	return onList(ctx, s, who, "activity.add", id, func(tx pg.Tx, a Activity) (Added, error) {
		switch {
		case a.mayRun(who) != nil:
			return n, a.mayRun(who)
		case len(members) == 0:
			return n, ErrNobody
		case len(members) > MostPeople:
			return n, ErrMany
		}
		return enter(ctx, tx, a, how, members, uuid.Nil)
	})
}

// Remove takes somebody off the list.
func (s *Service) Remove(ctx context.Context, who actor.Actor, id, member uuid.UUID) (err error) {
	defer fault.Wrap(&err, "activity.Remove(%s)", id)
	_, err = onList(ctx, s, who, "activity.remove", id, func(tx pg.Tx, a Activity) (Added, error) {
		if err := a.mayRun(who); err != nil {
			return Added{}, err
		}
		n := args(tx, id)
		n["member"] = member
		tag, err := tx.Exec(ctx, sqlDrop, n)
		if err == nil && tag.RowsAffected() == 0 {
			err = fault.ErrNotFound
		}
		return Added{}, err
	})
	return err
}

// CheckIn puts members of the person's own household on the list, by the code that they scanned on the spot and
// while the activity lasts. Scanned again it changes nothing.
func (s *Service) CheckIn(ctx context.Context, who actor.Actor, id uuid.UUID, code string, members []uuid.UUID) (n Added, err error) {
	defer fault.Wrap(&err, "activity.CheckIn(%s)", id)
	if who.Household == uuid.Nil {
		return n, fault.ErrNotFound
	}
	return onList(ctx, s, who, "activity.check_in", id, func(tx pg.Tx, a Activity) (Added, error) {
		if err := family(ctx, tx, who.Household, members); err != nil {
			return n, err
		}
		if err := a.within(tx.Now); err != nil {
			return n, err
		}
		switch {
		case !a.takes(code, tx.Now):
			return n, ErrCode
		case len(members) == 0:
			return n, ErrWho
		case len(members) > 30:
			return n, ErrMany
		}
		return enter(ctx, tx, a, Scanned, members, who.Household)
	})
}

// family checks that the members are of the household.
func family(ctx context.Context, tx pg.Tx, home uuid.UUID, members []uuid.UUID) error {
	n := args(tx, uuid.Nil)
	n["home"] = home
	all, err := pg.All[Candidate](ctx, tx, sqlFamily, n)
	if err != nil {
		return err
	}
	for _, m := range members {
		if !slices.ContainsFunc(all, func(c Candidate) bool { return c.MemberID == m }) {
			return fault.ErrNotFound
		}
	}
	return nil
}

// enter writes people down; home keeps them to one household.
func enter(ctx context.Context, tx pg.Tx, a Activity, how How, members []uuid.UUID, home uuid.UUID) (n Added, err error) {
	p := args(tx, a.ID)
	p["how"], p["members"] = how, members
	if home != uuid.Nil {
		p["home"] = home
	}
	tag, err := tx.Exec(ctx, sqlAdd, p)
	if err != nil {
		return n, err
	}
	n.New = int(tag.RowsAffected())
	all, err := peopleOf(ctx, tx, a.ID)
	if err != nil {
		return n, err
	}
	if len(all) > MostPeople {
		return n, ErrMany
	}
	listed := onIt(all)
	for _, m := range members {
		if !listed[m] {
			return n, fault.ErrNotFound // nobody of the village, or of another home
		}
	}
	n.Had = len(members) - n.New
	return n, nil
}

func onIt(all []Person) map[uuid.UUID]bool {
	listed := make(map[uuid.UUID]bool, len(all))
	for _, p := range all {
		listed[p.MemberID] = true
	}
	return listed
}

// onList locks an activity that is still open and changes its list; a repeat gets the first answer.
func onList[T any](ctx context.Context, s *Service, who actor.Actor, verb string, id uuid.UUID, fn func(pg.Tx, Activity) (T, error)) (n T, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		n, _, err = idem.Once(ctx, tx, verb, func() (n T, err error) {
			a, err := lock(ctx, tx, id)
			if err != nil {
				return n, err
			}
			if a.State != Open {
				return n, ErrState.With(a.State.Chinese())
			}
			if n, err = fn(tx, a); err != nil {
				return n, err
			}
			return n, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "activity", ID: id.String(), After: n})
		})
		return err
	})
	return n, err
}

// Try says what the register makes of a list of names, and changes nothing.
func (s *Service) Try(ctx context.Context, who actor.Actor, id uuid.UUID, text string) (all []Match, err error) {
	defer fault.Wrap(&err, "activity.Try(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a, err := find(ctx, tx, id)
		if err == nil {
			all, err = a.matched(ctx, tx, text)
		}
		return err
	})
	return all, err
}

// matched finds the people of a list in the register.
func (a Activity) matched(ctx context.Context, tx pg.Tx, text string) ([]Match, error) {
	if err := a.mayRun(tx.Who); err != nil {
		return nil, err
	}
	names := Names(text)
	if len(names) == 0 || len(names) > MostPeople {
		return nil, ErrText
	}
	n := args(tx, a.ID)
	var written, at []string
	for _, x := range names {
		written, at = append(written, x.Name), append(at, x.Door)
	}
	n["names"], n["doors"] = written, at
	register, err := pg.All[Candidate](ctx, tx, sqlRegister, n)
	if err != nil {
		return nil, err
	}
	listed, err := peopleOf(ctx, tx, a.ID)
	return match(names, register, onIt(listed)), err
}

// Taken is what became of a list of names: who came onto the activity's list, and which lines nobody was found for.
type Taken struct {
	Added
	Left []Match
}

// Take puts those of a list of names on the activity's list who are beyond doubt.
func (s *Service) Take(ctx context.Context, who actor.Actor, id uuid.UUID, text string) (n Taken, err error) {
	defer fault.Wrap(&err, "activity.Take(%s)", id)
	return onList(ctx, s, who, "activity.take", id, func(tx pg.Tx, a Activity) (n Taken, err error) {
		all, err := a.matched(ctx, tx, text)
		if err != nil {
			return n, err
		}
		var members []uuid.UUID
		for _, m := range all {
			switch {
			case m.Found == nil:
				n.Left = append(n.Left, m)
			case !m.Listed:
				members = append(members, m.Found.MemberID)
			}
		}
		if len(members) == 0 {
			return n, ErrNobody
		}
		n.Added, err = enter(ctx, tx, a, Sheet, members, uuid.Nil)
		return n, err
	})
}
