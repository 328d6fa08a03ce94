package tenant

import (
	"context"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/pg"
	"cunfen/tenants"
)

const sqlTownship = `-- tenant.township
select name, bureau, settings from township where id = @id`

const sqlSaveTownship = `-- tenant.save_township
insert into township (id, name, bureau, settings, created_at) values (@id, @name, @bureau, @settings, @now)
on conflict (id) do update set name = excluded.name, bureau = excluded.bureau, settings = excluded.settings`

const sqlVillage = `-- tenant.village
select township_id, code, name, kind, settings from village where id = @id`

const sqlSaveVillage = `-- tenant.save_village
insert into village (id, township_id, code, name, kind, settings, state, created_at)
values (@id, @township_id, @code, @name, @kind, @settings, 'setup', @now)
on conflict (id) do update set name = excluded.name, kind = excluded.kind, settings = village.settings || excluded.settings`

const sqlGoods = `-- tenant.goods
select code, name, unit, price, stock from goods where village_id = @village_id`

const sqlAddGood = `-- tenant.add_good
insert into goods (village_id, id, code, name, unit, price, stock, created_at)
values (@village_id, @id, @code, @name, @unit, @price, 0, @now)`

const sqlFirstStock = `-- tenant.first_stock
select stock_move(@village_id, @id, @id, @stock, 1::smallint, @id, null, @now, '')`

const sqlChangeGood = `-- tenant.change_good
update goods set name = @name, unit = @unit, price = @price, version = version + 1
where village_id = @village_id and code = @code`

type townshipRow struct {
	Name     string
	Bureau   string
	Settings townshipSettings
}

type townshipSettings struct {
	Code    string          `json:"code"`
	County  string          `json:"county"`
	Contact tenants.Contact `json:"contact"`
}

type villageRow struct {
	TownshipID int64
	Code       string
	Name       string
	Kind       string
	Settings   tenants.Profile
}

func (v villageRow) same(o villageRow) bool { return reflect.DeepEqual(v, o) }

// differs names what two states of a village do not share.
func (v villageRow) differs(o villageRow) string {
	a, b := v.Settings, o.Settings
	var all []string
	for _, d := range []struct {
		what   string
		differ bool
	}{
		{"名称或类型", v.Name != o.Name || v.Kind != o.Kind}, {"户数", a.Households != b.Households},
		{"村民小组", !reflect.DeepEqual(a.Groups, b.Groups)}, {"网格", !reflect.DeepEqual(a.Grids, b.Grids)},
		{"日历", a.Calendar != b.Calendar}, {"外观", a.Look != b.Look}, {"签字人数", a.Quorum != b.Quorum}, {"联系方式", a.Contact != b.Contact},
	} {
		if d.differ {
			all = append(all, d.what)
		}
	}
	return strings.Join(all, "、")
}

func findTownship(ctx context.Context, tx pg.Tx, id int64) (townshipRow, error) {
	return pg.One[townshipRow](ctx, tx, sqlTownship, pgx.NamedArgs{"id": id})
}

func saveTownship(ctx context.Context, tx pg.Tx, id int64, t townshipRow) error {
	_, err := tx.Exec(ctx, sqlSaveTownship, pgx.NamedArgs{"id": id, "name": t.Name, "bureau": t.Bureau, "settings": t.Settings, "now": tx.Now})
	return err
}

func findVillage(ctx context.Context, tx pg.Tx, id int64) (villageRow, error) {
	return pg.One[villageRow](ctx, tx, sqlVillage, pgx.NamedArgs{"id": id})
}

func saveVillage(ctx context.Context, tx pg.Tx, id int64, v villageRow) error {
	_, err := tx.Exec(ctx, sqlSaveVillage, pgx.NamedArgs{"id": id, "township_id": v.TownshipID, "code": v.Code, "name": v.Name,
		"kind": v.Kind, "settings": v.Settings, "now": tx.Now})
	if pg.Is(err, pg.Unique) {
		return ErrTaken.With(v.Code)
	}
	return err
}

func findGoods(ctx context.Context, tx pg.Tx) (map[string]tenants.Good, error) {
	rows, err := pg.All[tenants.Good](ctx, tx, sqlGoods, pgx.NamedArgs{"village_id": int64(tx.Village())})
	all := make(map[string]tenants.Good, len(rows))
	for _, g := range rows {
		all[g.Code] = g
	}
	return all, err
}

func addGood(ctx context.Context, tx pg.Tx, g tenants.Good) error {
	a := goodArgs(tx, g)
	a["id"], a["stock"], a["now"] = pg.NewID(), g.Stock, tx.Now
	_, err := tx.Exec(ctx, sqlAddGood, a)
	if err == nil && g.Stock > 0 {
		_, err = tx.Exec(ctx, sqlFirstStock, a)
	}
	return err
}

func changeGood(ctx context.Context, tx pg.Tx, g tenants.Good) error {
	_, err := tx.Exec(ctx, sqlChangeGood, goodArgs(tx, g))
	return err
}

func goodArgs(tx pg.Tx, g tenants.Good) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "code": g.Code, "name": g.Name, "unit": g.Unit, "price": g.Price}
}
