package assess

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/figure"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

// TestNeverTheStaff asks that whatever measures people by their use of the system is refused, and what looks at the
// village's work is not.
func TestNeverTheStaff(t *testing.T) {
	t.Parallel()
	for _, words := range []string{"网格员登录次数", "工作人员在线时长", "登 录 天数", "系统活跃度", "人均录入条数", "每名网格员巡查次数", "照片上传数量", "手机端打开次数", "干部使用时长排名", "APP使用率", "网格员录入排名",
		"按采集量通报工作人员", "每日打卡情况", "小程序点击量", "公众号关注数", "软件安装率", "成员审核条数排行", "login days", "screen time", "DAU", "办理笔数", "经办人人均办理笔数", "停留时间"} {
		if !ranksStaff(words) {
			t.Errorf("%q is let through", words)
		}
	}
	for _, words := range []string{"公示栏、存折现场查看", "村民对积分制的满意度", "物资账实相符", "整改到位", "老年人不用手机也能办", "四议两公开记录齐全", "工作小组四类成员齐全", "广播和公示栏公布情况", "证明材料保管", "群众知晓率", "2026年积分制工作考核", "照片证据真实"} {
		if ranksStaff(words) {
			t.Errorf("%q is refused", words)
		}
	}
}

var now = time.Date(2026, 11, 20, 2, 0, 0, 0, time.UTC)

func sound() Draft {
	return Draft{Name: "2026年积分制考核", Period: figure.Year(2026), Indicators: []Indicator{{Code: "participation", Weight: 40}, {Code: "wait", Weight: 30}, {Code: "visit1", Title: "公示栏现场查看", Weight: 30}}}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Draft)
		want   *fault.Error
	}{
		"sound":                 {func(*Draft) {}, nil},
		"no name":               {func(d *Draft) { d.Name = " 考 " }, ErrName},
		"99 of 100":             {func(d *Draft) { d.Indicators[0].Weight = 39 }, ErrWeight},
		"a negative weight":     {func(d *Draft) { d.Indicators[0].Weight, d.Indicators[1].Weight = -10, 80 }, ErrWeight},
		"an unknown measure":    {func(d *Draft) { d.Indicators[0].Code = "logins" }, ErrCode},
		"the same twice":        {func(d *Draft) { d.Indicators[1].Code = "participation" }, ErrCode},
		"a visit without words": {func(d *Draft) { d.Indicators[2].Title = "" }, ErrTitle},
		"the staff's use":       {func(d *Draft) { d.Indicators[2].Title = "网格员登录次数" }, ErrStaff},
		"in the name":           {func(d *Draft) { d.Name = "干部在线时长考核" }, ErrStaff},
		"next year":             {func(d *Draft) { d.Period = figure.Year(2027) }, ErrPeriod},
	} {
		d := sound()
		c.change(&d)
		err := d.check(now)
		if c.want == nil && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != nil && !holds(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// holds reports whether the fault is the one or has it among its fields.
func holds(err error, want *fault.Error) bool {
	if err == nil {
		return false
	}
	for _, f := range append(fault.Of(err).Fields, fault.Of(err)) {
		if errors.Is(f, want) {
			return true
		}
	}
	return false
}

func TestScore(t *testing.T) {
	t.Parallel()
	up, down := Indicator{Weight: 20, Full: 100, Zero: 0}, Indicator{Weight: 15, Full: 3, Zero: 15}
	for _, c := range []struct {
		i     Indicator
		value float64
		want  int
	}{{up, 100, 2000}, {up, 50, 1000}, {up, 0, 0}, {up, 120, 2000}, {up, 33.333, 667}, {down, 3, 1500}, {down, 1, 1500}, {down, 9, 750}, {down, 15, 0}, {down, 40, 0}, {Indicator{Weight: 5}, 1, 0}} {
		if got := c.i.score(c.value); got != c.want {
			t.Errorf("%v at %v: %d, want %d", c.i, c.value, got, c.want)
		}
	}
	v := figure.Standing{Level: figure.Level{Households: 10, Entered: 5}, Flow: figure.Flow{Found: 4, Righted: 1, Deductions: 2}}
	for code, want := range map[string]int{"participation": 500, "righted": 750, "wait": 1000, "on_time": 1000, "late": 1000, "budget": 0} {
		m, _ := measure(code)
		if got := (Indicator{Code: code, Weight: 10, Full: m.Full, Zero: m.Zero}).mark(v, nil); got.Score != want || got.Source == "" {
			t.Errorf("%s: %+v, want %d", code, got, want)
		}
	}
}

var (
	ctx     = context.Background()
	officer = actor.Actor{Account: uuid.New(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}
)

// TestWay is an assessment from its scheme to the signed paper, with an objection on the way.
func TestWay(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	figures := &figure.Service{DB: db.DB}
	s := &Service{DB: db.DB, Figures: figures}
	db.Household(t, pgtest.A, "1", "甲")
	for _, v := range []actor.VillageID{pgtest.A, pgtest.B} {
		if err := figures.Rebuild(ctx, actor.System(v)); err != nil {
			t.Fatal(err)
		}
	}
	lead := pgtest.In(pgtest.A, actor.Lead)
	want := func(what string, got error, want *fault.Error) {
		t.Helper()
		if want == nil && got != nil || want != nil && !errors.Is(got, want) {
			t.Fatalf("%s: %v, want %v", what, got, want)
		}
	}
	who := officer
	who.Key = "assess-make-1"
	id, err := s.Make(ctx, who, sound())
	want("made", err, nil)
	if again, err := s.Make(ctx, who, sound()); err != nil || again != id {
		t.Errorf("the same request again made %s, %v", again, err)
	}
	want("counted", s.Count(ctx, officer, id), nil)
	_, all, err := s.Show(ctx, officer, id)
	if err != nil || len(all) != 2 || len(all[0].Marks) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	if _, _, err := s.Own(ctx, lead, id); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("the village reads what was not sent: %v", err)
	}
	want("sent before anybody looked", s.Send(ctx, officer, id), ErrUnseen)
	want("101 points", s.Look(ctx, officer, pgtest.A, id, "visit1", 101, "公示栏完好"), ErrPoints)
	want("a computed mark by hand", s.Look(ctx, officer, pgtest.A, id, "participation", 100, "我看都参加了"), ErrCode)
	want("looked at A", s.Look(ctx, officer, pgtest.A, id, "visit1", 80, "公示栏完好，少一个月的"), nil)
	want("looked at B", s.Look(ctx, officer, pgtest.B, id, "visit1", 100, "公示栏完好"), nil)
	want("sent", s.Send(ctx, officer, id), nil)
	want("sent again", s.Send(ctx, officer, id), ErrState)
	want("signed before the days were over", s.Sign(ctx, officer, id), ErrOpen)
	name, own, err := s.Own(ctx, lead, id)
	if err != nil || name != sound().Name || own.Total != all[0].Total+0 && own.Marks[2].Score != 2400 {
		t.Errorf("own = %+v, %v", own, err)
	}
	for f, n := range map[[2]string]int{{"", ""}: 1, {"sent", ""}: 1, {"objected", ""}: 0, {"dropped", ""}: 0, {"", "2026年"}: 1, {"sent", "没有的"}: 0} {
		if found, err := s.Mine(ctx, lead, f[0], f[1]); err != nil || len(found) != n {
			t.Errorf("%q finds %d, %v", f, len(found), err)
		}
	}
	want("an objection", s.Object(ctx, lead, id, "公示栏缺的那个月是台风刮掉的"), nil)
	want("a second", s.Object(ctx, lead, id, "公示栏缺的那个月是台风刮掉的"), ErrState)
	db.At("2026-11-28T10:00:00+08:00")
	want("signed with an objection open", s.Sign(ctx, officer, id), ErrOpen)
	want("too late", s.Object(ctx, pgtest.In(pgtest.B, actor.Lead), id, "我们也有意见要说"), ErrClosed)
	want("looked again", s.Look(ctx, officer, pgtest.A, id, "visit1", 100, "看了照片，确是台风"), nil)
	want("answered", s.Answer(ctx, officer, pgtest.A, id, "已按照片改为满分"), nil)
	want("signed", s.Sign(ctx, officer, id), nil)
	want("counted after it", s.Count(ctx, officer, id), ErrState)
	want("looked after it", s.Look(ctx, officer, pgtest.A, id, "visit1", 10, "改一改分数"), ErrState)
	c, all, err := s.Show(ctx, officer, id)
	if err != nil || c.State != "signed" || c.Digest != Digest(all) || c.SignedName != officer.Name {
		t.Errorf("c = %+v, %v", c, err)
	}
	for _, r := range all {
		if r.VillageID == pgtest.A && (r.Marks[2].Score != 3000 || r.Marks[2].By != officer.Name || r.State != "signed") {
			t.Errorf("A = %+v", r)
		}
	}
	for text, n := range map[string]int{"": 1, strings.Repeat("看", 30): 1, strings.Repeat("看", 31): 2, strings.Repeat("看", 500): 17} {
		if rows := broken(text, sourceWidth); len(rows) != n || strings.Join(rows, "") != text {
			t.Errorf("%d characters: %q", len([]rune(text)), rows)
		}
	}
	pdf, missing, err := Report(c, all, "甲镇农业农村和社会事业局")
	if err != nil || len(missing) > 0 || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		t.Errorf("the report: %d bytes, lacks %q, %v", len(pdf), string(missing), err)
	}
	foreign := actor.Actor{Account: uuid.New(), Role: actor.Bureau, Township: pgtest.Town2}
	reader := actor.Actor{Account: uuid.New(), Role: actor.Department, Township: pgtest.Town1}
	for name, who := range map[string]actor.Actor{"another township": foreign, "a department": reader, "the village": lead} {
		if _, _, err := s.Show(ctx, who, id); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	want("dropped after it", s.Drop(ctx, officer, id, "这次不算了"), ErrState)
	wrong, err := s.Make(ctx, officer, sound())
	want("made anew", err, nil)
	want("counted anew", s.Count(ctx, officer, wrong), nil)
	want("dropped without words", s.Drop(ctx, officer, wrong, "错"), ErrReason)
	want("dropped by another township", s.Drop(ctx, foreign, wrong, "别的镇要作废"), fault.ErrNotFound)
	if _, _, err := s.Own(ctx, lead, wrong); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("the village reads what was not sent: %v", err)
	}
	for _, v := range []actor.VillageID{pgtest.A, pgtest.B} {
		want("looked at", s.Look(ctx, officer, v, wrong, "visit1", 50, "时段选错的那一次"), nil)
	}
	want("sent anew", s.Send(ctx, officer, wrong), nil)
	want("dropped", s.Drop(ctx, officer, wrong, "时段选错了，重新定"), nil)
	want("dropped twice", s.Drop(ctx, officer, wrong, "时段选错了，重新定"), ErrState)
	want("counted after it was dropped", s.Count(ctx, officer, wrong), ErrState)
	want("looked after it was dropped", s.Look(ctx, officer, pgtest.A, wrong, "visit1", 10, "改一改分数"), ErrState)
	want("signed after it was dropped", s.Sign(ctx, officer, wrong), ErrState)
	want("objected to after it was dropped", s.Object(ctx, lead, wrong, "我们也有意见要说"), ErrState)
	if _, r, err := s.Own(ctx, lead, wrong); err != nil || r.State != "dropped" || r.Reason != "时段选错了，重新定" {
		t.Errorf("the village reads %q, %q, %v", r.State, r.Reason, err)
	}
	for f, n := range map[[2]string]int{{}: 2, {"signed", ""}: 1, {"dropped", ""}: 1, {"running", ""}: 0, {"", "没有这个名字"}: 0, {"", sound().Name}: 2} {
		if all, err := s.Schemes(ctx, officer, f[0], f[1]); err != nil || len(all) != n {
			t.Errorf("%v: %d schemes, %v", f, len(all), err)
		}
	}
	if all, err := s.Schemes(ctx, foreign, "", ""); err != nil || len(all) != 0 {
		t.Errorf("another township reads %d schemes, %v", len(all), err)
	}
	if _, _, err := s.Own(ctx, pgtest.In(pgtest.C, actor.Lead), id); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township's village: %v", err)
	}
}
