package monthly

import (
	"errors"
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// ownBoard is the village's latest notice as a household reads it: its own line first.
type ownBoard struct {
	kit.PhonePage
	notice.View
	Mine  *notice.Line // nil where the household is not on it
	Hangs bool         // still open to the public
	Older []notice.Notice
	Day   int // of the month on which notices come out
}

// Board shows it; ?month= another one.
func (s *Room) Board(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	p := ownBoard{PhonePage: s.Phone(c, "board", "本月公示")}
	all, err := s.Notices.History(ctx, who)
	if err != nil {
		return err
	}
	p.Older = all
	if v, err := s.Villages.Find(ctx, who.Village); err == nil {
		p.Day = v.Settings.Calendar.NoticeDay
	}
	if len(all) == 0 {
		return visit.Render(c, http.StatusOK, board(p))
	}
	m := all[0].Month
	if asked, err := month.Parse(c.QueryParam("month")); err == nil {
		m = asked
	}
	if p.View, err = s.Notices.Show(ctx, who, m); err != nil {
		return err
	}
	p.Heading = m.Chinese() + "公示"
	p.Hangs = month.Date(s.DB.Now()).Before(p.DownOn)
	mine, err := s.Notices.Mine(ctx, who, m)
	if err == nil {
		p.Mine = &mine
	} else if !errors.Is(err, fault.ErrNotFound) {
		return err
	}
	return visit.Render(c, http.StatusOK, board(p))
}
