package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/adoption"
	"cunfen/internal/evidence"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rehearse"
	"cunfen/internal/rulebook"
)

// RuleDraft is a rule set in the making.
type RuleDraft struct {
	ID          uuid.UUID      `json:"id"`
	State       adoption.State `json:"state" enum:"drafting,submitted,returned,accepted,discarded"`
	Version     int            `json:"version" doc:"改动时带上，别人改过就会被拒绝"`
	InForceFrom Day            `json:"in_force_from"`
	Reason      string         `json:"reason"`
	BasePoints  int            `json:"base_points"`
	Advice      string         `json:"advice,omitempty" doc:"镇里的意见"`
	StartedBy   string         `json:"started_by"`
	StartedAt   time.Time      `json:"started_at"`
	SubmittedAt *time.Time     `json:"submitted_at,omitempty"`
	DecidedBy   string         `json:"decided_by,omitempty"`
	DecidedAt   *time.Time     `json:"decided_at,omitempty"`
	RuleVersion *int           `json:"rule_version,omitempty" doc:"备案后成为第几版"`
}

// WholeDraft is a draft with what stands beside it.
type WholeDraft struct {
	RuleDraft
	Settings RuleSettings  `json:"settings"`
	Items    []Item        `json:"items"`
	Changes  []string      `json:"changes" doc:"和现行细则比，用话说"`
	Own      []string      `json:"own" doc:"和镇里文件的清单比，用话说"`
	LastYear []string      `json:"last_year,omitempty" doc:"和去年的细则比，用话说"`
	Findings []LintFinding `json:"findings"`
	Steps    []RuleStep    `json:"steps" doc:"四议两公开：对现在的文本作数的"`
}

// LintFinding is what the check of the text says.
type LintFinding struct {
	Code    string `json:"code,omitempty" doc:"哪一条；空为整部细则"`
	Field   string `json:"field,omitempty" doc:"哪一栏"`
	Rule    string `json:"rule"`
	Text    string `json:"text"`
	Refuses bool   `json:"refuses" doc:"不改就不能报"`
}

// RuleStep is one recorded step.
type RuleStep struct {
	Step     int         `json:"step" doc:"第几步（1 到 6）"`
	Name     string      `json:"name"`
	HeldOn   Day         `json:"held_on"`
	Place    string      `json:"place"`
	Eligible int         `json:"eligible"`
	Present  int         `json:"present"`
	Agreed   int         `json:"agreed"`
	Minutes  string      `json:"minutes"`
	By       string      `json:"by"`
	At       time.Time   `json:"at"`
	Evidence []uuid.UUID `json:"evidence"`
}

func ruleDraftOf(d adoption.Draft) RuleDraft {
	return RuleDraft{ID: d.ID, State: d.State, Version: d.Version, InForceFrom: dayOf(month.Date(d.Body.InForceFrom)), Reason: d.Body.Reason, BasePoints: d.Body.BasePoints, Advice: d.Advice, StartedBy: d.StartedBy, StartedAt: d.StartedAt,
		SubmittedAt: d.SubmittedAt, DecidedBy: d.DecidedBy, DecidedAt: d.DecidedAt, RuleVersion: d.RuleVersion}
}

func wholeDraftOf(w adoption.Whole) WholeDraft {
	said := func(all []adoption.Difference) []string { return each(all, adoption.Difference.String) }
	out := WholeDraft{RuleDraft: ruleDraftOf(w.Draft), Settings: settingsOf(w.Body.Settings), Items: each(w.Body.Items, itemOf), Changes: said(adoption.Compare(w.Base, w.Body)), Own: said(adoption.Compare(w.Document, w.Body)), Steps: []RuleStep{},
		Findings: each(w.Findings, func(f adoption.Finding) LintFinding { return LintFinding{f.Code, f.Field, f.Rule, f.Text, f.Refuse} })}
	if w.LastYear.Version > 0 {
		out.LastYear = said(adoption.Compare(w.LastYear, w.Body))
	}
	have := adoption.Standing(w.Steps, w.Digest)
	for _, k := range adoption.Kinds {
		if s, ok := have[k]; ok {
			out.Steps = append(out.Steps, RuleStep{Step: int(k), Name: k.Chinese(), HeldOn: dayOf(s.HeldOn), Place: s.Place, Eligible: s.Eligible, Present: s.Present, Agreed: s.Agreed, Minutes: s.Minutes, By: s.ByName, At: s.At,
				Evidence: each(s.Photos, func(p evidence.Evidence) uuid.UUID { return p.ID })})
		}
	}
	return out
}

func (t *table) showDraft(ctx context.Context, who actor.Actor, _ *nothing) (*reply[WholeDraft], error) {
	return say(wholeDraftOf)(t.Adoption.Current(ctx, who))
}

type draftsInput struct {
	State  adoption.State `query:"state" enum:"drafting,submitted,returned,accepted,discarded"`
	Search string         `query:"q" maxLength:"40" doc:"说明、人名或镇里的意见"`
	Paged
}

func (t *table) listDrafts(ctx context.Context, who actor.Actor, in *draftsInput) (*list[RuleDraft], error) {
	return sayAll(ruleDraftOf)(t.Adoption.List(ctx, who, adoption.Filter{State: in.State, Search: in.Search, Page: in.page()}))
}

func (t *table) findDraft(ctx context.Context, who actor.Actor, in *ByID) (*reply[WholeDraft], error) {
	return say(wholeDraftOf)(t.Adoption.Find(ctx, who, in.ID))
}

type startDraftInput struct {
	Body struct {
		From string `json:"from" enum:"force,base" doc:"force 从现行细则，base 从镇里文件的清单"`
	}
}

func (t *table) startDraft(ctx context.Context, who actor.Actor, in *startDraftInput) (*reply[RuleDraft], error) {
	return say(ruleDraftOf)(t.Adoption.Start(ctx, who, in.Body.From == "base"))
}

// ByCode names an item of the draft.
type ByCode struct {
	Code string `path:"code" maxLength:"8" doc:"项目的编号"`
}

type editItemInput struct {
	ByCode
	Body struct {
		Version   int              `json:"version,omitempty" minimum:"0" maximum:"1000000" doc:"读到的草案 version；0 不检查"`
		Title     string           `json:"title" maxLength:"30"`
		Text      string           `json:"text" maxLength:"500"`
		ValueText string           `json:"value_text" maxLength:"40"`
		Points    map[string]Count `json:"points,omitempty" maxProperties:"12" doc:"分项的编号到分值，不带加减号"`
		Ceiling   int              `json:"ceiling,omitempty" minimum:"0" maximum:"100"`
		On        bool             `json:"on"`
		Reason    string           `json:"reason" maxLength:"200" doc:"为什么改，村民会看到（4 到 200 字）"`
	}
}

func (t *table) editItem(ctx context.Context, who actor.Actor, in *editItemInput) (*reply[RuleDraft], error) {
	b := in.Body
	return say(ruleDraftOf)(t.Adoption.Edit(ctx, who, b.Version, in.Code, adoption.Edit{Title: b.Title, Text: b.Text, ValueText: b.ValueText, Points: counted(b.Points), Ceiling: b.Ceiling, On: b.On, Why: b.Reason}))
}

type addItemInput struct {
	Body struct {
		Version int              `json:"version,omitempty" minimum:"0" maximum:"1000000"`
		Sign    rulebook.Sign    `json:"sign" enum:"plus,minus"`
		Class   string           `json:"class" maxLength:"30"`
		Title   string           `json:"title" maxLength:"30"`
		Text    string           `json:"text" maxLength:"500"`
		Unit    rulebook.Unit    `json:"unit" enum:"person_time,time,month,quarter,year,spot,award,open"`
		Points  Count            `json:"points" doc:"不带加减号；open 的为上限"`
		Monthly bool             `json:"monthly,omitempty"`
		Notice  rulebook.Notice  `json:"notice,omitempty" enum:"A,B,C,X"`
		Focus   []rulebook.Focus `json:"focus,omitempty" maxItems:"5" enum:"civility,party,environment,waste,volunteering"`
		Proofs  []Proof          `json:"proofs" maxItems:"14"`
		Reason  string           `json:"reason" maxLength:"200"`
	}
}

func (t *table) addItem(ctx context.Context, who actor.Actor, in *addItemInput) (*reply[RuleDraft], error) {
	b := in.Body
	d, _, err := t.Adoption.Add(ctx, who, b.Version, adoption.NewItem{Sign: b.Sign, Class: b.Class, Title: b.Title, Text: b.Text, Unit: b.Unit, Points: int(b.Points), Monthly: b.Monthly, Notice: b.Notice, Focus: b.Focus,
		Proofs: proofsOf(b.Proofs), Why: b.Reason})
	return say(ruleDraftOf)(d, err)
}

type dropItemInput struct {
	ByCode
	Because
}

func (t *table) dropItem(ctx context.Context, who actor.Actor, in *dropItemInput) (*reply[RuleDraft], error) {
	return say(ruleDraftOf)(t.Adoption.Drop(ctx, who, 0, in.Code, in.Body.Reason))
}

type restoreItemInput struct{ ByCode }

func (t *table) restoreItem(ctx context.Context, who actor.Actor, in *restoreItemInput) (*reply[RuleDraft], error) {
	return say(ruleDraftOf)(t.Adoption.Restore(ctx, who, 0, in.Code))
}

type stepInput struct {
	Step int `path:"step" minimum:"1" maximum:"6" doc:"第几步"`
	Body struct {
		HeldOn   Day         `json:"held_on"`
		Place    string      `json:"place" maxLength:"60"`
		Eligible int         `json:"eligible,omitempty" minimum:"0" maximum:"5000" doc:"应到；两个公开不用填"`
		Present  int         `json:"present,omitempty" minimum:"0" maximum:"5000"`
		Agreed   int         `json:"agreed,omitempty" minimum:"0" maximum:"5000"`
		Minutes  string      `json:"minutes" maxLength:"2000" doc:"记录（10 到 2000 字）"`
		Evidence []uuid.UUID `json:"evidence,omitempty" maxItems:"9" uniqueItems:"true" doc:"照片的编号"`
	}
}

func (t *table) recordStep(ctx context.Context, who actor.Actor, in *stepInput) (*reply[RuleDraft], error) {
	b := in.Body
	return say(ruleDraftOf)(t.Adoption.Record(ctx, who, adoption.Step{Step: adoption.Kind(in.Step), HeldOn: b.HeldOn.t, Place: b.Place, Eligible: b.Eligible, Present: b.Present, Agreed: b.Agreed, Minutes: b.Minutes}, b.Evidence...))
}

func (t *table) submitDraft(ctx context.Context, who actor.Actor, _ *nothing) (*reply[RuleDraft], error) {
	return say(ruleDraftOf)(t.Adoption.Submit(ctx, who))
}

func (t *table) discardDraft(ctx context.Context, who actor.Actor, in *Because) (*reply[RuleDraft], error) {
	return say(ruleDraftOf)(t.Adoption.Discard(ctx, who, in.Body.Reason))
}

// Rehearsal is what a year's events would have given under a draft.
type Rehearsal struct {
	Year    int              `json:"year"`
	Made    bool             `json:"made" doc:"这一年没有记录，是推想的"`
	Events  int              `json:"events"`
	Groups  []RehearsalGroup `json:"groups" doc:"第一类是全部住户"`
	Classes []RehearsalClass `json:"classes"`
	Owed    [2]int64         `json:"owed" doc:"可兑的分：现行、试算"`
	Supply  int64            `json:"supply" doc:"已换的和库存的物资，按积分"`
	Buys    int64            `json:"buys" doc:"预算没花的钱还能买多少分的物资"`
	Left    [2]int64         `json:"left" doc:"全部兑完还余多少分：现行、试算；负数为不够"`
	Verdict rehearse.Verdict `json:"verdict" enum:"enough,no_longer,never" doc:"试算下够兑；现行够、试算不够；都不够"`
	Gainers []RehearsalHome  `json:"gainers" doc:"多得最多的五户"`
	Losers  []RehearsalHome  `json:"losers" doc:"少得最多的五户"`
	Unseen  []string         `json:"unseen" doc:"新启用、没有事可以套的事项"`
	Lost    int              `json:"lost" doc:"事项不再计分的事"`
}

// RehearsalHome is one household's year.
type RehearsalHome struct {
	HouseholdID uuid.UUID `json:"household_id"`
	Door        string    `json:"door"`
	Before      int       `json:"before"`
	After       int       `json:"after"`
}

// RehearsalGroup is one kind of household.
type RehearsalGroup struct {
	Label  string `json:"label"`
	Homes  int    `json:"homes"`
	Before int    `json:"before" doc:"合计，现行"`
	After  int    `json:"after" doc:"合计，试算"`
	Gain   int    `json:"gain" doc:"变多的户"`
	Lose   int    `json:"lose" doc:"变少的户"`
}

// RehearsalClass is one class of items.
type RehearsalClass struct {
	Sign   rulebook.Sign `json:"sign" enum:"plus,minus"`
	Name   string        `json:"name"`
	Before int           `json:"before"`
	After  int           `json:"after"`
}

func rehearsalOf(r rehearse.Report, buys int64) Rehearsal {
	fate := r.Fate(buys)
	home := func(c rehearse.Change) RehearsalHome { return RehearsalHome{c.ID, c.Door, c.Before, c.After} }
	return Rehearsal{Year: r.Year, Made: r.Made, Events: r.Events, Owed: r.Owed, Supply: r.Goods.Supply(), Buys: buys, Left: fate.Left, Verdict: fate.Verdict(),
		Gainers: each(r.Gainers, home), Losers: each(r.Losers, home), Unseen: each(r.Unseen, same[string]), Lost: r.Uncountable,
		Groups: each(r.Groups, func(g rehearse.Group) RehearsalGroup {
			return RehearsalGroup{g.Label, g.Homes, g.Before, g.After, g.Gain, g.Lose}
		}),
		Classes: each(r.Classes, func(c rehearse.Class) RehearsalClass { return RehearsalClass{c.Sign, c.Name, c.Before, c.After} })}
}

type rehearseInput struct {
	ByID
	Year int `query:"year" minimum:"2020" maximum:"2099" doc:"用哪一年的事；不填为去年，去年没有则今年"`
}

func (t *table) rehearseDraft(ctx context.Context, who actor.Actor, in *rehearseInput) (*reply[Rehearsal], error) {
	w, err := t.Adoption.Find(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	r, err := t.Rehearse.Rehearse(ctx, who, in.Year, func(pg.Tx, rulebook.RuleSet) (rulebook.RuleSet, error) { return w.Body, nil })
	if err != nil {
		return nil, err
	}
	g, err := t.Budget.Guard(ctx, who)
	buys := int64(0)
	if g.Year == r.Year {
		buys = g.Buys()
	}
	return say(func(r rehearse.Report) Rehearsal { return rehearsalOf(r, buys) })(r, err)
}

// TownRuleDraft is a village's draft in the township's list.
type TownRuleDraft struct {
	VillageID   int64          `json:"village_id"`
	Village     string         `json:"village"`
	ID          uuid.UUID      `json:"id"`
	State       adoption.State `json:"state" enum:"drafting,submitted,returned,accepted,discarded"`
	InForceFrom string         `json:"in_force_from"`
	ChangedAt   time.Time      `json:"changed_at"`
	SubmittedAt *time.Time     `json:"submitted_at,omitempty"`
}

type townDraftsInput struct {
	State  adoption.State `query:"state" enum:"drafting,submitted,returned,accepted,discarded"`
	Search string         `query:"q" maxLength:"40" doc:"村名"`
	Paged
}

func (t *table) listTownDrafts(ctx context.Context, who actor.Actor, in *townDraftsInput) (*list[TownRuleDraft], error) {
	return sayAll(func(r adoption.Row) TownRuleDraft {
		return TownRuleDraft{int64(r.VillageID), r.Village, r.ID, r.State, r.InForceFrom, r.ChangedAt, r.SubmittedAt}
	})(t.Adoption.OfficeList(ctx, who, adoption.Filter{State: in.State, Search: in.Search, Page: in.page()}))
}

// ByTownDraft names a draft of a village of the township.
type ByTownDraft struct {
	Village int64     `path:"village" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	ID      uuid.UUID `path:"id" doc:"草案的编号"`
}

func (t *table) showTownDraft(ctx context.Context, who actor.Actor, in *ByTownDraft) (*reply[WholeDraft], error) {
	return say(wholeDraftOf)(t.Adoption.OfficeFind(ctx, who, actor.VillageID(in.Village), in.ID))
}

type adviseInput struct {
	ByTownDraft
	Body struct {
		Version     int    `json:"version,omitempty" minimum:"0" maximum:"1000000" doc:"读到的草案 version；0 不检查"`
		Advice      string `json:"advice,omitempty" maxLength:"500"`
		InForceFrom *Day   `json:"in_force_from,omitempty" doc:"备案时可以比村里定的晚，不能早"`
	}
}

func (t *table) adviseDraft(ctx context.Context, who actor.Actor, in *adviseInput) (*reply[RuleDraft], error) {
	return say(ruleDraftOf)(t.Adoption.Advise(ctx, who, actor.VillageID(in.Village), in.ID, in.Body.Advice))
}

func (t *table) returnDraft(ctx context.Context, who actor.Actor, in *adviseInput) (*reply[RuleDraft], error) {
	return say(ruleDraftOf)(t.Adoption.Return(ctx, who, actor.VillageID(in.Village), in.ID, in.Body.Version, in.Body.Advice))
}

func (t *table) acceptDraft(ctx context.Context, who actor.Actor, in *adviseInput) (*reply[RuleDraft], error) {
	from := ""
	if in.Body.InForceFrom != nil {
		from = in.Body.InForceFrom.text()
	}
	return say(ruleDraftOf)(t.Adoption.Accept(ctx, who, actor.VillageID(in.Village), in.ID, in.Body.Version, from, in.Body.Advice))
}

// LegalReview is the township's legal review of an item that is off unless reviewed.
type LegalReview struct {
	Item       string `json:"item"`
	Number     int    `json:"number" doc:"这一条的第几次审查"`
	Document   string `json:"document"`
	Opinion    string `json:"opinion"`
	ReviewedBy string `json:"reviewed_by"`
	ReviewedOn Day    `json:"reviewed_on"`
	EndsOn     *Day   `json:"ends_on,omitempty" doc:"撤回了：从这天起不再作数"`
	EndReason  string `json:"end_reason,omitempty"`
}

func legalOf(r adoption.Review) LegalReview {
	return LegalReview{r.Item, r.Number, r.Document, r.Opinion, r.ReviewedBy, dayOf(r.ReviewedOn), maybeDay(r.EndsOn), r.EndReason}
}

func (t *table) listLegal(ctx context.Context, who actor.Actor, in *villageInput) (*list[LegalReview], error) {
	_, all, err := t.Adoption.Legal(ctx, who, actor.VillageID(in.ID))
	return whole(legalOf)(all, err)
}

type legalInput struct {
	Village int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	Body    struct {
		Item     string `json:"item" maxLength:"8"`
		Document string `json:"document" maxLength:"60" doc:"凭什么文书认定"`
		Opinion  string `json:"opinion" maxLength:"500" doc:"10 到 500 字"`
	}
}

func (t *table) recordLegal(ctx context.Context, who actor.Actor, in *legalInput) (*reply[LegalReview], error) {
	return say(legalOf)(t.Adoption.Review(ctx, who, actor.VillageID(in.Village), in.Body.Item, in.Body.Document, in.Body.Opinion))
}

type withdrawLegalInput struct {
	Village int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	Body    struct {
		Item   string `json:"item" maxLength:"8"`
		Reason string `json:"reason" maxLength:"200" doc:"村里和村民会看到（4 到 200 字）"`
	}
}

func (t *table) withdrawLegal(ctx context.Context, who actor.Actor, in *withdrawLegalInput) (*reply[LegalReview], error) {
	return say(legalOf)(t.Adoption.Withdraw(ctx, who, actor.VillageID(in.Village), in.Body.Item, in.Body.Reason))
}
