package finding

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/pg/pgtest"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

const november = month.Month(202611)

// post takes what is cleared to the sheet and into the book, as the month's signing does.
func (s *stand) post() (lines int, err error) {
	err = s.DB.InVillage(ctx, s.lead, func(tx pg.Tx) error {
		sheet := Sheet{}
		if err := sheet.Take(ctx, tx, november); err != nil {
			return err
		}
		all, err := sheet.Lines(ctx, tx, november)
		if err != nil {
			return err
		}
		var book []ledger.Entry
		for n, l := range all {
			e := ledger.Entry{ID: pg.NewID(), HouseholdID: l.HouseholdID, SourceKind: l.Kind, SourceID: l.ID, Recorder: l.Recorder, Reviewer: l.Deciders[0].Account,
				Evidence: l.Evidence, Points: l.Points, Month: november, OccurredOn: l.OccurredOn, RuleVersion: l.RuleVersion, Kind: ledger.Award, Bucket: ledger.YearBucket, Scores: true, Item: l.Item}
			if l.Minus() {
				e.Kind = ledger.Deduction
			}
			book, all[n].Entry = append(book, e), e.ID
		}
		if lines, err = ledger.PostAll(ctx, tx, book); err != nil {
			return err
		}
		return sheet.Posted(ctx, tx, november, all)
	})
	return lines, err
}

func (s *stand) balance() (b ledger.Balance) {
	s.t.Helper()
	err := s.DB.Look(ctx, s.lead, func(tx pg.Tx) (err error) { b, err = ledger.BalanceOf(ctx, tx, s.home); return err })
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func TestWholeChain(t *testing.T) {
	s := newStand(t)
	f := s.record()
	if f.Points != -5 || f.State != Recorded {
		t.Fatalf("%+v", f)
	}
	_, err := s.Hear(ctx, s.grid, f.ID, ByPhone, "说明")
	s.want("heard before the notice", err, ErrState)
	_, err = s.Issue(ctx, s.grid, f.ID, tell("2026-11-03"))
	s.want("a day to put right", err, ErrDue)
	s.must(s.Issue(ctx, s.grid, f.ID, tell("2026-11-09")))
	if n := s.count(`select count(*) from message where household_id = $1 and kind = 'finding.notice'`, s.home); n != 1 {
		t.Errorf("%d messages", n)
	}
	_, err = s.Look(ctx, s.grid, f.ID, Right, "", nil)
	s.want("looked at before it is delivered", err, ErrUntold)
	s.db.At("2026-11-03T10:00:00+08:00")
	c := s.must(s.Receive(ctx, s.family, f.ID))
	if len(c.Deliveries) != 1 || c.Deliveries[0].Method != Screen {
		t.Errorf("%+v", c.Deliveries)
	}
	s.db.At("2026-11-05T10:00:00+08:00")
	_, err = s.Look(ctx, s.grid, f.ID, Not, "", nil)
	s.want("not put right before the day", err, ErrEarly)
	_, err = s.Hear(ctx, s.grid, f.ID, Absent, "")
	s.want("silent before the day", err, ErrSpeak)
	s.must(s.Say(ctx, s.family, f.ID, "家里人住院，下周清"))
	s.db.At("2026-11-10T10:00:00+08:00")
	if c = s.must(s.Look(ctx, s.grid, f.ID, Not, "没有动", nil)); c.State != Heard {
		t.Fatalf("state %s", c.State)
	}
	_, err = s.Decide(ctx, s.grid, f.ID, true, "我看到的就是这样")
	s.want("the recorder decides", err, ErrOwnRecord)
	s.db.At("2026-11-11T10:00:00+08:00")
	s.must(s.Decide(ctx, s.first, f.ID, true, "到期没有清，照片清楚"))
	for _, try := range []struct {
		who   actor.Actor
		away  string
		voted bool
	}{{s.grid, ErrOwnRecord.Text, false}, {s.first, "", true}, {s.second, "", false}} {
		if w, err := s.Show(ctx, try.who, f.ID); err != nil || w.Recused != try.away || w.Voted != try.voted {
			t.Errorf("%s: recused %q, voted %v (%v)", try.who.Name, w.Recused, w.Voted, err)
		}
	}
	_, err = s.Decide(ctx, s.first, f.ID, true, "再评定一次看看")
	s.want("twice the same", err, ErrVoted)
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`, s.lead.Account, s.home)
	_, err = s.Decide(ctx, s.lead, f.ID, true, "到期没有清的确")
	s.want("a relative decides", err, ErrRelated)
	if w, err := s.Show(ctx, s.lead, f.ID); err != nil || w.Recused != ErrRelated.Text {
		t.Errorf("a relative is told %q (%v)", w.Recused, err)
	}
	if c = s.must(s.Decide(ctx, s.second, f.ID, true, "同意，两次去看都没动")); c.State != Cleared {
		t.Fatalf("state %s", c.State)
	}
	for n, want := range []int{1, 0} {
		if got, err := s.post(); err != nil || got != want {
			t.Fatalf("posting %d: %d (%v)", n, got, err)
		}
	}
	if b := s.balance(); b.Year != -5 || b.Score != -5 {
		t.Errorf("%+v", b)
	}
	w, err := s.Show(ctx, s.family, f.ID)
	if err != nil || w.State != Posted || w.EntryID == nil || w.Reporter != "" {
		t.Errorf("%+v %v", w, err)
	}
	if w, _ := s.Show(ctx, s.second, f.ID); w.Reporter != "隔壁老李" {
		t.Error("a decider does not see who told of it")
	}
	if w, _ := s.Show(ctx, s.grid, f.ID); w.Reporter != "" {
		t.Error("a grid worker sees who told of it")
	}
	err = s.DB.InVillage(ctx, s.lead, func(tx pg.Tx) error { _, err := ledger.Reverse(ctx, tx, *w.EntryID); return err })
	if b := s.balance(); err != nil || b.Year != 0 {
		t.Errorf("taken back: %+v %v", b, err)
	}
}

// TestBeside: the same matter written down twice is shown to whoever works on either, and to nobody of the home.
func TestBeside(t *testing.T) {
	s := newStand(t)
	d := s.draft()
	d.Item, d.Photos, d.Proofs = "N11", nil, []rulebook.Evidence{rulebook.Feedback}
	first, err := s.Record(ctx, s.grid, d)
	if err != nil {
		t.Fatal(err)
	}
	second, err := s.Record(ctx, s.first, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ id, other uuid.UUID }{{first.ID, second.ID}, {second.ID, first.ID}} {
		if c, err := s.Show(ctx, s.second, f.id); err != nil || len(c.Beside) != 1 || c.Beside[0].ID != f.other {
			t.Errorf("%+v %v", c.Beside, err)
		}
	}
	s.must(s.Issue(ctx, s.grid, first.ID, tell("2026-11-09")))
	if c, err := s.Mine(ctx, s.family, first.ID); err != nil || c.Beside != nil {
		t.Errorf("the home sees %+v (%v)", c.Beside, err)
	}
	other := s.draft()
	if other.Household = s.db.Household(t, pgtest.A, "1组2号", "单建国"); len(other.Photos) == 0 {
		t.Fatal("no photo")
	}
	third, err := s.Record(ctx, s.grid, other)
	if err != nil {
		t.Fatal(err)
	}
	shot := s.draft().Photos[0]
	s.exec(`update evidence set holder_id = $1, phash = $2 where id = $3`, first.ID, int64(0x7f00ff00ff00ff00), shot)
	s.exec(`update evidence set phash = $1 where holder_id = $2`, int64(0x7f00ff00ff00ff03), third.ID)
	if c, err := s.Show(ctx, s.second, first.ID); err != nil || len(c.Beside) != 2 || c.Beside[0].ID != third.ID || !c.Beside[0].Photo || c.Beside[1].Photo {
		t.Errorf("%+v %v", c.Beside, err)
	}
	s.exec(`update finding set private = true where id = $1`, third.ID)
	if c, err := s.Show(ctx, s.second, first.ID); err != nil || len(c.Beside) != 1 {
		t.Errorf("another home's matter that is on no screen: %+v %v", c.Beside, err)
	}
	s.must(s.Withdraw(ctx, s.first, second.ID, "和前一条是同一件事"))
	if c, err := s.Show(ctx, s.second, first.ID); err != nil || len(c.Beside) != 0 {
		t.Errorf("%+v %v", c.Beside, err)
	}
}

func TestPutRight(t *testing.T) {
	for _, c := range []struct {
		setting string
		state   State
		due     int
	}{{rulebook.NoDeduction, Closed, 0}, {"", Closed, 0}, {rulebook.Half, Rechecked, -2}} {
		t.Run(c.setting, func(t *testing.T) {
			s := newStand(t, func(r *rulebook.RuleSet) { r.Settings.PutRight = c.setting })
			f := s.record()
			s.must(s.Issue(ctx, s.grid, f.ID, tell("2026-11-09")))
			s.db.At("2026-11-03T10:00:00+08:00")
			s.must(s.Deliver(ctx, s.grid, f.ID, "张桂兰"))
			s.db.At("2026-11-04T10:00:00+08:00")
			got := s.must(s.Look(ctx, s.grid, f.ID, Right, "都清了", nil))
			if got.State != c.state || got.Due() != c.due {
				t.Fatalf("%s %d", got.State, got.Due())
			}
			if held := s.count(`select count(*) from slot where holder_id = $1`, f.ID); (held == 0) != (c.state == Closed) {
				t.Errorf("%d slots held", held)
			}
			if c.state == Closed {
				return
			}
			s.db.At("2026-11-05T10:00:00+08:00")
			s.must(s.Say(ctx, s.family, f.ID, "已经清了"))
			s.must(s.Decide(ctx, s.first, f.ID, true, "按细则减一半"))
			s.must(s.Decide(ctx, s.second, f.ID, true, "同意减一半"))
			if _, err := s.post(); err != nil || s.balance().Year != -2 {
				t.Errorf("%+v %v", s.balance(), err)
			}
		})
	}
}

func TestTooLateOrWaived(t *testing.T) {
	s := newStand(t)
	f := s.record()
	s.must(s.Issue(ctx, s.grid, f.ID, tell("2026-11-09")))
	s.db.At("2026-11-09T10:00:00+08:00")
	_, err := s.Deliver(ctx, s.grid, f.ID, "张桂兰")
	s.want("delivered on the last day", err, ErrLate)
	_, err = s.Withdraw(ctx, s.first, f.ID, "不是他家的")
	s.want("somebody else withdraws", err, fault.ErrNotFound)
	s.must(s.Withdraw(ctx, s.grid, f.ID, "不是他家的"))
	s.db.At("2026-11-02T10:00:00+08:00")
	g := s.record()
	s.heard(g)
	s.must(s.Decide(ctx, s.first, g.ID, true, "到期没有清"))
	s.must(s.Decide(ctx, s.second, g.ID, false, "家里有病人，情有可原"))
	if c := s.must(s.Decide(ctx, s.lead, g.ID, false, "同意不减，给帮助")); c.State != Closed || c.Outcome != Waived {
		t.Errorf("%s %s", c.State, c.Outcome)
	}
	if n, err := s.post(); err != nil || n != 0 {
		t.Errorf("%d lines (%v)", n, err)
	}
}

func TestHidden(t *testing.T) {
	s := newStand(t)
	f := s.record(func(d *Draft) { d.Private = true })
	s.must(s.Issue(ctx, s.grid, f.ID, tell("2026-11-09")))
	if n := s.count(`select count(*) from message`); n != 0 {
		t.Errorf("%d messages on a shared screen", n)
	}
	_, err := s.Mine(ctx, s.family, f.ID)
	s.want("shown at home", err, fault.ErrNotFound)
	_, err = s.Receive(ctx, s.family, f.ID)
	s.want("received on the screen", err, fault.ErrNotFound)
	if rows, _, err := s.List(ctx, s.family, Filter{Own: true, Page: page.Page{}}); err != nil || len(rows) != 0 {
		t.Errorf("%v %v", rows, err)
	}
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '本户', now())`, s.first.Account, s.home)
	_, err = s.Show(ctx, s.first, f.ID)
	s.want("shown to a member of the group who is of the home", err, fault.ErrNotFound)
	_, err = s.Hear(ctx, s.first, f.ID, "phone", "知道了")
	s.want("handled by that member", err, fault.ErrNotFound)
	for who, want := range map[*actor.Actor]int{&s.first: 0, &s.second: 1} {
		if rows, _, err := s.List(ctx, *who, Filter{}); err != nil || len(rows) != want {
			t.Errorf("%d rows for a member, want %d (%v)", len(rows), want, err)
		}
	}
	s.must(s.Deliver(ctx, s.grid, f.ID, "本人"))
	for _, i := range tenants.Document().Items {
		if i.Code == "N24" && !hidden(i) {
			t.Error("violence at home would be shown")
		}
	}
	_, err = s.Record(ctx, s.grid, Draft{Household: s.home, Item: "N24", Parts: map[string]int{"": 1}, OccurredOn: day("2026-11-02"), Matter: "接到反映", Proofs: []rulebook.Evidence{rulebook.MediationRecord}})
	s.want("an item that is off", err, rulebook.ErrOff)
}

func TestMinor(t *testing.T) {
	s := newStand(t)
	child := pg.NewID()
	s.exec(`insert into member (village_id, id, household_id, name, relation, minor_until, created_at) values (11, $1, $2, '小宝', '孙', '2030-01-01', now())`, child, s.home)
	f := s.record(func(d *Draft) { d.Member = child })
	if f.State != Talk || !f.Minor || !f.Private {
		t.Fatalf("%+v", f)
	}
	_, err := s.Issue(ctx, s.grid, f.ID, tell("2026-11-09"))
	s.want("a notice for a minor", err, ErrState)
	if c := s.must(s.TalkOver(ctx, s.grid, f.ID, "和奶奶谈过，以后看着")); c.Outcome != Talked {
		t.Errorf("%s", c.Outcome)
	}
	if n := s.count(`select count(*) from slot`); n != 0 {
		t.Errorf("%d slots", n)
	}
}

func TestMirror(t *testing.T) {
	s := newStand(t)
	s.record()
	d := s.draft()
	d.Item = "P08"
	_, err := s.Record(ctx, s.grid, d)
	s.want("a plus item", err, ErrSign)
}

func TestRepair(t *testing.T) {
	s := newStand(t, func(r *rulebook.RuleSet) { r.Settings.Repairs = true })
	f := s.record()
	s.cleared(f)
	_, err := s.Offer(ctx, s.first, f.ID, "参加两次河岸清理", 5, day("2026-12-30"))
	s.want("before it is deducted", err, ErrNotDeducted)
	if _, err := s.post(); err != nil {
		t.Fatal(err)
	}
	_, err = s.Offer(ctx, s.first, f.ID, "参加两次河岸清理", 6, day("2026-12-30"))
	s.want("more than was deducted", err, ErrBack)
	if _, err := s.Offer(ctx, s.first, f.ID, "参加两次河岸清理", 5, day("2026-12-30")); err != nil {
		t.Fatal(err)
	}
	_, err = s.Offer(ctx, s.second, f.ID, "再给一次任务", 1, day("2026-12-30"))
	s.want("a second task", err, ErrOffered)
	if r, err := s.Offer(ctx, s.first, f.ID, "参加三次河岸清理", 5, day("2026-12-20")); err != nil || r.Task != "参加三次河岸清理" || r.UntilOn.Format("2006-01-02") != "2026-12-20" {
		t.Fatalf("whoever offered it corrects it: %+v (%v)", r, err)
	}
	open := func(who actor.Actor) (all []Row) {
		t.Helper()
		all, _, err := s.List(ctx, who, Filter{Open: true})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := open(s.second); len(all) != 1 || all[0].Repair != "offered" || all[0].RepairWaits() {
		t.Errorf("a deduction that can be earned back is not over: %+v", all)
	}
	s.db.At("2026-12-21T10:00:00+08:00")
	if r, err := s.RepairOf(ctx, s.second, f.ID); err != nil || !r.Late || len(open(s.second)) != 0 {
		t.Errorf("nobody did it by its day: %+v (%v)", r, err)
	}
	_, err = s.Done(ctx, s.family, f.ID, true, "清了三次", nil)
	s.want("done after its day", err, ErrRepairLate)
	s.db.At("2026-11-12T10:00:00+08:00")
	if _, err := s.Done(ctx, s.family, f.ID, true, "清了两次", nil); err != nil {
		t.Fatal(err)
	}
	_, err = s.Offer(ctx, s.first, f.ID, "参加四次河岸清理", 5, day("2026-12-20"))
	s.want("corrected after it was done", err, ErrOffered)
	for who, recused := range map[actor.Actor]bool{s.first: true, s.second: false} {
		if all := open(who); len(all) != 1 || !all[0].RepairWaits() || all[0].Recused != recused {
			t.Errorf("a repair that is done waits: %+v, want recused %v", all, recused)
		}
	}
	for range 2 {
		if err := s.Remind(ctx, actor.System(pgtest.A)); err != nil {
			t.Fatal(err)
		}
	}
	for who, want := range map[actor.Actor]int{s.first: 0, s.second: 1, s.lead: 1, s.grid: 0} {
		if n := s.count(`select count(*) from message where account_id = $1 and kind = 'repair.waits'`, who.Account); n != want {
			t.Errorf("%d messages of a repair that waits, want %d", n, want)
		}
	}
	_, err = s.DecideRepair(ctx, s.first, f.ID, true, "照片清楚可以")
	s.want("who offered it decides", err, ErrOffers)
	if r, err := s.RepairOf(ctx, s.first, f.ID); err != nil || r.Recused != ErrOffers.Text {
		t.Errorf("who offered it is told %q (%v)", r.Recused, err)
	}
	if r, err := s.RepairOf(ctx, s.second, f.ID); err != nil || r.Recused != "" {
		t.Errorf("who may decide is told %q (%v)", r.Recused, err)
	}
	if _, err := s.DecideRepair(ctx, s.second, f.ID, true, "到现场看过，清了"); err != nil {
		t.Fatal(err)
	}
	for n, want := range []int{1, 0} {
		if got, err := s.post(); err != nil || got < want || s.balance().Year != 0 {
			t.Fatalf("posting %d: %d, %+v (%v)", n, got, s.balance(), err)
		}
	}
}

func TestMessageDelivers(t *testing.T) {
	s := newStand(t)
	f := s.record()
	s.must(s.Issue(ctx, s.grid, f.ID, tell("2026-11-09")))
	s.db.At("2026-11-03T10:00:00+08:00")
	box := &inform.Service{DB: s.DB}
	all, _, err := box.List(ctx, s.family, true, page.Page{})
	if err != nil || len(all) != 1 {
		t.Fatalf("%v %v", all, err)
	}
	if _, err := box.Open(ctx, s.family, all[0].ID, Opened(ctx)); err != nil {
		t.Fatal(err)
	}
	err = s.DB.InVillage(ctx, actor.System(pgtest.A), func(tx pg.Tx) error { return Sent(ctx, tx, f.ID) })
	c, _ := s.Show(ctx, s.grid, f.ID)
	if err != nil || len(c.Deliveries) != 2 || c.Deliveries[0].Method != Screen {
		t.Errorf("%+v %v", c.Deliveries, err)
	}
}

// TestFades: a deduction leaves the home's list after the months that the rules set; the group's keeps it.
func TestFades(t *testing.T) {
	s := newStand(t)
	f := s.record()
	s.cleared(f)
	if _, err := s.post(); err != nil {
		t.Fatal(err)
	}
	for at, own := range map[string]int{"2027-10-20T09:00:00+08:00": 1, "2027-12-20T09:00:00+08:00": 0} {
		s.db.At(at)
		mine, _, err := s.List(ctx, s.family, Filter{Own: true})
		if err != nil || len(mine) != own {
			t.Errorf("at %s the home has %d of it, want %d (%v)", at, len(mine), own, err)
		}
		if all, _, err := s.List(ctx, s.lead, Filter{}); err != nil || len(all) != 1 {
			t.Errorf("at %s the group has %d (%v)", at, len(all), err)
		}
	}
}

// read is what stands on a paper.
func read(t *testing.T, pdf []byte) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), "pdftotext", "-", "-")
	c.Stdin = bytes.NewReader(pdf)
	out, err := c.Output()
	if err != nil {
		t.Fatal("pdftotext (poppler-utils): ", err)
	}
	return strings.Join(strings.Fields(string(out)), "")
}

func TestSlip(t *testing.T) {
	t.Parallel()
	item, err := tenants.Document().Item("N08")
	if err != nil {
		t.Fatal(err)
	}
	c := Chain{Head: "张𬭎", Door: "3组12号", Notice: &Notice{Demand: "把屋后秸秆运到回收点，排水沟清出来", Help: []string{"law", "labour"}, Contact: "网格员 李𫖮 13800000000", DueOn: month.Date(day("2026-11-09")), IssuedAt: day("2026-11-02")}}
	c.ID, c.OccurredOn, c.Matter, c.Points, c.RuleVersion = uuid.MustParse("0193a000-0000-7000-8000-000000000001"), month.Date(day("2026-11-02")), "屋后堆了三堆秸秆，挡了䶮家门口的排水沟", -5, 1
	pdf, err := PrintSlip(c, item, "海沿村", "徐海波 0513-80000000")
	if err != nil || !bytes.HasPrefix(pdf, []byte("%PDF")) || len(pdf) < 5000 {
		t.Fatalf("%d bytes, %v", len(pdf), err)
	}
	if dir := os.Getenv("CUNFEN_SHOTS"); dir != "" {
		if err := os.WriteFile(dir+"/slip.pdf", pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"张𬭎家", "李𫖮", "䶮家门口"} {
		if text := read(t, pdf); !strings.Contains(text, want) || strings.Contains(text, "〓") {
			t.Errorf("%s does not stand on the slip: %s", want, text)
		}
	}
	c.Head = "张\ue123"
	if pdf, err = PrintSlip(c, item, "海沿村", ""); err != nil || !strings.Contains(read(t, pdf), "U+E123") {
		t.Errorf("a character that no font has is not reported: %v", err)
	}
	c.Notice = nil
	if _, err := PrintSlip(c, item, "海沿村", ""); err == nil {
		t.Error("a slip without a notice")
	}
}

// TestStrangersDecide: a relation that comes to light between the two votes makes the first count for nothing, and
// the book's own table refuses a clearance whose deciders are of the home or related, whoever asks.
func TestStrangersDecide(t *testing.T) {
	s := newStand(t)
	f := s.record()
	s.heard(f)
	s.must(s.Decide(ctx, s.first, f.ID, true, "到期没有清，照片清楚"))
	s.exec(`insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '表亲', now())`, s.first.Account, s.home)
	s.db.At("2026-11-11T11:00:00+08:00")
	if c := s.must(s.Decide(ctx, s.second, f.ID, true, "同意，两次去看都没动")); c.State != Heard || !c.Votes[0].Void {
		t.Fatalf("a relative's vote counts: %s %+v", c.State, c.Votes)
	}
	s.db.At("2026-11-11T12:00:00+08:00")
	if c := s.must(s.Decide(ctx, s.lead, f.ID, true, "同意减分，照片清楚")); c.State != Cleared {
		t.Fatalf("state %s", c.State)
	}
	s.exec(`create table chain as select * from clearance`)
	for what, relate := range map[string]string{
		"a declared relative": `insert into relative (village_id, account_id, household_id, relation, declared_at) values (11, $1, $2, '兄弟', now())`,
		"one who lives there": `update membership set household_id = $2 where village_id = 11 and account_id = $1`,
		"one of its register": `insert into member (village_id, id, household_id, name, account_id, state, created_at) values (11, gen_random_uuid(), $2, '某人', $1, 'active', now())`,
	} {
		for _, who := range []uuid.UUID{s.second.Account, s.lead.Account} {
			tx, err := s.db.Owner.Begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, `delete from clearance`); err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, `insert into clearance select * from chain`); err != nil {
				t.Fatalf("%s: strangers are refused: %v", what, err)
			}
			if _, err := tx.Exec(ctx, `delete from clearance`); err != nil {
				t.Fatal(err)
			}
			if _, err := tx.Exec(ctx, relate, who, s.home); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			if _, err := tx.Exec(ctx, `insert into clearance select * from chain`); !pg.Is(err, pg.Checked) {
				t.Errorf("%s decided and the database took it: %v", what, err)
			}
			_ = tx.Rollback(ctx)
		}
	}
}
