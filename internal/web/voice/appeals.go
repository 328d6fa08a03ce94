package voice

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/appeal"
	"cunfen/internal/authz"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/homes"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// appealingPage asks a household, or the counter for it, what it tells the township.
type appealingPage struct {
	kit.PhonePage
	Staff   kit.StaffPage
	First   appeal.Objection
	Names   shell.Names
	Action  string
	Grounds string
	Errors  kit.Errors
}

// AppealNew shows the village's answer and asks the household.
func (s *Room) AppealNew(c echo.Context) error { return s.appealing(c, http.StatusOK, nil) }

// AppealFile takes the objection on to the township.
func (s *Room) AppealFile(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.ownObjection(c, id); err != nil {
		return err
	}
	a, err := s.Appeals.Appeal(c.Request().Context(), visit.Who(c), id, c.FormValue("grounds"))
	switch {
	case visit.Correctable(err):
		return s.appealing(c, visit.Status(err), err)
	case err != nil:
		return visit.Refused(c, "/my/objections", err)
	}
	return visit.Done(c, "/my/objections", "已向镇里申诉，"+shell.Day(a.DueOn)+"前答复；这一笔先不计入")
}

// ownObjection is an objection of the person's own household; another household's is not there.
func (s *Room) ownObjection(c echo.Context, id uuid.UUID) (o appeal.Objection, err error) {
	who := visit.Who(c)
	o, err = s.Appeals.Show(c.Request().Context(), who, id)
	if err == nil && (!shell.Lives(who) || o.HouseholdID != who.Household) {
		err = fault.ErrNotFound
	}
	return o, err
}

func (s *Room) appealing(c echo.Context, status int, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := appealingPage{PhonePage: s.Phone(c, "home", "向镇里申诉"), Action: "/my/objections/" + id.String() + "/appeal", Grounds: c.FormValue("grounds"), Errors: kit.ErrorsOf(problem)}
	p.Back = "/my/objections"
	if p.First, err = s.ownObjection(c, id); err != nil {
		return err
	}
	rules, err := s.RulesOf(c, p.First.RuleVersion)
	if err != nil {
		return err
	}
	p.Names = shell.NamesOf(rules)
	return visit.Render(c, status, appealing(p))
}

// AppealTakeBack withdraws an appeal.
func (s *Room) AppealTakeBack(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Appeals.TakeBack(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, "/my/objections", err)
	}
	return visit.Done(c, "/my/objections", "已撤回申诉，这一笔照村里的答复计入")
}

// AppealRecordForm takes down at the counter what a household tells the township.
func (s *Room) AppealRecordForm(c echo.Context) error { return s.recordAppeal(c, http.StatusOK, nil) }

// AppealRecord files the household's appeal for it.
func (s *Room) AppealRecord(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	a, err := s.Appeals.Appeal(c.Request().Context(), visit.Who(c), id, c.FormValue("grounds"))
	switch {
	case visit.Correctable(err):
		return s.recordAppeal(c, visit.Status(err), err)
	case err != nil:
		return visit.Refused(c, "/households", err)
	}
	back := "/households/" + a.HouseholdID.String()
	if s.May(c, authz.ObjectionView) {
		back = "/objections/" + id.String()
	}
	return visit.Done(c, back, "已替住户向镇里申诉，"+shell.Day(a.DueOn)+"前答复")
}

func (s *Room) recordAppeal(c echo.Context, status int, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := appealingPage{Staff: s.Staff(c, "objections", "代记申诉"), Action: "/objections/" + id.String() + "/appeal", Grounds: c.FormValue("grounds"), Errors: kit.ErrorsOf(problem)}
	if p.First, err = s.Appeals.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p.Names = shell.NamesOf(rules)
	return visit.Render(c, status, appealRecord(p))
}

// appealList is the township's list of appeals.
type appealList struct {
	kit.StaffPage
	Rows     []appeal.Appeal
	Filter   appeal.OfficeFilter
	Villages []kit.Choice
	Pager    kit.PagerProps
	Today    string
	Export   string
}

func officeFilter(c echo.Context) (f appeal.OfficeFilter, err error) {
	village, _ := visit.Int(c, "village", 0)
	f = appeal.OfficeFilter{State: appeal.Open, Village: int64(village), Search: c.QueryParam("q"), Page: visit.Page(c)}
	if c.QueryParams().Has("state") {
		f.State = appeal.State(c.QueryParam("state"))
	}
	if f.State != "" && f.State.Chinese() == "" {
		err = fault.ErrNotFound
	}
	return f, err
}

// TownAppeals lists what households of the township's villages appeal against.
func (s *Room) TownAppeals(c echo.Context) error {
	f, err := officeFilter(c)
	if err != nil {
		return err
	}
	who := visit.Who(c)
	rows, next, err := s.Appeals.OfficeList(c.Request().Context(), who, f)
	if err != nil {
		return err
	}
	all, err := s.Villages.All(c.Request().Context(), who.Township)
	if err != nil {
		return err
	}
	p := appealList{StaffPage: s.Staff(c, "appeals", "申诉"), Rows: rows, Filter: f, Pager: visit.Pager(c, len(rows), next), Today: s.Today(), Export: "/town/appeals.xlsx?" + c.QueryString()}
	for _, v := range all {
		p.Villages = append(p.Villages, kit.Choice{Value: strconv.Itoa(int(v.ID)), Text: v.Name})
	}
	return visit.Render(c, http.StatusOK, townAppeals(p))
}

var appealHeads = []sheetfile.Head{{Title: "村（场）"}, {Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "事项", Width: 28}, {Title: "分值"}, {Title: "住户申诉的理由", Width: 36},
	{Title: "提出时间", Width: 17}, {Title: "答复期限", Width: 12}, {Title: "状态", Width: 18}, {Title: "办理人"}, {Title: "答复理由", Width: 36}}

// TownAppealExport is the list as it is filtered, whole, as a sheet.
func (s *Room) TownAppealExport(c echo.Context) error {
	f, err := officeFilter(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for a, err := range page.Rows(func(p page.Page) ([]appeal.Appeal, string, error) {
		f.Page = p
		return s.Appeals.OfficeList(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{a.Village, a.Door, a.Head, a.Title, a.Points, a.Grounds, a.FiledAt, a.DueOn.Format("2006-01-02"), appealState(a.State), a.DecidedByName, a.Reason})
	}
	return shell.SendSheet(c, "申诉", "申诉", appealHeads, rows)
}

// appealPage is one appeal as the township decides it.
type appealPage struct {
	kit.StaffPage
	appeal.Appeal
	Line    homes.Explained // what the village decided on
	Decides bool
	Late    bool
	Errors  kit.Errors
	Verdict string
	Answers string
}

// TownAppeal shows one appeal, and to the bureau the form.
func (s *Room) TownAppeal(c echo.Context) error { return s.townAppeal(c, http.StatusOK, nil) }

// TownAppealDecide ends an appeal.
func (s *Room) TownAppealDecide(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	verdict := c.FormValue("verdict")
	if verdict != "uphold" && verdict != "dismiss" {
		return s.townAppeal(c, visit.Status(errVerdict), errVerdict)
	}
	a, err := s.Appeals.Settle(c.Request().Context(), visit.Who(c), id, verdict == "uphold", c.FormValue("reason"))
	switch {
	case visit.Correctable(err):
		return s.townAppeal(c, visit.Status(err), err)
	case err != nil:
		return visit.Refused(c, "/town/appeals", err)
	}
	return visit.Done(c, "/town/appeals/"+id.String(), "已办结："+appealState(a.State))
}

func (s *Room) townAppeal(c echo.Context, status int, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	p := appealPage{StaffPage: s.Staff(c, "appeals", "申诉"), Errors: kit.ErrorsOf(problem), Verdict: c.FormValue("verdict"), Answers: c.FormValue("reason"), Decides: s.May(c, authz.AppealDecide)}
	if p.Appeal, err = s.Appeals.Office(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	if p.Line, err = s.Homes.ExplainInOffice(c.Request().Context(), visit.Who(c), p.Appeal.VillageID, p.EntryID); err != nil {
		return err
	}
	p.Path = "/town/appeals/" + id.String()
	p.Late = appealLate(p.Appeal, s.Today())
	return visit.Render(c, status, townAppeal(p))
}

// TownAppealPhoto shows a photo of what the village decided on.
func (s *Room) TownAppealPhoto(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	photo, err := visit.ID(c, "photo")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	a, err := s.Appeals.Office(ctx, who, id)
	if err != nil {
		return err
	}
	x, err := s.Homes.ExplainInOffice(ctx, who, a.VillageID, a.EntryID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(x.Photos, func(e evidence.Evidence) bool { return e.ID == photo }) {
		return fault.ErrNotFound
	}
	p, err := s.Evidence.ReadInOffice(ctx, who, a.VillageID, photo, func(pg.Tx, uuid.UUID) error { return nil })
	if err != nil {
		return err
	}
	return shell.SendPhoto(c, p)
}

func appealLate(a appeal.Appeal, today string) bool {
	return a.State == appeal.Open && a.DueOn.Format("2006-01-02") < today
}
