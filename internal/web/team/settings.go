package team

import (
	"github.com/labstack/echo/v4"

	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// settingsPage is what the village settles for itself, with what was changed before.
type settingsPage struct {
	kit.StaffPage
	village.Own
	Typed   map[string]string // of numbers that are none
	Changes []audit.Line
	Errors  kit.Errors
}

// VillageSettings shows the village's own settings.
func (s *Room) VillageSettings(c echo.Context) error {
	o, err := s.Villages.Own(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	return s.settings(c, o, nil)
}

// VillageSettle changes them.
func (s *Room) VillageSettle(c echo.Context) error {
	o := village.Own{Name: c.FormValue("name"), Phone: c.FormValue("phone"), Address: c.FormValue("address"), Hours: c.FormValue("hours"),
		SMS: c.FormValue("sms") != "", HideRank: c.FormValue("hide_rank") != ""}
	var faults []*fault.Error
	for name, n := range map[string]*int{"notice_day": &o.NoticeDay, "redemption_day": &o.RedemptionDay, "take_down_days": &o.TakeDownDays, "signers": &o.Signers, "per_line": &o.PerLine} {
		v, bad := visit.Int(c, name, -1)
		*n = v
		faults = append(faults, bad)
	}
	err := fault.Join(faults...)
	if err == nil {
		err = s.Villages.Settle(c.Request().Context(), visit.Who(c), o)
	}
	switch {
	case visit.Correctable(err):
		return s.settings(c, o, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/settings", "已保存；谁改的、改了什么，记在下面")
}

func (s *Room) settings(c echo.Context, o village.Own, problem error) (err error) {
	p := settingsPage{StaffPage: s.Staff(c, "settings", "村里的设定"), Own: o, Errors: kit.ErrorsOf(problem), Typed: map[string]string{}}
	p.Path = "/settings"
	if problem != nil {
		for _, name := range []string{"notice_day", "redemption_day", "take_down_days", "signers", "per_line"} {
			p.Typed[name] = c.FormValue(name)
		}
	}
	p.Changes, _, err = audit.List(c.Request().Context(), s.DB, visit.Who(c), audit.Filter{Verb: "village.settle", Page: page.Page{Limit: 20}})
	if err != nil {
		return err
	}
	return visit.Render(c, visit.Status(problem), settingsShow(p))
}
