package bureau

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

// elsewhere is another room that has something waiting.
type elsewhere struct{ w Waiting }

func (e elsewhere) Waiting(context.Context, pg.Tx, []int64) ([]Waiting, error) {
	return []Waiting{e.w}, nil
}

func TestInbox(t *testing.T) {
	t.Parallel()
	s, db := arrange(t)
	ctx := context.Background()
	for _, v := range []int{11, 12, 21} {
		db.Exec(t, `insert into budget (village_id, id, year, number, state, drafted_by, drafted_name, drafted_at, submitted_at) values ($1, $2, 2026, 1, 'submitted', $2, '', '2026-11-01', '2026-11-01T01:00:00Z')`, v, pg.NewID())
		db.Exec(t, `insert into rule_draft (village_id, id, based_on, body, digest, state, started_by, started_at, changed_at, submitted_at)
			values ($1, $2, 0, '{"in_force_from": "2027-01-01", "items": [{"code": "N03", "title": "甲", "notice": "X", "on": true}, {"code": "N04", "title": "乙", "notice": "X", "on": false}, {"code": "P01", "title": "丙", "notice": "A", "on": true}]}', 'x', 'submitted', '', now(), '2026-10-20T01:00:00Z', '2026-10-20T01:00:00Z')`, v, pg.NewID())
		db.Exec(t, `insert into selection (village_id, year, state, conditions, least, no_deduction, places, object_until, frozen_by, frozen_name, frozen_at, settled_at) values ($1, 2025, 'settled', '', 0, false, 3, '2026-01-10', $2, '', now(), '2026-11-09T01:00:00Z')`, v, pg.NewID())
		db.Exec(t, `insert into matter (village_id, id, kind, title, body, raised_by, raised_by_name, raised_at, due_on, state, answered_at) values ($1, $2, 'urge', '催办', '', $2, '', now(), '2026-12-31', 'answered', '2026-11-08T01:00:00Z')`, v, pg.NewID())
	}
	s.Sources = []Source{elsewhere{Waiting{VillageID: 12, Village: "西村", Kind: Onboarding, Title: "上线", DueOn: time.Date(2026, 11, 12, 0, 0, 0, 0, time.UTC), Href: "/x"}}}
	all, err := s.Inbox(ctx, officer)
	if err != nil || len(all) != 11 {
		t.Fatalf("%d wait, %v", len(all), err)
	}
	today := Today(db.Now())
	late := 0
	for i, w := range all {
		if w.VillageID == pgtest.C {
			t.Errorf("another township's %s", w.Kind)
		}
		if i > 0 && w.DueOn.Before(all[i-1].DueOn) {
			t.Error("not in the order of their days")
		}
		if w.Late(today) {
			late++
		}
		if w.Kind == Legal && w.ID != "N03" {
			t.Errorf("the legal review of %s is waited for", w.ID)
		}
	}
	if late != 4 || !all[0].Late(today) {
		t.Errorf("%d late", late)
	}
	for f, want := range map[InboxFilter]int{{}: 11, {Late: true}: 4, {Kind: Budgets}: 2, {Village: 12}: 6, {Search: "预算"}: 2, {Kind: Onboarding, Search: "西村"}: 1, {Kind: Appeals}: 0} {
		if n := len(f.Narrow(all, today)); n != want {
			t.Errorf("%+v keeps %d", f, n)
		}
	}
	seat := pg.NewID()
	db.Exec(t, `insert into account (id, name, phone, phone_index, created_at) values ($1, '组长', 'x', 'x', now())`, seat)
	db.Exec(t, `insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, '组长', 'lead', '两委', '2026-01-01', now())`, pg.NewID(), seat)
	db.Exec(t, `insert into legal_review (village_id, item, document, reviewed_by, reviewed_on) values (11, 'N03', '判决书', '司法所', '2026-11-01')`)
	if err := s.TakeUp(ctx, officer, pgtest.A, 2025, "短"); !errors.Is(err, ErrTakenWords) {
		t.Errorf("without words: %v", err)
	}
	if err := s.TakeUp(ctx, officer, pgtest.C, 2025, "推荐参评县级文明家庭"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township's: %v", err)
	}
	if err := s.TakeUp(ctx, officer, pgtest.A, 2025, "推荐参评县级文明家庭"); err != nil {
		t.Fatal(err)
	}
	if err := s.TakeUp(ctx, officer, pgtest.A, 2025, "推荐参评县级文明家庭"); !errors.Is(err, ErrTaken) {
		t.Errorf("twice: %v", err)
	}
	if all, err := s.Inbox(ctx, officer); err != nil || len(all) != 9 {
		t.Errorf("%d wait afterwards, %v", len(all), err)
	}
	if n, err := s.Nominated(ctx, officer, pgtest.A, 2025); err != nil || n.TakenAt == nil {
		t.Errorf("n = %+v, %v", n, err)
	}

	// a word given too early is taken back: the list waits again, the log keeps both, the leads are told of both
	if err := s.TakeBack(ctx, officer, pgtest.A, 2025, "早"); !errors.Is(err, ErrBackReason) {
		t.Errorf("without a reason: %v", err)
	}
	if err := s.TakeBack(ctx, officer, pgtest.B, 2025, "收早了，名单还要核"); !errors.Is(err, ErrNotTaken) {
		t.Errorf("what was not taken up: %v", err)
	}
	if err := s.TakeBack(ctx, officer, pgtest.C, 2025, "收早了，名单还要核"); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another township's: %v", err)
	}
	if err := s.TakeBack(ctx, officer, pgtest.A, 2025, "收早了，名单还要核"); err != nil {
		t.Fatal(err)
	}
	if err := s.TakeBack(ctx, officer, pgtest.A, 2025, "收早了，名单还要核"); !errors.Is(err, ErrNotTaken) {
		t.Errorf("twice: %v", err)
	}
	if all, err := s.Inbox(ctx, officer); err != nil || len(all) != 10 {
		t.Errorf("%d wait once it is taken back, %v", len(all), err)
	}
	if n, err := s.Nominated(ctx, officer, pgtest.A, 2025); err != nil || n.TakenAt != nil || n.Words != "" {
		t.Errorf("n = %+v, %v", n, err)
	}
	db.At("2026-11-10T12:00:00+08:00")
	if err := s.TakeUp(ctx, officer, pgtest.A, 2025, "第一名推荐参评最美家庭"); err != nil {
		t.Errorf("again: %v", err)
	}
	var log, told []string
	if err := db.Owner.QueryRow(ctx, `select array_agg(verb || ' ' || reason order by id) from audit where village_id = 11 and verb like 'nomination.%'`).Scan(&log); err != nil ||
		!slices.Equal(log, []string{"nomination.take 推荐参评县级文明家庭", "nomination.back 收早了，名单还要核", "nomination.take 第一名推荐参评最美家庭"}) {
		t.Errorf("the log says %q, %v", log, err)
	}
	if err := db.Owner.QueryRow(ctx, `select array_agg(kind order by id) from message where village_id = 11 and kind like 'nomination.%'`).Scan(&told); err != nil ||
		!slices.Equal(told, []string{"nomination.taken", "nomination.back", "nomination.taken"}) {
		t.Errorf("the lead was told %q, %v", told, err)
	}
}

// TestInboxOfDrafts: what of a draft waits for the bureau in each of its states, and what of its X items.
func TestInboxOfDrafts(t *testing.T) {
	t.Parallel()
	s, db := arrange(t)
	ctx := context.Background()
	waits := func(want string) {
		t.Helper()
		all, err := s.Inbox(ctx, officer)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range all {
			got = append(got, string(w.Kind)+" "+w.Title)
		}
		slices.Sort(got)
		if strings.Join(got, ", ") != want {
			t.Errorf("waits: %q, want %q", strings.Join(got, ", "), want)
		}
	}
	id := pg.NewID()
	db.Exec(t, `insert into rule_draft (village_id, id, based_on, body, digest, state, started_by, started_at, changed_at)
		values (11, $1, 0, '{"in_force_from": "2027-01-01", "items": [{"code": "N03", "title": "甲", "notice": "X", "on": true}, {"code": "N04", "title": "乙", "notice": "X", "on": false}]}', 'x', 'drafting', '', '2026-11-01', '2026-11-01')`, id)
	waits("legal N03 甲")
	db.Exec(t, `update rule_draft set state = 'submitted', submitted_at = '2026-11-02' where id = $1`, id)
	waits("legal N03 甲, rules 2027年实施细则")
	db.Exec(t, `update rule_draft set state = 'returned', decided_at = '2026-11-03' where id = $1`, id)
	waits("")
	db.Exec(t, `update rule_draft set changed_at = '2026-11-04' where id = $1`, id)
	waits("legal N03 甲")
	db.Exec(t, `insert into legal_review (village_id, item, document, reviewed_by, reviewed_on) values (11, 'N03', '判决书', '司法所', '2026-11-04')`)
	waits("")
	db.Exec(t, `insert into legal_withdrawal (village_id, item, number, ends_on, reason, versions, by_name, account_id, at) values (11, 'N03', 1, '2026-11-06', '撤回', '{}', '', $1, '2026-11-05')`, pg.NewID())
	waits("legal N03 甲")
	db.Exec(t, `insert into legal_review (village_id, item, number, document, reviewed_by, reviewed_on) values (11, 'N03', 2, '判决书', '司法所', '2026-11-06')`)
	waits("")
	db.Exec(t, `update rule_draft set state = 'submitted' where id = $1`, id)
	waits("rules 2027年实施细则")
	db.Exec(t, `update rule_draft set state = 'discarded' where id = $1`, id)
	waits("")
}
