// Package fault is the one error vocabulary of the program. A fault says what
// kind of thing went wrong, carries a stable code for machines and a Chinese
// sentence for the person at the screen: what happened and what to do next.
// Everything that is not a fault is a bug or an outage, and is shown to nobody.
package fault

import (
	"errors"
	"fmt"
)

// Kind is the class of a fault. It decides the HTTP status, whether a job is
// retried and whether the operator is told.
type Kind uint8

const (
	Internal     Kind = iota // a bug or an outage; the zero value on purpose
	Invalid                  // the input is wrong and the person can correct it
	Unauthorized             // nobody is signed in
	Forbidden                // somebody is signed in, but may not
	NotFound                 // absent, or in a village the actor cannot see
	Conflict                 // the record has moved on since it was read
	TooMany                  // a limit was reached; waiting helps
	TooLarge                 // the body is larger than is taken
	Unavailable              // a machine behind us is away; retrying helps
)

// Error is a fault. Compare with errors.Is against the package-level values
// that the domain packages declare.
type Error struct {
	Kind   Kind
	Code   string   // stable, dotted, English: "claim.decided"
	Text   string   // Chinese, shown to the person as is
	Field  string   // form field at fault, if one is
	Fields []*Error // every field at fault, where a form has several
}

// New declares a fault. Call it at package level only.
func New(k Kind, code, text string) *Error { return &Error{Kind: k, Code: code, Text: text} }

// On returns a copy of the fault that points at a form field.
func (e *Error) On(field string) *Error { c := *e; c.Field = field; return &c }

// With returns a copy of the fault with its sentence filled in: Text is a
// format for the given values.
func (e *Error) With(args ...any) *Error { c := *e; c.Text = fmt.Sprintf(e.Text, args...); return &c }

func (e *Error) Error() string { return e.Code }

// Is makes copies equal to the fault that they came from.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

var internal = New(Internal, "internal", "系统繁忙，请稍后再试")

// ErrNotFound is the one answer for what is absent, forbidden to see, or in
// another village (INV-12).
var ErrNotFound = New(NotFound, "not_found", "没有找到，或您无权查看")

// ErrInvalid heads a list of field faults.
var ErrInvalid = New(Invalid, "invalid", "有几处没有填对，请看标红的地方")

// Of finds the fault in err, or answers the internal fault.
func Of(err error) *Error {
	if f, ok := errors.AsType[*Error](err); ok {
		return f
	}
	return internal
}

// Join makes one fault of the field faults given; nil entries are dropped.
// It answers nil when none is left, and the fault itself when it is alone.
func Join(faults ...*Error) error {
	var kept []*Error
	for _, f := range faults {
		if f != nil {
			kept = append(kept, f)
		}
	}
	switch len(kept) {
	case 0:
		return nil
	case 1:
		return kept[0]
	}
	c := *ErrInvalid
	c.Fields = kept
	return &c
}

// When is f if bad and nil if not, for a list of faults to Join.
func When(bad bool, f *Error) *Error {
	if bad {
		return f
	}
	return nil
}

// From is the fault of err, and nil where there is no error, for a list of faults to Join.
func From(err error) *Error {
	if err == nil {
		return nil
	}
	return Of(err)
}

// Wrap adds what was being done to *errp, keeping the fault inside findable.
// It is deferred: defer fault.Wrap(&err, "claim.Approve(%s)", id).
func Wrap(errp *error, format string, args ...any) {
	if *errp != nil {
		*errp = fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), *errp)
	}
}
