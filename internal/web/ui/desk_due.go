package ui

import (
	"fmt"
	"strconv"
	"time"

	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/month"
	"cunfen/internal/signoff"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/monthly"
	"cunfen/internal/web/rules"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/voice"
)

// due lists what has a date: what is late first.
func (d desk) due(m month.Month) (all []kit.EntryProps) {
	all = append(d.dueMatters(), d.dueObjections()...)
	if d.handed > 0 {
		all = append(all, kit.EntryProps{Title: fmt.Sprintf("网格员交来 %d 条没传上去的记录", d.handed), Note: "照着补记，或者告诉他不用记 ", Tag: kit.Tag(kit.Gold, "等着办"), Href: "/handed"})
	}
	if n := d.left(m); n > 0 && m < month.Of(d.now) && d.sheet(m).State == signoff.Open && d.may(authz.ClaimReview) {
		all = append(all, kit.EntryProps{Title: fmt.Sprintf("%s还有 %d 条没审核", m.Chinese(), n), Note: "没审完的留到下个月 ", Tag: kit.Tag(kit.Gold, "汇总前办"), Href: "/review"})
	}
	if d.undone > 0 {
		all = append(all, kit.EntryProps{Title: fmt.Sprintf("%s有 %d 个网格的巡查没办完", m.Chinese(), d.undone), Note: "没办完的不进这个月的签字表 ", Tag: kit.Tag(kit.Gold, "汇总前办"), Href: "/rounds?month=" + m.String()})
	}
	return append(append(all, d.dueQuarter()...), d.dates(m)...)
}

// dueMatters are the first of what the township waits to hear back on.
func (d desk) dueMatters() (all []kit.EntryProps) {
	for _, m := range d.matters[:min(len(d.matters), 5)] {
		e := kit.EntryProps{Title: m.Kind.Chinese() + "：" + m.Title, Note: shell.Day(m.DueOn) + "前答复 ", Href: "/matters/" + m.ID.String()}
		if m.Late(month.Date(d.now)) {
			e.Tag = kit.Tag(kit.Red, "已超期")
		}
		all = append(all, e)
	}
	return all
}

// dueQuarter reminds of a quarter that is not evaluated yet (R4.4.4).
func (d desk) dueQuarter() (all []kit.EntryProps) {
	if len(d.quarters) == 0 || d.quarters[0].State == "decided" || !d.may(authz.RulesDraft) {
		return nil
	}
	q := d.quarters[0].Quarter
	e := kit.EntryProps{Title: q.Chinese() + "的细则评估", Note: shell.LocalDay(q.Due()) + "前决定 ", Href: "/evaluations/" + q.String(), Tag: rules.EvaluationTag(d.quarters[0].State)}
	if !d.now.Before(q.Due()) {
		e.Tag = kit.Tag(kit.Red, "已超期")
	}
	return []kit.EntryProps{e}
}

// dueObjections are the first of the objections that wait.
func (d desk) dueObjections() (all []kit.EntryProps) {
	if !d.may(authz.ObjectionView) {
		return nil
	}
	today := month.Date(d.now).Format("2006-01-02")
	for i := len(d.objections) - 1; i >= 0 && len(all) < 5; i-- {
		o := d.objections[i]
		e := kit.EntryProps{Title: o.Head + "家的异议", Note: shell.Day(o.DueOn) + "前答复 ", Href: "/objections/" + o.ID.String(), Points: kit.Points(o.Points)}
		if voice.Overdue(o, today) {
			e.Tag = kit.Tag(kit.Red, "已超期")
		}
		all = append(all, e)
	}
	return all
}

// dates are the fixed days that come: the notice of the month in hand, its objections, the next redemption (R4.4.6a).
func (d desk) dates(m month.Month) (all []kit.EntryProps) {
	st := d.sheet(m).State
	if st != signoff.Published {
		all = append(all, d.dated("公示"+m.Chinese()+"积分", m, d.calendar.NoticeDay, "公示日", monthly.MonthPath(m), authz.SheetView, true))
	}
	for _, n := range d.notices {
		if n.Month == m && d.objecting(m) {
			all = append(all, kit.EntryProps{Title: "异议期到" + shell.Day(n.ObjectUntil), Note: m.Chinese() + "公示，" + n.Window(), Href: d.door("/objections", authz.ObjectionView)})
		}
	}
	for fixed(m, d.calendar.RedemptionDay).Before(month.Date(d.now)) {
		m = m.Next()
	}
	return append(all, d.dated("积分兑换", m, d.calendar.RedemptionDay, "兑换日", "/redeem", authz.RedemptionMake, false))
}

// fixed is the day after the month that has this number.
func fixed(m month.Month, number int) time.Time {
	return month.Date(m.End().AddDate(0, 0, max(number, 1)-1))
}

// dated is a thing of the fixed day after the month; one that must be done is late when the day is over.
func (d desk) dated(title string, m month.Month, number int, name, href string, needs authz.Action, must bool) kit.EntryProps {
	on := fixed(m, number)
	e := kit.EntryProps{Title: title, Note: name + "：" + shell.Day(on) + " ", Href: d.door(href, needs)}
	switch days := int(on.Sub(month.Date(d.now)) / (24 * time.Hour)); {
	case days < 0 && must:
		e.Tag = kit.Tag(kit.Red, fmt.Sprintf("已过 %d 天", -days))
	case days == 0:
		e.Tag = kit.Tag(kit.Gold, "就是今天")
	case days > 0:
		e.Tag = kit.Tag(kit.Blue, fmt.Sprintf("还有 %d 天", days))
	}
	return e
}

func (d desk) door(href string, needs authz.Action) string {
	if d.may(needs) {
		return href
	}
	return ""
}

// figures are the four numbers at the top.
func (d desk) figures() []kit.KpiProps {
	pending := kit.KpiProps{Label: "待审核", Value: kit.Number(int(d.counts[claim.Pending])), Unit: "条", Link: "去审核", Href: d.door("/review", authz.ClaimReview)}
	objections := kit.KpiProps{Label: "异议", Value: kit.Number(len(d.objections)), Unit: "条", Link: "去核查", Href: d.door("/objections", authz.ObjectionView)}
	today := month.Date(d.now).Format("2006-01-02")
	for _, o := range d.objections {
		if voice.Overdue(o, today) {
			objections.Tag = kit.Tag(kit.Red, "有超期")
		}
	}
	return []kit.KpiProps{pending, objections, d.entered(), d.lastNotice()}
}

// entered is what was posted this month.
func (d desk) entered() kit.KpiProps {
	lines, points := 0, int64(0)
	for _, s := range d.sheets {
		if s.PostedAt != nil && month.Of(*s.PostedAt) == month.Of(d.now) {
			lines, points = lines+s.Lines, points+s.Points
		}
	}
	return kit.KpiProps{Label: "本月已入账", Value: kit.Number(int(points)), Unit: "分", Note: fmt.Sprintf("%d 条", lines), Link: "看签字表", Href: d.door("/months", authz.SheetView)}
}

func (d desk) lastNotice() kit.KpiProps {
	if len(d.notices) == 0 {
		return kit.KpiProps{Label: "最近公示", Value: "—", Note: "还没有公示过"}
	}
	n := d.notices[0]
	return kit.KpiProps{Label: "最近公示", Value: strconv.Itoa(n.Month.Number()), Unit: "月", Note: shell.Moment(n.PublishedAt), Link: "看公示", Href: d.door(monthly.MonthPath(n.Month)+"/notice", authz.NoticeView)}
}
