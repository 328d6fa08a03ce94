package evaluation

import (
	"unicode/utf8"

	"cunfen/internal/month"
	"cunfen/internal/paper"
	"cunfen/internal/rulebook"
)

// Form is a quarter's sheet of questions on paper, for who has no phone: as many A4 pages as the rules are long.
type Form struct {
	Village, Contact string
	Evaluation
	Rules rulebook.RuleSet // those of the pack's version
}

// Print draws the form, and lists what the font lacked.
func (f Form) Print() (pdf []byte, missing []rune, err error) {
	d, err := paper.New(paper.A4, f.Village+"细则征求意见表", f.Village)
	if err != nil {
		return nil, nil, err
	}
	const box = "□"
	var rows [][]string
	for _, u := range f.Pack.Items {
		worth := ""
		if i, err := f.Rules.Item(u.Code); err == nil {
			if worth = i.Worth(); utf8.RuneCountInString(worth) > 16 { // a ladder in words is too long for a line
				worth = i.ValueText
			}
		}
		rows = append(rows, []string{u.Code, u.Title, worth, box, box, box, box})
	}
	table := paper.Table{Height: 19, Columns: []paper.Column{{Title: "编号", Width: 8, Align: paper.Centre}, {Title: "事项", Width: 30}, {Title: "现在几分", Width: 34},
		{Title: "照现在的", Width: 11, Align: paper.Centre}, {Title: "给少了", Width: 9, Align: paper.Centre}, {Title: "给多了", Width: 9, Align: paper.Centre}, {Title: "不要它", Width: 9, Align: paper.Centre}}}
	const left, foot = 42.0, 60.0
	w := d.W - 2*left
	for begun := false; len(rows) > 0 || !begun; begun = true {
		y := f.head(d, left, w)
		n := min(len(rows), int((d.H-foot-y)/table.Height)-1)
		y = table.Draw(d, left, y, w, rows[:n])
		rows = rows[n:]
		if len(rows) == 0 {
			f.foot(d, left, w, y)
		}
	}
	d.Foot(left, f.Village+" · "+f.Quarter.Chinese(), 1)
	pdf, err = d.Bytes()
	return pdf, d.Missing(), err
}

// head is what stands on top of each page: whose sheet it is must not be lost when the pages part.
func (f Form) head(d *paper.Doc, x, w float64) (y float64) {
	d.AddPage()
	d.Text(x, 34, w, 28, f.Village+"积分细则征求意见表", paper.Centre, paper.Style{Size: 18, Bold: true})
	d.Text(x, 62, w, 18, f.Quarter.Chinese()+"　请在"+month.ChineseDay(f.OpinionsUntil)+"前交到村部窗口或网格员手里"+contact(f.Contact), paper.Centre, paper.Style{Size: 10.5, Colour: paper.Grey})
	d.Text(x, 88, w, 20, "门牌：＿＿＿＿＿＿＿＿＿＿　　户主：＿＿＿＿＿＿＿＿　　填表人签名：＿＿＿＿＿＿＿＿", paper.Left, paper.Style{Size: 12})
	d.Text(x, 108, w, 18, "想说的打一个勾就行，没有意见的空着；减分的事项，“给少了”就是减得太轻，“给多了”就是减得太重。", paper.Left, paper.Style{Size: 10, Colour: paper.Grey})
	return 130
}

func contact(s string) string {
	if s == "" {
		return ""
	}
	return "（" + s + "）"
}

// foot is the room for what fits into no box.
func (f Form) foot(d *paper.Doc, x, w, y float64) {
	if d.H-60-y < 130 {
		y = f.head(d, x, w)
	}
	y += 10
	d.Text(x, y, w, 20, "想加一条、想改条文的，请写在这里：", paper.Left, paper.Style{Size: 12, Bold: true})
	y += 22
	for range 4 {
		y += 22
		d.Line(x, y, x+w, y, 0.5, paper.Grey)
	}
}
