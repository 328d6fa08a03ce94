package counter

import (
	"encoding/json"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/shop"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// handedPage is what phones and desks gave to the group because the village had refused it.
type handedPage struct {
	kit.StaffPage
	Rows          []shop.Handed
	Query, State  string
	Errors        kit.Errors
	Pager         kit.PagerProps
	Export, Clear string
}

// Hand takes a refused record from a device's queue. A photo that cannot be read is left out: its name is in what
// the record says.
func (s *Room) Hand(c echo.Context) error {
	h := shop.Handed{Path: visit.Text(c, "path")}
	h.Who, h.Wants = c.FormValue("label"), c.FormValue("reason")
	if at := visit.QueuedAt(c); !at.IsZero() {
		h.TakenAt = &at
	}
	if err := json.Unmarshal([]byte(c.FormValue("said")), &h.Said); err != nil && c.FormValue("said") != "" {
		h.Said = [][2]string{{"内容", c.FormValue("said")}}
	}
	photos, err := s.TakePhotos(c)
	if err != nil && !visit.Correctable(err) {
		return err
	}
	if _, err = s.Shop.Hand(c.Request().Context(), visit.Who(c), h, photos); err != nil {
		return visit.Refused(c, kit.QueuePath, err)
	}
	return visit.Done(c, kit.QueuePath, "已交给小组")
}

// HandedList shows what was handed to the group, and what became of it.
func (s *Room) HandedList(c echo.Context) error { return s.handed(c, nil) }

func (s *Room) handed(c echo.Context, problem error) error {
	f := noteFilter(c)
	if !c.QueryParams().Has("state") {
		f.State = "open"
	}
	rows, next, err := s.Shop.HandedList(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	p := handedPage{StaffPage: s.Staff(c, "review", "交给小组的记录"), Rows: rows, Query: f.Query, State: f.State, Errors: kit.ErrorsOf(problem), Pager: visit.Pager(c, len(rows), next), Export: "/handed.xlsx?" + c.QueryString()}
	p.Path = "/handed"
	if c.QueryString() != "" {
		p.Clear = "/handed"
	}
	return visit.Render(c, visit.Status(problem), handedList(p))
}

// HandedSettle says what the group did about one.
func (s *Room) HandedSettle(c echo.Context) error {
	id, err := visit.ID(c, "handed")
	if err == nil {
		words := c.FormValue("words")
		if strings.TrimSpace(words) == "" {
			words = c.FormValue("outcome")
		}
		_, err = s.Shop.SettleHanded(c.Request().Context(), visit.Who(c), id, words)
	}
	if err != nil {
		return visit.Refused(c, "/handed", err)
	}
	return visit.Done(c, "/handed", "已办结，告诉了记录的人")
}

var handedHeads = []sheetfile.Head{{Title: "记下时间", Width: 17}, {Title: "交来时间", Width: 17}, {Title: "什么记录", Width: 26}, {Title: "为什么没有办成", Width: 40}, {Title: "写了什么", Width: 60}, {Title: "照片"}, {Title: "记的人"}, {Title: "结果", Width: 30}, {Title: "办的人"}, {Title: "办结时间", Width: 17}}

// HandedExport is the list as it is filtered, whole, as a sheet.
func (s *Room) HandedExport(c echo.Context) error {
	f := noteFilter(c)
	if !c.QueryParams().Has("state") {
		f.State = "open"
	}
	var rows [][]any
	for h, err := range page.Rows(func(p page.Page) ([]shop.Handed, string, error) {
		f.Page = p
		return s.Shop.HandedList(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{h.Taken(), h.At, h.Who, h.Wants, saidText(h), len(h.Photos), h.ByName, h.Outcome, h.DoneName, h.DoneAt})
	}
	return shell.SendSheet(c, "交给小组的记录"+s.ThisMonth().Chinese(), "交给小组的记录", handedHeads, rows)
}

func saidText(h shop.Handed) string {
	said := make([]string, len(h.Said))
	for i, pair := range h.Said {
		said[i] = pair[0] + "：" + pair[1]
	}
	return strings.Join(said, "；")
}
