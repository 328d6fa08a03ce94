package opinion

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg/pgtest"
)

// TestMatter is what a household says of another home: who said it is on no screen of the group, nobody of that home
// or related to it sees it, the grid worker of the home does, and floods and spite end by themselves.
func TestMatter(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	db.At("2026-11-23T10:00:00+08:00")
	s := &Service{DB: db.DB}
	home, other := db.Household(t, pgtest.A, "1组1号", "张桂兰"), db.Household(t, pgtest.A, "2组 12号", "单建国")
	family, target := pgtest.In(pgtest.A, actor.Household), pgtest.In(pgtest.A, actor.Household)
	family.Household, target.Household = home, other
	member, brother, walker, far := pgtest.In(pgtest.A, actor.Committee), pgtest.In(pgtest.A, actor.Committee), pgtest.In(pgtest.A, actor.Grid), pgtest.In(pgtest.A, actor.Grid)
	walker.Grid, far.Grid = 1, 2
	db.Exec(t, `update household set grid = 1 where id = $1`, other)
	db.Exec(t, `insert into account (id, name, phone, phone_index, created_at) values ($1, '单建军', $2, $2, now())`, brother.Account, []byte("brother"))
	db.Exec(t, `insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, brother.Account, other)
	say := func(place string) (Opinion, error) {
		return s.File(ctx, family, Draft{Kind: Matter, Place: place, Words: "门口的污水流到路上"})
	}
	for place, want := range map[string]*fault.Error{"": ErrPlace, "1组1号": ErrOwnHome} {
		if _, err := say(place); fault.Of(err).Code != want.Code {
			t.Errorf("%q: %v", place, err)
		}
	}
	if _, err := s.File(ctx, family, Draft{Kind: Matter, Place: "2组12号", Words: "门口的污水流到路上", Nameless: true}); !errors.Is(err, ErrNamed) {
		t.Error(err)
	}
	o, err := say("2组12号")
	if err != nil || o.TargetID == nil || *o.TargetID != other || o.From() != "本村住户" || o.Head+o.Door != "" {
		t.Fatalf("%+v %v", o, err)
	}
	if _, err := say("2组 12 号"); !errors.Is(err, ErrAgain) {
		t.Errorf("the same again: %v", err)
	}
	var traces int
	if err := db.Owner.QueryRow(ctx, `select count(*) from audit where object_id = $1`, o.ID.String()).Scan(&traces); err != nil || traces != 0 {
		t.Errorf("the log has it %d times (%v)", traces, err)
	}
	for who, want := range map[*actor.Actor]int{&family: 1, &target: 0, &member: 1, &brother: 0, &walker: 1, &far: 0} {
		rows, _, err := s.List(ctx, *who, Filter{Kind: Matter})
		if err != nil || len(rows) != want {
			t.Errorf("%s of grid %d sees %d, want %d (%v)", who.Role, who.Grid, len(rows), want, err)
		}
		if _, err := s.Show(ctx, *who, o.ID); (err == nil) != (want == 1) {
			t.Errorf("%s of grid %d: %v", who.Role, who.Grid, err)
		}
	}
	if rows, _, err := s.List(ctx, member, Filter{Search: "张桂兰"}); err != nil || len(rows) != 0 {
		t.Errorf("the search finds who said it: %v %v", rows, err)
	}
	if _, err := s.File(ctx, family, Draft{Kind: "other", Words: "希望多换些米"}); err != nil {
		t.Fatal(err)
	}
	if rows, _, err := s.List(ctx, walker, Filter{}); err != nil || len(rows) != 1 {
		t.Errorf("the grid worker reads other opinions: %v %v", rows, err)
	}
	for _, who := range []actor.Actor{brother, far} {
		if _, err := s.Look(ctx, who, o.ID, "mended", false); !errors.Is(err, fault.ErrNotFound) {
			t.Errorf("%s: %v", who.Role, err)
		}
	}
	if _, err := s.Answer(ctx, member, o.ID, "已经减了他家五分", false); !errors.Is(err, ErrOutcome) {
		t.Errorf("a matter is answered in words: %v", err)
	}
	wrong := func(id uuid.UUID) {
		t.Helper()
		if _, err := s.Look(ctx, walker, id, "unfounded", false); err != nil {
			t.Fatal(err)
		}
	}
	wrong(o.ID)
	if _, err := s.Look(ctx, member, o.ID, "mended", false); !errors.Is(err, ErrAnswered) {
		t.Error(err)
	}
	if o, err := s.Look(ctx, walker, o.ID, "found", true); err != nil || o.Outcome != "found" {
		t.Errorf("put right: %+v, %v", o, err)
	}
	if o, err := s.Look(ctx, walker, o.ID, "unfounded", true); err != nil || o.Outcome != "unfounded" {
		t.Errorf("and back: %+v, %v", o, err)
	}
	var next []uuid.UUID
	for _, place := range []string{"村东桥头", "2组12号", "村口"} {
		o, err := say(place)
		if err != nil {
			t.Fatal(place, err)
		}
		next = append(next, o.ID)
	}
	if _, err := say("河边"); !errors.Is(err, ErrWaiting) {
		t.Errorf("a flood: %v", err)
	}
	wrong(next[0])
	if _, err := say("河边"); !errors.Is(err, ErrWrong) {
		t.Errorf("spite: %v", err)
	}
	if _, err := s.File(ctx, member, Draft{Kind: Matter, Place: "河边", Words: "有人倒建筑垃圾", Household: home}); err != nil {
		t.Errorf("at the counter: %v", err)
	}
}
