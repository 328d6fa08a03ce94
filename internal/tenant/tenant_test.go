package tenant

import (
	"context"
	"errors"
	"strings"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

func TestSQLPrepares(t *testing.T) { pgtest.CheckSQL(t) }

func demo(t *testing.T) *tenants.Township {
	t.Helper()
	town, problems := tenants.Load(tenants.FS, "demo")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return town
}

func count(t *testing.T, db *pgtest.DB, what string) (n int) {
	t.Helper()
	if err := db.Owner.QueryRow(context.Background(), "select count(*) from "+what).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestApplyTwice(t *testing.T) {
	db, ctx, town := pgtest.New(t), context.Background(), demo(t)
	planned, err := Plan(ctx, db.DB, town)
	if err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "village where township_id = 3206"); n != 0 {
		t.Fatalf("planning made %d villages", n)
	}
	done, err := Apply(ctx, db.DB, town)
	if err != nil || len(done) != len(planned) || len(done) != 1+3+3+9+6+8 {
		t.Fatalf("%d planned, %d done, %v", len(planned), len(done), err)
	}
	if again, err := Apply(ctx, db.DB, town); err != nil || len(again) != 0 {
		t.Errorf("the second time: %v, %v", again, err)
	}
	if r, g := count(t, db, "rule_set"), count(t, db, "goods"); r != 3 || g != 23 {
		t.Errorf("%d rule sets, %d goods", r, g)
	}
	err = db.Look(ctx, actor.System(320603), func(tx pg.Tx) error {
		r, err := rulebook.Version(ctx, tx, 1)
		if i, _ := r.Item("N15"); i.Parts[0].Points != -10 {
			t.Errorf("the farm's N15 is worth %d", i.Parts[0].Points)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestApplyChanges(t *testing.T) {
	db, ctx, town := pgtest.New(t), context.Background(), demo(t)
	db.At("2026-11-23T10:00:00+08:00")
	if _, err := Apply(ctx, db.DB, town); err != nil {
		t.Fatal(err)
	}
	v := &town.Villages[0]
	v.Profile.Calendar.NoticeDay = 4
	v.Goods[0].Price, v.Goods[0].Stock = 66, 1
	v.Rules.BasePoints = 60
	v.Rules.InForceFrom, _ = month.ParseDay("2026-12-01")
	done, err := Apply(ctx, db.DB, town)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, c := range done {
		lines = append(lines, c.String())
	}
	want := "海沿村：改基本情况：日历\n海沿村：细则第 2 版，2026年12月1日起生效，52 项（比文件改动 7 处）\n海沿村：改物资 G01：食用油 5L 60 分 → 食用油 5L 66 分"
	if got := strings.Join(lines, "\n"); got != want {
		t.Errorf("%s", got)
	}
	if n := count(t, db, "goods where village_id = 320601 and code = 'G01' and price = 66 and stock = 120"); n != 1 {
		t.Error("the shop's stock was touched, or the price was not")
	}
}

func TestAnAmendmentOnScreenStays(t *testing.T) {
	db, ctx, town := pgtest.New(t), context.Background(), demo(t)
	if _, err := Apply(ctx, db.DB, town); err != nil {
		t.Fatal(err)
	}
	amended := town.Villages[0].Rules
	amended.Version, amended.Reason = 2, "季度评估后调整"
	amended.InForceFrom = month.Day(db.Now())
	err := db.InVillage(ctx, actor.System(320601), func(tx pg.Tx) error { return rulebook.Insert(ctx, tx, amended) })
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Plan(ctx, db.DB, town); err != nil || len(again) != 0 {
		t.Errorf("%v, %v", again, err)
	}
}

func TestApplyRefuses(t *testing.T) {
	db, ctx := pgtest.New(t), context.Background()
	for _, c := range []struct {
		spoil func(*tenants.Village)
		want  error
	}{
		{func(v *tenants.Village) { v.ID = int64(pgtest.A) }, ErrMoved},
		{func(v *tenants.Village) { v.Code = "a" }, ErrTaken},
	} {
		town := demo(t)
		c.spoil(&town.Villages[0])
		if _, err := Apply(ctx, db.DB, town); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
	if n := count(t, db, "township where id = 3206"); n != 0 {
		t.Error("something stayed of what was refused")
	}
	if _, err := Apply(ctx, db.DB, demo(t)); err != nil {
		t.Fatal(err)
	}
	town := demo(t)
	town.Villages[0].Code = "haiyan2"
	if _, err := Plan(ctx, db.DB, town); !errors.Is(err, ErrRecode) {
		t.Errorf("new code: %v", err)
	}
}
