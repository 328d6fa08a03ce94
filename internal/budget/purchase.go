package budget

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
)

// Quote is what a supplier asked for.
type Quote struct {
	PurchaseID uuid.UUID `json:"-"`
	Supplier   string
	Fen        int64
	Photo      *uuid.UUID // of the quote on paper
}

// Purchase is one thing bought: by whom, from whom, after which quotes, and who has counted it in.
type Purchase struct {
	ID                          uuid.UUID
	Year                        int
	GoodsID                     uuid.UUID
	GoodsName                   string
	Quantity                    int
	Supplier                    string
	Fen                         int64
	BoughtOn                    time.Time
	Receipt                     string
	Reason                      string
	Buyer                       uuid.UUID
	BuyerName                   string
	At                          time.Time
	State                       string // bought, stocked, or cancelled
	Received                    *int
	Remark                      string
	StockedName                 string
	StockedAt                   *time.Time
	CancelledAt                 *time.Time
	CancelledName, CancelReason string
	Quotes                      []Quote             `db:"-"`
	Photos                      []evidence.Evidence `db:"-" json:"-"` // of quotes and receipts
	Receipts                    []uuid.UUID         `db:"-"`          // of the photos, those of receipts; to be attached where it is not bought yet
}

// Stocked reports whether it has come into stock.
func (p Purchase) Stocked() bool { return p.State == "stocked" }

// Cancelled reports whether it should not have been written down.
func (p Purchase) Cancelled() bool { return p.CancelledAt != nil }

// check refuses a purchase that the village's rules do not allow.
func (p *Purchase) check(purse Purse, today time.Time) error {
	p.Supplier, p.Receipt, p.Reason = strings.TrimSpace(p.Supplier), strings.TrimSpace(p.Receipt), strings.TrimSpace(p.Reason)
	var quotes []Quote
	names, lowest := map[string]bool{}, p.Fen
	for _, q := range p.Quotes {
		if q.Supplier = strings.TrimSpace(q.Supplier); q.Supplier == "" && q.Fen == 0 {
			continue
		}
		if !chars.Between(q.Supplier, 1, 40) || q.Fen < 1 || q.Fen > mostFen {
			return ErrForm.With("每家报价都要写商家和金额").On("quotes")
		}
		names[q.Supplier], lowest = true, min(lowest, q.Fen)
		quotes = append(quotes, q)
	}
	p.Quotes = quotes
	return fault.Join(fault.When(p.Quantity < 1 || p.Quantity > 1000000, ErrForm.With("数量应是 1 到 1000000").On("quantity")),
		fault.When(!chars.Between(p.Supplier, 1, 40), ErrForm.With("请填商家").On("supplier")), fault.When(!chars.Between(p.Receipt, 1, 60), ErrForm.With("请填发票或收据的号码").On("receipt")),
		fault.When(p.Fen < 1 || p.Fen > mostFen, ErrForm.With("请填总金额").On("fen")),
		fault.When(p.BoughtOn.After(today) || p.BoughtOn.Year() != today.Year(), ErrForm.With("采购日期应在今年、不晚于今天").On("bought_on")),
		fault.When(p.Fen >= purse.QuotesFrom && len(names) < 3, ErrQuotes), fault.When(lowest < p.Fen && !chars.Between(p.Reason, 2, 200), ErrLowest))
}

const sqlAddPurchase = `-- budget.add_purchase
insert into purchase (village_id, id, year, goods_id, goods_name, quantity, supplier, fen, bought_on, receipt, reason, buyer, buyer_name, at, state)
select @village_id::bigint, @id::uuid, @year::integer, g.id, g.name, @quantity::integer, @supplier::text, @fen::bigint, @bought_on::date, @receipt::text, @reason::text, @by::uuid, @name::text, @at::timestamptz, 'bought'
from goods g where g.village_id = @village_id and g.id = @goods
returning goods_name`

const sqlAddQuotes = `-- budget.add_quotes
insert into purchase_quote (village_id, purchase_id, position, supplier, fen, photo)
select @village_id::bigint, @id::uuid, q.n, q.supplier, q.fen, q.photo from unnest(@suppliers::text[], @fens::bigint[], @photos::uuid[]) with ordinality q(supplier, fen, photo, n)
on conflict (village_id, purchase_id, position) do nothing`

const sqlBudgetGate = `-- budget.gate
select budget_gate($1, $2)`

// Buy records a purchase. Strict villages buy only when the township has agreed to the year's budget.
func (s *Service) Buy(ctx context.Context, who actor.Actor, p Purchase) (out Purchase, err error) {
	defer fault.Wrap(&err, "budget.Buy")
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "budget.buy", func() (Purchase, error) { return buy(ctx, tx, p) })
		return err
	})
	if pg.Is(err, "CF009") {
		err = ErrNoBudget
	}
	return out, err
}

func buy(ctx context.Context, tx pg.Tx, p Purchase) (Purchase, error) {
	rules, err := purse(ctx, tx)
	if err != nil {
		return p, err
	}
	if err := p.check(rules, month.Date(tx.Now)); err != nil {
		return p, err
	}
	p.ID, p.Year, p.Buyer, p.BuyerName, p.At, p.State = pg.IDAt(tx.Now), p.BoughtOn.Year(), tx.Who.Account, tx.Who.Name, tx.Now, "bought"
	if _, err := tx.Exec(ctx, sqlBudgetGate, int64(tx.Village()), p.Year); err != nil {
		return p, err
	}
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": p.ID, "year": p.Year, "goods": p.GoodsID, "quantity": p.Quantity, "supplier": p.Supplier, "fen": p.Fen,
		"bought_on": p.BoughtOn, "receipt": p.Receipt, "reason": p.Reason, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now}
	if p.GoodsName, err = pg.Scalar[string](ctx, tx, sqlAddPurchase, a); err != nil {
		return p, err
	}
	var suppliers []string
	var fens []int64
	var photos []*uuid.UUID
	shots := slices.Clone(p.Receipts)
	for _, q := range p.Quotes {
		suppliers, fens, photos = append(suppliers, q.Supplier), append(fens, q.Fen), append(photos, q.Photo)
		if q.Photo != nil {
			shots = append(shots, *q.Photo)
		}
	}
	a["suppliers"], a["fens"], a["photos"] = suppliers, fens, photos
	if err := attach(ctx, tx, shots, p.ID); err != nil {
		return p, err
	}
	if _, err := tx.Exec(ctx, sqlAddQuotes, a); err != nil {
		return p, err
	}
	return p, audit.Record(ctx, tx, audit.Event{Verb: "budget.buy", Kind: "purchase", ID: p.ID.String(), Reason: p.Reason, After: p})
}

// sqlPartState is bought or stocked, or cancelled whatever it was before.
const sqlPartState = `case when cancelled_at is null then state else 'cancelled' end`

const sqlPartPurchase = `id, year, goods_id, goods_name, quantity, supplier, fen, bought_on, receipt, reason, buyer, buyer_name, at,
  ` + sqlPartState + ` as state, received, remark, stocked_name, stocked_at, cancelled_at, cancelled_name, cancel_reason
from purchase where village_id = @village_id`

const sqlPurchase = `-- budget.purchase
select ` + sqlPartPurchase + ` and id = @id`

const sqlLockPurchase = `-- budget.lock_purchase
select ` + sqlPartPurchase + ` and id = @id for update`

const sqlPurchases = `-- budget.purchases
select ` + sqlPartPurchase + ` and (@year::integer = 0 or year = @year) and (@state = '' or ` + sqlPartState + ` = @state)
  and (@query = '' or position(@query in goods_name || ' ' || supplier || ' ' || receipt || ' ' || buyer_name) > 0)
  and (@after = '' or id < nullif(@after, '')::uuid) order by id desc limit @rows`

const sqlQuotes = `-- budget.quotes
select purchase_id, supplier, fen, photo from purchase_quote where village_id = @village_id and purchase_id = any(@ids) order by purchase_id, position`

// Purchase reads one purchase with its quotes and photos.
func (s *Service) Purchase(ctx context.Context, who actor.Actor, id uuid.UUID) (p Purchase, err error) {
	defer fault.Wrap(&err, "budget.Purchase(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if p, err = pg.One[Purchase](ctx, tx, sqlPurchase, pgx.NamedArgs{"village_id": int64(who.Village), "id": id}); err != nil {
			return err
		}
		one := []Purchase{p}
		err = details(ctx, tx, one)
		p = one[0]
		return err
	})
	return p, err
}

// details fills purchases with their quotes and photos.
func details(ctx context.Context, tx pg.Tx, all []Purchase) error {
	ids, at := make([]uuid.UUID, len(all)), map[uuid.UUID]*Purchase{}
	for i := range all {
		ids[i], at[all[i].ID] = all[i].ID, &all[i]
	}
	quotes, err := pg.All[Quote](ctx, tx, sqlQuotes, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids})
	if err != nil {
		return err
	}
	for _, q := range quotes {
		p := at[q.PurchaseID]
		p.Quotes = append(p.Quotes, q)
	}
	photos, err := evidence.HeldBy(ctx, tx, ids)
	for id, of := range photos {
		p := at[id]
		p.Photos = of
		for _, e := range of {
			if !slices.ContainsFunc(p.Quotes, func(q Quote) bool { return q.Photo != nil && *q.Photo == e.ID }) {
				p.Receipts = append(p.Receipts, e.ID)
			}
		}
	}
	return err
}

// attach gives photos to a purchase.
func attach(ctx context.Context, tx pg.Tx, photos []uuid.UUID, purchase uuid.UUID) error {
	err := evidence.AttachTo(ctx, tx, photos, purchase, uuid.Nil)
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return ErrShot
	case errors.Is(err, evidence.ErrMany):
		return ErrPhotos
	}
	return err
}

// PurchaseFilter narrows the list of purchases; zero fields do not.
type PurchaseFilter struct {
	Year  int
	State string // bought, stocked or cancelled
	Query string // in the thing, the supplier, the receipt's number, the buyer
	page.Page
}

// Bought reads what was bought, newest first, with quotes and photos and the cursor of the next page.
func (s *Service) Bought(ctx context.Context, who actor.Actor, f PurchaseFilter) (all []Purchase, next string, err error) {
	defer fault.Wrap(&err, "budget.Bought")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Purchase](ctx, tx, sqlPurchases, pgx.NamedArgs{"village_id": int64(who.Village), "year": f.Year, "state": f.State, "query": f.Query, "after": f.After, "rows": f.Rows() + 1})
		if err != nil {
			return err
		}
		all, next = page.Cut(all, f.Rows(), func(b Purchase) string { return b.ID.String() })
		return details(ctx, tx, all)
	})
	return all, next, err
}

// AddReceipts adds photos of receipts that came later, by the buyer or whoever counts in.
func (s *Service) AddReceipts(ctx context.Context, who actor.Actor, id uuid.UUID, photos []uuid.UUID) (err error) {
	defer fault.Wrap(&err, "budget.AddReceipts(%s)", id)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "budget.add_receipts", func() (bool, error) {
			if _, err := pg.One[Purchase](ctx, tx, sqlLockPurchase, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id}); err != nil {
				return false, err
			}
			held, err := evidence.Holding(ctx, tx, id)
			switch {
			case err != nil:
				return false, err
			case len(photos) == 0:
				return false, ErrPhoto
			case len(held)+len(photos) > mostPhotos:
				return false, ErrPhotos
			}
			if err := attach(ctx, tx, photos, id); err != nil {
				return false, err
			}
			return true, audit.Record(ctx, tx, audit.Event{Verb: "budget.add_receipts", Kind: "purchase", ID: id.String(), After: photos})
		})
		return err
	})
}

const sqlStockIn = `-- budget.stock_in
update purchase set state = 'stocked', received = @received, remark = @remark, stocked_by = @by, stocked_name = @name, stocked_at = @at where village_id = @village_id and id = @id`

// StockIn is somebody else than the buyer counting in what came.
func (s *Service) StockIn(ctx context.Context, who actor.Actor, id uuid.UUID, received int, remark string) (p Purchase, err error) {
	defer fault.Wrap(&err, "budget.StockIn(%s)", id)
	remark = strings.TrimSpace(remark)
	if received < 0 || received > 1000000 || !chars.Between(remark, 0, 200) {
		return p, ErrForm.With("实收数应是 0 到 1000000").On("received")
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		p, _, err = idem.Once(ctx, tx, "budget.stock_in", func() (Purchase, error) { return stockIn(ctx, tx, id, received, remark) })
		return err
	})
	return p, err
}

func stockIn(ctx context.Context, tx pg.Tx, id uuid.UUID, received int, remark string) (Purchase, error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "received": received, "remark": remark, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now}
	p, err := pg.One[Purchase](ctx, tx, sqlLockPurchase, a)
	switch {
	case err != nil:
		return p, err
	case p.Cancelled():
		return p, ErrUndone
	case p.Stocked():
		return p, ErrStocked
	case p.Buyer == tx.Who.Account:
		return p, ErrBuyer
	case received != p.Quantity && remark == "":
		return p, ErrRemark
	}
	if _, err := tx.Exec(ctx, sqlStockIn, a); err != nil {
		return p, err
	}
	if received > 0 {
		if _, err := shop.Move(ctx, tx, shop.Movement{Goods: p.GoodsID, Quantity: received, Kind: shop.Bought, Source: p.ID, Note: p.Supplier}); err != nil {
			return p, err
		}
	}
	at := tx.Now
	p.State, p.Received, p.Remark, p.StockedName, p.StockedAt = "stocked", &received, remark, tx.Who.Name, &at
	return p, audit.Record(ctx, tx, audit.Event{Verb: "budget.stock_in", Kind: "purchase", ID: id.String(), Reason: remark, After: p})
}
