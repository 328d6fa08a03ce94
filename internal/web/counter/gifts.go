package counter

import (
	"context"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/gift"
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// giveForm is a gift as it is filled in.
type giveForm struct {
	Action, Family, Points string
	Counter                bool // with a signature
	Usable, All            int  // of the year, which can be given; with what is unlocked of the base
	Why                    string
	Rules                  gift.Rules
	Families               []gift.Family
	Errors                 kit.Errors
}

func (r *Room) giveForm(c echo.Context, action string, home uuid.UUID, problem error) (f giveForm, err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	f = giveForm{Action: action, Family: c.FormValue("family"), Points: c.FormValue("points"), Errors: kit.ErrorsOf(problem)}
	if f.Rules, err = r.Gifts.Rules(ctx, who); err != nil {
		return f, err
	}
	if f.Families, err = r.Gifts.Families(ctx, who, false); err != nil {
		return f, err
	}
	err = r.DB.Look(ctx, who, func(tx pg.Tx) error {
		b, err := ledger.BalanceOf(ctx, tx, home)
		f.Usable, f.All, f.Why = int(max(0, b.Year-b.Held-b.Disputed)), int(b.Usable()), b.Why()
		return err
	})
	return f, err
}

func offer(c echo.Context) (o gift.Offer, err error) {
	points, bad := visit.Int(c, "points", 0)
	family, err := visit.FormID(c, "family")
	if err != nil {
		return o, err
	}
	return gift.Offer{Family: family, Points: points, Freely: c.FormValue("freely") != ""}, fault.Join(bad)
}

// myGifts is a household's own gifts.
type myGifts struct {
	kit.PhonePage
	giveForm
	Rows []gift.Gift
	Home uuid.UUID
}

// MyGifts shows what the household gave and got, and takes another gift.
func (r *Room) MyGifts(c echo.Context) error { return r.mine(c, nil) }

func (r *Room) mine(c echo.Context, problem error) (err error) {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	p := myGifts{PhonePage: r.Phone(c, "me", "转赠积分"), Home: who.Household}
	p.Back, p.Path = "/me", "/my/gifts"
	if p.giveForm, err = r.giveForm(c, "/my/gifts", who.Household, problem); err != nil {
		return err
	}
	if p.Rows, err = r.Gifts.Own(c.Request().Context(), who); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), myGiftsShow(p))
}

// MyGiftGive gives.
func (r *Room) MyGiftGive(c echo.Context) error {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	o, err := offer(c)
	var g gift.Gift
	if err == nil {
		o.Giver = who.Household
		g, err = r.Gifts.Give(c.Request().Context(), who, o)
	}
	switch {
	case visit.Correctable(err):
		return r.mine(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/my/gifts", "已登记转赠 "+strconv.Itoa(g.Points)+" 分，"+shell.Day(g.DueAt)+"入账；在那以前可以撤回")
}

// MyGiftWithdraw takes an own gift back while it waits.
func (r *Room) MyGiftWithdraw(c echo.Context) error {
	id, err := visit.ID(c, "gift")
	if err != nil {
		return err
	}
	g, err := r.Gifts.Withdraw(c.Request().Context(), visit.Who(c), id, "")
	if err != nil {
		return visit.Refused(c, "/my/gifts", err)
	}
	return visit.Done(c, "/my/gifts", "已撤回，"+strconv.Itoa(g.Points)+" 分又可以用了")
}

// givePage is a gift recorded at the counter.
type givePage struct {
	kit.StaffPage
	giveForm
	Home household.Household
}

// GiftFor is the form at the counter for one household.
func (r *Room) GiftFor(c echo.Context) error { return r.giving(c, nil) }

func (r *Room) giving(c echo.Context, problem error) error {
	id, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	p := givePage{StaffPage: r.Staff(c, "gifts", "代办转赠")}
	if p.Home, err = r.Households.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	p.Path = "/gifts/for/" + id.String()
	if p.giveForm, err = r.giveForm(c, p.Path, id, problem); err != nil {
		return err
	}
	p.Counter = true
	return visit.Render(c, visit.Status(problem), giveShow(p))
}

// GiftRecord gives for the household that has come and signed.
func (r *Room) GiftRecord(c echo.Context) error {
	id, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	if _, err := r.Households.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	o, err := offer(c)
	if err == nil {
		o.Giver = id
		o.Signature, err = signed(c)
	}
	var g gift.Gift
	if err == nil {
		g, err = r.Gifts.Give(c.Request().Context(), visit.Who(c), o)
	}
	switch {
	case visit.Correctable(err):
		return r.giving(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/gifts/find", "已登记转赠 "+strconv.Itoa(g.Points)+" 分，"+shell.Day(g.DueAt)+"入账")
}

// findPage finds the household that has come to give.
type findPage struct {
	kit.StaffPage
	Query string
	Homes []household.Line
	Rules gift.Rules
}

// GiftFind finds the household that has come to give.
func (r *Room) GiftFind(c echo.Context) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := findPage{StaffPage: r.Staff(c, "gifts", "代办转赠"), Query: visit.Text(c, "q")}
	if p.Rules, err = r.Gifts.Rules(ctx, who); err != nil {
		return err
	}
	if p.Query != "" {
		if p.Homes, _, err = r.Households.List(ctx, who, household.Filter{Search: p.Query, Page: page.Page{Limit: 20}}); err != nil {
			return err
		}
	}
	return visit.Render(c, http.StatusOK, giftFind(p))
}

// giftsPage is the group's list of gifts.
type giftsPage struct {
	kit.StaffPage
	Rows          []gift.Gift
	Query         string
	State         gift.State
	Rules         gift.Rules
	Given         int
	Decides       bool
	Errors        kit.Errors
	Pager         kit.PagerProps
	Export, Clear string
	Allowed       bool
	PerYear, Days string
}

func giftFilter(c echo.Context) gift.Filter {
	f := gift.Filter{Query: c.QueryParam("q"), Page: visit.Page(c)}
	if st := gift.State(c.QueryParam("state")); st.Chinese() != "" {
		f.State = st
	}
	return f
}

// GiftList shows the village's gifts, and its rules of giving.
func (r *Room) GiftList(c echo.Context) error { return r.gifts(c, nil) }

func (r *Room) gifts(c echo.Context, problem error) (err error) {
	ctx, who, f := c.Request().Context(), visit.Who(c), giftFilter(c)
	p := giftsPage{StaffPage: r.Staff(c, "gifts", "积分转赠"), Query: f.Query, State: f.State, Decides: r.May(c, authz.GiftDecide), Errors: kit.ErrorsOf(problem), Export: "/gifts.xlsx?" + c.QueryString()}
	p.Path = "/gifts"
	if c.QueryString() != "" {
		p.Clear = "/gifts"
	}
	var next string
	if p.Rows, next, err = r.Gifts.List(ctx, who, f); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.Rows), next)
	if p.Rules, err = r.Gifts.Rules(ctx, who); err != nil {
		return err
	}
	p.Allowed, p.PerYear, p.Days = p.Rules.Allowed, strconv.Itoa(p.Rules.PerYear), strconv.Itoa(p.Rules.CoolingDays)
	if problem != nil {
		p.Allowed, p.PerYear, p.Days = c.FormValue("allowed") != "", c.FormValue("per_year"), c.FormValue("cooling_days")
	}
	return visit.Render(c, visit.Status(problem), giftList(p))
}

var giftHeads = []sheetfile.Head{{Title: "时间", Width: 17}, {Title: "转赠户", Width: 12}, {Title: "门牌", Width: 14}, {Title: "受赠户", Width: 12}, {Title: "门牌", Width: 14}, {Title: "分"}, {Title: "方式"}, {Title: "经办"}, {Title: "状态"}, {Title: "入账或办结", Width: 17}, {Title: "原因", Width: 30}}

// GiftExport is the list as it is filtered, whole, as a sheet.
func (r *Room) GiftExport(c echo.Context) error {
	f := giftFilter(c)
	var rows [][]any
	for g, err := range page.Rows(func(p page.Page) ([]gift.Gift, string, error) {
		f.Page = p
		return r.Gifts.List(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{g.At, g.GiverHead, g.GiverDoor, g.TakerHead, g.TakerDoor, g.Points, channel(g), g.ByName, g.State.Chinese(), g.EndedAt, g.Reason})
	}
	return shell.SendSheet(c, "积分转赠", "积分转赠", giftHeads, rows)
}

func channel(g gift.Gift) string {
	if g.Channel == "phone" {
		return "住户自己"
	}
	return "窗口代办"
}

// GiftRules changes the village's rules of giving.
func (r *Room) GiftRules(c echo.Context) error {
	most, bad := visit.Int(c, "per_year", 0)
	days, wrong := visit.Int(c, "cooling_days", 0)
	err := fault.Join(bad, wrong)
	if err == nil {
		err = r.Gifts.SaveRules(c.Request().Context(), visit.Who(c), gift.Rules{Allowed: c.FormValue("allowed") != "", PerYear: most, CoolingDays: days})
	}
	switch {
	case visit.Correctable(err):
		return r.gifts(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/gifts", "转赠的规定已保存")
}

// GiftWithdraw is the counter taking a gift back while it waits.
func (r *Room) GiftWithdraw(c echo.Context) error {
	return r.giftEnd(c, r.Gifts.Withdraw, "已撤回")
}

// GiftReverse is the group taking back a gift that was posted.
func (r *Room) GiftReverse(c echo.Context) error {
	return r.giftEnd(c, r.Gifts.Reverse, "两家的分都已冲回")
}

// familiesPage is the list of families in need.
type familiesPage struct {
	kit.StaffPage
	Rows                 []gift.Family
	Home, Words, Consent string
	Named                bool
	Errors               kit.Errors
}

// FamilyList shows the families in need to the group alone.
func (r *Room) FamilyList(c echo.Context) error { return r.families(c, nil) }

func (r *Room) families(c echo.Context, problem error) (err error) {
	p := familiesPage{StaffPage: r.Staff(c, "gifts", "困难家庭名单"), Home: c.FormValue("home"), Words: c.FormValue("words"), Consent: c.FormValue("consent"), Named: c.FormValue("named") != "", Errors: kit.ErrorsOf(problem)}
	if p.Rows, err = r.Gifts.Families(c.Request().Context(), visit.Who(c), true); err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), familyList(p))
}

var familyHeads = []sheetfile.Head{{Title: "编号"}, {Title: "户主"}, {Title: "门牌", Width: 14}, {Title: "给转赠人看的话", Width: 30}, {Title: "同意写明户主"}, {Title: "同意情况", Width: 36}, {Title: "登记人"}, {Title: "登记时间", Width: 17}}

// FamilyExport is the list as a sheet, for the group's file.
func (r *Room) FamilyExport(c echo.Context) error {
	all, err := r.Gifts.Families(c.Request().Context(), visit.Who(c), true)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, f := range all {
		rows = append(rows, []any{f.Number, f.Head, f.Door, f.Words, map[bool]string{true: "是", false: "否"}[f.Named], f.Consent, f.AddedName, f.AddedAt})
	}
	return shell.SendSheet(c, "困难家庭名单", "困难家庭", familyHeads, rows)
}

// FamilyAdd puts a household on the list.
func (r *Room) FamilyAdd(c echo.Context) error {
	home, err := r.homeOf(c)
	if err == nil {
		err = r.Gifts.AddFamily(c.Request().Context(), visit.Who(c), gift.Family{HouseholdID: home, Words: c.FormValue("words"), Named: c.FormValue("named") != "", Consent: c.FormValue("consent")})
	}
	switch {
	case visit.Correctable(err):
		return r.families(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/gifts/families", "已加进名单")
}

// FamilyEnd takes a household off the list.
func (r *Room) FamilyEnd(c echo.Context) error {
	id, err := visit.ID(c, "household")
	if err == nil {
		err = r.Gifts.EndFamily(c.Request().Context(), visit.Who(c), id)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/gifts/families", "已移出名单")
}

func (r *Room) giftEnd(c echo.Context, fn func(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (gift.Gift, error), says string) error {
	id, err := visit.ID(c, "gift")
	if err != nil {
		return err
	}
	if _, err := fn(c.Request().Context(), visit.Who(c), id, c.FormValue("reason")); err != nil {
		return visit.Refused(c, "/gifts", err)
	}
	return visit.Done(c, "/gifts", says)
}
