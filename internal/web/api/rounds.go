package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/inspect"
	"cunfen/internal/month"
)

// Round is one grid's round of inspection of a month.
type Round struct {
	ID         uuid.UUID     `json:"id"`
	Grid       int           `json:"grid"`
	Month      Month         `json:"month"`
	Rules      int           `json:"rule_version"`
	Items      []string      `json:"items" doc:"这一轮看的项目"`
	OccurredOn Day           `json:"occurred_on"`
	State      inspect.State `json:"state" enum:"open,closed,confirmed,taken,posted"`
	OpenedBy   string        `json:"opened_by"`
	ClosedBy   string        `json:"closed_by,omitempty"`
	ClosedAt   *time.Time    `json:"closed_at,omitempty"`
	Homes      int           `json:"homes" doc:"收尾时的户数"`
	Passes     int           `json:"passes" doc:"收尾时合格的项次"`
	Waiting    int           `json:"waiting" doc:"等另一名成员确认的户数"`
	Version    int           `json:"version"`
}

// RoundGrid is a grid with its round, if it has begun.
type RoundGrid struct {
	Grid  int    `json:"grid"`
	Homes int    `json:"homes"`
	Seen  int    `json:"seen"`
	Bad   int    `json:"bad"`
	Round *Round `json:"round,omitempty"`
}

// RoundHome is a home of a round.
type RoundHome struct {
	Household uuid.UUID `json:"household_id"`
	Door      string    `json:"door"`
	Head      string    `json:"head"`
	Seen      bool      `json:"seen"`
	Failed    []string  `json:"failed"`
	Reason    string    `json:"reason,omitempty"`
	Exempt    []string  `json:"exempt" doc:"免评的项目"`
	Sampled   bool      `json:"sampled" doc:"抽到要拍照"`
	Owes      bool      `json:"owes" doc:"还没有拍，也没有写明原因"`
	Recorder  string    `json:"recorder,omitempty"`
	Version   int       `json:"version"`
	Photos    []Photo   `json:"photos"`
}

// WholeRound is a round with its homes in walking order.
type WholeRound struct {
	Round
	Rest int         `json:"rest" doc:"收尾时“其余都合格”的户数"`
	Own  bool        `json:"own" doc:"本人参与了，不能确认"`
	All  []RoundHome `json:"all"`
}

func roundOut(r inspect.Round) Round {
	return Round{r.ID, r.Grid, Month{r.Month}, r.RuleVersion, r.Items, dayOf(r.OccurredOn), r.State(), r.OpenedByName, r.ClosedByName, r.ClosedAt, r.Homes, r.Passes, len(r.Waiting()), r.Version}
}

func roundGrid(g inspect.Grid) RoundGrid {
	out := RoundGrid{Grid: g.Grid, Homes: g.Homes, Seen: g.Seen, Bad: g.Bad}
	if g.Round != nil {
		r := roundOut(*g.Round)
		out.Round = &r
	}
	return out
}

func wholeRound(w inspect.Walk) WholeRound {
	return WholeRound{roundOut(w.Round), inspect.TallyOf(w.All).Rest(), w.Had, each(w.All, func(h inspect.Home) RoundHome {
		return RoundHome{h.HouseholdID, h.Door, h.Head, h.Seen, each(h.Failed, same[string]), h.Reason, each(h.Exempt, same[string]), h.Sampled, h.Owes(), h.RecorderName, h.Version,
			each(w.Photos[h.HouseholdID], photoOf)}
	})}
}

type roundsInput struct {
	Month  Month         `query:"month" doc:"不填为本月"`
	Grid   int           `query:"grid" minimum:"0" maximum:"9999"`
	State  inspect.State `query:"state" enum:"none,open,closed,confirmed,taken,posted" doc:"none 是还没开始的"`
	Search string        `query:"q" maxLength:"40" doc:"谁开始、收尾或确认的"`
	Paged
}

func (t *table) listRounds(ctx context.Context, who actor.Actor, in *roundsInput) (*list[RoundGrid], error) {
	if in.Month.Month == 0 {
		in.Month.Month = month.Of(t.DB.Now())
	}
	return sayAll(roundGrid)(t.Rounds.Grids(ctx, who, inspect.Filter{Month: in.Month.Month, Grid: in.Grid, State: in.State, Search: in.Search, Page: in.page()}))
}

type openRoundInput struct {
	Body struct {
		Grid  int   `json:"grid" minimum:"0" maximum:"9999"`
		Month Month `json:"month"`
	}
}

func (t *table) openRound(ctx context.Context, who actor.Actor, in *openRoundInput) (*reply[Round], error) {
	return say(roundOut)(t.Rounds.Open(ctx, who, in.Body.Grid, in.Body.Month.Month))
}

func (t *table) showRound(ctx context.Context, who actor.Actor, in *ByID) (*reply[WholeRound], error) {
	return say(wholeRound)(t.Rounds.Show(ctx, who, in.ID))
}

type markInput struct {
	ByID
	Household uuid.UUID `path:"household" doc:"住户"`
	Body      struct {
		Failed   []Code      `json:"failed" maxItems:"20" doc:"不合格的项目；空的就是都合格"`
		Reason   string      `json:"reason,omitempty" maxLength:"200" doc:"不合格的，或抽到而没有拍的，写明原因"`
		Evidence []uuid.UUID `json:"evidence,omitempty" maxItems:"9" uniqueItems:"true"`
		Base     int         `json:"base" minimum:"0" maximum:"1000000" doc:"看到的这一户的版本，没有记过为 0"`
		Insist   bool        `json:"insist,omitempty" doc:"别人记得不一样，也按我的改"`
	}
}

// Mark is what was noted.
type Mark struct {
	Household uuid.UUID `json:"household_id"`
	Failed    []string  `json:"failed"`
	Version   int       `json:"version"`
}

func (t *table) markHome(ctx context.Context, who actor.Actor, in *markInput) (*reply[Mark], error) {
	return say(func(n inspect.Noted) Mark { return Mark{n.Household, each(n.Failed, same[string]), n.Version} })(t.Rounds.Mark(ctx, who, in.ID,
		inspect.Mark{Household: in.Household, Failed: each(in.Body.Failed, func(c Code) string { return string(c) }), Reason: in.Body.Reason, Photos: in.Body.Evidence, Base: in.Body.Base, Insist: in.Body.Insist}))
}

type closeRoundInput struct {
	ByID
	Body struct {
		Rest int `json:"rest" minimum:"0" maximum:"100000" doc:"看到的“其余都合格”的户数；不一样就不收"`
	}
}

func (t *table) closeRound(ctx context.Context, who actor.Actor, in *closeRoundInput) (*reply[Round], error) {
	return say(roundOut)(t.Rounds.Close(ctx, who, in.ID, in.Body.Rest))
}

func (t *table) reopenRound(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Round], error) {
	return say(roundOut)(t.Rounds.Reopen(ctx, who, in.ID, in.Body.Reason))
}

func (t *table) confirmRound(ctx context.Context, who actor.Actor, in *ByID) (*reply[Round], error) {
	return say(roundOut)(t.Rounds.Confirm(ctx, who, in.ID))
}

// OwnRound is what a month's round found at one's own home.
type OwnRound struct {
	Month  Month    `json:"month"`
	Items  []string `json:"items"`
	Failed []string `json:"failed"`
	Exempt []string `json:"exempt"`
	Reason string   `json:"reason,omitempty"`
	By     string   `json:"by"`
	Photos []Photo  `json:"photos"`
}

func (t *table) listOwnRounds(ctx context.Context, who actor.Actor, _ *nothing) (*list[OwnRound], error) {
	return whole(func(o inspect.Own) OwnRound {
		return OwnRound{Month{o.Month}, o.Items, each(o.Failed, same[string]), each(o.Exempt, same[string]), o.Reason, o.RecorderName, each(o.Photos, photoOf)}
	})(t.Rounds.Own(ctx, who))
}
