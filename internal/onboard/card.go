package onboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/village"
	"cunfen/tenants"
)

// sqlStanding reads everything that the card asks of the village in one round trip.
const sqlStanding = `-- onboard.standing
select v.name, v.state, v.settings, v.practice_of is not null as practice,
  (select count(*) from household where village_id = @village_id and state = 'active') as homes,
  (select count(*) from goods where village_id = @village_id and active and stock > 0) as goods,
  (select count(*) from rule_set where village_id = @village_id and in_force_from <= @today) as rules,
  (select count(*) from rule_draft where village_id = @village_id and state = 'accepted') as adopted,
  (select coalesce(jsonb_object_agg(p.link, p.name), '{}') from post p where p.village_id = @village_id and p.account_id = any(@seated::uuid[])) as posts
from village v where v.id = @village_id`

type standing struct {
	Name, State    string
	Settings       tenants.Profile
	Practice       bool
	Homes, Goods   int64
	Rules, Adopted int64
	Posts          map[group.Link]string // who answers for which link, those in office
	Kinds          []string              `db:"-"`
	Signers        int64                 `db:"-"`
}

const sqlMarks = `-- onboard.marks
select distinct on (item) item, at, words, document, by_name from readiness_mark where village_id = @village_id order by item, at desc`

const sqlOpenings = `-- onboard.openings
select kind, missing, reason, by_name, at from village_opening where village_id = @village_id order by at desc, id`

const sqlPractices = `-- onboard.practices
select id from village where practice_of = @village_id order by id desc`

const sqlDeeds = `-- onboard.deeds
select verb, count(*) as times from audit where village_id = any(@villages) and verb = any(@verbs) and account_id is not null group by verb`

// deeds are what people are to have done once in the village for practice.
var deeds = []struct{ verb, chinese string }{{"claim.approve", "审核"}, {"sheet.sign", "签字"}, {"shop.redeem", "兑换"}}

// practice is what was done in the villages for practice.
type practice struct {
	villages []actor.VillageID
	done     map[string]int64
}

func (s *Service) practised(ctx context.Context, of actor.VillageID) (p practice, err error) {
	var ids []int64
	err = s.DB.AsSystem(ctx, "onboard.practices", func(tx pg.Tx) error {
		ids, err = pg.Column[int64](ctx, tx, sqlPractices, pgx.NamedArgs{"village_id": int64(of)})
		return err
	})
	if err != nil || len(ids) == 0 {
		return p, err
	}
	verbs := make([]string, len(deeds))
	for i, d := range deeds {
		verbs[i] = d.verb
	}
	p.done = map[string]int64{}
	for _, id := range ids {
		p.villages = append(p.villages, actor.VillageID(id))
	}
	err = s.DB.Across(ctx, "onboard.deeds", ids, func(tx pg.Tx) error {
		rows, err := pg.All[struct {
			Verb  string
			Times int64
		}](ctx, tx, sqlDeeds, pgx.NamedArgs{"villages": ids, "verbs": verbs})
		for _, r := range rows {
			p.done[r.Verb] = r.Times
		}
		return err
	})
	return p, err
}

// Card is how ready the actor's village is.
func (s *Service) Card(ctx context.Context, who actor.Actor) (c Card, err error) {
	defer fault.Wrap(&err, "onboard.Card(%d)", who.Village)
	p, err := s.practised(ctx, who.Village)
	if err != nil {
		return c, err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		c, err = card(ctx, tx, who.Village, p)
		return err
	})
	return c, err
}

// TownCard is Card for the township that the village is of.
func (s *Service) TownCard(ctx context.Context, who actor.Actor, v actor.VillageID) (c Card, err error) {
	defer fault.Wrap(&err, "onboard.TownCard(%d)", v)
	err = s.DB.LookInOffice(ctx, who, v, func(pg.Tx) error { return nil }) // before anything is read of the village
	if err != nil {
		return c, err
	}
	p, err := s.practised(ctx, v)
	if err != nil {
		return c, err
	}
	err = s.DB.LookInOffice(ctx, who, v, func(tx pg.Tx) error {
		c, err = card(ctx, tx, v, p)
		return err
	})
	return c, err
}

func card(ctx context.Context, tx pg.Tx, v actor.VillageID, p practice) (c Card, err error) {
	args := pgx.NamedArgs{"village_id": int64(v), "today": month.Date(tx.Now)}
	seats, err := inform.Seated(ctx, tx, actor.Lead, actor.Committee, actor.Grid, actor.Desk)
	if err != nil {
		return c, err
	}
	st, err := pg.One[standing](ctx, tx, sqlStanding, seats.Args(args))
	if err != nil {
		return c, err
	}
	st.seats(seats)
	rows, err := pg.All[Mark](ctx, tx, sqlMarks, args)
	if err != nil {
		return c, err
	}
	marks := map[Key]*Mark{}
	for _, m := range rows {
		marks[m.Item] = &m
	}
	c = Card{Village: v, Name: st.Name, State: village.State(st.State), Practice: p.villages, Items: st.items(marks, p)}
	c.Openings, err = pg.All[Opening](ctx, tx, sqlOpenings, args)
	return c, err
}

// seats takes in which kinds of members there are, and how many people may sign.
func (st *standing) seats(all inform.Seats) {
	var group inform.Seats
	for _, s := range all {
		if s.Role == actor.Lead || s.Role == actor.Committee {
			group = append(group, s)
		}
		if s.Kind != "" && s.Role != actor.Desk && !slices.Contains(st.Kinds, s.Kind) {
			st.Kinds = append(st.Kinds, s.Kind)
		}
	}
	slices.Sort(st.Kinds)
	st.Signers = int64(len(group.Accounts()))
}

// items is the rule: what is there, and what each item still needs.
func (st standing) items(marks map[Key]*Mark, p practice) []Item {
	all := []Item{st.group(), st.posts(), plan(marks[Plan]), st.rules(marks[Rules]), privacy(marks[Privacy]), st.calendar(), st.homes(), st.goods(), training(marks[Training], p)}
	for i := range all {
		all[i].Mark = marks[all[i].Key]
	}
	return all
}

func (st standing) group() Item {
	i := Item{Key: Group, Title: "工作小组四类成员齐全", Href: "/group", Found: "已有：" + strings.Join(st.Kinds, "、")}
	if len(st.Kinds) == 0 {
		i.Found = "还没有成员"
	}
	var lacks []string
	for _, k := range group.Kinds {
		if !slices.Contains(st.Kinds, string(k)) {
			lacks = append(lacks, string(k))
		}
	}
	if len(lacks) > 0 {
		i.Needs = "还缺：" + strings.Join(lacks, "、")
	}
	return i
}

func (st standing) posts() Item {
	i := Item{Key: Posts, Title: "物资、采集、兑换各有专人", Href: "/group/posts"}
	var has, lacks []string
	for _, l := range group.Links {
		if name := st.Posts[l]; name != "" {
			has = append(has, l.Chinese()+" "+name)
		} else {
			lacks = append(lacks, l.Chinese())
		}
	}
	if i.Found = strings.Join(has, "，"); len(lacks) > 0 {
		i.Needs = "还没有定人：" + strings.Join(lacks, "、")
	}
	return i
}

func plan(m *Mark) Item {
	i := Item{Key: Plan, Title: "本村实施方案", Href: "/ready/plan", Needs: "请登记方案的名称和通过的会议"}
	if m != nil {
		i.Needs, i.Found = "", m.Document
	}
	return i
}

func (st standing) rules(m *Mark) Item {
	i := Item{Key: Rules, Title: "实施细则经“四议两公开”通过", Href: "/rules/draft"}
	switch {
	case st.Rules == 0:
		i.Needs = "还没有生效的细则"
	case st.Adopted > 0:
		i.Found = fmt.Sprintf("已备案的细则 %d 版", st.Adopted)
	case m != nil:
		i.Found = m.Document
	default:
		i.Found, i.Needs = "用的是文件的标准清单", "请走完“四议两公开”，或登记已经通过的决议"
	}
	return i
}

func privacy(m *Mark) Item {
	i := Item{Key: Privacy, Title: "个人信息处理告知", Href: "/ready/privacy", Needs: "请写明在哪里张贴、怎样告知住户"}
	if m != nil {
		i.Needs, i.Found = "", m.Words
	}
	return i
}

func (st standing) calendar() Item {
	p := st.Settings
	i := Item{Key: Calendar, Title: "公示日、兑换日和签字人数", Href: "/group",
		Found: fmt.Sprintf("每月 %d 日公示，%d 日兑换；%d 人签字，现有 %d 人可签", p.Calendar.NoticeDay, p.Calendar.RedemptionDay, p.Quorum.Signers, st.Signers)}
	switch {
	case p.Calendar.NoticeDay == 0 || p.Calendar.RedemptionDay == 0:
		i.Found, i.Needs = "", "还没有定公示日和兑换日，请告诉平台管理员"
	case p.Quorum.Signers == 0:
		i.Needs = "还没有定签字人数，请告诉平台管理员"
	case st.Signers < int64(p.Quorum.Signers):
		i.Needs = fmt.Sprintf("能签字的成员不够，还差 %d 人", int64(p.Quorum.Signers)-st.Signers)
	}
	return i
}

// enough is the share of the households a village said it has that must be in the register.
const enough = 90

func (st standing) homes() Item {
	want := int64(st.Settings.Households)
	i := Item{Key: Households, Title: "住户名册", Href: "/households/import", Found: fmt.Sprintf("已登记 %d 户，约有 %d 户", st.Homes, want)}
	switch {
	case st.Homes == 0:
		i.Needs = "还没有住户，请导入花名册"
	case st.Homes*100 < want*enough:
		i.Needs = fmt.Sprintf("名册还差约 %d 户（至少要登记九成）", (want*enough+99)/100-st.Homes)
	}
	return i
}

func (st standing) goods() Item {
	i := Item{Key: Goods, Title: "兑换物资", Href: "/goods", Found: fmt.Sprintf("%d 种有库存", st.Goods)}
	if st.Goods == 0 {
		i.Needs = "至少要有一种有库存的物资"
	}
	return i
}

func training(m *Mark, p practice) Item {
	i := Item{Key: Training, Title: "在练习村完成培训", Href: "/ready/training"}
	var done, lacks []string
	for _, d := range deeds {
		if p.done[d.verb] > 0 {
			done = append(done, d.chinese)
		} else {
			lacks = append(lacks, d.chinese)
		}
	}
	switch {
	case len(lacks) == 0:
		i.Found = "练过：" + strings.Join(done, "、")
	case m != nil:
		i.Found = m.Words
	case len(p.villages) == 0:
		i.Needs = "请开一个练习村，练一遍审核、签字、兑换；集中培训过的，写明时间和人数"
	default:
		i.Needs = "练习村里还没练过：" + strings.Join(lacks, "、")
	}
	return i
}
