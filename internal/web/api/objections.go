package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/appeal"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/web/deeds"
	"cunfen/internal/web/kit"
)

// Objection is one household's objection to one line.
type Objection struct {
	ID            uuid.UUID    `json:"id"`
	Household     uuid.UUID    `json:"household_id"`
	Door          string       `json:"door"`
	Head          string       `json:"head"`
	Line          uuid.UUID    `json:"line_id" doc:"存折里的一笔"`
	Item          string       `json:"item"`
	Points        int          `json:"points"`
	OccurredOn    Day          `json:"occurred_on"`
	Grounds       string       `json:"grounds" doc:"哪里不对"`
	Channel       string       `json:"channel" enum:"self,counter"`
	FiledByName   string       `json:"filed_by_name"`
	FiledAt       time.Time    `json:"filed_at"`
	DueOn         Day          `json:"due_on" doc:"这天前答复"`
	State         appeal.State `json:"state" enum:"open,upheld,dismissed,withdrawn"`
	DecidedByName string       `json:"decided_by_name,omitempty"`
	DecidedAt     *time.Time   `json:"decided_at,omitempty"`
	Reason        string       `json:"reason,omitempty"`
}

func objectionOf(o appeal.Objection) Objection {
	return Objection{ID: o.ID, Household: o.HouseholdID, Door: o.Door, Head: o.Head, Line: o.EntryID, Item: o.Item, Points: o.Points, OccurredOn: dayOf(o.OccurredOn),
		Grounds: o.Grounds, Channel: o.Channel, FiledByName: o.FiledByName, FiledAt: o.FiledAt, DueOn: dayOf(o.DueOn), State: o.State, DecidedByName: o.DecidedByName,
		DecidedAt: o.DecidedAt, Reason: o.Reason}
}

type objectionsInput struct {
	State  appeal.State `query:"state" enum:"open,upheld,dismissed,withdrawn"`
	Search string       `query:"q" maxLength:"40" doc:"户主、门牌或拼音首字母"`
	Home   uuid.UUID    `query:"household_id"`
	Paged
}

func (t *table) listObjections(ctx context.Context, who actor.Actor, in *objectionsInput) (*list[Objection], error) {
	return sayAll(objectionOf)(t.Appeals.List(ctx, who, appeal.Filter{State: in.State, Search: in.Search, Household: in.Home, Page: in.page()}))
}

type ownObjectionsInput struct {
	State appeal.State `query:"state" enum:"open,upheld,dismissed,withdrawn"`
	Paged
}

func (t *table) listOwnObjections(ctx context.Context, who actor.Actor, in *ownObjectionsInput) (*list[Objection], error) {
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	return sayAll(objectionOf)(t.Appeals.List(ctx, who, appeal.Filter{State: in.State, Household: who.Household, Page: in.page()}))
}

func (t *table) showObjection(ctx context.Context, who actor.Actor, in *ByID) (*reply[Objection], error) {
	return say(objectionOf)(t.Appeals.Show(ctx, who, in.ID))
}

type objectInput struct {
	ByID
	Body struct {
		Grounds string `json:"grounds" maxLength:"500" doc:"哪里不对（4 到 500 字）"`
	}
}

// fileObjection objects to a line of the person's own household; another's is not there.
func (t *table) fileObjection(ctx context.Context, who actor.Actor, in *objectInput) (*reply[Objection], error) {
	err := t.DB.Look(ctx, who, func(tx pg.Tx) error {
		e, err := ledger.Find(ctx, tx, in.ID)
		if err == nil && (who.Household == uuid.Nil || e.HouseholdID != who.Household) {
			err = fault.ErrNotFound
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return t.recordObjection(ctx, who, in)
}

func (t *table) recordObjection(ctx context.Context, who actor.Actor, in *objectInput) (*reply[Objection], error) {
	return say(objectionOf)(t.Appeals.File(ctx, who, in.ID, in.Body.Grounds))
}

func (t *table) withdrawObjection(ctx context.Context, who actor.Actor, in *ByID) (*reply[Objection], error) {
	return say(objectionOf)(t.Appeals.Withdraw(ctx, who, in.ID))
}

type decideInput struct {
	ByID
	Body struct {
		Uphold bool   `json:"uphold" doc:"true 为异议成立"`
		Reason string `json:"reason" maxLength:"500" doc:"住户会看到（4 到 500 字）"`
	}
}

func (t *table) decideObjection(ctx context.Context, who actor.Actor, in *decideInput) (*reply[Objection], error) {
	return say(objectionOf)(t.Appeals.Decide(ctx, who, in.ID, in.Body.Uphold, in.Body.Reason))
}

// Appeal is what a household asks of the township after the village has dismissed its objection.
type Appeal struct {
	ID            uuid.UUID    `json:"id"`
	Village       int64        `json:"village_id"`
	Objection     uuid.UUID    `json:"objection_id"`
	Household     uuid.UUID    `json:"household_id"`
	Door          string       `json:"door"`
	Head          string       `json:"head"`
	Line          uuid.UUID    `json:"line_id" doc:"存折里的一笔"`
	Item          string       `json:"item"`
	Points        int          `json:"points"`
	Grounds       string       `json:"grounds" doc:"为什么不同意"`
	Answer        string       `json:"answer" doc:"村里答复的理由"`
	Channel       string       `json:"channel" enum:"self,counter"`
	FiledAt       time.Time    `json:"filed_at"`
	DueOn         Day          `json:"due_on" doc:"这天前答复"`
	State         appeal.State `json:"state" enum:"open,upheld,dismissed,withdrawn"`
	DecidedByName string       `json:"decided_by_name,omitempty"`
	DecidedAt     *time.Time   `json:"decided_at,omitempty"`
	Reason        string       `json:"reason,omitempty"`
}

func appealOf(a appeal.Appeal) Appeal {
	return Appeal{ID: a.ID, Village: int64(a.VillageID), Objection: a.ObjectionID, Household: a.HouseholdID, Door: a.Door, Head: a.Head, Line: a.EntryID, Item: a.Item,
		Points: a.Points, Grounds: a.Grounds, Answer: a.Answer, Channel: a.Channel, FiledAt: a.FiledAt, DueOn: dayOf(a.DueOn), State: a.State,
		DecidedByName: a.DecidedByName, DecidedAt: a.DecidedAt, Reason: a.Reason}
}

// fileAppeal takes an objection of the person's own household on to the township.
func (t *table) fileAppeal(ctx context.Context, who actor.Actor, in *objectInput) (*reply[Appeal], error) {
	o, err := t.Appeals.Show(ctx, who, in.ID)
	if err == nil && (who.Household == uuid.Nil || o.HouseholdID != who.Household) {
		err = fault.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	return t.recordAppeal(ctx, who, in)
}

func (t *table) recordAppeal(ctx context.Context, who actor.Actor, in *objectInput) (*reply[Appeal], error) {
	return say(appealOf)(t.Appeals.Appeal(ctx, who, in.ID, in.Body.Grounds))
}

func (t *table) withdrawAppeal(ctx context.Context, who actor.Actor, in *ByID) (*reply[Appeal], error) {
	return say(appealOf)(t.Appeals.TakeBack(ctx, who, in.ID))
}

func (t *table) listAppeals(ctx context.Context, who actor.Actor, in *ownObjectionsInput) (*list[Appeal], error) {
	return sayAll(appealOf)(t.Appeals.OfficeList(ctx, who, appeal.OfficeFilter{State: in.State, Page: in.page()}))
}

// AppealWhole is an appeal with what the village decided on.
type AppealWhole struct {
	Appeal
	Explained LineExplained `json:"explained" doc:"村里凭什么定的；不上屏幕的事没有事由、照片和理由"`
	Steps     []AppealStep  `json:"steps" doc:"减分的事一步一步怎么定的，新的在前"`
}

// AppealStep is one step of the finding that the line rests on, in the words of the page.
type AppealStep struct {
	What string `json:"what"`
	Who  string `json:"who,omitempty"`
	When string `json:"when"`
	Why  string `json:"why,omitempty"`
}

func (t *table) showAppeal(ctx context.Context, who actor.Actor, in *ByID) (*reply[AppealWhole], error) {
	a, err := t.Appeals.Office(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	x, err := t.Homes().ExplainInOffice(ctx, who, a.VillageID, a.EntryID)
	if err != nil {
		return nil, err
	}
	out := AppealWhole{Appeal: appealOf(a), Explained: lineExplained(x), Steps: []AppealStep{}}
	for i, p := range x.Photos {
		out.Explained.Photos[i].Href = "/town/appeals/" + a.ID.String() + "/proofs/" + p.ID.String()
	}
	if x.Found != nil {
		out.Steps = each(deeds.FindingStory(*x.Found, true), func(e kit.Event) AppealStep { return AppealStep{e.What, e.Who, e.When, e.Why} })
	}
	return &reply[AppealWhole]{out}, nil
}

func (t *table) decideAppeal(ctx context.Context, who actor.Actor, in *decideInput) (*reply[Appeal], error) {
	return say(appealOf)(t.Appeals.Settle(ctx, who, in.ID, in.Body.Uphold, in.Body.Reason))
}
