package passbook

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

// Void is a book that counts no more.
type Void struct {
	PassbookNo  string
	HouseholdID uuid.UUID
	NewNo       string
	Reason      string
	ByName      string
	At          time.Time
}

// Reissue gives a household whose book was lost another one: a new number, the old one void for ever, and the
// whole book printed again.
func (s *Service) Reissue(ctx context.Context, who actor.Actor, home uuid.UUID, reason string) (p Print, err error) {
	defer fault.Wrap(&err, "passbook.Reissue(%s)", home)
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 200 {
		return p, ErrReason
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		p, _, err = idem.Once(ctx, tx, "passbook.reissue", func() (Print, error) {
			old, fresh, err := household.Renumber(ctx, tx, home)
			if err != nil {
				return p, err
			}
			if _, err := tx.Exec(ctx, sqlVoid, pgx.NamedArgs{"village_id": int64(tx.Village()), "old": old, "household": home, "new": fresh,
				"reason": reason, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now}); err != nil {
				return p, err
			}
			if err := audit.Record(ctx, tx, audit.Event{Verb: "passbook.reissue", Kind: "household", ID: home.String(), Reason: reason,
				Before: old, After: fresh}); err != nil {
				return p, err
			}
			return s.print(ctx, tx, Choice{Households: []uuid.UUID{home}, Kind: Book, Reason: "挂失换本：" + reason})
		})
		return err
	})
	return p, err
}

// Voids lists the books that count no more, newest first, of all or of one household.
func (s *Service) Voids(ctx context.Context, who actor.Actor, home uuid.UUID) (all []Void, err error) {
	defer fault.Wrap(&err, "passbook.Voids")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Void](ctx, tx, sqlVoids, of(tx, home))
		return err
	})
	return all, err
}

// Check is what the public learns about a line by its code.
type Check struct {
	Code  string
	Found bool
	Lines []Line // as the ledger has them; nobody's name
}

// Check answers whether a line with this code stands in a book of the village, and says what it says.
func (s *Service) Check(ctx context.Context, village actor.VillageID, code string) (c Check, err error) {
	defer fault.Wrap(&err, "passbook.Check")
	c.Code = tidyCode(code)
	if len(c.Code) != 9 {
		return c, ErrBlank
	}
	err = s.DB.Look(ctx, actor.System(village), func(tx pg.Tx) error {
		lines, err := pg.All[Line](ctx, tx, sqlByCode, pgx.NamedArgs{"village_id": int64(village), "code": c.Code})
		if err != nil || len(lines) == 0 {
			return err
		}
		key, err := s.Vault.Village(ctx, tx)
		for _, l := range lines {
			if err == nil && fits(key, l, c.Code) {
				c.Lines = append(c.Lines, l)
			}
		}
		c.Found = len(c.Lines) > 0
		return err
	})
	return c, err
}
