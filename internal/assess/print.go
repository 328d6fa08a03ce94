package assess

import (
	"fmt"
	"strconv"
	"strings"

	"cunfen/internal/figure"
	"cunfen/internal/month"
	"cunfen/internal/paper"
)

// Period is the time that the scheme looks at.
func (c Scheme) Period() figure.Period {
	return figure.Period{From: month.Month(c.FromMonth), To: month.Month(c.ToMonth)}
}

// Report is the assessment on paper: the villages with their totals, then each village's marks with their sources.
func Report(c Scheme, all []Result, bureau string) (pdf []byte, missing []rune, err error) {
	s := paper.Sheet{Title: c.Name, Lines: []string{fmt.Sprintf("%s　%d 个村（场）　满分 100 分　%s", c.Period().Chinese(), len(all), Chinese(c.State))},
		Table:   paper.Table{Height: 20, Columns: []paper.Column{{Title: "序号", Width: 40, Align: paper.Centre}, {Title: "村（场）", Width: 160, Align: paper.Left}, {Title: "得分", Width: 80, Align: paper.Right}, {Title: "异议", Width: 200, Align: paper.Left}}},
		PerPage: 30, Signers: []string{"经办人", "负责人"}, Maker: bureau + "（盖章）", Foot: c.Name}
	if c.SignedAt != nil {
		s.Date = "签发：" + c.SignedName + " " + c.SignedAt.In(month.Zone).Format("2006-01-02")
		s.Code = "内容摘要 " + c.Digest[:16]
		s.Foot += "　内容摘要 " + c.Digest[:16]
	}
	for n, r := range all {
		objection := "无"
		if r.Objection != "" {
			objection = Chinese(r.State)
			if r.Answer != "" {
				objection = "提出，已答复"
			}
		}
		s.Table.Rows = append(s.Table.Rows, []string{strconv.Itoa(n + 1), r.Village, Points(r.Total), objection})
		sec := paper.Section{Heading: r.Village + "　" + Points(r.Total) + " 分", Table: paper.Table{Height: 18, Columns: []paper.Column{{Title: "指标", Width: 130, Align: paper.Left}, {Title: "权重", Width: 40, Align: paper.Right}, {Title: "得分", Width: 45, Align: paper.Right}, {Title: "依据", Width: 300, Align: paper.Left}}}}
		for _, m := range r.Marks {
			for n, line := range broken(m.Source, sourceWidth) {
				row := []string{"", "", "", line}
				if n == 0 {
					row = []string{m.Title, strconv.Itoa(m.Weight), Points(m.Score), line}
				}
				sec.Table.Rows = append(sec.Table.Rows, row)
			}
		}
		s.Sums = append(s.Sums, sec)
	}
	s.Remarks = []string{"本考核只看群众得到了什么、事情办得怎样，不看工作人员使用系统的多少（国办函〔2026〕12号）。"}
	return s.Print(paper.A4)
}

// sourceWidth is how many characters of a source stand in one row of the report.
const sourceWidth = 30

// broken is a text in rows of at most n characters; what somebody wrote after a visit is no longer shrunk to one row.
func broken(text string, n int) (rows []string) {
	r := []rune(strings.Join(strings.Fields(text), " "))
	for len(r) > n {
		rows, r = append(rows, string(r[:n])), r[n:]
	}
	return append(rows, string(r))
}
