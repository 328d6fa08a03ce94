package tenants

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// sheet is one YAML file being read; what is wrong in it goes to the common list.
type sheet struct {
	file  string
	found *Problems
}

// at reports a problem at a node.
func (s sheet) at(n *yaml.Node, text string) {
	p := Problem{File: s.file, Text: text}
	if n != nil {
		p.Line, p.Column = n.Line, n.Column
	}
	*s.found = append(*s.found, p)
}

// open reads a file of one mapping. Where it cannot, it reports why and answers a record that reads as empty.
func open(fsys fs.FS, file string, found *Problems) (record, bool) {
	s := sheet{file, found}
	data, err := fs.ReadFile(fsys, file)
	if err != nil {
		s.at(nil, "没有这个文件，或读不出来；请从 _template 里复制一份再改")
		return record{sheet: s}, false
	}
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&doc); err != nil {
		s.syntax(err)
		return record{sheet: s}, false
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		s.at(&more, "一个文件里只能有一份内容，请删去 --- 以后的部分")
	}
	if len(doc.Content) == 0 {
		s.syntax(io.EOF)
		return record{sheet: s}, false
	}
	return s.record(doc.Content[0])
}

var yamlLine = regexp.MustCompile(`line ([0-9]+):`)

// syntax reports what the YAML reader could not read, with its line where it tells one.
func (s sheet) syntax(err error) {
	if errors.Is(err, io.EOF) {
		s.at(nil, "文件是空的；请从 _template 里复制一份再改")
		return
	}
	if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ := strconv.Atoi(m[1])
		s.at(&yaml.Node{Line: line, Column: 1}, "YAML 写法不对，请检查这一行和上一行的缩进、冒号、括号和引号")
		return
	}
	s.at(nil, "YAML 写法不对，请检查缩进、冒号、括号和引号，并存成 UTF-8")
}

// record takes a mapping apart, reporting keys that stand twice.
func (s sheet) record(n *yaml.Node) (record, bool) {
	r := record{sheet: s, node: n, values: map[string]*yaml.Node{}, keys: map[string]*yaml.Node{}, known: map[string]bool{}}
	if n.Kind != yaml.MappingNode {
		s.at(n, "这里应是“键: 值”的形式")
		return r, false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if r.keys[key.Value] != nil {
			s.at(key, "“"+key.Value+"”写了两次，第一次在第 "+strconv.Itoa(r.keys[key.Value].Line)+" 行，请只留一处")
			continue
		}
		r.keys[key.Value] = key
		if value.Kind == yaml.AliasNode || value.Anchor != "" {
			s.at(value, "不要用 & 和 * 引用，请直接写出内容")
			continue
		}
		r.values[key.Value] = value
	}
	return r, true
}
