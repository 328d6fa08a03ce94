package rules

import (
	"errors"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/evaluation"
	"cunfen/internal/fault"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// evaluationList is the village's quarters.
type evaluationList struct {
	kit.StaffPage
	All    []evaluation.Evaluation
	State  string
	Query  string
	Pager  kit.PagerProps
	Export string
	Now    time.Time
}

// Evaluations lists them, newest first.
func (s *Room) Evaluations(c echo.Context) (err error) {
	p := evaluationList{StaffPage: s.Staff(c, "evaluations", "季度评估"), State: c.QueryParam("state"), Query: visit.Text(c, "q"), Now: s.DB.Now(), Export: "/evaluations.xlsx?" + c.QueryString()}
	f, err := evaluationFilter(c)
	if err != nil {
		return err
	}
	var next string
	if p.All, next, err = s.Evaluation.Find(c.Request().Context(), visit.Who(c), f); err != nil {
		return err
	}
	p.Pager = visit.Pager(c, len(p.All), next)
	return visit.Render(c, http.StatusOK, evaluations(p))
}

// evaluationPage is one quarter.
type evaluationPage struct {
	kit.StaffPage
	evaluation.Evaluation
	Said    []evaluation.Opinion
	Takes   bool // opinions are still taken
	Decides bool
	Errors  kit.Errors
	Typed   map[string]string
}

// EvaluationShow shows it.
func (s *Room) EvaluationShow(c echo.Context) error { return s.evaluation(c, nil) }

func (s *Room) evaluation(c echo.Context, problem error) (err error) {
	q, ok := evaluation.ParseQuarter(c.Param("quarter"))
	if !ok {
		return fault.ErrNotFound
	}
	p := evaluationPage{StaffPage: s.Staff(c, "evaluations", q.Chinese()+"评估"), Decides: s.May(c, authz.RulesAdopt), Errors: kit.ErrorsOf(problem), Typed: map[string]string{}}
	if p.Evaluation, p.Said, err = s.Evaluation.Show(c.Request().Context(), visit.Who(c), q); err != nil {
		return err
	}
	p.Takes, p.Path = p.Taking(s.DB.Now()), "/evaluations/"+q.String()
	p.Typed["proposal"] = p.Proposal
	if problem != nil {
		for _, name := range []string{"decision", "outcome", "door", "item", "stance", "text", "channel"} {
			p.Typed[name] = c.FormValue(name)
		}
		if form, err := c.FormParams(); err == nil && form.Has("proposal") {
			p.Typed["proposal"] = form.Get("proposal")
		}
	}
	return visit.Render(c, visit.Status(problem), evaluationShow(p))
}

func (s *Room) evaluated(c echo.Context, err error, text string) error {
	if visit.Correctable(err) {
		return s.evaluation(c, err)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/evaluations/"+c.Param("quarter"), text)
}

// EvaluationPropose puts down what the group proposes.
func (s *Room) EvaluationPropose(c echo.Context) error {
	q, ok := evaluation.ParseQuarter(c.Param("quarter"))
	if !ok {
		return fault.ErrNotFound
	}
	_, err := s.Evaluation.Propose(c.Request().Context(), visit.Who(c), q, c.FormValue("proposal"))
	return s.evaluated(c, err, "建议已保存")
}

// EvaluationDecide ends the quarter's evaluation.
func (s *Room) EvaluationDecide(c echo.Context) error {
	q, ok := evaluation.ParseQuarter(c.Param("quarter"))
	if !ok {
		return fault.ErrNotFound
	}
	_, err := s.Evaluation.Decide(c.Request().Context(), visit.Who(c), q, c.FormValue("outcome"), c.FormValue("decision"))
	return s.evaluated(c, err, "已决定；要改细则的，去起草草案")
}

// EvaluationSay takes down at the counter, or from paper, what a household says.
func (s *Room) EvaluationSay(c echo.Context) error {
	q, ok := evaluation.ParseQuarter(c.Param("quarter"))
	if !ok {
		return fault.ErrNotFound
	}
	home, err := shell.AtDoor(c, s.Households, visit.Text(c, "door"))
	if err == nil && home == [16]byte{} {
		err = shell.ErrDoor
	}
	if err == nil {
		channel := "counter"
		if c.FormValue("channel") == "paper" {
			channel = "paper"
		}
		_, err = s.Evaluation.Say(c.Request().Context(), visit.Who(c), q, evaluation.Opinion{HouseholdID: home, Item: c.FormValue("item"), Stance: evaluation.Stance(c.FormValue("stance")), Text: c.FormValue("text"), Channel: channel})
	}
	return s.evaluated(c, err, "已替住户记下意见")
}

// myEvaluation is the round of opinions as a household sees it.
type myEvaluation struct {
	kit.PhonePage
	evaluation.Evaluation
	None   bool
	Takes  bool
	Said   []evaluation.Opinion
	Errors kit.Errors
	Typed  map[string]string
}

// MyEvaluation asks a household what it thinks of the items.
func (s *Room) MyEvaluation(c echo.Context) error { return s.myEvaluation(c, nil) }

func (s *Room) myEvaluation(c echo.Context, problem error) (err error) {
	ctx, who := c.Request().Context(), visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	p := myEvaluation{PhonePage: s.Phone(c, "me", "细则评一评"), Errors: kit.ErrorsOf(problem), Typed: map[string]string{}}
	p.Back = "/me"
	p.Evaluation, p.Said, err = s.Evaluation.Own(ctx, who)
	if p.None = errors.Is(err, fault.ErrNotFound); err != nil && !p.None {
		return err
	}
	p.Takes = !p.None && p.Taking(s.DB.Now())
	if problem != nil {
		for _, name := range []string{"item", "stance", "text"} {
			p.Typed[name] = c.FormValue(name)
		}
	}
	return visit.Render(c, visit.Status(problem), myEvaluationShow(p))
}

// MyEvaluationSay keeps what the person's own household says.
func (s *Room) MyEvaluationSay(c echo.Context) error {
	who := visit.Who(c)
	if err := shell.AtHome(who); err != nil {
		return err
	}
	q, ok := evaluation.ParseQuarter(c.FormValue("quarter"))
	if !ok {
		return s.myEvaluation(c, evaluation.ErrClosed)
	}
	_, err := s.Evaluation.Say(c.Request().Context(), who, q, evaluation.Opinion{Item: c.FormValue("item"), Stance: evaluation.Stance(c.FormValue("stance")), Text: c.FormValue("text"), Channel: "self"})
	if visit.Correctable(err) {
		return s.myEvaluation(c, err)
	}
	if err != nil {
		return err
	}
	return visit.Done(c, "/my/evaluation", "谢谢，已经记下您的意见")
}
