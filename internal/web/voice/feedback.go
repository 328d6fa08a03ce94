package voice

import (
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/limit"
	"cunfen/internal/opinion"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// feedbackPage says whom to turn to, and takes what somebody has to say.
type feedbackPage struct {
	kit.PublicPage
	Village *village.Village // whose contact is known; nil for none
	Back    string
	Fields  opinionFields
	Own     bool   // somebody with a household here, whose answers are in their list
	Book    bool   // they may have a passbook to look at
	Code    string // of an opinion without a name, asked for or just given
	Found   *opinion.Opinion
	Lost    bool // no opinion has that code
}

// Feedback is 意见与投诉: whom to reach in the village, and above it. A notice leads here with its village's
// code; somebody signed in has a village anyway.
func (s *Room) Feedback(c echo.Context) error { return s.feedback(c, http.StatusOK, nil) }

func (s *Room) feedback(c echo.Context, status int, problem error) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	p := feedbackPage{PublicPage: shell.Public(c, "意见与投诉", ""), Back: shell.House(who), Own: shell.Lives(who), Book: shell.Lives(who) || who.Role == ""}
	if v, ok := s.feedbackVillage(c); ok {
		p.Village, p.Place = &v, v.Where()
		p.Fields = opinionFields{Action: "/feedback", Neighbour: p.Own && who.Village == v.ID, MayHide: who.Village == v.ID, AskContact: who.Village != v.ID}
		if who.Village != v.ID {
			p.Fields.Village = v.Code
		}
		err := s.DB.Look(ctx, actor.Actor{Village: v.ID}, func(tx pg.Tx) error {
			r, err := rulebook.InForce(ctx, tx, tx.Now)
			p.Fields.Items = itemsOfBoth(r)
			return err
		})
		if err != nil && fault.Of(err).Kind != fault.NotFound {
			p.Fields.Items = nil
		}
		if p.Fields.People, err = s.people(c, v.ID); err != nil {
			return err
		}
		if p.Code = c.QueryParam("code"); p.Code != "" {
			o, err := s.Opinion.ByCode(ctx, v.ID, p.Code)
			p.Found, p.Lost = &o, err != nil
		}
	}
	p.Path = "/feedback"
	if p.Fields.Village != "" {
		p.Path += "?v=" + p.Fields.Village
	}
	p.Fields.read(c, problem)
	return visit.Render(c, status, feedback(p))
}

// feedbackVillage is the village that is spoken of: the person's own, or the one whose code the address has.
func (s *Room) feedbackVillage(c echo.Context) (village.Village, bool) {
	ctx := c.Request().Context()
	v, err := s.Villages.Find(ctx, visit.Who(c).Village)
	if err != nil && c.FormValue("v") != "" {
		v, err = s.Villages.ByCode(ctx, c.FormValue("v"))
	}
	return v, err == nil
}

var errWhere = fault.New(fault.Invalid, "opinion.village", "请从本村的公示页进来，或登录以后再提").On("words")

// FeedbackFile takes an opinion from anybody. Of who leaves no name, nothing is kept.
func (s *Room) FeedbackFile(c echo.Context) error {
	ctx, who := c.Request().Context(), visit.Who(c)
	v, ok := s.feedbackVillage(c)
	if !ok {
		return s.feedback(c, visit.Status(errWhere), errWhere)
	}
	if err := s.Accounts.Limit.Take(ctx, "platform:opinion:"+c.RealIP(), limit.Window{Times: 10, In: time.Hour}); err != nil {
		return err
	}
	d := opinion.Draft{Kind: opinion.Kind(c.FormValue("kind")), Item: c.FormValue("item"), Words: c.FormValue("words"), Contact: c.FormValue("contact"), Nameless: c.FormValue("nameless") != "", About: aboutWhom(c), Place: c.FormValue("place")}
	if len(d.Item) > 8 {
		d.Item = ""
	}
	if who.Village != v.ID {
		who, d.Nameless = actor.Actor{Village: v.ID, Township: v.TownshipID, Request: who.Request}, true
	}
	o, err := s.Opinion.File(ctx, who, d)
	switch {
	case visit.Correctable(err):
		return s.feedback(c, visit.Status(err), err)
	case err != nil:
		return err
	case o.Code != "":
		to := "/feedback?code=" + o.Code
		if who.Account != visit.Who(c).Account || !visit.Who(c).Signed() {
			to += "&v=" + v.Code
		}
		return visit.Done(c, to, "已收到。请记住编号 "+o.Code+"，凭它回来看答复")
	case o.HouseholdID != nil:
		return visit.Done(c, "/my/opinions", "已收到，"+shell.Day(o.DueOn)+"前答复")
	}
	return visit.Done(c, "/feedback", "已收到，"+shell.Day(o.DueOn)+"前答复")
}
