package kit

import (
	"net/url"

	"github.com/a-h/templ"
)

// SizePath is where the switch to and from 长辈版 leads, as
// /size?to=large&back=/m or /size?to=normal&back=/m.
const SizePath = "/size"

// Page is what every shell needs to know.
type Page struct {
	Title    string // of the browser's tab, without the programme's name
	Path     string // of this page, so that the size switch comes back to it
	Large    bool   // 长辈版, from the cookie
	Flash    *Flash
	Embedded bool   // shown within a page of another site: every link opens the whole window
	Feedback string // where 意见与投诉 leads; "/feedback" unless set
}

func (p Page) size() string {
	if p.Large {
		return "large"
	}
	return "normal"
}

func (p Page) sizeURL() templ.SafeURL {
	to := "large"
	if p.Large {
		to = "normal"
	}
	return templ.SafeURL(SizePath + "?to=" + to + "&back=" + url.QueryEscape(or(p.Path, "/")))
}

// Flash is a message about what was just done, with a way to undo it if there is one.
type Flash struct {
	Tone Tone
	Text string
	Undo string // address to post to, within the undo window
}

// NavLink is one entry of a menu or of the tabs at the bottom.
type NavLink struct {
	Key, Text, Href, Icon string
	Count                 int // what waits there
}

// NavGroup is some entries under a title; the first group has none.
type NavGroup struct {
	Title string
	Links []NavLink
}

// Crumb is a step of the path to where one is: town, then village.
type Crumb struct{ Text, Href string }

// StaffPage is a page of the bureau or of a village's working group.
type StaffPage struct {
	Page
	Nav     []NavGroup
	Tabs    []NavLink // at the bottom of a phone, four at most
	Current string    // key of the entry one is in
	Where   []Crumb
	Search  *SearchBoxProps // the search at the top; none when nil
	Who     string          // the person's name
	Role    string
	Account []NavLink // entries of the person's menu, over 退出登录
	SignOut string    // address to post to
	Notices int       // unread messages
	Inbox   string    // where they are
	Offline string    // the account whose records wait here for signal; "" where none do
}

// PhonePage is a page of a household or a grid worker.
type PhonePage struct {
	Page
	Place   string          // 「海沿村 3 组 12 号」
	Heading string          // the h1
	Back    string          // where the page was reached from; none on first pages
	Hero    templ.Component // under the heading, such as Balance
	Action  *NavLink        // one thing to do, in the head: 「扫门牌码」
	Tabs    []NavLink       // four at most
	Current string
	Offline bool   // loads the offline queue and shows what waits for signal
	Account string // whose records wait in it
}

// PublicPage is a page without sign-in: the sign-in itself, the public board.
type PublicPage struct {
	Page
	Place  string // 「洋口镇 · 海沿村」
	Narrow bool   // one column, for sign-in
	Links  []NavLink
}

// BarePage is a page for the printer: no menu, only the sheet.
type BarePage struct {
	Page
	Paper string          // "a4", "a3", "a4-wide" or "a6"
	Tools templ.Component // shown on the screen, not printed
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}
