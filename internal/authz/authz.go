// Package authz answers the first of three questions: may this role do this kind of thing? The domain answers
// the second (to this record, now), row-level security the third (can it be seen at all).
//
// Casbin decides, once: at start it is asked for every role and action, and its answers are kept as bits. The
// village does not enter: a person's role comes from their membership in the village that they act in.
package authz

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"

	"cunfen/internal/actor"
)

// Table is the compiled policy. It never changes and is safe for concurrent use.
type Table struct {
	column map[Action]int
	may    map[actor.Role][2]uint64
}

// May reports whether the role may do the action; what is unknown may not.
func (t *Table) May(role actor.Role, a Action) bool {
	i, known := t.column[a]
	return known && t.may[role][i/64]&(1<<(i%64)) != 0
}

// Roles lists who may do the action.
func (t *Table) Roles(a Action) (roles []actor.Role) {
	for _, r := range actor.Roles {
		if t.May(r, a) {
			roles = append(roles, r)
		}
	}
	return roles
}

// Compile reads the policy and asks Casbin for every decision. A policy that cannot be read, names an unknown
// role or action, leaves an action without any role, or lets a role reach beyond its village is an error.
func Compile(conf, policy []byte) (*Table, error) {
	e, err := enforcer(conf, policy)
	if err != nil {
		return nil, fmt.Errorf("authz: %w", err)
	}
	t := &Table{column: map[Action]int{}, may: map[actor.Role][2]uint64{}}
	for i, a := range Actions {
		t.column[a] = i
	}
	if len(t.column) != len(Actions) || len(Actions) > 128 {
		return nil, errors.New("authz: an action is listed twice, or there are more than 128")
	}
	for _, role := range actor.Roles {
		if t.may[role], err = probe(e, role); err != nil {
			return nil, fmt.Errorf("authz: role %s: %w", role, err)
		}
	}
	for _, a := range Actions {
		if len(t.Roles(a)) == 0 {
			return nil, fmt.Errorf("authz: no policy line for action %s", a)
		}
	}
	return t, nil
}

// probe asks what a person of the role may do in their village, and that it is nothing in another.
func probe(e *casbin.SyncedEnforcer, role actor.Role) (bits [2]uint64, err error) {
	person := "u:probe-" + string(role)
	if _, err := e.AddGroupingPolicy(person, "r:"+string(role), "v:1"); err != nil {
		return bits, err
	}
	for i, a := range Actions {
		here, err := e.Enforce(person, "v:1", string(a))
		if err != nil {
			return bits, err
		}
		there, err := e.Enforce(person, "v:2", string(a))
		if err != nil {
			return bits, err
		}
		if there {
			return bits, fmt.Errorf("%s holds in another village", a)
		}
		if here {
			bits[i/64] |= 1 << (i % 64)
		}
	}
	return bits, nil
}

func enforcer(conf, policy []byte) (*casbin.SyncedEnforcer, error) {
	m, err := model.NewModelFromString(string(conf))
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	e, err := casbin.NewSyncedEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if !e.AddNamedDomainMatchingFunc("g", "everywhere", func(asked, line string) bool { return line == "*" || asked == line }) {
		return nil, errors.New("model: no roles by village")
	}
	lines, err := read(policy)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	for _, l := range lines {
		var added bool
		if l[0] == "g" {
			added, err = e.AddGroupingPolicy(l[1], l[2], l[3])
		} else {
			added, err = e.AddPolicy(l[1], l[2])
		}
		if err == nil && !added {
			err = errors.New("written twice")
		}
		if err != nil {
			return nil, fmt.Errorf("policy: %s: %w", strings.Join(l, ", "), err)
		}
	}
	return e, nil
}

// read takes the policy apart and refuses what it does not know.
func read(policy []byte) ([][]string, error) {
	r := csv.NewReader(bytes.NewReader(policy))
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, -1
	lines, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(lines) == 0 {
		return nil, errors.New("empty")
	}
	for _, l := range lines {
		if !sound(l) {
			return nil, fmt.Errorf("not a line that is understood: %s", strings.Join(l, ", "))
		}
	}
	return lines, nil
}

func sound(l []string) bool {
	switch {
	case len(l) == 3 && l[0] == "p":
		return isRole(l[1]) && slices.Contains(Actions, Action(l[2]))
	case len(l) == 4 && l[0] == "g":
		return isRole(l[1]) && isRole(l[2]) && l[3] == "*"
	}
	return false
}

func isRole(s string) bool {
	name, ok := strings.CutPrefix(s, "r:")
	return ok && slices.Contains(actor.Roles, actor.Role(name))
}
