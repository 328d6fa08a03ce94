package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/activity"
	"cunfen/internal/actor"
	"cunfen/internal/finding"
	"cunfen/internal/group"
	"cunfen/internal/inspect"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// walk is the month's round of a grid: a few homes are not in order, those drawn are photographed or have a word
// why not. A finished one is closed and confirmed by who had no hand in it; the others are under way.
func (t *tale) walk(ctx context.Context, m month.Month, grid int, finish bool) error {
	worker, err := t.worker(grid)
	if err != nil {
		return err
	}
	r, err := t.Site.Rounds.Open(ctx, worker, grid, m)
	if err != nil {
		return passable(err)
	}
	w, err := t.Site.Rounds.Show(ctx, worker, r.ID)
	if err != nil {
		return err
	}
	why := []string{"门前堆着杂物，说好下周清", "垃圾没有分类投放", "路边晾着渔网，占了半条道"}
	photo := uuid.Nil // of one home; a photo of each would only take time
	for _, h := range w.All {
		if h.Sampled && grid == 1 && t.Photos {
			photo = h.HouseholdID
		}
	}
	err = every(ctx, len(w.All), func(ctx context.Context, i int) (err error) {
		h := w.All[i]
		mark := inspect.Mark{Household: h.HouseholdID, Base: h.Version}
		switch {
		case h.Idle():
			return nil
		case i%9 == 4:
			mark.Failed, mark.Reason = []string{r.Items[i%len(r.Items)]}, t.mark(why[i%len(why)])
		case finish && h.HouseholdID == photo:
			mark.Photos, err = t.shot(ctx, worker, uint64(i))
		case finish && h.Sampled:
			mark.Reason = t.mark("院门锁着，没有拍成")
		case finish || h.Sampled || i%2 == 1 || i > 8:
			return nil
		}
		if err == nil {
			_, err = t.Site.Rounds.Mark(ctx, worker, r.ID, mark)
		}
		return passable(err)
	})
	if err != nil {
		return err
	}
	if !finish {
		return nil
	}
	if w, err = t.Site.Rounds.Show(ctx, worker, r.ID); err != nil {
		return err
	}
	if _, err := t.Site.Rounds.Close(ctx, worker, r.ID, inspect.TallyOf(w.All).Rest()); err != nil {
		return passable(err)
	}
	for _, who := range t.group() {
		r, err := t.Site.Rounds.Confirm(ctx, who, r.ID)
		switch {
		case errors.Is(err, inspect.ErrOwn), errors.Is(err, inspect.ErrRelated):
		case err != nil:
			return err
		case len(r.Waiting()) == 0:
			return nil
		}
	}
	return nil
}

// shot is a photo of somebody's.
func (t *tale) shot(ctx context.Context, who actor.Actor, nth uint64) ([]uuid.UUID, error) {
	e, err := t.Site.Evidence.Upload(ctx, who, bytes.NewReader(picture(rand.New(rand.NewPCG(uint64(t.v.ID), nth)))))
	return []uuid.UUID{e.ID}, err
}

// gather is an activity of the month with its list and its attendance sheet, claimed for everybody at once.
func (t *tale) gather(ctx context.Context, m month.Month) error {
	who, err := t.one(actor.Committee, 0)
	if err != nil {
		return err
	}
	day := m.First().AddDate(0, 0, 13)
	t.at(day.Add(8 * time.Hour))
	a, err := t.Site.Activities.Activities.Open(ctx, who, t.outing("清河护岸志愿行动", day))
	if err != nil {
		return passable(err)
	}
	t.at(day.Add(12 * time.Hour))
	all, err := t.Site.Activities.Activities.Ticks(ctx, who, "")
	if err != nil {
		return err
	}
	var came []uuid.UUID
	for i, c := range all {
		if i%8 == 1 {
			came = append(came, c.MemberID)
		}
	}
	if _, err := t.Site.Activities.Activities.Add(ctx, who, a.ID, activity.Listed, came); err != nil {
		return passable(err)
	}
	sheet, err := t.shot(ctx, who, uint64(m))
	if err != nil {
		return err
	}
	if _, err := t.Site.Activities.Activities.Prove(ctx, who, a.ID, sheet); err != nil {
		return err
	}
	_, err = t.Site.Activities.Activities.Claim(ctx, who, a.ID)
	return passable(err)
}

func (t *tale) outing(name string, day time.Time) activity.Draft {
	return activity.Draft{Name: t.mark(name), Place: t.mark("党群服务中心门前集合"), Host: "村委会", Item: "P18", BeginsAt: day.Add(9 * time.Hour), EndsAt: day.Add(11 * time.Hour), Rotating: true}
}

// matter is something found at a home.
type matter struct {
	home         home
	item         string
	proof        rulebook.Evidence
	text, demand string
}

// found are the matters of a tale; a photo of each would only take time.
var found = []matter{
	{item: "N11", proof: rulebook.Feedback, text: "狗没拴绳，追咬了过路的孩子", demand: "狗拴好，打疫苗，向孩子家赔礼"},
	{item: "N12", proof: rulebook.Photo, text: "装修的碎砖倒在沟塘边", demand: "碎砖运到建筑垃圾堆放点，沟边清干净"},
	{item: "N12", proof: rulebook.Photo, text: "旧沙发和泡沫扔在桥头", demand: "搬到大件垃圾点，搬不动的打电话，村里来车"},
	{item: "N11", proof: rulebook.Feedback, text: "散养的鹅啄坏了邻居的菜苗", demand: "鹅圈起来，赔邻居的菜苗"},
	{item: "N14", proof: rulebook.InspectionRecord, text: "填掉的旱厕又用起来了", demand: "旱厕停用填实，户厕坏了的村里来修"},
	{item: "N14", proof: rulebook.InspectionRecord, text: "三格池的盖板砸坏了，没有报修", demand: "报修盖板，修好前用围挡挡住"},
}

// matters are the homes where something was found: none of somebody who signs in.
func (t *tale) matters() (all []matter) {
	signs := map[string]bool{}
	for _, p := range t.v.People {
		signs[p.Door] = true
	}
	for i := len(t.homes) - 1; i >= 0 && len(all) < len(found); i-- {
		if !signs[t.homes[i].Door] {
			m := found[len(all)]
			m.home = t.homes[i]
			all = append(all, m)
		}
	}
	return all
}

// note writes a matter down, as the worker of the grid found it; it is not ok where the village's rules have no
// such item.
func (t *tale) note(ctx context.Context, x matter, day time.Time) (id uuid.UUID, ok bool, err error) {
	worker, err := t.worker(x.home.Grid)
	if err != nil {
		return id, false, err
	}
	d := finding.Draft{Household: x.home.ID, Item: x.item, Parts: map[string]int{"": 1}, OccurredOn: month.Day(day), Place: t.mark(x.home.Door + "附近"), Matter: t.mark(x.text), Basis: "巡查时发现",
		Proofs: []rulebook.Evidence{x.proof}}
	if x.proof == rulebook.Photo {
		if d.Photos, err = t.shot(ctx, worker, uint64(day.Unix())+uint64(x.home.ID[15])); err != nil {
			return id, false, err
		}
	}
	f, err := t.Site.Found.Record(ctx, worker, d)
	return f.ID, err == nil, passable(err)
}

// tell sends the notice and, where there is a receiver, hands it over on paper.
func (t *tale) tell(ctx context.Context, id uuid.UUID, x matter, due time.Time, receiver string) error {
	lead, err := t.one(actor.Lead, 0)
	if err != nil {
		return err
	}
	if _, err := t.Site.Found.Issue(ctx, lead, id, finding.Tell{Demand: t.mark(x.demand), Help: []string{"law", "labour"}, Contact: t.v.Profile.Contact.Phone, DueOn: due}); err != nil || receiver == "" {
		return passable(err)
	}
	_, err = t.Site.Found.Deliver(ctx, lead, id, receiver)
	return passable(err)
}

// deduct is the whole way of two matters in a month: one was put right in time, one was decided.
func (t *tale) deduct(ctx context.Context, m month.Month) error {
	all := t.matters()
	if len(all) < 2 {
		return nil
	}
	lead, err := t.one(actor.Lead, 0)
	if err != nil {
		return err
	}
	day := m.First().AddDate(0, 0, 4).Add(9 * time.Hour)
	due := day.AddDate(0, 0, 7)
	var ids [2]uuid.UUID
	for i := range ids {
		t.at(day.Add(time.Duration(i) * time.Hour))
		id, ok, err := t.note(ctx, all[i], day)
		if err != nil || !ok {
			return err
		}
		if err := t.tell(ctx, id, all[i], due, all[i].home.Head); err != nil {
			return err
		}
		ids[i] = id
	}
	t.at(day.AddDate(0, 0, 5))
	if _, err := t.Site.Found.Look(ctx, lead, ids[0], finding.Right, t.mark("清干净了，照原地看过"), nil); err != nil {
		return passable(err)
	}
	t.at(due.AddDate(0, 0, 1))
	if _, err := t.Site.Found.Look(ctx, lead, ids[1], finding.Not, t.mark("还在原处"), nil); err != nil {
		return passable(err)
	}
	if _, err := t.Site.Found.Hear(ctx, lead, ids[1], finding.ByPhone, t.mark("家里人手不够，没有顾上")); err != nil {
		return passable(err)
	}
	votes := 0
	for _, who := range t.group() {
		_, err := t.Site.Found.Decide(ctx, who, ids[1], true, t.mark("到期没有清，前后看过两次，事实清楚"))
		switch {
		case errors.Is(err, finding.ErrOwnRecord), errors.Is(err, finding.ErrRelated):
			continue
		case err != nil:
			return passable(err)
		}
		if votes++; votes == finding.Decisions {
			return nil
		}
	}
	return nil
}

// underWay leaves things at each stage for whoever looks: matters to be told of, to be put right, to be looked at
// again and to be decided, an activity to come, and representatives drawn by lot or about to be.
func (t *tale) underWay(ctx context.Context, nth int) error {
	ago := func(days int) time.Time { return month.Day(t.now).AddDate(0, 0, -days).Add(9 * time.Hour) }
	lead, err := t.one(actor.Lead, 0)
	if err != nil {
		return err
	}
	all := t.matters()
	for i, days := range []int{9, 10, 3} { // to be looked at again, to be decided, to be put right
		if len(all) < i+3 {
			break
		}
		t.at(ago(days))
		x := all[i+2]
		id, ok, err := t.note(ctx, x, ago(days))
		switch {
		case err != nil:
			return err
		case !ok:
			continue
		}
		if err := t.tell(ctx, id, x, ago(days).AddDate(0, 0, 7), x.home.Head); err != nil {
			return err
		}
		if i != 1 {
			continue
		}
		t.at(ago(2))
		if _, err := t.Site.Found.Look(ctx, lead, id, finding.Not, t.mark("只清了一半"), nil); err != nil {
			return passable(err)
		}
		if _, err := t.Site.Found.Hear(ctx, lead, id, finding.Counter, t.mark("腿脚不便，请再宽限几天")); err != nil {
			return passable(err)
		}
	}
	if err := t.lately(ctx, all); err != nil {
		return err
	}
	if err := t.lots(ctx, nth, ago); err != nil || nth > 0 {
		return err
	}
	t.at(ago(1))
	return t.disqualify(ctx)
}

// favoured is the member of the first village who favoured friends: no other part of the tale needs them.
const favoured = "13800001013"

// disqualify ends a member's seat; others have looked at some of what it had let through, and doubt one line.
func (t *tale) disqualify(ctx context.Context) error {
	nth := slices.IndexFunc(t.v.People, func(p tenants.Person) bool { return p.Phone == favoured })
	if nth < 0 {
		return nil
	}
	name := t.mark(t.v.People[nth].Name)
	at := slices.IndexFunc(t.staff, func(a actor.Actor) bool { return a.Name == name })
	lead, err := t.one(actor.Lead, 0)
	if err != nil {
		return err
	}
	if err := t.Site.Group.Disqualify(ctx, lead, t.staff[at].Membership, t.mark("把没到场的朋友记进活动名单，查实后经小组会议决定")); err != nil {
		return err
	}
	t.staff = slices.Delete(t.staff, at, at+1)
	all, err := t.Site.Group.Rechecks(ctx, lead)
	if err != nil || len(all) == 0 {
		return err
	}
	other, err := t.one(actor.Committee, 1)
	if err != nil {
		return err
	}
	_, lines, err := t.Site.Group.ShowRecheck(ctx, other, all[0].ID, group.Unlooked)
	if err != nil {
		return err
	}
	var free []string
	for _, l := range lines {
		if !l.Away && l.Points > 0 && len(free) < 4 {
			free = append(free, l.Key())
		}
	}
	if len(free) < 2 {
		return nil
	}
	if err := t.Site.Group.Doubt(ctx, other, all[0].ID, free[0], t.mark("记的事和当天的情况对不上，要再问一次")); err != nil {
		return err
	}
	_, err = t.Site.Group.ConfirmChecks(ctx, other, all[0].ID, free[1:])
	return err
}

// lately is what happened today: a matter just found, a household that has its notice unread, an activity announced.
func (t *tale) lately(ctx context.Context, all []matter) error {
	t.at(t.now.Add(-time.Hour))
	if len(all) > 5 {
		if _, _, err := t.note(ctx, all[5], t.now); err != nil {
			return err
		}
	}
	if len(t.folk) > 1 {
		for _, h := range t.homes {
			if h.ID != t.folk[1].Household {
				continue
			}
			x := matter{h, "N11", rulebook.Feedback, "猫狗放养，把楼道弄脏了，邻居滑了一跤", "出门牵绳，楼道清洗干净"}
			id, ok, err := t.note(ctx, x, t.now)
			if err == nil && ok {
				err = t.tell(ctx, id, x, t.now.AddDate(0, 0, 7), "")
			}
			if err != nil {
				return err
			}
		}
	}
	who, err := t.one(actor.Committee, 0)
	if err != nil {
		return err
	}
	_, err = t.Site.Activities.Activities.Open(ctx, who, t.outing("冬季防火宣传", month.Day(t.now).AddDate(0, 0, 3)))
	return passable(err)
}

// lots draws the next quarter's representatives, or announces the drawing.
func (t *tale) lots(ctx context.Context, nth int, ago func(int) time.Time) error {
	lead, err := t.one(actor.Lead, 0)
	if err != nil {
		return err
	}
	n := group.NewDraw{Seats: 2, StartsOn: group.QuarterEnd(t.now).AddDate(0, 0, 1), DrawsOn: ago(2), Source: t.mark("抽签会上到场的三名村民代表各写一个六位以内的数字，同时亮出，按签到次序录入")}
	if nth > 0 {
		n.DrawsOn = ago(-2)
	}
	t.at(ago(4))
	id, err := t.Site.Group.FreezeDraw(ctx, lead, n)
	if err != nil || nth > 0 {
		return passable(err)
	}
	t.at(ago(2))
	return passable(t.Site.Group.DrawLots(ctx, lead, id, []group.Number{{Name: "老顾", Number: t.v.ID % 1000}, {Name: "季会计", Number: 4071}, {Name: "张阿姨", Number: 68}}))
}

// rounds lets the grids that have a worker make their rounds of a month that is over, or begin this one's.
func (t *tale) rounds(ctx context.Context, m month.Month, finish bool) error {
	for _, grid := range []int{1, 2} {
		if !finish && grid == 1 {
			continue // left for whoever tries it
		}
		if err := t.walk(ctx, m, grid, finish); err != nil {
			return fmt.Errorf("round %d: %w", grid, err)
		}
	}
	return nil
}
