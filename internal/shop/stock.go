package shop

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
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
)

// Chinese is the kind's name on screen.
func (k StockKind) Chinese() string {
	return [...]string{"", "期初", "采购入库", "捐赠入库", "预留", "预留退回", "兑换发放", "撤销退回", "清点调整", "报损"}[k]
}

// StockLine is one change of a thing's stock. Stock is what was there after it; the stock of a thing is the
// sum of its lines.
type StockLine struct {
	ID       uuid.UUID
	GoodsID  uuid.UUID
	Quantity int
	Stock    int
	Kind     StockKind
	SourceID *uuid.UUID
	At       time.Time
	Note     string
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
select id, goods_id, quantity, stock, kind, source_id, at, note from stock_line
where village_id = @village_id and goods_id = @goods and (@after = '' or id < nullif(@after, '')::uuid) order by id desc limit @rows`

// StockLines reads what moved a thing's stock, newest first, with the cursor of the next page.
func (s *Service) StockLines(ctx context.Context, who actor.Actor, goods uuid.UUID, p page.Page) (lines []StockLine, next string, err error) {
	defer fault.Wrap(&err, "shop.StockLines(%s)", goods)
	if err := pg.After(p.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		lines, err = pg.All[StockLine](ctx, tx, sqlStockLines, pgx.NamedArgs{"village_id": int64(who.Village), "goods": goods, "after": p.After, "rows": p.Rows() + 1})
		return err
	})
	lines, next = page.Cut(lines, p.Rows(), func(l StockLine) string { return l.ID.String() })
	return lines, next, err
}
