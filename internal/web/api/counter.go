package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/gift"
	"cunfen/internal/opening"
	"cunfen/internal/shop"
)

// Gift is points given to a family in need. Who the family is stays unsaid unless it agreed.
type Gift struct {
	ID     uuid.UUID  `json:"id"`
	Family string     `json:"family" doc:"受赠家庭的编号和一句话；同意写明的才有户主"`
	Given  bool       `json:"given" doc:"是自家转赠出去的；否则是收到的"`
	Points int        `json:"points"`
	State  gift.State `json:"state" enum:"waiting,done,withdrawn,reversed"`
	At     time.Time  `json:"at"`
	DueAt  time.Time  `json:"due_at" doc:"冷静期到什么时候；过后两家同时入账"`
}

func giftFor(who actor.Actor) func(gift.Gift) Gift {
	return func(g gift.Gift) Gift {
		if !g.Named {
			g.TakerHead = ""
		}
		return Gift{ID: g.ID, Family: g.For(), Given: g.Giver == who.Household, Points: g.Points, State: g.State, At: g.At, DueAt: g.DueAt}
	}
}

// Family is a family in need as a giver knows it.
type Family struct {
	ID    uuid.UUID `json:"id"`
	Words string    `json:"words"`
}

func (t *table) listFamilies(ctx context.Context, who actor.Actor, _ *nothing) (*list[Family], error) {
	return whole(func(f gift.Family) Family { return Family{f.HouseholdID, f.Alias()} })(t.Gifts.Families(ctx, who, false))
}

func (t *table) listOwnGifts(ctx context.Context, who actor.Actor, _ *nothing) (*list[Gift], error) {
	return whole(giftFor(who))(t.Gifts.Own(ctx, who))
}

type giveInput struct {
	Body struct {
		Family uuid.UUID `json:"family_id"`
		Points int       `json:"points" minimum:"1" maximum:"10000"`
		Freely bool      `json:"freely" doc:"自愿转赠，不换钱、不换物、不换人情"`
	}
}

func (t *table) give(ctx context.Context, who actor.Actor, in *giveInput) (*reply[Gift], error) {
	return say(giftFor(who))(t.Gifts.Give(ctx, who, gift.Offer{Giver: who.Household, Family: in.Body.Family, Points: in.Body.Points, Freely: in.Body.Freely}))
}

// ByGift names a gift.
type ByGift struct {
	Gift uuid.UUID `path:"gift"`
}

func (t *table) withdrawGift(ctx context.Context, who actor.Actor, in *ByGift) (*reply[Gift], error) {
	return say(giftFor(who))(t.Gifts.Withdraw(ctx, who, in.Gift, ""))
}

type reverseGiftInput struct {
	ByGift
	Body struct {
		Reason string `json:"reason" maxLength:"200"`
	}
}

func (t *table) reverseGift(ctx context.Context, who actor.Actor, in *reverseGiftInput) (*reply[Gift], error) {
	return say(giftFor(who))(t.Gifts.Reverse(ctx, who, in.Gift, in.Body.Reason))
}

// Opening is an old paper book that is taken over.
type Opening struct {
	ID        uuid.UUID     `json:"id"`
	Household uuid.UUID     `json:"household_id"`
	Door      string        `json:"door"`
	Head      string        `json:"head"`
	Points    int           `json:"points" doc:"旧存折余额"`
	AsOf      Day           `json:"as_of" doc:"记到哪一天"`
	Book      string        `json:"book,omitempty" doc:"旧存折编号"`
	State     opening.State `json:"state" enum:"noted,posted,reversed,dropped"`
	NotedName string        `json:"noted_name"`
	HomeSign  bool          `json:"home_signed"`
	GroupName string        `json:"group_signed_by,omitempty"`
	Line      *uuid.UUID    `json:"line_id,omitempty"`
	Reason    string        `json:"reason,omitempty"`
}

func openingOf(o opening.Opening) Opening {
	return Opening{ID: o.ID, Household: o.HouseholdID, Door: o.Door, Head: o.Head, Points: o.Points, AsOf: dayOf(o.AsOf), Book: o.Book, State: o.State, NotedName: o.NotedName,
		HomeSign: o.HomeSign != nil, GroupName: o.GroupName, Line: o.EntryID, Reason: o.Reason}
}

type openingsInput struct {
	State string `query:"state" enum:"noted,posted,reversed,dropped" required:"false"`
	Paged
}

func (t *table) listOpenings(ctx context.Context, who actor.Actor, in *openingsInput) (*list[Opening], error) {
	return sayAll(openingOf)(t.Openings.List(ctx, who, opening.Filter{State: opening.State(in.State), Page: in.page()}))
}

type noteOpeningInput struct {
	ByID
	Body struct {
		Points int    `json:"points" minimum:"1" maximum:"100000"`
		AsOf   Day    `json:"as_of"`
		Book   string `json:"book,omitempty" maxLength:"30"`
	}
}

func (t *table) noteOpening(ctx context.Context, who actor.Actor, in *noteOpeningInput) (*reply[Opening], error) {
	all, err := t.Openings.Note(ctx, who, []opening.Opening{{HouseholdID: in.ID, Points: in.Body.Points, AsOf: in.Body.AsOf.t, Book: in.Body.Book}})
	if err != nil {
		return nil, err
	}
	return say(openingOf)(t.Openings.Show(ctx, who, all[0].ID))
}

// ByOpening names an old book.
type ByOpening struct {
	Opening uuid.UUID `path:"opening"`
}

func (t *table) showOpening(ctx context.Context, who actor.Actor, in *ByOpening) (*reply[Opening], error) {
	return say(openingOf)(t.Openings.Show(ctx, who, in.Opening))
}

type endOpeningInput struct {
	ByOpening
	Body struct {
		Reason string `json:"reason" maxLength:"200"`
	}
}

func (t *table) endOpening(ctx context.Context, who actor.Actor, in *endOpeningInput) (*reply[Opening], error) {
	return say(openingOf)(t.Openings.End(ctx, who, in.Opening, in.Body.Reason))
}

// Order is goods set aside for a household.
type Order struct {
	ID        uuid.UUID       `json:"id"`
	Household uuid.UUID       `json:"household_id"`
	Door      string          `json:"door"`
	Head      string          `json:"head"`
	Code      string          `json:"code" doc:"取货码"`
	State     shop.OrderState `json:"state" enum:"held,fulfilled,cancelled,expired"`
	Points    int             `json:"points"`
	MadeAt    time.Time       `json:"made_at"`
	ExpiresAt time.Time       `json:"expires_at"`
	Lines     []OrderLine     `json:"lines"`
}

// OrderLine is one thing of an order.
type OrderLine struct {
	Goods    uuid.UUID `json:"goods_id"`
	Name     string    `json:"name"`
	Quantity int       `json:"quantity"`
	Price    int       `json:"price"`
}

func orderOf(r shop.Reservation) Order {
	return Order{ID: r.ID, Household: r.HouseholdID, Door: r.Door, Head: r.Head, Code: r.Code, State: r.State, Points: r.Points, MadeAt: r.MadeAt, ExpiresAt: r.ExpiresAt,
		Lines: each(r.Lines, func(l shop.OrderLine) OrderLine { return OrderLine{l.GoodsID, l.GoodsName, l.Quantity, l.Price} })}
}

type ordersInput struct {
	State string `query:"state" enum:"held,fulfilled,cancelled,expired" required:"false"`
	Paged
}

func (t *table) listOrders(ctx context.Context, who actor.Actor, in *ordersInput) (*list[Order], error) {
	return sayAll(orderOf)(t.Shop.Orders(ctx, who, shop.OrderFilter{State: shop.OrderState(in.State), Page: in.page()}))
}

// Wanted is what an order is made of.
type Wanted struct {
	Goods    uuid.UUID `json:"goods_id"`
	Quantity int       `json:"quantity" minimum:"1" maximum:"1000"`
	Price    int       `json:"price" minimum:"1" maximum:"100000" doc:"看到的价格；改了价就不办"`
}

// Wants is a list of them.
type Wants struct {
	Items []Wanted `json:"items" minItems:"1" maxItems:"10"`
}

func (w Wants) items() []shop.Item {
	return each(w.Items, func(i Wanted) shop.Item { return shop.Item{Goods: i.Goods, Quantity: i.Quantity, Price: i.Price} })
}

type reserveOwnInput struct{ Body Wants }

func (t *table) reserveOwn(ctx context.Context, who actor.Actor, in *reserveOwnInput) (*reply[Order], error) {
	return say(orderOf)(t.Shop.Reserve(ctx, who, who.Household, in.Body.items()))
}

type reserveInput struct {
	ByID
	Body Wants
}

func (t *table) reserve(ctx context.Context, who actor.Actor, in *reserveInput) (*reply[Order], error) {
	return say(orderOf)(t.Shop.Reserve(ctx, who, in.ID, in.Body.items()))
}

type fulfilInput struct {
	ByID
	Body struct {
		Passbook int64     `json:"passbook" minimum:"-10000000" maximum:"10000000" doc:"纸质存折最后一行的余额"`
		Receiver string    `json:"receiver" maxLength:"30" doc:"领取人"`
		OnPaper  bool      `json:"on_paper" doc:"领取人已在纸质单上签字；手写板签名请在网页上办"`
		HandedAt time.Time `json:"handed_at,omitempty" maxLength:"35" doc:"断网时实际交给住户的时间；不填为现在"`
	}
}

// Handed is what one signing handed out.
type Handed struct {
	Redemptions []Redemption `json:"redemptions"`
}

func (t *table) fulfil(ctx context.Context, who actor.Actor, in *fulfilInput) (*reply[Handed], error) {
	return say(func(all []shop.Redemption) Handed { return Handed{each(all, redemptionOf)} })(t.Shop.Fulfil(ctx, who, in.ID, shop.Signing{Passbook: in.Body.Passbook, Receiver: in.Body.Receiver, OnPaper: in.Body.OnPaper, Handed: in.Body.HandedAt}))
}

func (t *table) cancelOrder(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Order], error) {
	return say(orderOf)(t.Shop.CancelOrder(ctx, who, in.ID, in.Body.Reason))
}
