package passbook

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

// Choice says whose books are printed: the households named, a grid, or, where neither is given, the whole village.
type Choice struct {
	Households []uuid.UUID
	Grid       int
	Kind       Kind
	From       int    // the first line, of a reprint; 1 if zero
	Reason     string // of a reprint
}

func (c Choice) scope(homes []Home) string {
	switch {
	case len(homes) == 1:
		return homes[0].Head + "家（" + homes[0].Door + "）"
	case len(c.Households) > 0:
		return fmt.Sprintf("选定的 %d 户", len(homes))
	case c.Grid > 0:
		return fmt.Sprintf("%d 号网格", c.Grid)
	}
	return "全村"
}

// Homes lists how each household's paper book stands, in walking order.
func (s *Service) Homes(ctx context.Context, who actor.Actor, grid int) (all []Home, err error) {
	defer fault.Wrap(&err, "passbook.Homes(%d)", grid)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = homesOf(ctx, tx, nil, grid)
		return err
	})
	return all, err
}

func homesOf(ctx context.Context, tx pg.Tx, ids []uuid.UUID, grid int) ([]Home, error) {
	a := args(tx, ids)
	a["grid"] = grid
	return pg.All[Home](ctx, tx, sqlHomes, a)
}

// Print gives the new lines of the chosen books their numbers and codes and takes down what goes on paper; PDF
// draws it. Two at once number no line twice.
func (s *Service) Print(ctx context.Context, who actor.Actor, c Choice) (p Print, err error) {
	defer fault.Wrap(&err, "passbook.Print(%s)", c.Kind)
	c.Reason = strings.TrimSpace(c.Reason)
	if n := utf8.RuneCountInString(c.Reason); n > 200 || c.Kind == Again && n < 2 {
		return p, ErrReason
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		p, _, err = idem.Once(ctx, tx, "passbook.print", func() (Print, error) { return s.print(ctx, tx, c) })
		return err
	})
	return p, err
}

func (s *Service) print(ctx context.Context, tx pg.Tx, c Choice) (p Print, err error) {
	homes, err := homesOf(ctx, tx, c.Households, c.Grid)
	if err != nil {
		return p, err
	}
	if len(homes) == 0 || len(c.Households) > len(homes) {
		return p, ErrNobody
	}
	ids := make([]uuid.UUID, len(homes))
	for i, h := range homes {
		ids[i] = h.ID
	}
	last := map[uuid.UUID]tail{}
	if c.Kind == Again {
		err = lastOf(ctx, tx, ids, last)
	} else {
		err = s.number(ctx, tx, ids, last)
	}
	if err != nil {
		return p, err
	}
	p = Print{ID: pg.NewID(), Kind: c.Kind, Scope: c.scope(homes), Reason: c.Reason, By: tx.Who.Account, ByName: tx.Who.Name, At: tx.Now}
	var done []Printed
	for _, h := range homes {
		end := last[h.ID]
		from := 1
		switch c.Kind {
		case Lines:
			from = h.Printed + 1
		case Again:
			from = max(c.From, 1)
			if from > end.Line && len(homes) == 1 {
				return p, ErrRange.With(from)
			}
		}
		if from > end.Line && c.Kind != Book {
			continue
		}
		done = append(done, Printed{HouseholdID: h.ID, PassbookNo: h.PassbookNo, FromLine: from, ToLine: end.Line, Page: Line{Line: from}.Page(),
			YearAfter: end.YearAfter, BaseAfter: end.BaseAfter})
		p.Lines += end.Line - from + 1
	}
	if len(done) == 0 {
		return p, ErrNothing
	}
	p.Households = len(done)
	if err := addPrint(ctx, tx, p, done); err != nil {
		return p, err
	}
	return p, audit.Record(ctx, tx, audit.Event{Verb: "passbook.print", Kind: "passbook_print", ID: p.ID.String(), Reason: c.Reason, After: p})
}

func lastOf(ctx context.Context, tx pg.Tx, ids []uuid.UUID, last map[uuid.UUID]tail) error {
	tails, err := pg.All[tail](ctx, tx, sqlLast, args(tx, ids))
	for _, t := range tails {
		last[t.HouseholdID] = t
	}
	return err
}

// number puts every line that is not on paper yet at the end of its book.
func (s *Service) number(ctx context.Context, tx pg.Tx, ids []uuid.UUID, last map[uuid.UUID]tail) error {
	if _, err := pg.Column[uuid.UUID](ctx, tx, sqlHold, args(tx, ids)); err != nil { // nobody posts or prints meanwhile
		return err
	}
	if err := lastOf(ctx, tx, ids, last); err != nil {
		return err
	}
	fresh, err := pg.All[Line](ctx, tx, sqlFresh, args(tx, ids))
	if err != nil || len(fresh) == 0 {
		return err
	}
	key, err := s.Vault.Village(ctx, tx)
	if err != nil {
		return err
	}
	for i := range fresh {
		l := &fresh[i]
		t := last[l.HouseholdID]
		t.HouseholdID, t.Line = l.HouseholdID, t.Line+1
		switch l.Bucket {
		case 1:
			t.BaseAfter += int64(l.Points)
		case 2:
			t.YearAfter += int64(l.Points)
		}
		l.Line, l.YearAfter, l.BaseAfter = t.Line, t.YearAfter, t.BaseAfter
		l.Code = codeOf(key, *l)
		last[l.HouseholdID] = t
	}
	return addLines(ctx, tx, fresh)
}

// Prints lists printings, newest first, of all or of one household.
func (s *Service) Prints(ctx context.Context, who actor.Actor, home uuid.UUID) (all []Print, err error) {
	defer fault.Wrap(&err, "passbook.Prints")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Print](ctx, tx, sqlPrints, of(tx, home))
		return err
	})
	return all, err
}

// of names a household, or none.
func of(tx pg.Tx, home uuid.UUID) pgx.NamedArgs {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "household": nil}
	if home != uuid.Nil {
		a["household"] = home
	}
	return a
}

// Show reads a printing with what it did for each household.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (p Print, homes []Printed, err error) {
	defer fault.Wrap(&err, "passbook.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		p, homes, err = show(ctx, tx, id)
		return err
	})
	return p, homes, err
}

func show(ctx context.Context, tx pg.Tx, id uuid.UUID) (p Print, homes []Printed, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id}
	if p, err = pg.One[Print](ctx, tx, sqlPrint, a); err != nil {
		return p, nil, err
	}
	homes, err = pg.All[Printed](ctx, tx, sqlPrinted, a)
	return p, homes, err
}
