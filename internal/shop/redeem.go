package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Order is what the desk enters.
type Order struct {
	Household uuid.UUID
	Goods     uuid.UUID
	Quantity  int
	Price     int   // as the desk saw it; a changed price is refused
	Passbook  int64 // the last balance in the paper passbook
	Receiver  string
	Signature []byte // drawn on the screen
	OnPaper   bool   // signed on the paper list instead
}

func (o Order) check() error {
	return fault.Join(
		when(o.Quantity < 1 || o.Quantity > 1000, ErrQuantity),
		when(strings.TrimSpace(o.Receiver) == "" || utf8.RuneCountInString(o.Receiver) > 30, ErrReceiver),
		when(len(o.Signature) < 100 && !o.OnPaper, ErrSignature),
		when(o.Price < 1, ErrOffer),
	)
}

func when(bad bool, f *fault.Error) *fault.Error {
	if bad {
		return f
	}
	return nil
}

const sqlPassbook = `-- shop.passbook
select passbook_check($1, $2, $3)`

const sqlTake = `-- shop.take
select goods_take($1, $2, $3, $4)`

const sqlRedeem = `-- shop.redeem
insert into redemption (village_id, id, household_id, goods_id, goods_name, quantity, points, passbook_balance, receiver, signature, desk, desk_name, at, entry_id)
values (@village_id, @id, @household, @goods, @name, @quantity, @points, @passbook, @receiver, @signature, @desk, @desk_name, @at, @entry)`

// Redeem hands goods out for points: passbook and ledger equal, points there, goods there, all in one
// transaction of one round trip. Two desks at once cannot overspend a household or oversell a thing.
func (s *Service) Redeem(ctx context.Context, who actor.Actor, o Order) (r Redemption, err error) {
	defer fault.Wrap(&err, "shop.Redeem")
	if err := o.check(); err != nil {
		return r, err
	}
	at, err := s.stand(ctx, who, o)
	if err != nil {
		return r, err
	}
	now := s.DB.Now()
	r = Redemption{ID: pg.NewID(), HouseholdID: o.Household, Door: at.Door, Head: at.Head, GoodsID: o.Goods, GoodsName: at.Name, Quantity: o.Quantity, Points: o.Quantity * o.Price,
		PassbookBalance: o.Passbook, Receiver: strings.TrimSpace(o.Receiver), Desk: who.Account, DeskName: who.Name, At: now, EntryID: pg.IDAt(now)}
	var b pg.Batch
	if err := idem.QueueAnswer(&b, who, now, "shop.redeem", r); err != nil {
		return r, err
	}
	b.Exec(sqlPassbook, int64(who.Village), o.Household, o.Passbook)
	b.Exec(sqlTake, int64(who.Village), o.Goods, o.Quantity, o.Price)
	var posted ledger.Posted
	ledger.QueuePost(&b, who.Village, now, ledger.Entry{ID: r.EntryID, HouseholdID: o.Household, SourceKind: ledger.FromRedemption, SourceID: r.ID,
		Recorder: who.Account, Points: -r.Points, Month: month.Of(now), OccurredOn: now, Kind: ledger.Redemption, Bucket: ledger.YearBucket}, &posted)
	b.Exec(sqlRedeem, pgx.NamedArgs{"village_id": int64(who.Village), "id": r.ID, "household": o.Household, "goods": o.Goods,
		"name": r.GoodsName, "quantity": o.Quantity, "points": r.Points, "passbook": o.Passbook, "receiver": r.Receiver, "signature": o.Signature, "desk": who.Account,
		"desk_name": who.Name, "at": now, "entry": r.EntryID})
	audit.Queue(&b, who, now, audit.Event{Verb: "shop.redeem", Kind: "redemption", ID: r.ID.String(), After: r})
	err = s.DB.Run(ctx, who, &b)
	if pg.Is(err, pg.Unique) && who.Key != "" { // the key was here before: its answer stands
		return idem.Answer[Redemption](ctx, s.DB, who, "shop.redeem")
	}
	return r, refusal(err)
}

// refusal says what stood against a redemption.
func refusal(err error) error {
	switch {
	case err == nil:
		return nil
	case pg.Is(err, "CF003"):
		return fmt.Errorf("%w: %w", ErrStock, err)
	case pg.Is(err, "CF004"):
		return fmt.Errorf("%w: %w", ErrOffer, err)
	case pg.Is(err, "CF005"):
		return fmt.Errorf("%w: %w", ErrPassbook, err)
	}
	return ledger.PostingFault(err)
}

// standing is what the desk needs to know before it hands anything out.
type standing struct {
	Name, Door, Head string
	Related          bool // the clerk is of that home or related to it
}

const sqlStand = `-- shop.stand
select g.name, h.door, h.head,
  exists (select from relative r where r.village_id = @village_id and r.account_id = @account and r.household_id = h.id)
  or exists (select from membership m where m.village_id = @village_id and m.account_id = @account and m.household_id = h.id) as related
from household h, goods g
where h.village_id = @village_id and h.id = @household and h.state = 'active' and g.village_id = @village_id and g.id = @goods`

func (s *Service) stand(ctx context.Context, who actor.Actor, o Order) (at standing, err error) {
	var b pg.Batch
	pg.Row(&b, &at, sqlStand, pgx.NamedArgs{"village_id": int64(who.Village), "account": who.Account, "household": o.Household, "goods": o.Goods})
	err = s.DB.Read(ctx, who, &b)
	if err == nil && at.Related {
		err = ErrOwn
	}
	return at, err
}

const sqlLockRedemption = `-- shop.lock_redemption
select r.id, r.household_id, h.door, h.head, r.goods_id, r.goods_name, r.quantity, r.points, r.passbook_balance, r.receiver, r.desk, r.desk_name, r.at,
  r.entry_id, r.cancelled_at, r.cancel_reason
from redemption r join household h on h.village_id = @village_id and h.id = r.household_id
where r.village_id = @village_id and r.id = @id for update of r`

const sqlCancel = `-- shop.cancel
update redemption set cancelled_at = @at, cancelled_by = @by, cancel_reason = @reason where village_id = @village_id and id = @id`

const sqlPutBack = `-- shop.put_back
update goods set stock = stock + @quantity where village_id = @village_id and id = @goods`

// Cancel takes a redemption back, once: the goods return to stock and one reversing line the points.
func (s *Service) Cancel(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (r Redemption, err error) {
	defer fault.Wrap(&err, "shop.Cancel(%s)", id)
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 500 {
		return r, ErrReason
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		r, _, err = idem.Once(ctx, tx, "shop.cancel", func() (Redemption, error) { return cancel(ctx, tx, id, reason) })
		return err
	})
	return r, err
}

func cancel(ctx context.Context, tx pg.Tx, id uuid.UUID, reason string) (Redemption, error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "at": tx.Now, "by": tx.Who.Account, "reason": reason}
	r, err := pg.One[Redemption](ctx, tx, sqlLockRedemption, a)
	if err != nil {
		return r, err
	}
	if r.CancelledAt != nil {
		return r, ErrCancelled
	}
	if _, err := ledger.Reverse(ctx, tx, r.EntryID); err != nil {
		return r, err
	}
	a["quantity"], a["goods"] = r.Quantity, r.GoodsID
	if _, err := tx.Exec(ctx, sqlPutBack, a); err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, sqlCancel, a); err != nil {
		return r, err
	}
	at := tx.Now
	r.CancelledAt, r.CancelReason = &at, reason
	return r, audit.Record(ctx, tx, audit.Event{Verb: "shop.cancel", Kind: "redemption", ID: id.String(), Reason: reason, After: json.RawMessage(`"cancelled"`)})
}
