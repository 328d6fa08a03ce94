package shop

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// OrderState is how far an order is.
type OrderState string

// The states of an order. Held ends in one of the others, once (INV-63).
const (
	OrderHeld      OrderState = "held"
	OrderFulfilled OrderState = "fulfilled"
	OrderCancelled OrderState = "cancelled"
	OrderExpired   OrderState = "expired"
)

// Chinese is the state's name on screen.
func (s OrderState) Chinese() string {
	return map[OrderState]string{OrderHeld: "待领取", OrderFulfilled: "已领取", OrderCancelled: "已取消", OrderExpired: "过期退回"}[s]
}

// Reservation is goods set aside for a household: its points held, the stock taken, the price as it was when
// it was made.
type Reservation struct {
	ID          uuid.UUID
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Code        string // what is shown at the desk
	Channel     string // phone or counter
	State       OrderState
	Points      int
	MadeByName  string
	MadeAt      time.Time
	ExpiresAt   time.Time
	ClosedAt    *time.Time
	CloseReason string
	Lines       []OrderLine `db:"-"`
}

// OrderLine is one thing of an order.
type OrderLine struct {
	OrderID   uuid.UUID
	GoodsID   uuid.UUID
	GoodsName string
	Unit      string
	Quantity  int
	Price     int
}

// ordersHeld is how many orders a household may have open, so that nobody empties the shelf for others.
const ordersHeld = 3

// Expire is the job that gives an order back when its time is over.
type Expire struct {
	Order uuid.UUID `json:"order"`
}

// late is how long after its time an order is given back: what a desk without network handed over on the last
// day is still to come.
const late = 24 * time.Hour

// Kind and Dedupe tell the job from others.
func (Expire) Kind() string     { return "shop.expire" }
func (e Expire) Dedupe() string { return e.Order.String() }

const sqlHold = `-- shop.hold
select points_hold($1, $2, $3, $4)`

const sqlOrdersOpen = `-- shop.orders_open
select count(*) from shop_order where village_id = @village_id and household_id = @household and state = 'held'`

const sqlAddOrder = `-- shop.add_order
insert into shop_order (village_id, id, household_id, code, channel, state, points, made_by, made_by_name, made_at, expires_at)
values (@village_id, @id, @household, @code, @channel, 'held', @points, @by, @name, @at, @expires)`

const sqlAddOrderLine = `-- shop.add_order_line
insert into order_line (village_id, order_id, goods_id, goods_name, unit, quantity, price)
select @village_id::bigint, @id::uuid, g.id, g.name, g.unit, @quantity::integer, g.price from goods g where g.village_id = @village_id and g.id = @goods
returning order_id, goods_id, goods_name, unit, quantity, price`

const sqlFreeCode = `-- shop.free_code
select c from unnest(@codes::text[]) c
where not exists (select from shop_order o where o.village_id = @village_id and o.code = c and o.state = 'held') limit 1`

// Reserve sets goods aside for a household until the end of the next redemption day, a week at the least. A
// household reserves for itself; at the counter it is done for whoever asks.
func (s *Service) Reserve(ctx context.Context, who actor.Actor, household uuid.UUID, items []Item) (r Reservation, err error) {
	defer fault.Wrap(&err, "shop.Reserve(%s)", household)
	if who.Role == actor.Household && household != who.Household || household == uuid.Nil {
		return r, fault.ErrNotFound
	}
	if items, err = checkItems(items); err != nil {
		return r, err
	}
	for range 3 { // a code taken by another order at the same moment
		err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
			r, _, err = idem.Once(ctx, tx, "shop.reserve", func() (Reservation, error) { return reserve(ctx, tx, household, items) })
			return err
		})
		if !pg.Is(err, pg.Unique) {
			break
		}
	}
	return r, refusal(err)
}

func reserve(ctx context.Context, tx pg.Tx, household uuid.UUID, items []Item) (r Reservation, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "account": tx.Who.Account, "household": household}
	h, err := pg.One[home](ctx, tx, sqlHome, a)
	if err != nil {
		return r, err
	}
	channel := "counter"
	if household == tx.Who.Household {
		channel = "phone"
	} else if h.Related {
		return r, ErrOwn
	}
	points := 0
	for _, it := range items {
		points += it.Quantity * it.Price
	}
	if _, err = tx.Exec(ctx, sqlGate, int64(tx.Village()), month.Of(tx.Now).Year()); err != nil {
		return r, err
	}
	if _, err = tx.Exec(ctx, sqlHold, int64(tx.Village()), household, points, month.Date(tx.Now)); err != nil {
		return r, err
	}
	// the balance is locked from here on, so the count below stands
	open, err := pg.Scalar[int64](ctx, tx, sqlOrdersOpen, a)
	if err != nil {
		return r, err
	}
	if open >= ordersHeld {
		return r, ErrMany
	}
	until, err := until(ctx, tx)
	if err != nil {
		return r, err
	}
	code, err := pg.Scalar[string](ctx, tx, sqlFreeCode, pgx.NamedArgs{"village_id": int64(tx.Village()), "codes": codes(8)})
	if err != nil {
		return r, err
	}
	r = Reservation{ID: pg.IDAt(tx.Now), HouseholdID: household, Door: h.Door, Head: h.Head, Code: code, Channel: channel, State: OrderHeld, Points: points,
		MadeByName: tx.Who.Name, MadeAt: tx.Now, ExpiresAt: until}
	_, err = tx.Exec(ctx, sqlAddOrder, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": r.ID, "household": household, "code": code, "channel": channel,
		"points": points, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now, "expires": until})
	if err != nil {
		return r, err
	}
	for _, it := range items {
		_, err = tx.Exec(ctx, sqlTake, int64(tx.Village()), pg.IDAt(tx.Now), it.Goods, it.Quantity, it.Price, int16(SetAside), r.ID, by(tx.Who), tx.Now)
		if err != nil {
			return r, err
		}
		l, err := pg.One[OrderLine](ctx, tx, sqlAddOrderLine, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": r.ID, "goods": it.Goods, "quantity": it.Quantity})
		if err != nil {
			return r, err
		}
		r.Lines = append(r.Lines, l)
	}
	if err := queue.AddAt(ctx, tx, Expire{r.ID}, until.Add(late)); err != nil {
		return r, err
	}
	return r, audit.Record(ctx, tx, audit.Event{Verb: "shop.reserve", Kind: "order", ID: r.ID.String(), After: r})
}

// codes are n pick-up codes of six digits at random.
func codes(n int) (all []string) {
	for range n {
		d, err := rand.Int(rand.Reader, big.NewInt(1000000))
		if err != nil {
			panic(err) // the system has no randomness left
		}
		all = append(all, fmt.Sprintf("%06d", d))
	}
	return all
}

const sqlClose = `-- shop.close_order
select order_close($1, $2, $3, $4, $5, $6, $7)`

const sqlOrder = `-- shop.order
select o.id, o.household_id, h.door, h.head, o.code, o.channel, o.state, o.points, o.made_by_name, o.made_at, o.expires_at, o.closed_at, o.close_reason
from shop_order o join household h on h.village_id = @village_id and h.id = o.household_id
where o.village_id = @village_id and o.id = @id`

const sqlOrderLines = `-- shop.order_lines
select order_id, goods_id, goods_name, unit, quantity, price from order_line where village_id = @village_id and order_id = any(@ids) order by order_id, goods_id`

// Order reads one order. A household sees its own.
func (s *Service) Order(ctx context.Context, who actor.Actor, id uuid.UUID) (r Reservation, err error) {
	defer fault.Wrap(&err, "shop.Order(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		r, err = findOrder(ctx, tx, id)
		return err
	})
	return r, err
}

func findOrder(ctx context.Context, tx pg.Tx, id uuid.UUID) (r Reservation, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "ids": []uuid.UUID{id}}
	if r, err = pg.One[Reservation](ctx, tx, sqlOrder, a); err != nil {
		return r, err
	}
	if tx.Who.Role == actor.Household && r.HouseholdID != tx.Who.Household {
		return Reservation{}, fault.ErrNotFound
	}
	r.Lines, err = pg.All[OrderLine](ctx, tx, sqlOrderLines, a)
	return r, err
}

// Fulfil hands over what was set aside, at the price that it was set aside for, once.
func (s *Service) Fulfil(ctx context.Context, who actor.Actor, id uuid.UUID, sign Signing) (all []Redemption, err error) {
	defer fault.Wrap(&err, "shop.Fulfil(%s)", id)
	sign.tidy()
	if err := sign.check(); err != nil {
		return nil, err
	}
	var at standing
	var r Reservation
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if r, err = findOrder(ctx, tx, id); err != nil {
			return err
		}
		at.home, err = pg.One[home](ctx, tx, sqlHome, pgx.NamedArgs{"village_id": int64(who.Village), "account": who.Account, "household": r.HouseholdID})
		return err
	})
	if err != nil {
		return nil, err
	}
	if at.home.Related {
		return nil, ErrOwn
	}
	now := s.DB.Now()
	sign.Handed, sign.doubt = believed(sign.Handed, r.MadeAt, now)
	lines := make([]Redemption, len(r.Lines))
	for i, l := range r.Lines {
		lines[i] = Redemption{GoodsID: l.GoodsID, GoodsName: l.GoodsName, Quantity: l.Quantity, Points: l.Quantity * l.Price}
	}
	all, err = s.deal(ctx, who, now, "shop.fulfil", at.fill(lines, r.ID, &r.ID), sign, func(b *pg.Batch) {
		b.Exec(sqlClose, int64(who.Village), r.ID, string(OrderFulfilled), by(who), now, "", []uuid.UUID{})
	})
	if r.State != OrderHeld && errors.Is(err, ErrPassbook) { // the passbook differs because another desk was first
		err = ErrClosed
	}
	return all, err
}

// How far a desk's clock may be off, and how long it may have been without network.
const (
	clockOff   = 5 * time.Minute
	withoutNet = 3 * 24 * time.Hour
)

// believed is when a desk without network handed an order over, by its own clock: not in the future, not before
// the order was made, not days ago. What a clock that is surely wrong said is not believed and goes into the log
// alone; nor is a moment kept that is as good as now.
func believed(at, made, now time.Time) (time.Time, string) {
	switch gone := now.Sub(at); {
	case at.IsZero() || gone.Abs() < clockOff:
		return time.Time{}, ""
	case gone < 0 || gone > withoutNet || at.Before(made):
		return time.Time{}, "断网设备报的时间 " + at.In(month.Zone).Format(time.DateTime) + " 没有采信，按上传时间记"
	}
	return at, ""
}

// CancelOrder gives points and goods back before the handing over, once. A household cancels its own.
func (s *Service) CancelOrder(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (r Reservation, err error) {
	defer fault.Wrap(&err, "shop.CancelOrder(%s)", id)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		r, _, err = idem.Once(ctx, tx, "shop.cancel_order", func() (Reservation, error) { return closeOrder(ctx, tx, id, OrderCancelled, reason) })
		return err
	})
	return r, refusal(err)
}

// ExpireOrder gives an order back whose time is over. One that was handed over, cancelled or given back
// before, or whose time is not over, is left alone.
func (s *Service) ExpireOrder(ctx context.Context, who actor.Actor, id uuid.UUID) (err error) {
	defer fault.Wrap(&err, "shop.ExpireOrder(%s)", id)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		r, err := findOrder(ctx, tx, id)
		if err != nil || r.State != OrderHeld || tx.Now.Before(r.ExpiresAt) {
			return err
		}
		_, err = closeOrder(ctx, tx, id, OrderExpired, "")
		return err
	})
	if pg.Is(err, "CF006") { // somebody else ended it meanwhile
		return nil
	}
	return err
}

func closeOrder(ctx context.Context, tx pg.Tx, id uuid.UUID, to OrderState, reason string) (Reservation, error) {
	r, err := findOrder(ctx, tx, id)
	if err != nil {
		return r, err
	}
	ids := make([]uuid.UUID, len(r.Lines))
	for i := range ids {
		ids[i] = pg.IDAt(tx.Now)
	}
	if _, err := tx.Exec(ctx, sqlClose, int64(tx.Village()), id, string(to), by(tx.Who), tx.Now, reason, ids); err != nil {
		return r, err
	}
	at := tx.Now
	r.State, r.ClosedAt, r.CloseReason = to, &at, reason
	return r, audit.Record(ctx, tx, audit.Event{Verb: "shop." + string(to), Kind: "order", ID: id.String(), Reason: reason, After: r})
}

// OrderFilter narrows the list of orders; zero fields do not. Code finds one by what the household shows.
type OrderFilter struct {
	State     OrderState
	Household uuid.UUID
	Code      string
	page.Page
}

const sqlOrders = `-- shop.orders
select o.id, o.household_id, h.door, h.head, o.code, o.channel, o.state, o.points, o.made_by_name, o.made_at, o.expires_at, o.closed_at, o.close_reason
from shop_order o join household h on h.village_id = @village_id and h.id = o.household_id
where o.village_id = @village_id and (@household::uuid is null or o.household_id = @household) and (@state = '' or o.state = @state)
  and (@code = '' or o.code = @code and o.state = 'held') and (@after = '' or o.id < nullif(@after, '')::uuid)
order by o.id desc limit @rows`

// Orders reads orders, newest first, with their lines and the cursor of the next page. A household sees its own.
func (s *Service) Orders(ctx context.Context, who actor.Actor, f OrderFilter) (all []Reservation, next string, err error) {
	defer fault.Wrap(&err, "shop.Orders")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	if who.Role == actor.Household {
		f.Household = who.Household
	}
	a := pgx.NamedArgs{"village_id": int64(who.Village), "household": nil, "state": string(f.State), "code": f.Code, "after": f.After, "rows": f.Rows() + 1}
	if f.Household != uuid.Nil {
		a["household"] = f.Household
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if all, err = pg.All[Reservation](ctx, tx, sqlOrders, a); err != nil {
			return err
		}
		all, next = page.Cut(all, f.Rows(), func(r Reservation) string { return r.ID.String() })
		ids := make([]uuid.UUID, len(all))
		for i, r := range all {
			ids[i] = r.ID
		}
		lines, err := pg.All[OrderLine](ctx, tx, sqlOrderLines, pgx.NamedArgs{"village_id": int64(who.Village), "ids": ids})
		for _, l := range lines {
			if i := slices.Index(ids, l.OrderID); i >= 0 {
				all[i].Lines = append(all[i].Lines, l)
			}
		}
		return err
	})
	return all, next, err
}
