package deeds

import (
	"net/http"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/finding"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/rulebook"
	"cunfen/internal/sheetfile"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// findingList is the list of the village's findings.
type findingList struct {
	shell.Frame
	Rows   []finding.Row
	Rules  rulebook.RuleSet
	Names  shell.Names
	Filter finding.Filter
	Pager  kit.PagerProps
	Today  string
	Record bool
	Export string // what the list shows
}

func (s *Room) findingFilter(c echo.Context) (f finding.Filter, err error) {
	f = finding.Filter{State: finding.State(c.QueryParam("state")), Item: c.QueryParam("item"), Search: strings.TrimSpace(c.QueryParam("q")), Page: visit.Page(c)}
	if f.State == "open" || !c.QueryParams().Has("state") {
		f.State, f.Open = "", true
	}
	if f.State != "" && f.State.Chinese() == "" {
		return f, fault.ErrNotFound
	}
	return f, nil
}

// Findings lists what was found, what is open first by the filter.
func (s *Room) Findings(c echo.Context) error {
	f, err := s.findingFilter(c)
	if err != nil {
		return err
	}
	rows, next, err := s.Found.List(c.Request().Context(), visit.Who(c), f)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	return visit.Render(c, http.StatusOK, findings(findingList{Frame: s.Frame(c, shell.Spot{Tab: "field", Menu: "findings", Title: "整改与减分",
		Lead: "先告知、给时间、听住户说，再由两名无关的成员评定。缺一步，台账就记不进减分。"}), Rows: rows, Rules: rules, Names: shell.NamesOf(rules), Filter: f,
		Pager: visit.Pager(c, len(rows), next), Today: s.Today(), Record: s.May(c, authz.FindingRecord), Export: "/findings.xlsx?" + c.QueryString()}))
}

// FindingExport hands the list out as a sheet.
func (s *Room) FindingExport(c echo.Context) error {
	f, err := s.findingFilter(c)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	names, out := shell.NamesOf(rules), [][]any{}
	for r, err := range page.Rows(func(p page.Page) ([]finding.Row, string, error) {
		f.Page = p
		return s.Found.List(c.Request().Context(), visit.Who(c), f)
	}) {
		if err != nil {
			return err
		}
		due, matter := "", r.Matter
		if r.DueOn != nil {
			due = r.DueOn.Format("2006-01-02")
		}
		if r.Minor || r.Private {
			matter = "（不列明）"
		}
		out = append(out, []any{r.Door, r.Head, findingTitle(r.Item, r.Minor, names), r.OccurredOn.Format("2006-01-02"), matter, r.Points, r.State.Chinese(), r.Outcome.Chinese(), finding.RepairChinese(r.Repair), due, r.RecorderName})
		if len(out) == shell.MostExported {
			break
		}
	}
	return shell.SendSheet(c, "整改与减分"+s.ThisMonth().Chinese(), "整改与减分", findingHeads, out)
}

var findingHeads = []sheetfile.Head{{Title: "门牌", Width: 14}, {Title: "户主"}, {Title: "事项", Width: 28}, {Title: "发生日期", Width: 12}, {Title: "事由", Width: 40}, {Title: "分值"},
	{Title: "状态", Width: 18}, {Title: "结果", Width: 14}, {Title: "修复任务", Width: 18}, {Title: "整改期限", Width: 12}, {Title: "记录人"}}

// findingTitle is what a list calls the matter: a minor's is never shown by its cause.
func findingTitle(item string, minor bool, names shell.Names) string {
	if minor {
		return "未成年人事项"
	}
	return names.Title(item)
}

// findingForm is a finding being written down.
type findingForm struct {
	claimForm
	Place, Matter, Basis, Reporter string
	Private                        bool
}

func (s *Room) findingFor(c echo.Context) (f findingForm, err error) {
	home, err := visit.ID(c, "household")
	if err != nil {
		return f, err
	}
	path := "/findings/for/" + home.String()
	f.claimForm = claimForm{Path: path, Action: path, Other: true}
	at := shell.Spot{Tab: "field", Menu: "findings", Title: "记减分事项", Back: "/findings", BackTo: "整改与减分"}
	if err := s.claimForm(c, &f.claimForm, home, at); err != nil {
		return f, err
	}
	if item, err := f.Rules.Item(c.FormValue("item")); err == nil && item.On && item.Sign == rulebook.Minus {
		f.Item, at.Back, at.BackTo = item, path, "换一项"
	}
	f.Frame = s.Frame(c, at)
	return f, nil
}

// FindingNew begins: choose the item, then write.
func (s *Room) FindingNew(c echo.Context) error {
	f, err := s.findingFor(c)
	if err != nil {
		return err
	}
	f.Filled.Day = f.Today.Format("2006-01-02")
	return f.answer(c, http.StatusOK)
}

func (f findingForm) answer(c echo.Context, status int) error {
	f.Errors = kit.ErrorsOf(f.Problem)
	if f.Item.Code == "" {
		return visit.Render(c, status, findingChoose(f))
	}
	return visit.Render(c, status, findingWrite(f))
}

// FindingRecord writes it down.
func (s *Room) FindingRecord(c echo.Context) error {
	f, err := s.findingFor(c)
	if err != nil {
		return err
	}
	f.read(c)
	f.Place, f.Matter, f.Basis, f.Reporter, f.Private = visit.Text(c, "place"), visit.Text(c, "matter"), visit.Text(c, "basis"), visit.Text(c, "reporter"), c.FormValue("private") != ""
	if f.Photos, f.Problem = s.TakePhotos(c); f.Problem == nil {
		var d finding.Draft
		if d, f.Problem = f.draft(); f.Problem == nil {
			made, err := s.Found.Record(c.Request().Context(), visit.Who(c), d)
			if err == nil {
				return visit.Done(c, "/findings/"+made.ID.String(), "已记下，只是提请评定；下一步告知住户整改")
			}
			f.Problem = err
		}
	}
	if visit.Correctable(f.Problem) && !visit.Queued(c) {
		return f.answer(c, visit.Status(f.Problem))
	}
	return f.Problem
}

func (f findingForm) draft() (d finding.Draft, err error) {
	on, dayErr := month.ParseDay(f.Filled.Day)
	if f.Item.Code == "" {
		return d, rulebook.ErrNoItem
	}
	parts, partsErr := f.parts()
	var bad *fault.Error
	if dayErr != nil {
		bad = visit.ErrDay.On("occurred_on")
	}
	d = finding.Draft{Household: f.Home.ID, Member: f.member(), Item: f.Item.Code, Parts: parts, OccurredOn: on, Place: f.Place, Matter: f.Matter, Basis: f.Basis,
		Photos: f.Photos, Reporter: f.Reporter, Private: f.Private}
	d.Proofs = append(d.Proofs, f.Item.Required...)
	if k := rulebook.Evidence(f.Filled.Proof); k != "" {
		if !has(d.Proofs, k) {
			d.Proofs = append(d.Proofs, k)
		}
	} else if len(f.Photos) > 0 && has(f.Item.Accepts(), rulebook.Photo) && !has(d.Proofs, rulebook.Photo) {
		d.Proofs = append(d.Proofs, rulebook.Photo)
	}
	return d, fault.Join(bad, partsErr)
}

func has(kinds []rulebook.Evidence, k rulebook.Evidence) bool {
	for _, have := range kinds {
		if have == k {
			return true
		}
	}
	return false
}

// findingPage is one finding with all that can be done about it.
type findingPage struct {
	shell.Frame
	finding.Chain
	Item    rulebook.Item
	Repair  *finding.Repair
	Repairs bool // the village offers them
	Handle  bool
	Decide  bool
	Yours   bool // the recorder, or the lead: may withdraw it
	Offers  bool // the person offered the repair, and may correct it until it is done
	Errors  kit.Errors
	Form    string // the one that was sent
	Value   func(string) string
	Due     string
	Today   string
}

// FindingShow shows a finding: where it stands and the next step.
func (s *Room) FindingShow(c echo.Context) error { return s.findingShow(c, http.StatusOK, "", nil) }

func (s *Room) findingShow(c echo.Context, status int, form string, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	p := findingPage{Handle: s.May(c, authz.FindingHandle), Decide: s.May(c, authz.FindingDecide), Errors: kit.ErrorsOf(problem), Form: form, Value: c.FormValue, Today: s.Today()}
	if p.Chain, err = s.Found.Show(ctx, who, id); err != nil {
		return err
	}
	if p.Repair, err = s.Found.RepairOf(ctx, who, id); err != nil {
		return err
	}
	rules, err := s.RulesOf(c, p.RuleVersion)
	if err != nil {
		return err
	}
	now, err := s.InForce(c)
	if err != nil {
		return err
	}
	p.Repairs = now.Settings.Repairs
	if p.Item, err = rules.Item(p.Chain.Item); err != nil {
		return err
	}
	p.Offers = p.Repairs && p.Repair != nil && p.Repair.State == "offered" && p.Repair.OfferedBy == who.Account
	p.Yours = p.Recorder == who.Account || s.May(c, authz.SheetFreeze)
	p.Due = finding.DueOn(p.Item.Code, s.DB.Now()).Format("2006-01-02")
	p.Frame = s.Frame(c, shell.Spot{Tab: "field", Menu: "findings", Title: p.Head + "家：" + findingTitle(p.Item.Code, p.Minor, shell.NamesOf(rules)), Lead: p.Door, Back: "/findings", BackTo: "整改与减分"})
	p.SetPath("/findings/" + id.String())
	return visit.Render(c, status, findingShow(p))
}

// step answers one step of a finding: done, or its form again.
func (s *Room) step(c echo.Context, form, done string, do func(id uuid.UUID) error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	switch err := do(id); {
	case visit.Correctable(err) && !visit.Queued(c):
		return s.findingShow(c, visit.Status(err), form, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/findings/"+id.String(), done)
}

// FindingIssue tells the household.
func (s *Room) FindingIssue(c echo.Context) error {
	return s.step(c, "issue", "整改告知已发出；没有手机的请打印纸单当面签收", func(id uuid.UUID) error {
		due, bad := visit.Day(c, "due_on")
		if bad != nil {
			return bad
		}
		form, err := c.FormParams()
		if err != nil {
			return fault.ErrInvalid
		}
		_, err = s.Found.Issue(c.Request().Context(), visit.Who(c), id, finding.Tell{Demand: visit.Text(c, "demand"), Help: form["help"], Contact: visit.Text(c, "contact"), DueOn: due})
		return err
	})
}

// FindingDeliver notes the signed slip.
func (s *Room) FindingDeliver(c echo.Context) error {
	return s.step(c, "deliver", "已记下送达", func(id uuid.UUID) error {
		_, err := s.Found.Deliver(c.Request().Context(), visit.Who(c), id, c.FormValue("receiver"))
		return err
	})
}

// FindingLook is the re-check.
func (s *Room) FindingLook(c echo.Context) error {
	return s.step(c, "recheck", "复查结果已记下", func(id uuid.UUID) error {
		photos, err := s.TakePhotos(c)
		if err != nil {
			return err
		}
		_, err = s.Found.Look(c.Request().Context(), visit.Who(c), id, finding.Result(c.FormValue("result")), c.FormValue("note"), photos)
		return err
	})
}

// FindingHear writes down what the household says.
func (s *Room) FindingHear(c echo.Context) error {
	return s.step(c, "hear", "住户的说明已记下", func(id uuid.UUID) error {
		_, err := s.Found.Hear(c.Request().Context(), visit.Who(c), id, finding.How(c.FormValue("how")), c.FormValue("words"))
		return err
	})
}

// FindingDecide is one member's decision.
func (s *Room) FindingDecide(c echo.Context) error {
	return s.step(c, "decide", "您的评定已记下", func(id uuid.UUID) error {
		verdict := c.FormValue("verdict")
		if verdict != "deduct" && verdict != "waive" {
			return finding.ErrVerdict
		}
		_, err := s.Found.Decide(c.Request().Context(), visit.Who(c), id, verdict == "deduct", c.FormValue("reason"))
		return err
	})
}

// FindingWithdraw takes a mistake back.
func (s *Room) FindingWithdraw(c echo.Context) error {
	return s.step(c, "withdraw", "已撤回，不减分", func(id uuid.UUID) error {
		_, err := s.Found.Withdraw(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
		return err
	})
}

// FindingTalk notes the talk with a guardian.
func (s *Room) FindingTalk(c echo.Context) error {
	return s.step(c, "talk", "面谈已记下，事情了结", func(id uuid.UUID) error {
		_, err := s.Found.TalkOver(c.Request().Context(), visit.Who(c), id, c.FormValue("reason"))
		return err
	})
}

// RepairOffer gives a task.
func (s *Room) RepairOffer(c echo.Context) error {
	return s.step(c, "offer", "修复任务已给出，住户会收到消息", func(id uuid.UUID) error {
		points, bad := visit.Int(c, "points", 0)
		until, late := visit.Day(c, "until_on")
		if err := fault.Join(bad, late); err != nil {
			return err
		}
		_, err := s.Found.Offer(c.Request().Context(), visit.Who(c), id, c.FormValue("task"), points, until)
		return err
	})
}

// RepairRecord brings in a repair's proof for a household.
func (s *Room) RepairRecord(c echo.Context) error {
	return s.step(c, "done", "已记下，由其他成员认定", func(id uuid.UUID) error {
		photos, err := s.TakePhotos(c)
		if err != nil {
			return err
		}
		_, err = s.Found.Done(c.Request().Context(), visit.Who(c), id, false, c.FormValue("note"), photos)
		return err
	})
}

// RepairDecide lets a repair through or not.
func (s *Room) RepairDecide(c echo.Context) error {
	return s.step(c, "repair", "修复任务的认定已记下", func(id uuid.UUID) error {
		verdict := c.FormValue("verdict")
		if verdict != "approve" && verdict != "refuse" {
			return finding.ErrVerdict
		}
		_, err := s.Found.DecideRepair(c.Request().Context(), visit.Who(c), id, verdict == "approve", c.FormValue("reason"))
		return err
	})
}

// FindingSlip is the notice on paper, with its receipt.
func (s *Room) FindingSlip(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	f, err := s.Found.Show(ctx, who, id)
	if err != nil {
		return err
	}
	rules, err := s.RulesOf(c, f.RuleVersion)
	if err != nil {
		return err
	}
	item, err := rules.Item(f.Item)
	if err != nil {
		return err
	}
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return err
	}
	pdf, err := finding.PrintSlip(f, item, v.Name, v.Settings.Contact.Name+" "+v.Settings.Contact.Phone)
	if err != nil {
		return err
	}
	return c.Blob(http.StatusOK, "application/pdf", pdf)
}
