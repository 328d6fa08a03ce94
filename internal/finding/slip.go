package finding

import (
	"fmt"
	"strings"

	"cunfen/internal/month"
	"cunfen/internal/paper"
	"cunfen/internal/rulebook"
)

// PrintSlip is the rectification notice on one A4: the notice above, the receipt to be signed and torn off
// below.
func PrintSlip(c Chain, item rulebook.Item, village, contact string) ([]byte, error) {
	if c.Notice == nil {
		return nil, ErrState.With(c.State.Chinese())
	}
	d, err := paper.New(paper.A4, "整改告知", village+"积分管理工作小组")
	if err != nil {
		return nil, err
	}
	d.AddPage()
	p := slip{Doc: d, x: 56, y: 48, w: paper.A4.W - 112}
	p.Text(p.x, p.y, p.w, 32, village+"积分整改告知单", paper.Centre, paper.Style{Size: 22, Bold: true})
	p.y += 48
	p.row("住户", c.Head+"家　"+c.Door)
	p.row("什么事", fmt.Sprintf("%s：%s", month.ChineseDay(c.OccurredOn.UTC()), c.Matter))
	p.row("依据", fmt.Sprintf("%s %s（细则第 %d 版）%s", item.Code, item.Title, c.RuleVersion, item.Text))
	p.row("怎么改", c.Notice.Demand)
	p.row("改到哪天", month.ChineseDay(c.Notice.DueOn.UTC())+"以前。"+p.right(c))
	p.row("能帮您的", helpLine(c.Notice.Help)+"。"+c.Notice.Contact)
	p.row("您可以说明", "评定以前，可以在手机上、打电话或到窗口说明情况，我们照原话记。不说明的，到期后由两名和您家没有关系的成员评定。")
	p.row("有意见", "评定后不同意的，可以提异议，由别的成员重新核查；还不同意的，可以向镇里申诉。咨询："+strings.TrimSpace(contact))
	p.y += 10
	p.Text(p.x, p.y, p.w, 20, village+"积分管理工作小组（盖章）　　"+month.ChineseDay(c.Notice.IssuedAt.In(month.Zone)), paper.Right, paper.Style{})
	p.y += 44
	p.Line(p.x, p.y, p.x+p.w, p.y, 0.7, paper.Grey)
	p.Text(p.x, p.y+2, p.w, 16, "沿线裁下，签收联由小组保存", paper.Centre, paper.Style{Size: 8.5, Colour: paper.Grey})
	p.y += 30
	p.Text(p.x, p.y, p.w, 24, "签收联", paper.Centre, paper.Style{Size: 15, Bold: true})
	p.y += 34
	p.row("编号", c.ID.String())
	p.row("住户", c.Head+"家　"+c.Door)
	p.row("告知单", "已收到整改告知单，知道改到"+month.ChineseDay(c.Notice.DueOn.UTC())+"以前，知道可以说明和提异议。")
	p.y += 16
	p.Text(p.x, p.y, p.w/2, 20, "签收人：________________", paper.Left, paper.Style{})
	p.Text(p.x+p.w/2, p.y, p.w/2, 20, "日期：________________", paper.Left, paper.Style{})
	p.y += 30
	p.Text(p.x, p.y, p.w/2, 20, "送达人：________________", paper.Left, paper.Style{})
	p.Text(p.x+p.w/2, p.y, p.w/2, 20, "见证人：________________", paper.Left, paper.Style{})
	if missing := d.Missing(); len(missing) > 0 {
		p.y += 26
		p.Text(p.x, p.y, p.w, 16, "有的字字库里没有，印作〓，请手写补上："+runes(missing), paper.Left, paper.Style{Size: 8.5, Colour: paper.Grey})
	}
	return d.Bytes()
}

// slip is the paper on its way; y is how far down it has come.
type slip struct {
	*paper.Doc
	x, y, w float64
}

func (p *slip) row(label, text string) {
	style := paper.Style{Size: 11.5}
	p.Text(p.x, p.y, 76, 18, label, paper.Left, paper.Style{Size: 11.5, Bold: true})
	for _, line := range p.Wrap(text, p.w-84, style) {
		p.Text(p.x+84, p.y, p.w-84, 18, line, paper.Left, style)
		p.y += 18
	}
	p.y += 6
}

func (slip) right(c Chain) string {
	if c.PutRight == rulebook.Half {
		return "按期改好，只减一半的分；没有改好，经评定减 " + fmt.Sprint(-c.Points) + " 分。"
	}
	return "按期改好，不减分；没有改好，经评定减 " + fmt.Sprint(-c.Points) + " 分。"
}

func helpLine(codes []string) string {
	var words []string
	for _, h := range codes {
		words = append(words, HelpText(h))
	}
	return strings.Join(words, "、")
}

func runes(all []rune) string {
	var words []string
	for _, r := range all {
		words = append(words, fmt.Sprintf("U+%04X", r))
	}
	return strings.Join(words, "、")
}
