package api

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/assess"
	"cunfen/internal/bureau"
	"cunfen/internal/figure"
	"cunfen/internal/rescore"
	"cunfen/internal/story"
	"cunfen/internal/watch"
)

// within is a village as somebody of the office may see it: a department what its topic needs (R6.4a).
func within(who actor.Actor) func(figure.Standing) Village {
	return func(s figure.Standing) Village {
		v, sees := villageOf(s), topicOf(who)
		if !sees("organisation") {
			v.Party = 0
		}
		if !sees("command") {
			v.Pending, v.Objections, v.Late = 0, 0, 0
		}
		if !sees() {
			v.Redeemed, v.Spent = 0, 0
		}
		return v
	}
}

// topicOf tells whether somebody of the office needs what belongs to the topics; the bureau needs all.
func topicOf(who actor.Actor) func(topics ...string) bool {
	return func(topics ...string) bool { return who.Topic == "" || slices.Contains(topics, who.Topic) }
}

// Figures is how a village stands at the end of a period and what happened in it.
type Figures struct {
	VillageID      int64      `json:"village_id"`
	Village        string     `json:"village"`
	Households     int        `json:"households"`
	Entered        int        `json:"entered" doc:"今年有加减分的户"`
	Party          int        `json:"party" doc:"党员户"`
	Booked         int        `json:"booked" doc:"有纸质存折的户"`
	Score          int64      `json:"score"`
	Claims         int        `json:"claims"`
	Decided        int        `json:"decided"`
	WaitMinutes    int64      `json:"wait_minutes" doc:"审核用时合计，分钟"`
	Pending        int        `json:"pending"`
	Found          int        `json:"found"`
	Righted        int        `json:"righted"`
	Deductions     int        `json:"deductions"`
	Objections     int        `json:"objections"`
	ObjectionsLate int        `json:"objections_late"`
	Appeals        int        `json:"appeals"`
	Redemptions    int        `json:"redemptions"`
	Redeemed       int64      `json:"redeemed"`
	BudgetFen      int64      `json:"budget_fen"`
	SpentFen       int64      `json:"spent_fen"`
	Due            int        `json:"due" doc:"应公示的月数"`
	OnTime         int        `json:"on_time" doc:"其中按时公示"`
	AsOf           *time.Time `json:"as_of,omitempty" doc:"此前办结的都算在内"`
}

// figuresFor is a village's figures as somebody of the office may see them.
func figuresFor(who actor.Actor) func(figure.Standing) Figures {
	return func(s figure.Standing) Figures {
		f, sees := figuresOf(s), topicOf(who)
		if !sees("organisation") {
			f.Party = 0
		}
		if !sees("command") {
			f.Claims, f.Decided, f.WaitMinutes, f.Pending, f.Objections, f.ObjectionsLate, f.Appeals = 0, 0, 0, 0, 0, 0, 0
		}
		if !sees("environment", "command") {
			f.Found, f.Righted, f.Deductions = 0, 0, 0
		}
		if !sees("publicity", "command") {
			f.Due, f.OnTime = 0, 0
		}
		if !sees() {
			f.Redemptions, f.Redeemed, f.BudgetFen, f.SpentFen = 0, 0, 0, 0
		}
		return f
	}
}

func figuresOf(v figure.Standing) Figures {
	return Figures{int64(v.ID), v.Name, v.Households, v.Entered, v.Party, v.Booked, v.Score, v.Claims, v.Decided, v.WaitMinutes, v.Pending, v.Found, v.Righted, v.Deductions, v.Objections, v.ObjectionsLate, v.Appeals,
		v.Redemptions, v.Redeemed, v.BudgetFen, v.SpentFen, v.Due, v.OnTime, v.AsOf}
}

type figuresInput struct {
	Period string `query:"period" maxLength:"7" doc:"2026、2026-Q3 或 2026-11，不填为今年"`
}

func (t *table) listFigures(ctx context.Context, who actor.Actor, in *figuresInput) (*list[Figures], error) {
	p, err := figure.ParsePeriod(in.Period, t.DB.Now())
	if err != nil {
		return nil, err
	}
	return whole(figuresFor(who))(t.Office.Figures.Board(ctx, who, p))
}

// Waiting is one thing that waits for the township.
type Waiting struct {
	VillageID int64       `json:"village_id"`
	Village   string      `json:"village"`
	Kind      bureau.Kind `json:"kind" enum:"appeal,rules,legal,budget,nomination,matter,evaluation,onboarding,quota"`
	ID        string      `json:"id"`
	Title     string      `json:"title"`
	Since     time.Time   `json:"since"`
	DueOn     Day         `json:"due_on"`
}

func (t *table) listInbox(ctx context.Context, who actor.Actor, _ *nothing) (*list[Waiting], error) {
	return whole(func(w bureau.Waiting) Waiting {
		return Waiting{int64(w.VillageID), w.Village, w.Kind, w.ID, w.Title, w.Since, dayOf(w.DueOn)}
	})(t.Bureau.Inbox(ctx, who))
}

// Statistic is one figure of the fairness watch: a question, not a finding.
type Statistic struct {
	VillageID int64           `json:"village_id"`
	Village   string          `json:"village"`
	Statistic watch.Statistic `json:"statistic" enum:"relatives,bare,pairs,spike,share"`
	Flagged   bool            `json:"flagged" doc:"值得问一问"`
	Value     float64         `json:"value"`
	Part      int             `json:"part"`
	Whole     int             `json:"whole"`
	Words     string          `json:"words"`
	Counts    string          `json:"counts" doc:"怎么算"`
	Else      string          `json:"else" doc:"也可能是因为什么"`
}

func (t *table) listFairness(ctx context.Context, who actor.Actor, _ *nothing) (*list[Statistic], error) {
	return whole(func(w watch.Row) Statistic {
		f := w.Finding
		return Statistic{int64(w.VillageID), w.Village, w.Statistic, w.Flagged, f.Value, f.Part, f.Whole, f.Words, w.Statistic.Counts(), w.Statistic.Else()}
	})(t.Office.Watch.List(ctx, who, watch.Filter{}))
}

// Rescore is a sample of decisions looked at a second time.
type Rescore struct {
	ID        uuid.UUID `json:"id"`
	VillageID int64     `json:"village_id"`
	Village   string    `json:"village"`
	Month     Month     `json:"month"`
	Seed      string    `json:"seed"`
	Decided   int       `json:"decided"`
	Size      int       `json:"size"`
	Scored    int       `json:"scored"`
	Agreed    int       `json:"agreed" doc:"全部评完才有"`
	Peer      string    `json:"peer,omitempty" doc:"交给哪个村的小组评"`
	Out       bool      `json:"out,omitempty" doc:"对方还没有交回"`
}

func rescoreOf(d rescore.Draw) Rescore {
	return Rescore{d.ID, int64(d.VillageID), d.Village, Month{d.Month}, d.Seed, d.Decided, d.Size, d.Scored, d.Agreed, d.Peer, d.Out()}
}

func (t *table) listRescores(ctx context.Context, who actor.Actor, _ *nothing) (*list[Rescore], error) {
	return whole(rescoreOf)(t.Office.Rescore.List(ctx, who))
}

// Assessed is the township's assessment of a village.
type Assessed struct {
	SchemeID  uuid.UUID    `json:"scheme_id"`
	State     string       `json:"state" enum:"counted,sent,objected,answered,signed,dropped"`
	Total     float64      `json:"total"`
	Marks     []AssessMark `json:"marks"`
	Objection string       `json:"objection,omitempty"`
	Answer    string       `json:"answer,omitempty"`
}

// AssessMark is one indicator of it.
type AssessMark struct {
	Title  string  `json:"title"`
	Weight int     `json:"weight"`
	Score  float64 `json:"score"`
	Source string  `json:"source" doc:"依据"`
}

func assessedOf(r assess.Result) Assessed {
	return Assessed{r.SchemeID, r.State, float64(r.Total) / 100, each(r.Marks, func(m assess.Mark) AssessMark { return AssessMark{m.Title, m.Weight, float64(m.Score) / 100, m.Source} }), r.Objection, r.Answer}
}

type assessmentsInput struct {
	State  string `query:"state" enum:"sent,objected,answered,signed,dropped"`
	Search string `query:"q" maxLength:"40"`
}

func (t *table) listAssessments(ctx context.Context, who actor.Actor, in *assessmentsInput) (*list[Assessed], error) {
	return whole(assessedOf)(t.Office.Assess.Mine(ctx, who, in.State, in.Search))
}

// Story is a typical case.
type Story struct {
	ID          uuid.UUID   `json:"id"`
	Village     string      `json:"village"`
	Title       string      `json:"title"`
	Body        string      `json:"body"`
	State       story.State `json:"state" enum:"proposed,returned,published,withdrawn"`
	PublishedAt *time.Time  `json:"published_at,omitempty"`
}

func storyOf(s story.Story) Story {
	return Story{s.ID, s.Village, s.Title, s.Body, s.State, s.PublishedAt}
}

type storiesInput struct {
	State  story.State `query:"state" enum:"proposed,returned,published,withdrawn"`
	Search string      `query:"q" maxLength:"40"`
	Paged
}

func (t *table) listStories(ctx context.Context, who actor.Actor, in *storiesInput) (*list[Story], error) {
	return sayAll(storyOf)(t.Office.Story.List(ctx, who, story.Filter{State: in.State, Search: in.Search, Page: in.page()}))
}
