package adoption

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/tenants"
)

// old puts drafts of earlier years straight into the table, the oldest first.
func (s *stand) old(village int, states ...State) (ids []uuid.UUID) {
	s.t.Helper()
	for n, state := range states {
		body := tenants.Document()
		body.Year, body.Reason = 2000+n, fmt.Sprintf("第%d次起草", n)
		id := pg.IDAt(time.Date(2001, 1, 1+n, 0, 0, 0, 0, time.UTC))
		at := time.Date(2020, 1, 1, n, 0, 0, 0, time.UTC)
		if _, err := s.db.Owner.Exec(s.t.Context(), `insert into rule_draft (village_id, id, based_on, body, digest, state, advice, started_by, started_at, changed_at, submitted_at, decided_by, decided_at, rule_version)
			values ($1, $2, 0, $3, 'x', $4, $5, '起草的徐', $6, $6, case when $4 in ('accepted', 'submitted') then $6::timestamptz end, '局里老周', $6, case when $4 = 'accepted' then 1 end)`,
			village, id, body, state, fmt.Sprintf("意见之%d。", n), at); err != nil {
			s.t.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

// TestDraftsAreFoundHoweverMany: search, filter and pages reach every draft, not the newest alone.
func TestDraftsAreFoundHoweverMany(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	states := make([]State, 120)
	for n := range states {
		if states[n] = Discarded; n%10 == 0 {
			states[n] = Accepted
		}
	}
	ids := s.old(11, states...)
	s.old(12, Discarded)
	slices.Reverse(ids)
	var got []uuid.UUID
	for d, err := range page.Rows(func(p page.Page) ([]Draft, string, error) {
		p.Limit = 50
		return s.List(ctx, s.lead, Filter{Page: p})
	}) {
		s.ok(d, err)
		got = append(got, d.ID)
	}
	if !slices.Equal(got, ids) {
		t.Errorf("%d drafts come, of %d", len(got), len(ids))
	}
	for f, want := range map[Filter]int{
		{Search: "第3次起草"}: 1, {State: Accepted}: 12, {State: Submitted}: 0, {Search: "意见之7。"}: 1, {Search: "起草的徐", Page: page.Page{Limit: 200}}: 120, {Search: " 局里 ", State: Accepted}: 12,
	} {
		if all, _, err := s.List(ctx, s.lead, f); err != nil || len(all) != want {
			t.Errorf("%+v finds %d, %v; want %d", f, len(all), err, want)
		}
	}
	if all, _, err := s.List(ctx, s.lead, Filter{Search: "2010 年第 1 版"}); err != nil || len(all) != 1 || all[0].Body.Reason != "第10次起草" || all[0].Body.Items != nil {
		t.Errorf("%d found, %v", len(all), err)
	}
	s.refuses(fault.ErrNotFound, nil, func() error { _, _, err := s.List(ctx, s.lead, Filter{Page: page.Page{After: "x"}}); return err }())
}

// TestTheOfficeReadsAllDrafts: those that wait come first, then the last worked on, page by page, of this township alone.
func TestTheOfficeReadsAllDrafts(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	a := s.old(11, Discarded, Discarded, Submitted, Accepted, Discarded)
	b := s.old(12, Discarded, Submitted, Discarded)
	s.old(21, Submitted)
	var got []string
	for r, err := range page.Rows(func(p page.Page) ([]Row, string, error) {
		p.Limit = 2
		return s.OfficeList(ctx, s.officer, Filter{Page: p})
	}) {
		s.ok(r, err)
		village, at := a, slices.Index(a, r.ID)
		if r.VillageID == pgtest.B {
			village, at = b, slices.Index(b, r.ID)
		}
		if at < 0 || len(village) == 0 {
			t.Fatalf("%+v", r)
		}
		got = append(got, fmt.Sprint(r.VillageID, "/", at))
	}
	first, rest := got[:2], got[2:]
	if !slices.Equal(first, []string{"11/2", "12/1"}) || len(rest) != 6 || rest[0] != "11/4" || rest[1] != "11/3" || rest[5] == rest[4] {
		t.Errorf("%q", got)
	}
	if slices.Sort(got); len(slices.Compact(got)) != 8 {
		t.Errorf("%q", got)
	}
	if all, _, err := s.OfficeList(ctx, s.officer, Filter{State: Submitted}); err != nil || len(all) != 2 {
		t.Errorf("%d wait, %v", len(all), err)
	}
	for _, bad := range []string{"x", "submitted.x." + uuid.NewString(), "submitted.1.x", "submitted.1"} {
		if _, _, err := s.OfficeList(ctx, s.officer, Filter{Page: page.Page{After: bad}}); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
