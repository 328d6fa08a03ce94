package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/evaluation"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
)

// Quarter is a quarter of a year: "2026-4".
type Quarter struct{ evaluation.Quarter }

func (q Quarter) MarshalText() ([]byte, error) { return []byte(q.String()), nil }

func (q *Quarter) UnmarshalText(b []byte) error {
	parsed, ok := evaluation.ParseQuarter(string(b))
	if !ok {
		return fault.ErrNotFound
	}
	q.Quarter = parsed
	return nil
}

// Schema describes a quarter.
func (Quarter) Schema(huma.Registry) *huma.Schema {
	n := 6
	return &huma.Schema{Type: huma.TypeString, Pattern: `^20\d\d-[1-4]$`, PatternDescription: "季度，如 2026-4", MaxLength: &n, Examples: []any{"2026-4"}}
}

// ByQuarter names the quarter that an operation is about.
type ByQuarter struct {
	Quarter Quarter `path:"quarter" doc:"季度"`
}

// Evaluation is the village's look at its rules in a quarter.
type Evaluation struct {
	Quarter       Quarter   `json:"quarter"`
	State         string    `json:"state" enum:"open,proposed,decided"`
	Version       int       `json:"version" doc:"按第几版细则"`
	Households    int       `json:"households"`
	Entries       int       `json:"entries" doc:"要人填的条数"`
	Burden        float64   `json:"burden" doc:"每户几条"`
	Items         []ItemUse `json:"items,omitempty"`
	OpinionsUntil Day       `json:"opinions_until"`
	Said          int       `json:"said" doc:"收到的意见"`
	Proposal      string    `json:"proposal,omitempty"`
	Outcome       string    `json:"outcome,omitempty" enum:"keep,amend"`
	Decision      string    `json:"decision,omitempty"`
	DecidedBy     string    `json:"decided_by,omitempty"`
}

// ItemUse is how one item was used.
type ItemUse struct {
	Code       string `json:"code"`
	Title      string `json:"title"`
	Times      int    `json:"times" doc:"入账几笔"`
	Points     int    `json:"points"`
	Households int    `json:"households"`
	Claimed    int    `json:"claimed"`
	Refused    int    `json:"refused"`
	Objected   int    `json:"objected"`
	Opinions   int    `json:"opinions"`
	Never      bool   `json:"never" doc:"没人用过"`
	Always     bool   `json:"always" doc:"家家都有"`
}

func evaluationOf(e evaluation.Evaluation) Evaluation {
	return Evaluation{Quarter: Quarter{e.Quarter}, State: e.State, Version: e.Pack.Version, Households: e.Pack.Households, Entries: e.Pack.Entries, Burden: e.Pack.Burden, OpinionsUntil: dayOf(e.OpinionsUntil), Said: e.Said,
		Proposal: e.Proposal, Outcome: e.Outcome, Decision: e.Decision, DecidedBy: e.DecidedBy}
}

func wholeEvaluation(e evaluation.Evaluation) Evaluation {
	out := evaluationOf(e)
	out.Items = each(e.Pack.Items, func(u evaluation.Use) ItemUse {
		return ItemUse{u.Code, u.Title, u.Times, u.Points, u.Households, u.Claimed, u.Refused, u.Objected, u.Opinions, u.Never(), u.Always(e.Pack.Households)}
	})
	return out
}

type evaluationsInput struct {
	State  string `query:"state" enum:"open,proposed,decided"`
	Search string `query:"q" maxLength:"40" doc:"季度、建议或决定"`
	Paged
}

func (t *table) listEvaluations(ctx context.Context, who actor.Actor, in *evaluationsInput) (*list[Evaluation], error) {
	return sayAll(evaluationOf)(t.Evaluation.Find(ctx, who, evaluation.Filter{State: in.State, Search: in.Search, Page: in.page()}))
}

func (t *table) showOpenEvaluation(ctx context.Context, who actor.Actor, _ *nothing) (*reply[Evaluation], error) {
	return say(wholeEvaluation)(t.Evaluation.Open(ctx, who))
}

// OwnEvaluation is the newest round of opinions as a household sees it.
type OwnEvaluation struct {
	Quarter       Quarter `json:"quarter"`
	OpinionsUntil Day     `json:"opinions_until"`
	Taking        bool    `json:"taking" doc:"还在听取意见"`
	Items         []Asked `json:"items" doc:"可以对哪几条提"`
	Said          []Voice `json:"said" doc:"自家提过的"`
	Outcome       string  `json:"outcome,omitempty" enum:"keep,amend"`
	Decision      string  `json:"decision,omitempty"`
}

// Asked is an item that a household is asked about.
type Asked struct {
	Code  string `json:"code"`
	Title string `json:"title"`
}

func (t *table) showOwnEvaluation(ctx context.Context, who actor.Actor, _ *nothing) (*reply[OwnEvaluation], error) {
	e, said, err := t.Evaluation.Own(ctx, who)
	return say(func(e evaluation.Evaluation) OwnEvaluation {
		return OwnEvaluation{Quarter{e.Quarter}, dayOf(e.OpinionsUntil), e.Taking(t.DB.Now()), each(e.Pack.Items, func(u evaluation.Use) Asked { return Asked{u.Code, u.Title} }), each(said, voiceOf), e.Outcome, e.Decision}
	})(e, err)
}

func (t *table) showEvaluation(ctx context.Context, who actor.Actor, in *ByQuarter) (*reply[Evaluation], error) {
	e, _, err := t.Evaluation.Show(ctx, who, in.Quarter.Quarter)
	return say(wholeEvaluation)(e, err)
}

// Voice is what a household said of an item.
type Voice struct {
	HouseholdID uuid.UUID         `json:"household_id"`
	Door        string            `json:"door"`
	Item        string            `json:"item,omitempty" doc:"空为细则整体"`
	Stance      evaluation.Stance `json:"stance" enum:"keep,raise,lower,drop,add"`
	Text        string            `json:"text,omitempty"`
	Channel     string            `json:"channel" enum:"self,counter,paper"`
	At          time.Time         `json:"at"`
}

func voiceOf(o evaluation.Opinion) Voice {
	return Voice{o.HouseholdID, o.Door, o.Item, o.Stance, o.Text, o.Channel, o.At}
}

type voicesInput struct {
	ByQuarter
	Item    string            `query:"item" maxLength:"8" doc:"项目的编号；- 为细则整体"`
	Stance  evaluation.Stance `query:"stance" enum:"keep,raise,lower,drop,add"`
	Channel string            `query:"channel" enum:"self,counter,paper"`
	Search  string            `query:"q" maxLength:"40"`
	Paged
}

func (t *table) listVoices(ctx context.Context, who actor.Actor, in *voicesInput) (*list[Voice], error) {
	return sayAll(voiceOf)(t.Evaluation.Voices(ctx, who, in.Quarter.Quarter, evaluation.Voice{Item: in.Item, Stance: in.Stance, Channel: in.Channel, Search: in.Search, Page: in.page()}))
}

// NewVoice is one opinion of a sheet.
type NewVoice struct {
	Item   string            `json:"item,omitempty" maxLength:"8" doc:"空为细则整体"`
	Stance evaluation.Stance `json:"stance" enum:"keep,raise,lower,drop,add"`
	Text   string            `json:"text,omitempty" maxLength:"300"`
}

// VoicesTaken is what became of a sheet.
type VoicesTaken struct {
	New    int `json:"new"`
	Before int `json:"before" doc:"以前提过，没有重记的"`
}

type sayInput struct {
	ByQuarter
	Body struct {
		HouseholdID uuid.UUID  `json:"household_id"`
		Channel     string     `json:"channel" enum:"counter,paper"`
		Opinions    []NewVoice `json:"opinions" maxItems:"120"`
	}
}

func (t *table) recordVoices(ctx context.Context, who actor.Actor, in *sayInput) (*reply[VoicesTaken], error) {
	return t.sayAll(ctx, who, in.Quarter, in.Body.HouseholdID, in.Body.Channel, in.Body.Opinions)
}

type sayOwnInput struct {
	ByQuarter
	Body struct {
		Opinions []NewVoice `json:"opinions" maxItems:"120"`
	}
}

func (t *table) sayOwn(ctx context.Context, who actor.Actor, in *sayOwnInput) (*reply[VoicesTaken], error) {
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	return t.sayAll(ctx, who, in.Quarter, who.Household, "self", in.Body.Opinions)
}

func (t *table) sayAll(ctx context.Context, who actor.Actor, q Quarter, home uuid.UUID, channel string, all []NewVoice) (*reply[VoicesTaken], error) {
	got, err := t.Evaluation.SayAll(ctx, who, q.Quarter, home, channel, each(all, func(v NewVoice) evaluation.Opinion {
		return evaluation.Opinion{Item: v.Item, Stance: v.Stance, Text: v.Text}
	}))
	return say(func(g evaluation.Taken) VoicesTaken { return VoicesTaken(g) })(got, err)
}

type proposeInput struct {
	ByQuarter
	Body struct {
		Proposal string `json:"proposal" maxLength:"1000" doc:"10 到 1000 字"`
	}
}

func (t *table) proposeEvaluation(ctx context.Context, who actor.Actor, in *proposeInput) (*reply[Evaluation], error) {
	return say(evaluationOf)(t.Evaluation.Propose(ctx, who, in.Quarter.Quarter, in.Body.Proposal))
}

type decideEvaluationInput struct {
	ByQuarter
	Body struct {
		Outcome  string `json:"outcome" enum:"keep,amend"`
		Decision string `json:"decision" maxLength:"1000" doc:"10 到 1000 字"`
	}
}

func (t *table) decideEvaluation(ctx context.Context, who actor.Actor, in *decideEvaluationInput) (*reply[Evaluation], error) {
	return say(evaluationOf)(t.Evaluation.Decide(ctx, who, in.Quarter.Quarter, in.Body.Outcome, in.Body.Decision))
}

// Exemption is an item that a household is free of.
type Exemption struct {
	ID          uuid.UUID `json:"id"`
	HouseholdID uuid.UUID `json:"household_id"`
	Door        string    `json:"door"`
	Item        string    `json:"item" doc:"P10，或分项如 N20a"`
	Reason      string    `json:"reason"`
	FromOn      Day       `json:"from_on"`
	UntilOn     *Day      `json:"until_on,omitempty"`
	EndedOn     *Day      `json:"ended_on,omitempty" doc:"从这天起照常评"`
	EndReason   string    `json:"end_reason,omitempty"`
	GrantedBy   string    `json:"granted_by"`
}

func exemptionOf(e exempt.Exemption) Exemption {
	return Exemption{e.ID, e.HouseholdID, e.Door, e.Item, e.Reason, dayOf(e.FromOn), maybeDay(e.UntilOn), maybeDay(e.EndedOn), e.EndReason, e.GrantedByName}
}

type exemptionsInput struct {
	Search string       `query:"q" maxLength:"40"`
	Item   string       `query:"item" maxLength:"8"`
	State  exempt.State `query:"state" enum:"upcoming,standing,lapsed,ended"`
	Paged
}

func (t *table) listExemptions(ctx context.Context, who actor.Actor, in *exemptionsInput) (*list[Exemption], error) {
	return sayAll(exemptionOf)(t.Exempt.List(ctx, who, exempt.Filter{Search: in.Search, Item: in.Item, State: in.State, Page: in.page()}))
}

func (t *table) listOwnExemptions(ctx context.Context, who actor.Actor, in *Paged) (*list[Exemption], error) {
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	return sayAll(exemptionOf)(t.Exempt.List(ctx, who, exempt.Filter{Household: who.Household, Page: in.page()}))
}

type exemptInput struct {
	ByID
	Body struct {
		Item    string `json:"item" maxLength:"8"`
		Reason  string `json:"reason" maxLength:"200" doc:"为什么不适用（4 到 200 字）"`
		FromOn  *Day   `json:"from_on,omitempty" doc:"不填为今天"`
		UntilOn *Day   `json:"until_on,omitempty"`
	}
}

func (t *table) grantExemption(ctx context.Context, who actor.Actor, in *exemptInput) (*reply[Exemption], error) {
	d := exempt.Draft{Household: in.ID, Item: in.Body.Item, Reason: in.Body.Reason}
	if in.Body.FromOn != nil {
		d.FromOn = in.Body.FromOn.t
	}
	if in.Body.UntilOn != nil {
		d.UntilOn = in.Body.UntilOn.t
	}
	return say(exemptionOf)(t.Exempt.Grant(ctx, who, d))
}

type endExemptionInput struct {
	ByID
	Because
}

func (t *table) endExemption(ctx context.Context, who actor.Actor, in *endExemptionInput) (*reply[Exemption], error) {
	return say(exemptionOf)(t.Exempt.End(ctx, who, in.ID, in.Body.Reason))
}
