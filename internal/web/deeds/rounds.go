package deeds

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/inspect"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// roundsPage is the month's rounds, grid by grid.
type roundsPage struct {
	shell.Frame
	inspect.Filter
	This    month.Month
	Grids   []inspect.Grid
	Choices []kit.Choice // of grids
	Stands  *fault.Error // why no round of the month can be begun any more
	Pager   kit.PagerProps
	Export  string // what the list shows
}

// roundFilter reads what the list is narrowed to; no month is this one.
func (s *Room) roundFilter(c echo.Context) (f inspect.Filter, err error) {
	f = inspect.Filter{State: inspect.State(c.QueryParam("state")), Search: strings.TrimSpace(c.QueryParam("q")), Names: s.GridNames(c), Page: visit.Page(c)}
	if f.Month, err = shell.AskedMonth(c, s.ThisMonth()); err != nil {
		return f, err
	}
	var bad *fault.Error
	if f.Grid, bad = visit.Int(c, "grid", 0); bad != nil || f.State != "" && f.State.Chinese() == "" {
		return f, fault.ErrNotFound
	}
	return f, nil
}

// RoundList lists the grids of the village, or the grid worker's own, with their rounds of a month.
func (s *Room) RoundList(c echo.Context) (err error) {
	p := roundsPage{This: s.ThisMonth(), Choices: s.GridChoices(c), Export: "/rounds.xlsx?" + c.QueryString()}
	if p.Filter, err = s.roundFilter(c); err != nil {
		return err
	}
	p.Frame = s.Frame(c, shell.Spot{Tab: "rounds", Menu: "rounds", Title: "每月巡查",
		Lead: "网格员每月沿路看一遍，只记不合格的；其余都合格。收尾后由没有参与的小组成员确认，进入当月签字表。"})
	var next string
	if p.Grids, next, err = s.Rounds.Grids(c.Request().Context(), visit.Who(c), p.Filter); err != nil {
		return err
	}
	if p.Stands, err = s.Rounds.Stands(c.Request().Context(), visit.Who(c), p.Month); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.Grids), next)
	return visit.Render(c, http.StatusOK, rounds(p))
}

// RoundsExport hands the list out as a sheet.
func (s *Room) RoundsExport(c echo.Context) error {
	f, err := s.roundFilter(c)
	if err != nil {
		return err
	}
	out := [][]any{}
	for g, err := range page.Rows(func(p page.Page) ([]inspect.Grid, string, error) {
		f.Page = p
		return s.Rounds.Grids(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		row := []any{shell.GridNamed(f.Names, g.Grid), f.Month.Chinese(), g.State().Chinese(), g.Homes, g.Seen, g.Bad, "", "", "", "", ""}
		if r := g.Round; r != nil {
			row[6], row[7] = r.OpenedByName, r.ClosedByName
			if r.ClosedAt != nil {
				row[8], row[9] = *r.ClosedAt, r.Passes
			}
			var names []string
			for _, one := range r.Confirms {
				names = append(names, one.Name)
			}
			row[10] = strings.Join(names, "、")
		}
		out = append(out, row)
	}
	return shell.SendSheet(c, "每月巡查"+f.Month.Chinese(), "每月巡查", []sheetfile.Head{{Title: "网格", Width: 14}, {Title: "月份", Width: 12}, {Title: "状态", Width: 16}, {Title: "户数"}, {Title: "已看"}, {Title: "有不合格的户"},
		{Title: "谁开始的"}, {Title: "谁收尾的"}, {Title: "收尾时间", Width: 17}, {Title: "合格项次"}, {Title: "谁确认的", Width: 18}}, out)
}

// RoundOpen begins the round of a grid.
func (s *Room) RoundOpen(c echo.Context) error {
	grid, bad := visit.Int(c, "grid", visit.Who(c).Grid)
	m, err := month.Parse(c.FormValue("month"))
	if bad != nil || err != nil {
		return fault.ErrNotFound
	}
	r, err := s.Rounds.Open(c.Request().Context(), visit.Who(c), grid, m)
	if err != nil {
		return visit.Refused(c, "/rounds?month="+m.String(), err)
	}
	return visit.Done(c, roundPath(r.ID), "开始巡查：只记不合格的，看完点“其余都合格”")
}

func roundPath(id uuid.UUID) string { return "/rounds/" + id.String() }

// roundPage is one round.
type roundPage struct {
	shell.Frame
	inspect.Walk
	inspect.Tally
	Names    shell.Names
	Grid     string
	Query    string
	Show     string // which homes: "" all, "todo", "bad", "photo"
	Shown    []inspect.Home
	May      bool // record
	Confirms bool // the person's role may confirm
	Form     roundForm
	Errors   kit.Errors
	Reason   string
	Keep     string // the pages that a phone keeps
}

// roundForm is what is noted at a home.
type roundForm struct {
	inspect.Home
	Result string
	Failed []string
	Reason string
	Photos []uuid.UUID
	Base   int
	Errors kit.Errors
	Other  bool // somebody else noted otherwise: the person may insist
}

// roundPage reads the round of the path.
func (s *Room) roundPage(c echo.Context) (p roundPage, err error) {
	id, err := visit.ID(c, "id")
	if err != nil {
		return p, err
	}
	if p.Walk, err = s.Rounds.Show(c.Request().Context(), visit.Who(c), id); err != nil {
		return p, err
	}
	p.Tally, p.Names = inspect.TallyOf(p.All), shell.NamesOf(p.Rules)
	p.Grid = shell.GridNamed(s.GridNames(c), p.Round.Grid)
	p.May, p.Confirms = s.May(c, authz.RoundRecord), s.May(c, authz.RoundConfirm)
	p.Frame = s.Frame(c, shell.Spot{Tab: "rounds", Menu: "rounds", Title: p.Grid + p.Month.Chinese() + "巡查", Back: "/rounds?month=" + p.Month.String(), BackTo: "每月巡查"})
	return p, nil
}

// RoundShow shows a round: while it is open its homes in walking order, then what came of it.
func (s *Room) RoundShow(c echo.Context) error {
	p, err := s.roundPage(c)
	if err != nil {
		return err
	}
	p.Query, p.Show = strings.TrimSpace(c.QueryParam("q")), c.QueryParam("show")
	for _, h := range p.All {
		if p.fits(h) {
			p.Shown = append(p.Shown, h)
		}
	}
	if p.State() == inspect.Open {
		if p.Keep, err = s.keptPages(c, p.ID); err != nil {
			return err
		}
		return visit.Render(c, http.StatusOK, roundWalk(p))
	}
	return visit.Render(c, http.StatusOK, roundDone(p))
}

// fits reports whether the home is among those asked for.
func (p roundPage) fits(h inspect.Home) bool {
	q := strings.ToLower(p.Query)
	if q != "" && !strings.Contains(h.Head+" "+h.Door+" "+h.Team, p.Query) && !strings.Contains(" "+h.Initials, " "+q) {
		return false
	}
	switch p.Show {
	case "todo":
		return !h.Seen && !h.Idle()
	case "bad":
		return h.Bad()
	case "photo":
		return h.Sampled
	}
	return true
}

// RoundHome is the form of one home.
func (s *Room) RoundHome(c echo.Context) error {
	p, err := s.roundHome(c)
	if err != nil {
		return err
	}
	h := p.Form.Home
	p.Form.Failed, p.Form.Reason, p.Form.Base = h.Failed, h.Reason, h.Version
	if p.Form.Result = "pass"; h.Bad() || !h.Sampled && !h.Seen {
		p.Form.Result = "bad"
	}
	return visit.Render(c, http.StatusOK, roundHome(p))
}

func (s *Room) roundHome(c echo.Context) (p roundPage, err error) {
	household, err := visit.ID(c, "household")
	if err != nil {
		return p, err
	}
	if p, err = s.roundPage(c); err != nil {
		return p, err
	}
	h, ok := p.Find(household)
	if !ok {
		return p, fault.ErrNotFound
	}
	p.Form.Home = h
	p.Frame = s.Frame(c, shell.Spot{Tab: "rounds", Menu: "rounds", Title: h.Head + "家", Lead: h.Door, Back: roundPath(p.ID) + "#h-" + household.String(), BackTo: "巡查名单"})
	return p, nil
}

var errWhichItem = fault.New(fault.Invalid, "round.which", "请勾选哪一项不合格；都合格就选“合格”").On("failed")

// RoundMark notes what was seen at a home, by one tap or by the form.
func (s *Room) RoundMark(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	household, err := visit.ID(c, "household")
	if err != nil {
		return err
	}
	f, problem := readRoundForm(c)
	m := inspect.Mark{Household: household, Reason: f.Reason, Base: f.Base, Insist: c.FormValue("insist") != ""}
	if f.Result == "bad" {
		if m.Failed = f.Failed; len(m.Failed) == 0 && problem == nil {
			problem = errWhichItem
		}
	}
	if problem == nil {
		f.Photos, problem = s.TakePhotos(c)
	}
	if problem == nil {
		m.Photos = f.Photos
		var n inspect.Noted
		if n, problem = s.Rounds.Mark(c.Request().Context(), visit.Who(c), id, m); problem == nil && visit.Queued(c) {
			return c.JSON(http.StatusOK, map[string]any{"text": "记下了", "to": roundPath(id), "version": n.Version})
		}
	}
	switch {
	case problem == nil:
		return visit.Done(c, roundPath(id)+"#h-"+household.String(), "记下了")
	case visit.Queued(c) || !visit.Correctable(problem):
		return problem
	}
	p, err := s.roundHome(c)
	if err != nil {
		return problem
	}
	f.Home, f.Errors, f.Other = p.Form.Home, kit.ErrorsOf(problem), fault.Of(problem).Code == inspect.ErrOther.Code
	if f.Other {
		f.Base = f.Home.Version
	}
	p.Form = f
	return visit.Render(c, visit.Status(problem), roundHome(p))
}

func readRoundForm(c echo.Context) (f roundForm, err error) {
	form, err := c.FormParams()
	if err != nil {
		return f, fault.ErrInvalid
	}
	base, bad := visit.Int(c, "base", 0)
	f = roundForm{Result: c.FormValue("result"), Failed: form["failed"], Reason: c.FormValue("reason"), Base: base}
	if bad != nil {
		return f, bad
	}
	return f, nil
}

// RoundCloseForm asks once more before the rest passes.
func (s *Room) RoundCloseForm(c echo.Context) error {
	p, err := s.roundPage(c)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, roundClose(p))
}

// RoundClose ends the round: the rest passed.
func (s *Room) RoundClose(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	rest, bad := visit.Int(c, "rest", -1)
	if bad != nil {
		return bad
	}
	r, err := s.Rounds.Close(c.Request().Context(), visit.Who(c), id, rest)
	switch {
	case err == nil:
		return visit.Done(c, roundPath(id), "已收尾："+strconv.Itoa(r.Homes)+" 户，合格 "+strconv.Itoa(r.Passes)+" 项次，等小组成员确认")
	case visit.Queued(c) || !visit.Correctable(err):
		return err
	}
	p, readErr := s.roundPage(c)
	if readErr != nil {
		return err
	}
	p.Errors = kit.ErrorsOf(err)
	return visit.Render(c, visit.Status(err), roundClose(p))
}

// RoundReopenForm asks why a closed round is to be opened again.
func (s *Room) RoundReopenForm(c echo.Context) error {
	p, err := s.roundPage(c)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, roundReopen(p))
}

// RoundReopen gives it back to the grid.
func (s *Room) RoundReopen(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	_, err = s.Rounds.Reopen(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
	switch {
	case err == nil:
		return visit.Done(c, roundPath(id), "已重新打开，改好后再收尾")
	case !visit.Correctable(err):
		return err
	}
	p, readErr := s.roundPage(c)
	if readErr != nil {
		return err
	}
	p.Errors, p.Reason = kit.ErrorsOf(err), c.FormValue("reason")
	return visit.Render(c, visit.Status(err), roundReopen(p))
}

// RoundConfirm is a member's word that the round is right.
func (s *Room) RoundConfirm(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	r, err := s.Rounds.Confirm(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return visit.Refused(c, roundPath(id), err)
	}
	if n := len(r.Waiting()); n > 0 {
		return visit.Done(c, roundPath(id), "已确认；其中 "+strconv.Itoa(n)+" 户须您回避，等另一位成员确认")
	}
	return visit.Done(c, roundPath(id), "已确认，进入当月签字表")
}

// RoundExport is the whole round as a sheet.
func (s *Room) RoundExport(c echo.Context) error {
	p, err := s.roundPage(c)
	if err != nil {
		return err
	}
	rows := make([][]any, len(p.All))
	for i, h := range p.All {
		rows[i] = []any{h.Door, h.Head, h.Team, p.result(h), p.titles(h.Failed), h.Reason, p.titles(h.Exempt), h.Why, int(h.Photos), h.RecorderName, h.RecordedAt}
	}
	return shell.SendSheet(c, p.Grid+p.Month.Chinese()+"巡查", "巡查", []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "小组"}, {Title: "结果"},
		{Title: "不合格的项目", Width: 36}, {Title: "原因", Width: 36}, {Title: "免评的项目", Width: 24}, {Title: "免评原因", Width: 24}, {Title: "照片"}, {Title: "记录人"}, {Title: "记录时间", Width: 17}}, rows)
}

// result says in a word how a home did.
func (p roundPage) result(h inspect.Home) string {
	switch {
	case h.Idle():
		return "免评"
	case h.Bad():
		return "有不合格"
	case h.Seen || p.State() != inspect.Open:
		return "合格"
	}
	return "还没看"
}

func (p roundPage) titles(codes []string) string {
	var all []string
	for _, code := range codes {
		all = append(all, p.Names.Title(code))
	}
	return strings.Join(all, "、")
}

// Door leads whoever scanned a door plate to what they do at that home.
func (s *Room) Door(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	h, err := s.Households.Scan(ctx, who, c.Param("code"))
	if err != nil {
		return err
	}
	id := h.ID.String()
	switch who.Role {
	case actor.Household:
		return c.Redirect(http.StatusSeeOther, "/home")
	case actor.Desk:
		return c.Redirect(http.StatusSeeOther, "/redeem/"+id)
	case actor.Grid:
		round, err := s.Rounds.AtHome(ctx, who, h.ID)
		if err != nil {
			return err
		}
		if round != uuid.Nil {
			return c.Redirect(http.StatusSeeOther, roundPath(round)+"/homes/"+id)
		}
		return c.Redirect(http.StatusSeeOther, "/record/"+id)
	}
	return c.Redirect(http.StatusSeeOther, "/households/"+id)
}

// Queue is the page of what a phone keeps until there is signal; the phone itself fills it.
func (s *Room) Queue(c echo.Context) error {
	at := shell.Spot{Tab: "field", Menu: "record", Title: "待上传", Lead: "没有信号时记在这台设备里的，有网后自动上传。", Back: "/field", BackTo: "入户登记"}
	if s.May(c, authz.RedemptionMake) {
		at.Menu, at.Back, at.BackTo = "redeem", "/redeem/offline", "断网办理"
	}
	f := s.Frame(c, at)
	if f.OnDesk != nil {
		f.OnDesk.Offline = visit.Who(c).Account.String()
	}
	return visit.Render(c, http.StatusOK, queued(f))
}
