package tenants

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// Profile is what a village is besides its name: how it is divided, its days, its look, whom to call. It is
// kept with the village's row as it stands here.
type Profile struct {
	Households int      `json:"households"` // about how many
	Groups     []Group  `json:"groups"`
	Grids      []Grid   `json:"grids"`
	Calendar   Calendar `json:"calendar"`
	Look       Look     `json:"look"`
	Quorum     Quorum   `json:"quorum"`
	Contact    Contact  `json:"contact"`
	HideRank   bool     `json:"hide_rank,omitempty"` // a household does not see its place among the others
}

// Group is a villagers' group 村民小组.
type Group struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
}

// Grid is one grid 网格 and the villagers' groups in it.
type Grid struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Groups []int  `json:"groups"`
}

// Calendar is the village's fixed days of the month (R4.4.6a) and how long a notice hangs.
type Calendar struct {
	NoticeDay     int `json:"notice_day"`
	RedemptionDay int `json:"redemption_day"`
	TakeDownDays  int `json:"take_down_days"`
}

// Look is how the village's pages and paper look.
type Look struct {
	Colour string `json:"colour"` // #RRGGBB, dark enough for white text
	Emblem string `json:"emblem"` // one character
	Motto  string `json:"motto"`  // on the passbook's cover
}

// Quorum is how many sign: the month as a whole, and each of its lines.
type Quorum struct {
	Signers int `json:"signers"`
	PerLine int `json:"per_line"`
}

// Contact is whom to call, where and when.
type Contact struct {
	Name    string `json:"name"`
	Phone   string `json:"phone"`
	Address string `json:"address"`
	Hours   string `json:"hours"`
}

var codePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{1,29}$`)

// id is a number that no other township or village has.
func (l *loader) id(r record) int64 {
	if !r.need("id") {
		return 0
	}
	n := r.values["id"]
	id, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil || id < 1 {
		r.at(n, "“id”应是大于 0 的整数")
		return 0
	}
	if first := l.ids[id]; first != "" {
		r.at(n, fmt.Sprintf("id %d 在 %s 里已经用过，请换一个", id, first))
	}
	l.ids[id] = r.file
	return id
}

// code is a short word that no other township or village has.
func (l *loader) code(r record) string {
	code := r.text("code", 30)
	if code == "" {
		return ""
	}
	if !codePattern.MatchString(code) {
		r.at(r.values["code"], "“code”应是 2 到 30 个小写字母、数字或短横，以字母开头，例如 haiyan")
	}
	if first := l.codes[code]; first != "" {
		r.at(r.values["code"], fmt.Sprintf("code %s 在 %s 里已经用过，请换一个", code, first))
	}
	l.codes[code] = r.file
	return code
}

func (l *loader) villageHead(r record, v *Village) {
	v.ID, v.Code = l.id(r), l.code(r)
	v.Name = r.text("name", 20)
	v.Kind = choice(r, "kind", []string{KindVillage, KindFarm})
	p := &v.Profile
	p.Households = r.number("households", "户数", 1, 20000)
	p.Groups = groups(r)
	p.Grids = grids(r, p.Groups)
	p.Calendar = calendar(r)
	p.Look = look(r)
	p.Quorum = quorum(r)
	p.Contact = contact(r)
	p.HideRank = !r.flag("show_rank", true)
	r.close()
}

func groups(r record) (all []Group) {
	seen := map[int]int{}
	r.need("groups")
	for _, c := range r.records("groups") {
		g := Group{c.number("number", "组号", 1, 200), c.text("name", 20)}
		unique(c, "number", "组号", seen, g.Number)
		c.close()
		all = append(all, g)
	}
	return all
}

func grids(r record, groups []Group) (all []Grid) {
	seen, covered := map[int]int{}, map[int]int{}
	r.need("grids")
	for _, c := range r.records("grids") {
		g := Grid{Number: c.number("number", "网格号", 1, 99), Name: c.text("name", 20)}
		unique(c, "number", "网格号", seen, g.Number)
		for _, n := range c.list("groups") {
			of := c.numberAt(n, "组号", 1, 200)
			switch {
			case of == 0:
			case !hasGroup(groups, of):
				c.at(n, fmt.Sprintf("没有 %d 组，请先在 groups 里写上", of))
			case covered[of] > 0:
				c.at(n, fmt.Sprintf("%d 组已经在第 %d 行的网格里，一个组只能在一个网格", of, covered[of]))
			}
			covered[of] = n.Line
			g.Groups = append(g.Groups, of)
		}
		c.close()
		all = append(all, g)
	}
	for _, g := range groups {
		if covered[g.Number] == 0 {
			r.at(r.where("grids"), fmt.Sprintf("%d 组不在任何网格里，请写进一个网格", g.Number))
		}
	}
	return all
}

func hasGroup(groups []Group, number int) bool {
	for _, g := range groups {
		if g.Number == number {
			return true
		}
	}
	return false
}

// unique reports a number that an earlier record of the same list has.
func unique(c record, key, what string, seen map[int]int, n int) {
	if first := seen[n]; n > 0 && first > 0 {
		c.at(c.where(key), fmt.Sprintf("%s %d 在第 %d 行已经用过", what, n, first))
	}
	seen[n] = c.where(key).Line
}

func calendar(r record) (cal Calendar) {
	c, ok := r.child("calendar")
	if !ok {
		return cal
	}
	cal.NoticeDay = c.number("notice_day", "公示日（每月初）", 1, 10)
	cal.RedemptionDay = c.number("redemption_day", "兑换日", 1, 28)
	cal.TakeDownDays = c.number("take_down_days", "公示张贴天数", 5, 90)
	if cal.RedemptionDay < cal.NoticeDay {
		c.at(c.where("redemption_day"), "兑换日不能早于公示日")
	}
	c.close()
	return cal
}

var colourPattern = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)

func look(r record) (k Look) {
	c, ok := r.child("look")
	if !ok {
		return k
	}
	k = Look{c.text("colour", 7), c.text("emblem", 4), c.text("motto", 30)}
	switch {
	case k.Colour == "":
	case !colourPattern.MatchString(k.Colour):
		c.at(c.where("colour"), `颜色应写成 "#RRGGBB"，例如 "#0B6E4F"（要加引号）`)
	case contrast(k.Colour) < 4.5:
		c.at(c.where("colour"), fmt.Sprintf("颜色太浅，白字看不清（对比 %.1f，至少 4.5），请换深一点的", contrast(k.Colour)))
	}
	if first, size := utf8.DecodeRuneInString(k.Emblem); k.Emblem != "" && (size != len(k.Emblem) || !unicode.Is(unicode.Han, first)) {
		c.at(c.where("emblem"), "村徽应是一个汉字")
	}
	c.close()
	return k
}

// contrast is the WCAG contrast of a colour with white.
func contrast(colour string) float64 {
	rgb, _ := strconv.ParseUint(colour[1:], 16, 32)
	light := 0.0
	for shift, weight := range map[int]float64{16: 0.2126, 8: 0.7152, 0: 0.0722} {
		v := float64(rgb>>shift&255) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		light += weight * v
	}
	return 1.05 / (light + 0.05)
}

func quorum(r record) (q Quorum) {
	c, ok := r.child("quorum")
	if !ok {
		return q
	}
	q = Quorum{c.number("signers", "月度签字人数", 2, 30), c.number("per_line", "每一笔的签字人数", 2, 10)}
	if q.PerLine > q.Signers {
		c.at(c.where("per_line"), "每一笔的签字人数不能多过月度签字人数")
	}
	c.close()
	return q
}

func contact(r record) Contact {
	c, ok := r.child("contact")
	if !ok {
		return Contact{}
	}
	defer c.close()
	return Contact{c.text("name", 20), c.text("phone", 20), c.text("address", 60), c.text("hours", 40)}
}
