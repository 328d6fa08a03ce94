package api

import (
	"context"
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/figure"
	"cunfen/internal/month"
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
	Objections int         `json:"objections" doc:"待答复的异议"`
	Late       int         `json:"late" doc:"其中已过期限的"`
	Redeemed   int         `json:"redeemed" doc:"今年兑换几笔"`
	Spent      int64       `json:"spent" doc:"今年兑换用去的积分"`
	AsOf       *time.Time  `json:"as_of,omitempty" doc:"此前办结的都算在内"`
	Months     []TownMonth `json:"months,omitempty" doc:"近两年，新的在前，打开一个村时有"`
}

// TownMonth is a month's sheet as the township sees it.
type TownMonth struct {
	Month       Month      `json:"month"`
	State       string     `json:"state" enum:"open,signing,posted,published"`
	Score       int64      `json:"score" doc:"这个月计分的合计"`
	PostedAt    *time.Time `json:"posted_at,omitempty"`
	PublishedAt *time.Time `json:"published_at,omitempty"`
	OnTime      bool       `json:"on_time" doc:"按期公示了"`
}

func villageOf(v figure.Standing) Village {
	return Village{ID: int64(v.ID), Code: v.Code, Name: v.Name, Kind: v.Kind, Households: v.Households, Outside: v.Outside, Members: v.Members, Taking: v.Entered, Party: v.Party, Pending: v.Pending,
		Objections: v.ObjectionsOpen, Late: v.ObjectionsLate, Redeemed: v.Redemptions, Spent: v.Redeemed, AsOf: v.AsOf}
}

func townMonth(m figure.Month) TownMonth {
	return TownMonth{Month{m.Month}, m.State, m.Score, m.PostedAt, m.PublishedAt, m.OnTime()}
}

func (t *table) listVillages(ctx context.Context, who actor.Actor, _ *nothing) (*list[Village], error) {
	return whole(within(who))(t.Office.Figures.Board(ctx, who, t.thisYear()))
}

// thisYear is the period that figures are of when nobody says another.
func (t *table) thisYear() figure.Period { return figure.Year(month.Of(t.DB.Now()).Year()) }

type villageInput struct {
	ID int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
}

func (t *table) showVillage(ctx context.Context, who actor.Actor, in *villageInput) (*reply[Village], error) {
	id := actor.VillageID(in.ID)
	if _, err := t.Bureau.Open(ctx, who, id); err != nil {
		return nil, err
	}
	months, err := t.Office.Figures.Months(ctx, who, id)
	if err != nil {
		return nil, err
	}
	return say(func(s figure.Standing) Village {
		v := within(who)(s)
		v.Months = each(months, townMonth)
		return v
	})(t.Office.Figures.Village(ctx, who, id, t.thisYear()))
}
