package monthly

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/authz"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
	"cunfen/internal/signoff"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// MonthPublish has the notice of a posted month made now instead of on the village's fixed day.
func (s *Room) MonthPublish(c echo.Context) error {
	p, err := s.monthPage(c)
	if err != nil {
		return err
	}
	switch p.State {
	case signoff.Published:
		return visit.Done(c, MonthPath(p.Month)+"/notice", "这个月已经公示过了")
	case signoff.Open, signoff.Signing:
		p.cut(c)
		p.Flash, p.Path = &kit.Flash{Tone: kit.Red, Text: signoff.ErrUnsettled.Text}, MonthPath(p.Month)
		if p.Pager.Next != "" {
			p.Pager.Next = MonthPath(p.Month) + "?after=" + strconv.Itoa(page.Default)
		}
		return visit.Render(c, visit.Status(signoff.ErrUnsettled), monthShow(p))
	}
	if err := s.askNotice(c.Request().Context(), visit.Who(c), p.Month); err != nil {
		return visit.Refused(c, MonthPath(p.Month), err)
	}
	return c.Redirect(http.StatusSeeOther, MonthPath(p.Month)+"?publishing=1")
}

// askNotice leaves the job of making the notice, with a line in the log of who asked for it.
func (s *Room) askNotice(ctx context.Context, who actor.Actor, m month.Month) error {
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "sheet.publish", func() (month.Month, error) {
			if err := audit.Record(ctx, tx, audit.Event{Verb: "sheet.publish", Kind: "sheet", ID: m.String()}); err != nil {
				return m, err
			}
			return m, queue.Add(ctx, tx, notice.PublishJob{Month: m})
		})
		return err
	})
}

// errNoNotice sends back whoever looks for a notice that is not out.
var errNoNotice = fault.New(fault.Conflict, "notice.none", "这个月还没有公示")

// noticePage is a published notice as the staff see it.
type noticePage struct {
	kit.StaffPage
	notice.View
	Shown        []notice.Line
	Query        string
	Pager        kit.PagerProps
	Back, BackTo string
}

// NoticeShow shows a month's notice with its papers.
func (s *Room) NoticeShow(c echo.Context) error {
	v, err := s.noticeOf(c)
	if errors.Is(err, errNoNotice) {
		return visit.Refused(c, "/months/"+c.Param("month"), err)
	}
	if err != nil {
		return err
	}
	p := noticePage{StaffPage: s.Staff(c, "months", v.Month.Chinese()+"公示"), View: v, Query: strings.TrimSpace(c.QueryParam("q"))}
	if p.Back, p.BackTo = shell.House(visit.Who(c)), "返回"; s.May(c, authz.SheetView) {
		p.Back, p.BackTo = MonthPath(v.Month), v.Month.Chinese()
	}
	var found []notice.Line
	for _, l := range v.Lines {
		if strings.Contains(l.Door, p.Query) || strings.Contains(l.Head, p.Query) {
			found = append(found, l)
		}
	}
	p.Shown, _, p.Pager = cut(c, found)
	return visit.Render(c, http.StatusOK, noticeShow(p))
}

func (s *Room) noticeOf(c echo.Context) (v notice.View, err error) {
	m, err := visit.Month(c, "month")
	if err != nil {
		return v, err
	}
	v, err = s.Notices.Show(c.Request().Context(), visit.Who(c), m)
	if errors.Is(err, fault.ErrNotFound) {
		err = fmt.Errorf("%w: %w", errNoNotice, err)
	}
	return v, err
}

// NoticePDF is the notice for the board. The staff print it also after it was taken down.
func (s *Room) NoticePDF(c echo.Context) error {
	v, err := s.noticeOf(c)
	if errors.Is(err, errNoNotice) {
		return fault.ErrNotFound
	}
	if err != nil {
		return err
	}
	size := c.Param("size")
	name := map[string]string{"a4": v.A4, "a3": v.A3}[size]
	if name == "" {
		return fault.ErrNotFound
	}
	key, err := blob.ParseKey(visit.Who(c).Village, name)
	if err != nil {
		return err
	}
	pdf, err := s.Notices.Blobs.Get(c.Request().Context(), key, mostNotice)
	if err != nil {
		return err
	}
	shell.SaveAs(c, "inline", v.Title+v.Month.Chinese()+strings.ToUpper(size)+".pdf")
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}

// mostNotice bounds a stored paper.
const mostNotice = 64 << 20

// NoticeScript is what the loudspeaker reads, on paper.
func (s *Room) NoticeScript(c echo.Context) error {
	v, err := s.noticeOf(c)
	if errors.Is(err, errNoNotice) {
		return visit.Refused(c, "/months/"+c.Param("month"), err)
	}
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, noticeScript(shell.Base(c, "广播稿"), v, v.Broadcast(v.Village)))
}
