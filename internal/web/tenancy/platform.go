package tenancy

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/sheetfile"
	"cunfen/internal/tenure"
	"cunfen/internal/village"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/visit"
)

// platformPage is the whole deployment.
type platformPage struct {
	kit.StaffPage
	bureau.Platform
	Towns  int
	Backup *tenure.Backup // the last; nil for none
	Stale  bool           // it is too old
}

// Platform shows how the deployment stands: counts and jobs.
func (r Room) Platform(c echo.Context) error {
	all, err := r.Bureau.Platform(c.Request().Context())
	if err != nil {
		return err
	}
	p := platformPage{StaffPage: r.Staff(c, "platform", "平台"), Platform: all}
	towns, err := r.Onboard.Towns(c.Request().Context(), "")
	if err != nil {
		return err
	}
	p.Towns = len(towns)
	if p.Backup, err = r.Tenure.LastBackup(c.Request().Context()); err != nil {
		return err
	}
	p.Stale = p.Backup == nil || r.DB.Now().Sub(p.Backup.DoneAt) > tenure.BackupLate
	return visit.Render(c, http.StatusOK, platform(p))
}

// sitesPage is the list of villages.
type sitesPage struct {
	kit.StaffPage
	Sites  []tenure.Site
	Filter tenure.Filter
	Towns  []kit.Choice
	Pager  kit.PagerProps
	Export string
}

func sitesFilter(c echo.Context) (f tenure.Filter, err error) {
	f = tenure.Filter{Search: c.QueryParam("q"), State: village.State(c.QueryParam("state")), Practice: c.QueryParam("practice") == "1", Page: visit.Page(c)}
	if f.State != "" && f.State.Chinese() == "" {
		return f, fault.ErrNotFound
	}
	if t := c.QueryParam("township"); t != "" {
		id, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			return f, fault.ErrNotFound
		}
		f.Township = actor.TownshipID(id)
	}
	return f, nil
}

// Sites lists the villages with what they use.
func (r Room) Sites(c echo.Context) error {
	f, err := sitesFilter(c)
	if err != nil {
		return err
	}
	p := sitesPage{StaffPage: r.Staff(c, "sites", "村（场）"), Filter: f, Export: "/platform/sites.xlsx?" + c.QueryString()}
	towns, err := r.Onboard.Towns(c.Request().Context(), "")
	if err != nil {
		return err
	}
	for _, t := range towns {
		p.Towns = append(p.Towns, kit.Choice{Value: strconv.FormatInt(int64(t.ID), 10), Text: t.Name})
	}
	rows, next, err := r.Tenure.Sites(c.Request().Context(), f)
	if err != nil {
		return err
	}
	p.Sites, p.Pager = rows, visit.Pager(c, len(rows), next)
	return visit.Render(c, http.StatusOK, sites(p))
}

var siteHeads = []sheetfile.Head{{Title: "编号"}, {Title: "乡镇", Width: 14}, {Title: "村（场）", Width: 16}, {Title: "短名", Width: 14}, {Title: "状态", Width: 12}, {Title: "原因", Width: 30}, {Title: "住户"}, {Title: "照片"},
	{Title: "照片（MB）"}, {Title: "本月短信"}, {Title: "流水"}, {Title: "排队任务"}, {Title: "失败任务"}, {Title: "超出限额"}}

// SitesExport is the list as it is filtered, whole.
func (r Room) SitesExport(c echo.Context) error {
	f, err := sitesFilter(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for v, err := range page.Rows(func(p page.Page) ([]tenure.Site, string, error) {
		f.Page = p
		return r.Tenure.Sites(c.Request().Context(), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{int64(v.ID), v.Township, v.Name, v.Code, stateWord(v.State, v.PracticeOf != nil), v.StateReason, v.Households, v.Photos, v.Bytes >> 20, v.SMS, v.Entries, v.Open, v.Dead,
			strings.Join(v.Over(), "、")})
	}
	return shell.SendSheet(c, "各村（场）"+month.ChineseDay(r.DB.Now()), "各村（场）", siteHeads, rows)
}

// sitePage is one village with what can be done about it.
type sitePage struct {
	kit.StaffPage
	tenure.Site
	Months []tenure.Months // of SMS
	Form   map[string]string
	Failed string // which of the forms was at fault
	Errors kit.Errors
}

// Site shows it.
func (r Room) Site(c echo.Context) error { return r.site(c, "", nil) }

func (r Room) site(c echo.Context, form string, problem error) error {
	id, err := visit.Village(c, "site")
	if err != nil {
		return err
	}
	v, err := r.Tenure.Site(c.Request().Context(), id)
	if err != nil {
		return err
	}
	f := v.Flags
	p := sitePage{StaffPage: r.Staff(c, "sites", v.Name), Site: v, Failed: form, Errors: kit.ErrorsOf(problem),
		Form: map[string]string{"name": v.Name, "most_households": number(f.Most.Households), "most_photo_mb": number(f.Most.PhotoMB), "most_sms": number(f.Most.SMS), "most_accounts": number(f.Most.Accounts), "embed": strings.Join(f.Embed, "\n")}}
	if problem != nil {
		for _, name := range []string{"name", "reason", "most_households", "most_photo_mb", "most_sms", "most_accounts", "embed"} {
			p.Form[name] = c.FormValue(name)
		}
	}
	if p.Months, err = r.Tenure.SMSMonths(c.Request().Context(), id); err != nil {
		return err
	}
	p.Path = "/platform/sites/" + c.Param("site")
	return visit.Render(c, visit.Status(problem), site(p))
}

// SiteChange does what one of the forms says: rename, suspend, resume, flags.
func (r Room) SiteChange(c echo.Context) error {
	id, err := visit.Village(c, "site")
	if err != nil {
		return err
	}
	ctx, who, reason, verb := c.Request().Context(), visit.Who(c), visit.Text(c, "reason"), c.Param("verb")
	v, err := r.Tenure.Site(ctx, id)
	if err != nil {
		return err
	}
	if (verb == "rename" || verb == "suspend") && visit.Text(c, "typed") != v.Name {
		return r.site(c, verb, tenure.ErrTyped.With(v.Name))
	}
	var said string
	switch verb {
	case "rename":
		said, err = "已改名", r.Tenure.Rename(ctx, who, id, visit.Text(c, "name"), reason)
	case "suspend":
		said, err = "已暂停：这个村的人不能登录，任务不再办理", r.Tenure.Suspend(ctx, who, id, reason)
	case "resume":
		said, err = "已恢复", r.Tenure.Resume(ctx, who, id, reason)
	case "flags":
		f, bad := flagsOf(c)
		if said, err = "已保存", bad; bad == nil {
			err = r.Tenure.SetFlags(ctx, who, id, f, reason)
		}
	default:
		return fault.ErrNotFound
	}
	switch {
	case visit.Correctable(err):
		return r.site(c, verb, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/platform/sites/"+c.Param("site"), said)
}

func flagsOf(c echo.Context) (f village.Flags, err error) {
	households, bad := visit.Int(c, "most_households", 0)
	photo, bad1 := visit.Int(c, "most_photo_mb", 0)
	messages, bad2 := visit.Int(c, "most_sms", 0)
	accounts, bad3 := visit.Int(c, "most_accounts", 0)
	f = village.Flags{Counter: c.FormValue("counter") == "1", Paper: c.FormValue("paper") == "1", Most: village.Most{Households: households, PhotoMB: photo, SMS: messages, Accounts: accounts}, Embed: strings.Fields(c.FormValue("embed"))}
	return f, fault.Join(bad, bad1, bad2, bad3)
}

// logPage is what was done above the villages.
type logPage struct {
	kit.StaffPage
	Lines  []tenure.Deed
	Filter tenure.LogFilter
	Months []kit.Choice // that it can be narrowed to
	Pager  kit.PagerProps
	Export string
}

func logFilter(c echo.Context) (f tenure.LogFilter, err error) {
	f = tenure.LogFilter{Search: c.QueryParam("q"), Verb: c.QueryParam("verb"), Month: c.QueryParam("month"), Page: visit.Page(c)}
	if f.Month != "" {
		_, err = month.Parse(f.Month)
	}
	if err != nil {
		err = fault.ErrNotFound
	}
	return f, err
}

// monthsOfLog is how many months back the log's page offers; all of it is there without one.
const monthsOfLog = 24

// Log shows it.
func (r Room) Log(c echo.Context) error {
	f, err := logFilter(c)
	if err != nil {
		return err
	}
	p := logPage{StaffPage: r.Staff(c, "platform-log", "平台日志"), Filter: f, Export: "/platform/log.xlsx?" + c.QueryString()}
	for m, n := month.Of(r.DB.Now()), 0; n < monthsOfLog; m, n = m.Prev(), n+1 {
		p.Months = append(p.Months, kit.Choice{Value: m.String(), Text: m.Chinese()})
	}
	rows, next, err := r.Tenure.Log(c.Request().Context(), f)
	if err != nil {
		return err
	}
	p.Lines, p.Pager = rows, visit.Pager(c, len(rows), next)
	return visit.Render(c, http.StatusOK, logShow(p))
}

var deedHeads = []sheetfile.Head{{Title: "时间", Width: 18}, {Title: "谁", Width: 12}, {Title: "身份", Width: 16}, {Title: "乡镇", Width: 14}, {Title: "做了什么", Width: 20}, {Title: "对象", Width: 30}, {Title: "原因", Width: 40}, {Title: "网络地址", Width: 16}}

// LogExport is the log as it is filtered, whole.
func (r Room) LogExport(c echo.Context) error {
	f, err := logFilter(c)
	if err != nil {
		return err
	}
	var rows [][]any
	for d, err := range page.Rows(func(p page.Page) ([]tenure.Deed, string, error) {
		f.Page = p
		return r.Tenure.Log(c.Request().Context(), f)
	}) {
		if err != nil {
			return err
		}
		rows = append(rows, []any{d.At, d.Name, d.Role.Chinese(), d.Township, deedName(d.Verb), d.Object, d.Reason, d.Address})
	}
	return shell.SendSheet(c, "平台日志"+month.ChineseDay(r.DB.Now()), "平台日志", deedHeads, rows)
}

// healthPage is what the program stands on, each examined by itself.
type healthPage struct {
	kit.StaffPage
	Checks []Check
	At     time.Time
}

// Check is one thing that was examined.
type Check struct {
	What string
	Says string
	Bad  bool
}

// Health examines it.
func (r Room) Health(c echo.Context) error {
	ctx := c.Request().Context()
	p := healthPage{StaffPage: r.Staff(c, "health", "运行状况"), At: r.DB.Now()}
	look := func(what, good string, err error) {
		k := Check{What: what, Says: good, Bad: err != nil}
		if err != nil {
			k.Says = fault.Of(err).Text
		}
		p.Checks = append(p.Checks, k)
	}
	look("数据库", "连得上，权限正确", errors.Join(r.DB.Ping(ctx), r.DB.Check(ctx, false)))
	skew, err := r.DB.Skew(ctx)
	if err == nil && skew.Abs() > 2*time.Second {
		err = errSkew
	}
	look("时钟", "本机与数据库一致", err)
	look("照片和文件", "存取正常", r.Tenure.Blobs.EnsureBucket(ctx))
	all, err := r.Bureau.Platform(ctx)
	late := ""
	if err == nil && all.Jobs.Late > 300 {
		err = errLate
	} else if err == nil {
		late = strconv.FormatInt(all.Jobs.Open, 10) + " 件在排队，没有积压"
	}
	look("后台任务", late, err)
	if err = nil; all.Jobs.Dead > 0 {
		err = errDead.With(all.Jobs.Dead)
	}
	look("失败的任务", "没有", err)
	last, err := r.Tenure.LastBackup(ctx)
	backed := ""
	switch {
	case err != nil:
	case last == nil:
		err = errNoBackup
	case p.At.Sub(last.DoneAt) > tenure.BackupLate:
		err = errStale.With(moment(last.DoneAt))
	default:
		backed = fmt.Sprintf("%s，数据库 %s，文件 %d 个", moment(last.DoneAt), megabytes(last.Bytes), last.Objects)
	}
	look("备份", backed, err)
	return visit.Render(c, http.StatusOK, health(p))
}

var (
	errNoBackup = fault.New(fault.Conflict, "health.no_backup", "还没有备份过，请运维人员运行 cunfen backup")
	errStale    = fault.New(fault.Conflict, "health.stale", "上次备份是 %s，已超过 26 小时：请运维人员看定时任务为什么没有运行，或现在运行 cunfen backup")
	errSkew     = fault.New(fault.Conflict, "health.skew", "本机与数据库的时钟相差 2 秒以上：请运维人员在两台机器上打开时间同步（chrony 或 systemd-timesyncd）")
	errLate     = fault.New(fault.Conflict, "health.late", "最久的任务已晚了 5 分钟以上：请运维人员看后台进程（cunfen worker）是否在运行，Redis 是否连得上")
	errDead     = fault.New(fault.Conflict, "health.dead", "%d 件任务试过多次没有办成，请到“任务”页看怎么办、再试")
)
