package tenants

import (
	"bytes"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"cunfen/internal/rulebook"
)

// ParseRules reads one rules.yaml by itself, over the document's list, with every problem by its line.
func ParseRules(file string, data []byte) (rulebook.RuleSet, Problems) {
	var found Problems
	base := loader{fsys: FS, found: &Problems{}}
	l := loader{fsys: one(data), found: &found, template: base.loadTemplate()}
	set := l.rules(".")
	for i := range found {
		found[i].File = file
	}
	return set, found.tidy()
}

// one is a file system of one file.
type one []byte

// Open is there for fs.FS; files are read whole.
func (one) Open(string) (fs.File, error) { return nil, fs.ErrNotExist }

// ReadFile is the file.
func (o one) ReadFile(string) ([]byte, error) { return o, nil }

// Alteration is one thing that a rule set does to an item of the document's list.
type Alteration struct {
	Do   rulebook.Do
	Was  rulebook.Item // zero for what was added
	Item rulebook.Item // zero for what was dropped
}

// Code is the item's.
func (a Alteration) Code() string {
	if a.Do == rulebook.Drop {
		return a.Was.Code
	}
	return a.Item.Code
}

// Alterations lists what a rule set does otherwise than the document's list: what it drops first, then item by
// item in its own order.
func Alterations(set rulebook.RuleSet) (all []Alteration) {
	v := rules{set: Document()}
	v.set.Items, v.set.Settings = slices.Clone(v.set.Items), set.Settings
	for _, i := range slices.Clone(v.set.Items) {
		if _, err := set.Item(i.Code); err != nil {
			all = append(all, Alteration{Do: rulebook.Drop, Was: i})
			v.drop(i.Code)
		}
	}
	for _, i := range set.Items {
		was, err := v.set.Item(i.Code)
		if err != nil {
			all = append(all, Alteration{Do: rulebook.Add, Item: i})
			continue
		}
		for _, do := range altered(was, i) {
			all = append(all, Alteration{do, was, i})
		}
	}
	return all
}

// altered says which verbs lead from one item to the other.
func altered(was, is rulebook.Item) (dos []rulebook.Do) {
	values, more := false, len(is.Parts) > len(was.Parts)
	for _, p := range is.Parts {
		if o, ok := was.Part(p.Code); ok && o.Points != p.Points {
			values = true
		}
	}
	switch {
	case more:
		dos = append(dos, rulebook.Rung)
		if values {
			dos = append(dos, rulebook.Revalue)
		}
	case values || was.ValueText != is.ValueText:
		dos = append(dos, rulebook.Revalue)
	}
	if was.Title != is.Title || len(dos) == 0 && was.Text != is.Text {
		dos = append(dos, rulebook.Reword)
	}
	if was.On != is.On || !reflect.DeepEqual(was.Review, is.Review) {
		dos = append(dos, rulebook.Switch)
	}
	return dos
}

// reasons are those that the rule set gives, by verb and item.
func reasons(set rulebook.RuleSet) func(do rulebook.Do, code string) string {
	given := map[string]string{}
	for _, c := range set.Changes {
		given[c.Code] = c.Reason
	}
	for _, c := range set.Changes {
		given[string(c.Do)+c.Code] = c.Reason
	}
	return func(do rulebook.Do, code string) string {
		for _, r := range []string{given[string(do)+code], given[code], set.Reason} {
			if r != "" {
				return r
			}
		}
		return "本村决定"
	}
}

// WriteRules is the rules.yaml of a rule set: what it does otherwise than the document's list. Read by
// ParseRules it is the same rule set again.
func WriteRules(set rulebook.RuleSet) ([]byte, error) {
	base := Document()
	root := &mapping{}
	root.put("extends", Template)
	if set.Document != "" && set.Document != base.Document {
		root.put("document", set.Document)
	}
	root.put("year", set.Year)
	root.put("in_force_from", plain(set.InForceFrom.Format("2006-01-02")))
	root.put("reason", set.Reason)
	root.put("base_points", set.BasePoints)
	if s := settled(base.Settings, set.Settings); len(s.node.Content) > 0 {
		root.put("settings", &s.node)
	}
	why := reasons(set)
	var changes []any
	for _, a := range Alterations(set) {
		changes = append(changes, change(a, why(a.Do, a.Code())))
	}
	if len(changes) > 0 {
		root.put("changes", changes)
	}
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(root.build()); err != nil {
		return nil, fmt.Errorf("tenants: %w", err)
	}
	return b.Bytes(), e.Close()
}

func change(a Alteration, reason string) *yaml.Node {
	m := &mapping{}
	m.put("do", string(a.Do))
	i := a.Item
	if a.Do != rulebook.Add {
		m.put("code", a.Code())
	}
	switch a.Do {
	case rulebook.Revalue:
		if len(i.Parts) == 1 {
			m.put("value", i.Parts[0].Points)
		} else {
			values := &mapping{}
			for _, p := range i.Parts {
				if o, ok := a.Was.Part(p.Code); ok && o.Points != p.Points {
					values.put(p.Code, p.Points)
				}
			}
			m.put("values", values.build())
		}
		m.put("value_text", i.ValueText)
		m.put("text", i.Text)
	case rulebook.Reword:
		m.put("text", i.Text)
		if i.Title != a.Was.Title {
			m.put("title", i.Title)
		}
	case rulebook.Switch:
		m.put("on", i.On)
		m.review(i.Review)
	case rulebook.Rung:
		m.put("value_text", i.ValueText)
		m.put("text", i.Text)
		for _, p := range i.Parts {
			if _, had := a.Was.Part(p.Code); !had {
				m.put("part", partNode(p))
				break
			}
		}
	case rulebook.Add:
		m.put("item", itemNode(i))
	}
	m.put("reason", reason)
	return m.build()
}

func itemNode(i rulebook.Item) *yaml.Node {
	m := &mapping{}
	m.put("code", i.Code)
	m.put("class", i.Class)
	m.put("title", i.Title)
	m.put("text", i.Text)
	if i.ValueText != "" {
		m.put("value_text", i.ValueText)
	}
	m.put("tier", string(i.Tier))
	m.put("notice", string(i.Notice))
	if !i.On {
		m.put("on", false)
	}
	m.put("starter", string(i.Starter))
	if i.Monthly {
		m.put("monthly", true)
	}
	if len(i.Focus) > 0 {
		m.put("focus", i.Focus)
	}
	proofs := &mapping{}
	for _, k := range []struct {
		name  string
		kinds []rulebook.Evidence
	}{{"required", i.Required}, {"permitted", i.Permitted}, {"forbidden", i.Forbidden}} {
		if len(k.kinds) > 0 {
			proofs.put(k.name, k.kinds)
		}
	}
	m.put("evidence", proofs.build())
	if len(i.Mirror) > 0 {
		m.put("mirror", i.Mirror)
	}
	if i.Overlap != "" {
		m.put("overlap", i.Overlap)
	}
	if i.Ceiling > 0 {
		m.put("ceiling", i.Ceiling)
	}
	m.review(i.Review)
	var parts []any
	for _, p := range i.Parts {
		parts = append(parts, partNode(p))
	}
	m.put("parts", parts)
	return m.build()
}

func partNode(p rulebook.Part) *yaml.Node {
	m := &mapping{}
	if p.Code != "" {
		m.put("code", p.Code)
	}
	m.put("label", p.Label)
	m.put("unit", string(p.Unit))
	if p.Unit != rulebook.Open {
		m.put("points", p.Points)
	}
	m.put("cap", string(p.Cap.Per))
	if p.Cap.N > 1 {
		m.put("times", p.Cap.N)
	}
	for _, f := range []struct{ name, value string }{{"ladder", p.Ladder}, {"replaced_by", p.ReplacedBy}, {"overlap", p.Overlap}} {
		if f.value != "" {
			m.put(f.name, f.value)
		}
	}
	return m.build()
}

// settled are the settings that differ from the document's.
func settled(base, set rulebook.Settings) *mapping {
	m := &mapping{}
	was, is := reflect.ValueOf(base), reflect.ValueOf(set)
	for n := range was.NumField() {
		if !reflect.DeepEqual(was.Field(n).Interface(), is.Field(n).Interface()) {
			key, _, _ := strings.Cut(was.Type().Field(n).Tag.Get("json"), ",")
			if slices.Contains(settingKeys, key) {
				m.put(key, is.Field(n).Interface())
			}
		}
	}
	return m
}

// mapping is a YAML mapping whose keys keep their order. The first thing that cannot be written is kept.
type mapping struct{ node yaml.Node }

// plain is a scalar written as it stands, without quotes.
type plain string

func (m *mapping) put(key string, value any) {
	v := &yaml.Node{}
	switch value := value.(type) {
	case *yaml.Node:
		v = value
	case plain:
		v.Kind, v.Value = yaml.ScalarNode, string(value)
	case []any:
		v.Kind = yaml.SequenceNode
		for _, n := range value {
			v.Content = append(v.Content, n.(*yaml.Node))
		}
	default:
		if err := v.Encode(value); err != nil { // texts, numbers, flags and lists of them
			panic(err)
		}
	}
	if v.Kind == yaml.SequenceNode && len(v.Content) > 0 && v.Content[0].Kind == yaml.ScalarNode {
		v.Style = yaml.FlowStyle
	}
	m.node.Kind = yaml.MappingNode
	m.node.Content = append(m.node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, v)
}

func (m *mapping) build() *yaml.Node {
	m.node.Kind = yaml.MappingNode
	return &m.node
}

func (m *mapping) review(r *rulebook.LegalReview) {
	if r == nil {
		return
	}
	n := &mapping{}
	n.put("document", r.Document)
	n.put("reviewed_by", r.ReviewedBy)
	n.put("reviewed_on", plain(r.ReviewedOn.Format("2006-01-02")))
	m.put("legal_review", n.build())
}

// Rebuild puts a rule set together anew out of the document's list and what the rule set does to it: items that
// the document has get back all that no change touches, and what settings decide is decided again.
func Rebuild(set rulebook.RuleSet) (rulebook.RuleSet, Problems) {
	data, err := WriteRules(set)
	if err != nil {
		return set, Problems{{File: "rules.yaml", Text: err.Error()}}
	}
	again, found := ParseRules("rules.yaml", data)
	return again, found
}
