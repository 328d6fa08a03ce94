package api

import (
	"context"

	"cunfen/internal/actor"
	"cunfen/internal/adoption"
	"cunfen/internal/fault"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// RuleSettings is what the document leaves open, as the village has settled it.
type RuleSettings struct {
	BaseLockMonths   int             `json:"base_lock_months" minimum:"0" maximum:"60" doc:"基础积分锁定几个月"`
	BaseCarried      bool            `json:"base_carried" doc:"基础积分年终不清零"`
	BaseUsable       bool            `json:"base_usable" doc:"锁定期满，基础积分可以兑换"`
	HonourTotal      bool            `json:"honour_total" doc:"另记荣誉累计分"`
	Amendment        string          `json:"amendment" enum:"quarter,year" doc:"细则最多多久改一次"`
	Mirrors          string          `json:"mirrors" enum:"either_or,both" doc:"正反对应的项目：同一期只得其一，或两边都计"`
	Overlaps         string          `json:"overlaps" enum:"largest,each" doc:"重叠的减分：只取最大一笔，或逐项计"`
	ContestEntry     string          `json:"contest_entry" enum:"replaced,added" doc:"参赛又得奖：只计奖项分，或相加"`
	OpenCeiling      int             `json:"open_ceiling" minimum:"1" maximum:"50" doc:"由村议定的项目一次最多几分"`
	OpenExtraSigners int             `json:"open_extra_signers" minimum:"1" maximum:"5" doc:"由村议定的项目多几人签字"`
	ObjectionDays    int             `json:"objection_days" minimum:"5" maximum:"30"`
	AppealDays       int             `json:"appeal_days" minimum:"7" maximum:"60"`
	HoldDisputed     bool            `json:"hold_disputed" doc:"有争议的分，决定前不计"`
	BudgetGuard      bool            `json:"budget_guard" doc:"可兑积分不超过物资和预算余额"`
	Exemptions       bool            `json:"exemptions" doc:"不适用的项目可以逐户免评"`
	ShareRanking     bool            `json:"share_ranking" doc:"按可得分成数另排名"`
	DecemberOpen     bool            `json:"december_open" doc:"十二月公示结束以后才清零"`
	BelowZero        bool            `json:"below_zero" doc:"减分后，本年积分可以低于零"`
	RedemptionNeeds  []rulebook.Need `json:"redemption_needs" maxItems:"3" uniqueItems:"true" enum:"notice,passbook,signature" doc:"兑换前要做到"`
	PutRight         string          `json:"put_right" enum:"none,half" doc:"限期内改好的减分：不减，或减一半"`
	Repairs          bool            `json:"repairs" doc:"可以做修复任务"`
	FadeMonths       int             `json:"fade_months" minimum:"0" maximum:"60" doc:"减分几个月后住户页面不再显示；0 为一直显示"`
	MinorDeducts     bool            `json:"minor_deducts" doc:"未成年人的事也减分"`
}

func settingsOf(s rulebook.Settings) RuleSettings {
	return RuleSettings{s.BaseLockMonths, s.BaseCarried, s.BaseUsable, s.HonourTotal, s.Amendment, s.Mirrors, s.Overlaps, s.ContestEntry, s.OpenCeiling, s.OpenExtraSigners, s.ObjectionDays, s.AppealDays, s.HoldDisputed,
		s.BudgetGuard, s.Exemptions, s.ShareRanking, s.DecemberOpen, s.BelowZero, each(s.RedemptionNeeds, same[rulebook.Need]), s.PutRight, s.Repairs, s.FadeMonths, s.MinorDeducts}
}

// on puts the settings in place of those that stood; what the document has no choice for stays.
func (r RuleSettings) on(was rulebook.Settings) rulebook.Settings {
	return rulebook.Settings{BaseLockMonths: r.BaseLockMonths, BaseCarried: r.BaseCarried, BaseUsable: r.BaseUsable, HonourTotal: r.HonourTotal, Amendment: r.Amendment, Mirrors: r.Mirrors, Overlaps: r.Overlaps, NoUnit: was.NoUnit,
		ContestEntry: r.ContestEntry, OpenCeiling: r.OpenCeiling, OpenExtraSigners: r.OpenExtraSigners, ObjectionDays: r.ObjectionDays, AppealDays: r.AppealDays, HoldDisputed: r.HoldDisputed, BudgetGuard: r.BudgetGuard,
		Exemptions: r.Exemptions, ShareRanking: r.ShareRanking, DecemberOpen: r.DecemberOpen, BelowZero: r.BelowZero, RedemptionNeeds: r.RedemptionNeeds, PutRight: r.PutRight, Repairs: r.Repairs, FadeMonths: r.FadeMonths, MinorDeducts: r.MinorDeducts}
}

type settleInput struct {
	Body struct {
		Version     int           `json:"version,omitempty" minimum:"0" maximum:"1000000"`
		InForceFrom Day           `json:"in_force_from"`
		Reason      string        `json:"reason" maxLength:"200" doc:"这一版的说明（4 到 200 字）"`
		BasePoints  int           `json:"base_points" minimum:"0" maximum:"10000"`
		Settings    *RuleSettings `json:"settings,omitempty" doc:"照草案里读到的改；不填则不变"`
	}
}

// settleDraft changes the head of the draft, and its settings where they are given.
func (t *table) settleDraft(ctx context.Context, who actor.Actor, in *settleInput) (*reply[RuleDraft], error) {
	w, err := t.Adoption.Current(ctx, who)
	if err != nil {
		return nil, err
	}
	b, s := in.Body, w.Body.Settings
	if b.Settings != nil {
		s = b.Settings.on(s)
	}
	return say(ruleDraftOf)(t.Adoption.Settle(ctx, who, b.Version, adoption.Settled{InForceFrom: b.InForceFrom.text(), Reason: b.Reason, BasePoints: b.BasePoints, Settings: s}))
}

// RulesFile is a draft as its rules.yaml.
type RulesFile struct {
	Text string `json:"text" doc:"rules.yaml"`
}

func (t *table) showDraftFile(ctx context.Context, who actor.Actor, _ *nothing) (*reply[RulesFile], error) {
	w, err := t.Adoption.Current(ctx, who)
	if err != nil {
		return nil, err
	}
	data, err := tenants.WriteRules(w.Body)
	return say(func(b []byte) RulesFile { return RulesFile{string(b)} })(data, err)
}

type rulesFileInput struct {
	Body struct {
		Version int    `json:"version,omitempty" minimum:"0" maximum:"1000000"`
		Text    string `json:"text" maxLength:"262144" doc:"rules.yaml 的全文"`
	}
}

var errLine = fault.New(fault.Invalid, "adoption.line", "第 %d 行：%s").On("text")

// replaceDraft puts a file in place of the draft's text; what is wrong with it is told line by line.
func (t *table) replaceDraft(ctx context.Context, who actor.Actor, in *rulesFileInput) (*reply[RuleDraft], error) {
	d, found, err := t.Adoption.Upload(ctx, who, in.Body.Version, "rules.yaml", []byte(in.Body.Text))
	if err == nil && len(found) > 0 {
		err = fault.Join(each(found, func(p tenants.Problem) *fault.Error { return errLine.With(p.Line, p.Text) })...)
	}
	return say(ruleDraftOf)(d, err)
}

// RuleEdition is one version of the village's rules.
type RuleEdition struct {
	Version     int      `json:"version"`
	Year        int      `json:"year"`
	InForceFrom Day      `json:"in_force_from"`
	Reason      string   `json:"reason"`
	Now         bool     `json:"now" doc:"现行的"`
	Coming      bool     `json:"coming" doc:"还没施行"`
	Changes     []string `json:"changes" doc:"比上一版（第一版比镇里文件的清单）改了什么、为什么"`
}

func (t *table) listEditions(ctx context.Context, who actor.Actor, _ *nothing) (*list[RuleEdition], error) {
	return whole(func(e adoption.Edition) RuleEdition {
		return RuleEdition{e.Version, e.Year, dayOf(e.InForceFrom), e.RuleSet.Reason, e.Now, e.Coming, each(e.Changes, adoption.Difference.String)}
	})(t.Adoption.Editions(ctx, who.Village))
}
