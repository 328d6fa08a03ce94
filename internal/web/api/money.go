package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/budget"
	"cunfen/internal/fault"
	paperbook "cunfen/internal/passbook"
	"cunfen/internal/shop"
	"cunfen/internal/yearend"
)

// StockLine is one change of a thing's stock.
type StockLine struct {
	ID       uuid.UUID `json:"id"`
	Goods    uuid.UUID `json:"goods_id"`
	Name     string    `json:"goods_name"`
	Kind     string    `json:"kind" doc:"期初、采购入库、兑换发放……"`
	Quantity int       `json:"quantity" doc:"大于零是入，小于零是出"`
	Stock    int       `json:"stock" doc:"这一笔之后的库存"`
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
	Note     string    `json:"note,omitempty"`
}

// Between asks for what happened from one day to another.
type Between struct {
	First Day `query:"from" doc:"从哪一天起"`
	Last  Day `query:"to" doc:"到哪一天止"`
}

type stockLinesInput struct {
	Goods uuid.UUID `query:"goods_id"`
	Kind  int       `query:"kind" minimum:"0" maximum:"10" doc:"1 期初 2 采购 3 捐赠 4 预留 5 预留退回 6 发放 7 撤销退回 8 清点 9 报损 10 作废退出"`
	Query string    `query:"q" maxLength:"40" doc:"物品、编号、备注"`
	Between
	Paged
}

func (t *table) listStockLines(ctx context.Context, who actor.Actor, in *stockLinesInput) (*list[StockLine], error) {
	return sayAll(func(l shop.StockLine) StockLine {
		return StockLine{l.ID, l.GoodsID, l.GoodsName, l.Kind.Chinese(), l.Quantity, l.Stock, l.At, l.ByName, l.Note}
	})(t.Shop.Stock(ctx, who, shop.StockFilter{Goods: in.Goods, Kind: shop.StockKind(in.Kind), Query: in.Query, First: in.First.t, Last: in.Last.t, Page: in.page()}))
}

// Counting is a close of a redemption day, or a stock-taking.
type Counting struct {
	ID      uuid.UUID   `json:"id"`
	Kind    string      `json:"kind" enum:"day,taking"`
	At      time.Time   `json:"at"`
	Name    string      `json:"counted_by"`
	Witness string      `json:"witness"`
	Note    string      `json:"note,omitempty"`
	Lines   []CountLine `json:"lines"`
}

// CountLine is one thing counted.
type CountLine struct {
	Goods   uuid.UUID `json:"goods_id"`
	Name    string    `json:"goods_name"`
	Book    int       `json:"book" doc:"账面数"`
	Counted int       `json:"counted" doc:"实有数"`
	Reason  string    `json:"reason,omitempty"`
}

type countsInput struct {
	Kind    string `query:"kind" enum:"day,taking" required:"false"`
	Differs bool   `query:"differs" doc:"只看有出入的"`
	Between
	Paged
}

func (t *table) listCounts(ctx context.Context, who actor.Actor, in *countsInput) (*list[Counting], error) {
	return sayAll(func(c shop.Count) Counting {
		return Counting{c.ID, c.Kind, c.At, c.Name, c.Witness, c.Note, each(c.Lines, func(l shop.CountLine) CountLine {
			return CountLine{l.GoodsID, l.GoodsName, l.Book, l.Counted, l.Reason}
		})}
	})(t.Shop.Counted(ctx, who, shop.CountFilter{Kind: in.Kind, Differs: in.Differs, First: in.First.t, Last: in.Last.t, Page: in.page()}))
}

// Budget is the goods budget of a year, or an amendment of it. Money is in fen.
type Budget struct {
	ID      uuid.UUID    `json:"id"`
	Year    int          `json:"year"`
	Number  int          `json:"number" doc:"第几次调整；0 是年初的预算"`
	State   budget.State `json:"state" enum:"draft,submitted,returned,agreed"`
	Reason  string       `json:"reason,omitempty"`
	Advice  string       `json:"advice,omitempty" doc:"镇里的意见"`
	Version int          `json:"version" doc:"每改一次、报一次加一"`
	Lines   []BudgetLine `json:"lines"`
}

// BudgetLine is money that comes in, or goods to be had.
type BudgetLine struct {
	Source   string `json:"source" doc:"资金来源；物资为“物资”"`
	Name     string `json:"name"`
	Quantity int    `json:"quantity,omitempty"`
	Fen      int64  `json:"fen" doc:"多少分钱"`
	Points   int64  `json:"points,omitempty" doc:"一共可换多少积分"`
}

type budgetsInput struct {
	Year int `query:"year" minimum:"2020" maximum:"2099" doc:"哪一年的；不填为全部"`
}

func budgetOf(b budget.Budget) Budget {
	return Budget{b.ID, b.Year, b.Number, b.State, b.Reason, b.Advice, b.Version, each(b.Lines, func(l budget.Line) BudgetLine {
		return BudgetLine{l.Source.Chinese(), l.Name, l.Quantity, l.Fen, l.Points}
	})}
}

func (t *table) listBudgets(ctx context.Context, who actor.Actor, in *budgetsInput) (*list[Budget], error) {
	return whole(budgetOf)(t.Budget.List(ctx, who, in.Year))
}

// TownBudget is one village's newest budget of the year and its guard, as the township sees them.
type TownBudget struct {
	Village int64   `json:"village"`
	Name    string  `json:"name"`
	Budget  *Budget `json:"budget,omitempty" doc:"今年最新报镇的一份；没有报过就没有"`
	Guard   Guard   `json:"guard"`
}

type townBudgetsInput struct {
	Query string       `query:"q" maxLength:"30" doc:"村名"`
	State budget.State `query:"state" enum:"submitted,returned,agreed,none" doc:"none 是没有报"`
	Level string       `query:"level" enum:"fine,tight,short" doc:"够到年底、到年底可能不够、现在就不够"`
}

func (t *table) listTownBudgets(ctx context.Context, who actor.Actor, in *townBudgetsInput) (*list[TownBudget], error) {
	return whole(func(v budget.Standing) TownBudget {
		out := TownBudget{Village: int64(v.Village), Name: v.Name, Guard: guardOf(v.Guard)}
		if v.Budget != nil {
			b := budgetOf(*v.Budget)
			out.Budget = &b
		}
		return out
	})(t.Budget.Town(ctx, who, budget.TownFilter{Search: in.Query, State: in.State, Level: in.Level}))
}

// ByTownBudget names one village's budget.
type ByTownBudget struct {
	ID     int64     `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	Budget uuid.UUID `path:"budget" doc:"预算的编号"`
}

func (t *table) showTownBudget(ctx context.Context, who actor.Actor, in *ByTownBudget) (*reply[Budget], error) {
	b, _, err := t.Budget.ShowInOffice(ctx, who, actor.VillageID(in.ID), in.Budget)
	return say(budgetOf)(b, err)
}

type reviewBudgetInput struct {
	ByTownBudget
	Body struct {
		Version int    `json:"version" minimum:"1" maximum:"2147483647" doc:"看过的那一版"`
		Agrees  bool   `json:"agrees"`
		Advice  string `json:"advice,omitempty" maxLength:"500" doc:"退回必须写明要改什么"`
	}
}

func (t *table) reviewBudget(ctx context.Context, who actor.Actor, in *reviewBudgetInput) (*reply[Budget], error) {
	return say(budgetOf)(t.Budget.Review(ctx, who, actor.VillageID(in.ID), in.Budget, in.Body.Version, in.Body.Agrees, in.Body.Advice))
}

// Guard sets what may still be redeemed against what there is for it.
type Guard struct {
	Year   int   `json:"year"`
	Level  int   `json:"level" enum:"0,1,2" doc:"0 够到年底，1 到年底可能不够，2 现在就不够"`
	Owed   int64 `json:"owed" doc:"住户现在能换的分"`
	Coming int64 `json:"coming" doc:"到年底预计再得的分"`
	Shelf  int64 `json:"shelf" doc:"库存能换的分"`
	Due    int64 `json:"due" doc:"已采购、还没入库的能换的分"`
	Buys   int64 `json:"buys" doc:"余款约能换的分"`
	Funds  int64 `json:"funds_fen"`
	Spent  int64 `json:"spent_fen"`
	Agreed bool  `json:"agreed" doc:"今年的预算镇里同意了没有"`
}

func (t *table) showGuard(ctx context.Context, who actor.Actor, _ *nothing) (*reply[Guard], error) {
	return say(guardOf)(t.Budget.Guard(ctx, who))
}

func guardOf(g budget.Guard) Guard {
	return Guard{g.Year, int(g.Level()), g.Owed, g.Coming, g.Shelf, g.Due, g.Buys(), g.Funds, g.Spent, g.Agreed}
}

// Purchase is one thing bought. Money is in fen.
type Purchase struct {
	ID        uuid.UUID   `json:"id"`
	Goods     uuid.UUID   `json:"goods_id"`
	GoodsName string      `json:"goods_name"`
	Quantity  int         `json:"quantity"`
	Supplier  string      `json:"supplier"`
	Fen       int64       `json:"fen"`
	BoughtOn  Day         `json:"bought_on"`
	Receipt   string      `json:"receipt" doc:"发票或收据号"`
	Receipts  []uuid.UUID `json:"receipt_photos"`
	Reason    string      `json:"reason,omitempty" doc:"没选最低价的原因"`
	Buyer     string      `json:"buyer"`
	State     string      `json:"state" enum:"bought,stocked,cancelled"`
	Received  *int        `json:"received,omitempty"`
	Stocked   string      `json:"stocked_by,omitempty"`
	Why       string      `json:"cancel_reason,omitempty" doc:"作废的原因"`
	Quotes    []Quote     `json:"quotes"`
}

// Quote is what a supplier asked for.
type Quote struct {
	Supplier string     `json:"supplier"`
	Fen      int64      `json:"fen"`
	Photo    *uuid.UUID `json:"photo,omitempty"`
}

func purchaseOf(p budget.Purchase) Purchase {
	return Purchase{ID: p.ID, Goods: p.GoodsID, GoodsName: p.GoodsName, Quantity: p.Quantity, Supplier: p.Supplier, Fen: p.Fen, BoughtOn: dayOf(p.BoughtOn), Receipt: p.Receipt,
		Receipts: p.Receipts, Reason: p.Reason, Buyer: p.BuyerName, State: p.State, Received: p.Received, Stocked: p.StockedName, Why: p.CancelReason,
		Quotes: each(p.Quotes, func(q budget.Quote) Quote { return Quote{q.Supplier, q.Fen, q.Photo} })}
}

type purchasesInput struct {
	Year  int    `query:"year" minimum:"2020" maximum:"2099"`
	State string `query:"state" enum:"bought,stocked,cancelled" required:"false"`
	Query string `query:"q" maxLength:"40" doc:"物品、商家、凭据号、采购人"`
	Paged
}

func (t *table) listPurchases(ctx context.Context, who actor.Actor, in *purchasesInput) (*list[Purchase], error) {
	return sayAll(purchaseOf)(t.Budget.Bought(ctx, who, budget.PurchaseFilter{Year: in.Year, State: in.State, Query: in.Query, Page: in.page()}))
}

// Quoted is a quote as it is recorded.
type Quoted struct {
	Supplier string `json:"supplier" maxLength:"40"`
	Fen      int64  `json:"fen" minimum:"1" maximum:"2000000000"`
	Photo    Picked `json:"evidence_id,omitempty" doc:"报价单的照片"`
}

type recordPurchaseInput struct {
	Body struct {
		Goods    uuid.UUID   `json:"goods_id"`
		Quantity int         `json:"quantity" minimum:"1" maximum:"1000000"`
		Supplier string      `json:"supplier" maxLength:"40"`
		Fen      int64       `json:"fen" minimum:"1" maximum:"2000000000" doc:"总共多少分钱"`
		BoughtOn Day         `json:"bought_on"`
		Receipt  string      `json:"receipt" maxLength:"60"`
		Reason   string      `json:"reason,omitempty" maxLength:"200"`
		Quotes   []Quoted    `json:"quotes,omitempty" maxItems:"9"`
		Receipts []uuid.UUID `json:"receipt_photos,omitempty" maxItems:"6"`
	}
}

func (t *table) recordPurchase(ctx context.Context, who actor.Actor, in *recordPurchaseInput) (*reply[Purchase], error) {
	b := in.Body
	return say(purchaseOf)(t.Budget.Buy(ctx, who, budget.Purchase{GoodsID: b.Goods, Quantity: b.Quantity, Supplier: b.Supplier, Fen: b.Fen, BoughtOn: b.BoughtOn.t, Receipt: b.Receipt, Reason: b.Reason,
		Receipts: b.Receipts, Quotes: each(b.Quotes, func(q Quoted) budget.Quote { return budget.Quote{Supplier: q.Supplier, Fen: q.Fen, Photo: q.Photo.id} })}))
}

type addReceiptsInput struct {
	ByID
	Body struct {
		Photos []uuid.UUID `json:"evidence_ids" minItems:"1" maxItems:"9"`
	}
}

func (t *table) addReceipts(ctx context.Context, who actor.Actor, in *addReceiptsInput) (*nothing, error) {
	return done(t.Budget.AddReceipts(ctx, who, in.ID, in.Body.Photos))
}

type stockInInput struct {
	ByID
	Body struct {
		Received int    `json:"received" minimum:"0" maximum:"1000000"`
		Remark   string `json:"remark,omitempty" maxLength:"200" doc:"和采购数不一样的原因"`
	}
}

func (t *table) stockIn(ctx context.Context, who actor.Actor, in *stockInInput) (*reply[Purchase], error) {
	return say(purchaseOf)(t.Budget.StockIn(ctx, who, in.ID, in.Body.Received, in.Body.Remark))
}

// Donation is what somebody gave to the village for its points. Money is in fen.
type Donation struct {
	ID         uuid.UUID  `json:"id"`
	Source     string     `json:"source"`
	Donor      string     `json:"donor"`
	Named      bool       `json:"named" doc:"同意公开名字"`
	Fen        int64      `json:"fen,omitempty"`
	Goods      *uuid.UUID `json:"goods_id,omitempty"`
	GoodsName  string     `json:"goods_name,omitempty"`
	Quantity   int        `json:"quantity,omitempty"`
	ReceivedOn Day        `json:"received_on"`
	Left       int64      `json:"left_fen" doc:"还没用的钱"`
	Why        string     `json:"cancel_reason,omitempty" doc:"作废的原因"`
	Uses       []Use      `json:"uses"`
}

// Use is what became of a donation.
type Use struct {
	ID   uuid.UUID `json:"id"`
	What string    `json:"what"`
	Fen  int64     `json:"fen,omitempty"`
	On   Day       `json:"on"`
}

func donationOf(d budget.Donation) Donation {
	return Donation{ID: d.ID, Source: d.Source.Chinese(), Donor: d.Donor, Named: d.Named, Fen: d.Fen, Goods: d.GoodsID, GoodsName: d.GoodsName, Quantity: d.Quantity, ReceivedOn: dayOf(d.ReceivedOn),
		Left: d.Left(), Why: d.CancelReason, Uses: each(d.Uses, func(u budget.Use) Use { return Use{u.ID, u.What, u.Fen, dayOf(u.UsedOn)} })}
}

type donationsInput struct {
	Year   int    `query:"year" minimum:"2020" maximum:"2099"`
	Source int    `query:"source" minimum:"0" maximum:"5" doc:"2 乡贤 3 企业 4 金融机构 5 其他"`
	Query  string `query:"q" maxLength:"40"`
	Paged
}

func (t *table) listDonations(ctx context.Context, who actor.Actor, in *donationsInput) (*list[Donation], error) {
	return sayAll(donationOf)(t.Budget.Given(ctx, who, budget.DonationFilter{Year: in.Year, Source: budget.Source(in.Source), Query: in.Query, Page: in.page()}))
}

type recordDonationInput struct {
	Body struct {
		Source     int    `json:"source" minimum:"2" maximum:"5" doc:"2 乡贤 3 企业 4 金融机构 5 其他"`
		Donor      string `json:"donor" maxLength:"40"`
		Named      bool   `json:"named"`
		Fen        int64  `json:"fen,omitempty" minimum:"0" maximum:"2000000000"`
		Goods      Picked `json:"goods_id,omitempty"`
		Quantity   int    `json:"quantity,omitempty" minimum:"0" maximum:"1000000"`
		ReceivedOn Day    `json:"received_on"`
	}
}

func (t *table) recordDonation(ctx context.Context, who actor.Actor, in *recordDonationInput) (*reply[Donation], error) {
	b := in.Body
	return say(donationOf)(t.Budget.Give(ctx, who, budget.Donation{Source: budget.Source(b.Source), Donor: b.Donor, Named: b.Named, Fen: b.Fen, GoodsID: b.Goods.id, Quantity: b.Quantity, ReceivedOn: b.ReceivedOn.t}))
}

type recordUseInput struct {
	ByID
	Body struct {
		What string `json:"what" maxLength:"200"`
		Fen  int64  `json:"fen,omitempty" minimum:"0" maximum:"2000000000"`
	}
}

func (t *table) recordUse(ctx context.Context, who actor.Actor, in *recordUseInput) (*reply[Donation], error) {
	return say(donationOf)(t.Budget.Used(ctx, who, in.ID, in.Body.What, in.Body.Fen))
}

// BecauseByID names a record, and why it is taken back.
type BecauseByID struct {
	ByID
	Body struct {
		Reason string `json:"reason" maxLength:"200"`
	}
}

func (t *table) cancelPurchase(ctx context.Context, who actor.Actor, in *BecauseByID) (*reply[Purchase], error) {
	return say(purchaseOf)(t.Budget.CancelPurchase(ctx, who, in.ID, in.Body.Reason))
}

func (t *table) cancelDonation(ctx context.Context, who actor.Actor, in *BecauseByID) (*reply[Donation], error) {
	return say(donationOf)(t.Budget.CancelDonation(ctx, who, in.ID, in.Body.Reason))
}

type cancelUseInput struct {
	BecauseByID
	Use uuid.UUID `path:"use" doc:"用途的编号"`
}

func (t *table) cancelUse(ctx context.Context, who actor.Actor, in *cancelUseInput) (*reply[Donation], error) {
	return say(donationOf)(t.Budget.CancelUse(ctx, who, in.ID, in.Use, in.Body.Reason))
}

// Selection is a year's annual selection from a frozen ranking.
type Selection struct {
	Year        int       `json:"year"`
	State       string    `json:"state" enum:"open,settled"`
	Conditions  string    `json:"conditions,omitempty"`
	Places      int       `json:"places"`
	ObjectUntil Day       `json:"object_until"`
	FrozenAt    time.Time `json:"frozen_at"`
	Ranks       []Rank    `json:"ranks"`
}

// Rank is a household in it.
type Rank struct {
	Household  uuid.UUID `json:"household_id"`
	Door       string    `json:"door"`
	Head       string    `json:"head"`
	Place      int       `json:"place" doc:"按得分的名次"`
	Score      int64     `json:"score"`
	SharePlace int       `json:"share_place" doc:"按得分率的名次"`
	Share      int       `json:"share" doc:"得分率，千分之几"`
	Deductions int       `json:"deductions"`
	Chosen     bool      `json:"chosen"`
	Honour     string    `json:"honour,omitempty"`
	Note       string    `json:"note,omitempty"`
}

type selectionInput struct {
	Year   int  `query:"year" minimum:"2000" maximum:"2099" doc:"不填为最近要评的一年"`
	Chosen bool `query:"chosen" doc:"只看入选的"`
}

func (t *table) showSelection(ctx context.Context, who actor.Actor, in *selectionInput) (*reply[Selection], error) {
	if in.Year == 0 {
		in.Year = yearend.Of(t.DB.Now())
	}
	sel, err := t.Years.Selection(ctx, who, in.Year)
	if err == nil && sel == nil {
		err = fault.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	out := Selection{Year: sel.Year, State: sel.State, Conditions: sel.Conditions, Places: sel.Places, ObjectUntil: dayOf(sel.ObjectUntil), FrozenAt: sel.FrozenAt, Ranks: []Rank{}}
	for _, r := range sel.Ranks {
		if r.Chosen || !in.Chosen {
			out.Ranks = append(out.Ranks, Rank{r.HouseholdID, r.Door, r.Head, r.Place, r.Score, r.SharePlace, r.Share, r.Deductions, r.Chosen, r.Honour, r.Note})
		}
	}
	return &reply[Selection]{out}, nil
}

// Read is where a printed code leads to.
type Read struct {
	Household *uuid.UUID `json:"household_id,omitempty"`
	Goods     *uuid.UUID `json:"goods_id,omitempty"`
	Line      int        `json:"line,omitempty" doc:"存折的第几行"`
}

type readCodeInput struct {
	Text string `query:"text" maxLength:"300" doc:"扫码枪读到的文字"`
}

func (t *table) readCode(ctx context.Context, who actor.Actor, in *readCodeInput) (*reply[Read], error) {
	return say(func(f paperbook.Found) Read { return Read{maybeID(f.Household), maybeID(f.Goods), f.Line} })(t.Passbooks.Scan(ctx, who, paperbook.ReadMark(in.Text)))
}
