package shop

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
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Shelf is one thing as the book has it: in stock and set aside, all of which should be there.
type Shelf struct {
	GoodsID   uuid.UUID
	GoodsName string
	Unit      string
	Stock     int
	Reserved  int
}

// Book is how many pieces should be there.
func (s Shelf) Book() int { return s.Stock + s.Reserved }

// Count is a close of a redemption day, or a stock-taking.
type Count struct {
	ID          uuid.UUID
	Kind        string // day or taking
	Day         time.Time
	Name        string
	Witness     string
	At          time.Time
	Redemptions int   // of the day
	Points      int64 // of the day
	Note        string
	Lines       []CountLine `db:"-"`
}

// CountLine is one thing counted.
type CountLine struct {
	CountID   uuid.UUID
	GoodsID   uuid.UUID
	GoodsName string
	Book      int
	Counted   int
	Reason    string
}

// Differs is how many pieces are too many, or below zero missing.
func (l CountLine) Differs() int { return l.Counted - l.Book }

const sqlShelf = `-- shop.shelf
select g.id as goods_id, g.name as goods_name, g.unit, g.stock,
  coalesce((select sum(l.quantity) from order_line l join shop_order o on o.village_id = @village_id and o.id = l.order_id
    where l.village_id = @village_id and l.goods_id = g.id and o.state = 'held'), 0)::int as reserved
from goods g where g.village_id = @village_id and (g.active or g.stock > 0) order by g.code`

const sqlLockShelf = `-- shop.lock_shelf
select id from goods where village_id = @village_id order by id for update`

// Shelves lists what should be there now.
func (s *Service) Shelves(ctx context.Context, who actor.Actor) (all []Shelf, err error) {
	defer fault.Wrap(&err, "shop.Shelves")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Shelf](ctx, tx, sqlShelf, pgx.NamedArgs{"village_id": int64(who.Village)})
		return err
	})
	return all, err
}

const sqlDayTotals = `-- shop.day_totals
select count(*) as redemptions, coalesce(sum(points), 0)::bigint as points from redemption
where village_id = @village_id and at >= @from and at < @upto and cancelled_at is null`

const sqlAddCount = `-- shop.add_count
insert into stock_count (village_id, id, kind, day, counted_by, name, witness, at, redemptions, points, note)
values (@village_id, @id, @kind, @day, @by, @name, @witness, @at, @redemptions, @points, @note)`

const sqlAddCountLines = `-- shop.add_count_lines
insert into stock_count_line (village_id, count_id, goods_id, goods_name, book, counted, reason)
select @village_id::bigint, @id::uuid, l.* from unnest(@goods::uuid[], @names::text[], @book::integer[], @counted::integer[], @reasons::text[]) l
on conflict (village_id, count_id, goods_id) do nothing`

// TakeStock records what was counted, by two people. Each difference is explained, and moves the stock by a
// line of its own. What was handed out while they counted makes them look again.
func (s *Service) TakeStock(ctx context.Context, who actor.Actor, c Count) (done Count, err error) {
	defer fault.Wrap(&err, "shop.TakeStock")
	c.Witness, c.Note = strings.TrimSpace(c.Witness), strings.TrimSpace(c.Note)
	if err := c.check(who); err != nil {
		return c, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		done, _, err = idem.Once(ctx, tx, "shop.take_stock", func() (Count, error) { return takeStock(ctx, tx, c) })
		return err
	})
	return done, err
}

func (c Count) check(who actor.Actor) error {
	faults := []*fault.Error{
		fault.When(c.Witness == "" || utf8.RuneCountInString(c.Witness) > 30, ErrCount.With("请填写一同清点的人").On("witness")),
		fault.When(c.Witness == who.Name, ErrCount.With("一同清点的要是另一个人").On("witness")),
		fault.When(c.Kind != "day" && c.Kind != "taking", ErrCount.With("请选择清点的种类").On("kind")),
		fault.When(utf8.RuneCountInString(c.Note) > 500, ErrCount.With("备注最多 500 字").On("note")),
	}
	for i, l := range c.Lines {
		c.Lines[i].Reason = strings.TrimSpace(l.Reason)
		faults = append(faults, fault.When(l.Counted < 0 || l.Counted > 1000000, ErrCount.With(l.GoodsName+"：实有数应是 0 到 1000000").On("counted-"+l.GoodsID.String())),
			fault.When(utf8.RuneCountInString(c.Lines[i].Reason) > 200, ErrCount.With(l.GoodsName+"：原因最多 200 字").On("reason-"+l.GoodsID.String())),
			fault.When(l.Differs() != 0 && c.Lines[i].Reason == "", ErrCount.With(l.GoodsName+"：和账面不一样，请写明原因").On("reason-"+l.GoodsID.String())))
	}
	return fault.Join(faults...)
}

func takeStock(ctx context.Context, tx pg.Tx, c Count) (Count, error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "from": month.Day(tx.Now), "upto": month.Day(tx.Now).AddDate(0, 0, 1)}
	if _, err := tx.Exec(ctx, sqlLockShelf, a); err != nil {
		return c, err
	}
	shelves, err := pg.All[Shelf](ctx, tx, sqlShelf, a)
	if err != nil {
		return c, err
	}
	if len(shelves) != len(c.Lines) {
		return c, ErrCountMoved
	}
	book := map[uuid.UUID]Shelf{}
	for _, s := range shelves {
		book[s.GoodsID] = s
	}
	totals, err := pg.One[struct {
		Redemptions int64
		Points      int64
	}](ctx, tx, sqlDayTotals, a)
	if err != nil {
		return c, err
	}
	c.ID, c.Day, c.Name, c.At, c.Redemptions, c.Points = pg.IDAt(tx.Now), month.Date(tx.Now), tx.Who.Name, tx.Now, int(totals.Redemptions), totals.Points
	a["id"], a["kind"], a["day"], a["by"], a["name"], a["witness"], a["at"] = c.ID, c.Kind, c.Day, tx.Who.Account, c.Name, c.Witness, c.At
	a["redemptions"], a["points"], a["note"] = c.Redemptions, c.Points, c.Note
	var goods []uuid.UUID
	var names, reasons []string
	var books, counted []int32
	for i := range c.Lines {
		l := &c.Lines[i]
		s, there := book[l.GoodsID]
		if !there || s.Book() != l.Book {
			return c, ErrCountMoved
		}
		delete(book, l.GoodsID) // a thing is counted once
		if l.Counted < s.Reserved {
			return c, ErrCount.With(s.GoodsName + "：实有数比住户已预留的还少，请先取消相应的预留").On("counted-" + l.GoodsID.String())
		}
		l.CountID, l.GoodsName = c.ID, s.GoodsName
		goods, names, reasons = append(goods, l.GoodsID), append(names, l.GoodsName), append(reasons, l.Reason)
		books, counted = append(books, int32(l.Book)), append(counted, int32(l.Counted))
	}
	a["goods"], a["names"], a["book"], a["counted"], a["reasons"] = goods, names, books, counted, reasons
	if _, err := tx.Exec(ctx, sqlAddCount, a); err != nil {
		return c, err
	}
	if _, err := tx.Exec(ctx, sqlAddCountLines, a); err != nil {
		return c, err
	}
	for _, l := range c.Lines {
		if d := l.Differs(); d != 0 {
			if _, err := Move(ctx, tx, Movement{Goods: l.GoodsID, Quantity: d, Kind: Counted, Source: c.ID, Note: l.Reason}); err != nil {
				return c, err
			}
		}
	}
	return c, audit.Record(ctx, tx, audit.Event{Verb: "shop.take_stock", Kind: "count", ID: c.ID.String(), After: c})
}

const sqlCounts = `-- shop.counts
select id, kind, day, name, witness, at, redemptions, points, note from stock_count
where village_id = @village_id and (@id::uuid is null or id = @id) and (@kind = '' or kind = @kind)
  and (@from::timestamptz is null or at >= @from) and (@upto::timestamptz is null or at < @upto)
  and (not @differs or exists (select from stock_count_line l where l.village_id = @village_id and l.count_id = stock_count.id and l.counted <> l.book)) and (@after = '' or id < nullif(@after, '')::uuid) order by id desc limit @rows`

const sqlCountLines = `-- shop.count_lines
select count_id, goods_id, goods_name, book, counted, reason from stock_count_line where village_id = @village_id and count_id = any(@ids) order by goods_name`

// CountFilter narrows the list of counts; zero fields do not.
type CountFilter struct {
	ID          uuid.UUID // one count
	Kind        string
	Differs     bool      // only those where something was otherwise than in the book
	First, Last time.Time // days
	page.Page
}

// Counted reads what was counted, newest first, with the cursor of the next page.
func (s *Service) Counted(ctx context.Context, who actor.Actor, f CountFilter) (all []Count, next string, err error) {
	defer fault.Wrap(&err, "shop.Counted")
	a := pgx.NamedArgs{"village_id": int64(who.Village), "id": nil, "kind": f.Kind, "differs": f.Differs, "after": f.After, "rows": f.Rows() + 1}
	if f.ID != uuid.Nil {
		a["id"] = f.ID
	}
	a["from"], a["upto"] = span(f.First, f.Last)
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if all, err = pg.All[Count](ctx, tx, sqlCounts, a); err != nil {
			return err
		}
		all, next = page.Cut(all, f.Rows(), func(c Count) string { return c.ID.String() })
		at := map[uuid.UUID]int{}
		var ids []uuid.UUID
		for i, c := range all {
			at[c.ID], ids = i, append(ids, c.ID)
		}
		lines, err := pg.All[CountLine](ctx, tx, sqlCountLines, pgx.NamedArgs{"village_id": int64(who.Village), "ids": ids})
		for _, l := range lines {
			i := at[l.CountID]
			all[i].Lines = append(all[i].Lines, l)
		}
		return err
	})
	if err == nil && f.ID != uuid.Nil && len(all) == 0 {
		err = fault.ErrNotFound
	}
	return all, next, err
}
