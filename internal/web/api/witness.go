package api

import (
	"context"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/archive"
	members "cunfen/internal/group"
	"cunfen/internal/retention"
)

// Pack is one making of a pack of the village's papers.
type Pack struct {
	ID      uuid.UUID     `json:"id"`
	Period  string        `json:"period" doc:"年（2026）或月（2026-10）"`
	State   archive.State `json:"state" enum:"waiting,working,done,failed"`
	Step    int           `json:"step"`
	Steps   int           `json:"steps"`
	Doing   string        `json:"doing,omitempty" doc:"正在做哪一步，或没做成的原因"`
	Files   int           `json:"files"`
	Bytes   int64         `json:"bytes"`
	Digest  string        `json:"digest,omitempty" doc:"清单的 SHA-256"`
	AskedBy string        `json:"asked_by"`
	AskedAt time.Time     `json:"asked_at"`
	MadeAt  *time.Time    `json:"made_at,omitempty"`
}

func packOf(p archive.Pack) Pack {
	return Pack{p.ID, p.Period.String(), p.State, p.Step, p.Steps, p.Doing, p.Files, p.Bytes, hex.EncodeToString(p.Digest), p.AskedName, p.AskedAt, p.MadeAt}
}

type packsInput struct {
	Period string `query:"period" maxLength:"7" doc:"只看一个月（2026-10），或一年和它的各月（2026）"`
}

func (t *table) listPacks(ctx context.Context, who actor.Actor, in *packsInput) (*list[Pack], error) {
	var p archive.Period
	if in.Period != "" {
		var err error
		if p, err = archive.Parse(in.Period); err != nil {
			return nil, err
		}
	}
	return whole(packOf)(t.Archive.List(ctx, who, p))
}

type askPackInput struct {
	Body struct {
		Period string `json:"period" maxLength:"7" doc:"年（2026）或已签字入账的月（2026-10）"`
	}
}

func (t *table) askPack(ctx context.Context, who actor.Actor, in *askPackInput) (*reply[Made], error) {
	p, err := archive.Parse(in.Body.Period)
	if err != nil {
		return nil, err
	}
	return say(madeOf)(t.Archive.Ask(ctx, who, p))
}

// Made names what was made.
type Made struct {
	ID uuid.UUID `json:"id"`
}

func madeOf(id uuid.UUID) Made { return Made{id} }

func (t *table) showPack(ctx context.Context, who actor.Actor, in *ByID) (*reply[Pack], error) {
	return say(packOf)(t.Archive.Show(ctx, who, in.ID))
}

// ByTownVillage names a village of the township.
type ByTownVillage struct {
	Village int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
}

func (t *table) listTownPacks(ctx context.Context, who actor.Actor, in *ByTownVillage) (*list[Pack], error) {
	return whole(packOf)(t.Archive.Supervised(ctx, who, actor.VillageID(in.Village)))
}

// Draw is a drawing of villager representatives by lot.
type Draw struct {
	ID          uuid.UUID         `json:"id"`
	StartsOn    Day               `json:"starts_on" doc:"任期从哪天起"`
	Seats       int               `json:"seats"`
	Source      string            `json:"source" doc:"抽签的数字从哪里来"`
	DrawsOn     Day               `json:"draws_on"`
	State       members.DrawState `json:"state" enum:"frozen,drawn,cancelled"`
	Eligible    int               `json:"eligible" doc:"名单上的户数"`
	List        string            `json:"list_hash" doc:"名单的 SHA-256"`
	Numbers     []Brought         `json:"numbers"`
	Seed        string            `json:"seed,omitempty" doc:"名单指纹和各人的数算出的种子"`
	AnnouncedBy string            `json:"announced_by"`
	AnnouncedAt time.Time         `json:"announced_at"`
	DrawnBy     string            `json:"drawn_by,omitempty"`
	DrawnAt     *time.Time        `json:"drawn_at,omitempty"`
	Reason      string            `json:"reason,omitempty" doc:"作废的原因"`
	Tickets     []Ticket          `json:"tickets,omitempty" doc:"名单，打开一次抽签时有；抽出后按次序"`
}

// Brought is what one person brought to the drawing.
type Brought struct {
	Name   string `json:"name" maxLength:"20"`
	Number int64  `json:"number" minimum:"0" maximum:"999999"`
}

// Ticket is a home on the list.
type Ticket struct {
	Number   int    `json:"number"`
	Door     string `json:"door"`
	Head     string `json:"head" doc:"隐去一部分的户主姓名"`
	Rank     int    `json:"rank,omitempty" doc:"第几个抽出"`
	Turn     bool   `json:"turn" doc:"轮到这一户出人"`
	Declined string `json:"declined,omitempty" doc:"不担任的原因"`
	Seated   bool   `json:"seated" doc:"已经有人到任"`
}

func drawOf(d members.Draw) Draw {
	return Draw{ID: d.ID, StartsOn: dayOf(d.StartsOn), Seats: d.Seats, Source: d.Source, DrawsOn: dayOf(d.DrawsOn), State: d.State, Eligible: d.Eligible, List: hex.EncodeToString(d.ListHash),
		Numbers: each(d.Numbers, func(n members.Number) Brought { return Brought(n) }), Seed: hex.EncodeToString(d.Seed), AnnouncedBy: d.FrozenName, AnnouncedAt: d.FrozenAt,
		DrawnBy: d.DrawnName, DrawnAt: d.DrawnAt, Reason: d.Reason}
}

func wholeDraw(v members.DrawView) Draw {
	d := drawOf(v.Draw)
	d.Tickets = each(v.Tickets, func(k members.Ticket) Ticket {
		return Ticket{k.Number, k.Door, k.Head, k.Rank, k.Rank > 0 && v.Turn(k), k.Declined, k.MembershipID != nil}
	})
	return d
}

func (t *table) listDraws(ctx context.Context, who actor.Actor, _ *nothing) (*list[Draw], error) {
	return whole(drawOf)(t.Group.Draws(ctx, who))
}

// ByDraw names a drawing.
type ByDraw struct {
	Draw uuid.UUID `path:"draw" doc:"抽签的编号"`
}

func (t *table) showDraw(ctx context.Context, who actor.Actor, in *ByDraw) (*reply[Draw], error) {
	return say(wholeDraw)(t.Group.ShowDraw(ctx, who, in.Draw))
}

func (t *table) listPublicDraws(ctx context.Context, _ actor.Actor, in *ByVillage) (*list[Draw], error) {
	v, err := t.Villages.ByCode(ctx, in.Village)
	if err != nil {
		return nil, err
	}
	return whole(drawOf)(t.Group.Draws(ctx, actor.Actor{Village: v.ID}))
}

type publicDrawInput struct {
	ByVillage
	ByDraw
}

func (t *table) showPublicDraw(ctx context.Context, _ actor.Actor, in *publicDrawInput) (*reply[Draw], error) {
	v, err := t.Villages.ByCode(ctx, in.Village)
	if err != nil {
		return nil, err
	}
	return say(wholeDraw)(t.Group.ShowDraw(ctx, actor.Actor{Village: v.ID}, in.Draw))
}

type announceInput struct {
	Body struct {
		Seats    int    `json:"seats" minimum:"1" maximum:"30"`
		StartsOn Day    `json:"starts_on" doc:"任期从哪天起"`
		DrawsOn  Day    `json:"draws_on" doc:"哪天抽，最早明天"`
		Source   string `json:"source" maxLength:"300" doc:"抽签的数字从哪里来，和名单一起公布"`
	}
}

func (t *table) announceDraw(ctx context.Context, who actor.Actor, in *announceInput) (*reply[Made], error) {
	b := in.Body
	return say(madeOf)(t.Group.FreezeDraw(ctx, who, members.NewDraw{Seats: b.Seats, StartsOn: b.StartsOn.t, DrawsOn: b.DrawsOn.t, Source: b.Source}))
}

type lotsInput struct {
	ByDraw
	Body struct {
		Numbers []Brought `json:"numbers" maxItems:"30" doc:"到场的人各报的数，按签到次序"`
	}
}

func (t *table) drawLots(ctx context.Context, who actor.Actor, in *lotsInput) (*nothing, error) {
	return done(t.Group.DrawLots(ctx, who, in.Draw, each(in.Body.Numbers, func(b Brought) members.Number { return members.Number(b) })))
}

type cancelDrawInput struct {
	ByDraw
	Because
}

func (t *table) cancelDraw(ctx context.Context, who actor.Actor, in *cancelDrawInput) (*nothing, error) {
	return done(t.Group.CancelDraw(ctx, who, in.Draw, in.Body.Reason))
}

type declineInput struct {
	ByDraw
	Number int `path:"number" minimum:"1" maximum:"100000" doc:"名单上的序号"`
	Because
}

func (t *table) declineTicket(ctx context.Context, who actor.Actor, in *declineInput) (*nothing, error) {
	return done(t.Group.Decline(ctx, who, in.Draw, in.Number, in.Body.Reason))
}

// KeepTime is for how long a kind of record is kept, and what goes tonight.
type KeepTime struct {
	Kind  retention.Kind `json:"kind" enum:"photo,message,import,contact"`
	Title string         `json:"title"`
	What  string         `json:"what" doc:"删什么，留什么"`
	Days  int            `json:"days"`
	Floor int            `json:"floor" doc:"最少几天"`
	SetBy string         `json:"set_by,omitempty"`
	SetAt *time.Time     `json:"set_at,omitempty"`
	Due   int            `json:"due" doc:"今晚到期几件"`
	Last  *KeepRun       `json:"last,omitempty" doc:"最近一次删除"`
}

// KeepRun is what was deleted in one night.
type KeepRun struct {
	At     time.Time `json:"at"`
	Until  time.Time `json:"until" doc:"这时以前的"`
	Pieces int       `json:"pieces"`
	Digest string    `json:"digest" doc:"删了哪些的 SHA-256"`
}

func keepOf(k retention.Time) KeepTime {
	out := KeepTime{Kind: k.Kind, Title: k.Title, What: k.What, Days: k.Days, Floor: k.Floor, SetBy: k.SetName, SetAt: k.SetAt, Due: k.Due}
	if r := k.Last; r != nil {
		out.Last = &KeepRun{r.RanAt, r.Until, r.Pieces, hex.EncodeToString(r.Digest)}
	}
	return out
}

func (t *table) listKeeping(ctx context.Context, who actor.Actor, _ *nothing) (*list[KeepTime], error) {
	all, _, err := t.Keep.List(ctx, who)
	return whole(keepOf)(all, err)
}

type keepInput struct {
	Body struct {
		Kind retention.Kind `json:"kind" enum:"photo,message,import,contact"`
		Days int            `json:"days" minimum:"1" maximum:"36500"`
	}
}

func (t *table) setKeeping(ctx context.Context, who actor.Actor, in *keepInput) (*nothing, error) {
	return done(t.Keep.Set(ctx, who, in.Body.Kind, in.Body.Days))
}
