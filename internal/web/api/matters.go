package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/supervise"
)

// Matter is one thing that the township put to a village, or that a village noted.
type Matter struct {
	ID             uuid.UUID       `json:"id"`
	VillageID      int64           `json:"village_id"`
	Village        string          `json:"village"`
	Kind           supervise.Kind  `json:"kind" enum:"urge,advice,visit,problem,fairness"`
	Topic          supervise.Topic `json:"topic,omitempty" doc:"归口部门，空为综合"`
	Title          string          `json:"title"`
	Body           string          `json:"body"`
	RaisedByName   string          `json:"raised_by_name"`
	RaisedAt       time.Time       `json:"raised_at"`
	DueOn          Day             `json:"due_on" doc:"这天前答复"`
	State          supervise.State `json:"state" enum:"open,answered,closed,withdrawn"`
	Answer         string          `json:"answer,omitempty" doc:"村里最近的答复"`
	AnsweredByName string          `json:"answered_by_name,omitempty"`
	AnsweredAt     *time.Time      `json:"answered_at,omitempty"`
	ClosedAt       *time.Time      `json:"closed_at,omitempty"`
	Steps          []MatterStep    `json:"steps,omitempty" doc:"经过，打开一件时有"`
}

// MatterStep is one thing said on it.
type MatterStep struct {
	Verb  supervise.Verb `json:"verb" enum:"raise,answer,return,close,withdraw"`
	Words string         `json:"words"`
	By    string         `json:"by"`
	At    time.Time      `json:"at"`
}

func matterOf(m supervise.Matter) Matter {
	return Matter{ID: m.ID, VillageID: int64(m.VillageID), Village: m.Village, Kind: m.Kind, Topic: m.Topic, Title: m.Title, Body: m.Body, RaisedByName: m.RaisedByName,
		RaisedAt: m.RaisedAt, DueOn: dayOf(m.DueOn), State: m.State, Answer: m.Answer, AnsweredByName: m.AnsweredByName, AnsweredAt: m.AnsweredAt, ClosedAt: m.ClosedAt}
}

func wholeMatter(w supervise.Whole) Matter {
	m := matterOf(w.Matter)
	m.Steps = each(w.Steps, func(s supervise.Step) MatterStep { return MatterStep{s.Verb, s.Words, s.ByName, s.At} })
	return m
}

type mattersInput struct {
	State  supervise.State `query:"state" enum:"open,answered,closed,withdrawn"`
	Kind   supervise.Kind  `query:"kind" enum:"urge,advice,visit,problem,fairness"`
	Topic  supervise.Topic `query:"topic" enum:"organisation,publicity,environment,civil,command"`
	Search string          `query:"q" maxLength:"40"`
	Paged
}

func (in mattersInput) filter() supervise.Filter {
	return supervise.Filter{State: in.State, Kind: in.Kind, Topic: in.Topic, Search: in.Search, Page: in.page()}
}

func (t *table) listMatters(ctx context.Context, who actor.Actor, in *mattersInput) (*list[Matter], error) {
	return sayAll(matterOf)(t.Supervise.List(ctx, who, in.filter()))
}

func (t *table) listTownMatters(ctx context.Context, who actor.Actor, in *mattersInput) (*list[Matter], error) {
	return sayAll(matterOf)(t.Supervise.Town(ctx, who, in.filter()))
}

// ByVillageMatter names a matter of a village of the township.
type ByVillageMatter struct {
	Village int64     `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	Matter  uuid.UUID `path:"matter" doc:"事项的编号"`
}

func (t *table) showTownMatter(ctx context.Context, who actor.Actor, in *ByVillageMatter) (*reply[Matter], error) {
	return say(wholeMatter)(t.Supervise.Show(ctx, who, actor.VillageID(in.Village), in.Matter))
}

// ByMatter names a matter of the own village.
type ByMatter struct {
	Matter uuid.UUID `path:"matter" doc:"事项的编号"`
}

func (t *table) showMatter(ctx context.Context, who actor.Actor, in *ByMatter) (*reply[Matter], error) {
	return say(wholeMatter)(t.Supervise.Show(ctx, who, who.Village, in.Matter))
}

// MatterDraft is what is put.
type MatterDraft struct {
	Kind  supervise.Kind  `json:"kind" enum:"urge,advice,visit,problem,fairness" doc:"镇里提的用前三种，村里记的用 problem"`
	Topic supervise.Topic `json:"topic,omitempty" enum:"organisation,publicity,environment,civil,command"`
	Title string          `json:"title" maxLength:"60"`
	Body  string          `json:"body" maxLength:"1000"`
	DueOn Day             `json:"due_on"`
}

func (d MatterDraft) draft() supervise.Draft {
	return supervise.Draft{Kind: d.Kind, Topic: d.Topic, Title: d.Title, Body: d.Body, DueOn: d.DueOn.t}
}

type raiseInput struct {
	Village int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	Body    MatterDraft
}

func (t *table) raiseMatter(ctx context.Context, who actor.Actor, in *raiseInput) (*reply[Matter], error) {
	return say(matterOf)(t.Supervise.Raise(ctx, who, actor.VillageID(in.Village), in.Body.draft()))
}

type noteInput struct{ Body MatterDraft }

func (t *table) noteProblem(ctx context.Context, who actor.Actor, in *noteInput) (*reply[Matter], error) {
	return say(matterOf)(t.Supervise.Raise(ctx, who, who.Village, in.Body.draft()))
}

// MatterMove is what is done with it.
type MatterMove struct {
	Verb  supervise.Verb `json:"verb" enum:"answer,return,close,withdraw"`
	Words string         `json:"words" maxLength:"1000" doc:"双方都看得到（4 到 1000 字）"`
}

type moveInput struct {
	ByVillageMatter
	Body MatterMove
}

func (t *table) moveTownMatter(ctx context.Context, who actor.Actor, in *moveInput) (*reply[Matter], error) {
	return say(matterOf)(t.Supervise.Move(ctx, who, actor.VillageID(in.Village), in.Matter, in.Body.Verb, in.Body.Words))
}

type ownMoveInput struct {
	ByMatter
	Body MatterMove
}

func (t *table) moveMatter(ctx context.Context, who actor.Actor, in *ownMoveInput) (*reply[Matter], error) {
	return say(matterOf)(t.Supervise.Move(ctx, who, who.Village, in.Matter, in.Body.Verb, in.Body.Words))
}
