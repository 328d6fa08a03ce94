package village

import (
	"context"
	"testing"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

// TestSettle: what a village settles is kept, the rest of its settings stays, a bad value is told field by field,
// and the log says what became otherwise.
func TestSettle(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx, r, lead := context.Background(), &Register{DB: db.DB}, pgtest.In(pgtest.A, actor.Lead)
	if _, err := db.Owner.Exec(ctx, `update village set settings = settings || '{"look": {"emblem": "东"}, "calendar": {"notice_day": 3}}' where id = 11`); err != nil {
		t.Fatal(err)
	}
	o, err := r.Own(ctx, lead)
	if err != nil || o.NoticeDay != 3 || o.Signers != 3 || o.SMS {
		t.Fatalf("%+v %v", o, err)
	}
	for field, spoil := range map[string]func(*Own){"notice_day": func(o *Own) { o.NoticeDay = 31 }, "signers": func(o *Own) { o.Signers = 2 }, "per_line": func(o *Own) { o.PerLine = 1 },
		"take_down_days": func(o *Own) { o.TakeDownDays = 5 }, "phone": func(o *Own) { o.Phone = "打村部电话" }} {
		bad := o
		spoil(&bad)
		if err := r.Settle(ctx, lead, bad); err == nil || fault.Of(err).Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if v, err := r.Find(ctx, pgtest.A); err != nil || v.Settings.Calendar.NoticeDay != 3 {
		t.Fatalf("%+v %v", v, err)
	}
	o.NoticeDay, o.SMS, o.Phone = 5, true, "0513-1234567"
	for range 2 { // the second changes nothing and leaves no line
		if err := r.Settle(ctx, lead, o); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := r.Find(ctx, pgtest.A); err != nil || v.Settings.Calendar.NoticeDay != 5 || v.Settings.Look.Emblem != "东" || v.Settings.Contact.Phone != o.Phone {
		t.Errorf("%+v %v", v.Settings, err)
	}
	if v, err := r.Find(ctx, pgtest.B); err != nil || v.Settings.Calendar.NoticeDay == 5 {
		t.Errorf("another village: %+v %v", v.Settings, err)
	}
	lines, _, err := audit.List(ctx, db.DB, lead, audit.Filter{Verb: "village.settle"})
	if err != nil || len(lines) != 1 || lines[0].Reason != "公示日：3 → 5；电话： → 0513-1234567；短信：关 → 开" {
		t.Errorf("%+v %v", lines, err)
	}
}
