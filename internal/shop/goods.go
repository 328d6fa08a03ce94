package shop

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

const sqlGoods = `-- shop.goods
select id, code, name, unit, price, stock, active, version, photo from goods where village_id = @village_id and (active or @all) order by price, code`

// Goods lists what is offered, cheapest first; all adds what is not offered now.
func (s *Service) Goods(ctx context.Context, who actor.Actor, all bool) (goods []Goods, err error) {
	defer fault.Wrap(&err, "shop.Goods")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		goods, err = pg.All[Goods](ctx, tx, sqlGoods, pgx.NamedArgs{"village_id": int64(who.Village), "all": all})
		return err
	})
	return goods, err
}

const sqlAddGoods = `-- shop.add_goods
insert into goods (village_id, id, code, name, unit, price, stock, active, photo, created_at) values (@village_id, @id, @code, @name, @unit, @price, 0, @active, @photo, @at)`

const sqlSaveGoods = `-- shop.save_goods
update goods set name = @name, unit = @unit, price = @price, active = @active, photo = coalesce(@photo, photo), version = version + 1
where village_id = @village_id and id = @id and version = @version returning stock, photo`

// Save adds a thing (zero ID) with its first stock, or changes one as it stood at g.Version. Later the stock
// moves only with what is bought, given, handed out and counted. A photo, freshly uploaded by the same person,
// takes the place of the one before; none leaves it.
func (s *Service) Save(ctx context.Context, who actor.Actor, g Goods) (saved Goods, err error) {
	defer fault.Wrap(&err, "shop.Save(%s)", g.Code)
	g.Code, g.Name, g.Unit = strings.TrimSpace(g.Code), strings.TrimSpace(g.Name), strings.TrimSpace(g.Unit)
	if err := g.check(); err != nil {
		return g, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		saved, _, err = idem.Once(ctx, tx, "shop.save", func() (Goods, error) { return save(ctx, tx, g) })
		return err
	})
	return saved, err
}

func (g Goods) check() error {
	long := func(s string, most int) bool { n := utf8.RuneCountInString(s); return n < 1 || n > most }
	return fault.Join(
		fault.When(long(g.Code, 20), ErrGoodsForm.With("请填编号（最多 20 个字）").On("code")),
		fault.When(long(g.Name, 40), ErrGoodsForm.With("请填物品名称（最多 40 个字）").On("name")),
		fault.When(long(g.Unit, 10), ErrGoodsForm.With("请填单位，如桶、袋").On("unit")),
		fault.When(g.Price < 1 || g.Price > 100000, ErrGoodsForm.With("价格应是 1 到 100000 分").On("price")),
		fault.When(g.Stock < 0 || g.Stock > 1000000, ErrGoodsForm.With("库存应是 0 到 1000000").On("stock")),
	)
}

func save(ctx context.Context, tx pg.Tx, g Goods) (Goods, error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": g.ID, "code": g.Code, "name": g.Name, "unit": g.Unit, "price": g.Price,
		"stock": g.Stock, "active": g.Active, "version": g.Version, "photo": g.Photo, "at": tx.Now}
	fresh := g.ID == uuid.Nil
	if fresh {
		g.ID, g.Version = pg.NewID(), 1
		a["id"] = g.ID
	}
	if g.Photo != nil {
		if err := evidence.AttachTo(ctx, tx, []uuid.UUID{*g.Photo}, g.ID, uuid.Nil); errors.Is(err, fault.ErrNotFound) {
			return g, ErrPhoto
		} else if err != nil {
			return g, err
		}
	}
	if fresh {
		if _, err := tx.Exec(ctx, sqlAddGoods, a); pg.Is(err, pg.Unique) {
			return g, ErrTaken
		} else if err != nil {
			return g, err
		}
		if g.Stock > 0 {
			if _, err := Move(ctx, tx, Movement{Goods: g.ID, Quantity: g.Stock, Kind: FirstStock, Source: g.ID}); err != nil {
				return g, err
			}
		}
	} else {
		now, err := pg.One[struct {
			Stock int
			Photo *uuid.UUID
		}](ctx, tx, sqlSaveGoods, a)
		if errors.Is(err, fault.ErrNotFound) {
			return g, gone(ctx, tx, a)
		}
		if err != nil {
			return g, err
		}
		g.Stock, g.Version = now.Stock, g.Version+1
		if g.Photo == nil {
			g.Photo = now.Photo
		}
	}
	return g, audit.Record(ctx, tx, audit.Event{Verb: "shop.save", Kind: "goods", ID: g.ID.String(), After: g})
}

const sqlThere = `-- shop.there
select exists (select from goods where village_id = @village_id and id = @id)`

// gone says why a thing was not changed: it is not there, or somebody else changed it first.
func gone(ctx context.Context, tx pg.Tx, a pgx.NamedArgs) error {
	there, err := pg.Scalar[bool](ctx, tx, sqlThere, a)
	switch {
	case err != nil:
		return err
	case there:
		return ErrStale
	}
	return fault.ErrNotFound
}

// Filter narrows the list of redemptions; zero fields do not.
type Filter struct {
	Day       time.Time
	Household uuid.UUID
	page.Page
}

const sqlPartRedemption = `select r.id, r.household_id, h.door, h.head, r.goods_id, r.goods_name, r.quantity, r.points, coalesce(-e.points, 0) as paid, r.passbook_balance, r.receiver, r.desk, r.desk_name, r.at,
  r.entry_id, r.cancelled_at, r.cancel_reason, coalesce(r.slip_id, r.id) as slip_id, r.order_id, r.relation, r.authority, r.delivered, r.handed_at
from redemption r join household h on h.village_id = @village_id and h.id = r.household_id
left join ledger_entry e on e.village_id = @village_id and e.id = r.entry_id and e.bucket = 2
where r.village_id = @village_id`

const sqlRedemptions = `-- shop.redemptions
` + sqlPartRedemption + ` and (@household::uuid is null or r.household_id = @household)
  and (@from::timestamptz is null or r.at >= @from and r.at < @upto)
  and (@after = '' or r.id < nullif(@after, '')::uuid)
order by r.id desc limit @rows`

// List reads redemptions, newest first, with the cursor of the next page. A household sees its own.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (rows []Redemption, next string, err error) {
	defer fault.Wrap(&err, "shop.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	if who.Role == actor.Household {
		f.Household = who.Household
	}
	a := pgx.NamedArgs{"village_id": int64(who.Village), "household": nil, "from": nil, "upto": nil, "after": f.After, "rows": f.Rows() + 1}
	if f.Household != uuid.Nil {
		a["household"] = f.Household
	}
	if !f.Day.IsZero() {
		a["from"], a["upto"] = month.Day(f.Day), month.Day(f.Day).AddDate(0, 0, 1)
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err = pg.All[Redemption](ctx, tx, sqlRedemptions, a)
		return err
	})
	rows, next = page.Cut(rows, f.Rows(), func(r Redemption) string { return r.ID.String() })
	return rows, next, err
}

const sqlOfLines = `-- shop.of_lines
` + sqlPartRedemption + ` and r.household_id = @household and r.entry_id = any(@lines::uuid[])`

// OfLines reads what the lines of a household's book redeemed, by the line.
func (s *Service) OfLines(ctx context.Context, who actor.Actor, household uuid.UUID, lines []uuid.UUID) (all map[uuid.UUID]Redemption, err error) {
	defer fault.Wrap(&err, "shop.OfLines(%d)", len(lines))
	all = make(map[uuid.UUID]Redemption, len(lines))
	if len(lines) == 0 {
		return all, nil
	}
	if who.Role == actor.Household {
		household = who.Household
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err := pg.All[Redemption](ctx, tx, sqlOfLines, pgx.NamedArgs{"village_id": int64(who.Village), "household": household, "lines": lines})
		for _, r := range rows {
			all[r.EntryID] = r
		}
		return err
	})
	return all, err
}

const sqlOne = `-- shop.redemption
` + sqlPartRedemption + ` and r.id = @id`

const sqlSlip = `-- shop.slip
` + sqlPartRedemption + ` and coalesce(r.slip_id, r.id) = @slip order by r.id`

// Slip reads all that one signing handed out, in its order, for the receipt.
func (s *Service) Slip(ctx context.Context, who actor.Actor, slip uuid.UUID) (rows []Redemption, err error) {
	defer fault.Wrap(&err, "shop.Slip(%s)", slip)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err = pg.All[Redemption](ctx, tx, sqlSlip, pgx.NamedArgs{"village_id": int64(who.Village), "slip": slip})
		return err
	})
	if err == nil && (len(rows) == 0 || who.Role == actor.Household && rows[0].HouseholdID != who.Household) {
		return nil, fault.ErrNotFound
	}
	return rows, err
}

// Show reads one redemption, for the receipt.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (r Redemption, err error) {
	defer fault.Wrap(&err, "shop.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		r, err = pg.One[Redemption](ctx, tx, sqlOne, pgx.NamedArgs{"village_id": int64(who.Village), "id": id})
		if err == nil && who.Role == actor.Household && r.HouseholdID != who.Household {
			err = fault.ErrNotFound
		}
		return err
	})
	return r, err
}
