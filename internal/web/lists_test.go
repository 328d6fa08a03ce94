package web_test

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/village"
)

// TestLists downloads every other list there is: it is headed, shows what it should and, asked for what is not there,
// nothing; and no cell is of a village that the reader has nothing to do with.
func TestLists(t *testing.T) {
	s := up(t)
	lead, grid, officer, platform := s.people["lead a"], s.people["grid a"], s.people["bureau 1"], s.people["platform"]
	mark := s.a.mark
	q := "?q=没有的词"
	for _, sql := range []string{`update message set told_at = '2025-09-01' where id = '` + s.a.message.String() + `'`,
		`update activity_person set at = $1`, `update rule_draft set changed_at = $1`, `update appeal set filed_at = $1`,
		`insert into undertaking (id, kind, state, village, code, name, to_village, to_name, reason, fault, by, by_name, at, confirmed_by_name) values (gen_random_uuid(), 'split', 'failed', 11, 'a', '东村', 12, '西村', '县里批复', '门牌重了', gen_random_uuid(), '甲', $1, '乙')`} {
		var args []any
		if strings.Contains(sql, "$1") {
			args = append(args, today)
		}
		s.exec(sql, args...)
	}
	if err := errors.Join(s.app.Site.Office.Watch.Count(t.Context(), actor.System(s.a.id)), s.app.Site.Tenure.SetFlags(t.Context(), platform.who, s.a.id, village.Flags{Most: village.Most{Households: 3}}, "村里来函要求")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who  *person
		path string
		has  string // in a row of it, cells parted by tabs
		none string // narrows it to nothing; empty where it has no filter
	}{
		{lead, "/findings.xlsx?q=户主", "屋后渠边种菜" + mark, q},
		{lead, "/findings.xlsx?state=noticed", "户主" + mark, "?state=closed"},
		{lead, "/opinions.xlsx?q=多换些米", "希望多换些米" + mark, q},
		{lead, "/objections.xlsx?state=&q=户主", "户主" + mark, q},
		{lead, "/review.xlsx?q=户主", "户主" + mark, q},
		{lead, "/matters.xlsx", mark, q},
		{lead, "/households.xlsx?q=户主", "户主" + mark, q},
		{lead, "/exemptions.xlsx?q=户主", "不种不养" + mark, q},
		{lead, "/log.xlsx?verb=claim.submit", "提交申报", q},
		{lead, "/draws/" + s.a.draw.String() + "/list.xlsx", "户主*", ""},
		{lead, "/rechecks/" + s.a.recheck.String() + "/lines.xlsx", "户主" + mark, ""},
		{lead, "/rounds.xlsx?state=open", "巡查中", q},
		{lead, "/rounds.xlsx", "巡查中", "?state=posted"},
		{lead, "/rounds/" + s.a.round.String() + "/homes.xlsx", "户主" + mark, ""},
		{lead, "/archive.xlsx", "2026", ""},
		{lead, "/keeping.xlsx", "申报通过了\t" + s.a.message.String() + "\t保存 365 天", ""},
		{lead, "/handed.xlsx", "2026-11-07 10:00\t2026-11-07 10:00\t一户" + mark + "\t这一项今年已经记过\t什么事：屋后有杂物" + mark + "\t0\tgrid a" + mark, q},
		{lead, "/activities.xlsx", mark, q},
		{lead, "/activities/" + s.a.activity.String() + "/people.xlsx", "成员" + mark + "\t1-1\t户主" + mark + "\t勾选登记\tx\t2026-11-10 15:00\t待申报", ""},
		{lead, "/redeem/notes.xlsx", "一户" + mark, q},
		{lead, "/orders.xlsx", "户主" + mark, q},
		{lead, "/mismatches.xlsx", "亲属" + mark, "?state=settled"},
		{lead, "/counts.xlsx", "李四" + mark, "?kind=taking"},
		{lead, "/redemptions.xlsx?q=户主", "户主" + mark, q},
		{lead, "/gifts.xlsx", "户主" + mark + "\t1-1\t亲属" + mark + "\t1-2\t1\t住户自己\thousehold a" + mark + "\t冷静期", q},
		{lead, "/gifts/families.xlsx", "1\t亲属" + mark + "\t1-2\t独居" + mark + "\t否\t当面同意" + mark + "\tcommittee a" + mark + "\t2026-11-07 10:00", ""},
		{lead, "/openings.xlsx", "\t5\t2026-11-01\t旧" + mark + "\t待签字\tcommittee a" + mark, q},
		{lead, "/passbooks.xlsx?q=户主", "户主" + mark, q},
		{lead, "/assessments.xlsx?state=sent&q=考核", "考核" + mark, q},
		{lead, "/assessments.xlsx", "已发各村", "?state=signed"},
		{lead, "/seconds.xlsx?state=open&q=好人好事", "局经办" + mark, "?state=recalled"},
		{lead, "/seconds.xlsx?q=局经办", "局经办" + mark, q},
		{grid, "/findings.xlsx", "屋后渠边种菜" + mark, q},
		{officer, "/town/assess.xlsx?state=sent&q=考核", "考核" + mark, q},
		{officer, "/town/assess.xlsx", "已发各村", "?state=signed"},
		{officer, "/town/assess/" + s.a.scheme.String() + "/report.xlsx", "东村", ""},
		{officer, "/town/stories.xlsx", "案例" + mark, q},
		{officer, "/town/inbox.xlsx?kind=nomination", "2025年度评选名单", q},
		{officer, "/town/watch.xlsx", "东村\t成员亲属户与相似户\t", q},
		{officer, "/town/rescores.xlsx?q=局经办", "abcdefgh", q},
		{lead, "/months.xlsx?q=2026年10月", "2026年10月\t已公示", "?state=signing"},
		{lead, "/months/2026-10/lines.xlsx?show=plus", "房前屋后整洁\t5\t2026-10-10\tgrid a" + mark + "\tcommittee a" + mark + "\t0\t3\t2", "?show=minus"},
		{officer, "/town/villages/11/months/2026-10/lines.xlsx", "1-1\t户主*\t0\t10\t0\t0\t10", ""},
		{officer, "/town/matters.xlsx", mark, q},
		{officer, "/town/rules.xlsx", "东村\t村里起草、商议中\t2026-01-01\t\t2026-11-10 15:00", q},
		{officer, "/town/appeals.xlsx", "东村\t1-1\t户主" + mark + "\t注册志愿者参加活动\t5\t不同意村里的答复" + mark + "\t2026-11-10 15:00\t2026-11-22\t镇里正在核查", q},
		{officer, "/town/yearend.xlsx", "东村\t村\t未汇总\t未确认\t0\t0\t公示中\t1", ""},
		{platform, "/platform/sites.xlsx", "11\t甲镇\t东村\ta\t运行中\t\t4\t5\t0\t0\t3\t4\t0\t住户", q},
		{platform, "/platform/works.xlsx", "2026-11-10 15:00\t分村\t东村\t西村\t停下了\t门牌重了\t县里批复\t甲\t乙", q},
		{platform, "/platform/log.xlsx", "platform\t平台管理员\t甲镇\t改用法和限额\t东村\t村里来函要求", q},
		{platform, "/platform/log.xlsx?q=东村", "改用法和限额\t东村", "?month=2026-10"},
		{platform, "/platform/log.xlsx?month=2026-11&verb=village", "改用法和限额\t东村", "?verb=assess"},
	} {
		a := s.get(c.who, c.path)
		if a.status != 200 || !strings.Contains(a.header.Get("Content-Disposition"), ".xlsx") {
			t.Errorf("%s: %d %s", c.path, a.status, a.header.Get("Content-Disposition"))
			continue
		}
		rows := sheet(t, a.body)
		if len(rows[0]) < 2 || slices.Contains(rows[0], "") {
			t.Errorf("%s is headed %q", c.path, rows[0])
		}
		found := false
		for _, row := range rows[1:] {
			line := strings.Join(row, "\t")
			found = found || strings.Contains(line, c.has)
			if c.who != platform && strings.Contains(line, "独有c") || c.who != officer && c.who != platform && strings.Contains(line, s.b.mark) {
				t.Errorf("%s shows another's %q", c.path, line)
			}
		}
		if !found {
			t.Errorf("%s lacks %q: %q", c.path, c.has, rows[1:])
		}
		path, _, _ := strings.Cut(c.path, "?")
		if c.none != "" {
			if none := sheet(t, s.get(c.who, path+c.none).body); len(none) != 1 {
				t.Errorf("%s%s is narrowed to %q", path, c.none, none[1:])
			}
		}
	}
}

var codeWord = regexp.MustCompile(`>\s*([a-z_]+\.[a-z_]+)\s*<`)

// TestLogsInWords: no line of a village's log or of the platform's stands there as a code.
func TestLogsInWords(t *testing.T) {
	s := up(t)
	for who, path := range map[string]string{"lead a": "/log", "platform": "/platform/log"} {
		for next, n := path, 0; next != "" && n < 10; n++ {
			a := s.get(s.people[who], next)
			if a.status != 200 || n == 0 && strings.Count(a.body, "<tr") < 2 && who == "lead a" {
				t.Fatalf("%s: %d", next, a.status)
			}
			for _, m := range codeWord.FindAllStringSubmatch(a.body, -1) {
				t.Errorf("%s says %s", next, m[1])
			}
			next = ""
			if m := regexp.MustCompile(`href="(` + path + `\?[^"]*after=[^"]+)"`).FindStringSubmatch(a.body); m != nil {
				next = strings.ReplaceAll(m[1], "&amp;", "&")
			}
		}
	}
}
