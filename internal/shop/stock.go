package shop

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// StockKind is why a thing's stock changed.
type StockKind int16

// The kinds of change.
const (
	FirstStock StockKind = iota + 1
	Bought
	Donated
	SetAside
	GivenBack
	HandedOut
	TakenBack
	Counted
	Spoiled
	Unstocked // what was bought or given by mistake of the pen
)

// Chinese is the kind's name on screen.
func (k StockKind) Chinese() string {
	return [...]string{"", "期初", "采购入库", "捐赠入库", "预留", "预留退回", "兑换发放", "撤销退回", "清点调整", "报损", "作废退出"}[k]
}

// StockKinds is every kind, in the order of the screens.
var StockKinds = []StockKind{FirstStock, Bought, Donated, SetAside, GivenBack, HandedOut, TakenBack, Counted, Spoiled, Unstocked}

// StockLine is one change of a thing's stock. Stock is what was there after it; the stock of a thing is the
// sum of its lines.
type StockLine struct {
	ID        uuid.UUID
	GoodsID   uuid.UUID
	GoodsName string
	Unit      string
	Quantity  int
	Stock     int
	Kind      StockKind
	SourceID  *uuid.UUID
	At        time.Time
	Note      string
	ByName    string // "" where the program itself did it
}

// Movement is a change of stock to be made.
type Movement struct {
	Goods    uuid.UUID
	Quantity int // above zero in, below out
	Kind     StockKind
	Source   uuid.UUID
	Note     string
}

const sqlMove = `-- shop.move
select stock_move($1, $2, $3, $4, $5, $6, $7, $8, $9)`

// Move changes a thing's stock and writes the line of it, and answers what is there now.
func Move(ctx context.Context, tx pg.Tx, m Movement) (stock int, err error) {
	stock, err = pg.Scalar[int](ctx, tx, sqlMove, int64(tx.Village()), pg.IDAt(tx.Now), m.Goods, m.Quantity, int16(m.Kind), m.Source, by(tx.Who), tx.Now, m.Note)
	if pg.Is(err, "CF003") {
		err = fmt.Errorf("%w: %w", ErrStock, err)
	}
	return stock, err
}

// by is the account that changes something; none for the program itself.
func by(who actor.Actor) *uuid.UUID {
	if who.Account == uuid.Nil {
		return nil
	}
	return &who.Account
}

const sqlStockLines = `-- shop.stock_lines
select l.id, l.goods_id, g.name as goods_name, g.unit, l.quantity, l.stock, l.kind, l.source_id, l.at, l.note, coalesce(a.name, '') as by_name
from stock_line l join goods g on g.village_id = @village_id and g.id = l.goods_id
left join account a on a.id = l.by
where l.village_id = @village_id and (@goods::uuid is null or l.goods_id = @goods) and (@kind::smallint = 0 or l.kind = @kind)
  and (@from::timestamptz is null or l.at >= @from) and (@upto::timestamptz is null or l.at < @upto)
  and (@query = '' or position(@query in g.name || ' ' || g.code || ' ' || l.note) > 0)
  and (@after = '' or l.id < nullif(@after, '')::uuid) order by l.id desc limit @rows`

// StockFilter narrows the list of changes of stock; zero fields do not.
type StockFilter struct {
	Goods       uuid.UUID
	Kind        StockKind
	Query       string    // in the thing's name, its code, the note
	First, Last time.Time // days
	page.Page
}

// Stock reads what moved stock, newest first, with the cursor of the next page.
func (s *Service) Stock(ctx context.Context, who actor.Actor, f StockFilter) (lines []StockLine, next string, err error) {
	defer fault.Wrap(&err, "shop.Stock")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	a := pgx.NamedArgs{"village_id": int64(who.Village), "goods": nil, "kind": int16(f.Kind), "query": f.Query, "from": nil, "upto": nil, "after": f.After, "rows": f.Rows() + 1}
	if f.Goods != uuid.Nil {
		a["goods"] = f.Goods
	}
	a["from"], a["upto"] = span(f.First, f.Last)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		lines, err = pg.All[StockLine](ctx, tx, sqlStockLines, a)
		return err
	})
	lines, next = page.Cut(lines, f.Rows(), func(l StockLine) string { return l.ID.String() })
	return lines, next, err
}

// span is the instants from the first day to the end of the last; nil where there is no such day.
func span(first, last time.Time) (from, upto any) {
	if !first.IsZero() {
		from = month.Day(first)
	}
	if !last.IsZero() {
		upto = month.Day(last).AddDate(0, 0, 1)
	}
	return from, upto
}
