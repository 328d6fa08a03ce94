package household

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/audit"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// TakeIn registers a home that comes from another village in the caller's transaction: with a passbook of this
// village, but without base points, which come with its book.
func (s *Service) TakeIn(ctx context.Context, tx pg.Tx, d Draft, unlocksOn time.Time) (out Registered, err error) {
	p, err := placeOf(ctx, tx)
	if err != nil {
		return out, err
	}
	if err := d.settle(p); err != nil {
		return out, err
	}
	key, err := s.Vault.Village(ctx, tx)
	if err != nil {
		return out, err
	}
	numbers, err := numbersFor(ctx, tx, p.Code, 1)
	if err != nil {
		return out, err
	}
	r, people := newHome(key, d)
	r.PassbookNo, r.RegisteredOn, r.BaseUnlocksOn = numbers[0], month.Day(tx.Now), unlocksOn
	if err := insert(ctx, tx, []row{r}, nil); err != nil {
		return out, err
	}
	if err := insertPeople(ctx, tx, people); err != nil {
		return out, err
	}
	if err := ledger.OpenAccounts(ctx, tx, []uuid.UUID{r.ID}); err != nil {
		return out, err
	}
	out = Registered{r.ID, r.PassbookNo}
	return out, audit.Record(ctx, tx, audit.Event{Verb: "household.take_in", Kind: "household", ID: r.ID.String(), After: r})
}
