package household

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Parting is what a form says of people who leave a home for one of their own.
type Parting struct {
	Home    Draft       // the new home; its people are those chosen
	Head    uuid.UUID   // of them
	Members []uuid.UUID // who go, the head among them
	Reason  string
}

// Faults of parting.
var (
	ErrWhoGoes = fault.New(fault.Invalid, "household.who_goes", "请选择哪些人分出去，户主要在里面；原来的户主不能分出去").On("members")
	ErrMinor   = fault.New(fault.Invalid, "household.minor", "成年的日子应在 18 年以内，请改正").On("minor_until")
)

const sqlGoing = `-- household.going
select id, household_id, name, initials, relation, id_number, id_index, party, state, left_on from member
where village_id = @village_id and household_id = @household and id = any(@members) and state = 'active' order by id for update`

const sqlPart = `-- household.part
update member set household_id = @home, relation = case when id = @head then '户主' else relation end
where village_id = @village_id and household_id = @household and id = any(@members) and state = 'active'`

const sqlPartSeats = `-- household.part_seats
update membership set household_id = @home where village_id = @village_id and household_id = @household
  and account_id in (select account_id from member where village_id = @village_id and household_id = @home and account_id is not null)`

// Split makes a home of its own for people of a household: with its own passbook and base points as the rules
// say. The old book stays where it is, deductions and all: the new home begins with nobody else's deduction.
func (s *Service) Split(ctx context.Context, who actor.Actor, household uuid.UUID, p Parting) (out Registered, err error) {
	defer fault.Wrap(&err, "household.Split(%s)", household)
	if p.Reason, err = checkReason(p.Reason); err != nil {
		return out, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "household.split", func() (Registered, error) { return s.split(ctx, tx, household, p) })
		return err
	})
	return out, err
}

func (s *Service) split(ctx context.Context, tx pg.Tx, household uuid.UUID, p Parting) (out Registered, err error) {
	old, err := lock(ctx, tx, household)
	if err != nil {
		return out, err
	}
	a := args(tx, household)
	a["members"], a["head"] = p.Members, p.Head
	going, err := pg.All[person](ctx, tx, sqlGoing, a)
	if err != nil {
		return out, err
	}
	led := false
	for _, m := range going {
		if m.Relation == HeadRelation {
			return out, ErrWhoGoes
		}
		if m.ID == p.Head {
			led, p.Home.Head = true, m.Name
		}
	}
	if !led || len(going) != len(p.Members) {
		return out, ErrWhoGoes
	}
	at, err := placeOf(ctx, tx)
	if err != nil {
		return out, err
	}
	p.Home.Members = nil
	if err := p.Home.settle(at); err != nil {
		return out, err
	}
	key, err := s.Vault.Village(ctx, tx)
	if err != nil {
		return out, err
	}
	home, _ := newHome(key, p.Home)
	rows := []row{home}
	if err := found(ctx, tx, at, rows, nil, nil); err != nil {
		return out, err
	}
	a["home"] = home.ID
	for _, sql := range []string{sqlPart, sqlPartSeats} {
		if _, err := tx.Exec(ctx, sql, a); err != nil {
			return out, err
		}
	}
	if err := update(ctx, tx, old); err != nil { // its next version
		return out, err
	}
	out = Registered{home.ID, rows[0].PassbookNo}
	return out, audit.Record(ctx, tx, audit.Event{Verb: "household.split", Kind: "household", ID: household.String(), Reason: p.Reason, Before: going, After: out})
}

const sqlMinor = `-- household.minor
update member set minor_until = @until where village_id = @village_id and household_id = @household and id = @id and state = 'active'`

const sqlMinors = `-- household.minors
select id, minor_until from member where village_id = @village_id and household_id = @household and minor_until is not null and state = 'active'`

// SetMinor notes until which day a member is under age; nil takes it off. What a minor does costs no points and
// is talked over with the guardian.
func (s *Service) SetMinor(ctx context.Context, who actor.Actor, household, member uuid.UUID, until *time.Time) (err error) {
	defer fault.Wrap(&err, "household.SetMinor(%s)", member)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "household.minor", func() (bool, error) {
			a := args(tx, member)
			a["household"], a["until"] = household, nil
			if until != nil {
				if until.After(tx.Now.AddDate(18, 0, 1)) {
					return false, ErrMinor
				}
				a["until"] = month.Date(*until)
			}
			tag, err := tx.Exec(ctx, sqlMinor, a)
			if err == nil && tag.RowsAffected() == 0 {
				err = fault.ErrNotFound
			}
			if err != nil {
				return false, err
			}
			return true, audit.Record(ctx, tx, audit.Event{Verb: "household.minor", Kind: "household", ID: household.String(), After: until})
		})
		return err
	})
}

// Minors are the members under age with the day on which that ends.
func (s *Service) Minors(ctx context.Context, who actor.Actor, household uuid.UUID) (until map[uuid.UUID]time.Time, err error) {
	defer fault.Wrap(&err, "household.Minors(%s)", household)
	until = map[uuid.UUID]time.Time{}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err := pg.All[struct {
			ID         uuid.UUID
			MinorUntil time.Time
		}](ctx, tx, sqlMinors, args(tx, household))
		for _, r := range rows {
			until[r.ID] = r.MinorUntil
		}
		return err
	})
	return until, err
}
