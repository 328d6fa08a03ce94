package counter

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// offlinePage is the desk for when the network goes away: it is kept on the desk's device.
type offlinePage struct {
	kit.StaffPage
	Rows  []shop.Ready
	Query string
}

// RedeemOffline lists what is set aside, to be handed over without network, and takes notes.
func (s *Room) RedeemOffline(c echo.Context) error {
	p := offlinePage{StaffPage: s.Staff(c, "redeem", "断网办理"), Query: visit.Text(c, "q")}
	p.Offline = visit.Who(c).Account.String()
	rows, err := s.Shop.Ready(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if p.Query == "" || strings.Contains(readyText(r), p.Query) {
			p.Rows = append(p.Rows, r)
		}
	}
	return visit.Render(c, http.StatusOK, redeemOffline(p))
}

func readyText(r shop.Ready) string { return r.Code + " " + r.Head + " " + r.Door }

// notesPage is what was taken down without network.
type notesPage struct {
	kit.StaffPage
	Rows          []shop.Note
	Query, State  string
	Who, Wants    string
	Errors        kit.Errors
	Pager         kit.PagerProps
	Export, Clear string
}

func noteFilter(c echo.Context) shop.NoteFilter {
	f := shop.NoteFilter{Query: strings.TrimSpace(c.QueryParam("q")), Page: visit.Page(c)}
	if st := c.QueryParam("state"); st == "open" || st == "done" {
		f.State = st
	}
	return f
}

// NoteList shows the notes and what became of them.
func (s *Room) NoteList(c echo.Context) error { return s.notes(c, nil) }

func (s *Room) notes(c echo.Context, problem error) error {
	f := noteFilter(c)
	rows, next, err := s.Shop.Notes(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	p := notesPage{StaffPage: s.Staff(c, "redeem", "断网时记下的"), Rows: rows, Query: f.Query, State: f.State, Who: c.FormValue("who"), Wants: c.FormValue("wants"), Errors: kit.ErrorsOf(problem),
		Pager: visit.Pager(c, len(rows), next), Export: "/redeem/notes.xlsx?" + c.QueryString()}
	p.Path = "/redeem/notes"
	if c.QueryString() != "" {
		p.Clear = "/redeem/notes"
	}
	return visit.Render(c, visit.Status(problem), noteList(p))
}

// NoteAdd takes a note down.
func (s *Room) NoteAdd(c echo.Context) error {
	n := shop.Note{Who: c.FormValue("who"), Wants: c.FormValue("wants")}
	if at := visit.QueuedAt(c); !at.IsZero() {
		n.TakenAt = &at
	}
	n, err := s.Shop.Jot(c.Request().Context(), visit.Who(c), n)
	switch {
	case visit.Correctable(err) && !visit.Queued(c):
		return s.notes(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/redeem/notes", "已记下："+n.Who)
}

// NoteEnd says what became of a note.
func (s *Room) NoteEnd(c echo.Context) error {
	id, err := visit.ID(c, "note")
	if err == nil {
		err = s.Shop.EndNote(c.Request().Context(), visit.Who(c), id, c.FormValue("outcome"))
	}
	if err != nil {
		return visit.Refused(c, "/redeem/notes", err)
	}
	return visit.Done(c, "/redeem/notes", "已办结")
}

var noteHeads = []sheetfile.Head{{Title: "记下时间", Width: 17}, {Title: "上传时间", Width: 17}, {Title: "住户", Width: 18}, {Title: "要什么", Width: 40}, {Title: "记的人"}, {Title: "结果", Width: 30}, {Title: "办的人"}, {Title: "办结时间", Width: 17}}

// NoteExport is the list as it is filtered, whole, as a sheet.
func (s *Room) NoteExport(c echo.Context) error {
	f := noteFilter(c)
	var rows [][]any
	for n, err := range page.Rows(func(p page.Page) ([]shop.Note, string, error) {
		f.Page = p
		return s.Shop.Notes(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{n.Taken(), n.At, n.Who, n.Wants, n.ByName, n.Outcome, n.DoneName, n.DoneAt})
	}
	return shell.SendSheet(c, "断网记录"+s.ThisMonth().Chinese(), "断网记录", noteHeads, rows)
}
