package shell

import (
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// Frame is the shell that fits who looks: a phone page for households and grid workers, a staff page for all
// others.
type Frame struct {
	OnPhone *kit.PhonePage
	OnDesk  *kit.StaffPage
	Top     kit.HeadProps
}

// Spot is where a page of a frame stands: the tab of a phone, the entry of the staff's menu, and the words of
// its head.
type Spot struct{ Tab, Menu, Title, Lead, Back, BackTo string }

func (s *Shell) Frame(c echo.Context, at Spot) Frame {
	switch visit.Who(c).Role {
	case actor.Household, actor.Grid:
		p := s.Phone(c, at.Tab, at.Title)
		p.Back = at.Back
		return Frame{OnPhone: &p}
	}
	p := s.Staff(c, at.Menu, at.Title)
	return Frame{OnDesk: &p, Top: kit.HeadProps{Title: at.Title, Lead: at.Lead, Back: at.Back, BackTo: at.BackTo}}
}

// SetPath says at which address the page stands where that is not the one asked for.
func (f Frame) SetPath(path string) {
	if f.OnPhone != nil {
		f.OnPhone.Path = path
	} else if f.OnDesk != nil {
		f.OnDesk.Path = path
	}
}
