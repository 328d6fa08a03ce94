package adoption

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

type stand struct {
	*Service
	t       *testing.T
	db      *pgtest.DB
	lead    actor.Actor
	officer actor.Actor
}

// up is a village whose rules are those of the document, on 23 November 2026.
func up(t *testing.T) *stand {
	t.Helper()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	s := &stand{&Service{DB: db.DB}, t, db, pgtest.In(pgtest.A, actor.Lead), actor.Actor{Account: pg.NewID(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}}
	err := db.InVillage(t.Context(), s.lead, func(tx pg.Tx) error {
		r := tenants.Document()
		r.Version = 1
		return rulebook.Insert(t.Context(), tx, r)
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stand) ok(_ any, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stand) refuses(want error, _ any, err error) {
	s.t.Helper()
	if !errors.Is(err, want) {
		s.t.Errorf("%v; want %v", err, want)
	}
}

func day0(s string) time.Time { d, _ := month.ParseDay(s); return d }

// held is a step that passes.
func held(k Kind, day string) Step {
	return Step{Step: k, HeldOn: day0(day), Place: "村部会议室", Eligible: 30, Present: 25, Agreed: 24, Minutes: "逐条讨论了细则草案，意见已经记下。"}
}

// deliver takes the draft through all six steps; the last is on 20 December.
func (s *stand) deliver() {
	s.t.Helper()
	s.db.At("2026-12-20T10:00:00+08:00")
	for n, day := range []string{"2026-12-01", "2026-12-02", "2026-12-05", "2026-12-08", "2026-12-09", "2026-12-18"} {
		d, err := s.Record(s.t.Context(), s.lead, held(Kind(n+1), day))
		s.ok(d, err)
	}
}

func (s *stand) draft() Whole {
	s.t.Helper()
	w, err := s.Current(s.t.Context(), s.lead)
	s.ok(w, err)
	return w
}

// prepared begins a draft that gives P07 8 points from January.
func (s *stand) prepared() Draft {
	s.t.Helper()
	ctx := s.t.Context()
	d, err := s.Start(ctx, s.lead, false)
	s.ok(d, err)
	d, err = s.Settle(ctx, s.lead, d.Version, Settled{"2027-01-01", "2027 年度细则", 100, d.Body.Settings})
	s.ok(d, err)
	d, err = s.Edit(ctx, s.lead, d.Version, "P07", Edit{Title: "垃圾分类", Text: "按规定实施垃圾分类的，每月次积8分；", ValueText: "8分/月次", Points: map[string]int{"": 8}, On: true, Why: "垃圾分类是今年的重点"})
	s.ok(d, err)
	return d
}

func (s *stand) points(day string) int {
	s.t.Helper()
	var n int
	err := s.db.Look(s.t.Context(), s.lead, func(tx pg.Tx) error {
		r, err := rulebook.InForce(s.t.Context(), tx, day0(day))
		if err != nil {
			return err
		}
		i, err := r.Item("P07")
		n = i.Parts[0].Points
		return err
	})
	s.ok(n, err)
	return n
}

func TestFromDraftToForce(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	d := s.prepared()
	w := s.draft()
	diff := Compare(w.Base, w.Body)
	if len(diff) != 1 || diff[0].String() != "P07 垃圾分类由每月加 5 分改为每月加 8 分；因为垃圾分类是今年的重点" {
		t.Errorf("the difference: %v", diff)
	}
	s.refuses(ErrSteps, nil, second(s.Submit(ctx, s.lead)))
	s.deliver()
	s.ok(s.Submit(ctx, s.lead))
	if n := s.points("2027-01-02"); n != 5 {
		t.Errorf("handed in only, P07 gives %d", n)
	}
	s.refuses(ErrAway, nil, second(s.Edit(ctx, s.lead, 0, "P07", Edit{})))
	s.refuses(ErrAway, nil, second(s.Discard(ctx, s.lead, "不要了不要了")))
	rows, _, err := s.OfficeList(ctx, s.officer, Filter{State: Submitted})
	if err != nil || len(rows) != 1 || rows[0].ID != d.ID || rows[0].InForceFrom != "2027-01-01" {
		t.Fatalf("the bureau sees %+v, %v", rows, err)
	}
	w, err = s.OfficeFind(ctx, s.officer, pgtest.A, d.ID)
	s.ok(w, err)
	s.refuses(ErrStale, nil, second(s.Accept(ctx, s.officer, pgtest.A, d.ID, w.Version-1, "", "")))
	s.refuses(ErrFrom, nil, second(s.Accept(ctx, s.officer, pgtest.A, d.ID, w.Version, "2026-12-25", "")))
	d, err = s.Accept(ctx, s.officer, pgtest.A, d.ID, w.Version, "", "同意备案，重点明确")
	s.ok(d, err)
	if d.State != Accepted || *d.RuleVersion != 2 {
		t.Errorf("%+v", d)
	}
	// Events before the day are scored as before; those from it on by the new version.
	if a, b := s.points("2026-12-31"), s.points("2027-01-01"); a != 5 || b != 8 {
		t.Errorf("P07 gives %d on the last day of the year, %d from the first", a, b)
	}
	s.refuses(ErrNotThere, nil, second(s.Accept(ctx, s.officer, pgtest.A, d.ID, 0, "", "")))
	var verbs string
	w, err = s.Find(ctx, s.lead, d.ID)
	s.ok(w, err)
	for _, e := range w.Story {
		verbs += " " + e.Verb
	}
	if !strings.HasPrefix(verbs, " rules.accept rules.submit rules.step") || w.Story[0].Role != actor.Bureau {
		t.Errorf("the timeline: %s", verbs)
	}
	s.refuses(ErrNone, nil, second(s.Current(ctx, s.lead)))
}

func second[T any](_ T, err error) error { return err }

func TestForeignAndForbiddenOffices(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	d := s.prepared()
	s.deliver()
	s.ok(s.Submit(ctx, s.lead))
	other, dept := s.officer, s.officer
	other.Township, dept.Role = pgtest.Town2, actor.Department
	for name, who := range map[string]actor.Actor{"another township's bureau": other, "a department": dept, "the village's lead": s.lead} {
		for verb, err := range map[string]error{
			"accept": second(s.Accept(ctx, who, pgtest.A, d.ID, 0, "", "")), "return": second(s.Return(ctx, who, pgtest.A, d.ID, 0, "退回去改一改")),
			"advise": second(s.Advise(ctx, who, pgtest.A, d.ID, "改一改改一改")), "review": second(s.Review(ctx, who, pgtest.A, "N18", "生效的判决", "只能凭生效的判决认定，不收公安材料")),
			"withdraw": second(s.Withdraw(ctx, who, pgtest.A, "N18", "司法所复核以后撤回")),
		} {
			if !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%s: %s: %v; want not found", name, verb, err)
			}
		}
	}
	s.refuses(fault.ErrNotFound, nil, second(s.Accept(ctx, s.officer, pgtest.B, d.ID, 0, "", "")))
	s.refuses(fault.ErrNotFound, nil, second(s.Accept(ctx, s.officer, pgtest.A, uuid.New(), 0, "", "")))
	if w, err := s.OfficeFind(ctx, dept, pgtest.A, d.ID); err != nil || w.ID != d.ID {
		t.Errorf("a department may read: %v", err)
	}
	s.refuses(fault.ErrNotFound, nil, second(s.OfficeFind(ctx, other, pgtest.A, d.ID)))
	if n := s.points("2027-02-01"); n != 5 {
		t.Errorf("somebody put the draft in force: P07 gives %d", n)
	}
}

// A text that was changed after its meetings must go through them again (R6.1c).
func TestAnotherTextNeedsTheStepsAnew(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	d := s.prepared()
	s.deliver()
	s.ok(s.Submit(ctx, s.lead))
	w := s.draft()
	s.ok(s.Return(ctx, s.officer, pgtest.A, d.ID, w.Version, "P07 建议再听听意见"))
	if w = s.draft(); w.State != Returned || w.Advice != "P07 建议再听听意见" {
		t.Errorf("%+v", w.Draft)
	}
	s.ok(s.Submit(ctx, s.lead)) // the same text may come again
	w = s.draft()
	s.ok(s.Return(ctx, s.officer, pgtest.A, d.ID, w.Version, "还是请改一改"))
	s.ok(s.Drop(ctx, s.lead, 0, "P21", "水电费已经自动扣缴"))
	s.refuses(ErrSteps, nil, second(s.Submit(ctx, s.lead)))
	if w = s.draft(); len(w.Steps) != 6 || len(Standing(w.Steps, w.Digest)) != 0 || Next(w.Steps, w.Digest) != Proposal {
		t.Errorf("%d steps, %v stand", len(w.Steps), Standing(w.Steps, w.Digest))
	}
	s.ok(s.Restore(ctx, s.lead, 0, "P21"))
	if w = s.draft(); Next(w.Steps, w.Digest) != 0 {
		t.Error("the very text that was deliberated is not recognised again")
	}
}

// A step keeps photos of whoever records it; the township reads them with the draft, and nobody another's.
func TestAStepKeepsItsPhotos(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	d := s.prepared()
	photo := func(by uuid.UUID) uuid.UUID {
		id := pg.NewID()
		if _, err := s.db.Owner.Exec(ctx, `insert into evidence (village_id, id, key, sha256, bytes, width, height, uploaded_by, uploaded_at) values (11, $1, gen_random_uuid()::text, '\x01', 1, 1, 1, $2, now())`, id, by); err != nil {
			t.Fatal(err)
		}
		return id
	}
	mine, other := photo(s.lead.Account), photo(uuid.New())
	s.db.At("2026-12-20T10:00:00+08:00")
	s.refuses(fault.ErrNotFound, nil, second(s.Record(ctx, s.lead, held(Proposal, "2026-12-01"), other)))
	s.ok(s.Record(ctx, s.lead, held(Proposal, "2026-12-01"), mine))
	s.refuses(fault.ErrNotFound, nil, second(s.Record(ctx, s.lead, held(Talks, "2026-12-02"), mine)))
	w, err := s.OfficeFind(ctx, s.officer, pgtest.A, d.ID)
	if err != nil || len(w.Steps) != 1 || len(w.Steps[0].Photos) != 1 || w.Steps[0].Photos[0].ID != mine {
		t.Fatalf("%+v %v", w.Steps, err)
	}
	of := func(draft, holder uuid.UUID) error {
		return s.DB.LookInOffice(ctx, s.officer, pgtest.A, func(tx pg.Tx) error { return OfHolder(ctx, tx, draft, holder) })
	}
	if err := of(d.ID, w.Steps[0].ID); err != nil {
		t.Error(err)
	}
	if a, b := of(uuid.New(), w.Steps[0].ID), of(d.ID, uuid.New()); !errors.Is(a, fault.ErrNotFound) || !errors.Is(b, fault.ErrNotFound) {
		t.Errorf("another draft's: %v; no step: %v", a, b)
	}
}

// on says whether an item is on for an event of that day.
func (s *stand) on(code, day string) bool {
	s.t.Helper()
	var on bool
	s.ok(nil, s.db.Look(s.t.Context(), s.lead, func(tx pg.Tx) error {
		r, err := rulebook.InForce(s.t.Context(), tx, day0(day))
		if err != nil {
			return err
		}
		i, err := r.Item(code)
		on = i.On
		return err
	}))
	return on
}

// A review that is withdrawn switches the item off from the next day on, in the version in force and in those
// that are to come, and never back (D2); it costs the village none of its amendments.
func TestAWithdrawnReviewSwitchesTheItemOff(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	s.ok(s.Review(ctx, s.officer, pgtest.A, "N18", "生效的法院判决", "只能凭生效的判决认定，不收公安材料"))
	s.refuses(ErrReviewed, nil, second(s.Review(ctx, s.officer, pgtest.A, "N18", "生效的法院判决", "只能凭生效的判决认定，不收公安材料")))
	for v, day := range map[int]string{2: "2026-11-25", 3: "2027-01-01"} {
		s.ok(nil, s.db.InVillage(ctx, s.lead, func(tx pg.Tx) error {
			r := tenants.Document()
			r.Version, r.InForceFrom, r.Year, r.Items = v, day0(day), day0(day).Year(), slices.Clone(r.Items)
			n := slices.IndexFunc(r.Items, func(i rulebook.Item) bool { return i.Code == "N18" })
			r.Items[n].On, r.Items[n].Review = true, &rulebook.LegalReview{Document: "生效的法院判决", ReviewedBy: "局里老周", ReviewedOn: day0("2026-11-23")}
			return rulebook.Insert(ctx, tx, r)
		}))
	}
	s.db.At("2026-12-10T10:00:00+08:00")
	s.refuses(ErrWithdraw, nil, second(s.Withdraw(ctx, s.officer, pgtest.A, "N18", "短")))
	s.refuses(ErrNoReview, nil, second(s.Withdraw(ctx, s.officer, pgtest.A, "N06", "没有审查过的一条")))
	r, err := s.Withdraw(ctx, s.officer, pgtest.A, "N18", "司法所复核，判决文书很难取得")
	s.ok(r, err)
	s.refuses(ErrNoReview, nil, second(s.Withdraw(ctx, s.officer, pgtest.A, "N18", "司法所复核，判决文书很难取得")))
	for day, want := range map[string]bool{"2026-11-24": false, "2026-11-25": true, "2026-12-10": true, "2026-12-11": false, "2026-12-31": false, "2027-01-01": false, "2027-06-01": false} {
		if got := s.on("N18", day); got != want {
			t.Errorf("on %s the item is on: %v", day, got)
		}
	}
	all, err := s.Editions(ctx, pgtest.A)
	if err != nil || len(all) != 5 || !strings.Contains(all[0].Reason, "判决文书很难取得") {
		t.Fatalf("%d versions, %v", len(all), err)
	}
	var said bool
	for _, e := range all {
		for _, c := range e.Changes {
			said = said || c.String() == "N18 "+c.Title+"：停用；因为镇里撤回了N18的合法性审查：司法所复核，判决文书很难取得"
		}
	}
	if !said {
		t.Errorf("the history does not say why: %v", all[1].Changes)
	}
	// No draft can switch it on any more, until it is reviewed anew.
	s.ok(s.Start(ctx, s.lead, false))
	n18, _ := s.draft().Body.Item("N18")
	s.ok(s.Edit(ctx, s.lead, 0, "N18", Edit{Title: n18.Title, Text: n18.Text, ValueText: n18.ValueText, On: true, Why: "村里还是想用这一条"}))
	if w := s.draft(); !slices.ContainsFunc(Refused(w.Findings), func(f Finding) bool { return f.Code == "N18" && f.Rule == "review" }) {
		t.Errorf("the lint lets it pass: %+v", w.Findings)
	}
	r, err = s.Review(ctx, s.officer, pgtest.A, "N18", "生效的刑事判决", "只凭生效的刑事判决认定，不收公安材料")
	if err != nil || r.Number != 2 {
		t.Errorf("reviewed anew: %+v, %v", r, err)
	}
	if w := s.draft(); len(Refused(w.Findings)) != 0 {
		t.Errorf("%+v", w.Findings)
	}
	_, reviews, err := s.Legal(ctx, s.officer, pgtest.A)
	if err != nil || len(reviews) != 2 || reviews[0].EndsOn != nil || reviews[1].EndsOn.Format("2006-01-02") != "2026-12-11" {
		t.Errorf("%+v, %v", reviews, err)
	}
	// The two forced versions are no amendments: the village may still amend in the quarter.
	s.ok(s.Settle(ctx, s.lead, 0, Settled{"2027-01-01", "2027 年度细则", 100, s.draft().Body.Settings}))
	s.ok(nil, s.db.Look(ctx, s.lead, func(tx pg.Tx) error {
		r := s.draft().Body
		r.InForceFrom = day0("2027-04-01")
		return dated(ctx, tx, r)
	}))
}

func TestStepsNeedOrderAndNumbers(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	s.prepared()
	s.db.At("2026-12-20T10:00:00+08:00")
	s.refuses(ErrOrder, nil, second(s.Record(ctx, s.lead, held(Talks, "2026-12-02"))))
	s.refuses(ErrHeldOn, nil, second(s.Record(ctx, s.lead, held(Proposal, "2026-12-21"))))
	s.refuses(ErrKind, nil, second(s.Record(ctx, s.lead, held(7, "2026-12-01"))))
	s.ok(s.Record(ctx, s.lead, held(Proposal, "2026-12-02")))
	s.refuses(ErrBefore, nil, second(s.Record(ctx, s.lead, held(Talks, "2026-12-01"))))
	for _, c := range []struct {
		step                      Kind
		eligible, present, agreed int
		want                      error
	}{
		{Talks, 8, 4, 4, ErrQuorum}, {Talks, 8, 5, 2, ErrMajority}, {Talks, 8, 5, 3, nil}, {Talks, 0, 0, 0, ErrEligible}, {Talks, 8, 9, 1, ErrPresent}, {Talks, 8, 5, 6, ErrAgreed},
		{Hearing, 40, 20, 20, ErrQuorum}, {Hearing, 40, 21, 20, ErrMajority}, {Hearing, 40, 21, 21, nil},
		{Resolution, 45, 29, 29, ErrQuorum}, {Resolution, 45, 30, 15, ErrMajority}, {Resolution, 45, 30, 16, nil},
	} {
		in := held(c.step, "2026-12-03")
		in.Eligible, in.Present, in.Agreed = c.eligible, c.present, c.agreed
		_, err := s.Record(ctx, s.lead, in)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s %d/%d/%d: %v; want %v", c.step.Chinese(), c.agreed, c.present, c.eligible, err, c.want)
		}
	}
	s.ok(s.Record(ctx, s.lead, held(Disclosure, "2026-12-04")))
	s.refuses(ErrOpenDays, nil, second(s.Record(ctx, s.lead, held(Outcome, "2026-12-10"))))
	s.ok(s.Record(ctx, s.lead, held(Outcome, "2026-12-11")))
	s.refuses(ErrAfter, nil, second(s.Record(ctx, s.lead, held(Proposal, "2026-12-05"))))
	s.refuses(ErrAfter, nil, second(s.Record(ctx, s.lead, held(Disclosure, "2026-12-06"))))
}

func TestNothingRefusedIsHandedIn(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	d := s.prepared()
	s.ok(s.Edit(ctx, s.lead, 0, "P24", Edit{Title: "好人好事", Text: "做好人好事的，优先安排宅基地，每次积5分；", ValueText: "5分/次", Points: map[string]int{"": 5}, On: true, Why: "大家都这么提"}))
	s.deliver()
	s.refuses(ErrLint, nil, second(s.Submit(ctx, s.lead)))
	s.ok(s.Restore(ctx, s.lead, 0, "P24"))
	// An X item needs the township's review, on record; the file cannot bring it along.
	data, err := tenants.WriteRules(s.draft().Body)
	s.ok(nil, err)
	file := strings.Replace(string(data), "changes:", "changes:\n  - do: switch\n    code: N18\n    on: true\n    legal_review: {document: 判决书, reviewed_by: 自己, reviewed_on: 2026-11-01}\n    reason: 赌博伤风败俗", 1)
	if _, found, err := s.Upload(ctx, s.lead, 0, "rules.yaml", []byte(file)); err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	s.deliver()
	s.refuses(ErrLint, nil, second(s.Submit(ctx, s.lead)))
	s.refuses(ErrReviewItem, nil, second(s.Review(ctx, s.officer, pgtest.A, "P07", "生效的判决", "只能凭生效的判决认定，不收公安材料")))
	s.ok(s.Review(ctx, s.officer, pgtest.A, "N18", "生效的判决", "只能凭生效的判决认定，不收公安材料"))
	s.refuses(ErrReviewed, nil, second(s.Review(ctx, s.officer, pgtest.A, "N18", "生效的判决", "只能凭生效的判决认定，不收公安材料")))
	s.ok(s.Submit(ctx, s.lead))
	w := s.draft()
	s.ok(s.Accept(ctx, s.officer, pgtest.A, d.ID, w.Version, "", ""))
}

func TestTheDayIsNeverPastAndNotTooOften(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	d := s.prepared()
	s.refuses(ErrFrom, nil, second(s.Settle(ctx, s.lead, 0, Settled{"2026-11-22", "2026 年修订", 100, d.Body.Settings})))
	s.refuses(ErrSetting, nil, second(s.Settle(ctx, s.lead, 0, func() Settled {
		in := Settled{"2027-01-01", "2027 年度", 100, d.Body.Settings}
		in.Settings.ObjectionDays = 2
		return in
	}())))
	s.deliver()
	s.ok(s.Submit(ctx, s.lead))
	w := s.draft()
	s.db.At("2027-01-10T09:00:00+08:00") // the bureau was late
	s.refuses(ErrFrom, nil, second(s.Accept(ctx, s.officer, pgtest.A, d.ID, w.Version, "", "")))
	s.ok(s.Accept(ctx, s.officer, pgtest.A, d.ID, w.Version, "2027-01-15", ""))
	if a, b := s.points("2027-01-14"), s.points("2027-01-15"); a != 5 || b != 8 {
		t.Errorf("P07 gives %d before, %d from the day on", a, b)
	}
	// A second amendment in the same quarter is one too many; in the next it gets its own version.
	s.ok(s.Start(ctx, s.lead, false))
	s.ok(s.Settle(ctx, s.lead, 0, Settled{"2027-03-01", "补充修订", 100, d.Body.Settings}))
	s.ok(s.Drop(ctx, s.lead, 0, "P21", "水电费已经自动扣缴"))
	s.deliver2()
	s.refuses(ErrOften, nil, second(s.Submit(ctx, s.lead)))
	s.ok(s.Settle(ctx, s.lead, 0, Settled{"2027-04-01", "二季度修订", 100, d.Body.Settings}))
	s.deliver2()
	s.ok(s.Submit(ctx, s.lead))
}

func (s *stand) deliver2() {
	s.t.Helper()
	s.db.At("2027-02-20T10:00:00+08:00")
	for n, day := range []string{"2027-01-20", "2027-01-21", "2027-01-22", "2027-01-25", "2027-01-26", "2027-02-05"} {
		s.ok(s.Record(s.t.Context(), s.lead, held(Kind(n+1), day)))
	}
}

func TestEditing(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := context.Background()
	s.refuses(ErrNone, nil, second(s.Edit(ctx, s.lead, 0, "P07", Edit{})))
	d, err := s.Start(ctx, s.lead, true)
	s.ok(d, err)
	s.refuses(ErrThere, nil, second(s.Start(ctx, s.lead, true)))
	d, code, err := s.Add(ctx, s.lead, d.Version, NewItem{Sign: rulebook.Plus, Class: "网格治理", Title: "夜间巡堤", Text: "台风天参加夜间巡堤的，每人次积4分；", Unit: rulebook.PersonTime, Points: 4, Notice: rulebook.Named,
		Proofs: []rulebook.Evidence{rulebook.AttendanceList}, Focus: []rulebook.Focus{rulebook.Volunteering}, Why: "台风天最缺人手"})
	s.ok(d, err)
	i, _ := d.Body.Item(code)
	if code != "P26" || i.Tier != rulebook.Quantity || i.ValueText != "4分/人次" || len(i.Flaws()) > 0 || i.Worth() != "每人次加 4 分" {
		t.Errorf("%s %+v %v", code, i, i.Flaws())
	}
	for n, o := range d.Body.Items {
		if o.Code == "P26" && d.Body.Items[n-1].Code != "P18" {
			t.Errorf("it stands behind %s", d.Body.Items[n-1].Code)
		}
	}
	s.refuses(ErrStale, nil, second(s.Drop(ctx, s.lead, d.Version-1, "P21", "不再需要了")))
	s.refuses(fault.ErrNotFound, nil, second(s.Drop(ctx, s.lead, 0, "P77", "不再需要了")))
	s.refuses(ErrWhy, nil, second(s.Drop(ctx, s.lead, 0, "P21", "")))
	same := Edit{Title: i.Title, Text: i.Text, ValueText: i.ValueText, On: true, Why: "没有什么可改的"}
	s.refuses(ErrSame, nil, second(s.Edit(ctx, s.lead, 0, "P26", same)))
	same.Points = map[string]int{"": 101}
	if _, err := s.Edit(ctx, s.lead, 0, "P26", same); fault.Of(err).Field != "points_" && len(fault.Of(err).Fields) == 0 {
		t.Errorf("%v", err)
	}
	s.ok(s.Drop(ctx, s.lead, 0, "N09", "和 N08 重复"))
	w := s.draft()
	if g := w.Body.Overlapping("N08", ""); g != "" {
		t.Errorf("N08 is left alone in group %s", g)
	}
	s.ok(s.Restore(ctx, s.lead, 0, "N09"))
	if w = s.draft(); w.Body.Overlapping("N08", "") == "" {
		t.Error("N09 is back and N08 does not know it")
	}
	_, found, err := s.Upload(ctx, s.lead, 0, "rules.yaml", []byte("extends: _template\nyear: 2027\n"))
	if err != nil || len(found) == 0 || found[0].Line == 0 && found[0].Text == "" {
		t.Errorf("%v %v", found, err)
	}
	s.ok(s.Discard(ctx, s.lead, "村里决定先不改"))
	var n int
	s.ok(nil, s.db.Owner.QueryRow(ctx, `select count(*) from rule_set where village_id = 11`).Scan(&n))
	if n != 1 {
		t.Errorf("%d versions", n)
	}
}

// Two officers accept at once: one version comes of it.
func TestAcceptedOnce(t *testing.T) {
	t.Parallel()
	s := up(t)
	ctx := t.Context()
	d := s.prepared()
	s.deliver()
	s.ok(s.Submit(ctx, s.lead))
	errs := make(chan error, 4)
	for range 4 {
		go func() {
			who := s.officer
			who.Account = pg.NewID()
			_, err := s.Accept(ctx, who, pgtest.A, d.ID, 0, "", "")
			errs <- err
		}()
	}
	done := 0
	for range 4 {
		if err := <-errs; err == nil {
			done++
		} else if !errors.Is(err, ErrNotThere) {
			t.Error(err)
		}
	}
	var n int
	s.ok(nil, s.db.Owner.QueryRow(ctx, `select count(*) from rule_set where village_id = 11`).Scan(&n))
	if done != 1 || n != 2 {
		t.Errorf("%d accepted, %d versions", done, n)
	}
}
