package budget

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
)

const sqlCancelPurchase = `-- budget.cancel_purchase
update purchase set cancelled_at = @at, cancelled_by = @by, cancelled_name = @name, cancel_reason = @reason where village_id = @village_id and id = @id`

const sqlCancelDonation = `-- budget.cancel_donation
update donation set cancelled_at = @at, cancelled_by = @by, cancelled_name = @name, cancel_reason = @reason where village_id = @village_id and id = @id`

const sqlCancelUse = `-- budget.cancel_use
update donation_use set cancelled_at = @at, cancelled_by = @by, cancelled_name = @name, cancel_reason = @reason
where village_id = @village_id and donation_id = @id and id = @use and cancelled_at is null`

// CancelPurchase says that a purchase should not have been written down: it stays to be read and counts for nothing.
// What was counted in goes out of stock again.
func (s *Service) CancelPurchase(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (p Purchase, err error) {
	defer fault.Wrap(&err, "budget.CancelPurchase(%s)", id)
	return undo(ctx, s.DB, who, "purchase", "budget.cancel_purchase", id, reason, func(tx pg.Tx, a pgx.NamedArgs) (Purchase, error) {
		p, err := pg.One[Purchase](ctx, tx, sqlLockPurchase, a)
		if err == nil {
			err = fault.Join(fault.When(p.Cancelled(), ErrUndone), why(a))
		}
		if err == nil && p.Stocked() {
			err = takeOut(ctx, tx, p.GoodsID, *p.Received, a)
		}
		if err == nil {
			_, err = tx.Exec(ctx, sqlCancelPurchase, a)
		}
		at := tx.Now
		p.State, p.CancelledAt, p.CancelledName, p.CancelReason = "cancelled", &at, tx.Who.Name, strings.TrimSpace(reason)
		return p, err
	})
}

// CancelDonation does the same for a donation, with all that was said to have become of it. The public does not see
// it any more.
func (s *Service) CancelDonation(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (d Donation, err error) {
	defer fault.Wrap(&err, "budget.CancelDonation(%s)", id)
	return undo(ctx, s.DB, who, "donation", "budget.cancel_donation", id, reason, func(tx pg.Tx, a pgx.NamedArgs) (Donation, error) {
		d, err := lockDonation(ctx, tx, id)
		if err == nil {
			err = fault.Join(why(a))
		}
		if err == nil && d.GoodsID != nil {
			err = takeOut(ctx, tx, *d.GoodsID, d.Quantity, a)
		}
		if err == nil {
			_, err = tx.Exec(ctx, sqlCancelDonation, a)
		}
		at := tx.Now
		d.CancelledAt, d.CancelledName, d.CancelReason = &at, tx.Who.Name, strings.TrimSpace(reason)
		return d, err
	})
}

// CancelUse takes back what was said to have become of a donation: its money is there to be used again.
func (s *Service) CancelUse(ctx context.Context, who actor.Actor, id, use uuid.UUID, reason string) (d Donation, err error) {
	defer fault.Wrap(&err, "budget.CancelUse(%s)", use)
	return undo(ctx, s.DB, who, "donation", "budget.cancel_use", id, reason, func(tx pg.Tx, a pgx.NamedArgs) (Donation, error) {
		d, err := lockDonation(ctx, tx, id)
		if err == nil && !slices.ContainsFunc(d.Uses, func(u Use) bool { return u.ID == use }) {
			err = fault.ErrNotFound
		}
		if err == nil {
			err = fault.Join(why(a))
		}
		if err == nil {
			a["use"] = use
			_, err = tx.Exec(ctx, sqlCancelUse, a)
		}
		d.Uses = slices.DeleteFunc(d.Uses, func(u Use) bool { return u.ID == use })
		return d, err
	})
}

func undo[T any](ctx context.Context, db *pg.DB, who actor.Actor, kind, verb string, id uuid.UUID, reason string, fn func(pg.Tx, pgx.NamedArgs) (T, error)) (out T, err error) {
	reason = strings.TrimSpace(reason)
	err = db.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, verb, func() (T, error) {
			out, err := fn(tx, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "at": tx.Now, "by": tx.Who.Account, "name": tx.Who.Name, "reason": reason})
			if err != nil {
				return out, err
			}
			return out, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: kind, ID: id.String(), Reason: reason, After: out})
		})
		return err
	})
	return out, err
}

func why(a pgx.NamedArgs) *fault.Error {
	return fault.When(!chars.Between(a["reason"].(string), 2, 200), ErrWhy)
}

// takeOut takes what came into stock by mistake out again.
func takeOut(ctx context.Context, tx pg.Tx, goods uuid.UUID, quantity int, a pgx.NamedArgs) error {
	if quantity == 0 {
		return nil
	}
	_, err := shop.Move(ctx, tx, shop.Movement{Goods: goods, Quantity: -quantity, Kind: shop.Unstocked, Source: a["id"].(uuid.UUID), Note: a["reason"].(string)})
	if errors.Is(err, shop.ErrStock) {
		err = ErrHandedOut
	}
	return err
}

// lockDonation holds a donation that stands.
func lockDonation(ctx context.Context, tx pg.Tx, id uuid.UUID) (d Donation, err error) {
	if _, err := pg.Scalar[uuid.UUID](ctx, tx, sqlLockDonation, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id}); err != nil {
		return d, err
	}
	all, _, err := donations(ctx, tx, DonationFilter{ID: id})
	if err != nil {
		return d, err
	}
	if all[0].Cancelled() {
		err = ErrUndone
	}
	return all[0], err
}
