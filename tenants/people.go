package tenants

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"cunfen/internal/actor"
)

// Person is somebody who will have an account. Passwords are never in a file.
type Person struct {
	Name       string
	Phone      string
	Role       actor.Role
	Kind       string // 两委, 网格员, 党员代表 or 群众代表, for the working group
	Grid       int    // of a grid worker
	Door       string // of the person's own household, 3组12号
	Department string // of a department viewer
}

// MemberKinds are the four seats of the working group (R4.1.1).
var MemberKinds = []string{"两委", "网格员", "党员代表", "群众代表"}

var (
	townRoles    = []actor.Role{actor.Bureau, actor.Department}
	villageRoles = []actor.Role{actor.Lead, actor.Committee, actor.Grid, actor.Desk, actor.Household}
	phonePattern = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	doorPattern  = regexp.MustCompile(`^([1-9][0-9]{0,2})组[1-9][0-9]{0,3}(-[1-9][0-9]?)?号$`)
)

// people reads people.yaml of a township (v is nil) or a village. The file may be missing: then accounts
// are made by hand.
func (l *loader) people(dir string, v *Village) (all []Person) {
	file := path.Join(dir, "people.yaml")
	if !exists(l.fsys, file) {
		return nil
	}
	r, ok := open(l.fsys, file, l.found)
	if !ok {
		return nil
	}
	r.need("people")
	for _, c := range r.records("people") {
		var p Person
		if v == nil {
			p = officer(c)
		} else {
			p = villager(c, v.Profile)
		}
		l.phone(c, p.Phone)
		c.close()
		all = append(all, p)
	}
	if v != nil {
		seats(r, all, v.Profile.Quorum.Signers)
	}
	r.close()
	return all
}

func (l *loader) phone(c record, phone string) {
	if phone == "" {
		return
	}
	if !phonePattern.MatchString(phone) {
		c.at(c.where("phone"), "手机号应是 11 位数字，以 1 开头")
	}
	place := c.file + " 第 " + strconv.Itoa(c.where("phone").Line) + " 行"
	if first := l.phones[phone]; first != "" {
		c.at(c.where("phone"), fmt.Sprintf("手机号 %s 在 %s已经用过，一个号码只能是一个人", phone, first))
		return
	}
	l.phones[phone] = place
}

func officer(c record) Person {
	p := Person{Name: c.text("name", 20), Phone: c.text("phone", 11), Role: choice(c, "role", townRoles)}
	if p.Role == actor.Department {
		p.Department = c.text("department", 20)
	}
	return p
}

func villager(c record, profile Profile) Person {
	p := Person{Name: c.text("name", 20), Phone: c.text("phone", 11), Role: choice(c, "role", villageRoles)}
	switch p.Role {
	case actor.Lead, actor.Committee:
		p.Kind = choice(c, "kind", MemberKinds)
	case actor.Grid:
		p.Kind = maybeChoice(c, "kind", MemberKinds, "网格员")
		p.Grid = c.number("grid", "网格号", 1, 99)
		if p.Grid > 0 && len(profile.Grids) > 0 && !hasGrid(profile.Grids, p.Grid) {
			c.at(c.where("grid"), fmt.Sprintf("没有 %d 号网格，请先在 village.yaml 的 grids 里写上", p.Grid))
		}
	case actor.Household:
		c.need("door")
	}
	p.Door = c.maybe("door", 20)
	if p.Door != "" {
		checkDoor(c, p.Door, profile.Groups)
	}
	return p
}

func checkDoor(c record, door string, groups []Group) {
	m := doorPattern.FindStringSubmatch(door)
	if m == nil {
		c.at(c.where("door"), "门牌应写成“3组12号”的样子")
		return
	}
	if n, _ := strconv.Atoi(m[1]); len(groups) > 0 && !hasGroup(groups, n) {
		c.at(c.where("door"), fmt.Sprintf("没有 %d 组，请先在 village.yaml 的 groups 里写上", n))
	}
}

func hasGrid(grids []Grid, number int) bool {
	for _, g := range grids {
		if g.Number == number {
			return true
		}
	}
	return false
}

// seats checks that the group has one lead, all four kinds of member, and enough signers for its quorum.
func seats(r record, all []Person, quorum int) {
	leads, signers, kinds := 0, 0, map[string]bool{}
	for _, p := range all {
		switch p.Role {
		case actor.Lead:
			leads++
			signers++
		case actor.Committee:
			signers++
		}
		kinds[p.Kind] = true
	}
	at := r.where("people")
	if leads != 1 {
		r.at(at, fmt.Sprintf("工作小组应有一名组长（role: lead），现在有 %d 名", leads))
	}
	if signers < quorum {
		r.at(at, fmt.Sprintf("组长和组员共 %d 人，不够月度签字的 %d 人（quorum.signers）", signers, quorum))
	}
	var missing []string
	for _, k := range MemberKinds {
		if !kinds[k] {
			missing = append(missing, k)
		}
	}
	if len(missing) > 0 {
		r.at(at, "工作小组缺少："+strings.Join(missing, "、")+"（方案四（一））")
	}
}
