package passbook

import (
	"context"
	"net/url"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/pg"
)

// Mark is what one of our printed codes says: the token of a card or door plate, the number of a passbook, the
// code of a line in it, or that of a thing's shelf tag. What is none of them is no mark.
type Mark struct{ Door, Book, Line, Goods string }

// None reports whether nothing of ours was read.
func (m Mark) None() bool { return m == Mark{} }

// ReadMark takes apart what a scanner typed. Where the address leads does not matter: a village that moved keeps its papers.
func ReadMark(text string) (m Mark) {
	text = strings.TrimSpace(text)
	u, err := url.Parse(text)
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		path, q := strings.Split(strings.Trim(u.Path, "/"), "/"), u.Query()
		switch {
		case len(path) == 2 && path[0] == "d":
			m.Door = path[1]
		case len(path) == 3 && path[0] == "v" && path[2] == "passbook":
			if m.Line = lineCode(q.Get("code")); m.Line == "" {
				m.Book = q.Get("no")
			}
		case len(path) == 2 && path[0] == "goods" && path[1] == "list":
			m.Goods = q.Get("code")
		}
		return m
	}
	m.Line = lineCode(text)
	return m
}

// lineCode is text as the code of a line, where it looks like one.
func lineCode(text string) string {
	if code := tidyCode(text); len(code) == 9 && len(strings.TrimSpace(text)) <= 9 && strings.Contains(text, "-") {
		return code
	}
	return ""
}

// Found is where a mark leads: to a household, by its line where it is one's, or to a thing.
type Found struct {
	Household uuid.UUID
	Goods     uuid.UUID
	Line      int // of the passbook; 0 where the mark is not a line's
}

const sqlByBook = `-- passbook.by_book
select id from household where village_id = @village_id and passbook_no = @no and state = 'active'`

const sqlByTag = `-- passbook.by_tag
select id from goods where village_id = @village_id and code = @code`

// Scan finds what a printed code of this village leads to.
func (s *Service) Scan(ctx context.Context, who actor.Actor, m Mark) (f Found, err error) {
	defer fault.Wrap(&err, "passbook.Scan")
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"village_id": int64(tx.Village()), "no": m.Book, "code": m.Goods}
		switch {
		case m.Door != "":
			key, err := s.Vault.Village(ctx, tx)
			if err == nil {
				f.Household, err = household.AtDoor(key, m.Door)
			}
			return err
		case m.Line != "":
			lines, err := pg.All[Line](ctx, tx, sqlByCode, pgx.NamedArgs{"village_id": int64(tx.Village()), "code": m.Line})
			if err == nil && len(lines) != 1 {
				err = fault.ErrNotFound
			}
			if err == nil {
				f.Household, f.Line = lines[0].HouseholdID, lines[0].Line
			}
			return err
		case m.Book != "":
			f.Household, err = pg.Scalar[uuid.UUID](ctx, tx, sqlByBook, a)
			return err
		case m.Goods != "":
			f.Goods, err = pg.Scalar[uuid.UUID](ctx, tx, sqlByTag, a)
			return err
		}
		return fault.ErrNotFound
	})
	return f, err
}
