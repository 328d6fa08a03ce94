package household

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/initials"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// ErrOneHead says that a household has its head already.
var ErrOneHead = fault.New(fault.Invalid, "household.one_head", "一户只有一个户主；要换户主，请在住户资料里改户主姓名").On("relation")

// AddMember takes a person into a household.
func (s *Service) AddMember(ctx context.Context, who actor.Actor, household uuid.UUID, p Person) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "household.AddMember(%s)", household)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		id, _, err = idem.Once(ctx, tx, "household.add_member", func() (uuid.UUID, error) { return s.addMember(ctx, tx, household, p) })
		return err
	})
	return id, err
}

func (s *Service) addMember(ctx context.Context, tx pg.Tx, household uuid.UUID, p Person) (id uuid.UUID, err error) {
	if err := fault.Join(p.settle()...); err != nil {
		return id, err
	}
	if p.Relation == HeadRelation {
		return id, ErrOneHead
	}
	r, err := lock(ctx, tx, household)
	if err != nil {
		return id, err
	}
	key, err := s.Vault.Village(ctx, tx)
	if err != nil {
		return id, err
	}
	m := newPerson(key, household, p)
	if err := insertPeople(ctx, tx, []person{m}); err != nil {
		return id, err
	}
	return m.ID, memberChanged(ctx, tx, r, audit.Event{Verb: "household.add_member", After: m})
}

// memberChanged moves the household to its next version and records what was done to its member.
func memberChanged(ctx context.Context, tx pg.Tx, r row, e audit.Event) error {
	if err := update(ctx, tx, r); err != nil {
		return err
	}
	e.Kind, e.ID = "household", r.ID.String()
	return audit.Record(ctx, tx, e)
}

// EditMember changes what is registered of a member.
func (s *Service) EditMember(ctx context.Context, who actor.Actor, member uuid.UUID, c PersonChange) (err error) {
	defer fault.Wrap(&err, "household.EditMember(%s)", member)
	return s.onMember(ctx, who, "household.edit_member", member, func(tx pg.Tx, m *person) error {
		p := Person{Name: c.Name, Relation: c.Relation, Party: c.Party}
		if c.IDNumber != nil {
			p.IDNumber = *c.IDNumber
		}
		if err := fault.Join(p.settle()...); err != nil {
			return err
		}
		if (p.Relation == HeadRelation) != (m.Relation == HeadRelation) {
			return ErrOneHead
		}
		m.Name, m.Initials, m.Relation, m.Party = p.Name, initials.Of(p.Name), p.Relation, p.Party
		if c.IDNumber == nil {
			return nil
		}
		key, err := s.Vault.Village(ctx, tx)
		if err == nil {
			m.IDNumber, m.IDIndex = key.Seal(p.IDNumber), key.Index(identityKind, p.IDNumber)
		}
		return err
	})
}

// LeaveMember takes a person out of a household: moved away, married out, died. What they earned stays.
func (s *Service) LeaveMember(ctx context.Context, who actor.Actor, member uuid.UUID) (err error) {
	defer fault.Wrap(&err, "household.LeaveMember(%s)", member)
	return s.onMember(ctx, who, "household.leave_member", member, func(tx pg.Tx, m *person) error {
		if m.Relation == HeadRelation {
			return ErrHeadLeaves
		}
		today := month.Day(tx.Now)
		m.State, m.LeftOn = Left, &today
		return nil
	})
}

// onMember changes one member who lives in the village, and the household's head line with the head.
func (s *Service) onMember(ctx context.Context, who actor.Actor, verb string, member uuid.UUID, change func(pg.Tx, *person) error) error {
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, verb, func() (bool, error) {
			m, err := pg.One[person](ctx, tx, sqlPerson, args(tx, member))
			if err != nil {
				return false, err
			}
			r, err := lock(ctx, tx, m.HouseholdID)
			if err != nil {
				return false, err
			}
			if m, err = pg.One[person](ctx, tx, sqlPerson, args(tx, member)); err == nil && m.State == Left {
				err = fault.ErrNotFound
			}
			if err != nil {
				return false, err
			}
			before := m
			if err := change(tx, &m); err != nil {
				return false, err
			}
			if err := updatePeople(ctx, tx, m); err != nil {
				return false, err
			}
			if m.Relation == HeadRelation {
				r.Head, r.Initials = m.Name, m.Initials
			}
			return true, memberChanged(ctx, tx, r, audit.Event{Verb: verb, Before: before, After: m})
		})
		return err
	})
}
