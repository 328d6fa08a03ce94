package shop

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg/pgtest"
)

// TestHandedToTheGroup: a refused record comes to the group once, is not for whoever is related to its home, and is
// settled once; a foreign home in its address is nobody's.
func TestHandedToTheGroup(t *testing.T) {
	t.Parallel()
	d, ctx := set(t, 1), context.Background()
	shan, wu, sang := pgtest.In(pgtest.A, actor.Grid), pgtest.In(pgtest.A, actor.Committee), pgtest.In(pgtest.A, actor.Committee)
	for _, who := range []actor.Actor{shan, sang} {
		d.db.Exec(t, `insert into account (id, name, phone, phone_index, created_at) values ($1, '', '', uuid_send($1), now())`, who.Account)
	}
	d.db.Exec(t, `insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, sang.Account, d.home)
	record := func(path string) Handed {
		h := Handed{Path: path, Said: [][2]string{{"什么事", "屋后堆了三堆秸秆"}, {"照片", "photo.jpg"}}}
		h.Who, h.Wants = "张桂兰家　房前屋后整洁", "这一项本月已经记过"
		return h
	}
	shan.Key = uuid.NewString()
	h, err := d.Hand(ctx, shan, record("/findings/for/"+d.home.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := d.Hand(ctx, shan, record("/findings/for/"+d.home.String()), nil); err != nil || again.ID != h.ID {
		t.Errorf("sent again it is another: %v, %v", again.ID, err)
	}
	for name, bad := range map[string]func(*Handed){"nothing said of whose": func(h *Handed) { h.Who = " " }, "no reason": func(h *Handed) { h.Wants = "" }, "another site": func(h *Handed) { h.Path = "//example.cn/x" },
		"an endless text": func(h *Handed) { h.Said[0][1] = strings.Repeat("长", saidLong+1) }, "no text": func(h *Handed) { h.Said[0][1] = "a\x00b" }} {
		other := record("/record/" + d.home.String())
		bad(&other)
		if _, err := d.Hand(ctx, pgtest.In(pgtest.A, actor.Grid), other, nil); fault.Of(err).Kind != fault.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	seen := func(who actor.Actor, want int64) {
		t.Helper()
		all, _, err := d.HandedList(ctx, who, NoteFilter{State: "open", Page: page.Page{}})
		n, countErr := d.HandedOpen(ctx, who)
		if err != nil || countErr != nil || int64(len(all)) != want || n != want {
			t.Errorf("%s sees %d and counts %d; want %d (%v, %v)", who.Account, len(all), n, want, err, countErr)
		}
	}
	seen(wu, 1)
	seen(sang, 0) // the home's own relative
	seen(pgtest.In(pgtest.B, actor.Committee), 0)
	if notes, _, err := d.Notes(ctx, d.who, NoteFilter{}); err != nil || len(notes) != 0 {
		t.Errorf("it lies among the desk's own notes: %v, %v", notes, err)
	}
	if _, err := d.Hand(ctx, pgtest.In(pgtest.B, actor.Grid), record("/findings/for/"+d.home.String()), nil); err != nil {
		t.Fatal(err)
	}
	other, _, err := d.HandedList(ctx, pgtest.In(pgtest.B, actor.Lead), NoteFilter{})
	if err != nil || len(other) != 1 || other[0].HouseholdID != nil {
		t.Errorf("another village's home is in a record: %v, %v", other, err)
	}
	if _, err := d.SettleHanded(ctx, sang, h.ID, "已照着补记"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a relative settles it: %v", err)
	}
	done, err := d.SettleHanded(ctx, wu, h.ID, "已照着补记")
	if err != nil || done.Outcome != "已照着补记" || len(done.Said) != 2 || done.HouseholdID == nil || *done.HouseholdID != d.home {
		t.Errorf("%+v, %v", done, err)
	}
	if _, err := d.SettleHanded(ctx, wu, h.ID, "不用记"); !errors.Is(err, ErrNoteDone) {
		t.Errorf("settled twice: %v", err)
	}
	seen(wu, 0)
	var told string
	if err := d.db.Owner.QueryRow(ctx, `select detail from message where village_id = 11 and account_id = $1 and kind = 'handed.settled'`, shan.Account).Scan(&told); err != nil || told != "已照着补记" {
		t.Errorf("its recorder is told %q, %v", told, err)
	}
}
