package tenants

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"cunfen/internal/rulebook"
)

// rules is a rule set and where each of its items and fields stands.
type rules struct {
	set    rulebook.RuleSet
	places map[string]place // "P08", "P08.mirror", "P15.parts.3.points"; "" is the list itself
	flaws  []rulebook.Flaw
}

type place struct {
	sheet
	node *yaml.Node
}

// loadTemplate reads the document's own rule set.
func (l *loader) loadTemplate() rules {
	t := rules{places: map[string]place{}}
	r, ok := open(l.fsys, path.Join(Template, "rules.yaml"), l.found)
	if !ok {
		return t
	}
	t.head(r)
	t.set.BasePoints = r.number("base_points", "基础积分", 0, 10000)
	if c, ok := r.child("settings"); ok {
		for _, key := range settingKeys {
			c.need(key)
		}
		t.set.Settings = settings(c, rulebook.Settings{})
	}
	r.need("items")
	t.places[""] = place{r.sheet, r.where("items")}
	for _, c := range r.records("items") {
		t.put(c, item(c))
	}
	r.close()
	t.flaws = t.report(nil)
	return t
}

// rules reads a village's rules.yaml: the template with the village's changes on top.
func (l *loader) rules(dir string) rulebook.RuleSet {
	r, ok := open(l.fsys, path.Join(dir, "rules.yaml"), l.found)
	if !ok {
		return rulebook.RuleSet{}
	}
	v := rules{set: l.template.set, places: map[string]place{"": {r.sheet, r.where("changes")}}}
	v.set.Items = slices.Clone(l.template.set.Items)
	if base := r.text("extends", 40); base != "" && base != Template {
		r.at(r.where("extends"), "“extends”只能写 "+Template)
	}
	v.head(r)
	v.set.BasePoints = r.maybeNumber("base_points", "基础积分", 0, 10000, v.set.BasePoints)
	if r.has("settings") {
		if c, ok := r.child("settings"); ok {
			v.set.Settings = settings(c, v.set.Settings)
		}
	}
	for n, i := range v.set.Items {
		v.set.Items[n].Ceiling = min(i.Ceiling, v.set.Settings.OpenCeiling)
	}
	for _, c := range r.records("changes") {
		v.change(c)
	}
	r.close()
	v.set.Settle()
	v.report(l.template.flaws)
	return v.set
}

// head reads what template and village both say of themselves.
func (v *rules) head(r record) {
	v.set.Document = r.maybe("document", 60)
	if v.set.Document == "" {
		v.set.Document = "洋发〔2023〕18号"
	}
	v.set.Year = r.number("year", "年度", 2023, 2099)
	v.set.InForceFrom = r.day("in_force_from")
	v.set.Reason = r.text("reason", 200)
	if d := v.set.InForceFrom; !d.IsZero() && v.set.Year > 0 && d.Year() != v.set.Year {
		r.at(r.where("in_force_from"), fmt.Sprintf("生效日应在本年度（%d 年）之内", v.set.Year))
	}
}

// put adds an item and remembers where it and its fields stand.
func (v *rules) put(c record, i rulebook.Item) {
	v.set.Items = append(v.set.Items, i)
	v.mark(i.Code, c)
}

// mark remembers where the fields of an item stand, down to its parts.
func (v *rules) mark(code string, c record) {
	v.places[code] = place{c.sheet, c.where("code")}
	for key, n := range c.values {
		v.places[code+"."+key] = place{c.sheet, n}
		if key != "parts" || n.Kind != yaml.SequenceNode {
			continue
		}
		for i, p := range n.Content {
			at := fmt.Sprintf("%s.parts.%d", code, i)
			v.places[at] = place{c.sheet, p}
			for k := 0; k+1 < len(p.Content); k += 2 {
				v.places[at+"."+p.Content[k].Value] = place{c.sheet, p.Content[k+1]}
			}
		}
	}
}

// report puts each flaw that is not in known at the nearest place that there is for it.
func (v *rules) report(known []rulebook.Flaw) []rulebook.Flaw {
	flaws := v.set.Flaws()
	for _, f := range flaws {
		if slices.Contains(known, f) {
			continue
		}
		p := v.nearest(f.Code + "." + f.Field)
		p.at(p.node, strings.TrimSpace(f.Code+" "+f.Text))
	}
	return flaws
}

// nearest is the place of a field, or of what it is in.
func (v *rules) nearest(key string) place {
	for {
		if p, ok := v.places[key]; ok {
			return p
		}
		cut := strings.LastIndexByte(key, '.')
		if cut < 0 {
			return v.places[""]
		}
		key = key[:cut]
	}
}

// item reads one item, without judging it: rulebook does.
func item(c record) rulebook.Item {
	i := rulebook.Item{Code: c.text("code", 5), Class: c.text("class", 20), Title: c.text("title", 30), Text: c.text("text", 500),
		ValueText: c.maybe("value_text", 40), Tier: choice(c, "tier", rulebook.Tiers), Notice: choice(c, "notice", rulebook.Notices)}
	i.Sign = rulebook.Plus
	if strings.HasPrefix(i.Code, "N") {
		i.Sign = rulebook.Minus
	}
	i.On = c.flag("on", true)
	i.Starter = choice(c, "starter", rulebook.Starters)
	i.Monthly = c.flag("monthly", false)
	i.Focus = choices(c, "focus", rulebook.Focuses)
	if e, ok := c.child("evidence"); ok {
		i.Required = choices(e, "required", rulebook.Kinds)
		i.Permitted = choices(e, "permitted", rulebook.Kinds)
		i.Forbidden = choices(e, "forbidden", rulebook.Kinds)
		e.close()
	}
	for _, n := range c.list("mirror") {
		i.Mirror = append(i.Mirror, n.Value)
	}
	i.Overlap = c.maybe("overlap", 30)
	i.Ceiling = c.maybeNumber("ceiling", "一次最多几分", 1, 100, 0)
	i.Review = review(c)
	c.need("parts")
	for _, p := range c.records("parts") {
		i.Parts = append(i.Parts, part(p))
	}
	c.close()
	return i
}

func part(c record) rulebook.Part {
	p := rulebook.Part{Code: c.maybe("code", 3), Label: c.text("label", 40), Unit: choice(c, "unit", rulebook.Units),
		Ladder: c.maybe("ladder", 30), ReplacedBy: c.maybe("replaced_by", 30), Overlap: c.maybe("overlap", 30)}
	if p.Unit != rulebook.Open {
		p.Points = c.number("points", "分值", -100, 100)
	} else {
		p.Points = c.maybeNumber("points", "分值", -100, 100, 0)
	}
	p.Cap = rulebook.Cap{Per: choice(c, "cap", rulebook.Pers), N: c.maybeNumber("times", "次数", 1, 100, 1)}
	if p.Cap.Per == rulebook.Uncapped {
		p.Cap.N = 0
	}
	c.close()
	return p
}

// review reads the township's legal review, if there is one.
func review(c record) *rulebook.LegalReview {
	if !c.has("legal_review") {
		return nil
	}
	r, ok := c.child("legal_review")
	if !ok {
		return nil
	}
	v := &rulebook.LegalReview{Document: r.text("document", 60), ReviewedBy: r.text("reviewed_by", 40), ReviewedOn: r.day("reviewed_on")}
	if v.ReviewedOn.After(time.Now()) {
		r.at(r.where("reviewed_on"), "审查日期不能在今天以后")
	}
	r.close()
	return v
}
