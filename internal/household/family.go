package household

import (
	"slices"

	"github.com/google/uuid"

	"cunfen/internal/crypt"
)

// family compares the people of a household with those of a row: new ones are added, a head's identity
// number and a relation are taken over; nobody is taken out.
func (p *planner) family(r record, old, now row) (diffs []Diff) {
	before := p.people[old.ID]
	people := slices.Clone(before)
	if now.Head != old.Head {
		for _, h := range heads(people, now.Head) {
			people[slices.IndexFunc(people, func(m person) bool { return m.ID == h.ID })] = h
		}
	}
	diffs = append(diffs, p.headIdentity(r, old.ID, &people, now)...)
	for _, m := range r.draft.Members {
		diffs = append(diffs, p.relative(m, old.ID, &people)...)
	}
	for i, m := range people {
		switch {
		case i >= len(before):
			p.plan.people = append(p.plan.people, m)
		case m.Name != before[i].Name || m.Relation != before[i].Relation || string(m.IDIndex) != string(before[i].IDIndex):
			p.plan.members, p.plan.memBefore = append(p.plan.members, m), append(p.plan.memBefore, before[i])
		}
	}
	return diffs
}

// headIdentity takes over the head's identity number; a household without a member for its head gets one.
func (p *planner) headIdentity(r record, household uuid.UUID, people *[]person, now row) []Diff {
	index := p.key.Index(identityKind, r.draft.IDNumber)
	if index == nil {
		return nil
	}
	i := slices.IndexFunc(*people, func(m person) bool { return m.Relation == HeadRelation })
	if i < 0 {
		*people = append(*people, newPerson(p.key, household, Person{Name: now.Head, Relation: HeadRelation, IDNumber: r.draft.IDNumber}))
		return []Diff{{colIdentity, "", crypt.Mask(r.draft.IDNumber)}}
	}
	head := &(*people)[i]
	if string(head.IDIndex) == string(index) {
		return nil
	}
	d := Diff{colIdentity, p.mask(head.IDNumber), crypt.Mask(r.draft.IDNumber)}
	head.IDNumber, head.IDIndex = p.key.Seal(r.draft.IDNumber), index
	return []Diff{d}
}

func (p *planner) relative(m Person, household uuid.UUID, people *[]person) []Diff {
	i := slices.IndexFunc(*people, func(have person) bool { return have.Name == m.Name })
	if i < 0 {
		*people = append(*people, newPerson(p.key, household, m))
		return []Diff{{colMembers, "", label(m.Name, m.Relation)}}
	}
	have := &(*people)[i]
	if m.Relation == "" || m.Relation == have.Relation || have.Relation == HeadRelation {
		return nil
	}
	d := Diff{colMembers, label(have.Name, have.Relation), label(m.Name, m.Relation)}
	have.Relation = m.Relation
	return []Diff{d}
}

func label(name, relation string) string {
	if relation == "" {
		return name
	}
	return name + "/" + relation
}
