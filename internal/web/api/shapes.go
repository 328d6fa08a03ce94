package api

import (
	"reflect"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/rulebook"
)

func typeOf[T any]() reflect.Type { return reflect.TypeFor[T]() }

// uuidSchema describes an id.
type uuidSchema struct{}

var uuidSchemaType = typeOf[uuidSchema]()

func (uuidSchema) Schema(huma.Registry) *huma.Schema {
	n := 36
	return &huma.Schema{Type: huma.TypeString, Format: "uuid", MinLength: &n, MaxLength: &n}
}

// Day is a calendar day in the villages' zone: "2026-11-23".
type Day struct{ t time.Time }

func dayOf(t time.Time) Day { return Day{t} }

func maybeDay(t *time.Time) *Day {
	if t == nil {
		return nil
	}
	return &Day{*t}
}

func (d Day) text() string { return d.t.Format(time.DateOnly) }

func (d Day) MarshalText() ([]byte, error) { return []byte(d.text()), nil }

func (d *Day) UnmarshalText(b []byte) (err error) {
	d.t, err = month.ParseDay(string(b))
	return err
}

// Schema describes a day.
func (Day) Schema(huma.Registry) *huma.Schema {
	n := 10
	return &huma.Schema{Type: huma.TypeString, Format: "date", MaxLength: &n, Examples: []any{"2026-11-23"}}
}

// Month is a calendar month: "2026-11".
type Month struct{ month.Month }

func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

func (m *Month) UnmarshalText(b []byte) (err error) {
	m.Month, err = month.Parse(string(b))
	return err
}

// Schema describes a month.
func (Month) Schema(huma.Registry) *huma.Schema {
	n := 7
	return &huma.Schema{Type: huma.TypeString, Pattern: `^20\d\d-(0[1-9]|1[0-2])$`, PatternDescription: "月份，如 2026-11", MaxLength: &n, Examples: []any{"2026-11"}}
}

// Count is how many of something, or how many points.
type Count int

// Schema describes a count.
func (Count) Schema(huma.Registry) *huma.Schema {
	least, most := 1.0, 10000.0
	return &huma.Schema{Type: huma.TypeInteger, Format: "int32", Minimum: &least, Maximum: &most}
}

// counted are the parts of an item, or what they are worth, as the domain takes them.
func counted(parts map[string]Count) map[string]int {
	out := make(map[string]int, len(parts))
	for code, n := range parts {
		out[code] = int(n)
	}
	return out
}

// Proof is a kind of evidence that may be kept.
type Proof string

// Schema describes a kind of evidence.
func (Proof) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, k := range rulebook.Kinds {
		if !slices.Contains(rulebook.NeverKept, k) {
			s.Enum = append(s.Enum, string(k))
		}
	}
	return s
}

func proofsOf(all []Proof) []rulebook.Evidence {
	return each(all, func(p Proof) rulebook.Evidence { return rulebook.Evidence(p) })
}

// Code names an item of the rules, such as P07.
type Code string

// Schema describes an item's code.
func (Code) Schema(huma.Registry) *huma.Schema {
	n := 10
	return &huma.Schema{Type: huma.TypeString, MaxLength: &n, Examples: []any{"P07"}}
}

// Page is one part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"还有下一页时，用作下一次的 after"`
}

// Paged asks for one part of a list.
type Paged struct {
	After string `query:"after" maxLength:"100" doc:"上一页的 next"`
	Limit int    `query:"limit" minimum:"1" maximum:"200" doc:"每页条数，不填为 50"`
}

func (p Paged) page() page.Page { return page.Page{After: p.After, Limit: p.Limit} }

// ByID names the Thing that an operation is about.
type ByID struct {
	ID uuid.UUID `path:"id" doc:"编号"`
}

// ByMonth names the month that an operation is about.
type ByMonth struct {
	Month Month `path:"month" doc:"月份"`
}

// Because is a body that gives a reason and nothing else.
type Because struct {
	Body struct {
		Reason string `json:"reason" maxLength:"500" doc:"理由"`
	}
}

type (
	nothing      struct{}
	reply[T any] struct{ Body T }
	list[T any]  struct{ Body Page[T] }
)

// say makes an operation's answer of what a use-case answers.
func say[A, B any](as func(A) B) func(A, error) (*reply[B], error) {
	return func(a A, err error) (*reply[B], error) {
		if err != nil {
			return nil, err
		}
		return &reply[B]{as(a)}, nil
	}
}

// sayAll is say for the lists of use-cases.
func sayAll[A, B any](as func(A) B) func([]A, string, error) (*list[B], error) {
	return func(all []A, next string, err error) (*list[B], error) {
		if err != nil {
			return nil, err
		}
		return &list[B]{Page[B]{each(all, as), next}}, nil
	}
}

// whole is for a list that comes in one part.
func whole[A, B any](as func(A) B) func([]A, error) (*list[B], error) {
	return func(all []A, err error) (*list[B], error) { return sayAll(as)(all, "", err) }
}

func done(err error) (*nothing, error) { return nil, err }

func each[A, B any](all []A, as func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = as(a)
	}
	return out
}

func maybeID(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
