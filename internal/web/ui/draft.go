package ui

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/adoption"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
	"cunfen/tenants"
)

// draftPage is a draft of the village's rules with all that is shown beside it.
type draftPage struct {
	kit.StaffPage
	adoption.Whole
	None    bool
	Adopts  bool // the person records steps and hands the draft in
	Errors  kit.Errors
	Why     string
	Found   tenants.Problems
	History []adoption.Draft
	Today   string
}

// DraftShow shows the village's draft under way, or offers to begin one.
func (s *Site) DraftShow(c echo.Context) error { return s.draft(c, nil, nil) }

func (s *Site) draft(c echo.Context, problem error, found tenants.Problems) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := draftPage{StaffPage: s.staff(c, "draft", "细则草案"), Adopts: s.may(c, authz.RulesAdopt), Errors: kit.ErrorsOf(problem), Found: found, Why: c.FormValue("why"),
		Today: s.today()}
	p.Path = "/rules/draft"
	p.Whole, err = s.Adoption.Current(ctx, who)
	if p.None = errors.Is(err, adoption.ErrNone); err != nil && !p.None {
		return err
	}
	if p.History, err = s.Adoption.History(ctx, who); err != nil {
		return err
	}
	status := http.StatusOK
	if problem != nil {
		status = visit.Status(problem)
	} else if len(found) > 0 {
		status = http.StatusUnprocessableEntity
	}
	return visit.Render(c, status, draftShow(p))
}

// DraftStart begins a draft.
func (s *Site) DraftStart(c echo.Context) error {
	if _, err := s.Adoption.Start(c.Request().Context(), visit.Who(c), c.FormValue("from") == "base"); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	return visit.Done(c, "/rules/draft", "已开始起草；生效以前，现行细则照旧")
}

// DraftFind shows an old draft.
func (s *Site) DraftFind(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := draftPage{StaffPage: s.staff(c, "draft", "细则草案")}
	if p.Whole, err = s.Adoption.Find(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, draftOld(p))
}

// DraftDiscard ends the draft; nothing has changed by it.
func (s *Site) DraftDiscard(c echo.Context) error {
	_, err := s.Adoption.Discard(c.Request().Context(), visit.Who(c), c.FormValue("why"))
	return s.drafted(c, err, "/rules/draft", "草案已作废，现行细则照旧")
}

// drafted answers after a change that is sent from the draft's own page.
func (s *Site) drafted(c echo.Context, err error, to, text string) error {
	switch {
	case err == nil:
		return visit.Done(c, to, text)
	case visit.Correctable(err) && !errors.Is(err, adoption.ErrNone):
		return s.draft(c, err, nil)
	}
	return visit.Refused(c, "/rules/draft", err)
}

// DraftSubmit hands the draft in to the bureau.
func (s *Site) DraftSubmit(c echo.Context) error {
	_, err := s.Adoption.Submit(c.Request().Context(), visit.Who(c))
	return s.drafted(c, err, "/rules/draft", "已报镇里审核")
}

// DraftFile is the draft as rules.yaml.
func (s *Site) DraftFile(c echo.Context) error {
	w, err := s.Adoption.Current(c.Request().Context(), visit.Who(c))
	if err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	data, err := tenants.WriteRules(w.Body)
	if err != nil {
		return err
	}
	saveAs(c, "attachment", "rules.yaml")
	return c.Blob(http.StatusOK, "application/yaml; charset=utf-8", data)
}

// DraftUpload puts a rules.yaml in place of the draft's text.
func (s *Site) DraftUpload(c echo.Context) error {
	name, data, err := uploaded(c)
	if err != nil {
		return s.drafted(c, err, "", "")
	}
	version, bad := visit.Int(c, "version", 0)
	if bad != nil {
		return bad
	}
	_, found, err := s.Adoption.Upload(c.Request().Context(), visit.Who(c), version, name, data)
	if err == nil && len(found) > 0 {
		return s.draft(c, nil, found)
	}
	return s.drafted(c, err, "/rules/draft", "已按文件换上新的草案")
}

// uploaded reads the one file of a form.
func uploaded(c echo.Context) (name string, data []byte, err error) {
	h, err := c.FormFile("file")
	if err != nil || h.Size > 256<<10 {
		return "", nil, adoption.ErrFile
	}
	f, err := h.Open()
	if err != nil {
		return "", nil, err
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, 257<<10))
	return h.Filename, data, err
}

// draftItems lists the draft's items, those of the document that it dropped too.
type draftItems struct {
	kit.StaffPage
	adoption.Whole
	Query, Sign string
	Shown       []rulebook.Item
	Dropped     []rulebook.Item
}

// DraftItems lists them.
func (s *Site) DraftItems(c echo.Context) (err error) {
	p := draftItems{StaffPage: s.staff(c, "draft", "草案的项目"), Query: strings.TrimSpace(c.QueryParam("q")), Sign: c.QueryParam("sign")}
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	hit := func(i rulebook.Item) bool {
		return (p.Sign == "" || p.Sign == string(i.Sign)) && strings.Contains(strings.ToUpper(i.Code+i.Title+i.Text+i.Class), strings.ToUpper(p.Query))
	}
	for _, i := range p.Body.Items {
		if hit(i) {
			p.Shown = append(p.Shown, i)
		}
	}
	for _, i := range tenants.Document().Items {
		if _, err := p.Body.Item(i.Code); err != nil && hit(i) {
			p.Dropped = append(p.Dropped, i)
		}
	}
	return visit.Render(c, http.StatusOK, draftItemList(p))
}

// draftItem is one item being edited.
type draftItem struct {
	kit.StaffPage
	adoption.Whole
	rulebook.Item
	Form     adoption.Edit
	Values   map[string]string // points as they were typed
	Own      bool              // the village's own item
	Findings []adoption.Finding
	Errors   kit.Errors
}

// DraftItem shows it.
func (s *Site) DraftItem(c echo.Context) error { return s.draftItem(c, nil) }

func (s *Site) draftItem(c echo.Context, problem error) (err error) {
	p := draftItem{StaffPage: s.staff(c, "draft", "修改项目"), Errors: kit.ErrorsOf(problem), Values: map[string]string{}}
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	if p.Item, err = p.Body.Item(c.Param("code")); err != nil {
		return fault.ErrNotFound
	}
	p.Path = "/rules/draft/items/" + p.Item.Code
	_, err = tenants.Document().Item(p.Item.Code)
	p.Own = err != nil
	for _, f := range p.Whole.Findings {
		if f.Code == p.Item.Code {
			p.Findings = append(p.Findings, f)
		}
	}
	p.Form = adoption.Edit{Title: p.Item.Title, Text: p.Item.Text, ValueText: p.Item.ValueText, On: p.On, Ceiling: p.Ceiling}
	for _, part := range p.Parts {
		p.Values[part.Code] = itoa(p.Item.Sign.Of(part.Points))
	}
	status := http.StatusOK
	if problem != nil {
		status = visit.Status(problem)
		p.Form.Title, p.Form.Text, p.Form.ValueText, p.Form.On, p.Form.Why = c.FormValue("title"), c.FormValue("text"), c.FormValue("value_text"), c.FormValue("on") != "", c.FormValue("why")
		for _, part := range p.Parts {
			p.Values[part.Code] = c.FormValue("points_" + part.Code)
		}
	}
	return visit.Render(c, status, draftItemEdit(p))
}

// DraftItemSave keeps the words and values of one item.
func (s *Site) DraftItemSave(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	w, err := s.Adoption.Current(ctx, who)
	if err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	item, err := w.Body.Item(c.Param("code"))
	if err != nil {
		return fault.ErrNotFound
	}
	e := adoption.Edit{Title: c.FormValue("title"), Text: c.FormValue("text"), ValueText: c.FormValue("value_text"), On: c.FormValue("on") != "", Why: c.FormValue("why"), Points: map[string]int{}}
	version, bad := visit.Int(c, "version", 0)
	faults := []*fault.Error{bad}
	for _, part := range item.Parts {
		if part.Unit == rulebook.Open {
			continue
		}
		n, bad := visit.Int(c, "points_"+part.Code, 0)
		e.Points[part.Code] = n
		faults = append(faults, bad)
	}
	n, bad := visit.Int(c, "ceiling", 0)
	e.Ceiling = n
	if err := fault.Join(append(faults, bad)...); err != nil {
		return s.draftItem(c, err)
	}
	_, err = s.Adoption.Edit(ctx, who, version, item.Code, e)
	return s.itemDone(c, err, "已改 "+item.Code+"，看看有没有提醒")
}

// itemDone answers after a change of one item.
func (s *Site) itemDone(c echo.Context, err error, text string) error {
	switch {
	case err == nil:
		return visit.Done(c, "/rules/draft", text)
	case visit.Correctable(err) && !errors.Is(err, adoption.ErrNone):
		return s.draftItem(c, err)
	case errors.Is(err, fault.ErrNotFound):
		return err
	}
	return visit.Refused(c, "/rules/draft", err)
}

// DraftItemDrop takes the item out.
func (s *Site) DraftItemDrop(c echo.Context) error {
	_, err := s.Adoption.Drop(c.Request().Context(), visit.Who(c), 0, c.Param("code"), c.FormValue("why"))
	if errors.Is(err, adoption.ErrWhy) {
		err = adoption.ErrWhy.On("drop_why")
	}
	return s.itemDone(c, err, "已删去 "+c.Param("code"))
}

// DraftItemRestore gives an item of the document back as it was issued.
func (s *Site) DraftItemRestore(c echo.Context) error {
	_, err := s.Adoption.Restore(c.Request().Context(), visit.Who(c), 0, c.Param("code"))
	if err != nil {
		return visit.Refused(c, "/rules/draft/items", err)
	}
	return visit.Done(c, "/rules/draft", c.Param("code")+" 已恢复成文件原来的样子")
}

// draftNew is a new item being written.
type draftNew struct {
	kit.StaffPage
	adoption.Whole
	Form   adoption.NewItem
	Points string
	Errors kit.Errors
}

// DraftItemNew shows the form of a new item.
func (s *Site) DraftItemNew(c echo.Context) error { return s.draftNew(c, nil) }

func (s *Site) draftNew(c echo.Context, problem error) (err error) {
	p := draftNew{StaffPage: s.staff(c, "draft", "新增项目"), Errors: kit.ErrorsOf(problem), Form: newItem(c), Points: c.FormValue("points")}
	p.Path = "/rules/draft/items/new"
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	status := http.StatusOK
	if problem != nil {
		status = visit.Status(problem)
	}
	return visit.Render(c, status, draftItemNew(p))
}

func newItem(c echo.Context) adoption.NewItem {
	n := adoption.NewItem{Title: c.FormValue("title"), Text: c.FormValue("text"), Unit: rulebook.Unit(c.FormValue("unit")), Notice: rulebook.Notice(c.FormValue("notice")),
		Monthly: c.FormValue("monthly") != "", Why: c.FormValue("why")}
	sign, class, _ := strings.Cut(c.FormValue("class"), ":")
	n.Sign, n.Class = rulebook.Sign(sign), class
	form, err := c.FormParams()
	if err != nil {
		return n
	}
	for _, v := range form["proofs"] {
		if k := rulebook.Evidence(v); slices.Contains(rulebook.Kinds, k) {
			n.Proofs = append(n.Proofs, k)
		}
	}
	for _, v := range form["focus"] {
		if f := rulebook.Focus(v); slices.Contains(rulebook.Focuses, f) {
			n.Focus = append(n.Focus, f)
		}
	}
	return n
}

// DraftItemAdd puts a new item in.
func (s *Site) DraftItemAdd(c echo.Context) error {
	n := newItem(c)
	points, bad := visit.Int(c, "points", 0)
	if bad != nil {
		return s.draftNew(c, bad)
	}
	n.Points = points
	_, code, err := s.Adoption.Add(c.Request().Context(), visit.Who(c), 0, n)
	switch {
	case err == nil:
		return visit.Done(c, "/rules/draft", "已新增 "+code+" "+n.Title)
	case visit.Correctable(err) && !errors.Is(err, adoption.ErrNone):
		return s.draftNew(c, err)
	}
	return visit.Refused(c, "/rules/draft", err)
}

// draftSettings is the head of the rules being edited.
type draftSettings struct {
	kit.StaffPage
	adoption.Whole
	Form   adoption.Settled
	Typed  map[string]string
	Errors kit.Errors
	Today  string
}

// DraftSettings shows it.
func (s *Site) DraftSettings(c echo.Context) error { return s.draftSettings(c, nil) }

func (s *Site) draftSettings(c echo.Context, problem error) (err error) {
	p := draftSettings{StaffPage: s.staff(c, "draft", "说明、生效日和定法"), Errors: kit.ErrorsOf(problem), Today: s.today(), Typed: map[string]string{}}
	p.Path = "/rules/draft/settings"
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	b := p.Body
	p.Form = adoption.Settled{InForceFrom: b.InForceFrom.In(month.Zone).Format("2006-01-02"), Reason: b.Reason, BasePoints: b.BasePoints, Settings: b.Settings}
	for _, f := range settingNumbers {
		p.Typed[f.name] = itoa(*f.of(&p.Form))
	}
	status := http.StatusOK
	if problem != nil {
		status = visit.Status(problem)
		p.Form.InForceFrom, p.Form.Reason = c.FormValue("in_force_from"), c.FormValue("reason")
		for _, f := range settingNumbers {
			p.Typed[f.name] = c.FormValue(f.name)
		}
		_ = readSettings(c, &p.Form)
	}
	return visit.Render(c, status, draftSettingsEdit(p))
}

// settingNumbers are the settings that are numbers, with what they are called.
var settingNumbers = []struct {
	name, label, suffix string
	of                  func(*adoption.Settled) *int
}{
	{"base_points", "首次登记给多少基础积分", "分", func(f *adoption.Settled) *int { return &f.BasePoints }},
	{"base_lock_months", "基础积分锁定多久", "个月", func(f *adoption.Settled) *int { return &f.Settings.BaseLockMonths }},
	{"open_ceiling", "由村议定的项目一次最多", "分", func(f *adoption.Settled) *int { return &f.Settings.OpenCeiling }},
	{"open_extra_signers", "由村议定的项目多几人签字", "人", func(f *adoption.Settled) *int { return &f.Settings.OpenExtraSigners }},
	{"objection_days", "公示后几天内可以提异议", "天", func(f *adoption.Settled) *int { return &f.Settings.ObjectionDays }},
	{"appeal_days", "答复后几天内可以申诉", "天", func(f *adoption.Settled) *int { return &f.Settings.AppealDays }},
}

// settingChoices are the settings that are one of two, with the word that is meant and how it is said.
var settingChoices = []struct {
	name, label, a, sayA, b, sayB string
	of                            func(*rulebook.Settings) *string
}{
	{"amendment", "细则最多多久改一次", rulebook.EachQuarter, "每季度一次", rulebook.EachYear, "每年一次", func(s *rulebook.Settings) *string { return &s.Amendment }},
	{"mirrors", "正反对应的项目", rulebook.EitherOr, "同一期只得其一", rulebook.Both, "两边都计", func(s *rulebook.Settings) *string { return &s.Mirrors }},
	{"overlaps", "重叠的减分", rulebook.Largest, "只取最大一笔", rulebook.Each, "逐项计", func(s *rulebook.Settings) *string { return &s.Overlaps }},
	{"contest_entry", "参赛又得奖", rulebook.Replaced, "只计奖项分", rulebook.Added, "参赛分与奖项分相加", func(s *rulebook.Settings) *string { return &s.ContestEntry }},
}

// settingFlags are those that are on or off.
var settingFlags = []struct {
	name, label string
	of          func(*rulebook.Settings) *bool
}{
	{"base_carried", "基础积分年终不清零", func(s *rulebook.Settings) *bool { return &s.BaseCarried }},
	{"honour_total", "另记荣誉累计分，不清零、不兑换", func(s *rulebook.Settings) *bool { return &s.HonourTotal }},
	{"hold_disputed", "有争议的分，决定前不进总分、排名和兑换", func(s *rulebook.Settings) *bool { return &s.HoldDisputed }},
	{"budget_guard", "可兑积分不得超过物资和预算余额", func(s *rulebook.Settings) *bool { return &s.BudgetGuard }},
	{"exemptions", "不适用的项目可以逐户免评", func(s *rulebook.Settings) *bool { return &s.Exemptions }},
	{"share_ranking", "另按“可得分中得了几成”排一次名", func(s *rulebook.Settings) *bool { return &s.ShareRanking }},
	{"december_open", "十二月的公示结束以后才清零", func(s *rulebook.Settings) *bool { return &s.DecemberOpen }},
	{"below_zero", "减分后，本年积分可以低于零", func(s *rulebook.Settings) *bool { return &s.BelowZero }},
}

func readSettings(c echo.Context, f *adoption.Settled) error {
	var faults []*fault.Error
	for _, n := range settingNumbers {
		v, bad := visit.Int(c, n.name, -1)
		if bad == nil && v < 0 {
			bad = visit.ErrNumber.On(n.name)
		}
		*n.of(f) = v
		faults = append(faults, bad)
	}
	for _, o := range settingChoices {
		if *o.of(&f.Settings) = o.a; c.FormValue(o.name) == o.b {
			*o.of(&f.Settings) = o.b
		}
	}
	for _, o := range settingFlags {
		*o.of(&f.Settings) = c.FormValue(o.name) != ""
	}
	return fault.Join(faults...)
}

// DraftSettingsSave keeps the head of the rules and the settings.
func (s *Site) DraftSettingsSave(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	w, err := s.Adoption.Current(ctx, who)
	if err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	f := adoption.Settled{Settings: w.Body.Settings, InForceFrom: c.FormValue("in_force_from"), Reason: c.FormValue("reason")}
	if err := readSettings(c, &f); err != nil {
		return s.draftSettings(c, err)
	}
	version, bad := visit.Int(c, "version", 0)
	if bad != nil {
		return bad
	}
	_, err = s.Adoption.Settle(ctx, who, version, f)
	if visit.Correctable(err) {
		return s.draftSettings(c, err)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/rules/draft", "已保存说明、生效日和定法")
}

// draftStep is one of the six steps being recorded.
type draftStep struct {
	kit.StaffPage
	adoption.Whole
	Kind   adoption.Kind
	Was    *adoption.Step // the record that stands
	Typed  map[string]string
	Photos []uuid.UUID
	Errors kit.Errors
	Today  string
}

// DraftStep shows the form of one step.
func (s *Site) DraftStep(c echo.Context) error { return s.draftStep(c, nil, nil) }

func (s *Site) draftStep(c echo.Context, problem error, photos []uuid.UUID) (err error) {
	kind := stepOf(c)
	if kind == 0 {
		return fault.ErrNotFound
	}
	p := draftStep{StaffPage: s.staff(c, "draft", kind.Chinese()), Kind: kind, Errors: kit.ErrorsOf(problem), Photos: photos, Today: s.today(), Typed: map[string]string{}}
	p.Path = "/rules/draft/steps/" + itoa(int(kind))
	if p.Whole, err = s.Adoption.Current(c.Request().Context(), visit.Who(c)); err != nil {
		return visit.Refused(c, "/rules/draft", err)
	}
	if was, ok := adoption.Standing(p.Steps, p.Digest)[kind]; ok {
		p.Was = &was
		p.Typed = map[string]string{"held_on": was.HeldOn.Format("2006-01-02"), "place": was.Place, "eligible": itoa(was.Eligible), "present": itoa(was.Present), "agreed": itoa(was.Agreed), "minutes": was.Minutes}
	}
	status := http.StatusOK
	if problem != nil {
		status = visit.Status(problem)
		for _, name := range []string{"held_on", "place", "eligible", "present", "agreed", "minutes"} {
			p.Typed[name] = c.FormValue(name)
		}
	}
	return visit.Render(c, status, draftStepForm(p))
}

func stepOf(c echo.Context) adoption.Kind {
	for _, k := range adoption.Kinds {
		if c.Param("step") == itoa(int(k)) {
			return k
		}
	}
	return 0
}

// DraftStepRecord keeps one step with its photos.
func (s *Site) DraftStepRecord(c echo.Context) error {
	kind := stepOf(c)
	if kind == 0 {
		return fault.ErrNotFound
	}
	in := adoption.Step{Step: kind, Place: trim(c, "place"), Minutes: trim(c, "minutes")}
	held, bad := visit.Day(c, "held_on")
	faults := []*fault.Error{bad}
	in.HeldOn = held
	if kind.Meeting() {
		for name, to := range map[string]*int{"eligible": &in.Eligible, "present": &in.Present, "agreed": &in.Agreed} {
			n, bad := visit.Int(c, name, -1)
			*to = n
			faults = append(faults, bad)
		}
	}
	photos, problem := s.takePhotos(c)
	if err := fault.Join(faults...); err != nil {
		problem = err
	}
	if problem == nil {
		_, problem = s.Adoption.Record(c.Request().Context(), visit.Who(c), in, photos)
	}
	switch {
	case problem == nil:
		return visit.Done(c, "/rules/draft", "已登记："+kind.Chinese())
	case errors.Is(problem, adoption.ErrNone):
		return visit.Refused(c, "/rules/draft", problem)
	case visit.Correctable(problem):
		return s.draftStep(c, problem, photos)
	}
	return problem
}
