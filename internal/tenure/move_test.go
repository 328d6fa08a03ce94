package tenure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/village"
)

// book is what a home has.
type book struct{ Base, Year, Score, Honour int64 }

func (s stand) books(t *testing.T, v actor.VillageID) (all []book) {
	t.Helper()
	rows, err := s.db.Owner.Query(context.Background(), `select b.base, b.year, b.score, b.honour from balance b join household h on h.village_id = b.village_id and h.id = b.household_id
		where b.village_id = $1 and h.state = 'active' order by h.head`, int64(v))
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var b book
		if err := rows.Scan(&b.Base, &b.Year, &b.Score, &b.Honour); err != nil {
			t.Fatal(err)
		}
		all = append(all, b)
	}
	return all
}

func (s stand) rows(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	if err := s.db.Owner.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// printed is a notice as it hangs on paper: its code, and the mark at the end of each line.
type printed struct {
	code  string
	marks []string
}

func (s stand) notices() *notice.Service {
	return &notice.Service{DB: s.DB, Blobs: s.Blobs, Render: func(v notice.View) ([]byte, error) { return []byte(v.Notice.Title), nil },
		Address: func(village string, m month.Month, number int) string { return "https://site/v/" + village }}
}

// publish puts a month's notice out as the product does, and keeps the paper.
func (s stand) publish(t *testing.T, v actor.VillageID) (p printed) {
	t.Helper()
	ctx := context.Background()
	if _, err := s.db.Owner.Exec(ctx, `insert into sheet (village_id, month, state, posted_at) values ($1, 202610, 'posted', now())`, int64(v)); err != nil {
		t.Fatal(err)
	}
	n, err := s.notices().Publish(ctx, pgtest.In(v, actor.Lead), 202610)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := s.db.Owner.Query(ctx, `select position, door, head, carried, plus, minus, spent, total from notice_line where village_id = $1 and month = 202610 order by position`, int64(v))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := pgx.CollectRows(rows, pgx.RowToStructByNameLax[notice.Line])
	if err != nil || len(lines) != 3 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	p.code = notice.Code(n.Root)
	for _, l := range lines {
		p.marks = append(p.marks, notice.Mark(n.Root, l))
	}
	return p
}

// verifies looks a paper up as anybody may: the sheet by its code, each line by its mark and its way to the root, and
// no line by another's mark.
func (s stand) verifies(t *testing.T, v actor.VillageID, p printed) {
	t.Helper()
	ctx := context.Background()
	if k, err := s.notices().Verify(ctx, v, p.code, 0, ""); err != nil || !k.Current {
		t.Errorf("village %d: the sheet: %+v, %v", v, k, err)
	}
	for i, mark := range p.marks {
		k, err := s.notices().Verify(ctx, v, p.code, i+1, mark)
		if err != nil || !k.Matches || k.Shown == nil || len(k.Branch) == 0 {
			t.Errorf("village %d, line %d: %+v, %v", v, i+1, k, err)
		}
		if k, err := s.notices().Verify(ctx, v, p.code, i+1, p.marks[(i+1)%len(p.marks)]); err == nil && k.Matches {
			t.Errorf("village %d: line %d goes by another's mark", v, i+1)
		}
	}
}

func TestMergeAndSplit(t *testing.T) {
	t.Parallel()
	s := platform(t, 4)
	ctx, admin := context.Background(), actor.Actor{Role: actor.Platform, Name: "平台管理员"}
	s.live(t, pgtest.A)
	paper := s.publish(t, pgtest.A)
	s.verifies(t, pgtest.A, paper)
	before, old := s.books(t, pgtest.A), s.sound(t, pgtest.A)
	if len(before) != 3 || before[0] != (book{50, 15, 25, 25}) {
		t.Fatalf("%+v", before)
	}
	if _, err := s.Shift(ctx, admin, Transfer{From: pgtest.A, To: pgtest.C, Prefix: true, Close: true, Reason: "镇外不能并"}); !errors.Is(err, ErrSameTown) {
		t.Errorf("merged into another township's village: %v", err)
	}

	// merge: all of A into B
	n, err := s.Shift(ctx, admin, Transfer{From: pgtest.A, To: pgtest.B, Prefix: true, Close: true, Reason: "两村合并，市政府批复"})
	if err != nil || n != 3 {
		t.Fatalf("%d homes, %v", n, err)
	}
	if after := s.books(t, pgtest.B); !slices.Equal(after, before) {
		t.Errorf("the books were %v and are %v", before, after)
	}
	s.seal(t, pgtest.A)
	s.seal(t, pgtest.B)
	if r := s.sound(t, pgtest.A); r.Entries != old.Entries+6 || r.Blocks != old.Blocks+1 { // the chain goes on from where it was: two closing lines a home
		t.Errorf("the old village's book was %+v and is %+v", old, r)
	}
	if r := s.sound(t, pgtest.B); r.Entries == 0 || r.Sealed != r.Entries {
		t.Errorf("the new village's book: %+v", r)
	}
	if x, err := s.Villages.Find(ctx, pgtest.A); err != nil || x.State != village.Closed {
		t.Errorf("the old village is %s, %v", x.State, err)
	}
	s.verifies(t, pgtest.A, paper)
	if n := s.rows(t, `select count(*) from balance where village_id = 11 and (base <> 0 or year <> 0)`); n != 0 {
		t.Errorf("%d homes still have points to spend in the closed village", n)
	}
	if n := s.rows(t, `select count(*) from move_in i join move_out o on o.village_id = i.from_village and o.id = i.id and o.household_id = i.from_household where i.village_id = 12 and o.arrived_at is not null`); n != 3 {
		t.Errorf("%d of 3 moves stand on both sides", n)
	}
	if n := s.rows(t, `select count(*) from former_line where village_id = 12`); n != 3*5 { // base, award, redemption and the two that closed the book
		t.Errorf("%d old lines can be read", n)
	}
	if n := s.rows(t, `select count(*) from household where village_id = 12 and door like '东村%' and state = 'active'`); n != 3 {
		t.Errorf("%d doors", n)
	}
	err = s.DB.Look(ctx, pgtest.In(pgtest.B, actor.Lead), func(tx pg.Tx) error {
		key, err := s.Vault.Village(ctx, tx)
		if err != nil {
			return err
		}
		phone, err := pg.Scalar[[]byte](ctx, tx, `select phone from household where village_id = 12 limit 1`)
		if err == nil {
			if plain, e := key.Open(phone); e != nil || plain != "13800138000" {
				t.Errorf("the phone reads %q, %v", plain, e)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}

	// split: one team of B becomes a village of its own
	if _, err := s.db.Owner.Exec(ctx, `insert into village (id, township_id, code, name, kind, state, created_at) values (13, 1, 'd', '新村', 'village', 'setup', now())`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Owner.Exec(ctx, `update household set team = '二组' where village_id = 12 and door = '东村1组2号'`); err != nil {
		t.Fatal(err)
	}
	was := s.books(t, pgtest.B)
	n, err = s.Shift(ctx, admin, Transfer{From: pgtest.B, To: 13, Teams: []string{"二组"}, Reason: "二组设立新村"})
	if err != nil || n != 1 {
		t.Fatalf("%d homes, %v", n, err)
	}
	if stayed, went := s.books(t, pgtest.B), s.books(t, 13); len(stayed) != 2 || len(went) != 1 || !slices.Equal(went, was[1:2]) {
		t.Errorf("stayed %v, went %v of %v", stayed, went, was)
	}
	for _, v := range []actor.VillageID{pgtest.A, pgtest.B, 13} {
		s.seal(t, v)
		s.sound(t, v)
	}
	s.verifies(t, pgtest.A, paper)
	if _, err := s.db.Owner.Exec(ctx, `update notice_line set plus = plus + 1 where village_id = 11 and position = 1`); err != nil {
		t.Fatal(err)
	}
	if k, err := s.notices().Verify(ctx, pgtest.A, paper.code, 1, paper.marks[0]); err == nil && k.Matches {
		t.Error("a line that was changed still verifies, so that the test shows nothing")
	}
}

func TestAMoveBrokenOff(t *testing.T) {
	t.Parallel()
	s := platform(t, 5)
	ctx, admin := context.Background(), actor.Actor{Role: actor.Platform, Name: "平台管理员"}
	s.live(t, pgtest.A)
	var home uuid.UUID
	if err := s.db.Owner.QueryRow(ctx, `select id from household where village_id = 11 and door = '1组1号'`).Scan(&home); err != nil {
		t.Fatal(err)
	}
	// the door is taken over there: it has left and not arrived, and the job keeps trying
	s.db.Household(t, pgtest.B, "1组1号", "占着")
	id, err := s.MoveHome(ctx, admin, pgtest.A, Move{Household: home, To: pgtest.B, Reason: "搬到女儿家"})
	if err == nil {
		t.Fatal("two homes behind one door")
	}
	if n := s.rows(t, `select count(*) from outbox where village_id = 11 and kind = 'tenure.arrive' and state = 0`); n != 1 {
		t.Fatalf("%d jobs wait to finish the move", n)
	}
	job := ArriveJob{Move: id, To: pgtest.B, Door: "1组9号"}
	for range 2 { // twice is once
		if err := s.Arrive(ctx, actor.System(pgtest.A), job); err != nil {
			t.Fatal(err)
		}
	}
	if n := s.rows(t, `select count(*) from move_in where village_id = 12`); n != 1 {
		t.Errorf("%d arrivals", n)
	}
	if _, err := s.MoveHome(ctx, admin, pgtest.A, Move{Household: home, To: pgtest.B, Reason: "再搬一次试试"}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("it left twice: %v", err)
	}
	s.sound(t, pgtest.A)
	s.sound(t, pgtest.B)
}

// TestTwoBringAHomeIn lets the mover and the job that the mover leaves behind do the second half at the same time.
func TestTwoBringAHomeIn(t *testing.T) {
	t.Parallel()
	s := platform(t, 11)
	ctx := context.Background()
	s.live(t, pgtest.A)
	b, err := s.Villages.Find(ctx, pgtest.B)
	if err != nil {
		t.Fatal(err)
	}
	var homes []uuid.UUID
	rows, err := s.db.Owner.Query(ctx, `select id from household where village_id = 11`)
	if err == nil {
		homes, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
	}
	if err != nil {
		t.Fatal(err)
	}
	for i, home := range homes {
		job := ArriveJob{Move: pg.NewID(), To: pgtest.B, Door: fmt.Sprintf("9组%d号", i)}
		err := s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error {
			return depart(ctx, tx, b, Move{Household: home, To: pgtest.B, Reason: "两人同时办"}, job, -1)
		})
		if err != nil {
			t.Fatal(err)
		}
		ends := make(chan error, 4)
		for range cap(ends) {
			go func() { ends <- s.Arrive(ctx, actor.System(pgtest.A), job) }()
		}
		for range cap(ends) {
			if err := <-ends; err != nil {
				t.Error(err)
			}
		}
	}
	if n := s.rows(t, `select count(*) from household where village_id = 12 and state = 'active'`); n != len(homes) {
		t.Errorf("%d of %d homes", n, len(homes))
	}
	s.sound(t, pgtest.B)
}

func TestUnfinishedHomesStay(t *testing.T) {
	t.Parallel()
	s := platform(t, 6)
	ctx, admin := context.Background(), actor.Actor{Role: actor.Platform, Name: "平台管理员"}
	s.live(t, pgtest.A)
	var home uuid.UUID
	if err := s.db.Owner.QueryRow(ctx, `update balance set held = 5 where village_id = 11 and household_id = (select id from household where village_id = 11 and door = '1组1号') returning household_id`).Scan(&home); err != nil {
		t.Fatal(err)
	}
	if _, err := s.MoveHome(ctx, admin, pgtest.A, Move{Household: home, To: pgtest.B, Door: "9组9号", Reason: "搬到女儿家"}); !errors.Is(err, ErrBusyHome) {
		t.Errorf("%v", err)
	}
}

// TestWhatARoundGaveGoesAlong: a home waits for what the month's round gave it, which otherwise would come into a book
// that it has left; and a split says which of its teams there is not, and when nobody would be left.
func TestWhatARoundGaveGoesAlong(t *testing.T) {
	t.Parallel()
	s := platform(t, 14)
	ctx := context.Background()
	s.live(t, pgtest.A)
	s.db.Exec(t, `update household set team = left(door, 2) where village_id = 11`)
	s.db.Exec(t, `update household set team = '2组' where village_id = 11 and door = '1组2号'`)
	var home, other uuid.UUID
	if err := s.db.Owner.QueryRow(ctx, `select h.id, o.id from household h, household o where h.village_id = 11 and h.door = '1组2号' and o.village_id = 11 and o.door = '1组1号'`).Scan(&home, &other); err != nil {
		t.Fatal(err)
	}
	round, member := pg.NewID(), pg.NewID()
	s.db.Exec(t, `insert into inspection (village_id, id, grid, month, rule_version, items, occurred_on, seed, sample, state, opened_by, opened_by_name, opened_at, closed_by, closed_at, digest)
		values (11, $1, 0, 202611, 1, '{P07}', '2026-11-10', 'x', '{}', 'closed', $2, '网格员', now(), $2, now(), 'x')`, round, member)
	s.db.Exec(t, `insert into slot (village_id, household_id, holder_kind, holder_id, item, sole, counted, points, occurred_on) values (11, $1, 2, $2, 'P07', false, 1, 5, '2026-11-10')`, home, round)
	split := func(teams ...string) []string {
		t.Helper()
		return s.ask(t, Wish{Kind: Split, Village: pgtest.A, To: pgtest.B, Args: Args{Teams: teams}}).Plan.Blocks
	}
	has := func(blocks []string, what string) bool {
		return slices.ContainsFunc(blocks, func(b string) bool { return strings.Contains(b, what) })
	}
	confirmed := func(number int, covers []uuid.UUID, leaves ...uuid.UUID) {
		t.Helper()
		s.db.Exec(t, `insert into inspection_confirm (village_id, inspection_id, number, account_id, name, confirmed_at, covers, leaves, month) values (11, $1, $2, gen_random_uuid(), '两委', now(), $3, $4, 202611)`, round, number, covers, append([]uuid.UUID{}, leaves...))
	}
	waits := func(why string) {
		t.Helper()
		if b := split("2组"); !has(b, "还没入账的巡查得分") {
			t.Errorf("%s: %q", why, b)
		}
		if _, err := s.MoveHome(ctx, admin, pgtest.A, Move{Household: home, To: pgtest.B, Reason: "搬到女儿家"}); !errors.Is(err, ErrBusyHome) {
			t.Errorf("%s: %v", why, err)
		}
	}
	waits("nobody has confirmed the round")
	confirmed(1, nil, home)
	s.db.Exec(t, `update inspection_confirm set posted = true`)
	waits("its relative has confirmed the others")
	confirmed(2, []uuid.UUID{home})
	waits("it is confirmed and not in the book")
	s.db.Exec(t, `update inspection_confirm set posted = true`)
	if b := split("2组"); len(b) > 0 {
		t.Errorf("all is in the book: %q", b)
	}
	if b := split("2组", "9组"); len(b) != 1 || !has(b, "没有住户的组名是“9组”") {
		t.Errorf("a team that is not there: %q", b)
	}
	if b := split("1组", "2组"); !has(b, "一户也不剩") {
		t.Errorf("everybody: %q", b)
	}
	if _, err := s.MoveHome(ctx, admin, pgtest.A, Move{Household: home, To: pgtest.B, Reason: "搬到女儿家"}); err != nil {
		t.Error(err)
	}
}
