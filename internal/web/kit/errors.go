package kit

import "cunfen/internal/fault"

// Errors is what was wrong with a form, as the form shows it: a sentence at
// the top and a text at every field at fault.
type Errors struct {
	Text   string
	Fields []FieldError
}

// FieldError is the text at one field.
type FieldError struct{ Field, Text string }

// ErrorsOf reads the fault in err; nil makes no errors.
func ErrorsOf(err error) Errors {
	if err == nil {
		return Errors{}
	}
	f := fault.Of(err)
	e := Errors{Text: f.Text}
	for _, one := range f.Fields {
		e.Fields = append(e.Fields, FieldError{one.Field, one.Text})
	}
	if f.Field != "" {
		e.Fields = append(e.Fields, FieldError{f.Field, f.Text})
	}
	return e
}

// Any reports whether something was wrong.
func (e Errors) Any() bool { return e.Text != "" || len(e.Fields) > 0 }

// For is the text at a field, or "".
func (e Errors) For(field string) string {
	for _, f := range e.Fields {
		if f.Field == field {
			return f.Text
		}
	}
	return ""
}
