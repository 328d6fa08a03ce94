// Package tenant brings a township's folder of data into the database: the township, its villages, their
// rules and goods. It may run any number of times; what is already as the folder says is left alone.
package tenant

import (
	"context"
	"errors"
	"fmt"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// Change is one thing that the database has otherwise than the folder says.
type Change struct {
	Where string // 洋口镇, 海沿村
	What  string // in Chinese: what will be, or was, done
}

// String is the change as a terminal shows it.
func (c Change) String() string { return c.Where + "：" + c.What }

// Faults of bringing a township in.
var (
	ErrMoved  = fault.New(fault.Conflict, "tenant.moved", "编号 %d 已经是别的镇的村（场），请在 village.yaml 里换一个 id")
	ErrTaken  = fault.New(fault.Conflict, "tenant.taken", "短名 %s 已经被别的村（场）用了，请在 village.yaml 里换一个 code")
	ErrRecode = fault.New(fault.Conflict, "tenant.recode", "短名 %s 已经印在公示和二维码上，不能改成 %s，请改回去")
)

// Plan tells what Apply would do, and changes nothing.
func Plan(ctx context.Context, db *pg.DB, t *tenants.Township) ([]Change, error) {
	return run(ctx, db, t, false)
}

// Apply does it, village by village, each in one transaction, and tells what it did.
func Apply(ctx context.Context, db *pg.DB, t *tenants.Township) ([]Change, error) {
	return run(ctx, db, t, true)
}

func run(ctx context.Context, db *pg.DB, t *tenants.Township, write bool) (all []Change, err error) {
	defer fault.Wrap(&err, "tenant.run(%s)", t.Code)
	err = db.AsSystem(ctx, "tenant "+t.Code, func(tx pg.Tx) error {
		all = nil
		s := step{tx: tx, write: write, where: t.Name, changes: &all}
		if err := s.township(ctx, t); err != nil {
			return err
		}
		for _, v := range t.Villages {
			s.where = v.Name
			if err := s.village(ctx, t.ID, v); err != nil {
				return err
			}
		}
		return nil
	})
	for _, v := range t.Villages {
		if err != nil {
			return all, err
		}
		var done []Change
		done, err = inside(ctx, db, v, write)
		all = append(all, done...)
	}
	return all, err
}

// inside is what belongs to one village: its rules and goods.
func inside(ctx context.Context, db *pg.DB, v tenants.Village, write bool) (done []Change, err error) {
	defer fault.Wrap(&err, "village %s", v.Code)
	door := db.Look
	if write {
		door = db.InVillage
	}
	err = door(ctx, actor.System(actor.VillageID(v.ID)), func(tx pg.Tx) error {
		done = nil
		s := step{tx: tx, write: write, where: v.Name, changes: &done}
		if err := s.rules(ctx, v); err != nil {
			return err
		}
		return s.goods(ctx, v)
	})
	return done, err
}

// step compares one thing with the database and, where write is set, makes it so.
type step struct {
	tx      pg.Tx
	write   bool
	where   string
	changes *[]Change
}

// do notes a change and makes it, unless this is a plan.
func (s step) do(what string, make func() error) error {
	*s.changes = append(*s.changes, Change{s.where, what})
	if !s.write {
		return nil
	}
	return make()
}

func (s step) township(ctx context.Context, t *tenants.Township) error {
	was, err := findTownship(ctx, s.tx, t.ID)
	is := townshipRow{t.Name, t.Bureau, townshipSettings{t.Code, t.County, t.Contact}}
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return s.do("新建镇，"+t.Bureau, func() error { return saveTownship(ctx, s.tx, t.ID, is) })
	case err != nil || was == is:
		return err
	}
	return s.do("改镇的名称、机构或联系方式", func() error { return saveTownship(ctx, s.tx, t.ID, is) })
}

func (s step) village(ctx context.Context, township int64, v tenants.Village) error {
	was, err := findVillage(ctx, s.tx, v.ID)
	is := villageRow{TownshipID: township, Code: v.Code, Name: v.Name, Kind: v.Kind, Settings: v.Profile}
	switch {
	case errors.Is(err, fault.ErrNotFound):
		return s.do(fmt.Sprintf("新建%s（%d 个网格，约 %d 户）", kindChinese[v.Kind], len(v.Profile.Grids), v.Profile.Households),
			func() error { return saveVillage(ctx, s.tx, v.ID, is) })
	case err != nil:
		return err
	case was.TownshipID != township:
		return ErrMoved.With(v.ID)
	case was.Code != v.Code:
		return ErrRecode.With(was.Code, v.Code)
	case was.same(is):
		return nil
	}
	return s.do("改基本情况："+was.differs(is), func() error { return saveVillage(ctx, s.tx, v.ID, is) })
}

var kindChinese = map[string]string{tenants.KindVillage: "村", tenants.KindFarm: "场"}

// rules adds a version where the folder's rules are not yet among the village's: an amendment that the
// village made on screen since stays in force.
func (s step) rules(ctx context.Context, v tenants.Village) error {
	r := v.Rules
	last, stored, err := rulebook.Latest(ctx, s.tx, r.Digest())
	if err != nil || stored {
		return err
	}
	r.Version = last + 1
	what := fmt.Sprintf("细则第 %d 版，%s起生效，%d 项（比文件改动 %d 处）", r.Version, r.InForceFrom.Format("2006年1月2日"), len(r.Items), len(r.Changes))
	return s.do(what, func() error {
		for _, i := range r.Items {
			if i.Review == nil {
				continue
			}
			if err := rulebook.Record(ctx, s.tx, i.Code, *i.Review); err != nil {
				return err
			}
		}
		return rulebook.Insert(ctx, s.tx, r)
	})
}

// goods adds what is missing and corrects name, unit and price. Stock is only the first: afterwards it is
// the shop's. Goods that the folder does not name are left alone.
func (s step) goods(ctx context.Context, v tenants.Village) error {
	have, err := findGoods(ctx, s.tx)
	if err != nil {
		return err
	}
	for _, g := range v.Goods {
		was, there := have[g.Code]
		switch {
		case !there:
			err = s.do(fmt.Sprintf("增加物资 %s %s，%d 分，库存 %d", g.Code, g.Name, g.Price, g.Stock), func() error { return addGood(ctx, s.tx, g) })
		case was.Name != g.Name || was.Unit != g.Unit || was.Price != g.Price:
			err = s.do(fmt.Sprintf("改物资 %s：%s %d 分 → %s %d 分", g.Code, was.Name, was.Price, g.Name, g.Price),
				func() error { return changeGood(ctx, s.tx, g) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}
