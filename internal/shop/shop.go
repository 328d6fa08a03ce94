// Package shop is where points become goods (R4.5.2a, R4.4.8b): the village's goods with their prices in
// points, and the redemption desk, where the paper passbook and the ledger must say the same before anything
// is handed over and signed for.
package shop

import (
	"time"

	"github.com/google/uuid"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of goods and redemptions.
type Service struct{ DB *pg.DB }

// Goods is one thing that points are redeemed for. Price in points, stock in pieces.
type Goods struct {
	ID      uuid.UUID
	Code    string
	Name    string
	Unit    string
	Price   int
	Stock   int
	Active  bool
	Version int
	Photo   *uuid.UUID // of the thing; to be shown to everybody of the village
}

// Redemption is one handing over of goods.
type Redemption struct {
	ID              uuid.UUID
	HouseholdID     uuid.UUID
	Door            string `db:"door"`
	Head            string `db:"head"`
	GoodsID         uuid.UUID
	GoodsName       string
	Quantity        int
	Points          int
	Paid            int   `json:",omitempty"` // of Points, what the year's points paid; base points paid the rest (D1)
	PassbookBalance int64 // what the paper said before
	Receiver        string
	Desk            uuid.UUID
	DeskName        string
	At              time.Time
	EntryID         uuid.UUID
	CancelledAt     *time.Time
	CancelReason    string
	SlipID          uuid.UUID // shared by all that one signing handed out
	OrderID         *uuid.UUID
	Relation        string     // of the receiver to the household, where it is a proxy
	Authority       string     // by which the proxy came
	Delivered       bool       // brought to the door
	HandedAt        *time.Time // by a desk without network, where At is when that reached the server
}

// Done is when the goods were handed over.
func (r Redemption) Done() time.Time {
	if r.HandedAt != nil {
		return *r.HandedAt
	}
	return r.At
}

// After is what the paper passbook must say now. It is kept of the year's points.
func (r Redemption) After() int64 { return r.PassbookBalance - int64(r.Paid) }

// Faults of the shop.
var (
	ErrStock      = fault.New(fault.Conflict, "shop.stock", "库存不够了，请少换一些或换别的").On("quantity")
	ErrOffer      = fault.New(fault.Conflict, "shop.offer", "这件物品已下架或改了价，请刷新页面后再办").On("goods")
	ErrPassbook   = fault.New(fault.Conflict, "shop.passbook", "存折余额与系统不一致，不能兑换；请先核对存折并补登，仍不一致请报组长处理").On("passbook")
	ErrNotLive    = fault.New(fault.Conflict, "shop.not_live", "本村还没有正式运行（准备清单没有全部完成），不能兑换；请先在“准备清单”办完")
	ErrBudget     = fault.New(fault.Conflict, "shop.budget", "今年的物资预算镇里还没有同意，按本村规定不能兑换；请先报镇审核")
	ErrClosed     = fault.New(fault.Conflict, "shop.order_closed", "这份预留已经领取、取消或过期，不能再办")
	ErrMany       = fault.New(fault.Conflict, "shop.orders", "每户最多同时预留 3 份，请先领取或取消以前的预留")
	ErrItems      = fault.New(fault.Invalid, "shop.items", "一次可办 1 到 10 样物品，同一样请合在一起写数量").On("goods")
	ErrProxy      = fault.New(fault.Invalid, "shop.proxy", "代领请写明与户主的关系和凭什么代领（如户口簿、委托书、电话确认）").On("authority")
	ErrCase       = fault.New(fault.Conflict, "shop.case_open", "这一户的存折正在对账，两人签字确认结果以前不能兑换").On("passbook")
	ErrCaseDone   = fault.New(fault.Conflict, "shop.case_settled", "这件对账已经办结")
	ErrCaseTwo    = fault.New(fault.Forbidden, "conflict_of_duty", "对账结果要由另一个人签第二个字，请回避")
	ErrCaseEqual  = fault.New(fault.Conflict, "shop.case_equal", "存折和系统的余额一致，不用对账").On("passbook")
	ErrOutcome    = fault.New(fault.Invalid, "shop.outcome", "请选择对账结果").On("outcome")
	ErrWindow     = fault.New(fault.Invalid, "shop.window", "%s").On("day")
	ErrDoorstep   = fault.New(fault.Invalid, "shop.doorstep", "请写明送上门的原因，如行动不便、卧病（2 到 60 字）").On("reason")
	ErrCount      = fault.New(fault.Invalid, "shop.count", "%s").On("counted")
	ErrCountMoved = fault.New(fault.Conflict, "shop.count_moved", "清点期间又有兑换或入库，账面数变了，请按新的账面数再核对一次")
	ErrQuantity   = fault.New(fault.Invalid, "shop.quantity", "数量应是 1 到 1000 的整数").On("quantity")
	ErrReceiver   = fault.New(fault.Invalid, "shop.receiver", "请填写领取人姓名").On("receiver")
	ErrSignature  = fault.New(fault.Invalid, "shop.signature", "请领取人在方框里签名，或勾选“已在纸质单上签字”").On("signature")
	ErrOwn        = fault.New(fault.Forbidden, "conflict_of_duty", "这是您本户或亲属户，请回避，由其他经办人办理")
	ErrCancelled  = fault.New(fault.Conflict, "shop.cancelled", "这笔兑换已经撤销过了")
	ErrNote       = fault.New(fault.Invalid, "shop.note", "%s").On("who")
	ErrNoteDone   = fault.New(fault.Conflict, "shop.note_done", "这一条已经办过了")
	ErrReason     = fault.New(fault.Invalid, "shop.reason", "请写明原因（2 到 500 字）").On("reason")
	ErrTaken      = fault.New(fault.Invalid, "shop.code_taken", "这个编号已经用过，请换一个").On("code")
	ErrStale      = fault.New(fault.Conflict, "shop.stale", "这件物品刚被别人改过，请刷新后再改")
	ErrGoodsForm  = fault.New(fault.Invalid, "shop.goods", "%s").On("name")
	ErrPhoto      = fault.New(fault.Invalid, "shop.photo", "这张照片用不上，请重新选一张").On("evidence")
	ErrNoPhoto    = fault.New(fault.Conflict, "shop.no_photo", "照片已经不是刚才看到的样子，请刷新后再办").On("evidence")
	ErrBalanceNum = fault.New(fault.Invalid, "shop.passbook_number", "请填存折最后一行的余额，是一个整数").On("passbook")
)
