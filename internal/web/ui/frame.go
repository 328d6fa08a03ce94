package ui

import (
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// frame is the shell that fits who looks: a phone page for households and grid workers, a staff page for all
// others.
type frame struct {
	phone *kit.PhonePage
	staff *kit.StaffPage
	head  kit.HeadProps
}

// spot is where a page of a frame stands: the tab of a phone, the entry of the staff's menu, and the words of
// its head.
type spot struct{ Tab, Menu, Title, Lead, Back, BackTo string }

func (s *Site) frame(c echo.Context, at spot) frame {
	switch visit.Who(c).Role {
	case actor.Household, actor.Grid:
		p := s.phone(c, at.Tab, at.Title)
		p.Back = at.Back
		return frame{phone: &p}
	}
	p := s.staff(c, at.Menu, at.Title)
	return frame{staff: &p, head: kit.HeadProps{Title: at.Title, Lead: at.Lead, Back: at.Back, BackTo: at.BackTo}}
}

// errNoHome answers somebody who works in the village but does not live in a registered home there.
var errNoHome = fault.New(fault.Forbidden, "household.none", "您的账号没有绑定本村的住户，看不到存折；要绑定请找积分管理工作小组")

// atHome checks that the person has a household of their own.
func atHome(who actor.Actor) error {
	if !lives(who) {
		return errNoHome
	}
	return nil
}

func lives(who actor.Actor) bool { return who.Household != uuid.Nil }

// fullDay is a day with its year: 「2026年11月3日」.
func fullDay(t time.Time) string { return itoa(t.UTC().Year()) + "年" + day(t) }

// localDay is the day in the village on which an instant falls: 「11月3日」.
func localDay(t time.Time) string { return month.ChineseDay(t.In(month.Zone)) }
