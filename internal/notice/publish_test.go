package notice

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
)

func TestSQL(t *testing.T) { t.Parallel(); pgtest.CheckSQL(t) }

// village is a test's village A with forty households, a book and a service.
type village struct {
	*pgtest.DB
	*Service
	t     *testing.T
	homes []uuid.UUID
	lead  actor.Actor
}

const october, november = month.Month(202610), month.Month(202611)

var heads = []string{"张桂兰", "李𬭎", "王䶮𫖮", "陈𬸪", "欧阳娜娜", "单建国", "丛树"}

func newVillage(t *testing.T) *village {
	t.Helper()
	store, err := blob.Open(blob.Config{Endpoint: os.Getenv("TEST_S3_ENDPOINT"), AccessKey: os.Getenv("TEST_S3_ACCESS_KEY"),
		SecretKey: os.Getenv("TEST_S3_SECRET_KEY"), Bucket: fmt.Sprintf("notice-%d", os.Getpid())})
	if err == nil {
		err = store.EnsureBucket(context.Background())
	}
	if err != nil {
		t.Fatal(err)
	}
	db := pgtest.New(t)
	v := &village{DB: db, t: t, lead: pgtest.In(pgtest.A, actor.Lead)}
	v.Service = &Service{DB: db.DB, Blobs: store,
		Render: func(w View) ([]byte, error) {
			return []byte(strings.Join(append(w.texts(), w.Remarks()...), "\n")), nil
		},
		Address: func(code string, m month.Month, n int) string {
			return fmt.Sprintf("https://example.cn/b/%s/%s/%d", code, m, n)
		}}
	db.At("2026-11-01T09:00:00+08:00")
	for i := range 40 {
		v.homes = append(v.homes, db.Household(t, pgtest.A, fmt.Sprintf("%d组%d号", i/20+1, i%20+1), heads[i%len(heads)]))
		v.exec(`update household set walk = $1 where id = $2`, 40-i, v.homes[i])
	}
	v.exec(`insert into rule_set (village_id, version, year, in_force_from, reason, base_points, settings, digest, created_at)
		values (11, 1, 2026, '2026-01-01', '', 100, '{"objection_days": 7, "hold_disputed": true}', '', now())`)
	for i, r := range [][4]string{{"P07", "农村人居环境整治", "垃圾分类", "A"}, {"P16", "网格治理", "参与网格工作", "A"}, {"P23", "德善公益", "义务献血", "C"},
		{"P12", "移风易俗", "丧事简办", "B"}, {"N12", "农村人居环境整治", "乱倒垃圾", "A"}, {"N24", "德善公益", "家暴", "X"}} {
		v.exec(`insert into rule_item (village_id, version, code, position, body) values (11, 1, $1, $2, jsonb_build_object('class', $3::text, 'title', $4::text, 'notice', $5::text))`,
			r[0], i, r[1], r[2], r[3])
	}
	v.sheet(october, "posted")
	return v
}

func (v *village) exec(sql string, args ...any) {
	v.t.Helper()
	if _, err := v.Owner.Exec(context.Background(), sql, args...); err != nil {
		v.t.Fatal(err)
	}
}

func (v *village) sheet(m month.Month, state string) {
	v.t.Helper()
	v.exec(`insert into sheet (village_id, month, state) values (11, $1, $2)`, int32(m), state)
}

// enter writes one line of the book.
func (v *village) enter(home uuid.UUID, m month.Month, kind, points int, item string, reverses ...uuid.UUID) uuid.UUID {
	v.t.Helper()
	id := pg.NewID()
	source, sourceKind := uuid.New(), 9
	if kind == 3 {
		source, sourceKind = v.Cleared(v.t, pgtest.A, home, item, 1, points), 6
	}
	var back *uuid.UUID
	if len(reverses) > 0 {
		back = &reverses[0]
	}
	v.exec(`insert into ledger_entry (village_id, id, household_id, reverses, source_id, at, points, month, occurred_on, rule_version, source_kind, kind, bucket, scores, item)
		values (11, $1, $2, $3, $4, $5, $6, $7, '2026-10-05', 1, $11, $8, $9, true, $10)`, id, home, back, source, v.Now(), points, int32(m), kind, map[bool]int{true: 1, false: 2}[kind == 1], item, sourceKind)
	return id
}

// october's usual business: base points and a September, waste sorting for all, grid work for six, one blood
// donation, one simple funeral, seven dumpings, one redemption.
func (v *village) usual() (dumped []uuid.UUID) {
	for i, h := range v.homes {
		v.enter(h, 202601, 1, 100, "")
		v.enter(h, 202609, 2, 10+i, "P07")
		v.enter(h, october, 2, 5, "P07")
	}
	for _, h := range v.homes[:6] {
		v.enter(h, october, 2, 5, "P16")
	}
	v.enter(v.homes[7], october, 2, 5, "P23")
	v.enter(v.homes[8], october, 2, 5, "P12")
	for _, h := range v.homes[10:17] {
		dumped = append(dumped, v.enter(h, october, 3, -5, "N12"))
	}
	v.enter(v.homes[20], october, 4, -12, "")
	v.enter(v.homes[20], november, 2, 5, "P07") // of the month after: not on this notice
	return dumped
}

func (v *village) publish() Notice {
	v.t.Helper()
	n, err := v.Publish(context.Background(), v.lead, october)
	if err != nil {
		v.t.Fatal(err)
	}
	return n
}

func (v *village) lines(n Notice) (lines []Line) {
	v.t.Helper()
	err := v.DB.Look(context.Background(), v.lead, func(tx pg.Tx) (err error) {
		lines, err = pg.All[Line](context.Background(), tx, sqlLines, edition(tx, n))
		return err
	})
	if err != nil {
		v.t.Fatal(err)
	}
	return lines
}

func (v *village) page(n int) string {
	v.t.Helper()
	p, err := v.Page(context.Background(), pgtest.A, october, n)
	if err != nil {
		v.t.Fatal(err)
	}
	z, err := gzip.NewReader(bytes.NewReader(p.Body))
	if err != nil {
		v.t.Fatal(err)
	}
	b, _ := io.ReadAll(z)
	return string(b)
}

func TestPublish(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.usual()
	n := v.publish()
	if n.Number != 1 || n.Households != 40 || n.Plus != 200+30+10 || n.Minus != 35 || n.Spent != 12 {
		t.Errorf("published %+v", n)
	}
	if got := n.ObjectUntil.Format(time.DateOnly) + " " + n.DownOn.Format(time.DateOnly); got != "2026-11-08 2026-12-01" {
		t.Errorf("days: %s", got)
	}
	if fmt.Sprint(n.Classes.Plus) != "[{农村人居环境整治 40 200} {其他 8 40}]" || fmt.Sprint(n.Classes.Minus) != "[{其他事项 7 0}]" {
		t.Errorf("classes %v, %v", n.Classes.Plus, n.Classes.Minus)
	}
	lines := v.lines(n)
	if !Holds(pgtest.A, n, lines) {
		t.Error("the root is not that of the lines")
	}
	if l := lines[0]; l != (Line{1, "2组20号", "欧阳娜*", 149, 5, 0, 0, 154}) { // walking order, not that of entry
		t.Errorf("first line %+v", l)
	}
	if l := lines[19]; l != (Line{20, "2组1号", "丛*", 130, 5, 0, 12, 123}) {
		t.Errorf("line of who redeemed %+v", l)
	}
	for _, secret := range []string{"兰", "李𬭎", "家暴", "献血", "N24"} {
		if strings.Contains(v.page(1), secret) {
			t.Errorf("the page says %s", secret)
		}
	}
	var state string
	if err := v.Owner.QueryRow(context.Background(), `select state || (select count(*) from audit where verb = 'notice.publish' and object_id = '2026-10/1') from sheet`).Scan(&state); err != nil || state != "published1" {
		t.Errorf("sheet and log: %s (%v)", state, err)
	}
}

// The totals are those that the book gives when it is summed in another way.
func TestTotalsAreTheBooks(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.usual()
	n := v.publish()
	rows, err := v.Owner.Query(context.Background(), `select l.total, l.plus - l.minus - l.spent, sum(e.points), sum(e.points) filter (where e.month = 202610)
		from notice_line l join ledger_entry e on e.household_id = l.household_id and e.month <= 202610 group by l.position, l.total, l.plus, l.minus, l.spent`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	count := 0
	for ; rows.Next(); count++ {
		var total, moved, sum, within int64
		if err := rows.Scan(&total, &moved, &sum, &within); err != nil || total != sum || moved != within {
			t.Errorf("line %d/%d, book %d/%d (%v)", total, moved, sum, within, err)
		}
	}
	if count != n.Households {
		t.Errorf("%d lines of %d", count, n.Households)
	}
}

func TestPublishTwiceIsOnce(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.usual()
	var wg sync.WaitGroup
	all := make([]Notice, 6)
	for i := range all {
		wg.Go(func() {
			var err error
			if all[i], err = v.Publish(context.Background(), v.lead, october); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, n := range all {
		if !bytes.Equal(n.Root, all[0].Root) || n.Etag != all[0].Etag || n.Number != 1 {
			t.Errorf("another notice: %+v", n)
		}
	}
	var notices, lines, logged int
	_ = v.Owner.QueryRow(context.Background(), `select (select count(*) from notice), (select count(*) from notice_line), (select count(*) from audit)`).Scan(&notices, &lines, &logged)
	if notices != 1 || lines != 40 || logged != 1 {
		t.Errorf("%d notices, %d lines, %d log entries", notices, lines, logged)
	}
}

func TestNotPosted(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.sheet(november, "signing")
	ctx := context.Background()
	for _, m := range []month.Month{november, 202612} {
		if _, err := v.Publish(ctx, v.lead, m); !errors.Is(err, ErrNotPosted) {
			t.Errorf("%s: %v", m, err)
		}
	}
	if _, err := v.Correct(ctx, v.lead, october, "异议成立，更正"); !errors.Is(err, ErrNotPublished) {
		t.Error(err)
	}
	if _, err := v.Correct(ctx, v.lead, october, "改"); !errors.Is(err, ErrReason) {
		t.Error(err)
	}
	if _, err := v.Publish(ctx, pgtest.In(pgtest.B, actor.Lead), october); !errors.Is(err, ErrNotPosted) {
		t.Errorf("another village's month: %v", err)
	}
}

func TestPublicSeesItsVillageUntilTakenDown(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.usual()
	n := v.publish()
	ctx := context.Background()
	board, err := v.Board(ctx, pgtest.A)
	if err != nil || len(board) != 1 || board[0].Number != 1 {
		t.Errorf("board %v (%v)", board, err)
	}
	found, err := v.FindDoor(ctx, pgtest.A, october, " １组７号 ")
	if err != nil || len(found) != 1 || found[0].Door != "1组7号" {
		t.Errorf("door %v (%v)", found, err)
	}
	if found, _ := v.FindDoor(ctx, pgtest.A, october, "1号"); len(found) != 4 || found[0].Door != "2组11号" {
		t.Errorf("part of a door: %v", found)
	}
	if pdf, name, err := v.PDF(ctx, pgtest.A, october, 1, "a3"); err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) || name != "东村积分公示2026年10月A3.pdf" {
		t.Errorf("PDF %s: %v", name, err)
	}
	if got, current, err := v.Check(ctx, pgtest.A, strings.ToLower(Code(n.Root))); err != nil || !current || got.Month != october {
		t.Errorf("check %v", err)
	}
	who := v.lead
	who.Household = v.homes[39]
	if l, err := v.Mine(ctx, who, october); err != nil || l.Position != 1 {
		t.Errorf("mine %+v (%v)", l, err)
	}
	gone := func(why string, village actor.VillageID, number int) {
		t.Helper()
		_, page := v.Page(ctx, village, october, number)
		_, _, pdf := v.PDF(ctx, village, october, number, "a4")
		for _, err := range []error{page, pdf} {
			if !errors.Is(err, fault.ErrNotFound) {
				t.Errorf("%s: %v", why, err)
			}
		}
	}
	gone("other village", pgtest.B, 1)
	gone("other township", pgtest.C, 1)
	gone("no village", 99, 1)
	gone("no such edition", pgtest.A, 2)
	if _, _, err := v.PDF(ctx, pgtest.A, october, 1, "a0"); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	v.At("2026-11-30T23:59:00+08:00")
	v.page(1)
	v.At("2026-12-01T00:00:00+08:00")
	gone("taken down", pgtest.A, 1)
	if _, err := v.FindDoor(ctx, pgtest.A, october, "1组7号"); !errors.Is(err, fault.ErrNotFound) {
		t.Error(err)
	}
	if all, err := v.Board(ctx, pgtest.A); err != nil || len(all) != 0 {
		t.Errorf("board after: %v (%v)", all, err)
	}
	if w, err := v.Show(ctx, v.lead, october); err != nil || len(w.Lines) != 40 {
		t.Errorf("staff after: %v", err)
	}
}

// An upheld objection: the next edition says which household's total is otherwise, and not why; November
// carries on from it.
func TestCorrect(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	dumped := v.usual()
	first := v.publish()
	ctx := context.Background()
	if n, err := v.Correct(ctx, v.lead, october, "没有变化的更正"); err != nil || n.Number != 1 {
		t.Errorf("nothing to correct: %d (%v)", n.Number, err)
	}
	v.At("2026-11-06T10:00:00+08:00")
	v.enter(v.homes[10], november, 5, 5, "N12", dumped[0])
	v.exec(`update household set state = 'left' where id = $1`, v.homes[30])
	late := v.Household(t, pgtest.A, "9组9号", "新来")
	v.enter(late, november, 1, 100, "")
	n, err := v.Correct(ctx, v.lead, october, "第十一户异议成立")
	if err != nil || n.Number != 2 || n.Households != 40 || n.Minus != first.Minus-5 || n.Plus != first.Plus {
		t.Fatalf("corrected %+v (%v)", n, err)
	}
	if fmt.Sprint(n.Classes.Changes) != "[{30 1组11号 陈* 120 125}]" || n.Classes.Plus != nil || n.Classes.Minus != nil {
		t.Errorf("changes %+v", n.Classes)
	}
	for kind, want := range map[string]int{"notice.published": first.Households, "notice.corrected": 1} {
		var told int
		if err := v.Owner.QueryRow(ctx, `select count(*) from message where kind = $1`, kind).Scan(&told); err != nil || told != want {
			t.Errorf("%s: %d homes were told, want %d (%v)", kind, told, want, err)
		}
	}
	page := v.page(1) // the old link gives the new edition
	if !strings.Contains(page, "1组11号（陈*）由 120 分更正为 125 分") || strings.Contains(page, "乱倒") || strings.Contains(page, "异议成立") {
		t.Errorf("page:\n%s", page)
	}
	if again, err := v.Correct(ctx, v.lead, october, "第十一户异议成立"); err != nil || again.Number != 2 {
		t.Errorf("again: %d (%v)", again.Number, err)
	}
	if old, current, err := v.Check(ctx, pgtest.A, Code(first.Root)); err != nil || current || old.Number != 1 {
		t.Errorf("the old paper: %d %t (%v)", old.Number, current, err)
	}
	v.sheet(november, "posted")
	v.At("2026-12-01T09:00:00+08:00")
	next, err := v.Publish(ctx, v.lead, november)
	if err != nil || next.Plus != 5 || next.Minus != 0 {
		t.Fatalf("november %+v (%v)", next, err)
	}
	carried := map[string]int64{}
	for _, l := range v.lines(next) {
		carried[l.Door] = l.Carried
	}
	for _, l := range v.lines(n) {
		if c, there := carried[l.Door]; there && c != l.Total {
			t.Errorf("%s: november carries %d, october ended with %d", l.Door, c, l.Total)
		}
	}
	if _, there := carried["2组11号"]; there || carried["9组9号"] != 100 {
		t.Error("november is not about the households of november")
	}
}

// What is under objection counts for nothing until decided (D8).
func TestDisputedIsHeldOut(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	dumped := v.usual()
	v.exec(`insert into objection (village_id, id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, state)
		values (11, $1, $2, $3, '', 'self', $1, '', '2026-11-01T08:30:00+08:00', '2026-11-08', 'open')`, uuid.New(), v.homes[10], dumped[0])
	n := v.publish()
	if n.Minus != 30 || n.Classes.Held != 1 || fmt.Sprint(n.Classes.Minus) != "[{其他事项 6 0}]" {
		t.Errorf("minus %d, %+v", n.Minus, n.Classes)
	}
}

// One household's sensitive loss cannot be worked out from what the notice says of the others.
func TestSensitiveHidesAmongOthers(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.usual()
	v.enter(v.homes[30], october, 3, -10, "N24")
	n := v.publish()
	if fmt.Sprint(n.Classes.Minus) != "[{其他事项 8 0}]" {
		t.Errorf("minus %v", n.Classes.Minus)
	}
}

func TestReady(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.exec(`update village set settings = '{"calendar": {"notice_day": 3, "take_down_days": 5}}' where id = 11`)
	ready := func() (jobs []PublishJob) {
		err := v.DB.Look(context.Background(), v.lead, func(tx pg.Tx) (err error) { jobs, err = Ready(context.Background(), tx); return err })
		if err != nil {
			t.Fatal(err)
		}
		return jobs
	}
	if jobs := ready(); len(jobs) != 0 {
		t.Errorf("before the day: %v", jobs)
	}
	v.At("2026-11-03T08:00:00+08:00")
	if jobs := ready(); len(jobs) != 1 || jobs[0].Month != october || jobs[0].Dedupe() != "2026-10" {
		t.Errorf("on the day: %v", jobs)
	}
	if n := v.publish(); n.DownOn.Format(time.DateOnly) != "2026-11-11" { // never down before the objection window ends
		t.Errorf("down on %s", n.DownOn)
	}
	if jobs := ready(); len(jobs) != 0 {
		t.Errorf("after it: %v", jobs)
	}
}

func TestBroadcast(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.usual()
	s := v.publish().Broadcast("东村")
	for _, want := range []string{"现在播报东村二零二六年十月积分公示。", "这次公示，全村一共四十户。", "本月加分，合计二百四十分。", "农村人居环境整治，加分四十次，二百分。",
		"其他事项，全村七次。", "公示从十一月一日开始，到十一月八日为止。"} {
		if !strings.Contains(s.Text(), want) {
			t.Errorf("not said: %s", want)
		}
	}
	for _, line := range s.Sentences {
		if strings.ContainsAny(line, "0123456789*") || len([]rune(line)) > 40 {
			t.Errorf("not for the ear: %s", line)
		}
	}
	if s.Takes < 40*time.Second || s.Takes > 2*time.Minute {
		t.Errorf("takes %s:\n%s", s.Takes, s.Text())
	}
}

// A notice that goes out after its day says so, on paper and aloud, and the group hears of it.
func TestLate(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.usual()
	member := pgtest.In(pgtest.A, actor.Committee)
	v.exec(`insert into account (id, name, phone, phone_index, created_at) values ($1, '李四', '', '', now())`, member.Account)
	v.exec(`insert into membership (village_id, id, account_id, name, role, kind, starts_on, created_at) values (11, $1, $2, '李四', 'committee', '两委', '2026-01-01', now())`, uuid.New(), member.Account)
	v.At("2026-11-03T09:00:00+08:00")
	n := v.publish()
	w, err := v.Show(context.Background(), v.lead, october)
	if err != nil || n.Classes.Late != "2026-11-01" || n.ObjectUntil.Format(time.DateOnly) != "2026-11-10" {
		t.Errorf("%+v %v", n, err)
	}
	if text := strings.Join(w.Remarks(), ""); !strings.Contains(text, "本期原定11月1日公示，推迟到11月3日，异议期从公示之日起算。") {
		t.Error(text)
	}
	if text := n.Broadcast("东村").Text(); !strings.Contains(text, "这一期原定十一月一日公示，推迟到今天") {
		t.Error(text)
	}
	var told int
	if err := v.Owner.QueryRow(context.Background(), `select count(*) from message where kind = 'notice.late' and account_id = $1`, member.Account).Scan(&told); err != nil || told != 1 {
		t.Errorf("%d told (%v)", told, err)
	}
}

// A printed line is checked by its number and mark; the way from it to the root is given as long as it hangs.
func TestVerifyLine(t *testing.T) {
	t.Parallel()
	v := newVillage(t)
	v.usual()
	n := v.publish()
	lines := v.lines(n)
	ctx, code := context.Background(), Code(n.Root)
	for _, l := range lines {
		k, err := v.Verify(ctx, pgtest.A, code, l.Position, strings.ToLower(Mark(n.Root, l)))
		if err != nil || !k.Matches || k.Shown == nil || *k.Shown != l || !bytes.Equal(Along(l.text(), k.Branch), n.Root) {
			t.Fatalf("line %d: %+v %v", l.Position, k, err)
		}
		other := l
		other.Total++
		if bytes.Equal(Along(other.text(), k.Branch), n.Root) || Mark(n.Root, other) == Mark(n.Root, l) {
			t.Fatalf("line %d with another total passes", l.Position)
		}
	}
	if k, err := v.Verify(ctx, pgtest.A, code, 3, Mark(n.Root, lines[3])); err != nil || k.Matches || k.Shown != nil {
		t.Errorf("another line's mark: %+v %v", k, err)
	}
	for want, ask := range map[error][3]any{ErrCode: {"0000-0000", 0, ""}, ErrLine: {code, 41, "0000"}, ErrMark: {code, 1, " "}} {
		if _, err := v.Verify(ctx, pgtest.A, ask[0].(string), ask[1].(int), ask[2].(string)); !errors.Is(err, want) {
			t.Errorf("%v: %v", want, err)
		}
	}
	if _, err := v.Verify(ctx, pgtest.B, code, 0, ""); !errors.Is(err, ErrCode) {
		t.Errorf("another village's code: %v", err)
	}
	v.At("2026-12-01T00:00:00+08:00")
	if k, err := v.Verify(ctx, pgtest.A, code, 1, Mark(n.Root, lines[0])); err != nil || !k.Matches || k.Shown != nil {
		t.Errorf("after it was taken down: %+v %v", k, err)
	}
}
