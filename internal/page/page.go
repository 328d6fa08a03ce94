// Package page is how long lists are cut: by a cursor, never by an offset.
package page

import "iter"

// Size bounds: what a list shows when nobody says, and at the most.
const (
	Default = 50
	Most    = 200
)

// Page is a request for one part of a list.
type Page struct {
	After string // the cursor of the last row seen; "" from the start
	Limit int    // rows wanted; 0 means Default
}

// Rows is the limit within its bounds.
func (p Page) Rows() int {
	switch {
	case p.Limit <= 0:
		return Default
	case p.Limit > Most:
		return Most
	}
	return p.Limit
}

// Cut trims rows fetched with one more than wanted, and answers the cursor of
// the last one kept when there are more.
func Cut[T any](rows []T, want int, cursor func(T) string) ([]T, string) {
	if len(rows) <= want {
		return rows, ""
	}
	rows = rows[:want]
	return rows, cursor(rows[want-1])
}

// Rows are all rows of a list, read page by page; a page that cannot be read ends them with its error.
func Rows[T any](read func(Page) ([]T, string, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for p := (Page{Limit: Most}); ; {
			rows, next, err := read(p)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, r := range rows {
				if !yield(r, nil) {
					return
				}
			}
			if p.After = next; next == "" {
				return
			}
		}
	}
}
