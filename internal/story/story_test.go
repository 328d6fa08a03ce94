package story

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

var draft = Draft{Title: "垃圾分类从门口开始", Body: strings.Repeat("每天早上八点，组长先把自家门口分好。", 4), Consent: "nobody"}

// TestLife walks every verb from every state as either side.
func TestLife(t *testing.T) {
	t.Parallel()
	can := map[State]map[Verb]string{ // o office, v village, b both
		Proposed:  {Revise: "v", Edit: "o", Publish: "o", Return: "o", Withdraw: "b"},
		Returned:  {Revise: "v", Withdraw: "b"},
		Published: {Edit: "o", Withdraw: "b"},
		Withdrawn: {Revise: "v"},
	}
	for state, verbs := range can {
		for _, v := range []Verb{Revise, Edit, Publish, Return, Withdraw, "delete"} {
			for side, office := range map[string]bool{"o": true, "v": false} {
				want := verbs[v] == side || verbs[v] == "b"
				if got := (Story{State: state}).may(office, v); got != want {
					t.Errorf("%s %s by %s: %v", state, v, side, got)
				}
			}
		}
	}
}

func TestDraft(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*Draft)
		want   *fault.Error
	}{
		"sound":                   {func(*Draft) {}, nil},
		"a short title":           {func(d *Draft) { d.Title = "好" }, ErrTitle},
		"a short text":            {func(d *Draft) { d.Body = "很好" }, ErrBody},
		"nothing said of consent": {func(d *Draft) { d.Consent = "" }, ErrConsent},
		"consent without words":   {func(d *Draft) { d.Consent = "given" }, ErrAgreed},
		"consent with words":      {func(d *Draft) { d.Consent, d.ConsentWords = "given", "张三本人11月1日当面同意" }, nil},
	} {
		d := draft
		c.change(&d)
		if err := d.check(); !errors.Is(err, c.want) && c.want != nil || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestPublished is a case from the village to the public page and back.
func TestPublished(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-20T10:00:00+08:00")
	ctx := context.Background()
	s := &Service{DB: db.DB}
	member, officer := pgtest.In(pgtest.A, actor.Committee), actor.Actor{Account: uuid.New(), Name: "局里老周", Role: actor.Bureau, Township: pgtest.Town1}
	id, err := s.Propose(ctx, member, draft)
	if err != nil {
		t.Fatal(err)
	}
	move := func(who actor.Actor, v Verb, d Draft, words string, want error) {
		t.Helper()
		if _, err := s.Move(ctx, who, pgtest.A, id, v, d, words); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Fatalf("%s by %s: %v, want %v", v, who.Role, err, want)
		}
	}
	public := func(want int) {
		t.Helper()
		if all, err := s.Public(ctx, pgtest.A); err != nil || len(all) != want {
			t.Fatalf("%d on the public page, %v; want %d", len(all), err, want)
		}
	}
	named := draft
	named.Body += "张三家第一个响应。"
	named.Consent = "given"
	move(officer, Return, Draft{}, "短", ErrWords)
	move(officer, Return, Draft{}, "请补上变化前后的数字", nil)
	move(officer, Publish, draft, "", ErrState)
	move(member, Revise, draft, "", nil)
	public(0)
	move(member, Publish, draft, "", ErrState)
	move(officer, Publish, named, "", ErrAgreed)
	named.ConsentWords = "张三本人11月1日当面同意"
	move(officer, Publish, named, "", nil)
	public(1)
	rows, _, err := s.List(ctx, officer, Filter{State: Published})
	if err != nil || len(rows) != 1 || rows[0].EditedName != officer.Name {
		t.Fatalf("rows = %+v, %v", rows, err)
	}
	pdf, missing, err := Booklet("甲镇", rows)
	if err != nil || len(missing) > 0 || !bytes.HasPrefix(pdf, []byte("%PDF")) {
		t.Errorf("the booklet: %d bytes, lacks %q, %v", len(pdf), string(missing), err)
	}
	move(member, Withdraw, Draft{}, "张三改了主意，不愿意登了", nil)
	public(0)
	for name, who := range map[string]actor.Actor{"village B": pgtest.In(pgtest.B, actor.Lead), "another township": {Account: uuid.New(), Role: actor.Bureau, Township: pgtest.Town2}, "the environment's department": {Account: uuid.New(), Role: actor.Department, Township: pgtest.Town1, Topic: "environment"}} {
		if _, err := s.Show(ctx, who, pgtest.A, id); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s saw it: %v", name, err)
		}
		if _, err := s.Move(ctx, who, pgtest.A, id, Withdraw, Draft{}, "我来撤下看看"); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s moved it: %v", name, err)
		}
	}
	if rows, _, err := s.List(ctx, actor.Actor{Account: uuid.New(), Role: actor.Department, Township: pgtest.Town1, Topic: "publicity"}, Filter{}); err != nil || len(rows) != 1 {
		t.Errorf("publicity lists %d, %v", len(rows), err)
	}
	long := Story{Village: "东村", Title: draft.Title, Body: strings.Repeat(draft.Body+"\n", 60), PublishedAt: ptr(db.Now())}
	if _, _, err := Booklet("甲镇", []Story{long}); err != nil {
		t.Error(err)
	}
}

func ptr(t time.Time) *time.Time { return &t }
