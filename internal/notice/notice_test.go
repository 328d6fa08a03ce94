package notice

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"cunfen/internal/month"
)

func TestMask(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"张桂兰": "张桂*", "张兰": "张*", "欧阳娜娜": "欧阳娜*", "李𬭎": "李*", "王䶮𫖮": "王䶮*",
		"张": "*", "": "*", "张桂兰（户主）": "张桂*", "阿依古丽·买买提": "阿依*"} {
		if got := Mask(name); got != want {
			t.Errorf("Mask(%s) = %s, want %s", name, got, want)
		}
	}
}

// entered makes n causes of n households.
func entered(n int, kind int16, class, title, notice string, points int64) (all []cause) {
	for range n {
		all = append(all, cause{uuid.New(), kind, class, title, notice, 1, points})
	}
	return all
}

func join(parts ...[]cause) (all []cause) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func TestSmallClassesFold(t *testing.T) {
	t.Parallel()
	env, grid, custom := "农村人居环境整治", "网格治理", "移风易俗"
	for name, c := range map[string]struct {
		causes []cause
		want   []Class
	}{
		"nothing":                          {nil, nil},
		"five stand alone":                 {entered(5, award, env, "整洁", "A", 5), []Class{{env, 5, 25}}},
		"four are not shown":               {entered(4, award, env, "整洁", "A", 5), nil},
		"two small ones make an other":     {join(entered(3, award, env, "整洁", "A", 5), entered(3, award, grid, "网格", "A", 5)), []Class{{"其他", 6, 30}}},
		"the rest may not be one home":     {join(entered(9, award, env, "整洁", "A", 5), entered(6, award, grid, "网格", "A", 5), entered(1, award, custom, "丧事", "B", 5)), []Class{{env, 9, 45}, {"其他", 7, 35}}},
		"health is never in its class":     {join(entered(9, award, env, "整洁", "A", 5), entered(6, award, "德善公益", "献血", "C", 5)), []Class{{env, 9, 45}, {"其他", 6, 30}}},
		"unknown items go with the rest":   {join(entered(9, award, env, "整洁", "A", 5), entered(5, award, "", "", "", 5)), []Class{{env, 9, 45}, {"其他", 5, 25}}},
		"what was taken back is not there": {[]cause{{uuid.New(), award, env, "整洁", "A", 0, 0}}, nil},
	} {
		if diff := cmp.Diff(c.want, gains(c.causes)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestLossesAreNeverTraceable(t *testing.T) {
	t.Parallel()
	env, virtue := "农村人居环境整治", "德善公益"
	for name, c := range map[string]struct {
		causes []cause
		want   []Class
	}{
		"an item of half of those alike":      {join(entered(5, loss, env, "乱倒垃圾", "A", -5), entered(5, loss, env, "秸秆焚烧", "A", -5)), []Class{{"乱倒垃圾", 5, 0}, {"秸秆焚烧", 5, 0}}},
		"of all who lost anything":            {entered(5, loss, env, "乱倒垃圾", "A", -5), []Class{{"其他事项", 5, 0}}},
		"of all who lost as much":             {join(entered(5, loss, env, "乱倒垃圾", "A", -5), entered(5, loss, env, "秸秆焚烧", "A", -10)), []Class{{"其他事项", 10, 0}}},
		"of four it is not":                   {entered(4, loss, env, "乱倒垃圾", "A", -5), nil},
		"small ones show by class":            {join(entered(3, loss, env, "乱倒垃圾", "A", -5), entered(3, loss, env, "秸秆焚烧", "A", -5), entered(6, loss, virtue, "不赡养老人", "C", -5)), []Class{{env + "类", 6, 0}, {"其他事项", 6, 0}}},
		"one sensitive home hides the others": {join(entered(6, loss, env, "乱倒垃圾", "A", -5), entered(6, loss, env, "秸秆焚烧", "A", -5), entered(1, loss, virtue, "家暴", "X", -10)), []Class{{"秸秆焚烧", 6, 0}, {"其他事项", 7, 0}}},
		"sensitive alone is not shown":        {entered(3, loss, virtue, "不赡养老人", "C", -10), nil},
		"sensitive never by cause":            {join(entered(6, loss, env, "乱倒垃圾", "A", -5), entered(6, loss, virtue, "不赡养老人", "C", -5)), []Class{{"乱倒垃圾", 6, 0}, {"其他事项", 6, 0}}},
		"sensitive by its amount":             {join(entered(6, loss, env, "乱倒垃圾", "A", -5), entered(6, loss, virtue, "不赡养老人", "C", -10)), []Class{{"其他事项", 12, 0}}},
	} {
		if diff := cmp.Diff(c.want, losses(c.causes)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSpoken(t *testing.T) {
	t.Parallel()
	for n, want := range map[int64]string{0: "零", 2: "二", 10: "十", 15: "十五", 20: "二十", 105: "一百零五", 110: "一百一十", 115: "一百一十五", 200: "二百",
		222: "二百二十二", 1000: "一千", 1005: "一千零五", 1010: "一千零一十", 2000: "两千", 2005: "两千零五", 2050: "两千零五十", 10000: "一万", 10005: "一万零五",
		10500: "一万零五百", 20000: "两万", 22222: "两万两千二百二十二", 100000: "十万", 120304: "十二万零三百零四", 100000005: "一亿零五", -30: "负三十"} {
		if got := Spoken(n); got != want {
			t.Errorf("Spoken(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		settings, now string
		month         month.Month
		due           bool
	}{
		{`{}`, "2026-11-01T07:59:59+08:00", 202610, false},
		{`{}`, "2026-11-01T08:00:00+08:00", 202610, true},
		{`{}`, "2026-11-01T00:00:00Z", 202610, true},
		{`{"calendar":{"notice_day":5}}`, "2026-11-04T23:00:00+08:00", 202610, false},
		{`{"calendar":{"notice_day":5}}`, "2027-01-05T08:00:00+08:00", 202612, true},
		{`{"calendar":{"notice_day":5}}`, "2026-11-30T23:59:00+08:00", 202610, true},
		{`{"calendar":{"notice_day":31}}`, "2026-11-01T09:00:00+08:00", 202610, true},
	} {
		now, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		if m, due := Due([]byte(c.settings), now); m != c.month || due != c.due {
			t.Errorf("Due(%s, %s) = %s, %t", c.settings, c.now, m, due)
		}
	}
}

// The root is the same for the same lines and another for any other.
func TestRoot(t *testing.T) {
	t.Parallel()
	n := Notice{Month: 202610, Number: 1, Households: 3}
	lines := []Line{{Position: 1, Door: "1组1号", Head: "张*"}, {Position: 2, Door: "1组2号", Head: "王*"}, {Position: 3, Door: "a|b", Head: "李*"}}
	n.Root = Root(Texts(11, n, lines))
	if !Holds(11, n, lines) || Holds(12, n, lines) {
		t.Error("the root does not tell villages apart")
	}
	for i := range lines {
		changed := append([]Line{}, lines...)
		changed[i].Total++
		if Holds(11, n, changed) || Holds(11, n, lines[:2]) {
			t.Error("a changed line holds")
		}
	}
	if code := Code(n.Root); len(code) != 9 || !sameCode(n.Root, " "+code[:4]+code[5:]+" ") {
		t.Errorf("code %s", code)
	}
	if Holds(11, n, []Line{lines[1], lines[0], lines[2]}) {
		t.Error("lines in another order hold")
	}
}
