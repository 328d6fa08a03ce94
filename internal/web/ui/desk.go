package ui

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/appeal"
	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/evaluation"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/page"
	"cunfen/internal/signoff"
	"cunfen/internal/supervise"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/monthly"
	"cunfen/internal/web/visit"
	"cunfen/tenants"
)

// desk is what the workbench knows of the village.
type desk struct {
	now        time.Time
	sheets     []signoff.Sheet // newest first
	counts     map[claim.State]int64
	pending    []claim.Row // the oldest first, as many as a page holds
	objections []appeal.Objection
	notices    []notice.Notice         // newest first
	quarters   []evaluation.Evaluation // newest first
	undone     int                     // grids whose round of the month in hand is not ready for its sheet
	handed     int64                   // records handed to the group that wait
	matters    []supervise.Matter      // that the township put and the village has not answered
	calendar   tenants.Calendar
	paper      bool
	view       signoff.View // the sheet in hand, while it is being signed
	may        func(authz.Action) bool
}

// deskPage is the workbench.
type deskPage struct {
	kit.StaffPage
	desk
	Month  month.Month // the one in hand
	Now    int
	Steps  []kit.Step
	Next   nextStep
	Due    []kit.EntryProps
	Recent []signoff.Sheet
	Paper  bool          // the village uses paper alone: what is printed comes first
	Told   []inform.Told // messages not opened, the newest
}

// nextStep is the one thing to do next.
type nextStep struct{ Title, Text, Button, Href string }

// Desk is where the village's staff begin: how far the month is, and the one next step.
func (s *Site) Desk(c echo.Context) error {
	d, err := s.desk(c)
	if err != nil {
		return err
	}
	m := d.inHand()
	if d.undone, err = s.undone(c, d, m); err != nil {
		return err
	}
	if d.sheet(m).State == signoff.Signing {
		if d.view, err = s.Months.Show(c.Request().Context(), visit.Who(c), m); err != nil {
			return err
		}
	}
	p := deskPage{StaffPage: s.Staff(c, "desk", "工作台"), desk: d, Month: m, Now: d.step(m), Due: d.due(m), Recent: d.sheets[:min(len(d.sheets), 6)], Paper: d.paper}
	p.Steps, p.Next = d.steps(m), d.next(m)
	if p.Told, _, err = s.Inform.List(c.Request().Context(), visit.Who(c), true, page.Page{Limit: 3}); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, deskShow(p))
}

func (s *Site) desk(c echo.Context) (d desk, err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	d = desk{now: s.DB.Now(), may: func(a authz.Action) bool { return s.May(c, a) }}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return d, err
	}
	d.calendar, d.paper = v.Settings.Calendar, v.Flags.Paper
	if d.sheets, err = s.Months.Months(ctx, who); err != nil {
		return d, err
	}
	if d.counts, err = s.Claims.Counts(ctx, who); err != nil {
		return d, err
	}
	if d.pending, _, err = s.Claims.List(ctx, who, claim.Filter{State: claim.Pending, Page: page.Page{Limit: page.Most}}); err != nil {
		return d, err
	}
	if d.objections, _, err = s.Appeals.List(ctx, who, appeal.Filter{State: appeal.Open, Page: page.Page{Limit: page.Most}}); err != nil {
		return d, err
	}
	if s.May(c, authz.ClaimReview) {
		if d.handed, err = s.Shop.HandedOpen(ctx, who); err != nil {
			return d, err
		}
	}
	if s.May(c, authz.MatterView) {
		if d.matters, _, err = s.Supervise.List(ctx, who, supervise.Filter{State: supervise.Open}); err != nil {
			return d, err
		}
	}
	if d.quarters, _, err = s.Evaluation.Find(ctx, who, evaluation.Filter{Page: page.Page{Limit: 4}}); err != nil {
		return d, err
	}
	d.notices, err = s.Notices.History(ctx, who)
	return d, err
}

// undone counts the grids whose round of a month that is over, and not on a sheet yet, is not ready for it.
func (s *Site) undone(c echo.Context, d desk, m month.Month) (n int, err error) {
	if m >= month.Of(d.now) || d.sheet(m).State != signoff.Open || !d.may(authz.ClaimReview) {
		return 0, nil
	}
	rules, err := s.InForce(c)
	if err != nil || len(rules.Monthly()) == 0 {
		return 0, err
	}
	grids, err := s.Rounds.Undone(c.Request().Context(), visit.Who(c), m)
	return len(grids), err
}

// sheet is the month's sheet; an open one where there is none yet.
func (d desk) sheet(m month.Month) signoff.Sheet {
	if i := slices.IndexFunc(d.sheets, func(s signoff.Sheet) bool { return s.Month == m }); i >= 0 {
		return d.sheets[i]
	}
	return signoff.Sheet{Month: m, State: signoff.Open}
}

// inHand is the month that is being worked on: the oldest that is over and not published, then the last one
// while objections to it are taken or heard, else the month that runs. A village that has just begun has no
// month behind it.
func (d desk) inHand() month.Month {
	this := month.Of(d.now)
	for _, s := range slices.Backward(d.sheets) {
		if s.Month < this && s.State != signoff.Published {
			return s.Month
		}
	}
	switch last := d.sheet(this.Prev()); {
	case last.State == signoff.Published && (d.objecting(last.Month) || len(d.objections) > 0):
		return last.Month
	case last.State == signoff.Open && len(d.sheets) > 0: // months are signed one after another
		return min(last.Month, d.sheets[0].Month.Next())
	case last.State == signoff.Open && d.left(last.Month) > 0:
		return last.Month
	}
	return this
}

// objecting reports whether objections to the month's notice are still taken.
func (d desk) objecting(m month.Month) bool {
	i := slices.IndexFunc(d.notices, func(n notice.Notice) bool { return n.Month == m })
	return i >= 0 && !month.Date(d.now).After(d.notices[i].ObjectUntil)
}

// left counts the claims of the month, and of those before, that wait for review.
func (d desk) left(m month.Month) (n int) {
	for _, r := range d.pending {
		if r.OccurredOn.Before(month.Date(m.End())) {
			n++
		}
	}
	return n
}

// The steps of a month.
const (
	collecting = iota
	reviewing
	signing
	publishingStep
	objectingStep
	redeeming
)

// step is the one that the month is at.
func (d desk) step(m month.Month) int {
	switch st := d.sheet(m).State; {
	case m >= month.Of(d.now) && d.counts[claim.Pending] == 0:
		return collecting
	case st == signoff.Open && (m >= month.Of(d.now) || d.left(m) > 0):
		return reviewing
	case st == signoff.Open, st == signoff.Signing:
		return signing
	case st == signoff.Posted:
		return publishingStep
	case len(d.objections) > 0:
		return objectingStep
	}
	return redeeming
}

func (d desk) steps(m month.Month) []kit.Step {
	now := d.step(m)
	all := []kit.Step{{Text: "采集"}, {Text: "审核"}, {Text: "签字"}, {Text: "公示"}, {Text: "异议"}, {Text: "兑换"}}
	doors := []struct {
		href  string
		needs authz.Action
	}{{"/record", authz.ClaimRecord}, {"/review", authz.ClaimReview}, {monthly.MonthPath(m), authz.SheetView}, {monthly.MonthPath(m), authz.SheetView},
		{"/objections", authz.ObjectionView}, {"/redemptions", authz.RedemptionView}}
	for i := range all {
		all[i].Done = i < now && !(i == objectingStep && d.objecting(m)) && !(i == collecting && d.undone > 0)
		if d.may(doors[i].needs) {
			all[i].Href = doors[i].href
		}
	}
	return all
}

// next is the one next step of the person looking.
func (d desk) next(m month.Month) nextStep {
	if !d.may(authz.ClaimReview) {
		return d.nextOutside()
	}
	switch d.step(m) {
	case collecting:
		return nextStep{"等住户申报、网格员采集", m.Chinese() + "的申报都审完了。有住户来村里，可以替他代报。", "替住户记一笔", "/record"}
	case reviewing:
		if m >= month.Of(d.now) {
			return nextStep{fmt.Sprintf("审核 %d 条申报", d.counts[claim.Pending]), "看证明，通过、退回或不予通过。", "去审核", "/review"}
		}
		return nextStep{fmt.Sprintf("审完%s的 %d 条申报", m.Chinese(), d.left(m)), "审完以后汇总签字；没审完的留到下个月。", "去审核", "/review"}
	case signing:
		return d.nextSigning(m)
	case publishingStep:
		return nextStep{m.Chinese() + "已入账，等待公示", fmt.Sprintf("公示日（每月 %d 日）早上 8 点自动公示，组长也可以提前公示。", d.calendar.NoticeDay), "去公示", monthly.MonthPath(m)}
	case objectingStep:
		return nextStep{fmt.Sprintf("核查 %d 条异议", len(d.objections)), "由没有参与评定、不是亲属的成员核查，7 天内答复。", "去核查", "/objections"}
	}
	return d.nextPublished(m)
}

func (d desk) nextSigning(m month.Month) nextStep {
	switch {
	case d.view.Signed:
		return nextStep{m.Chinese() + "等其他成员签字", "您已签字。" + strings.Join(d.view.Missing, "；") + "。", "看签字表", monthly.MonthPath(m)}
	case d.sheet(m).State == signoff.Signing:
		return nextStep{"给" + m.Chinese() + "签字", "看过条目和证明再签。签字齐备，积分自动入账。", "去签字", monthly.MonthPath(m)}
	case d.may(authz.SheetFreeze):
		return nextStep{"汇总" + m.Chinese(), "把已通过的申报汇总成签字表，请小组成员签字。", "去汇总", monthly.MonthPath(m)}
	}
	return nextStep{"等组长汇总" + m.Chinese(), "汇总以后，您就可以签字。", "看" + m.Chinese(), monthly.MonthPath(m)}
}

// nextPublished is for a month that needs nothing more but the redeeming: this month's review goes on.
func (d desk) nextPublished(m month.Month) nextStep {
	switch n := d.counts[claim.Pending]; {
	case n > 0:
		return nextStep{fmt.Sprintf("审核 %d 条新申报", n), m.Chinese() + "已经公示，住户可以来兑换。", "去审核", "/review"}
	case d.may(authz.RedemptionMake):
		return nextStep{"给住户兑换", m.Chinese() + "已经公示，没有待办的审核和异议。", "办理兑换", "/redeem"}
	}
	return nextStep{m.Chinese() + "已经公示", "没有待办的审核和异议，住户可以来兑换。", "看公示", monthly.MonthPath(m) + "/notice"}
}

// nextOutside is for who does not review: the grid worker and the redemption clerk.
func (d desk) nextOutside() nextStep {
	if d.may(authz.RedemptionMake) {
		return nextStep{"给住户兑换", "先对存折和台账，再发物资，请住户签字。", "办理兑换", "/redeem"}
	}
	return nextStep{"入户采集", "拍照记下住户做的事，交小组审核。", "去采集", "/field"}
}
