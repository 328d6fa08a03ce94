package evidence

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Attach gives photos to a claim: the actor's own ones that no claim has yet. Any other is not found.
func Attach(ctx context.Context, tx pg.Tx, ids []uuid.UUID, claim uuid.UUID) (err error) {
	defer fault.Wrap(&err, "evidence.Attach(%s)", claim)
	ids = slices.CompactFunc(slices.SortedFunc(slices.Values(ids), compare), func(a, b uuid.UUID) bool { return a == b })
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > PerClaim {
		return ErrMany
	}
	tag, err := tx.Exec(ctx, sqlAttach, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids, "claim": claim, "account": tx.Who.Account})
	if err != nil {
		return err
	}
	if tag.RowsAffected() != int64(len(ids)) {
		return fault.ErrNotFound
	}
	return nil
}

// AttachTo gives photos to a record that is no claim, such as a home of a round; home is the household that it
// is about, the zero id where it is about none. It takes the actor's own photos that nothing has yet; any other is not found.
func AttachTo(ctx context.Context, tx pg.Tx, ids []uuid.UUID, holder, home uuid.UUID) (err error) {
	defer fault.Wrap(&err, "evidence.AttachTo(%s)", holder)
	ids = slices.CompactFunc(slices.SortedFunc(slices.Values(ids), compare), func(a, b uuid.UUID) bool { return a == b })
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > PerClaim {
		return ErrMany
	}
	tag, err := tx.Exec(ctx, sqlAttachTo, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids, "holder": holder, "home": aboutNobody(home), "account": tx.Who.Account})
	if err == nil && tag.RowsAffected() != int64(len(ids)) {
		err = fault.ErrNotFound
	}
	return err
}

func aboutNobody(home uuid.UUID) *uuid.UUID {
	if home == uuid.Nil {
		return nil
	}
	return &home
}

// Held is a photo of a record that is no claim.
type Held struct {
	Evidence
	Home uuid.UUID
}

// Holding gives the photos of such a record, in the order of ids.
func Holding(ctx context.Context, tx pg.Tx, holder uuid.UUID) (all []Held, err error) {
	defer fault.Wrap(&err, "evidence.Holding(%s)", holder)
	return pg.All[Held](ctx, tx, sqlHolding, pgx.NamedArgs{"village_id": int64(tx.Village()), "holder": holder})
}

// HeldBy gives the photos of each of such records, in the order of ids.
func HeldBy(ctx context.Context, tx pg.Tx, holders []uuid.UUID) (of map[uuid.UUID][]Evidence, err error) {
	defer fault.Wrap(&err, "evidence.HeldBy")
	type held struct {
		Evidence
		HolderID uuid.UUID
	}
	all, err := pg.All[held](ctx, tx, sqlHeldBy, pgx.NamedArgs{"village_id": int64(tx.Village()), "holders": holders})
	of = make(map[uuid.UUID][]Evidence, len(holders))
	for _, h := range all {
		of[h.HolderID] = append(of[h.HolderID], h.Evidence)
	}
	return of, err
}

func compare(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }

// Of gives the photos of each claim in the order of ids; a claim without photos is not in the map.
func Of(ctx context.Context, tx pg.Tx, claims []uuid.UUID) (of map[uuid.UUID][]Evidence, err error) {
	defer fault.Wrap(&err, "evidence.Of")
	all, err := pg.All[Evidence](ctx, tx, sqlOf, pgx.NamedArgs{"village_id": int64(tx.Village()), "claims": claims})
	of = make(map[uuid.UUID][]Evidence, len(claims))
	for _, e := range all {
		of[*e.ClaimID] = append(of[*e.ClaimID], e)
	}
	return of, err
}

// Duplicate is a photo of a claim that looks like one of another claim.
type Duplicate struct {
	Claim, Photo           uuid.UUID
	OtherClaim, OtherPhoto uuid.UUID
	At                     time.Time // when the other one was uploaded
	Exact                  bool      // the same file, not only the same look
}

// How far back and how wide the look for duplicates goes.
const (
	duplicateDays = 400
	duplicateRows = 100
)

// DuplicatesOf warns the reviewers of claims: which of their photos prove another claim already. It compares
// with every photo of the last 400 days, so it is meant for a page of claims, not for a year of them.
func DuplicatesOf(ctx context.Context, tx pg.Tx, claims []uuid.UUID) (all []Duplicate, err error) {
	defer fault.Wrap(&err, "evidence.DuplicatesOf")
	return pg.All[Duplicate](ctx, tx, sqlDuplicates, pgx.NamedArgs{"village_id": int64(tx.Village()), "claims": claims,
		"since": tx.Now.AddDate(0, 0, -duplicateDays), "rows": duplicateRows})
}

// AlikeHolders are the other records that hold a photo which looks like one of a record's.
func AlikeHolders(ctx context.Context, tx pg.Tx, holder uuid.UUID) ([]uuid.UUID, error) {
	return pg.Column[uuid.UUID](ctx, tx, sqlAlikeHolders, pgx.NamedArgs{"village_id": int64(tx.Village()), "holder": holder, "since": tx.Now.AddDate(0, 0, -duplicateDays)})
}
