package tenancy

import (
	"fmt"

	"github.com/labstack/echo/v4"

	"cunfen/internal/bureau"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// queuePage is the jobs of the villages that were given up or wait for their time.
type queuePage struct {
	kit.StaffPage
	bureau.Platform
	Errors kit.Errors
}

// Queue shows them.
func (r Room) Queue(c echo.Context) error { return r.queue(c, nil) }

func (r Room) queue(c echo.Context, problem error) error {
	all, err := r.Bureau.Platform(c.Request().Context())
	if err != nil {
		return err
	}
	p := queuePage{StaffPage: r.Staff(c, "queue", "后台任务"), Platform: all, Errors: kit.ErrorsOf(problem)}
	p.Path = "/platform/queue"
	return visit.Render(c, visit.Status(problem), queue(p))
}

// QueueMove tries a job again, does it now, or lets it be.
func (r Room) QueueMove(c echo.Context) error {
	id, err := visit.Village(c, "site")
	if err != nil {
		return err
	}
	job, err := visit.ID(c, "job")
	if err != nil {
		return err
	}
	err = r.Tenure.Job(c.Request().Context(), visit.Who(c), id, job, c.Param("act"))
	switch {
	case visit.Correctable(err):
		return r.queue(c, err)
	case err != nil:
		return err
	}
	return visit.Done(c, "/platform/queue", map[string]string{"retry": "再试一次，几秒后看结果", "now": "现在就办", "drop": "不办了，已记入日志"}[c.Param("act")])
}

// jobNames says the kinds that administrators meet.
var jobNames = map[string]string{"notice.publish": "每月公示", "notice.correct": "更正公示", "notice.out": "公示后归档", "archive.make": "做档案包", "inform.send": "发短信", "tenure.arrive": "住户迁入", "yearend.clear": "年终清零",
	"shop.expire": "预留到期", "gift.settle": "转赠生效", "evaluation.pack": "季度评估资料", "rescore.collect": "收回别村的复评"}

func jobName(kind string) string {
	if name, ok := jobNames[kind]; ok {
		return name
	}
	return kind
}

// advice says what to do about a cause.
func advice(f bureau.Failure) string {
	switch {
	case f.LastError == "" || f.LastError == "interrupted":
		return ""
	case len(f.LastError) > 8 && f.LastError[:8] == "sqlstate":
		return "数据库出错，请运维人员看日志，再试"
	case f.LastError == "sms.unsent":
		return "短信服务没有接收，请看短信服务商，再试"
	case f.LastError == "lost":
		return "办的时候后台进程断了，再试"
	}
	return "请村里照原因处理（" + f.LastError + "），再试"
}

func jobPath(f bureau.Failure, act string) string {
	return fmt.Sprintf("/platform/queue/%d/%s/%s", f.VillageID, f.ID, act)
}
