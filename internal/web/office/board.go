package office

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/bureau"
	"cunfen/internal/fault"
	"cunfen/internal/figure"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// boardPage is the township's board.
type boardPage struct {
	kit.StaffPage
	Topic    string
	Period   figure.Period
	Filter   figure.Filter
	Filters  kit.FiltersProps
	Villages []figure.Standing // those that the filter keeps
	Shown    []figure.Standing // of them, those on this page
	Pager    kit.PagerProps
	Classes  []figure.Class
	Trend    []figure.Point
	Sum      figure.Standing
	All      int
	Hung     int // villages whose last month hangs
	OnTime   int // of them, by the day
	Begun    int
	Overdue  int
	Last     month.Month
	AsOf     *time.Time // what was done by then is in every figure
	Now      time.Time
	Urges    bool
	Waits    int // things for the township to decide
	WaitLate int // of them, overdue
	Decides  bool
}

func (r *Room) board(c echo.Context, sheet bool) (p boardPage, err error) {
	who, ctx := visit.Who(c), c.Request().Context()
	p = boardPage{Topic: who.Topic, Filter: figure.Filter{Search: strings.TrimSpace(c.QueryParam("q")), Only: c.QueryParam("only")}, Now: r.DB.Now(), Urges: r.May(c, authz.MatterRaise)}
	p.Last = month.Of(p.Now).Prev()
	if p.Filter.Only != "" && !slices.ContainsFunc(figure.Only, func(o struct{ Value, Chinese string }) bool {
		return o.Value == p.Filter.Only && (o.Value == "overdue" || p.sees(""))
	}) {
		return p, fault.ErrNotFound
	}
	if p.Period, err = r.period(c); err != nil {
		return p, err
	}
	all, err := r.Figures.Board(ctx, who, p.Period)
	if err != nil {
		return p, err
	}
	p.All = len(all)
	p.Villages = p.Filter.Narrow(all, p.Now)
	p.sum()
	classes := r.Figures.Classes
	if who.Topic == "" && !sheet {
		classes = r.Figures.Totals // the bureau's screen has no column of one topic
	}
	if p.Classes, err = classes(ctx, who, p.Period); err != nil {
		return p, err
	}
	p.Trend, err = r.Figures.Trend(ctx, who)
	return p, err
}

func (p *boardPage) sum() {
	for _, v := range p.Villages {
		p.Sum.Level.Add(v.Level)
		p.Sum.Flow.Add(v.Flow)
		p.Sum.Due, p.Sum.Published, p.Sum.OnTime = p.Sum.Due+v.Due, p.Sum.Published+v.Published, p.Sum.OnTime+v.OnTime
		if v.Last.Begun {
			p.Begun++
		}
		if v.Last.PublishedAt != nil {
			p.Hung++
		}
		if v.Last.OnTime() {
			p.OnTime++
		}
		if v.Last.Overdue(p.Now) {
			p.Overdue++
		}
		if v.AsOf != nil && (p.AsOf == nil || v.AsOf.Before(*p.AsOf)) {
			p.AsOf = v.AsOf
		}
	}
}

// villagesAtOnce is how many villages a page of the board lists; its sums are over all that the filter keeps.
const villagesAtOnce = 100

// cut keeps the page of villages after the cursor.
func (p *boardPage) cut(c echo.Context) error {
	from := 0
	if after := c.QueryParam("after"); after != "" {
		id, err := strconv.ParseInt(after, 10, 64)
		if err != nil {
			return fault.ErrNotFound
		}
		from, _ = slices.BinarySearchFunc(p.Villages, actor.VillageID(id+1), func(v figure.Standing, id actor.VillageID) int { return cmp.Compare(v.ID, id) })
	}
	var next string
	p.Shown, next = page.Cut(p.Villages[from:], villagesAtOnce, func(v figure.Standing) string { return strconv.FormatInt(int64(v.ID), 10) })
	if p.Pager = visit.Pager(c, len(p.Shown), next); p.Pager.First != "" || next != "" {
		p.Pager.Total = len(p.Villages)
	}
	return nil
}

// show keeps so many of the villages, those whose month is overdue before the rest.
func (p *boardPage) show(most int) {
	p.Shown = slices.Clone(p.Villages)
	slices.SortStableFunc(p.Shown, func(a, b figure.Standing) int {
		return cmp.Compare(btoi(b.Last.Overdue(p.Now)), btoi(a.Last.Overdue(p.Now)))
	})
	p.Shown = p.Shown[:min(len(p.Shown), most)]
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// stamp says up to when the figures are right.
func stamp(at *time.Time) string {
	if at == nil {
		return "数字正在汇总，稍后刷新再看"
	}
	return "数字截至" + shell.Moment(*at) + "，此前办结的都算在内"
}

// Board shows every village of the township.
func (r *Room) Board(c echo.Context) error {
	p, err := r.board(c, false)
	if err != nil {
		return err
	}
	if err := p.cut(c); err != nil {
		return err
	}
	if p.StaffPage, err = r.staff(c, "town", "全镇看板"); err != nil {
		return err
	}
	if p.Decides = r.May(c, authz.InboxView); p.Decides {
		waiting, err := r.Bureau.Inbox(c.Request().Context(), visit.Who(c))
		if err != nil {
			return err
		}
		p.Waits = len(waiting)
		for _, w := range waiting {
			if w.Late(bureau.Today(p.Now)) {
				p.WaitLate++
			}
		}
	}
	only := kit.Filter{Name: "only", Label: "村（场）", Value: p.Filter.Only}
	for _, o := range figure.Only {
		if o.Value == "overdue" || p.sees("") {
			only.Choices = append(only.Choices, kit.Choice{Value: o.Value, Text: o.Chinese})
		}
	}
	p.Filters = kit.FiltersProps{Action: "/town", Query: p.Filter.Search, Placeholder: "村（场）名称", Filters: []kit.Filter{r.periodFilter(c), only}, Export: "/town.xlsx?" + c.QueryString()}
	if p.Filter != (figure.Filter{}) || c.QueryParam("period") != "" {
		p.Filters.Clear = "/town"
	}
	return visit.Render(c, http.StatusOK, board(p))
}

// sees reports whether a page of the topics shows to the person: the bureau sees all, a department its own (R6.4a).
func (p boardPage) sees(topics string) bool { return sees(p.Topic, topics) }

func sees(topic, topics string) bool {
	return topic == "" || topics != "" && slices.Contains(strings.Fields(topics), topic)
}

// column is one column of the board: whose topics need it, and what stands in it on screen and in the sheet.
type column struct {
	kit.Column
	topics string // of the departments that see it besides the bureau; "*" for all
	cell   func(figure.Standing) kitCell
	heads  []sheetfile.Head
	values func(figure.Standing) []any
}

func (p boardPage) columns() (kept []column) {
	for _, c := range p.every() {
		if c.topics == "*" || p.sees(c.topics) {
			kept = append(kept, c)
		}
	}
	return kept
}

// Export is the board as a sheet.
func (r *Room) BoardExport(c echo.Context) error {
	p, err := r.board(c, true)
	if err != nil {
		return err
	}
	var heads []sheetfile.Head
	for _, col := range p.columns() {
		heads = append(heads, col.heads...)
	}
	heads = append(heads, sheetfile.Head{Title: "数字截至", Width: 17})
	rows := make([][]any, len(p.Villages))
	for i, v := range p.Villages {
		for _, col := range p.columns() {
			if col.heads != nil {
				rows[i] = append(rows[i], col.values(v)...)
			}
		}
		if v.AsOf != nil {
			rows[i] = append(rows[i], *v.AsOf)
		}
	}
	return shell.SendSheet(c, "全镇看板"+p.Period.Chinese(), "各村进度", heads, rows)
}

func tenth(x float64) float64 { return math.Round(x*10) / 10 }

func yuan(fen int64) string { return kit.Number(int(fen / 100)) }

// wait is how long decisions took, in words.
func wait(f figure.Flow) string {
	days, ok := f.Wait()
	switch {
	case !ok:
		return "—"
	case days*24 < 1:
		return "1 小时内"
	case days < 1:
		return fmt.Sprintf("%.0f 小时", days*24)
	}
	return fmt.Sprintf("%.1f 天", days)
}

// urge opens a reminder to a village that is late, with what it is late with filled in.
func (p boardPage) urge(v figure.Standing) (href string) {
	late := v.Last.Overdue(p.Now)
	if !p.Urges || !late && v.ObjectionsLate == 0 {
		return ""
	}
	title, body := fmt.Sprintf("有 %d 件异议超期没有答复", v.ObjectionsLate), "请由没有参与评定、不是亲属的成员尽快核查、答复住户。"
	if late {
		title, body = p.Last.Chinese()+"还没有公示", fmt.Sprintf("应在%s前公示，现在%s。请尽快办理，并说明原因。", shell.Day(v.Last.DueOn), sheetWord(v.Last.State))
	}
	q := url.Values{"village": {strconv.Itoa(int(v.ID))}, "kind": {"urge"}, "title": {title}, "body": {body}}
	return "/town/matters/new?" + q.Encode()
}

// hang is how far a month's notice is, and how loud to say so.
func hang(s figure.Sheet, now time.Time) (kit.Tone, string) {
	switch {
	case !s.Begun:
		return kit.Grey, "还没开始"
	case s.OnTime():
		return kit.Green, "按时公示"
	case s.PublishedAt != nil:
		return kit.Gold, "公示晚了"
	case s.Overdue(now):
		return kit.Red, "逾期，" + sheetWord(s.State)
	}
	return kit.Gold, sheetWord(s.State)
}

func sheetWord(state string) string {
	return map[string]string{"open": "还没签字", "signing": "签字中", "posted": "已签字，待公示", "published": "已公示"}[state]
}

// averages sets party members' households as a group beside all (R3.1); no household is named.
func averages(v figure.Standing) string {
	all, party := v.Average()
	if v.Party == 0 {
		return fmt.Sprintf("户均 %.1f 分", all)
	}
	return fmt.Sprintf("户均 %.1f 分，党员户 %.1f 分", all, party)
}

func villagePath(id actor.VillageID) string { return fmt.Sprintf("/town/villages/%d", id) }

// of is what a class of the lists came to in one village.
func (p boardPage) of(id actor.VillageID) (times int, points int64) {
	for _, c := range p.Classes {
		if c.VillageID == id {
			times, points = times+c.Times, points+c.Points
		}
	}
	return times, points
}
