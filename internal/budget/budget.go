// Package budget is a village's money for goods: the yearly budget that the township agrees to (R4.5.2b), what
// is bought for it and how (R4.5.2c), what others give (R4.5.2d), and the guard that says whether goods and
// money will do for the points that may still be redeemed (D9). Money is in fen.
package budget

import (
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of money and purchases.
type Service struct{ DB *pg.DB }

// Source is where money comes from; GoodsLine is no source but what the money is for.
type Source int16

// The sources (R4.5.2d).
const (
	GoodsLine Source = iota
	VillageFunds
	Notables
	Firms
	Finance
	Others
)

// Sources is every source of money, in the order of the screens.
var Sources = []Source{VillageFunds, Notables, Firms, Finance, Others}

// Chinese is the source's name on screen and paper.
func (s Source) Chinese() string {
	if s < 0 || s > Others {
		return ""
	}
	return [...]string{"物资", "村集体资金", "乡贤捐助", "企业赞助", "金融机构支持", "其他"}[s]
}

// State is how far a budget is.
type State string

// The states of a budget.
const (
	Draft     State = "draft"
	Submitted State = "submitted"
	Returned  State = "returned"
	Agreed    State = "agreed"
)

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Draft: "草稿", Submitted: "待镇审核", Returned: "镇里退回", Agreed: "镇里已同意"}[s]
}

// Line is one line of money in, or of goods to be had.
type Line struct {
	BudgetID uuid.UUID
	Position int
	Source   Source
	Name     string
	Quantity int
	Fen      int64
	Points   int64 // that the goods of the line are redeemed for altogether
}

// Budget is the goods budget of a year. Number 0 is the first; each amendment is the next number, whole again.
type Budget struct {
	ID          uuid.UUID
	Year        int
	Number      int
	State       State
	Reason      string // of an amendment
	Note        string
	DraftedName string
	DraftedAt   time.Time
	SubmittedAt *time.Time
	DecidedName string
	DecidedAt   *time.Time
	Advice      string
	Version     int
	Lines       []Line `db:"-"`
}

// Name is what the budget is called: 「2026年物资预算」, 「2026年物资预算第1次调整」.
func (b Budget) Name() string {
	name := strconv.Itoa(b.Year) + "年物资预算"
	if b.Number > 0 {
		name += "第" + strconv.Itoa(b.Number) + "次调整"
	}
	return name
}

// Funds is the money that comes in, Goods what the goods cost, Points what they are redeemed for.
func (b Budget) Funds() (fen int64) {
	for _, l := range b.Lines {
		if l.Source != GoodsLine {
			fen += l.Fen
		}
	}
	return fen
}

// Goods is what the goods cost, and the points that they are redeemed for.
func (b Budget) Goods() (fen, points int64) {
	for _, l := range b.Lines {
		if l.Source == GoodsLine {
			fen, points = fen+l.Fen, points+l.Points
		}
	}
	return fen, points
}

// Open reports whether the village may still change it.
func (b Budget) Open() bool { return b.State == Draft || b.State == Returned }

// Faults of the budget.
var (
	ErrForm      = fault.New(fault.Invalid, "budget.form", "%s").On("note")
	ErrLines     = fault.New(fault.Invalid, "budget.lines", "报镇以前，至少写一笔资金来源和一样物资").On("note")
	ErrOver      = fault.New(fault.Invalid, "budget.over", "物资的钱比资金来源还多，请调整后再报").On("note")
	ErrState     = fault.New(fault.Conflict, "budget.state", "这份预算现在不能这样办，请刷新看看它到了哪一步")
	ErrStale     = fault.New(fault.Conflict, "budget.stale", "这份预算刚被别人改过，请刷新后再改")
	ErrSentAnew  = fault.New(fault.Conflict, "budget.sent_anew", "这份预算村里改过又报了一次，请刷新看过新的再办")
	ErrAdvice    = fault.New(fault.Invalid, "budget.advice", "退回要写明意见（2 到 500 字）").On("advice")
	ErrQuotes    = fault.New(fault.Invalid, "budget.quotes", "这笔采购达到比价标准，要有三家不同的报价").On("quotes")
	ErrLowest    = fault.New(fault.Invalid, "budget.lowest", "没有选报价最低的一家，请写明原因").On("reason")
	ErrNoBudget  = fault.New(fault.Conflict, "budget.none", "今年的物资预算镇里还没有同意，按本村规定不能采购")
	ErrBuyer     = fault.New(fault.Forbidden, "conflict_of_duty", "采购的人不能自己验收入库，请由另一个人点收")
	ErrStocked   = fault.New(fault.Conflict, "budget.stocked", "这笔采购已经入库")
	ErrPhoto     = fault.New(fault.Invalid, "budget.photo", "请选择要补的照片").On("evidence")
	ErrShot      = fault.New(fault.Invalid, "budget.shot", "有照片用不上，请重新选").On("evidence")
	ErrPhotos    = fault.New(fault.Invalid, "budget.photos", "一笔采购最多放 15 张照片，一次最多 9 张").On("evidence")
	ErrWhy       = fault.New(fault.Invalid, "budget.why", "请写明为什么作废（2 到 200 字）").On("reason")
	ErrUndone    = fault.New(fault.Conflict, "budget.undone", "这一笔已经作废")
	ErrHandedOut = fault.New(fault.Conflict, "budget.handed_out", "这批物资已经发出去或预留了一部分，库存不够整笔退；请先在清点盘库里按实有数更正")
	ErrRemark    = fault.New(fault.Invalid, "budget.remark", "实收和采购数不一样，请写明原因").On("remark")
)

// mostPhotos is how many photos a purchase may have.
const mostPhotos = 15

// mostFen is twenty million yuan: more is a slip of the finger.
const mostFen = 20_000_000_00

// tidy drops empty lines and numbers the rest, and refuses what no line can be.
func (b *Budget) tidy() error {
	b.Reason, b.Note = strings.TrimSpace(b.Reason), strings.TrimSpace(b.Note)
	var lines []Line
	for _, l := range b.Lines {
		if l.Name = strings.TrimSpace(l.Name); l.Name == "" && l.Fen == 0 {
			continue
		}
		l.Position = len(lines) + 1
		lines = append(lines, l)
	}
	b.Lines = lines
	faults := []*fault.Error{fault.When(!chars.Between(b.Note, 0, 500), ErrForm.With("说明最多 500 字")), fault.When(b.Number > 0 && !chars.Between(b.Reason, 2, 500), ErrForm.With("调整预算请写明原因（2 到 500 字）").On("reason")),
		fault.When(len(lines) > 60, ErrForm.With("最多 60 行"))}
	for _, l := range lines {
		faults = append(faults, fault.When(!chars.Between(l.Name, 1, 40), ErrForm.With("每一行都要写名称（最多 40 个字）")), fault.When(l.Source.Chinese() == "", ErrForm.With("请选择资金来源")),
			fault.When(l.Fen < 1 || l.Fen > mostFen, ErrForm.With(l.Name+"：金额应大于 0，写到元或分")),
			fault.When(l.Source == GoodsLine && (l.Quantity < 1 || l.Quantity > 1000000 || l.Points < 1 || l.Points > 100_000_000), ErrForm.With(l.Name+"：请写数量，和一共可换多少分")))
	}
	return fault.Join(faults...)
}

// ready refuses what the township would have to send back anyway.
func (b Budget) ready() error {
	cost, points := b.Goods()
	return fault.Join(fault.When(b.Funds() == 0 || points == 0, ErrLines), fault.When(cost > b.Funds(), ErrOver))
}
