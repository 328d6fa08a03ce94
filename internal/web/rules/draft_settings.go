package rules

import (
	"strconv"

	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// draftSettings is the head of the rules being edited.
type draftSettings struct {
	kit.StaffPage
	adoption.Whole
	Form   adoption.Settled
	Typed  map[string]string
	Errors kit.Errors
	Today  string
}

// DraftSettings shows it.
func (s *Room) DraftSettings(c echo.Context) error { return s.draftSettings(c, nil) }

func (s *Room) draftSettings(c echo.Context, problem error) (err error) {
	p := draftSettings{StaffPage: s.Staff(c, "draft", "说明、生效日和定法"), Errors: kit.ErrorsOf(problem), Today: s.Today(), Typed: map[string]string{}}
	p.Path = "/rules/draft/settings"
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	b := p.Body
	p.Form = adoption.Settled{InForceFrom: b.InForceFrom.In(month.Zone).Format("2006-01-02"), Reason: b.Reason, BasePoints: b.BasePoints, Settings: b.Settings}
	for _, f := range settingNumbers {
		p.Typed[f.name] = strconv.Itoa(*f.of(&p.Form))
	}
	if problem != nil {
		p.Form.InForceFrom, p.Form.Reason = c.FormValue("in_force_from"), c.FormValue("reason")
		for _, f := range settingNumbers {
			p.Typed[f.name] = c.FormValue(f.name)
		}
		_ = readSettings(c, &p.Form)
	}
	return visit.Render(c, visit.Status(problem), draftSettingsEdit(p))
}

// settingNumbers are the settings that are numbers, with what they are called.
var settingNumbers = []struct {
	name, label, suffix string
	of                  func(*adoption.Settled) *int
}{
	{"base_points", "首次登记给多少基础积分", "分", func(f *adoption.Settled) *int { return &f.BasePoints }},
	{"base_lock_months", "基础积分锁定多久", "个月", func(f *adoption.Settled) *int { return &f.Settings.BaseLockMonths }},
	{"open_ceiling", "由村议定的项目一次最多", "分", func(f *adoption.Settled) *int { return &f.Settings.OpenCeiling }},
	{"open_extra_signers", "由村议定的项目多几人签字", "人", func(f *adoption.Settled) *int { return &f.Settings.OpenExtraSigners }},
	{"objection_days", "公示后几天内可以提异议", "天", func(f *adoption.Settled) *int { return &f.Settings.ObjectionDays }},
	{"fade_months", "减分几个月后住户页面不再显示（台账保留；0 为一直显示）", "个月", func(f *adoption.Settled) *int { return &f.Settings.FadeMonths }},
	{"appeal_days", "答复后几天内可以申诉", "天", func(f *adoption.Settled) *int { return &f.Settings.AppealDays }},
}

// settingChoices are the settings that are one of two, with the word that is meant and how it is said.
var settingChoices = []struct {
	name, label, a, sayA, b, sayB string
	of                            func(*rulebook.Settings) *string
}{
	{"amendment", "细则最多多久改一次", rulebook.EachQuarter, "每季度一次", rulebook.EachYear, "每年一次", func(s *rulebook.Settings) *string { return &s.Amendment }},
	{"mirrors", "正反对应的项目", rulebook.EitherOr, "同一期只得其一", rulebook.Both, "两边都计", func(s *rulebook.Settings) *string { return &s.Mirrors }},
	{"overlaps", "重叠的减分", rulebook.Largest, "只取最大一笔", rulebook.Each, "逐项计", func(s *rulebook.Settings) *string { return &s.Overlaps }},
	{"put_right", "限期内改好的减分", rulebook.NoDeduction, "不减分", rulebook.Half, "减一半", func(s *rulebook.Settings) *string { return &s.PutRight }},
	{"contest_entry", "参赛又得奖", rulebook.Replaced, "只计奖项分", rulebook.Added, "参赛分与奖项分相加", func(s *rulebook.Settings) *string { return &s.ContestEntry }},
}

// settingFlags are those that are on or off.
var settingFlags = []struct {
	name, label string
	of          func(*rulebook.Settings) *bool
}{
	{"base_carried", "基础积分年终不清零", func(s *rulebook.Settings) *bool { return &s.BaseCarried }},
	{"honour_total", "另记荣誉累计分，不清零、不兑换", func(s *rulebook.Settings) *bool { return &s.HonourTotal }},
	{"hold_disputed", "有争议的分，决定前不进总分、排名和兑换", func(s *rulebook.Settings) *bool { return &s.HoldDisputed }},
	{"budget_guard", "可兑积分不得超过物资和预算余额", func(s *rulebook.Settings) *bool { return &s.BudgetGuard }},
	{"exemptions", "不适用的项目可以逐户免评", func(s *rulebook.Settings) *bool { return &s.Exemptions }},
	{"share_ranking", "另按“可得分中得了几成”排一次名", func(s *rulebook.Settings) *bool { return &s.ShareRanking }},
	{"december_open", "十二月的公示结束以后才清零", func(s *rulebook.Settings) *bool { return &s.DecemberOpen }},
	{"repairs", "可以做修复任务，把减掉的分补回来", func(s *rulebook.Settings) *bool { return &s.Repairs }},
	{"minor_deducts", "未成年人的事也减分（不选的，只和家长面谈）", func(s *rulebook.Settings) *bool { return &s.MinorDeducts }},
	{"below_zero", "减分后，本年积分可以低于零", func(s *rulebook.Settings) *bool { return &s.BelowZero }},
}

func readSettings(c echo.Context, f *adoption.Settled) error {
	var faults []*fault.Error
	for _, n := range settingNumbers {
		v, bad := visit.Int(c, n.name, -1)
		if bad == nil && v < 0 {
			bad = visit.ErrNumber.On(n.name)
		}
		*n.of(f) = v
		faults = append(faults, bad)
	}
	for _, o := range settingChoices {
		if *o.of(&f.Settings) = o.a; c.FormValue(o.name) == o.b {
			*o.of(&f.Settings) = o.b
		}
	}
	for _, o := range settingFlags {
		*o.of(&f.Settings) = c.FormValue(o.name) != ""
	}
	return fault.Join(faults...)
}

// DraftSettingsSave keeps the head of the rules and the settings.
func (s *Room) DraftSettingsSave(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	w, err := s.Adoption.Current(ctx, who)
	if err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	f := adoption.Settled{Settings: w.Body.Settings, InForceFrom: c.FormValue("in_force_from"), Reason: c.FormValue("reason")}
	if err := readSettings(c, &f); err != nil {
		return s.draftSettings(c, err)
	}
	version, bad := visit.Int(c, "version", 0)
	if bad != nil {
		return bad
	}
	_, err = s.Adoption.Settle(ctx, who, version, f)
	if visit.Correctable(err) {
		return s.draftSettings(c, err)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/rules/draft", "已保存说明、生效日和定法")
}
