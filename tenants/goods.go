package tenants

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"cunfen/internal/rulebook"
)

// Good is what points are redeemed for (R4.5.2a).
type Good struct {
	Code  string
	Name  string
	Unit  string // 瓶, 袋 …
	Price int    // points
	Stock int    // pieces at the start; later stock is the shop's own
}

var goodCode = regexp.MustCompile(`^G[0-9]{2,3}$`)

// notGoods are words of what may not be had for points: money, and what villagers have a right to anyway.
var notGoods = []string{"现金", "红包", "购物卡", "充值卡", "理财", "福利金", "慰问金", "香烟", "白酒", "彩票", "烟花", "爆竹"}

func (l *loader) goods(dir string) (all []Good) {
	r, ok := open(l.fsys, path.Join(dir, "goods.yaml"), l.found)
	if !ok {
		return nil
	}
	codes, names := map[string]int{}, map[string]int{}
	r.need("goods")
	for _, c := range r.records("goods") {
		g := good(c)
		for _, u := range []struct {
			key, value string
			seen       map[string]int
		}{{"code", g.Code, codes}, {"name", g.Name, names}} {
			if first := u.seen[u.value]; first > 0 && u.value != "" {
				c.at(c.where(u.key), fmt.Sprintf("“%s”在第 %d 行已经用过", u.value, first))
			}
			u.seen[u.value] = c.where(u.key).Line
		}
		all = append(all, g)
	}
	r.close()
	return all
}

func good(c record) Good {
	g := Good{Code: c.text("code", 5), Name: c.text("name", 30), Unit: c.text("unit", 4),
		Price: c.number("price", "分值", 1, 10000), Stock: c.number("stock", "库存", 0, 100000)}
	if g.Code != "" && !goodCode.MatchString(g.Code) {
		c.at(c.where("code"), "物资编号应是 G 加两三位数字，例如 G01")
	}
	for _, w := range append(notGoods, rulebook.Consequences...) {
		if strings.Contains(g.Name, w) {
			c.at(c.where("name"), fmt.Sprintf("物资里不能有“%s”：积分只换日用物资和服务，不换钱款，也不牵涉待遇和权益", w))
		}
	}
	c.close()
	return g
}

func exists(fsys fs.FS, file string) bool {
	_, err := fs.Stat(fsys, file)
	return err == nil
}
