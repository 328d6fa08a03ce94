// Package inspect is the month's round of inspection 巡查: a grid worker walks past every home of the grid once
// a month and notes only what is not in order; every other home passes the monthly items (P07–P11 and what the
// village adds). A round closes with 「其余都合格」, a member of the group who recorded none of it confirms it, and
// then its points wait for the month's sheet. Five items of the document give most of a household's points, so
// this is where the product must be easy and honest.
package inspect

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of rounds.
type Service struct{ DB *pg.DB }

// State is where a round stands.
type State string

// The states of a round. Taken means that it stands on the month's sheet.
const (
	Open      State = "open"
	Closed    State = "closed"
	Confirmed State = "confirmed"
	Taken     State = "taken"
	Posted    State = "posted"
)

// States lists every state in the order of a round's life.
var States = []State{Open, Closed, Confirmed, Taken, Posted}

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Open: "巡查中", Closed: "待小组确认", Confirmed: "已确认，待签字", Taken: "在签字表上", Posted: "已入账", NotBegun: "还没开始"}[s]
}

// Faults of rounds.
var (
	ErrMonth    = fault.New(fault.Invalid, "inspect.month", "只能巡查本月和上个月，请重新选择月份").On("month")
	ErrGrid     = fault.New(fault.Forbidden, "inspect.grid", "这不是您的网格，请由该网格的网格员巡查")
	ErrThere    = fault.New(fault.Conflict, "inspect.there", "这个网格%s的巡查已经开始了，请直接打开")
	ErrSigned   = fault.New(fault.Conflict, "inspect.signed", "%s已经汇总签字，不能再开始这个月的巡查")
	ErrNoItems  = fault.New(fault.Conflict, "inspect.no_items", "本村细则里没有每月巡查的项目，请先由工作小组在细则里设定")
	ErrNoHomes  = fault.New(fault.Conflict, "inspect.no_homes", "这个网格没有在册的住户，请先登记住户")
	ErrClosed   = fault.New(fault.Conflict, "inspect.closed", "这一轮巡查已经收尾；要改请先重新打开")
	ErrNotOpen  = fault.New(fault.Conflict, "inspect.not_closed", "这一轮巡查还没有收尾，不能确认")
	ErrHome     = fault.New(fault.Conflict, "inspect.home", "这一户已经迁出或换了网格，不用再记")
	ErrOther    = fault.New(fault.Conflict, "inspect.other", "%s刚把这一户记为%s，和您记的不一样，请看过再定")
	ErrItem     = fault.New(fault.Invalid, "inspect.item", "这一项不在本轮巡查里，请刷新后重新选择").On("failed")
	ErrExempt   = fault.New(fault.Invalid, "inspect.exempt", "这一户的这一项已经免评（%s），不用记").On("failed")
	ErrReason   = fault.New(fault.Invalid, "inspect.reason", "请写明不合格的原因（2 到 200 字），住户会看到").On("reason")
	ErrSample   = fault.New(fault.Conflict, "inspect.sample", "还有 %d 户是这一轮抽到要拍照的：%s。请补拍，拍不了的写明原因")
	ErrCount    = fault.New(fault.Conflict, "inspect.count", "其余合格的户数现在是 %d 户，和您看到的 %d 户不一样，请核对后再收尾").On("rest")
	ErrOwn      = fault.New(fault.Forbidden, "conflict_of_duty", "本人巡查或收尾的，要由其他成员确认")
	ErrRelated  = fault.New(fault.Forbidden, "conflict_of_duty", "余下的都是您本户或亲属户，请回避，由其他成员确认")
	ErrTwice    = fault.New(fault.Conflict, "inspect.twice", "这一轮您已经确认过了")
	ErrDone     = fault.New(fault.Conflict, "inspect.confirmed", "这一轮已经全部确认，不用再办")
	ErrOnSheet  = fault.New(fault.Conflict, "inspect.on_sheet", "这一轮已经进入签字表，不能再改；如有错请先退回签字表")
	ErrBack     = fault.New(fault.Invalid, "inspect.back", "请写明重新打开的原因（2 到 200 字）").On("reason")
	ErrNotClose = fault.New(fault.Conflict, "inspect.open", "这一轮还在巡查中，不用重新打开")
)

// Round is one grid's round of a month.
type Round struct {
	ID           uuid.UUID
	Grid         int
	Month        month.Month
	RuleVersion  int
	Items        []string
	OccurredOn   time.Time
	Seed         []byte
	Sample       []uuid.UUID
	Stored       State `db:"state"` // open or closed; State tells the rest
	OpenedBy     uuid.UUID
	OpenedByName string
	OpenedAt     time.Time
	ClosedBy     *uuid.UUID
	ClosedByName string
	ClosedAt     *time.Time
	Homes        int
	Passes       int
	Digest       []byte
	Note         string
	Version      int
	Confirms     []Confirm `db:"-"`
}

// Confirm is a member's word that a closed round is right.
type Confirm struct {
	Number      int
	AccountID   uuid.UUID
	Name        string
	ConfirmedAt time.Time
	Covers      []uuid.UUID
	Leaves      []uuid.UUID
	Month       *int
	Posted      bool
}

// State is where the round stands, its confirmations counted in.
func (r Round) State() State {
	switch {
	case r.Stored == Open:
		return Open
	case len(r.Confirms) == 0 || len(r.Waiting()) > 0:
		return Closed
	}
	on := Posted
	for _, c := range r.Confirms {
		switch {
		case c.Month == nil:
			return Confirmed
		case !c.Posted:
			on = Taken
		}
	}
	return on
}

// Waiting are the homes that every member so far had to keep away from.
func (r Round) Waiting() []uuid.UUID {
	if n := len(r.Confirms); n > 0 {
		return r.Confirms[n-1].Leaves
	}
	return nil
}

// onSheet reports whether a sheet rests on the round already.
func (r Round) onSheet() bool {
	return slices.ContainsFunc(r.Confirms, func(c Confirm) bool { return c.Month != nil })
}

// Mark is what somebody notes at a home: nothing failed means that it passes.
type Mark struct {
	Household uuid.UUID
	Failed    []string
	Reason    string
	Photos    []uuid.UUID
	Base      int  // version of the home's record as the person saw it, 0 for none
	Insist    bool // what another has noted meanwhile is to give way
}

// Home is a home of a round with what was noted there.
type Home struct {
	HouseholdID  uuid.UUID
	Door         string
	Head         string
	Team         string
	Initials     string
	Seen         bool
	Failed       []string
	Reason       string
	Recorder     *uuid.UUID
	RecorderName string
	RecordedAt   *time.Time
	Version      int
	Photos       int64
	Exempt       []string `db:"-"` // items that do not apply to it (D10)
	Sampled      bool     `db:"-"`
	Items        int      `db:"-"` // of the round
	Why          string   `db:"-"` // it is exempt, in words
}

// Idle reports whether no item of the round applies to the home: nobody has to look.
func (h Home) Idle() bool { return h.Items > 0 && len(h.Exempt) >= h.Items }

// Bad reports whether anything was not in order.
func (h Home) Bad() bool { return len(h.Failed) > 0 }

// Owes reports whether the home was drawn for a photo and has neither one nor a word why not.
func (h Home) Owes() bool { return h.Sampled && !h.Idle() && h.Photos == 0 && h.Reason == "" }

// Tally counts a round.
type Tally struct{ Homes, Seen, Bad, Idle, Owes int }

// Rest is how many homes pass by 「其余都合格」.
func (t Tally) Rest() int { return t.Homes - t.Bad - t.Idle }

// TallyOf counts the homes of a round.
func TallyOf(homes []Home) (t Tally) {
	for _, h := range homes {
		t.Homes++
		if h.Seen {
			t.Seen++
		}
		if h.Bad() {
			t.Bad++
		} else if h.Idle() {
			t.Idle++
		}
		if h.Owes() {
			t.Owes++
		}
	}
	return t
}

// sampleSize is how many homes of n are asked for a photo: three, and one more for every hundred, at most eight.
func sampleSize(n int) int { return min(n, 3+n/100, 8) }

// draw picks the sample: the homes whose hash with the seed comes first. Anybody with the seed can draw again.
func draw(seed []byte, homes []uuid.UUID) []uuid.UUID {
	type lot struct {
		home uuid.UUID
		sum  [sha256.Size]byte
	}
	lots := make([]lot, len(homes))
	for i, h := range homes {
		lots[i] = lot{h, sha256.Sum256(append(slices.Clone(seed), h[:]...))}
	}
	slices.SortFunc(lots, func(a, b lot) int { return bytes.Compare(a.sum[:], b.sum[:]) })
	picked := make([]uuid.UUID, 0, sampleSize(len(homes)))
	for _, l := range lots[:sampleSize(len(homes))] {
		picked = append(picked, l.home)
	}
	return picked
}

// mayRecord keeps a grid worker to the own grid.
func mayRecord(who actor.Actor, grid int) bool {
	return who.Role != actor.Grid || who.Grid == 0 || who.Grid == grid
}

// check answers what is wrong with a mark by itself.
func (m *Mark) check(items []string) error {
	m.Reason = strings.TrimSpace(m.Reason)
	slices.Sort(m.Failed)
	m.Failed = slices.Compact(m.Failed)
	for _, f := range m.Failed {
		if !slices.Contains(items, f) {
			return ErrItem
		}
	}
	if n := utf8.RuneCountInString(m.Reason); len(m.Failed) > 0 && n < 2 || n > 200 {
		return ErrReason
	}
	return nil
}

// Pass is one item that one home passed.
type Pass struct {
	HouseholdID uuid.UUID
	Item        string
}

// passing lists what the homes pass, home by home in the order of their ids: all items but those that failed
// and those that do not apply.
func passing(items []string, homes []Home) (all []Pass) {
	homes = slices.Clone(homes)
	slices.SortFunc(homes, func(a, b Home) int { return bytes.Compare(a.HouseholdID[:], b.HouseholdID[:]) })
	for _, h := range homes {
		for _, i := range items {
			if !slices.Contains(h.Failed, i) && !slices.Contains(h.Exempt, i) {
				all = append(all, Pass{h.HouseholdID, i})
			}
		}
	}
	return all
}

// digest is the hash over a round as it closed.
func digest(r Round, homes []Home, passes []Pass) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%s|%d|%s|%d|%s\n", r.ID, r.Grid, r.Month, r.RuleVersion, strings.Join(r.Items, ","))
	for _, x := range homes {
		if x.Seen {
			fmt.Fprintf(h, "%s|%s|%s|%s\n", x.HouseholdID, strings.Join(x.Failed, ","), x.Reason, x.Recorder)
		}
	}
	for _, p := range passes {
		fmt.Fprintf(h, "%s|%s\n", p.HouseholdID, p.Item)
	}
	return h.Sum(nil)
}

// lineID names the line of one pass for ever: a round gives a home each item once.
func lineID(round, home uuid.UUID, item string) uuid.UUID {
	return uuid.NewSHA1(round, append(home[:], item...))
}
