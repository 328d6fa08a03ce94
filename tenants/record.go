package tenants

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"cunfen/internal/month"
)

// record is one mapping of a sheet. Each reader names a key, checks its value and reports what is wrong;
// close then reports the keys that nobody asked for.
type record struct {
	sheet
	node   *yaml.Node
	keys   map[string]*yaml.Node
	values map[string]*yaml.Node
	known  map[string]bool
}

// where is the value of a key, or the record itself where the key is missing.
func (r record) where(key string) *yaml.Node {
	if v := r.values[key]; v != nil {
		return v
	}
	return r.node
}

// has reports whether the key was written, and counts it as known.
func (r record) has(key string) bool {
	if r.known != nil {
		r.known[key] = true
	}
	return r.values[key] != nil
}

// need is has for a key that must be there.
func (r record) need(key string) bool {
	if !r.has(key) {
		if r.node != nil && r.keys[key] == nil {
			r.at(r.node, "缺少“"+key+"”，请补上")
		}
		return false
	}
	return true
}

// scalar is a key's plain value, of one to most characters.
func (r record) scalar(key string, most int) string {
	n := r.values[key]
	switch {
	case n.Kind != yaml.ScalarNode:
		r.at(n, "“"+key+"”应是一个值，不是列表或嵌套的内容")
		return ""
	case n.Tag == "!!null" || strings.TrimSpace(n.Value) == "":
		r.at(n, "“"+key+"”不能空着")
		return ""
	case utf8.RuneCountInString(n.Value) > most:
		r.at(n, fmt.Sprintf("“%s”太长，最多 %d 字", key, most))
		return ""
	}
	return n.Value
}

// text is a required text; words like "5" and 2026 are texts too.
func (r record) text(key string, most int) string {
	if !r.need(key) {
		return ""
	}
	return r.scalar(key, most)
}

// maybe is a text that may be missing or empty.
func (r record) maybe(key string, most int) string {
	if !r.has(key) {
		return ""
	}
	if n := r.values[key]; n.Kind == yaml.ScalarNode && (n.Tag == "!!null" || n.Value == "") {
		return ""
	}
	return r.scalar(key, most)
}

// number is a required whole number within bounds; 0 where it is none.
func (r record) number(key, what string, low, high int) int {
	if !r.need(key) {
		return 0
	}
	return r.numberAt(r.values[key], what, low, high)
}

func (r record) numberAt(n *yaml.Node, what string, low, high int) int {
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil || v < low || v > high {
		r.at(n, fmt.Sprintf("%s应是 %d 到 %d 的整数", what, low, high))
		return 0
	}
	return v
}

// maybeNumber is number where the key may be missing: then it is what it was.
func (r record) maybeNumber(key, what string, low, high, was int) int {
	if !r.has(key) {
		return was
	}
	return r.numberAt(r.values[key], what, low, high)
}

// flag is true or false; missing, it is what it was.
func (r record) flag(key string, was bool) bool {
	if !r.has(key) {
		return was
	}
	n := r.values[key]
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		r.at(n, "“"+key+"”应写 true（是）或 false（否）")
		return was
	}
	return strings.EqualFold(n.Value, "true")
}

// day is a required day.
func (r record) day(key string) time.Time {
	if !r.need(key) {
		return time.Time{}
	}
	d, err := month.ParseDay(r.values[key].Value)
	if err != nil {
		r.at(r.values[key], "“"+key+"”应是日期，例如 2026-01-01")
	}
	return d
}

// list is the nodes of a sequence; missing is empty.
func (r record) list(key string) []*yaml.Node {
	if !r.has(key) {
		return nil
	}
	n := r.values[key]
	if n.Kind != yaml.SequenceNode {
		r.at(n, "“"+key+"”应是列表，每行以 - 开头，或写成 [甲, 乙]")
		return nil
	}
	return n.Content
}

// records is a sequence of mappings; what is not a mapping is reported and left out.
func (r record) records(key string) (all []record) {
	for _, n := range r.list(key) {
		if c, ok := r.record(n); ok {
			all = append(all, c)
		}
	}
	return all
}

// child is a required mapping.
func (r record) child(key string) (record, bool) {
	if !r.need(key) {
		return record{sheet: r.sheet}, false
	}
	return r.record(r.values[key])
}

// close reports the keys that the sheet does not know.
func (r record) close() {
	for key, n := range r.keys {
		if !r.known[key] {
			r.at(n, "不认识“"+key+"”；这里可以写："+strings.Join(sorted(r.known), "、"))
		}
	}
}

func sorted(set map[string]bool) (keys []string) {
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// choice is a required word out of a list.
func choice[T ~string](r record, key string, of []T) T {
	if !r.need(key) {
		return ""
	}
	return chosen(r, r.values[key], "“"+key+"”", of)
}

// maybeChoice is choice where the key may be missing: then it is what it was.
func maybeChoice[T ~string](r record, key string, of []T, was T) T {
	if !r.has(key) {
		return was
	}
	return chosen(r, r.values[key], "“"+key+"”", of)
}

// choices is a list of different words out of a list.
func choices[T ~string](r record, key string, of []T) (all []T) {
	for _, n := range r.list(key) {
		v := chosen(r, n, "“"+key+"”", of)
		if v != "" && slices.Contains(all, v) {
			r.at(n, "“"+string(v)+"”写了两次")
			continue
		}
		all = append(all, v)
	}
	return all
}

func chosen[T ~string](r record, n *yaml.Node, what string, of []T) T {
	if n.Kind == yaml.ScalarNode && slices.Contains(of, T(n.Value)) {
		return T(n.Value)
	}
	words := make([]string, len(of))
	for i, w := range of {
		words[i] = string(w)
	}
	r.at(n, what+"只能写："+strings.Join(words, "、"))
	return ""
}
