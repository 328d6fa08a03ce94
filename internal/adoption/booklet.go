package adoption

import (
	"fmt"
	"slices"

	"cunfen/internal/paper"
	"cunfen/internal/rulebook"
)

// Booklet is what stands on the paper besides the rules.
type Booklet struct {
	Village, Township, Motto, Emblem string
	Contact                          string // whom to ask
	Address                          string // of the public page
	Editions                         []Edition
}

// a5 is half of A4, so that the booklet can be printed two pages a sheet.
var a5 = paper.Size{W: 419.53, H: 595.28, Scale: 1}

// press is the booklet on its way through the printer.
type press struct {
	*paper.Doc
	b       Booklet
	x, y, w float64
}

// Print draws the rules in force as a booklet of A5 pages, and lists what the font lacked.
func (b Booklet) Print() (pdf []byte, missing []rune, err error) {
	now, ok := InForce(b.Editions)
	if !ok {
		return nil, nil, rulebook.ErrNoRules.With(b.Village)
	}
	d, err := paper.New(a5, b.Village+"积分细则", b.Village)
	if err != nil {
		return nil, nil, err
	}
	p := &press{Doc: d, b: b, x: 40}
	p.w = p.W - 2*p.x
	p.cover(now)
	p.how(now)
	p.annex("加分的事", "由本户申报，或请网格员代报；每月巡查的项目由网格员上门评。", now.RuleSet, rulebook.Plus)
	p.annex("减分的事", "由工作小组评核、拿出证明；先告知整改、听取说明，两名没有亲属关系的成员认定；不服可以提异议。减分不写到户的事由，不公开姓名。", now.RuleSet, rulebook.Minus)
	p.history()
	p.Foot(p.x, p.b.Village+"积分细则", 2)
	pdf, err = d.Bytes()
	return pdf, d.Missing(), err
}

func (p *press) cover(e Edition) {
	p.AddPage()
	p.Text(p.x, 90, p.w, 30, p.b.Township, paper.Centre, paper.Style{Size: 15})
	p.Text(p.x, 130, p.w, 46, p.b.Village, paper.Centre, paper.Style{Size: 34, Bold: true})
	p.Text(p.x, 184, p.w, 40, "积 分 细 则", paper.Centre, paper.Style{Size: 26, Bold: true, Colour: paper.Red})
	p.Line(p.x+60, 236, p.x+p.w-60, 236, 1.5, paper.Red)
	p.Text(p.x, 246, p.w, 24, fmt.Sprintf("%d 年第 %d 版　%s起施行", e.Year, e.Version, day(e.InForceFrom)), paper.Centre, paper.Style{Size: 13})
	if p.b.Motto != "" {
		p.Text(p.x, 292, p.w, 24, "“"+p.b.Motto+"”", paper.Centre, paper.Style{Size: 14, Colour: paper.Grey})
	}
	if p.b.Address != "" {
		p.QR(p.W/2-42, 380, 84, p.b.Address)
		p.Text(p.x, 468, p.w, 18, "扫码看最新的细则", paper.Centre, paper.Style{Size: 10.5, Colour: paper.Grey})
	}
	p.Text(p.x, 500, p.w, 18, "经“四议两公开”通过", paper.Centre, paper.Style{Size: 11})
	p.Text(p.x, 518, p.w, 18, "依据："+e.Document, paper.Centre, paper.Style{Size: 10.5, Colour: paper.Grey})
}

func (p *press) turn() {
	p.AddPage()
	p.y = 40
}

// room begins a page where fewer points are left.
func (p *press) room(points float64) {
	if p.y+points > p.H-44 {
		p.turn()
	}
}

func (p *press) heading(text string) {
	p.room(60)
	p.Text(p.x, p.y, p.w, 28, text, paper.Left, paper.Style{Size: 18, Bold: true})
	p.y += 34
}

// lines writes a text, indented by in, broken into lines; a page is begun where it does not fit.
func (p *press) lines(text string, in float64, s paper.Style, leading float64) {
	for _, l := range p.Wrap(text, p.w-in, s) {
		p.room(leading)
		p.Text(p.x+in, p.y, p.w-in, leading, l, paper.Left, s)
		p.y += leading
	}
}

func (p *press) how(e Edition) {
	p.turn()
	p.heading("先看这几条")
	says := []string{
		"一房一户，在本村常住就能参加，不看户口。全家人的积分记在一本存折上。",
		"做了加分的事：自己用手机报，或请网格员、到村部窗口代报，带上证明。没有手机一样办。",
		"每月由工作小组评核、签字，张榜公示，再兑换。",
		fmt.Sprintf("觉得不对：公示后 %d 天内提异议，由没有参与认定的人核查；还不服，答复后 %d 天内向镇里申诉。有异议的分，定下来以前不算。", e.Settings.ObjectionDays, e.Settings.AppealDays),
		"积分只管表扬和兑换。不影响分红、土地、上学、低保救助、办证明，也不是信用。",
	}
	for n, s := range says {
		p.lines(fmt.Sprintf("%d. %s", n+1, s), 0, paper.Style{Size: 12}, 19)
		p.y += 5
	}
	p.y += 8
	p.Text(p.x, p.y, p.w, 22, "本村的定法", paper.Left, paper.Style{Size: 13, Bold: true})
	p.y += 26
	for _, s := range SettingsInWords(e.RuleSet) {
		p.lines(s.Label+"："+s.Text, 0, paper.Style{Size: 10.5}, 16)
	}
	if p.b.Contact != "" {
		p.y += 8
		p.lines("不明白的，问："+p.b.Contact, 0, paper.Style{Size: 11, Bold: true}, 18)
	}
}

func (p *press) annex(title, note string, r rulebook.RuleSet, sign rulebook.Sign) {
	p.turn()
	p.heading(title)
	p.lines(note, 0, paper.Style{Size: 11, Colour: paper.Grey}, 17)
	for _, class := range r.Classes(sign) {
		p.y += 10
		first := slices.IndexFunc(r.Items, func(i rulebook.Item) bool { return i.Sign == sign && i.Class == class && i.On })
		if first < 0 {
			continue
		}
		p.room(32 + p.tall(r.Items[first])) // a heading never stands alone at the foot
		p.Box(p.x, p.y, p.w, 22, paper.Colour{0xE6, 0xF3, 0xEE})
		p.Text(p.x+6, p.y, p.w-12, 22, class, paper.Left, paper.Style{Size: 13, Bold: true})
		p.y += 28
		for _, i := range r.Items {
			if i.Sign == sign && i.Class == class && i.On {
				p.item(i)
			}
		}
	}
}

var text, worth, proof = paper.Style{Size: 11.5}, paper.Style{Size: 11.5, Bold: true}, paper.Style{Size: 10, Colour: paper.Grey}

// tall is how much of a page an item takes.
func (p *press) tall(i rulebook.Item) float64 {
	tall := 17*float64(len(p.Wrap(i.Text, p.w-34, text))+len(p.Wrap(i.Worth(), p.w-34, worth))) + 15*float64(len(p.Wrap("证明："+kinds(i.Accepts()), p.w-34, proof)))
	return min(tall, 400)
}

// item writes one item; it is not cut in two where it fits on a page.
func (p *press) item(i rulebook.Item) {
	p.room(p.tall(i))
	p.Text(p.x, p.y, 32, 17, i.Code, paper.Left, worth)
	p.lines(i.Text, 34, text, 17)
	p.lines(i.Worth(), 34, worth, 17)
	p.lines("证明："+kinds(i.Accepts()), 34, proof, 15)
	p.y += 7
}

func (p *press) history() {
	p.turn()
	p.heading("细则是怎么改过来的")
	for _, e := range p.b.Editions {
		p.room(50)
		state := ""
		if e.Coming {
			state = "（还没施行）"
		}
		p.Text(p.x, p.y, p.w, 20, fmt.Sprintf("第 %d 版　%s起%s", e.Version, day(e.InForceFrom), state), paper.Left, paper.Style{Size: 12.5, Bold: true})
		p.y += 22
		p.lines(e.Reason, 0, paper.Style{Size: 11}, 17)
		what := "比上一版："
		if e.Version == 1 {
			what = "比镇里文件的清单："
		}
		if len(e.Changes) == 0 {
			p.lines(what+"没有改动", 0, paper.Style{Size: 10.5, Colour: paper.Grey}, 16)
		} else {
			p.lines(what, 0, paper.Style{Size: 10.5, Colour: paper.Grey}, 16)
		}
		for _, c := range e.Changes {
			p.lines("· "+c.String(), 8, paper.Style{Size: 10.5}, 16)
		}
		p.y += 10
	}
}
