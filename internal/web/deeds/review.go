package deeds

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/rulebook"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// reviewPage is the queue with one claim's evidence beside it.
type reviewPage struct {
	kit.StaffPage
	Rows   []claim.Row
	Names  shell.Names
	Filter claim.Filter
	Grids  []kit.Choice
	Items  []kit.Choice
	Open   *claim.Whole // the claim beside the list
	Pager  kit.PagerProps
	Export string
	Clear  string
}

// Review shows the claims that wait for a decision.
func (s *Room) Review(c echo.Context) error {
	f, err := reviewFilter(c)
	if err != nil {
		return err
	}
	ctx, who := c.Request().Context(), visit.Who(c)
	rows, next, err := s.Claims.Queue(ctx, who, f)
	if err != nil {
		return err
	}
	p := reviewPage{StaffPage: s.Staff(c, "review", "审核待办"), Rows: rows, Filter: f, Pager: visit.Pager(c, len(rows), next), Export: "/review.xlsx?" + c.QueryString()}
	if c.QueryString() != "" {
		p.Clear = "/review"
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	p.Names, p.Items, p.Grids = shell.NamesOf(rules), shell.ItemChoices(rules, rulebook.Plus), s.GridChoices(c)
	if open, err := uuid.Parse(c.QueryParam("open")); err == nil {
		if w, err := s.Claims.Show(ctx, who, open); err == nil {
			p.Open = &w
		}
	}
	if visit.Fragment(c) && p.Open != nil {
		return visit.Render(c, http.StatusOK, reviewAside(p))
	}
	return visit.Render(c, http.StatusOK, reviewQueue(p))
}

func reviewFilter(c echo.Context) (f claim.Filter, err error) {
	grid, _ := visit.Int(c, "grid", 0)
	f = claim.Filter{State: claim.Pending, Item: c.QueryParam("item"), Grid: grid, Search: c.QueryParam("q"), Page: visit.Page(c)}
	if st := c.QueryParam("state"); st != "" {
		f.State = claim.State(st)
		if f.State.Chinese() == "" {
			return f, fault.ErrNotFound
		}
	}
	return f, nil
}

// ClaimApprove approves one claim and goes back to the queue.
func (s *Room) ClaimApprove(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	var w claim.Claim
	if why := because(c); why == "" {
		w, err = s.Claims.Approve(c.Request().Context(), visit.Who(c), id)
	} else {
		w, err = s.Claims.ApproveAlike(c.Request().Context(), visit.Who(c), id, why)
	}
	switch {
	case errors.Is(err, claim.ErrAlike):
		return s.reason(c, http.StatusUnprocessableEntity, alike, err)
	case err != nil:
		return visit.Refused(c, shell.Back(c, "/review"), err)
	}
	text := fmt.Sprintf("已通过，加 %d 分待签字入账", w.Points)
	if w.State == claim.Pending {
		text = halfWay
	}
	return visit.DoneUndo(c, shell.Back(c, "/review"), text, "/claims/"+id.String()+"/undo")
}

// halfWay is said where a second member is needed (D7, photos that look alike).
const halfWay = "您已通过；分值由小组议定的、照片相像的，还要另一名成员通过"

// ReviewApproveAll approves the ticked claims, each on its own.
func (s *Room) ReviewApproveAll(c echo.Context) error {
	ids, err := visit.FormIDs(c, "id")
	if err != nil {
		return err
	}
	results, err := s.Claims.ApproveAll(c.Request().Context(), visit.Who(c), ids)
	if err != nil {
		return visit.Refused(c, shell.Back(c, "/review"), err)
	}
	passed, half, why := 0, 0, ""
	since := ""
	for _, r := range results {
		if r.Fault == nil && r.Claim.State == claim.Pending {
			half++
		} else if r.Fault == nil {
			passed++
			if at := r.Claim.DecidedAt; at != nil && since == "" {
				since = strconv.Itoa(int(at.UnixMilli()))
			}
		} else {
			why = r.Fault.Text
		}
	}
	text := fmt.Sprintf("已通过 %d 条", passed)
	if half > 0 {
		text += fmt.Sprintf("；%d 条还要另一名成员通过", half)
	}
	if n := len(results) - passed - half; n > 0 {
		visit.SetFlash(c, kit.Flash{Tone: kit.Gold, Text: fmt.Sprintf("%s，另有 %d 条没有通过：%s", text, n, why)})
		return c.Redirect(http.StatusSeeOther, shell.Back(c, "/review"))
	}
	if since == "" {
		return visit.Done(c, shell.Back(c, "/review"), text)
	}
	return visit.DoneUndo(c, shell.Back(c, "/review"), text, "/review/undo?since="+since)
}

// ReviewUndo takes back what the person has approved since a bulk decision, while its window is open.
func (s *Room) ReviewUndo(c echo.Context) error {
	since, err := strconv.ParseInt(c.QueryParam("since"), 10, 64)
	if err != nil {
		return fault.ErrNotFound
	}
	n, err := s.Claims.UndoSince(c.Request().Context(), visit.Who(c), time.UnixMilli(since))
	if err != nil {
		return visit.Refused(c, "/review", err)
	}
	return visit.Done(c, "/review", fmt.Sprintf("已撤销 %d 条，回到待审核", n))
}

// ClaimSplit lets a part of what was claimed through.
func (s *Room) ClaimSplit(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	form, err := c.FormParams()
	if err != nil {
		return err
	}
	parts := map[string]int{}
	for name := range form {
		if code, ok := strings.CutPrefix(name, "part_"); ok {
			parts[code], _ = strconv.Atoi(form.Get(name))
		}
	}
	w, err := s.Claims.ApprovePart(c.Request().Context(), visit.Who(c), id, parts, because(c))
	if err == nil {
		return visit.DoneUndo(c, "/review", fmt.Sprintf("已通过一部分（%s），加 %d 分待签字入账", w.Split(), w.Points), "/claims/"+id.String()+"/undo")
	}
	return s.decided(c, id, splitting, err)
}

// ClaimSplitForm asks how much of it counts, and why not all.
func (s *Room) ClaimSplitForm(c echo.Context) error {
	return s.reason(c, http.StatusOK, splitting, nil)
}

// because is the reason of a decision: one of the usual ones, the person's own words, or both.
func because(c echo.Context) string {
	usual, own := strings.TrimSpace(c.FormValue("usual")), strings.TrimSpace(c.FormValue("reason"))
	if usual == "" || own == "" {
		return usual + own
	}
	return usual + "；" + own
}

// ClaimUndo takes the person's own decision back.
func (s *Room) ClaimUndo(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	if _, err := s.Claims.Undo(c.Request().Context(), visit.Who(c), id); err != nil {
		return visit.Refused(c, "/review", err)
	}
	return visit.Done(c, "/review?open="+id.String(), "已撤销，申报回到待审核")
}

// ClaimRejectForm and ClaimReturnForm ask for the reason.
func (s *Room) ClaimRejectForm(c echo.Context) error {
	return s.reason(c, http.StatusOK, rejecting, nil)
}
func (s *Room) ClaimReturnForm(c echo.Context) error {
	return s.reason(c, http.StatusOK, returning, nil)
}

// ClaimReject refuses a claim for good.
func (s *Room) ClaimReject(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	_, err = s.Claims.Reject(c.Request().Context(), visit.Who(c), id, because(c))
	return s.decided(c, id, rejecting, err)
}

// ClaimReturn sends a claim back for more proof.
func (s *Room) ClaimReturn(c echo.Context) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	_, err = s.Claims.Return(c.Request().Context(), visit.Who(c), id, because(c))
	return s.decided(c, id, returning, err)
}

// negative is a decision that wants a reason.
type negative struct {
	verb, title, text, submit, done string
	templates                       []string
}

var (
	returning = negative{"return", "退回这条申报", "住户会看到原因，补充后可以再报。", "退回并告知住户", "已退回，住户会看到原因",
		[]string{"照片看不清，请补拍一张", "请补拍能看清门牌的照片", "请写明活动的时间和地点", "请补充表彰文件或签到表的照片"}}
	rejecting = negative{"reject", "不予通过", "住户会看到原因，这条申报不再计分。", "不通过并告知住户", "已按不通过处理，住户会看到原因",
		[]string{"不属于本村积分项目", "同一件事已经记过分", "经核实与事实不符"}}
	alike = negative{"approve", "照片相像，仍然通过", "有照片和别的申报相像，已有一名成员通过；您核对以后写明理由，才能通过。", "写明理由并通过", "",
		[]string{"两件事发生在同一处，经核对不是同一件", "照片是同一次活动的不同家庭", "已当面核实，确有其事"}}
	splitting = negative{"split", "通过一部分", "认定的数量记分，其余不记；住户会看到原因。", "按认定的数量通过", "",
		[]string{"签到表上只有这些人次", "照片只能证明这一部分", "其余已在别的申报里记过"}}
)

func (s *Room) decided(c echo.Context, id uuid.UUID, n negative, err error) error {
	if fault.Of(err) != nil && err != nil && fault.Of(err).Field != "" {
		return s.reason(c, http.StatusUnprocessableEntity, n, err)
	}
	if err != nil {
		return visit.Refused(c, "/review", err)
	}
	return visit.DoneUndo(c, "/review", n.done, "/claims/"+id.String()+"/undo")
}

func (s *Room) reason(c echo.Context, status int, n negative, problem error) error {
	id, err := visit.ID(c, "id")
	if err != nil {
		return err
	}
	w, err := s.Claims.Show(c.Request().Context(), visit.Who(c), id)
	if err != nil {
		return err
	}
	rules, err := s.InForce(c)
	if err != nil {
		return err
	}
	return visit.Render(c, status, reasonPage(s.Staff(c, "review", n.title), w, shell.NamesOf(rules), n, c.FormValue("reason"), c.FormValue("usual"), kit.ErrorsOf(problem)))
}

// opening is the address of the queue with a claim beside it.
func (p reviewPage) opening(id uuid.UUID) string {
	q := url.Values{}
	if p.Path != "" {
		if u, err := url.Parse(p.Path); err == nil {
			q = u.Query()
		}
	}
	q.Set("open", id.String())
	return "/review?" + q.Encode()
}
