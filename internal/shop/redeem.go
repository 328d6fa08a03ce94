package shop

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
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

// Order is one thing as the desk enters it.
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

// Item is so many of a thing at the price that was seen.
type Item struct {
	Goods    uuid.UUID
	Quantity int
	Price    int
}

// Signing is how what is handed out is received: passbook and ledger equal, and a name under it.
type Signing struct {
	Passbook  int64 // the last balance in the paper passbook
	Receiver  string
	Relation  string    // of a proxy to the household; "" where one of the home comes
	Authority string    // of the proxy: 户口簿, 委托书, 电话确认 …
	Signature []byte    // drawn on the screen
	OnPaper   bool      // signed on the paper list instead
	Delivered bool      // at the household's door
	Handed    time.Time // when, by the clock of a desk without network; zero where it is now
	doubt     string    // what that clock said, where it is not believed
}

// mostItems and mostPoints bound what one signing hands out; a line of the book holds no more points.
const (
	mostItems  = 10
	mostPoints = 100000
)

func (s *Signing) tidy() {
	s.Receiver, s.Relation, s.Authority = strings.TrimSpace(s.Receiver), strings.TrimSpace(s.Relation), strings.TrimSpace(s.Authority)
}

func (s Signing) check() error {
	long := func(t string, most int) bool { return utf8.RuneCountInString(t) > most }
	return fault.Join(
		fault.When(s.Receiver == "" || long(s.Receiver, 30), ErrReceiver),
		fault.When((s.Relation == "") != (s.Authority == "") || long(s.Relation, 20) || long(s.Authority, 60), ErrProxy),
		fault.When(len(s.Signature) < 100 && !s.OnPaper, ErrSignature),
	)
}

// checkItems refuses what no order can be of, and puts the rest into the order of the goods' locks.
func checkItems(items []Item) ([]Item, error) {
	if len(items) < 1 || len(items) > mostItems {
		return nil, ErrItems
	}
	items = slices.SortedFunc(slices.Values(items), func(a, b Item) int { return slices.Compare(a.Goods[:], b.Goods[:]) })
	points := 0
	for i, it := range items {
		err := fault.Join(fault.When(it.Quantity < 1 || it.Quantity > 1000, ErrQuantity), fault.When(it.Price < 1, ErrOffer),
			fault.When(i > 0 && items[i-1].Goods == it.Goods, ErrItems))
		if err != nil {
			return nil, err
		}
		if points += it.Quantity * min(it.Price, mostPoints+1); points > mostPoints {
			return nil, ledger.ErrNotEnough
		}
	}
	return items, nil
}

const sqlPassbook = `-- shop.passbook
select passbook_check($1, $2, $3)`

const sqlGate = `-- shop.gate
select village_gate($1), budget_gate($1, $2)`

const sqlTake = `-- shop.take
select stock_take($1, $2, $3, $4, $5, $6, $7, $8, $9)`

const sqlRedeem = `-- shop.redeem
insert into redemption (village_id, id, household_id, goods_id, goods_name, quantity, points, passbook_balance, receiver, signature, desk, desk_name, at, entry_id,
  slip_id, order_id, relation, authority, delivered, handed_at)
select @village_id::bigint, @id::uuid, b.household_id, @goods::uuid, @name::text, @quantity::integer, @points::integer, b.year, @receiver::text, @signature::bytea, @desk::uuid,
  @desk_name::text, @at::timestamptz, @entry::uuid, @slip::uuid, @order::uuid, @relation::text, @authority::text, @delivered::boolean, @handed::timestamptz
from balance b where b.village_id = @village_id and b.household_id = @household
returning id`

const sqlWrote = `-- shop.wrote
select r.id, r.passbook_balance, coalesce(-e.points, 0) as paid from redemption r
left join ledger_entry e on e.village_id = @village_id and e.id = r.entry_id and e.bucket = 2
where r.village_id = @village_id and r.id = any(@ids) order by r.id`

// Redeem hands one thing out for points: passbook and ledger equal, points there, goods there, all in one
// transaction of one round trip. Two desks at once cannot overspend a household or oversell a thing.
func (s *Service) Redeem(ctx context.Context, who actor.Actor, o Order) (r Redemption, err error) {
	defer fault.Wrap(&err, "shop.Redeem")
	all, err := s.handOut(ctx, who, o.Household, []Item{{o.Goods, o.Quantity, o.Price}},
		Signing{Passbook: o.Passbook, Receiver: o.Receiver, Signature: o.Signature, OnPaper: o.OnPaper})
	if err != nil {
		return r, err
	}
	return all[0], nil
}

// HandOut is Redeem for several things under one signing: all of them or none.
func (s *Service) HandOut(ctx context.Context, who actor.Actor, household uuid.UUID, items []Item, sign Signing) (all []Redemption, err error) {
	defer fault.Wrap(&err, "shop.HandOut(%d)", len(items))
	return s.handOut(ctx, who, household, items, sign)
}

func (s *Service) handOut(ctx context.Context, who actor.Actor, household uuid.UUID, items []Item, sign Signing) ([]Redemption, error) {
	sign.tidy()
	items, err := checkItems(items)
	if err != nil {
		return nil, err
	}
	if err := sign.check(); err != nil {
		return nil, err
	}
	at, err := s.stand(ctx, who, household, items)
	if err != nil {
		return nil, err
	}
	now := s.DB.Now()
	lines := make([]Redemption, len(items))
	for i, it := range items {
		lines[i] = Redemption{GoodsID: it.Goods, GoodsName: at.names[it.Goods], Quantity: it.Quantity, Points: it.Quantity * it.Price}
	}
	slip := pg.NewID()
	return s.deal(ctx, who, now, "shop.redeem", at.fill(lines, slip, nil), sign, func(b *pg.Batch) {
		b.Exec(sqlGate, int64(who.Village), month.Of(now).Year())
		for i, it := range items {
			b.Exec(sqlTake, int64(who.Village), pg.IDAt(now), it.Goods, it.Quantity, it.Price, int16(HandedOut), lines[i].ID, by(who), now)
		}
	})
}

// deal writes redemptions that are whole but for who signed, in one round trip; before it runs what comes
// after the passbook is checked: goods out of stock, or an order closed.
func (s *Service) deal(ctx context.Context, who actor.Actor, now time.Time, verb string, all []Redemption, sign Signing, before func(*pg.Batch)) ([]Redemption, error) {
	for i := range all {
		r := &all[i]
		r.PassbookBalance, r.Receiver, r.Relation, r.Authority, r.Delivered = sign.Passbook, sign.Receiver, sign.Relation, sign.Authority, sign.Delivered
		r.Desk, r.DeskName, r.At, r.EntryID = who.Account, who.Name, now, pg.IDAt(now)
		if !sign.Handed.IsZero() {
			done := sign.Handed
			r.HandedAt = &done
		}
	}
	var b pg.Batch
	if err := idem.QueueAnswer(&b, who, now, verb, all); err != nil { // but for what wrote answers
		return nil, err
	}
	b.Exec(sqlPassbook, int64(who.Village), all[0].HouseholdID, sign.Passbook)
	before(&b)
	posted := make([]ledger.Posted, len(all))
	for i, r := range all {
		b.Exec(sqlRedeem, pgx.NamedArgs{"village_id": int64(who.Village), "id": r.ID, "household": r.HouseholdID, "goods": r.GoodsID,
			"name": r.GoodsName, "quantity": r.Quantity, "points": r.Points, "receiver": r.Receiver, "signature": sign.Signature,
			"desk": who.Account, "desk_name": who.Name, "at": now, "entry": r.EntryID, "slip": r.SlipID, "order": r.OrderID, "relation": r.Relation,
			"authority": r.Authority, "delivered": r.Delivered, "handed": r.HandedAt})
		ledger.QueuePost(&b, who.Village, now, ledger.Entry{ID: r.EntryID, HouseholdID: r.HouseholdID, SourceKind: ledger.FromRedemption, SourceID: r.ID,
			Recorder: who.Account, Points: -r.Points, Month: month.Of(now), OccurredOn: r.Done(), Kind: ledger.Redemption, Bucket: ledger.YearBucket}, &posted[i])
		audit.Queue(&b, who, now, audit.Event{Verb: verb, Kind: "redemption", ID: r.ID.String(), Reason: sign.doubt, After: r})
	}
	seen := queueWrote(&b, who, all)
	err := s.DB.Run(ctx, who, &b)
	if pg.Is(err, pg.Unique) && who.Key != "" { // the key was here before: its answer stands
		if all, err = idem.Answer[[]Redemption](ctx, s.DB, who, verb); err != nil {
			return nil, err
		}
		b = pg.Batch{}
		seen = queueWrote(&b, who, all)
		err = s.DB.Read(ctx, who, &b)
	}
	if err != nil {
		return all, refusal(err)
	}
	for i, w := range *seen {
		all[i].PassbookBalance, all[i].Paid = w.PassbookBalance, w.Paid
	}
	return all, nil
}

// queueWrote reads what only the ledger can say: what the passbook said before each of them, and what of it is
// paid with the year's points.
func queueWrote(b *pg.Batch, who actor.Actor, all []Redemption) *[]wrote {
	rows, ids := new([]wrote), make([]uuid.UUID, len(all))
	for i, r := range all {
		ids[i] = r.ID
	}
	pg.Rows(b, rows, sqlWrote, pgx.NamedArgs{"village_id": int64(who.Village), "ids": ids})
	return rows
}

type wrote struct {
	ID              uuid.UUID
	PassbookBalance int64
	Paid            int
}

// refusal says what stood against a redemption.
func refusal(err error) error {
	for state, f := range map[string]error{"CF003": ErrStock, "CF004": ErrOffer, "CF005": ErrPassbook, "CF006": ErrClosed, "CF007": ErrCase, "CF009": ErrBudget, "CF010": ErrNotLive} {
		if pg.Is(err, state) {
			return fmt.Errorf("%w: %w", f, err)
		}
	}
	return ledger.PostingFault(err)
}

// standing is what the desk needs to know before it hands anything out.
type standing struct {
	home  home
	names map[uuid.UUID]string
}

type home struct {
	ID         uuid.UUID
	Door, Head string
	Related    bool // the clerk is of that home or related to it
}

// fill completes lines with the home, their own ids and what they have in common.
func (at standing) fill(lines []Redemption, slip uuid.UUID, order *uuid.UUID) []Redemption {
	for i := range lines {
		r := &lines[i]
		r.ID, r.HouseholdID, r.Door, r.Head, r.SlipID, r.OrderID = pg.NewID(), at.home.ID, at.home.Door, at.home.Head, slip, order
	}
	return lines
}

const sqlHome = `-- shop.home
select h.id, h.door, h.head,
  exists (select from relative r where r.village_id = @village_id and r.account_id = @account and r.household_id = h.id)
  or exists (select from membership m where m.village_id = @village_id and m.account_id = @account and m.household_id = h.id) as related
from household h where h.village_id = @village_id and h.id = @household and h.state = 'active'`

const sqlNames = `-- shop.names
select id, name from goods where village_id = @village_id and id = any(@goods)`

func (s *Service) stand(ctx context.Context, who actor.Actor, household uuid.UUID, items []Item) (at standing, err error) {
	ids := make([]uuid.UUID, len(items))
	for i, it := range items {
		ids[i] = it.Goods
	}
	var b pg.Batch
	var names []struct {
		ID   uuid.UUID
		Name string
	}
	pg.Row(&b, &at.home, sqlHome, pgx.NamedArgs{"village_id": int64(who.Village), "account": who.Account, "household": household})
	pg.Rows(&b, &names, sqlNames, pgx.NamedArgs{"village_id": int64(who.Village), "goods": ids})
	if err = s.DB.Read(ctx, who, &b); err != nil {
		return at, err
	}
	at.names = map[uuid.UUID]string{}
	for _, n := range names {
		at.names[n.ID] = n.Name
	}
	switch {
	case len(names) != len(items):
		return at, fault.ErrNotFound
	case at.home.Related:
		return at, ErrOwn
	}
	return at, nil
}

const sqlLockRedemption = `-- shop.lock_redemption
` + sqlPartRedemption + ` and r.id = @id for update of r`

const sqlCancel = `-- shop.cancel
update redemption set cancelled_at = @at, cancelled_by = @by, cancel_reason = @reason where village_id = @village_id and id = @id`

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
	if _, err := Move(ctx, tx, Movement{Goods: r.GoodsID, Quantity: r.Quantity, Kind: TakenBack, Source: r.ID}); err != nil {
		return r, err
	}
	if _, err := tx.Exec(ctx, sqlCancel, a); err != nil {
		return r, err
	}
	at := tx.Now
	r.CancelledAt, r.CancelReason = &at, reason
	return r, audit.Record(ctx, tx, audit.Event{Verb: "shop.cancel", Kind: "redemption", ID: id.String(), Reason: reason, After: json.RawMessage(`"cancelled"`)})
}
