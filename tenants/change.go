package tenants

import (
	"slices"
	"strconv"
	"strings"

	"cunfen/internal/rulebook"
)

// change applies one of the village's changes to the rule set, or reports why it cannot.
func (v *rules) change(c record) {
	do := choice(c, "do", rulebook.Dos)
	reason := c.text("reason", 200)
	code := ""
	switch do {
	case "":
		c.at(c.node, "这一条改动没有读：先写对“do”")
		return
	case rulebook.Add:
		code = v.addItem(c)
	default:
		code = c.text("code", 3)
		n := slices.IndexFunc(v.set.Items, func(i rulebook.Item) bool { return i.Code == code })
		if n < 0 {
			if code != "" {
				c.at(c.where("code"), "细则里没有 "+code+"（也许前面已经删去）")
			}
			return
		}
		v.alter(c, do, n)
	}
	c.close()
	v.set.Changes = append(v.set.Changes, rulebook.Change{Do: do, Code: code, Reason: reason})
}

func (v *rules) alter(c record, do rulebook.Do, n int) {
	i := v.set.Items[n]
	if do == rulebook.Drop {
		v.drop(i.Code)
		return
	}
	v.places[i.Code] = place{c.sheet, c.node}
	switch do {
	case rulebook.Revalue:
		i = v.revalue(c, i)
	case rulebook.Reword:
		i.Text = c.text("text", 500)
		if title := c.maybe("title", 30); title != "" {
			i.Title = title
		}
		v.point(c, i.Code, "text", "title")
	case rulebook.Switch:
		c.need("on")
		i.On, i.Review = c.flag("on", i.On), review(c)
		v.point(c, i.Code, "on")
	case rulebook.Rung:
		i = v.rung(c, i)
	}
	v.set.Items[n] = i
}

// point remembers where a change writes these fields of an item.
func (v *rules) point(c record, code string, fields ...string) {
	for _, f := range fields {
		v.places[code+"."+f] = place{c.sheet, c.where(f)}
	}
}

// addItem puts a new item behind the last of its class, so that lists stay in the document's order.
func (v *rules) addItem(c record) string {
	n, ok := c.child("item")
	if !ok {
		return ""
	}
	i := item(n)
	if _, err := v.set.Item(i.Code); err == nil {
		n.at(n.where("code"), "编号 "+i.Code+" 已经有了；新增的项目从 P26、N26 编起")
		return i.Code
	}
	last := -1
	for at, o := range v.set.Items {
		if o.Sign == i.Sign && o.Class == i.Class {
			last = at
		}
	}
	if last < 0 {
		n.at(n.where("class"), "类别应是文件里的一类："+strings.Join(v.set.Classes(i.Sign), "、"))
		last = len(v.set.Items) - 1
	}
	v.set.Items = slices.Insert(v.set.Items, last+1, i)
	v.mark(i.Code, n)
	return i.Code
}

// drop takes an item out, and out of what referred to it.
func (v *rules) drop(code string) {
	gone, _ := v.set.Item(code)
	v.set.Items = slices.DeleteFunc(v.set.Items, func(i rulebook.Item) bool { return i.Code == code })
	for n := range v.set.Items {
		i := &v.set.Items[n]
		i.Mirror = slices.DeleteFunc(slices.Clone(i.Mirror), func(ref string) bool { return strings.HasPrefix(ref, code) })
	}
	v.ungroup(gone.Overlap)
	for _, p := range gone.Parts {
		v.ungroup(p.Overlap)
	}
}

// ungroup dissolves an overlap group that has lost all its members but one.
func (v *rules) ungroup(name string) {
	var last []*string
	for n := range v.set.Items {
		i := &v.set.Items[n]
		if i.Overlap == name {
			last = append(last, &i.Overlap)
		}
		i.Parts = slices.Clone(i.Parts)
		for p := range i.Parts {
			if i.Parts[p].Overlap == name {
				last = append(last, &i.Parts[p].Overlap)
			}
		}
	}
	if name != "" && len(last) == 1 {
		*last[0] = ""
	}
}

// revalue gives an item's parts new points. The text says the number too, so it is written anew with it.
func (v *rules) revalue(c record, i rulebook.Item) rulebook.Item {
	i.ValueText, i.Text = c.text("value_text", 40), c.text("text", 500)
	i.Parts = slices.Clone(i.Parts)
	v.point(c, i.Code, "text", "value_text")
	if len(i.Parts) == 1 {
		i.Parts[0].Points = c.number("value", "分值", -100, 100)
		v.places[i.Code+".parts.0.points"] = place{c.sheet, c.where("value")}
		return i
	}
	values, ok := c.child("values")
	if !ok {
		return i
	}
	for n, p := range i.Parts {
		if values.has(p.Code) {
			i.Parts[n].Points = values.number(p.Code, "分值", -100, 100)
			v.places[i.Code+".parts."+strconv.Itoa(n)+".points"] = place{c.sheet, values.where(p.Code)}
		}
	}
	values.close()
	return i
}

// rung adds a rung that the document left out to an item's ladder, in the order of worth (D5).
func (v *rules) rung(c record, i rulebook.Item) rulebook.Item {
	i.ValueText, i.Text = c.text("value_text", 40), c.text("text", 500)
	v.point(c, i.Code, "text", "value_text")
	n, ok := c.child("part")
	if !ok {
		return i
	}
	p := part(n)
	at := slices.IndexFunc(i.Parts, func(o rulebook.Part) bool {
		return o.Ladder == p.Ladder && i.Sign.Of(o.Points) > i.Sign.Of(p.Points)
	})
	if at < 0 {
		at = len(i.Parts)
	}
	if !slices.ContainsFunc(i.Parts, func(o rulebook.Part) bool { return p.Ladder != "" && o.Ladder == p.Ladder }) {
		n.at(n.where("ladder"), "“ladder”应是这一条里已有的阶梯")
	}
	i.Parts = slices.Insert(slices.Clone(i.Parts), at, p)
	v.places[i.Code+".parts"] = place{c.sheet, n.node}
	return i
}
