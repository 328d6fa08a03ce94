package ui

import (
	"math"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/bureau"
	"cunfen/internal/month"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// townPage is the township's board.
type townPage struct {
	kit.StaffPage
	Villages []bureau.Standing
	Now      time.Time
	Last     month.Month // the month that should hang now
	Sum      bureau.Standing
	Hung     int // villages whose last month hangs
	OnTime   int // of them, by the day
	Begun    int
	Overdue  int
	Urges    bool // the person may put a reminder to a village
}

// Town shows every village of the township.
func (s *Site) Town(c echo.Context) error {
	who := visit.Who(c)
	all, err := s.Bureau.Board(c.Request().Context(), who)
	if err != nil {
		return err
	}
	now := s.DB.Now()
	p := townPage{StaffPage: s.Staff(c, "town", "全镇看板"), Villages: all, Now: now, Last: month.Of(now).Prev(),
		Urges: s.May(c, authz.MatterRaise)}
	p.Where, err = s.township(c, who)
	p.add()
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, town(p))
}

var townHeads = []sheetfile.Head{{Title: "村（场）", Width: 14}, {Title: "住户"}, {Title: "其中外来常住"}, {Title: "人口"}, {Title: "今年有加减分的户"}, {Title: "参与率（%）"}, {Title: "户均得分"},
	{Title: "党员户"}, {Title: "党员户户均得分"}, {Title: "上月公示", Width: 16}, {Title: "今年按时公示"}, {Title: "今年已公示"}, {Title: "待审核"}, {Title: "待答复异议"}, {Title: "其中超期"},
	{Title: "本月兑换笔数"}, {Title: "本月兑换用分"}}

// TownExport is the board as a sheet.
func (s *Site) TownExport(c echo.Context) error {
	all, err := s.Bureau.Board(c.Request().Context(), visit.Who(c))
	if err != nil {
		return err
	}
	now := s.DB.Now()
	last := month.Of(now).Prev()
	rows := make([][]any, len(all))
	for i, v := range all {
		onTime, published := v.Punctual(last.Year())
		mean, party := v.Average()
		rows[i] = []any{v.Name, v.Households, v.Outside, v.Members, v.Taking, v.Share(), tenth(mean), v.Party, tenth(party), hangWord(v, last, now), onTime, published,
			v.Pending, v.Objections, v.Late, v.Redeemed, int(v.Spent)}
	}
	return sendSheet(c, "全镇看板"+month.ChineseDay(now), "各村进度", townHeads, rows)
}

func tenth(x float64) float64 { return math.Round(x*10) / 10 }

// township is the path to where an officer is.
func (s *Site) township(c echo.Context, who actor.Actor) ([]kit.Crumb, error) {
	all, err := s.Villages.All(c.Request().Context(), who.Township)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return []kit.Crumb{{Text: all[0].Township, Href: "/town"}}, nil
}

func (p *townPage) add() {
	for _, v := range p.Villages {
		p.Sum.Households += v.Households
		p.Sum.Outside += v.Outside
		p.Sum.Taking += v.Taking
		p.Sum.Score += v.Score
		p.Sum.Party += v.Party
		p.Sum.PartyScore += v.PartyScore
		p.Sum.Members += v.Members
		p.Sum.Pending += v.Pending
		p.Sum.Objections += v.Objections
		p.Sum.Late += v.Late
		p.Sum.Redeemed += v.Redeemed
		p.Sum.Spent += v.Spent
		m := v.Find(p.Last)
		if v.Begun(p.Last) {
			p.Begun++
		}
		if m.PublishedAt != nil {
			p.Hung++
		}
		if v.OnTime(m) {
			p.OnTime++
		}
		if v.Overdue(p.Last, p.Now) {
			p.Overdue++
		}
	}
}

// townVillagePage is one village as the township opens it.
type townVillagePage struct {
	kit.StaffPage
	bureau.Standing
	Hung []bureau.Notice // newest first
	Now  time.Time
}

// TownVillage shows one village, read only; that it was opened stands in the office's log.
func (s *Site) TownVillage(c echo.Context) error {
	id, err := visit.Village(c, "id")
	if err != nil {
		return err
	}
	who := visit.Who(c)
	v, err := s.Bureau.Show(c.Request().Context(), who, id)
	if err != nil {
		return err
	}
	p := townVillagePage{StaffPage: s.Staff(c, "town", v.Name), Standing: v.Standing, Hung: v.Notices, Now: s.DB.Now()}
	if p.Where, err = s.township(c, who); err != nil {
		return err
	}
	p.Where = append(p.Where, kit.Crumb{Text: v.Name})
	return visit.Render(c, http.StatusOK, townVillage(p))
}

// platformPage is the whole deployment.
type platformPage struct {
	kit.StaffPage
	bureau.Platform
	Towns int
}

// Platform shows the townships, their villages and the jobs.
func (s *Site) Platform(c echo.Context) error {
	all, err := s.Bureau.Platform(c.Request().Context())
	if err != nil {
		return err
	}
	p := platformPage{StaffPage: s.Staff(c, "platform", "平台"), Platform: all}
	seen := map[actor.TownshipID]bool{}
	for _, v := range all.Sites {
		seen[v.TownshipID] = true
	}
	p.Towns = len(seen)
	return visit.Render(c, http.StatusOK, platform(p))
}
