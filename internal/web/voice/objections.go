package voice

import (
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/appeal"
	"cunfen/internal/authz"
	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// objectionList is the list of the village's objections.
type objectionList struct {
	kit.StaffPage
	Rows   []appeal.Objection
	Names  shell.Names
	Filter appeal.Filter
	Pager  kit.PagerProps
	Today  string // 2026-11-23
	Export string // what the list shows
}

func objectionFilter(c echo.Context) (f appeal.Filter, err error) {
	f = appeal.Filter{State: appeal.Open, Search: c.QueryParam("q"), Page: visit.Page(c)}
	if c.QueryParams().Has("state") {
		f.State = appeal.State(c.QueryParam("state"))
	}
	if f.State != "" && f.State.Chinese() == "" {
		err = fault.ErrNotFound
	}
	return f, err
}

// Objections lists what households have objected to; those that wait come first, by the filter.
func (s *Room) Objections(c echo.Context) error {
	f, err := objectionFilter(c)
	if err != nil {
		return err
	}
	rows, next, err := s.Appeals.List(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, objections(objectionList{StaffPage: s.Staff(c, "objections", "异议处理"), Rows: rows, Names: shell.NamesOf(rules), Filter: f,
		Pager: visit.Pager(c, len(rows), next), Today: s.Today(), Export: "/objections.xlsx?" + c.QueryString()}))
}

var objectionHeads = []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "事项", Width: 28}, {Title: "分值"}, {Title: "发生日期", Width: 12}, {Title: "住户说哪里不对", Width: 36},
	{Title: "怎么提的", Width: 18}, {Title: "提出时间", Width: 17}, {Title: "答复期限", Width: 12}, {Title: "状态", Width: 18}, {Title: "处理人"}, {Title: "处理时间", Width: 17}, {Title: "答复理由", Width: 36}}

// ObjectionExport is the list as it is filtered, whole, as a sheet.
func (s *Room) ObjectionExport(c echo.Context) error {
	f, err := objectionFilter(c)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	names, out := shell.NamesOf(rules), [][]any{}
	for o, err := range page.Rows(func(p page.Page) ([]appeal.Objection, string, error) {
		f.Page = p
		return s.Appeals.List(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		out = append(out, []any{o.Door, o.Head, names.Title(o.Item), o.Points, o.OccurredOn.Format(time.DateOnly), o.Grounds, channelOf(o), o.FiledAt, o.DueOn.Format(time.DateOnly),
			o.State.Chinese(), o.DecidedByName, o.DecidedAt, o.Reason})
		if len(out) == shell.MostExported {
			break
		}
	}
	return shell.SendSheet(c, "异议"+s.ThisMonth().Chinese(), "异议", objectionHeads, out)
}

func Overdue(o appeal.Objection, today string) bool {
	return o.State == appeal.Open && o.DueOn.Format("2006-01-02") < today
}

// objectionPage is one objection with the line that it is about.
type objectionPage struct {
	kit.StaffPage
	appeal.Objection
	Claim   *claim.Whole   // what the line was given for
	Appeal  *appeal.Appeal // what the township was asked, if it was
	Counter bool           // the person looking takes down what households say
	Names   shell.Names
	Recused bool // the person looking must stay away
	Decides bool
	Records bool // the person looking can record what is right in place of what was taken back
	Late    bool
	Errors  kit.Errors
	Uphold  string
	Reason  string
}

// ObjectionShow shows one objection, and to who may decide it the form.
func (s *Room) ObjectionShow(c echo.Context) error { return s.objection(c, http.StatusOK, nil) }

var errVerdict = fault.New(fault.Invalid, "appeal.verdict", "请先选异议成立还是不成立").On("verdict")

// ObjectionDecide ends an objection.
func (s *Room) ObjectionDecide(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	verdict := c.FormValue("verdict")
	if verdict != "uphold" && verdict != "dismiss" {
		return s.objection(c, visit.Status(errVerdict), errVerdict)
	}
	o, err := s.Appeals.Decide(c.Request().Context(), visit.Who(c), id, verdict == "uphold", c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return s.objection(c, visit.Status(err), err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/objections/"+id.String(), "已处理："+o.State.Chinese())
}

func (s *Room) objection(c echo.Context, status int, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := objectionPage{StaffPage: s.Staff(c, "objections", "异议"), Errors: kit.ErrorsOf(problem), Uphold: c.FormValue("verdict"), Reason: c.FormValue("reason"),
		Decides: s.May(c, authz.ObjectionDecide)}
	if p.Objection, err = s.Appeals.Show(ctx, who, id); err != nil {
		return err
	}
	p.Path = "/objections/" + id.String()
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p.Names, p.Late = shell.NamesOf(rules), Overdue(p.Objection, s.Today())
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		related, err := group.Conflicted(ctx, tx, who.Account, []uuid.UUID{p.HouseholdID})
		p.Recused = related[p.HouseholdID] || p.Involves(who.Account)
		return err
	})
	if err != nil {
		return err
	}
	if p.Claim, err = s.claimOf(c, p.EntryID); err != nil {
		return err
	}
	appeals, err := s.appealsOf(c, p.Objection)
	if err != nil {
		return err
	}
	if a, ok := appeals[p.Objection.ID]; ok {
		p.Appeal = &a
	}
	p.Counter, p.Records = s.May(c, authz.ObjectionRecord), s.May(c, authz.ClaimRecord)
	return visit.Render(c, status, objectionShow(p))
}

// claimOf is the claim for which a line of the book was given; nil for other lines.
func (s *Room) claimOf(c echo.Context, entry uuid.UUID) (*claim.Whole, error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	var e ledger.Entry
	err := s.DB.Look(ctx, who, func(tx pg.Tx) (err error) {
		e, err = ledger.Find(ctx, tx, entry)
		return err
	})
	if err != nil || e.SourceKind != ledger.FromClaim {
		return nil, err
	}
	w, err := s.Claims.Show(ctx, who, e.SourceID)
	return &w, err
}

// ObjectionRecordForm takes down what a household says at the counter about a line of its passbook.
func (s *Room) ObjectionRecordForm(c echo.Context) error {
	return s.recordObjection(c, http.StatusOK, nil)
}

// ObjectionRecord files the household's objection for it.
func (s *Room) ObjectionRecord(c echo.Context) error {
	entry, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	o, err := s.Appeals.File(c.Request().Context(), visit.Who(c), entry, c.FormValue("grounds"))
	switch {
	case visit.Correctable(err):
		return s.recordObjection(c, visit.Status(err), err)
	case err != nil:
		return err
	}
	text := "已替住户记下异议，" + month.ChineseDay(o.DueOn) + "前答复"
	if s.May(c, authz.ObjectionView) {
		return visit.Done(c, "/objections/"+o.ID.String(), text)
	}
	return visit.Done(c, "/households/"+o.HouseholdID.String(), text)
}

func (s *Room) recordObjection(c echo.Context, status int, problem error) error {
	entry, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := recordingPage{StaffPage: s.Staff(c, "objections", "代记异议"), Line: entry, Grounds: c.FormValue("grounds"), Errors: kit.ErrorsOf(problem)}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) (err error) {
		if p.Entry, err = ledger.Find(ctx, tx, entry); err != nil {
			return err
		}
		p.Hidden, err = ledger.Hidden(ctx, tx, p.Entry)
		return err
	})
	if err != nil {
		return err
	}
	if p.Entry.Kind != ledger.Award && p.Entry.Kind != ledger.Deduction {
		return visit.Refused(c, "/households", appeal.ErrKind)
	}
	home, err := s.Households.Show(ctx, who, p.Entry.HouseholdID)
	if err != nil {
		return err
	}
	p.Door, p.Head = home.Door, home.Head
	rules, err := s.RulesOf(c, p.Entry.RuleVersion)
	if err != nil {
		return err
	}
	p.Names = shell.NamesOf(rules)
	return visit.Render(c, status, objectionRecord(p))
}

// recordingPage takes down at the counter what a household says about a line.
type recordingPage struct {
	kit.StaffPage
	Line       uuid.UUID
	Entry      ledger.Entry
	Hidden     bool // its cause is not told at the counter
	Door, Head string
	Names      shell.Names
	Grounds    string
	Errors     kit.Errors
}

func (p recordingPage) title() string {
	if p.Hidden {
		return shell.HiddenTitle
	}
	return p.Names.Title(p.Entry.Item)
}

func (p recordingPage) basis() string {
	basis := "细则第 " + strconv.Itoa(p.Entry.RuleVersion) + " 版"
	if !p.Hidden {
		basis = p.Entry.Item + " · " + basis
	}
	return basis
}
