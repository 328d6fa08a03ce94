package tenants

import "cunfen/internal/rulebook"

// settingKeys must all stand in the template; a village writes only those that it settles otherwise.
var settingKeys = []string{"base_lock_months", "base_carried", "base_usable", "honour_total", "amendment", "mirrors", "overlaps", "no_unit",
	"contest_entry", "open_ceiling", "open_extra_signers", "objection_days", "appeal_days", "hold_disputed", "budget_guard",
	"exemptions", "share_ranking", "december_open", "below_zero", "redemption_needs", "put_right", "repairs", "fade_months", "minor_deducts"}

// settings reads what a sheet says of D1–D11 on top of what was settled before.
func settings(c record, was rulebook.Settings) rulebook.Settings {
	s := rulebook.Settings{
		BaseLockMonths:   c.maybeNumber("base_lock_months", "基础积分锁定的月数", 0, 60, was.BaseLockMonths),
		BaseCarried:      c.flag("base_carried", was.BaseCarried),
		BaseUsable:       c.flag("base_usable", was.BaseUsable),
		HonourTotal:      c.flag("honour_total", was.HonourTotal),
		Amendment:        maybeChoice(c, "amendment", []string{rulebook.EachQuarter, rulebook.EachYear}, was.Amendment),
		Mirrors:          maybeChoice(c, "mirrors", []string{rulebook.EitherOr, rulebook.Both}, was.Mirrors),
		Overlaps:         maybeChoice(c, "overlaps", []string{rulebook.Largest, rulebook.Each}, was.Overlaps),
		NoUnit:           maybeChoice(c, "no_unit", []string{rulebook.OnceAYear}, was.NoUnit),
		ContestEntry:     maybeChoice(c, "contest_entry", []string{rulebook.Replaced, rulebook.Added}, was.ContestEntry),
		OpenCeiling:      c.maybeNumber("open_ceiling", "由村议定的上限", 1, 50, was.OpenCeiling),
		OpenExtraSigners: c.maybeNumber("open_extra_signers", "多签的人数", 1, 5, was.OpenExtraSigners),
		ObjectionDays:    c.maybeNumber("objection_days", "异议期天数", 5, 30, was.ObjectionDays),
		AppealDays:       c.maybeNumber("appeal_days", "申诉期天数", 7, 60, was.AppealDays),
		HoldDisputed:     c.flag("hold_disputed", was.HoldDisputed),
		BudgetGuard:      c.flag("budget_guard", was.BudgetGuard),
		Exemptions:       c.flag("exemptions", was.Exemptions),
		ShareRanking:     c.flag("share_ranking", was.ShareRanking),
		DecemberOpen:     c.flag("december_open", was.DecemberOpen),
		BelowZero:        c.flag("below_zero", was.BelowZero),
		RedemptionNeeds:  was.RedemptionNeeds,
		PutRight:         maybeChoice(c, "put_right", []string{rulebook.NoDeduction, rulebook.Half}, was.PutRight),
		Repairs:          c.flag("repairs", was.Repairs),
		FadeMonths:       c.maybeNumber("fade_months", "减分不再显示的月数", 0, 60, was.FadeMonths),
		MinorDeducts:     c.flag("minor_deducts", was.MinorDeducts),
	}
	if c.has("redemption_needs") {
		s.RedemptionNeeds = choices(c, "redemption_needs", rulebook.Needs)
	}
	c.close()
	return s
}
