package api

import (
	"context"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/shop"
)

// Goods is one Thing that points are redeemed for.
type Goods struct {
	ID      uuid.UUID `json:"id"`
	Code    string    `json:"code" doc:"编号"`
	Name    string    `json:"name"`
	Unit    string    `json:"unit"`
	Price   int       `json:"price" doc:"要多少分"`
	Stock   int       `json:"stock" doc:"库存"`
	Active  bool      `json:"active" doc:"正在兑换"`
	Version int       `json:"version"`
	Photo   string    `json:"photo,omitempty" doc:"照片的地址；没有照片时没有"`
}

func goodsOf(g shop.Goods) Goods {
	out := Goods{ID: g.ID, Code: g.Code, Name: g.Name, Unit: g.Unit, Price: g.Price, Stock: g.Stock, Active: g.Active, Version: g.Version}
	if g.Photo != nil {
		out.Photo = "/goods/" + g.ID.String() + "/photo"
	}
	return out
}

func (t *table) listGoods(ctx context.Context, who actor.Actor, _ *nothing) (*list[Goods], error) {
	return whole(goodsOf)(t.Shop.Goods(ctx, who, false))
}

func (t *table) listStock(ctx context.Context, who actor.Actor, _ *nothing) (*list[Goods], error) {
	return whole(goodsOf)(t.Shop.Goods(ctx, who, true))
}

// Thing is what both forms of goods say.
type Thing struct {
	Code   string `json:"code" maxLength:"20" doc:"编号"`
	Name   string `json:"name" maxLength:"40"`
	Unit   string `json:"unit" maxLength:"10"`
	Price  int    `json:"price" minimum:"1" maximum:"100000" doc:"要多少分"`
	Stock  int    `json:"stock" minimum:"0" maximum:"1000000" doc:"库存"`
	Active bool   `json:"active" doc:"正在兑换"`
	Photo  Picked `json:"evidence_id,omitempty" doc:"刚上传的照片的编号；不填就不换照片"`
}

// Picked is an uploaded picture that something is shown or proven by.
type Picked struct{ id *uuid.UUID }

// UnmarshalText reads the picture's id.
func (p *Picked) UnmarshalText(b []byte) error {
	id, err := uuid.ParseBytes(b)
	p.id = &id
	return err
}

// Schema describes it as an id.
func (Picked) Schema(r huma.Registry) *huma.Schema { return uuidSchema{}.Schema(r) }

type addGoodsInput struct{ Body Thing }

func (t *table) addGoods(ctx context.Context, who actor.Actor, in *addGoodsInput) (*reply[Goods], error) {
	b := in.Body
	return say(goodsOf)(t.Shop.Save(ctx, who, shop.Goods{Code: b.Code, Name: b.Name, Unit: b.Unit, Price: b.Price, Stock: b.Stock, Active: b.Active, Photo: b.Photo.id}))
}

type saveGoodsInput struct {
	ByID
	Body struct {
		Thing
		Version int `json:"version" minimum:"1" maximum:"2147483647" doc:"看到的版本；别人改过就不再是它"`
	}
}

func (t *table) saveGoods(ctx context.Context, who actor.Actor, in *saveGoodsInput) (*reply[Goods], error) {
	all, err := t.Shop.Goods(ctx, who, true)
	if err == nil && !slices.ContainsFunc(all, func(g shop.Goods) bool { return g.ID == in.ID }) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	b := in.Body
	return say(goodsOf)(t.Shop.Save(ctx, who, shop.Goods{ID: in.ID, Code: b.Code, Name: b.Name, Unit: b.Unit, Price: b.Price, Stock: b.Stock, Active: b.Active, Version: b.Version, Photo: b.Photo.id}))
}

func (t *table) dropPhoto(ctx context.Context, who actor.Actor, in *ByID) (*reply[Goods], error) {
	return say(goodsOf)(t.Shop.DropPhoto(ctx, who, in.ID))
}

func (t *table) putPhotoBack(ctx context.Context, who actor.Actor, in *ByID) (*reply[Goods], error) {
	return say(goodsOf)(t.Shop.PutPhotoBack(ctx, who, in.ID))
}

// Redemption is one handing over of goods.
type Redemption struct {
	ID           uuid.UUID  `json:"id"`
	Household    uuid.UUID  `json:"household_id"`
	Door         string     `json:"door"`
	Head         string     `json:"head"`
	Goods        uuid.UUID  `json:"goods_id"`
	GoodsName    string     `json:"goods_name"`
	Quantity     int        `json:"quantity"`
	Points       int        `json:"points" doc:"用去多少分"`
	Passbook     int64      `json:"passbook" doc:"兑换前存折的余额"`
	After        int64      `json:"after" doc:"现在存折应写的余额"`
	Receiver     string     `json:"receiver" doc:"领取人"`
	DeskName     string     `json:"desk_name" doc:"经办人"`
	At           time.Time  `json:"at" doc:"入账的时间"`
	HandedAt     *time.Time `json:"handed_at,omitempty" doc:"断网时实际交给住户的时间"`
	Line         uuid.UUID  `json:"line_id" doc:"存折里的一笔"`
	CancelledAt  *time.Time `json:"cancelled_at,omitempty"`
	CancelReason string     `json:"cancel_reason,omitempty"`
}

func redemptionOf(r shop.Redemption) Redemption {
	return Redemption{ID: r.ID, Household: r.HouseholdID, Door: r.Door, Head: r.Head, Goods: r.GoodsID, GoodsName: r.GoodsName, Quantity: r.Quantity, Points: r.Points,
		Passbook: r.PassbookBalance, After: r.After(), Receiver: r.Receiver, DeskName: r.DeskName, At: r.At, HandedAt: r.HandedAt, Line: r.EntryID, CancelledAt: r.CancelledAt, CancelReason: r.CancelReason}
}

type redemptionsInput struct {
	Day  Day       `query:"day" doc:"哪一天的"`
	Home uuid.UUID `query:"household_id"`
	Paged
}

func (t *table) listRedemptions(ctx context.Context, who actor.Actor, in *redemptionsInput) (*list[Redemption], error) {
	return sayAll(redemptionOf)(t.Shop.List(ctx, who, shop.Filter{Day: in.Day.t, Household: in.Home, Page: in.page()}))
}

func (t *table) showRedemption(ctx context.Context, who actor.Actor, in *ByID) (*reply[Redemption], error) {
	return say(redemptionOf)(t.Shop.Show(ctx, who, in.ID))
}

type redeemInput struct {
	ByID
	Body struct {
		Goods    uuid.UUID `json:"goods_id"`
		Quantity int       `json:"quantity" minimum:"1" maximum:"1000"`
		Price    int       `json:"price" minimum:"1" maximum:"100000" doc:"看到的价格；改了价就不办"`
		Passbook int64     `json:"passbook" minimum:"-10000000" maximum:"10000000" doc:"纸质存折最后一行的余额"`
		Receiver string    `json:"receiver" maxLength:"30" doc:"领取人"`
		OnPaper  bool      `json:"on_paper" doc:"领取人已在纸质单上签字；手写板签名请在网页上办"`
	}
}

func (t *table) redeem(ctx context.Context, who actor.Actor, in *redeemInput) (*reply[Redemption], error) {
	b := in.Body
	return say(redemptionOf)(t.Shop.Redeem(ctx, who, shop.Order{Household: in.ID, Goods: b.Goods, Quantity: b.Quantity, Price: b.Price, Passbook: b.Passbook,
		Receiver: b.Receiver, OnPaper: b.OnPaper}))
}

func (t *table) cancelRedemption(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Redemption], error) {
	return say(redemptionOf)(t.Shop.Cancel(ctx, who, in.ID, in.Body.Reason))
}
