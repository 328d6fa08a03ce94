package api

import (
	"context"
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
)

// Village is how one village or farm of the township stands.
type Village struct {
	ID         int64       `json:"id"`
	Code       string      `json:"code" doc:"村代码"`
	Name       string      `json:"name"`
	Kind       string      `json:"kind" enum:"village,farm"`
	Households int         `json:"households"`
	Outside    int         `json:"outside" doc:"其中外来常住户"`
	Members    int         `json:"members" doc:"人口"`
	Taking     int         `json:"taking" doc:"今年有加减分的户"`
	Party      int         `json:"party" doc:"党员户"`
	Pending    int         `json:"pending" doc:"待审核的申报"`
	Oldest     *time.Time  `json:"oldest,omitempty" doc:"其中最早的一条"`
	Objections int         `json:"objections" doc:"待答复的异议"`
	Late       int         `json:"late" doc:"其中已过期限的"`
	Redeemed   int         `json:"redeemed" doc:"本月兑换几笔"`
	Spent      int64       `json:"spent" doc:"本月兑换用去的积分"`
	Months     []TownMonth `json:"months" doc:"去年一月以来，新的在前"`
}

// TownMonth is a month's sheet as the township sees it.
type TownMonth struct {
	Month       Month      `json:"month"`
	State       string     `json:"state" enum:"open,signing,posted,published"`
	Lines       int        `json:"lines"`
	Points      int64      `json:"points"`
	PostedAt    *time.Time `json:"posted_at,omitempty"`
	PublishedAt *time.Time `json:"published_at,omitempty"`
	OnTime      bool       `json:"on_time" doc:"按期公示了"`
}

func villageOf(v bureau.Standing) Village {
	return Village{ID: int64(v.ID), Code: v.Code, Name: v.Name, Kind: v.Kind, Households: v.Households, Outside: v.Outside, Members: v.Members, Taking: v.Taking, Party: v.Party, Pending: v.Pending,
		Oldest: v.Oldest, Objections: v.Objections, Late: v.Late, Redeemed: v.Redeemed, Spent: v.Spent, Months: each(v.Months, func(m bureau.Month) TownMonth {
			return TownMonth{Month{m.Month}, m.State, m.Lines, m.Points, m.PostedAt, m.PublishedAt, v.OnTime(m)}
		})}
}

func (t *table) listVillages(ctx context.Context, who actor.Actor, _ *nothing) (*list[Village], error) {
	return whole(within(who))(t.Bureau.Board(ctx, who))
}

type villageInput struct {
	ID int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
}

func (t *table) showVillage(ctx context.Context, who actor.Actor, in *villageInput) (*reply[Village], error) {
	v, err := t.Bureau.Show(ctx, who, actor.VillageID(in.ID))
	return say(within(who))(v.Standing, err)
}
