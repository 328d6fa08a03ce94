package counter

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"cunfen/internal/ledger"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// offeredPage is what a household's points can be redeemed for.
type offeredPage struct {
	kit.PhonePage
	Goods   []shop.Goods
	Usable  int
	Why     string // Usable is so much; "" for who has no household
	Village village.Village
	Windows []shop.Window
	One     bool // only the thing whose tag was scanned
	Lives   bool // the person has a household of their own here
}

// GoodsOffered shows the goods with what is still missing for each.
func (s *Room) GoodsOffered(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := offeredPage{PhonePage: s.Phone(c, "home", "能换什么")}
	p.Back = "/home"
	var err error
	if p.Goods, err = s.Shop.Goods(ctx, who, false); err != nil {
		return err
	}
	if code := c.QueryParam("code"); code != "" {
		if i := slices.IndexFunc(p.Goods, func(g shop.Goods) bool { return g.Code == code }); i >= 0 {
			p.Goods, p.One = p.Goods[i:i+1], true
		}
	}
	if p.Village, err = s.Villages.Find(ctx, who.Village); err != nil {
		return err
	}
	if p.Windows, err = s.Shop.Windows(ctx, who); err != nil {
		return err
	}
	if p.Lives = shell.Lives(who); p.Lives {
		err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
			b, err := ledger.BalanceOf(ctx, tx, who.Household)
			p.Usable, p.Why = int(b.Usable()), b.Why()
			return err
		})
	}
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, goodsOffered(p))
}

// within counts what the points are enough for.
func (p offeredPage) within() int { return Affordable(p.Goods, p.Usable) }

func Affordable(goods []shop.Goods, points int) (n int) {
	for _, g := range goods {
		if g.Stock > 0 && g.Price <= points {
			n++
		}
	}
	return n
}
