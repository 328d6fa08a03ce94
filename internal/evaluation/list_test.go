package evaluation

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg/pgtest"
)

// TestQuartersAreFoundHoweverMany: search, filter and pages reach every quarter; a household reads its own words alone.
func TestQuartersAreFoundHoweverMany(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ctx := t.Context()
	s := &Service{DB: db.DB}
	lead, own := pgtest.In(pgtest.A, actor.Lead), pgtest.In(pgtest.A, actor.Household)
	own.Household = db.Household(t, pgtest.A, "1组1号", "甲")
	other := db.Household(t, pgtest.A, "1组2号", "乙")
	if _, _, err := s.Own(ctx, own); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("without a round: %v", err)
	}
	for y := 2021; y <= 2040; y++ {
		for q := 1; q <= 4; q++ {
			db.Exec(t, `insert into evaluation (village_id, quarter, state, pack, opened_at, opinions_until, proposal, outcome, decision) values (11, $1::integer, case $2::integer when 1 then 'open' when 2 then 'proposed' else 'decided' end, '{}', now(), now(), '建议' || $1::integer::text || '。', case when $2::integer > 2 then 'keep' else '' end, case when $2::integer > 2 then '决定' || $1::integer::text || '。' else '' end)`, y*10+q, q)
		}
	}
	db.Exec(t, `insert into evaluation (village_id, quarter, state, pack, opened_at, opinions_until) values (12, 20501, 'open', '{}', now(), now())`)
	var last Quarter
	n := 0
	for e, err := range page.Rows(func(p page.Page) ([]Evaluation, string, error) {
		p.Limit = 30
		return s.Find(ctx, lead, Filter{Page: p})
	}) {
		if err != nil || n > 0 && e.Quarter >= last {
			t.Fatalf("%s after %s, %v", e.Quarter, last, err)
		}
		last = e.Quarter
		n++
	}
	if n != 80 || last != 20211 {
		t.Errorf("%d quarters, the last %s", n, last)
	}
	for f, want := range map[Filter]int{
		{State: "open"}: 20, {Search: "2021年"}: 4, {Search: "2021年第3季度"}: 1, {Search: "第2季度"}: 20, {Search: "建议20212。"}: 1, {Search: "决定20214。"}: 1, {State: "open", Search: "2021年第2"}: 0, {Search: "季度", Page: page.Page{Limit: 200}}: 80,
	} {
		if all, _, err := s.Find(ctx, lead, f); err != nil || len(all) != want {
			t.Errorf("%+v finds %d, %v; want %d", f, len(all), err, want)
		}
	}
	if _, _, err := s.Find(ctx, lead, Filter{Page: page.Page{After: "2021-5"}}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("a strange cursor: %v", err)
	}
	for n, home := range []uuid.UUID{own.Household, other} {
		db.Exec(t, `insert into evaluation_opinion (village_id, id, quarter, household_id, item, stance, text, channel, by, by_name, at) values (11, gen_random_uuid(), 20404, $1, '', 'keep', $2, 'paper', $1, '', now())`, home, fmt.Sprint(n))
	}
	if e, said, err := s.Own(ctx, own); err != nil || e.Quarter != 20404 || len(said) != 1 || said[0].Text != "0" {
		t.Errorf("%s %+v %v", e.Quarter, said, err)
	}
	var texts string
	for o, err := range page.Rows(func(p page.Page) ([]Opinion, string, error) {
		p.Limit = 1
		return s.Voices(ctx, lead, 20404, Voice{Page: p})
	}) {
		if err != nil {
			t.Fatal(err)
		}
		texts += o.Text
	}
	if texts != "01" && texts != "10" {
		t.Errorf("page by page: %q", texts)
	}
	if e, said, err := s.Show(ctx, lead, 20404); err != nil || len(said) != 2 || e.Heard[""] != 2 {
		t.Errorf("%+v %v %v", said, e.Heard, err)
	}
	for _, bad := range []string{"x", "P01.", "P01.x"} {
		if _, _, err := s.Voices(ctx, lead, 20404, Voice{Page: page.Page{After: bad}}); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("the cursor %q: %v", bad, err)
		}
	}
	if _, _, err := s.Own(ctx, lead); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("who lives nowhere: %v", err)
	}
}
