package budget

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
)

// Quote is what a supplier asked for.
type Quote struct {
	Supplier string
	Fen      int64
}

// Purchase is one thing bought: by whom, from whom, after which quotes, and who has counted it in.
type Purchase struct {
	ID          uuid.UUID
	Year        int
	GoodsID     uuid.UUID
	GoodsName   string
	Quantity    int
	Supplier    string
	Fen         int64
	BoughtOn    time.Time
	Receipt     string
	Reason      string
	Buyer       uuid.UUID
	BuyerName   string
	At          time.Time
	State       string // bought or stocked
	Received    *int
	Remark      string
	StockedName string
	StockedAt   *time.Time
	Quotes      []Quote `db:"-"`
}

// Stocked reports whether it has come into stock.
func (p Purchase) Stocked() bool { return p.State == "stocked" }

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
insert into purchase_quote (village_id, purchase_id, position, supplier, fen)
select @village_id::bigint, @id::uuid, q.n, q.supplier, q.fen from unnest(@suppliers::text[], @fens::bigint[]) with ordinality q(supplier, fen, n)
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
	for _, q := range p.Quotes {
		suppliers, fens = append(suppliers, q.Supplier), append(fens, q.Fen)
	}
	a["suppliers"], a["fens"] = suppliers, fens
	if _, err := tx.Exec(ctx, sqlAddQuotes, a); err != nil {
		return p, err
	}
	return p, audit.Record(ctx, tx, audit.Event{Verb: "budget.buy", Kind: "purchase", ID: p.ID.String(), Reason: p.Reason, After: p})
}

const sqlPartPurchase = `id, year, goods_id, goods_name, quantity, supplier, fen, bought_on, receipt, reason, buyer, buyer_name, at, state, received, remark, stocked_name, stocked_at
from purchase where village_id = @village_id`

const sqlPurchase = `-- budget.purchase
select ` + sqlPartPurchase + ` and id = @id`

const sqlLockPurchase = `-- budget.lock_purchase
select ` + sqlPartPurchase + ` and id = @id for update`

const sqlPurchases = `-- budget.purchases
select ` + sqlPartPurchase + ` and (@after = '' or id < nullif(@after, '')::uuid) order by id desc limit @rows`

const sqlQuotes = `-- budget.quotes
select supplier, fen from purchase_quote where village_id = @village_id and purchase_id = @id order by position`

// Purchase reads one purchase with its quotes.
func (s *Service) Purchase(ctx context.Context, who actor.Actor, id uuid.UUID) (p Purchase, err error) {
	defer fault.Wrap(&err, "budget.Purchase(%s)", id)
	a := pgx.NamedArgs{"village_id": int64(who.Village), "id": id}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if p, err = pg.One[Purchase](ctx, tx, sqlPurchase, a); err != nil {
			return err
		}
		p.Quotes, err = pg.All[Quote](ctx, tx, sqlQuotes, a)
		return err
	})
	return p, err
}

// Purchases reads what was bought, newest first, with the cursor of the next page.
func (s *Service) Purchases(ctx context.Context, who actor.Actor, p page.Page) (all []Purchase, next string, err error) {
	defer fault.Wrap(&err, "budget.Purchases")
	if err := pg.After(p.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Purchase](ctx, tx, sqlPurchases, pgx.NamedArgs{"village_id": int64(who.Village), "after": p.After, "rows": p.Rows() + 1})
		return err
	})
	all, next = page.Cut(all, p.Rows(), func(b Purchase) string { return b.ID.String() })
	return all, next, err
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
