package household

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/crypt"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/initials"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// The kinds of keyed index.
const (
	phoneKind    = "phone"
	identityKind = "identity"
)

// Registered is what a new household gets.
type Registered struct {
	ID         uuid.UUID
	PassbookNo string
}

// Register takes a household into the register: it gets its passbook number, its account and its base points,
// locked for the time that the village's rules say.
func (s *Service) Register(ctx context.Context, who actor.Actor, d Draft) (out Registered, err error) {
	defer fault.Wrap(&err, "household.Register")
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "household.register", func() (Registered, error) { return s.register(ctx, tx, d) })
		return err
	})
	return out, err
}

func (s *Service) register(ctx context.Context, tx pg.Tx, d Draft) (out Registered, err error) {
	p, err := placeOf(ctx, tx)
	if err != nil {
		return out, err
	}
	if err := d.settle(p); err != nil {
		return out, err
	}
	key, err := s.Vault.Village(ctx, tx)
	if err != nil {
		return out, err
	}
	r, people := newHome(key, d)
	rows := []row{r}
	if err := found(ctx, tx, p, rows, people, nil); err != nil {
		return out, err
	}
	out = Registered{r.ID, rows[0].PassbookNo}
	return out, audit.Record(ctx, tx, audit.Event{Verb: "household.register", Kind: "household", ID: r.ID.String(), After: rows[0]})
}

// newHome makes the rows of a draft, its personal fields sealed; the head is the first of its people.
func newHome(key *crypt.Key, d Draft) (row, []person) {
	r := row{ID: pg.NewID(), Door: d.Door, Team: d.Team, Grid: d.Grid, Walk: d.Walk, Head: d.Head, Initials: initials.Of(d.Head),
		Residence: d.Residence, Party: d.Party, Phone: key.Seal(d.Phone), PhoneIndex: key.Index(phoneKind, d.Phone), State: Active, Note: d.Note}
	people := []person{newPerson(key, r.ID, Person{Name: d.Head, Relation: HeadRelation, IDNumber: d.IDNumber})}
	for _, m := range d.Members {
		people = append(people, newPerson(key, r.ID, m))
	}
	return r, people
}

func newPerson(key *crypt.Key, household uuid.UUID, p Person) person {
	return person{ID: pg.NewID(), HouseholdID: household, Name: p.Name, Initials: initials.Of(p.Name), Relation: p.Relation,
		IDNumber: key.Seal(p.IDNumber), IDIndex: key.Index(identityKind, p.IDNumber), Party: p.Party, State: Active}
}

// found writes new households with their people, passbook numbers, accounts and base points, in a fixed
// number of statements however many they are.
func found(ctx context.Context, tx pg.Tx, p place, rows []row, people []person, importID *uuid.UUID) error {
	if len(rows) == 0 {
		return nil
	}
	g, err := grantToday(ctx, tx)
	if err != nil {
		return err
	}
	numbers, err := numbersFor(ctx, tx, p.Code, len(rows))
	if err != nil {
		return err
	}
	if err := room(ctx, tx, len(rows)); err != nil {
		return err
	}
	for i := range rows {
		rows[i].PassbookNo, rows[i].RegisteredOn, rows[i].BaseUnlocksOn = numbers[i], month.Day(tx.Now), g.unlocksOn
	}
	if err := insert(ctx, tx, rows, importID); err != nil {
		return err
	}
	if err := insertPeople(ctx, tx, people); err != nil {
		return err
	}
	return g.open(ctx, tx, pluck(rows, func(r row) uuid.UUID { return r.ID }))
}

// Edit changes what is registered of a household and answers its new version.
func (s *Service) Edit(ctx context.Context, who actor.Actor, id uuid.UUID, c Change) (version int, err error) {
	defer fault.Wrap(&err, "household.Edit(%s)", id)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		version, _, err = idem.Once(ctx, tx, "household.edit", func() (int, error) { return s.edit(ctx, tx, id, c) })
		return err
	})
	return version, err
}

func (s *Service) edit(ctx context.Context, tx pg.Tx, id uuid.UUID, c Change) (int, error) {
	p, err := placeOf(ctx, tx)
	if err != nil {
		return 0, err
	}
	old, err := lock(ctx, tx, id)
	if err != nil {
		return 0, err
	}
	if old.Version != c.Version {
		return 0, ErrStale
	}
	if c.Walk == old.Walk && tidyDoor(c.Door) != old.Door {
		c.Walk = 0 // the place in the order follows the new door
	}
	if err := c.settle(p); err != nil {
		return 0, err
	}
	now, err := s.changed(ctx, tx, old, c)
	if err != nil {
		return 0, err
	}
	if err := update(ctx, tx, now); err != nil {
		return 0, err
	}
	if now.Head != old.Head {
		if err := newHead(ctx, tx, now); err != nil {
			return 0, err
		}
	}
	return old.Version + 1, audit.Record(ctx, tx, audit.Event{Verb: "household.edit", Kind: "household", ID: id.String(), Before: old, After: now})
}

func (s *Service) changed(ctx context.Context, tx pg.Tx, r row, c Change) (row, error) {
	r.Door, r.Team, r.Grid, r.Walk, r.Head, r.Initials = c.Door, c.Team, c.Grid, c.Walk, c.Head, initials.Of(c.Head)
	r.Residence, r.Party, r.Note = c.Residence, c.Party, c.Note
	if c.Phone == nil {
		return r, nil
	}
	key, err := s.Vault.Village(ctx, tx)
	if err == nil {
		r.Phone, r.PhoneIndex = key.Seal(*c.Phone), key.Index(phoneKind, *c.Phone)
	}
	return r, err
}

// newHead makes the member of the head's name the head. Where there is none, the name was only corrected.
func newHead(ctx context.Context, tx pg.Tx, r row) error {
	people, err := peopleOf(ctx, tx, r.ID)
	if err != nil {
		return err
	}
	return updatePeople(ctx, tx, heads(people, r.Head)...)
}

// heads are the people to change so that name is the head.
func heads(people []person, name string) (changed []person) {
	var before, after *person
	for i := range people {
		switch p := &people[i]; {
		case p.State == Left:
		case p.Relation == HeadRelation:
			before = p
		case p.Name == name && after == nil:
			after = p
		}
	}
	switch {
	case before == nil && after == nil:
		return nil
	case after == nil:
		before.Name, before.Initials = name, initials.Of(name)
		return []person{*before}
	}
	after.Relation = HeadRelation
	if before == nil {
		return []person{*after}
	}
	before.Relation = "家人"
	return []person{*before, *after}
}
