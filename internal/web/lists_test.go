package web_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLists downloads every other list there is: it is headed, shows what it should and, asked for what is not there,
// nothing; and no cell is of a village that the reader has nothing to do with.
func TestLists(t *testing.T) {
	s := up(t)
	lead, grid, officer, platform := s.people["lead a"], s.people["grid a"], s.people["bureau 1"], s.people["platform"]
	mark := s.a.mark
	q := "?q=没有的词"
	for _, c := range []struct {
		who  *person
		path string
		has  string // in a row of it
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
		{lead, "/rounds/" + s.a.round.String() + "/homes.xlsx", "户主" + mark, ""},
		{lead, "/archive.xlsx", "2026", ""},
		{lead, "/keeping.xlsx", "", ""},
		{lead, "/handed.xlsx", "", q},
		{lead, "/activities.xlsx", mark, q},
		{lead, "/activities/" + s.a.activity.String() + "/people.xlsx", "", ""},
		{lead, "/redeem/notes.xlsx", "一户" + mark, q},
		{lead, "/orders.xlsx", "户主" + mark, q},
		{lead, "/mismatches.xlsx", "亲属" + mark, "?state=settled"},
		{lead, "/counts.xlsx", "李四" + mark, "?kind=taking"},
		{lead, "/redemptions.xlsx?q=户主", "户主" + mark, q},
		{lead, "/gifts.xlsx", "", q},
		{lead, "/gifts/families.xlsx", "", ""},
		{lead, "/openings.xlsx", "", q},
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
		{officer, "/town/watch.xlsx", "", "?q=没有的词"},
		{officer, "/town/rescores.xlsx?q=局经办", "abcdefgh", q},
		{officer, "/town/villages/11/months/2026-10/lines.xlsx", "", ""},
		{officer, "/town/matters.xlsx", mark, q},
		{officer, "/town/rules.xlsx", "", q},
		{officer, "/town/appeals.xlsx", "", q},
		{officer, "/town/yearend.xlsx", "", ""},
		{platform, "/platform/sites.xlsx", "", q},
		{platform, "/platform/works.xlsx", "", q},
		{platform, "/platform/log.xlsx", "", q},
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
		found := c.has == ""
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
