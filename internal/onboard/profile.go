package onboard

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/tenants"
)

// Form is what the wizard has been told of a village so far. Groups and grids are as people write them, one a
// line; Profile makes numbers of them.
type Form struct {
	Code       string `json:"code"`
	Name       string `json:"name"`
	Kind       string `json:"kind"`
	Households int    `json:"households"`
	Contact    string `json:"contact"`
	Phone      string `json:"phone"`
	Address    string `json:"address"`
	Hours      string `json:"hours"`

	Groups string `json:"groups"`
	Grids  string `json:"grids"`

	NoticeDay     int    `json:"notice_day"`
	RedemptionDay int    `json:"redemption_day"`
	TakeDownDays  int    `json:"take_down_days"`
	Signers       int    `json:"signers"`
	PerLine       int    `json:"per_line"`
	Colour        string `json:"colour"`
	Emblem        string `json:"emblem"`
	Motto         string `json:"motto"`

	Lead      string `json:"lead"`
	LeadPhone string `json:"-"` // goes into the account, sealed, and nowhere else
}

// Steps are the wizard's steps; the last makes the village.
var Steps = []string{"基本情况", "小组和网格", "日历和签字", "组长，建村"}

// fresh is a form with what most villages have.
func fresh() Form {
	return Form{Kind: tenants.KindVillage, Hours: "周一至周五 8:00–17:00", NoticeDay: 3, RedemptionDay: 5, TakeDownDays: 15, Signers: 4, PerLine: 2,
		Colour: "#0B6E4F", Motto: "小积分，大文明"}
}

// Faults of the wizard's fields.
var (
	ErrName       = fault.New(fault.Invalid, "onboard.name", "请写名称（2 到 20 字）").On("name")
	ErrCode       = fault.New(fault.Invalid, "onboard.code", "短名应是 2 到 30 个小写字母、数字或短横，以字母开头，例如 haiyan").On("code")
	ErrTaken      = fault.New(fault.Conflict, "onboard.taken", "这个短名已经有别的村（场）用了，请换一个").On("code")
	ErrKind       = fault.New(fault.Invalid, "onboard.kind", "请选择村或场").On("kind")
	ErrHouseholds = fault.New(fault.Invalid, "onboard.households", "户数应是 1 到 20000 的整数").On("households")
	ErrContact    = fault.New(fault.Invalid, "onboard.contact", "请写住户有事找谁（1 到 20 字）").On("contact")
	ErrPhone      = fault.New(fault.Invalid, "onboard.phone", "请写联系电话").On("phone")
	ErrAddress    = fault.New(fault.Invalid, "onboard.address", "请写地点（1 到 60 字）").On("address")
	ErrHours      = fault.New(fault.Invalid, "onboard.hours", "请写办理时间（1 到 40 字）").On("hours")
	ErrGroups     = fault.New(fault.Invalid, "onboard.groups", "请写村民小组，一行一个，最多 200 个，名称不重复").On("groups")
	ErrGrids      = fault.New(fault.Invalid, "onboard.grids", "第 %d 行看不懂，请写成“东片网格：1、2”，冒号后是组号").On("grids")
	ErrNoGroup    = fault.New(fault.Invalid, "onboard.no_group", "没有第 %d 组，请先在上面写上").On("grids")
	ErrTwice      = fault.New(fault.Invalid, "onboard.twice", "第 %d 组写进了两个网格，一个组只能在一个网格").On("grids")
	ErrLeft       = fault.New(fault.Invalid, "onboard.left", "第 %d 组不在任何网格里，请写进一个网格").On("grids")
	ErrNoticeDay  = fault.New(fault.Invalid, "onboard.notice_day", "公示日应在每月 1 到 10 日").On("notice_day")
	ErrRedeemDay  = fault.New(fault.Invalid, "onboard.redemption_day", "兑换日应在每月 1 到 28 日，不早于公示日").On("redemption_day")
	ErrDown       = fault.New(fault.Invalid, "onboard.take_down", "公示张贴天数应是 7 到 90 天，不短于异议期").On("take_down_days")
	ErrSigners    = fault.New(fault.Invalid, "onboard.signers", "月度签字人数应是 2 到 30").On("signers")
	ErrPerLine    = fault.New(fault.Invalid, "onboard.per_line", "每一笔的签字人数应是 2 到 10，不多过月度签字人数").On("per_line")
	ErrColour     = fault.New(fault.Invalid, "onboard.colour", "颜色应写成 #RRGGBB，例如 #0B6E4F").On("colour")
	ErrEmblem     = fault.New(fault.Invalid, "onboard.emblem", "村徽应是一个汉字").On("emblem")
	ErrMotto      = fault.New(fault.Invalid, "onboard.motto", "请写存折封面上的话（1 到 30 字）").On("motto")
)

var (
	codeShape   = regexp.MustCompile(`^[a-z][a-z0-9-]{1,29}$`)
	colourShape = regexp.MustCompile(`^#[0-9A-Fa-f]{6}$`)
	callShape   = regexp.MustCompile(`^[0-9+][0-9 -]{5,18}$`)
)

// Check says what is wrong with the fields of a step, counted from 1.
func (f Form) Check(step int) error {
	switch step {
	case 1:
		return fault.Join(fault.When(!chars.Between(f.Name, 2, 20), ErrName), fault.When(!codeShape.MatchString(f.Code), ErrCode),
			fault.When(f.Kind != tenants.KindVillage && f.Kind != tenants.KindFarm, ErrKind), fault.When(f.Households < 1 || f.Households > 20000, ErrHouseholds),
			fault.When(!chars.Between(f.Contact, 1, 20), ErrContact), fault.When(!callShape.MatchString(f.Phone), ErrPhone),
			fault.When(!chars.Between(f.Address, 1, 60), ErrAddress), fault.When(!chars.Between(f.Hours, 1, 40), ErrHours))
	case 2:
		groups, err := f.groups()
		if err != nil {
			return err
		}
		_, err = f.grids(groups)
		return err
	case 3:
		r, size := utf8.DecodeRuneInString(f.Emblem)
		return fault.Join(fault.When(f.NoticeDay < 1 || f.NoticeDay > 10, ErrNoticeDay),
			fault.When(f.RedemptionDay < 1 || f.RedemptionDay > 28 || f.RedemptionDay < f.NoticeDay, ErrRedeemDay),
			fault.When(f.TakeDownDays < 7 || f.TakeDownDays > 90, ErrDown), fault.When(f.Signers < 2 || f.Signers > 30, ErrSigners),
			fault.When(f.PerLine < 2 || f.PerLine > 10 || f.PerLine > f.Signers, ErrPerLine), fault.When(!colourShape.MatchString(f.Colour), ErrColour),
			fault.When(size != len(f.Emblem) || !unicode.Is(unicode.Han, r), ErrEmblem), fault.When(!chars.Between(f.Motto, 1, 30), ErrMotto))
	}
	return nil
}

func (f Form) groups() (all []tenants.Group, err error) {
	var names []string
	for line := range strings.Lines(f.Groups) {
		name := strings.TrimSpace(line)
		if name == "" {
			continue
		}
		if !chars.Between(name, 1, 20) || slices.Contains(names, name) {
			return nil, ErrGroups
		}
		names = append(names, name)
		all = append(all, tenants.Group{Number: len(names), Name: name})
	}
	if len(all) == 0 || len(all) > 200 {
		return nil, ErrGroups
	}
	return all, nil
}

var numbers = regexp.MustCompile(`[0-9]+`)

// grids reads 「东片网格：1、2」, one a line; every group must be in exactly one.
func (f Form) grids(groups []tenants.Group) (all []tenants.Grid, err error) {
	in, row := map[int]bool{}, 0
	for line := range strings.Lines(f.Grids) {
		if row++; strings.TrimSpace(line) == "" {
			continue
		}
		name, list, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(line), ":", "："), "：")
		of := numbers.FindAllString(list, -1)
		if name = strings.TrimSpace(name); !ok || !chars.Between(name, 1, 20) || len(of) == 0 {
			return nil, ErrGrids.With(row)
		}
		g := tenants.Grid{Number: len(all) + 1, Name: name}
		for _, text := range of {
			n, _ := strconv.Atoi(text)
			switch {
			case n < 1 || n > len(groups):
				return nil, ErrNoGroup.With(n)
			case in[n]:
				return nil, ErrTwice.With(n)
			}
			in[n] = true
			g.Groups = append(g.Groups, n)
		}
		all = append(all, g)
	}
	for _, g := range groups {
		if !in[g.Number] {
			return nil, ErrLeft.With(g.Number)
		}
	}
	return all, nil
}

// Profile is the form as a village's row keeps it. Every step must have been checked.
func (f Form) Profile() (p tenants.Profile, err error) {
	for step := range Steps {
		if err = f.Check(step + 1); err != nil {
			return p, err
		}
	}
	groups, err := f.groups()
	if err != nil {
		return p, err
	}
	grids, err := f.grids(groups)
	return tenants.Profile{Households: f.Households, Groups: groups, Grids: grids,
		Calendar: tenants.Calendar{NoticeDay: f.NoticeDay, RedemptionDay: f.RedemptionDay, TakeDownDays: f.TakeDownDays},
		Look:     tenants.Look{Colour: f.Colour, Emblem: f.Emblem, Motto: f.Motto}, Quorum: tenants.Quorum{Signers: f.Signers, PerLine: f.PerLine},
		Contact: tenants.Contact{Name: f.Contact, Phone: f.Phone, Address: f.Address, Hours: f.Hours}}, err
}

// String is what the form is of, for a list.
func (f Form) String() string {
	if f.Name == "" {
		return "还没有写名称"
	}
	return fmt.Sprintf("%s（%s）", f.Name, f.Code)
}
