// Package counter is where points become goods: the goods, the orders and the redemption desk; and what is done
// beside it: points that a household gives to a family in need, and old paper books taken over.
package counter

import (
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/gift"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/opening"
	"cunfen/internal/page"
	"cunfen/internal/passbook"
	"cunfen/internal/shop"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// Room holds what these pages call.
type Room struct {
	*shell.Shell
	Gifts      *gift.Service
	Group      *group.Service
	Households *household.Service
	Openings   *opening.Service
	Passbooks  *passbook.Service
	Shop       *shop.Service
}

var errHome = fault.New(fault.Invalid, "household.which", "没有找到唯一的一户，请输完整的户主姓名、门牌或存折编号").On("home")

// homeOf finds the household that the form names by its id, or by what is typed into the field home.
func (r *Room) homeOf(c echo.Context) (uuid.UUID, error) {
	id, err := visit.FormID(c, "household")
	if err != nil || id != uuid.Nil {
		return id, err
	}
	q := passbookInCode(visit.Text(c, "home"))
	if q == "" {
		return id, errHome
	}
	found, _, err := r.Households.List(c.Request().Context(), visit.Who(c), household.Filter{Search: q, Page: page.Page{Limit: 2}})
	if err == nil && len(found) != 1 {
		err = errHome
	}
	if err != nil {
		return id, err
	}
	return found[0].ID, nil
}

// signed reads a signature: drawn, or a scan where one was sent.
func signed(c echo.Context) ([]byte, error) { return shell.Drawn(c, "signature") }
