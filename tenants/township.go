package tenants

import (
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"cunfen/internal/rulebook"
)

// Township is a folder with a township.yaml, and its villages in the order of their ids.
type Township struct {
	Dir      string
	ID       int64
	Code     string
	Name     string
	Bureau   string
	County   string
	Contact  Contact
	People   []Person
	Villages []Village
}

// Village is one village or farm.
type Village struct {
	Dir     string
	ID      int64
	Code    string
	Name    string
	Kind    string // village or farm
	Profile Profile
	Rules   rulebook.RuleSet
	Goods   []Good
	People  []Person
}

// Kinds of village.
const (
	KindVillage = "village"
	KindFarm    = "farm"
)

// Load reads the township in the folder dir of fsys, its villages' rules resolved against the template. The
// township is whole only when no problem is answered.
func Load(fsys fs.FS, dir string) (*Township, Problems) {
	var found Problems
	l := loader{fsys: fsys, found: &found, phones: map[string]string{}, ids: map[int64]string{}, codes: map[string]string{}}
	l.template = l.loadTemplate()
	t := l.township(dir)
	return t, found.tidy()
}

// Check reads every folder of fsys: the template and each township. Ids, codes and phones are unique over
// all of them, as they are in one deployment.
func Check(fsys fs.FS) (townships []*Township, problems Problems) {
	l := loader{fsys: fsys, found: &problems, phones: map[string]string{}, ids: map[int64]string{}, codes: map[string]string{}}
	l.template = l.loadTemplate()
	l.exampleVillage()
	for _, dir := range folders(fsys, ".") {
		if dir == Template || dir == "testdata" {
			continue
		}
		townships = append(townships, l.township(dir))
	}
	return townships, problems.tidy()
}

// loader carries what is unique over all folders: where an id, code or phone was first seen.
type loader struct {
	fsys     fs.FS
	found    *Problems
	template rules
	ids      map[int64]string
	codes    map[string]string
	phones   map[string]string
}

func (l *loader) township(dir string) *Township {
	t := &Township{Dir: dir}
	r, ok := open(l.fsys, path.Join(dir, "township.yaml"), l.found)
	if ok {
		t.ID = l.id(r)
		t.Code = l.code(r)
		t.Name, t.Bureau, t.County = r.text("name", 30), r.text("bureau", 40), r.maybe("county", 30)
		t.Contact = contact(r)
		r.close()
	}
	t.People = l.people(dir, nil)
	for _, sub := range folders(l.fsys, dir) {
		t.Villages = append(t.Villages, l.village(path.Join(dir, sub)))
	}
	if len(t.Villages) == 0 {
		*l.found = append(*l.found, Problem{File: dir, Text: "没有一个村（场）的文件夹；请把 _template 复制进来，改成本村的"})
	}
	slices.SortFunc(t.Villages, func(a, b Village) int { return int(a.ID - b.ID) })
	return t
}

func (l *loader) village(dir string) Village {
	v := Village{Dir: dir}
	if r, ok := open(l.fsys, path.Join(dir, "village.yaml"), l.found); ok {
		l.villageHead(r, &v)
	}
	v.Rules = l.rules(dir)
	if v.Profile.Calendar.TakeDownDays > 0 && v.Profile.Calendar.TakeDownDays < v.Rules.Settings.ObjectionDays {
		*l.found = append(*l.found, Problem{File: path.Join(dir, "village.yaml"),
			Text: "公示张贴的天数（calendar.take_down_days）少于异议期（settings.objection_days），请加长"})
	}
	v.Goods = l.goods(dir)
	v.People = l.people(dir, &v)
	return v
}

// exampleVillage checks the template's own village and goods, which are there to be copied.
func (l *loader) exampleVillage() {
	e := loader{fsys: l.fsys, found: l.found, ids: map[int64]string{}, codes: map[string]string{}, phones: map[string]string{}}
	var v Village
	if r, ok := open(e.fsys, path.Join(Template, "village.yaml"), e.found); ok {
		e.villageHead(r, &v)
	}
	e.goods(Template)
}

func folders(fsys fs.FS, dir string) (names []string) {
	entries, _ := fs.ReadDir(fsys, dir)
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names
}

// Document is the document's own rule set, as _template holds it: a copy of the caller's own.
func Document() rulebook.RuleSet {
	set := document()
	set.Items = slices.Clone(set.Items)
	for n := range set.Items {
		set.Items[n].Parts = slices.Clone(set.Items[n].Parts)
	}
	return set
}

// document is read once.
var document = sync.OnceValue(func() rulebook.RuleSet {
	var found Problems
	l := loader{fsys: FS, found: &found}
	return l.loadTemplate().set
})
