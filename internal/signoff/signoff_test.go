package signoff_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/pg/pgtest"

	. "cunfen/internal/signoff"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

func TestMissing(t *testing.T) {
	t.Parallel()
	q := DefaultQuorum
	of := func(kinds ...string) (s []Signature) {
		for _, k := range kinds {
			s = append(s, Signature{Kind: k})
		}
		return s
	}
	for _, c := range []struct {
		name  string
		signs []Signature
		lines []Line
		want  []string
	}{
		{"nobody", nil, nil, []string{"还差 3 人签字", "还缺一名党员代表", "还缺一名群众代表"}},
		{"two", of("党员代表", "群众代表"), nil, []string{"还差 1 人签字"}},
		{"three", of("党员代表", "群众代表", "两委"), nil, nil},
		{"three without a party representative", of("两委", "群众代表", "网格员"), nil, []string{"还缺一名党员代表"}},
		{"three without a villager", of("党员代表", "两委", "网格员"), nil, []string{"还缺一名群众代表"}},
		{"many cadres", of("两委", "两委", "两委", "两委"), nil, []string{"还缺一名党员代表", "还缺一名群众代表"}},
		{"a line that two may judge", of("党员代表", "群众代表", "两委"), []Line{{Counted: 2}}, nil},
		{"a line that one may judge", of("党员代表", "群众代表", "两委"), []Line{{Counted: 3}, {Counted: 1}}, []string{"有 1 条因签字人须回避，还要其他成员签字"}},
		{"an open line that two may judge", of("党员代表", "群众代表", "两委"), []Line{{Counted: 2, Extra: 1}}, []string{"有 1 条因签字人须回避，还要其他成员签字"}},
		{"an open line that three may judge", of("党员代表", "群众代表", "两委"), []Line{{Counted: 3, Extra: 1}}, nil},
	} {
		if got := q.Missing(c.signs, c.lines); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCount(t *testing.T) {
	t.Parallel()
	a, b, home, away := uuid.New(), uuid.New(), uuid.New(), uuid.New()
	lines := []Line{{HouseholdID: home, Recorder: uuid.New(), Counted: 9}, {HouseholdID: home, Recorder: a}, {HouseholdID: away, Recorder: b}}
	Count(lines, []Signature{{AccountID: a}, {AccountID: b}}, map[uuid.UUID]map[uuid.UUID]bool{b: {home: true}})
	for i, want := range []int{1, 0, 1} {
		if lines[i].Counted != want {
			t.Errorf("line %d: %d, want %d", i, lines[i].Counted, want)
		}
	}
}

// TestDigest: whatever a signature stands for changes the hash that is signed.
func TestDigest(t *testing.T) {
	t.Parallel()
	line := Line{ID: uuid.New(), HouseholdID: uuid.New(), Item: "P07", RuleVersion: 1, Points: 5, OccurredOn: day("2026-11-20"), Recorder: uuid.New(), Deciders: []Decider{{Account: uuid.New()}}}
	whole := Digest(november, 1, []Line{line})
	if !bytes.Equal(whole, Digest(november, 1, []Line{line})) || len(whole) != 32 {
		t.Error("the hash of the same sheet differs")
	}
	for name, other := range map[string][]byte{
		"month": Digest(december, 1, []Line{line}), "revision": Digest(november, 2, []Line{line}), "a line gone": Digest(november, 1, nil), "a line twice": Digest(november, 1, []Line{line, line}),
	} {
		if bytes.Equal(whole, other) {
			t.Errorf("%s does not change the hash", name)
		}
	}
	for name, change := range map[string]func(*Line){
		"record": func(l *Line) { l.ID = uuid.New() }, "kind": func(l *Line) { l.Kind++ }, "round": func(l *Line) { l.Round = uuid.New() }, "sign": func(l *Line) { l.Points = -l.Points },
		"member": func(l *Line) { id := uuid.New(); l.MemberID = &id }, "proof": func(l *Line) { l.Evidence = []byte{1} }, "another decider": func(l *Line) { l.Deciders = append(l.Deciders, Decider{Account: uuid.New()}) }, "nobody decided": func(l *Line) { l.Deciders = nil }, "household": func(l *Line) { l.HouseholdID = uuid.New() }, "item": func(l *Line) { l.Item = "P08" },
		"version": func(l *Line) { l.RuleVersion++ }, "points": func(l *Line) { l.Points++ }, "day": func(l *Line) { l.OccurredOn = day("2026-11-21") },
		"recorder": func(l *Line) { l.Recorder = uuid.New() }, "reviewer": func(l *Line) { l.Deciders = []Decider{{Account: uuid.New()}} },
	} {
		l := line
		change(&l)
		if bytes.Equal(whole, Digest(november, 1, []Line{l})) {
			t.Errorf("%s does not change the hash", name)
		}
	}
	if code := (Sheet{Hash: []byte{1, 2, 3, 4, 5, 0xAB, 7}}).Code(); code != "0102-0304-05AB" {
		t.Error(code)
	}
	if (Sheet{}).Code() != "" {
		t.Error("an open sheet has a code")
	}
}
