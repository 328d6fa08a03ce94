package office

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rescore"
	"cunfen/internal/sheetfile"
	place "cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// offerPage is a sample as it would go to another village's group, to be looked through.
type offerPage struct {
	kit.StaffPage
	rescore.Draw
	Items  []rescore.Offered
	Names  []kit.Choice
	To     string
	Notes  map[int]string   // as typed
	Hide   map[int][]string // as ticked
	Photos []string
	Errors kit.Errors
}

func noteField(position int) string { return "note-" + strconv.Itoa(position) }
func hideField(position int) string { return "hide-" + strconv.Itoa(position) }

// RescoreOffer shows it.
func (r *Room) RescoreOffer(c echo.Context) error { return r.offer(c, nil) }

func (r *Room) offer(c echo.Context, problem error) error {
	village, id, err := r.sampleOf(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p := offerPage{To: c.FormValue("to"), Photos: c.Request().PostForm["photo"], Notes: map[int]string{}, Hide: map[int][]string{}, Errors: kit.ErrorsOf(problem)}
	if p.Draw, p.Items, err = r.Rescore.Offer(ctx, visit.Who(c), village, id); err != nil {
		return err
	}
	for _, i := range p.Items {
		if p.Notes[i.Position], p.Hide[i.Position] = i.Note, i.Suspects; problem != nil {
			p.Notes[i.Position], p.Hide[i.Position] = c.FormValue(noteField(i.Position)), c.Request().PostForm[hideField(i.Position)]
		}
	}
	all, err := r.Villages.All(ctx, visit.Who(c).Township)
	if err != nil {
		return err
	}
	for _, v := range all {
		if v.ID != village && v.State == place.Live {
			p.Names = append(p.Names, kit.Choice{Value: strconv.FormatInt(int64(v.ID), 10), Text: v.Name})
		}
	}
	if p.StaffPage, err = r.staff(c, "rescore", "交给别的村复评", kit.Crumb{Text: p.Village}); err != nil {
		return err
	}
	p.Path = drawPath(p.Draw)
	return visit.Render(c, visit.Status(problem), offer(p))
}

// sampleOf reads which sample the path names.
func (r *Room) sampleOf(c echo.Context) (village actor.VillageID, id uuid.UUID, err error) {
	if village, err = visit.Village(c, "id"); err != nil {
		return village, id, err
	}
	id, err = visit.ID(c, "rescore")
	return village, id, err
}

// RescoreHand gives the sample to another village's group.
func (r *Room) RescoreHand(c echo.Context) error {
	village, id, err := r.sampleOf(c)
	if err != nil {
		return err
	}
	to, bad := visit.Int(c, "to", 0)
	if bad != nil {
		return r.offer(c, rescore.ErrPeer)
	}
	h := rescore.Handing{To: actor.VillageID(to), Notes: map[int]string{}, Hide: map[int][]string{}}
	for name, values := range c.Request().PostForm {
		if n, err := strconv.Atoi(strings.TrimPrefix(name, "note-")); err == nil && strings.HasPrefix(name, "note-") {
			h.Notes[n], h.Hide[n] = values[0], c.Request().PostForm[hideField(n)]
		}
	}
	if h.Photos, err = visit.FormIDs(c, "photo"); err != nil {
		return err
	}
	err = r.Rescore.Hand(c.Request().Context(), visit.Who(c), village, id, h)
	switch {
	case visit.Correctable(err):
		return r.offer(c, err)
	case err != nil:
		return visit.Refused(c, villagePath(village)+"/rescores/"+id.String(), err)
	}
	return visit.Done(c, villagePath(village)+"/rescores/"+id.String(), "已交给对方小组；评完交回就能看到结果")
}

// RescoreRecall takes it back.
func (r *Room) RescoreRecall(c echo.Context) error {
	village, id, err := r.sampleOf(c)
	if err != nil {
		return err
	}
	to := villagePath(village) + "/rescores/" + id.String()
	if err := r.Rescore.Recall(c.Request().Context(), visit.Who(c), village, id); err != nil {
		return visit.Refused(c, to, err)
	}
	return visit.Done(c, to, "已收回，可以自己评，也可以交给别的村")
}

// secondsPage is what the township asked the group to decide a second time, and how often second decisions agreed
// with the village's own.
type secondsPage struct {
	kit.StaffPage
	Looks   []rescore.Look
	Filters kit.FiltersProps
	Own     rescore.Agreement
	Today   time.Time
}

// Seconds lists it.
func (r *Room) Seconds(c echo.Context) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := secondsPage{StaffPage: r.Staff(c, "seconds", "抽样复评"), Today: month.Date(r.DB.Now())}
	var state, search string
	if p.Looks, state, search, err = r.looks(c); err != nil {
		return err
	}
	f := kit.Filter{Name: "state", Label: "状态", Value: state}
	for _, s := range rescore.LookStates {
		f.Choices = append(f.Choices, kit.Choice{Value: s, Text: rescore.Look{State: s}.Chinese()})
	}
	p.Filters = kit.FiltersProps{Action: "/seconds", Query: search, Placeholder: "积分项目、谁请的、谁交的", Filters: []kit.Filter{f}, Export: "/seconds.xlsx?" + c.QueryString()}
	if state+search != "" {
		p.Filters.Clear = "/seconds"
	}
	if p.Own, err = r.Rescore.Own(ctx, who); err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, seconds(p))
}

func (r *Room) looks(c echo.Context) (all []rescore.Look, state, search string, err error) {
	state, search = c.QueryParam("state"), strings.TrimSpace(c.QueryParam("q"))
	if state != "" && !slices.Contains(rescore.LookStates, state) {
		return nil, state, search, fault.ErrNotFound
	}
	all, err = r.Rescore.Looks(c.Request().Context(), visit.Who(c), state, search)
	return all, state, search, err
}

var lookHeads = []sheetfile.Head{{Title: "请评的时间", Width: 17}, {Title: "请评的人"}, {Title: "状态"}, {Title: "几条"}, {Title: "评了"}, {Title: "期限"}, {Title: "交回的人"}, {Title: "交回的时间", Width: 17}}

// SecondsExport is the list as filtered.
func (r *Room) SecondsExport(c echo.Context) error {
	all, _, _, err := r.looks(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for _, l := range all {
		row := []any{l.AskedAt, l.AskedName, l.Chinese(), l.Size, l.Scored, l.DueOn.Format(time.DateOnly), l.DoneName, nil}
		if l.DoneAt != nil {
			row[7] = *l.DoneAt
		}
		rows = append(rows, row)
	}
	return shell.SendSheet(c, "请小组复评的", "请小组复评的", lookHeads, rows)
}

// secondPage is one of them: the next record to look at, or the one that is changed, and all that were.
type secondPage struct {
	kit.StaffPage
	rescore.Look
	Items   []rescore.LookItem
	Next    *rescore.LookItem
	Verdict string
	Note    string
	Errors  kit.Errors
}

// SecondShow shows it.
func (r *Room) SecondShow(c echo.Context) error { return r.second(c, nil) }

func (r *Room) second(c echo.Context, problem error) error {
	id, err := visit.ID(c, "second")
	if err != nil {
		return err
	}
	p := secondPage{StaffPage: r.Staff(c, "seconds", "抽样复评"), Verdict: c.FormValue("verdict"), Note: c.FormValue("note"), Errors: kit.ErrorsOf(problem)}
	if p.Look, p.Items, err = r.Rescore.Look(c.Request().Context(), visit.Who(c), id); err != nil {
		return err
	}
	at := c.QueryParam("record")
	if problem != nil {
		at = c.Param("record")
	}
	for i := range p.Items {
		one := &p.Items[i]
		if at == one.ID.String() {
			if p.Next = one; problem == nil {
				p.Verdict, p.Note = string(one.Verdict), one.Words
			}
			break
		}
		if one.Verdict == "" && p.Next == nil {
			p.Next = one
		}
	}
	if p.State != "open" {
		p.Next = nil
	}
	p.Path = "/seconds/" + id.String()
	return visit.Render(c, visit.Status(problem), second(p))
}

// SecondScore takes a member's decision on one record.
func (r *Room) SecondScore(c echo.Context) error {
	id, err := visit.ID(c, "second")
	if err != nil {
		return err
	}
	record, err := visit.ID(c, "record")
	if err != nil {
		return err
	}
	err = r.Rescore.Second(c.Request().Context(), visit.Who(c), id, record, rescore.Verdict(c.FormValue("verdict")), c.FormValue("note"))
	switch {
	case visit.Correctable(err):
		return r.second(c, err)
	case err != nil:
		return visit.Refused(c, "/seconds/"+id.String(), err)
	}
	return visit.Done(c, "/seconds/"+id.String(), "已记下；交回以前都可以改")
}

// SecondDone hands all back.
func (r *Room) SecondDone(c echo.Context) error {
	id, err := visit.ID(c, "second")
	if err != nil {
		return err
	}
	if err := r.Rescore.Return(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, "/seconds/"+id.String(), err)
	}
	return visit.Done(c, "/seconds", "已交回镇里，谢谢")
}

// SecondPhoto shows the small copy of a photo.
func (r *Room) SecondPhoto(c echo.Context) error {
	id, err := visit.ID(c, "second")
	if err != nil {
		return err
	}
	photo, err := visit.ID(c, "copy")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := r.Evidence.ReadShown(ctx, visit.Who(c), func(tx pg.Tx) (uuid.UUID, error) { return rescore.LookPhoto(ctx, tx, id, photo) })
	if err != nil {
		return err
	}
	return shell.SendPhoto(c, p)
}
