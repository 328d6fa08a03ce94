// Package activity is an activity of the village at which many people earn the same thing at once: a lesson, a
// clean-up, a show. Who took part is taken down by ticking the register, by names or a sheet, or by scanning the
// activity's code; one attendance sheet proves it for all; and the claims of all are made at once, each judged by
// the rules like any other, and taken back at once while none is decided. Nobody's place is asked for or kept.
package activity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/chars"
	"cunfen/internal/claim"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Service is what the screens may ask of activities.
type Service struct{ DB *pg.DB }

// State is where an activity stands.
type State string

// The states. Claimed means that the claims of all who took part are made.
const (
	Open    State = "open"
	Claimed State = "claimed"
	Off     State = "off"
)

// States lists them in their order.
var States = []State{Open, Claimed, Off}

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Open: "登记参加的人", Claimed: "已整批申报", Off: "已取消"}[s]
}

// How is how somebody came onto the list.
type How string

// The ways.
const (
	Listed  How = "list"
	Sheet   How = "sheet"
	Scanned How = "code"
)

// Chinese is the way on screen.
func (h How) Chinese() string {
	return map[How]string{Listed: "勾选登记", Sheet: "按名单登记", Scanned: "扫码签到"}[h]
}

// Faults of activities.
var (
	ErrName   = fault.New(fault.Invalid, "activity.name", "请写活动名称（2 到 40 字）").On("name")
	ErrPlace  = fault.New(fault.Invalid, "activity.place", "请写地点（2 到 40 字）").On("place")
	ErrHost   = fault.New(fault.Invalid, "activity.host", "请写谁组织（2 到 20 字）").On("host")
	ErrHours  = fault.New(fault.Invalid, "activity.hours", "结束时间要晚于开始时间，一次活动最长 12 小时").On("ends")
	ErrYear   = fault.New(fault.Invalid, "activity.year", "只能登记本年度的活动，最早提前 60 天").On("day")
	ErrItem   = fault.New(fault.Invalid, "activity.item", "请选择参加这次活动按哪一项计分").On("item")
	ErrState  = fault.New(fault.Conflict, "activity.state", "这个活动%s，不能再这样办")
	ErrOther  = fault.New(fault.Forbidden, "activity.other", "这个活动由%s登记，请本人或小组成员来办")
	ErrNobody = fault.New(fault.Invalid, "activity.nobody", "名单上还没有人，请先登记参加的人").On("people")
	ErrSheet  = fault.New(fault.Invalid, "activity.sheet", "有人不是扫码签到的，请先拍一张签到表或活动现场的照片").On("evidence")
	ErrEarly  = fault.New(fault.Conflict, "activity.early", "活动还没有结束（%s），结束后再整批申报")
	ErrWindow = fault.New(fault.Conflict, "activity.window", "现在不能签到：这个活动只在%s扫码签到")
	ErrCode   = fault.New(fault.Invalid, "activity.code", "这个签到码已经过期，请重新扫现场的码").On("code")
	ErrWho    = fault.New(fault.Invalid, "activity.who", "请勾选家里来参加的人").On("member")
	ErrMany   = fault.New(fault.Invalid, "activity.many", "一次最多登记 500 人，请分几次").On("people")
	ErrText   = fault.New(fault.Invalid, "activity.text", "请粘贴名单，一行一人，最多 500 行").On("people")
	ErrReason = fault.New(fault.Invalid, "activity.reason", "请写明原因（2 到 200 字）").On("reason")
)

// MostPeople bounds one list.
const MostPeople = 500

// Activity is one.
type Activity struct {
	ID            uuid.UUID
	Name          string
	Place         string
	Host          string
	Item          string
	Part          string
	BeginsAt      time.Time
	EndsAt        time.Time
	Rotating      bool
	Seed          []byte `json:"-"`
	State         State
	OpenedBy      uuid.UUID
	OpenedByName  string
	OpenedAt      time.Time
	ClaimedBy     *uuid.UUID
	ClaimedByName string
	ClaimedAt     *time.Time
	Note          string
	Version       int
}

// Person is one who took part.
type Person struct {
	MemberID    uuid.UUID
	HouseholdID uuid.UUID
	Name        string
	Door        string
	Head        string
	How         How
	ByName      string
	At          time.Time
	ClaimID     *uuid.UUID
	Why         string // it does not count
}

// Draft is what is written down of an activity.
type Draft struct {
	Name, Place, Host string
	Item, Part        string
	BeginsAt, EndsAt  time.Time
	Rotating          bool
}

// check answers what is wrong with a draft, field by field.
func (d *Draft) check(rules rulebook.RuleSet) error {
	d.Name, d.Place, d.Host = strings.TrimSpace(d.Name), strings.TrimSpace(d.Place), strings.TrimSpace(d.Host)
	item, err := rules.Item(d.Item)
	return fault.Join(fault.When(!chars.Between(d.Name, 2, 40), ErrName), fault.When(!chars.Between(d.Place, 2, 40), ErrPlace), fault.When(!chars.Between(d.Host, 2, 20), ErrHost),
		fault.When(err != nil || !Suits(rules, item, d.Part), ErrItem),
		fault.When(!d.EndsAt.After(d.BeginsAt) || d.EndsAt.Sub(d.BeginsAt) > 12*time.Hour, ErrHours))
}

// far reports whether the activity is not of this year (R4.4.5a), or too far ahead; in January last December's
// still is (D11).
func (d Draft) far(now time.Time) bool {
	on, this := month.Of(d.BeginsAt), month.Of(now)
	return on.Year() != this.Year() && (this.Number() != 1 || on != this.Prev()) && !d.BeginsAt.After(now) || d.BeginsAt.After(now.AddDate(0, 0, 60))
}

// Suits reports whether taking part in an activity can earn the part of the item, proved by an attendance sheet.
func Suits(rules rulebook.RuleSet, item rulebook.Item, part string) bool {
	monthly := slices.ContainsFunc(rules.Monthly(), func(i rulebook.Item) bool { return i.Code == item.Code })
	return !monthly && claim.Suits(item, part) && item.CheckEvidence(proofs(item)) == nil
}

// proofs are the kinds of proof that an attendance sheet and a picture of the activity are for the item.
func proofs(item rulebook.Item) (kinds []rulebook.Evidence) {
	for _, k := range []rulebook.Evidence{rulebook.AttendanceList, rulebook.VolunteerRecord, rulebook.Photo} {
		if slices.Contains(item.Required, k) || len(kinds) == 0 && slices.Contains(item.Permitted, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

// early is how long before the beginning people may check in.
const early = 30 * time.Minute

// within checks that people may check in at this instant.
func (a Activity) within(now time.Time) error {
	if now.Before(a.BeginsAt.Add(-early)) || now.After(a.EndsAt) {
		return ErrWindow.With(a.Hours())
	}
	return nil
}

// Running reports whether the code can be scanned now.
func (a Activity) Running(now time.Time) bool { return a.within(now) == nil }

// Hours says when the activity is: 11月20日 09:00–11:00.
func (a Activity) Hours() string {
	b, e := a.BeginsAt.In(month.Zone), a.EndsAt.In(month.Zone)
	return month.ChineseDay(b) + " " + b.Format("15:04") + "–" + e.Format("15:04")
}

// The code of a rotating activity lives a minute, and is taken for five, so that whoever scanned it has time to
// sign in and to tick the family; a picture of it that is passed on does not last longer.
const (
	turn  = time.Minute
	grace = 5
)

// Code is what the activity's QR carries at an instant.
func (a Activity) Code(now time.Time) string {
	if !a.Rotating {
		return a.code(0)
	}
	return a.code(now.Unix() / int64(turn/time.Second))
}

func (a Activity) code(n int64) string {
	h := hmac.New(sha256.New, a.Seed)
	h.Write(a.ID[:])
	h.Write([]byte(strconv.FormatInt(n, 10)))
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(h.Sum(nil)[:10])
}

// takes reports whether the code was one of the activity's a moment ago.
func (a Activity) takes(code string, now time.Time) bool {
	code = strings.ToUpper(strings.TrimSpace(code))
	if !a.Rotating {
		return hmac.Equal([]byte(code), []byte(a.code(0)))
	}
	for n := range int64(grace + 1) {
		if hmac.Equal([]byte(code), []byte(a.code(now.Unix()/int64(turn/time.Second)-n))) {
			return true
		}
	}
	return false
}

// mayRun keeps a grid worker to the own activities.
func (a Activity) mayRun(who actor.Actor) error {
	if who.Role == actor.Grid && a.OpenedBy != who.Account {
		return ErrOther.With(a.OpenedByName)
	}
	return nil
}

// attended is the deed of those who took part.
func (a Activity) attended(item rulebook.Item, people []Person) claim.Attended {
	d := claim.Attended{ID: a.ID, Item: a.Item, Part: a.Part, OccurredOn: month.Day(a.BeginsAt), Name: a.Name, Proofs: proofs(item),
		Note: a.Hours() + "，" + a.Place + "，" + a.Host + "组织"}
	for _, p := range people {
		d.People = append(d.People, claim.Person{Household: p.HouseholdID, Member: p.MemberID})
	}
	return d
}

// proven checks that somebody's word stands for everybody on the list: the code's, or a sheet's.
func proven(people []Person, photos []evidence.Evidence) error {
	if len(photos) == 0 && slices.ContainsFunc(people, func(p Person) bool { return p.How != Scanned }) {
		return ErrSheet
	}
	return nil
}
