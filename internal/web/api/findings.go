package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/finding"
	"cunfen/internal/opinion"
)

// Finding is one deductible matter and how far its chain has come.
type Finding struct {
	ID         uuid.UUID     `json:"id"`
	Household  uuid.UUID     `json:"household_id"`
	Item       string        `json:"item"`
	Rules      int           `json:"rule_version"`
	Points     int           `json:"points" doc:"按细则减的分，负数"`
	Due        int           `json:"due" doc:"照现在的情形会减的分"`
	OccurredOn Day           `json:"occurred_on"`
	Matter     string        `json:"matter"`
	Private    bool          `json:"private" doc:"不在家里共用的屏幕上显示"`
	State      finding.State `json:"state" enum:"recorded,noticed,rechecked,heard,cleared,posted,closed,talk"`
	Outcome    string        `json:"outcome,omitempty" doc:"不减分而了结的原因"`
	DueOn      *Day          `json:"due_on,omitempty" doc:"整改期限"`
	Demand     string        `json:"demand,omitempty"`
	Delivered  []string      `json:"delivered" doc:"怎么送达的：screen、sms、slip"`
	Recheck    string        `json:"recheck,omitempty"`
	Heard      string        `json:"heard,omitempty" doc:"住户怎么说明的"`
	Decisions  []Decision    `json:"decisions"`
	RecordedBy string        `json:"recorded_by"`
	RecordedAt time.Time     `json:"recorded_at"`
	Recused    string        `json:"recused,omitempty" doc:"看的人为什么须回避"`
	Beside     []Beside      `json:"beside,omitempty" doc:"可能是同一件事的其他记录，决定以前先核对"`
}

// Beside is another finding to compare with.
type Beside struct {
	ID         uuid.UUID     `json:"id"`
	Door       string        `json:"door"`
	Head       string        `json:"head"`
	Matter     string        `json:"matter"`
	State      finding.State `json:"state" enum:"recorded,noticed,rechecked,heard,cleared,posted,closed,talk"`
	RecordedBy string        `json:"recorded_by"`
	Photo      bool          `json:"photo" doc:"照片相像"`
}

// Decision is one member's.
type Decision struct {
	Name   string    `json:"name"`
	Deduct bool      `json:"deduct"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

func findingOf(c finding.Chain) Finding {
	f := Finding{ID: c.ID, Household: c.HouseholdID, Item: c.Item, Rules: c.RuleVersion, Points: c.Points, Due: c.Due(), OccurredOn: dayOf(c.OccurredOn), Matter: c.Matter, Private: c.Private,
		State: c.State, Outcome: string(c.Outcome), Delivered: []string{}, Decisions: []Decision{}, RecordedBy: c.RecorderName, RecordedAt: c.RecordedAt}
	if c.Notice != nil {
		due := dayOf(c.Notice.DueOn)
		f.DueOn, f.Demand = &due, c.Notice.Demand
	}
	for _, d := range c.Deliveries {
		f.Delivered = append(f.Delivered, string(d.Method))
	}
	if c.Recheck != nil {
		f.Recheck = string(c.Recheck.Result)
	}
	if c.Statement != nil {
		f.Heard = string(c.Statement.How)
	}
	for _, v := range c.Votes {
		f.Decisions = append(f.Decisions, Decision{v.Name, v.Deduct, v.Reason, v.At})
	}
	f.Recused = c.Recused
	for _, b := range c.Beside {
		f.Beside = append(f.Beside, Beside{b.ID, b.Door, b.Head, b.Matter, b.State, b.RecorderName, b.Photo})
	}
	return f
}

// FindingRow is a finding in a list.
type FindingRow struct {
	ID         uuid.UUID     `json:"id"`
	Household  uuid.UUID     `json:"household_id"`
	Door       string        `json:"door"`
	Head       string        `json:"head"`
	Item       string        `json:"item,omitempty" doc:"未成年人的事项不写"`
	Points     int           `json:"points"`
	OccurredOn Day           `json:"occurred_on"`
	State      finding.State `json:"state"`
	DueOn      *Day          `json:"due_on,omitempty"`
	Delivered  bool          `json:"delivered"`
	Repair     string        `json:"repair,omitempty" enum:"offered,done,approved,refused,posted" doc:"修复任务走到哪一步；没有给过的不写"`
	Recused    bool          `json:"recused" doc:"看的人须回避"`
}

func findingRowOf(r finding.Row) FindingRow {
	out := FindingRow{ID: r.ID, Household: r.HouseholdID, Door: r.Door, Head: r.Head, Item: r.Item, Points: r.Points, OccurredOn: dayOf(r.OccurredOn), State: r.State,
		DueOn: maybeDay(r.DueOn), Delivered: r.Delivered, Repair: r.Repair, Recused: r.Recused}
	if r.Minor {
		out.Item = ""
	}
	return out
}

type findingsInput struct {
	State  finding.State `query:"state" enum:"recorded,noticed,rechecked,heard,cleared,posted,closed,talk"`
	Item   string        `query:"item" maxLength:"8"`
	Search string        `query:"q" maxLength:"40"`
	Paged
}

func (t *table) listFindings(ctx context.Context, who actor.Actor, in *findingsInput) (*list[FindingRow], error) {
	return sayAll(findingRowOf)(t.Found.List(ctx, who, finding.Filter{State: in.State, Item: in.Item, Search: in.Search, Page: in.page()}))
}

func (t *table) listOwnFindings(ctx context.Context, who actor.Actor, in *ownFindingsInput) (*list[FindingRow], error) {
	return sayAll(findingRowOf)(t.Found.List(ctx, who, finding.Filter{Own: true, Page: in.page()}))
}

type ownFindingsInput struct{ Paged }

func (t *table) showOwnFinding(ctx context.Context, who actor.Actor, in *ByID) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Mine(ctx, who, in.ID))
}

func (t *table) showFinding(ctx context.Context, who actor.Actor, in *ByID) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Show(ctx, who, in.ID))
}

type recordFindingInput struct {
	ByID
	Body struct {
		Item       string           `json:"item" maxLength:"8"`
		Parts      map[string]Count `json:"parts" maxProperties:"20" doc:"情形代码到数量；只有一种情形的写空代码"`
		OccurredOn Day              `json:"occurred_on"`
		Matter     string           `json:"matter" maxLength:"1000" doc:"什么事（4 到 1000 字）"`
		Place      string           `json:"place,omitempty" maxLength:"100"`
		Proofs     []Proof          `json:"proofs" maxItems:"8"`
		Evidence   []uuid.UUID      `json:"evidence,omitempty" maxItems:"9"`
		Private    bool             `json:"private,omitempty"`
	}
}

func (t *table) recordFinding(ctx context.Context, who actor.Actor, in *recordFindingInput) (*reply[Finding], error) {
	d := finding.Draft{Household: in.ID, Item: in.Body.Item, Parts: counted(in.Body.Parts), Proofs: proofsOf(in.Body.Proofs), OccurredOn: in.Body.OccurredOn.t, Matter: in.Body.Matter, Place: in.Body.Place, Photos: in.Body.Evidence, Private: in.Body.Private}
	f, err := t.Found.Record(ctx, who, d)
	return say(findingOf)(finding.Chain{Finding: f}, err)
}

type issueInput struct {
	ByID
	Body struct {
		Demand  string   `json:"demand" maxLength:"500" doc:"怎么改（4 到 500 字）"`
		Help    []string `json:"help" maxItems:"5" enum:"law,mediation,advice,labour,other" doc:"law、mediation、advice、labour、other"`
		Contact string   `json:"contact,omitempty" maxLength:"60"`
		DueOn   Day      `json:"due_on"`
	}
}

func (t *table) issueFinding(ctx context.Context, who actor.Actor, in *issueInput) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Issue(ctx, who, in.ID, finding.Tell{Demand: in.Body.Demand, Help: in.Body.Help, Contact: in.Body.Contact, DueOn: in.Body.DueOn.t}))
}

type hearInput struct {
	ByID
	Body struct {
		How   finding.How `json:"how" enum:"phone,counter,absent"`
		Words string      `json:"words,omitempty" maxLength:"1000"`
	}
}

func (t *table) hearFinding(ctx context.Context, who actor.Actor, in *hearInput) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Hear(ctx, who, in.ID, in.Body.How, in.Body.Words))
}

type lookInput struct {
	ByID
	Body struct {
		Result   finding.Result `json:"result" enum:"put_right,not_put_right,past"`
		Note     string         `json:"note,omitempty" maxLength:"300"`
		Evidence []uuid.UUID    `json:"evidence,omitempty" maxItems:"9"`
	}
}

func (t *table) lookFinding(ctx context.Context, who actor.Actor, in *lookInput) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Look(ctx, who, in.ID, in.Body.Result, in.Body.Note, in.Body.Evidence))
}

type verdictInput struct {
	ByID
	Body struct {
		Deduct bool   `json:"deduct"`
		Reason string `json:"reason" maxLength:"500" doc:"住户会看到（4 到 500 字）"`
	}
}

func (t *table) decideFinding(ctx context.Context, who actor.Actor, in *verdictInput) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Decide(ctx, who, in.ID, in.Body.Deduct, in.Body.Reason))
}

// Opinion is what somebody thinks.
type Opinion struct {
	ID         uuid.UUID    `json:"id"`
	Kind       opinion.Kind `json:"kind" enum:"item,line,conduct,matter,other"`
	Item       string       `json:"item,omitempty"`
	Words      string       `json:"words"`
	From       string       `json:"from"`
	FiledAt    time.Time    `json:"filed_at"`
	DueOn      Day          `json:"due_on"`
	State      string       `json:"state" enum:"open,answered"`
	Answer     string       `json:"answer,omitempty"`
	AnsweredAt *time.Time   `json:"answered_at,omitempty"`
	Place      string       `json:"place,omitempty" doc:"该改的事在哪里"`
	Target     *uuid.UUID   `json:"target_id,omitempty" doc:"那里是哪一户；只给去看的人"`
	Outcome    string       `json:"outcome,omitempty" enum:"mended,found,unfounded" doc:"去看的结果：改好了、按整改办、没有这回事；只给去看的人"`
}

func opinionOf(o opinion.Opinion) Opinion {
	return Opinion{ID: o.ID, Kind: o.Kind, Item: o.Item, Words: o.Words, From: o.From(), FiledAt: o.FiledAt, DueOn: dayOf(o.DueOn), State: o.State, Answer: o.Answer, AnsweredAt: o.AnsweredAt, Place: o.Place}
}

// lookedAt is an opinion for those who answer it.
func lookedAt(o opinion.Opinion) Opinion {
	out := opinionOf(o)
	out.Target, out.Outcome = o.TargetID, string(o.Outcome)
	return out
}

type opinionsInput struct {
	State string       `query:"state" enum:"open,answered"`
	Kind  opinion.Kind `query:"kind" enum:"item,line,conduct,matter,other"`
	Paged
}

func (t *table) listOpinions(ctx context.Context, who actor.Actor, in *opinionsInput) (*list[Opinion], error) {
	return sayAll(lookedAt)(t.Opinion.List(ctx, who, opinion.Filter{State: in.State, Kind: in.Kind, Page: in.page()}))
}

func (t *table) listOwnOpinions(ctx context.Context, who actor.Actor, in *ownLinesInput) (*list[Opinion], error) {
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	return sayAll(opinionOf)(t.Opinion.List(ctx, who, opinion.Filter{Own: true, Page: in.page()}))
}

type opinionInput struct {
	Body struct {
		Kind     opinion.Kind `json:"kind" enum:"item,line,conduct,matter,other" doc:"matter：别家或公共地方该改的事"`
		Place    string       `json:"place,omitempty" maxLength:"60" doc:"该改的事在哪里：别家的门牌，或公共地方"`
		Item     string       `json:"item,omitempty" maxLength:"8"`
		Words    string       `json:"words" maxLength:"1000" doc:"意见（4 到 1000 字）"`
		Nameless bool         `json:"nameless,omitempty" doc:"不留名字"`
	}
}

func (t *table) fileOpinion(ctx context.Context, who actor.Actor, in *opinionInput) (*reply[Opinion], error) {
	return say(opinionOf)(t.Opinion.File(ctx, who, opinion.Draft{Kind: in.Body.Kind, Item: in.Body.Item, Words: in.Body.Words, Place: in.Body.Place, Nameless: in.Body.Nameless}))
}

type answerInput struct {
	ByID
	Body struct {
		Answer  string          `json:"answer,omitempty" maxLength:"1000" doc:"答复（4 到 1000 字）"`
		Outcome opinion.Outcome `json:"outcome,omitempty" enum:"mended,found,unfounded" doc:"反映的该改的事：去看的结果"`
		Again   bool            `json:"again,omitempty" doc:"更正已经给过的答复"`
	}
}

func (t *table) answerOpinion(ctx context.Context, who actor.Actor, in *answerInput) (*reply[Opinion], error) {
	if in.Body.Outcome != "" {
		return say(lookedAt)(t.Opinion.Look(ctx, who, in.ID, in.Body.Outcome, in.Body.Again))
	}
	return say(lookedAt)(t.Opinion.Answer(ctx, who, in.ID, in.Body.Answer, in.Body.Again))
}
