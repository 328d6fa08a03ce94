package api

import (
	"context"
	"encoding/hex"
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/notice"
)

// Notice is a month's public notice.
type Notice struct {
	Month       Month         `json:"month"`
	Number      int           `json:"number" doc:"第几版；更正后加一"`
	Title       string        `json:"title"`
	PublishedAt time.Time     `json:"published_at"`
	ObjectUntil Day           `json:"object_until" doc:"异议期的最后一天"`
	DownOn      Day           `json:"down_on" doc:"这天起公众看不到"`
	Households  int           `json:"households"`
	Plus        int64         `json:"plus"`
	Minus       int64         `json:"minus"`
	Spent       int64         `json:"spent" doc:"兑换"`
	Held        int64         `json:"held" doc:"异议中、暂不计的笔数"`
	PlusBy      []NoticeClass `json:"plus_by" doc:"加分按类"`
	MinusBy     []NoticeClass `json:"minus_by" doc:"减分按类"`
	Code        string        `json:"code" doc:"查验码"`
	Root        string        `json:"root" doc:"全文的默克尔根"`
}

// NoticeClass is what was entered under a class of items.
type NoticeClass struct {
	Name   string `json:"name"`
	Times  int64  `json:"times"`
	Points int64  `json:"points"`
}

// NoticeLine is one household on a notice; nobody's name is whole.
type NoticeLine struct {
	Position int    `json:"position"`
	Door     string `json:"door"`
	Head     string `json:"head"`
	Carried  int64  `json:"carried" doc:"上月结余"`
	Plus     int64  `json:"plus"`
	Minus    int64  `json:"minus"`
	Spent    int64  `json:"spent"`
	Total    int64  `json:"total"`
}

// WholeNotice is a notice with its lines.
type WholeNotice struct {
	Notice
	Link  string       `json:"link" doc:"公开网址"`
	Holds bool         `json:"holds" doc:"现存的内容与发布时一致"`
	Lines []NoticeLine `json:"lines"`
}

// CheckedNotice is the notice that a code stands for.
type CheckedNotice struct {
	Notice
	Current bool `json:"current" doc:"是最新的一版；否则已更正"`
}

func noticeOf(n notice.Notice) Notice {
	class := func(c notice.Class) NoticeClass { return NoticeClass(c) }
	return Notice{Month: Month{n.Month}, Number: n.Number, Title: n.Title, PublishedAt: n.PublishedAt, ObjectUntil: dayOf(n.ObjectUntil), DownOn: dayOf(n.DownOn),
		Households: n.Households, Plus: n.Plus, Minus: n.Minus, Spent: n.Spent, Held: n.Classes.Held, PlusBy: each(n.Classes.Plus, class),
		MinusBy: each(n.Classes.Minus, class), Code: notice.Code(n.Root), Root: hex.EncodeToString(n.Root)}
}

func noticeLine(l notice.Line) NoticeLine { return NoticeLine(l) }

func (t *table) publishMonth(ctx context.Context, who actor.Actor, in *ByMonth) (*reply[Notice], error) {
	return say(noticeOf)(t.Notices.Publish(ctx, who, in.Month.Month))
}

func (t *table) showNotice(ctx context.Context, who actor.Actor, in *ByMonth) (*reply[WholeNotice], error) {
	return say(func(v notice.View) WholeNotice {
		return WholeNotice{noticeOf(v.Notice), v.Link, notice.Holds(who.Village, v.Notice, v.Lines), each(v.Lines, noticeLine)}
	})(t.Notices.Show(ctx, who, in.Month.Month))
}

// ByVillage names a village in public.
type ByVillage struct {
	Village string `path:"village" maxLength:"40" doc:"村代码"`
}

func (t *table) listPublicNotices(ctx context.Context, _ actor.Actor, in *ByVillage) (*list[Notice], error) {
	v, err := t.Villages.ByCode(ctx, in.Village)
	if err != nil {
		return nil, err
	}
	return whole(noticeOf)(t.Notices.Board(ctx, v.ID))
}

type doorInput struct {
	ByVillage
	ByMonth
	Door string `query:"door" required:"true" minLength:"1" maxLength:"40" doc:"门牌号或其中一段"`
}

func (t *table) findPublicLines(ctx context.Context, _ actor.Actor, in *doorInput) (*list[NoticeLine], error) {
	v, err := t.Villages.ByCode(ctx, in.Village)
	if err != nil {
		return nil, err
	}
	return whole(noticeLine)(t.Notices.FindDoor(ctx, v.ID, in.Month.Month, in.Door))
}

type checkInput struct {
	ByVillage
	Code string `path:"code" maxLength:"20" doc:"纸质公示上的查验码"`
}

func (t *table) checkNotice(ctx context.Context, _ actor.Actor, in *checkInput) (*reply[CheckedNotice], error) {
	v, err := t.Villages.ByCode(ctx, in.Village)
	if err != nil {
		return nil, err
	}
	n, current, err := t.Notices.Check(ctx, v.ID, in.Code)
	return say(func(n notice.Notice) CheckedNotice { return CheckedNotice{noticeOf(n), current} })(n, err)
}
