package household

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"cunfen/internal/fault"
	"cunfen/internal/sheetfile"
)

// Faults of single fields; the code names the field.
var (
	errDoor      = fault.New(fault.Invalid, "household.door", "请填门牌号，最多 40 个字").On("door")
	errHead      = fault.New(fault.Invalid, "household.head", "请填户主姓名，最多 40 个字").On("head")
	errTeam      = fault.New(fault.Invalid, "household.team", "本村没有“%s”这个村民小组，有：%s").On("team")
	errTeamLong  = fault.New(fault.Invalid, "household.team_long", "村民小组最多 20 个字").On("team")
	errGrid      = fault.New(fault.Invalid, "household.grid", "本村没有“%s”这个网格，有：%s").On("grid")
	errResidence = fault.New(fault.Invalid, "household.residence", "户籍类型请选本村户籍或外来常住").On("residence")
	errPhone     = fault.New(fault.Invalid, "household.phone", "电话不对：应是 11 位手机号，或带区号的固定电话").On("phone")
	errIDNumber  = fault.New(fault.Invalid, "household.id_number", "身份证号不对：应是 18 位，请对照证件核对").On("id_number")
	errNote      = fault.New(fault.Invalid, "household.note", "备注最多 200 个字").On("note")
	errName      = fault.New(fault.Invalid, "household.name", "请填成员姓名，最多 40 个字").On("name")
	errRelation  = fault.New(fault.Invalid, "household.relation", "与户主的关系最多 20 个字").On("relation")
	errWalk      = fault.New(fault.Invalid, "household.walk", "走访顺序应是 0 到 99999999 的整数").On("walk")
	errMembers   = fault.New(fault.Invalid, "household.members", "家庭成员最多 30 人").On("members")
)

var (
	spaces     = regexp.MustCompile(`\s+`)
	phoneShape = regexp.MustCompile(`^(1[3-9][0-9]{9}|0[0-9]{9,11})$`)
	idShape    = regexp.MustCompile(`^[1-9][0-9]{16}[0-9X]$`)
	numbers    = regexp.MustCompile(`[0-9]+`)
)

// tidy is a text as it is kept: no spaces around it, no invisible characters, one space where there were many.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == utf8.RuneError) {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(spaces.ReplaceAllString(s, " "))
}

// tidyDoor is a door number so written that the same door is always the same text.
func tidyDoor(s string) string { return strings.ReplaceAll(tidy(sheetfile.Narrow(s)), " ", "") }

// tidyNumber is a phone or identity number without what people put between its digits.
func tidyNumber(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(tidy(sheetfile.Narrow(s))))
}

func long(s string, most int) bool { return utf8.RuneCountInString(s) > most }

// named answers fault f unless s is there and not longer than most.
func named(s string, most int, f *fault.Error) *fault.Error {
	if s == "" || long(s, most) {
		return f
	}
	return nil
}

func within(s string, most int, f *fault.Error) *fault.Error {
	if long(s, most) {
		return f
	}
	return nil
}

func checkPhone(s string) *fault.Error {
	if s != "" && !phoneShape.MatchString(s) {
		return errPhone
	}
	return nil
}

// checkIDNumber checks shape, birthday and check digit (GB 11643).
func checkIDNumber(s string) *fault.Error {
	if s == "" {
		return nil
	}
	if !idShape.MatchString(s) {
		return errIDNumber
	}
	if born, err := time.Parse("20060102", s[6:14]); err != nil || born.Year() < 1900 {
		return errIDNumber
	}
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(s[i]-'0') * w
	}
	if "10X98765432"[sum%11] != s[17] {
		return errIDNumber
	}
	return nil
}

// settle tidies a draft, fills in what follows from the village's division, and checks it.
func (d *Draft) settle(p place) error {
	d.Door, d.Head, d.Note = tidyDoor(d.Door), tidy(d.Head), tidy(d.Note)
	d.Phone, d.IDNumber = tidyNumber(d.Phone), tidyNumber(d.IDNumber)
	faults := append(p.settle(&d.Team, &d.Grid, d.Door), named(d.Door, 40, errDoor), named(d.Head, 40, errHead), checkResidence(d.Residence),
		within(d.Note, 200, errNote), checkPhone(d.Phone), checkIDNumber(d.IDNumber), settleWalk(&d.Walk, d.Door))
	if len(d.Members) > 30 {
		faults = append(faults, errMembers)
	}
	for i := range d.Members {
		faults = append(faults, d.Members[i].settle()...)
	}
	return fault.Join(faults...)
}

func (c *Change) settle(p place) error {
	c.Door, c.Head, c.Note = tidyDoor(c.Door), tidy(c.Head), tidy(c.Note)
	faults := append(p.settle(&c.Team, &c.Grid, c.Door), named(c.Door, 40, errDoor), named(c.Head, 40, errHead), checkResidence(c.Residence),
		within(c.Note, 200, errNote), settleWalk(&c.Walk, c.Door))
	if c.Phone != nil {
		phone := tidyNumber(*c.Phone)
		c.Phone = &phone
		faults = append(faults, checkPhone(phone))
	}
	return fault.Join(faults...)
}

func (p *Person) settle() []*fault.Error {
	p.Name, p.Relation, p.IDNumber = tidy(p.Name), tidy(p.Relation), tidyNumber(p.IDNumber)
	return []*fault.Error{named(p.Name, 40, errName), within(p.Relation, 20, errRelation), checkIDNumber(p.IDNumber)}
}

func checkResidence(r Residence) *fault.Error {
	if r != Local && r != Outside {
		return errResidence
	}
	return nil
}

// settleWalk gives the place in the walking order that the door number has where nobody gave one.
func settleWalk(walk *int, door string) *fault.Error {
	if *walk < 0 || *walk > 99_999_999 {
		return errWalk
	}
	if *walk == 0 {
		*walk = walkOf(door)
	}
	return nil
}

// walkOf puts 3组12号 before 3组101号: the first two numbers of the door, four digits each.
func walkOf(door string) (walk int) {
	found := numbers.FindAllString(door, 2)
	if len(found) == 1 {
		found = append([]string{"0"}, found...)
	}
	for _, n := range found {
		v, err := strconv.Atoi(n)
		if err != nil {
			v = 9999
		}
		walk = walk*10_000 + min(v, 9999)
	}
	return walk
}

func checkReason(reason string) (string, error) {
	reason = tidy(reason)
	if n := utf8.RuneCountInString(reason); n < 2 || n > 200 {
		return "", ErrReason
	}
	return reason, nil
}

// texts are the sentences of every fault in err.
func texts(err error) (all []*fault.Error) {
	var f *fault.Error
	if !errors.As(err, &f) {
		return nil
	}
	if len(f.Fields) > 0 {
		return f.Fields
	}
	return []*fault.Error{f}
}
