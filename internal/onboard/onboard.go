// Package onboard brings villages in (R5.1, R5.2): a township or a village is made step by step, its people make
// it ready, a card says what is still missing, and the township lets it go live. Before that nothing is published
// and nothing redeemed. Beside a village there may be another to practise in.
package onboard

import (
	"time"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
	"cunfen/internal/village"
)

// Service is what the screens may ask.
type Service struct {
	DB         *pg.DB
	Villages   *village.Register
	Group      *group.Service
	Households *household.Service
	Shop       *shop.Service
}

// Key names an item of the readiness card.
type Key string

// The items, in the order of the card.
const (
	Group      Key = "group"
	Posts      Key = "posts"
	Plan       Key = "plan"
	Rules      Key = "rules"
	Privacy    Key = "privacy"
	Calendar   Key = "calendar"
	Households Key = "households"
	Goods      Key = "goods"
	Training   Key = "training"
)

// Item is one line of the card.
type Item struct {
	Key   Key
	Title string
	Found string // what there is
	Needs string // what is still missing; "" when it is green
	Href  string // where the village puts it right
	Mark  *Mark  // what somebody said of it
}

// Green reports whether nothing is missing.
func (i Item) Green() bool { return i.Needs == "" }

// Marked reports whether a person's word can make the item green.
func (i Item) Marked() bool {
	switch i.Key {
	case Plan, Rules, Privacy, Training:
		return true
	}
	return false
}

// Mark is a person's word on an item.
type Mark struct {
	Item     Key
	At       time.Time
	Words    string
	Document string
	ByName   string
}

// Opening is that a village went live.
type Opening struct {
	Kind    string // green or override
	Missing []string
	Reason  string
	ByName  string
	At      time.Time
}

// Card is how ready a village is.
type Card struct {
	Village  actor.VillageID
	Name     string
	State    village.State
	Practice []actor.VillageID // villages to practise in, the newest first
	Items    []Item
	Openings []Opening // newest first
}

// Missing is the titles of what is not green.
func (c Card) Missing() (all []string) {
	for _, i := range c.Items {
		if !i.Green() {
			all = append(all, i.Title)
		}
	}
	return all
}

// Green counts the items that are.
func (c Card) Green() (n int) { return len(c.Items) - len(c.Missing()) }

// Find is an item of the card.
func (c Card) Find(k Key) (Item, bool) {
	for _, i := range c.Items {
		if i.Key == k {
			return i, true
		}
	}
	return Item{}, false
}

// Faults of getting ready.
var (
	ErrWords    = fault.New(fault.Invalid, "onboard.words", "请写明时间、地点和做法（4 到 200 字）").On("words")
	ErrDocument = fault.New(fault.Invalid, "onboard.document", "请写明文件名称或文号（2 到 60 字）").On("document")
	ErrLive     = fault.New(fault.Conflict, "onboard.live", "这个村已经正式运行，不用再办理")
	ErrNotReady = fault.New(fault.Conflict, "onboard.not_ready", "准备清单还差 %d 项：%s。确需先运行的，请写明理由（10 到 200 字），会记入台账").On("reason")
	ErrPractice = fault.New(fault.Conflict, "onboard.practice", "练习村不用办理正式运行")
)
