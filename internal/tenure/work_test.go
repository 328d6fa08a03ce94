package tenure

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/village"
)

// admin is the platform's administrator, with an account.
var admin = actor.Actor{Role: actor.Platform, Name: "平台管理员", Account: uuid.MustParse("0198f0f0-0000-7000-8000-00000000000a")}

const phrase = "海沿村搬家时用的口令"

// carrying lets the stand's own service carry villages, as the worker does.
func (s stand) carrying() {
	s.Service.Keep = func(context.Context) (*Keeper, func(), error) {
		return &Keeper{Service: s.Service, DB: s.keeper.DB}, func() {}, nil
	}
}

// later lets time go by for everything of the stand.
func (s stand) later(d time.Duration) {
	now := s.DB.Now().Add(d)
	s.DB.Now, s.keeper.DB.Now = func() time.Time { return now }, func() time.Time { return now }
}

// ask plans and answers what the page shows.
func (s stand) ask(t *testing.T, w Wish) Work {
	t.Helper()
	w.Reason = "县政府批复〔2026〕12 号"
	id, err := s.Ask(context.Background(), admin, w)
	if err != nil {
		t.Fatal(err)
	}
	return s.read(t, id)
}

func (s stand) read(t *testing.T, id uuid.UUID) Work {
	t.Helper()
	k, err := s.Work(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// finish confirms, waits, and does what the worker would.
func (s stand) finish(t *testing.T, id uuid.UUID) Work {
	t.Helper()
	ctx := context.Background()
	if err := s.Confirm(ctx, admin, id, s.read(t, id).Name); err != nil {
		t.Fatal(err)
	}
	s.later(25 * time.Hour)
	if err := s.DoWork(ctx, WorkJob{id, s.read(t, id).Try}); err != nil {
		t.Fatal(err)
	}
	k := s.read(t, id)
	if k.State != Done {
		t.Fatalf("%s: %s", k.State, k.Fault)
	}
	return k
}

func TestAMergeIsShownConfirmedAndDone(t *testing.T) {
	t.Parallel()
	s := platform(t, 7)
	ctx := context.Background()
	s.live(t, pgtest.A)
	paper := s.publish(t, pgtest.A)
	before := s.books(t, pgtest.A)
	k := s.ask(t, Wish{Kind: Merge, Village: pgtest.A, To: pgtest.B})
	if len(k.Plan.Blocks) > 0 || !slices.Contains(k.Plan.Facts, Line{"住户", "3 户"}) || !slices.Contains(k.Plan.Facts, Line{"今年的分", "45 分"}) {
		t.Fatalf("plan: %+v", k.Plan)
	}
	if n := s.rows(t, `select count(*) from move_out`); n != 0 {
		t.Fatal("looking at it has moved somebody")
	}
	for _, typed := range []string{"", "西村", "东村 东村", k.Code} {
		if err := s.Confirm(ctx, admin, k.ID, typed); !errors.Is(err, ErrTyped) {
			t.Errorf("confirmed by %q: %v", typed, err)
		}
	}
	// what changed meanwhile is shown anew
	s.db.Exec(t, `update balance set held = 3 where village_id = 11 and household_id = (select id from household where village_id = 11 and door = '1组1号')`)
	if err := s.Confirm(ctx, admin, k.ID, k.Name); !errors.Is(err, ErrReplanned) {
		t.Errorf("%v", err)
	}
	if err := s.Confirm(ctx, admin, k.ID, k.Name); !errors.Is(err, ErrBlocked) || strings.Contains(err.Error(), "户主") {
		t.Errorf("%v", err)
	}
	s.db.Exec(t, `update balance set held = 0 where village_id = 11`)
	k = s.ask(t, Wish{Kind: Merge, Village: pgtest.A, To: pgtest.B})
	if err := s.Confirm(ctx, admin, k.ID, k.Name); err != nil {
		t.Fatal(err)
	}
	if err := s.Confirm(ctx, admin, k.ID, k.Name); !errors.Is(err, ErrStage) {
		t.Errorf("twice: %v", err)
	}
	other := s.ask(t, Wish{Kind: Merge, Village: pgtest.A, To: pgtest.B})
	if err := s.Confirm(ctx, admin, other.ID, other.Name); !errors.Is(err, ErrOther) {
		t.Errorf("two at once: %v", err)
	}
	if err := s.Withdraw(ctx, admin, k.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.DoWork(ctx, WorkJob{k.ID, s.read(t, k.ID).Try}); err != nil || s.rows(t, `select count(*) from move_out`) != 0 {
		t.Errorf("what was withdrawn was done: %v", err)
	}

	count := func(want int64) {
		t.Helper()
		if v, err := s.Site(ctx, pgtest.A); err != nil || v.Accounts != want {
			t.Errorf("%d can use the village, %v", v.Accounts, err)
		}
	}
	count(1)
	k = s.finish(t, other.ID)
	count(0)
	if !strings.Contains(k.Result, "3 户") {
		t.Errorf("result: %q", k.Result)
	}
	if after := s.books(t, pgtest.B); !slices.Equal(after, before) {
		t.Errorf("the books were %v and are %v", before, after)
	}
	s.sound(t, pgtest.A)
	s.sound(t, pgtest.B)
	s.verifies(t, pgtest.A, paper)
	if err := s.Withdraw(ctx, admin, k.ID); !errors.Is(err, ErrStage) {
		t.Errorf("taken back when it was done: %v", err)
	}
	if n := s.rows(t, `select count(*) from office_audit where verb like 'work.%'`); n < 6 {
		t.Errorf("%d lines of the log", n)
	}
}

// TestAKilledMergeGoesOn breaks it off after a home, between the two halves of a move, and before its last word.
func TestAKilledMergeGoesOn(t *testing.T) {
	t.Parallel()
	s := platform(t, 8)
	ctx := context.Background()
	s.live(t, pgtest.A)
	s.publish(t, pgtest.A)
	before := s.books(t, pgtest.A)
	k := s.ask(t, Wish{Kind: Merge, Village: pgtest.A, To: pgtest.B})
	if err := s.Confirm(ctx, admin, k.ID, k.Name); err != nil {
		t.Fatal(err)
	}
	s.later(time.Hour)
	// the first home has left and not arrived when the worker dies
	var home uuid.UUID
	if err := s.db.Owner.QueryRow(ctx, `select id from household where village_id = 11 and door = '1组1号'`).Scan(&home); err != nil {
		t.Fatal(err)
	}
	job := ArriveJob{Move: pg.NewID(), To: pgtest.B, Door: "东村1组1号"}
	b, err := s.Villages.Find(ctx, pgtest.B)
	if err != nil {
		t.Fatal(err)
	}
	err = s.DB.InVillage(ctx, actor.Actor{Role: actor.Platform, Name: "平台管理员", Village: pgtest.A}, func(tx pg.Tx) error {
		return depart(ctx, tx, b, Move{Household: home, To: pgtest.B, Reason: k.Reason}, job, -1)
	})
	if err != nil {
		t.Fatal(err)
	}
	// and the next worker's context ends after one more home
	dying, die := context.WithCancel(ctx)
	try := s.read(t, k.ID).Try
	n := 0
	_, err = s.Shift(dying, admin, Transfer{From: pgtest.A, To: pgtest.B, Prefix: true, Close: true, Reason: k.Reason, Say: func(int, int) {
		if n++; n == 1 {
			die()
		}
	}})
	if !errors.Is(err, context.Canceled) || s.rows(t, `select count(*) from move_in where village_id = 12`) != 2 {
		t.Fatalf("it was not broken off: %v", err)
	}
	if err := s.DoWork(ctx, WorkJob{k.ID, try}); err != nil {
		t.Fatal(err)
	}
	if k = s.read(t, k.ID); k.State != Done {
		t.Fatalf("%s %s", k.State, k.Fault)
	}
	if after := s.books(t, pgtest.B); !slices.Equal(after, before) {
		t.Errorf("the books were %v and are %v", before, after)
	}
	// killed before its last word: it is asked again and finds all done
	s.db.Exec(t, `update undertaking set state = 'running' where id = $1`, k.ID)
	if err := s.DoWork(ctx, WorkJob{k.ID, try}); err != nil || s.read(t, k.ID).State != Done || s.rows(t, `select count(*) from move_in where village_id = 12`) != 3 {
		t.Errorf("asked again: %v, %+v", err, s.read(t, k.ID))
	}
	s.sound(t, pgtest.A)
	s.sound(t, pgtest.B)
}

func TestOneHomeMoved(t *testing.T) {
	t.Parallel()
	s := platform(t, 9)
	ctx := context.Background()
	s.live(t, pgtest.A)
	var no string
	if err := s.db.Owner.QueryRow(ctx, `select passbook_no from household where village_id = 11 and door = '1组2号'`).Scan(&no); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ask(ctx, admin, Wish{Kind: Shove, Village: pgtest.A, To: pgtest.B, Args: Args{Passbook: "0000"}, Reason: "搬到女儿家"}); !errors.Is(err, ErrHome) {
		t.Errorf("%v", err)
	}
	s.db.Household(t, pgtest.B, "1组2号", "占着")
	k := s.ask(t, Wish{Kind: Shove, Village: pgtest.A, To: pgtest.B, Args: Args{Passbook: no}})
	if len(k.Plan.Blocks) != 1 || !strings.Contains(k.Plan.Blocks[0], "门牌") {
		t.Fatalf("%v", k.Plan.Blocks)
	}
	k = s.ask(t, Wish{Kind: Shove, Village: pgtest.A, To: pgtest.B, Args: Args{Passbook: no, Door: "2组9号"}})
	shown, _ := json.Marshal(k.Plan)
	if strings.Contains(string(shown), "户主") {
		t.Errorf("the platform reads a name: %s", shown)
	}
	k = s.finish(t, k.ID)
	s.db.Exec(t, `update undertaking set state = 'running' where id = $1`, k.ID)
	if err := s.DoWork(ctx, WorkJob{k.ID, k.Try}); err != nil || s.read(t, k.ID).State != Done || s.rows(t, `select count(*) from move_in`) != 1 {
		t.Errorf("asked again: %v", err)
	}
}

// TestOutAndInByThePages exports, downloads, deletes and brings in again, all as the pages do.
func TestOutAndInByThePages(t *testing.T) {
	t.Parallel()
	s := platform(t, 10)
	ctx := context.Background()
	s.live(t, pgtest.A)
	paper := s.publish(t, pgtest.A)
	before := s.sound(t, pgtest.A)
	k := s.ask(t, Wish{Kind: Carry, Village: pgtest.A, Passphrase: phrase})
	if len(k.Plan.Blocks) != 1 {
		t.Errorf("a village at work: %v", k.Plan.Blocks)
	}
	if err := s.Suspend(ctx, admin, pgtest.A, "换平台，搬走"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Ask(ctx, admin, Wish{Kind: Carry, Village: pgtest.A, Passphrase: "short", Reason: "换平台，搬走"}); !errors.Is(err, ErrPassphrase) {
		t.Errorf("%v", err)
	}
	k = s.ask(t, Wish{Kind: Carry, Village: pgtest.A, Passphrase: phrase})
	if err := s.Confirm(ctx, admin, k.ID, k.Name); err != nil {
		t.Fatal(err)
	}
	if err := s.DoWork(ctx, WorkJob{k.ID, 2}); err != nil {
		t.Fatal(err)
	}
	if stopped := s.read(t, k.ID); stopped.State != Failed || stopped.Fault != ErrNoKeeper.Text {
		t.Fatalf("without the keeper's login: %s %s", stopped.State, stopped.Fault)
	}
	s.carrying()
	if err := s.GoOn(ctx, admin, k.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.DoWork(ctx, WorkJob{k.ID, 3}); err != nil {
		t.Fatal(err)
	}
	out := s.read(t, k.ID)
	if out.State != Done || !out.HasFile(s.DB.Now()) || out.Bytes == 0 || s.rows(t, `select count(*) from undertaking where secret is not null and state = 'done'`) != 0 {
		t.Fatalf("%+v", out)
	}
	erase := Wish{Kind: Erase, Village: pgtest.A, Passphrase: phrase, Args: Args{Of: out.ID}}
	if d := s.ask(t, erase); !slices.Contains(d.Plan.Blocks, ErrUnfetched.Text) {
		t.Errorf("not downloaded yet: %v", d.Plan.Blocks)
	}
	_, r, err := s.Fetch(ctx, admin, out.ID)
	if err != nil {
		t.Fatal(err)
	}
	file, err := io.ReadAll(r)
	_ = r.Close()
	if err != nil || int64(len(file)) != out.Bytes {
		t.Fatalf("%d bytes, %v", len(file), err)
	}
	if _, err := s.Ask(ctx, admin, Wish{Kind: Erase, Village: pgtest.B, Passphrase: phrase, Args: Args{Of: out.ID}, Reason: "拿别村的文件来删"}); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("another village's file: %v", err)
	}

	d := s.ask(t, erase)
	if err := s.Confirm(ctx, admin, d.ID, d.Name); err != nil {
		t.Fatal(err)
	}
	if d = s.read(t, d.ID); d.StartsAt.Sub(s.DB.Now()) != graceErase {
		t.Errorf("it begins at %v", d.StartsAt)
	}
	// killed when the rows were gone and the objects not yet: gone on with
	for i, err := range s.Blobs.List(ctx, pgtest.A) {
		if err != nil || i.Size == 0 {
			t.Fatal(err)
		}
	}
	f, err := OpenFile(bytes.NewReader(file), int64(len(file)), phrase)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.keeper.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return s.keeper.erase(ctx, tx, "运维", f) }); err != nil {
		t.Fatal(err)
	}
	s.later(25 * time.Hour)
	if err := s.DoWork(ctx, WorkJob{d.ID, d.Try}); err != nil {
		t.Fatal(err)
	}
	if d = s.read(t, d.ID); d.State != Done {
		t.Fatalf("%s %s", d.State, d.Fault)
	}
	for i := range s.Blobs.List(ctx, pgtest.A) {
		t.Errorf("object %s stays", i.Key)
	}
	if n := s.rows(t, `select (select count(*) from village where id = 11) + (select count(*) from household where village_id = 11)`); n != 0 {
		t.Errorf("%d rows stay", n)
	}

	// in again: read through, shown, confirmed
	up, err := s.Upload(ctx, admin, bytes.NewReader(file), int64(len(file)), phrase, "搬回来了")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.DoWork(ctx, WorkJob{up, 1}); err != nil {
		t.Fatal(err)
	}
	in := s.read(t, up)
	if in.State != Planned || in.Name != "东村" || len(in.Plan.Blocks) > 0 {
		t.Fatalf("%s %s %+v", in.State, in.Fault, in.Plan)
	}
	// killed after the village's own row: the second try knows its own beginning
	if err := s.keeper.root(ctx, f); err != nil {
		t.Fatal(err)
	}
	s.finish(t, up)
	s.verifies(t, pgtest.A, paper)
	if after := s.sound(t, pgtest.A); after.Entries != before.Entries || after.Sealed != before.Sealed {
		t.Errorf("the book was %+v and is %+v", before, after)
	}
	var again bytes.Buffer
	m, err := s.keeper.Export(ctx, "运维", pgtest.A, phrase, &again)
	if err != nil || !slices.Equal(m.Tables, f.Tables) || !slices.Equal(m.Objects, f.Objects) || m.Accounts != f.Accounts {
		t.Errorf("it is not the same village: %v", err)
	}
	if v, err := s.Villages.Find(ctx, pgtest.A); err != nil || v.State != village.Suspended {
		t.Errorf("%s, %v", v.State, err)
	}
	// the time of the files is over
	s.later(100 * 24 * time.Hour)
	if err := s.Tidy(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Blobs.Stat(ctx, blob.PlatformKey(out.ID)); !errors.Is(err, blob.ErrMissing) {
		t.Errorf("the file stays: %v", err)
	}
	if _, _, err := s.Fetch(ctx, admin, out.ID); !errors.Is(err, fault.ErrNotFound) {
		t.Errorf("%v", err)
	}
}
