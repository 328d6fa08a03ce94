// Package notice is the month's public notice 公示 (R4.4.3b, R4.5.1a): what each household had, gained, lost,
// spent and has, as it hangs on the village's board, is read over the loudspeaker and stands on the open web
// page. What it says is frozen when it goes out. It names nobody in full, says why points were gained only by
// class, and never beside a household why points were lost.
package notice

import (
	"fmt"
	"time"

	"cunfen/internal/blob"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Service publishes notices. Render makes the public page; Address is where a notice stands on the web.
type Service struct {
	DB      *pg.DB
	Blobs   *blob.Store
	Render  func(View) ([]byte, error)
	Address func(village string, m month.Month, number int) string
}

// Notice is one notice as it went out. Number counts the editions of the month: a corrected notice is the next.
type Notice struct {
	Month       month.Month
	Number      int
	Title       string
	PublishedAt time.Time
	ObjectUntil time.Time // last day for objections
	DownOn      time.Time // from this day on the public does not see it
	Households  int
	Plus        int64
	Minus       int64
	Spent       int64
	Classes     Sums
	Root        []byte
	Etag        string
	A4          string // object keys
	A3          string
}

// Line is one household on the notice. Total is Carried + Plus - Minus - Spent.
type Line struct {
	Position int
	Door     string
	Head     string // masked
	Carried  int64
	Plus     int64
	Minus    int64
	Spent    int64
	Total    int64
}

// Sums is what a notice says of the village as a whole. Plus and Minus are empty where too few households
// are in them, and on a corrected notice, whose difference from the one before would tell a household's cause.
type Sums struct {
	Plus    []Class  `json:"plus,omitempty"`
	Minus   []Class  `json:"minus,omitempty"`
	Held    int64    `json:"held,omitempty"`    // lines under objection, left out of every figure (D8)
	Changes []Change `json:"changes,omitempty"` // on a corrected notice: what is otherwise than on the one before
	Missing string   `json:"missing,omitempty"` // characters that the paper's font lacks
	Late    string   `json:"late,omitempty"`    // the day on which it should have gone out, where it went out after it
}

// Class is a class of items with what was entered under it in the month.
type Class struct {
	Name   string `json:"name"`
	Times  int64  `json:"times"`
	Points int64  `json:"points"`
}

// Change is a household's corrected total.
type Change struct {
	Position int    `json:"position"`
	Door     string `json:"door"`
	Head     string `json:"head"`
	Was      int64  `json:"was"`
	Is       int64  `json:"is"`
}

// View is everything that the page and the paper show.
type View struct {
	Notice
	Village     string // its name
	VillageCode string
	Contact     string // whom to call, "" where the village gives none
	Lines       []Line
	Code        string // to verify a printed notice by
	Link        string
}

// Corrected reports whether this is a corrected notice.
func (n Notice) Corrected() bool { return n.Number > 1 }

// Issue is the notice's name within the year: 「第10期」, 「第10期更正1」.
func (n Notice) Issue() string {
	if n.Corrected() {
		return fmt.Sprintf("第%d期更正%d", n.Month.Number(), n.Number-1)
	}
	return fmt.Sprintf("第%d期", n.Month.Number())
}

// Window is the days on which objections are taken: 「11月1日至11月8日」.
func (n Notice) Window() string {
	return month.ChineseDay(n.PublishedAt.In(month.Zone)) + "至" + month.ChineseDay(n.ObjectUntil)
}

// Day is when it went out: 「2026年11月1日」.
func (n Notice) Day() string {
	t := n.PublishedAt.In(month.Zone)
	return fmt.Sprintf("%d年%s", t.Year(), month.ChineseDay(t))
}

// ID names the notice in the log: 「2026-10/1」.
func (n Notice) ID() string { return fmt.Sprintf("%s/%d", n.Month, n.Number) }

// Faults of notices.
var (
	ErrNotLive      = fault.New(fault.Conflict, "notice.not_live", "本村还没有正式运行（准备清单没有全部完成），不能公示；请先在“准备清单”办完")
	ErrNotPosted    = fault.New(fault.Conflict, "notice.not_posted", "%s还没有签字入账，请先完成签字，再公示")
	ErrNotPublished = fault.New(fault.Conflict, "notice.not_published", "%s还没有公示过，请先公示，再更正")
	ErrReason       = fault.New(fault.Invalid, "notice.reason", "请写明更正的原因（5 到 200 字），供存档").On("reason")
)

// Mask hides the last character of a name: 张桂兰 is 张桂*, 张兰 is 张*. Of a long name two characters stay.
func Mask(name string) string {
	r := []rune(name)
	switch {
	case len(r) < 2:
		return "*"
	case len(r) > 4:
		r = r[:3]
	}
	return string(r[:len(r)-1]) + "*"
}
