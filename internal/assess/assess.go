// Package assess is the township's assessment of its villages' points work (R6.4b): a scheme of indicators with
// weights, computed from the gathered figures or looked at on the spot, each mark with what it was counted from; the
// village objects, the township answers and signs. How much the staff use the system counts for nothing: a scheme
// with such an indicator is refused.
package assess

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/figure"
	"cunfen/internal/pg"
)

// Service is what the screens may ask of assessments.
type Service struct {
	DB      *pg.DB
	Figures *figure.Service
}

// Indicator is one thing that counts.
type Indicator struct {
	Code   string  `json:"code"` // of a measure, or visit1 … for what is looked at on the spot
	Title  string  `json:"title"`
	Weight int     `json:"weight"` // of 100
	Full   float64 `json:"full"`   // the value that has full marks
	Zero   float64 `json:"zero"`   // the value that has none
}

// Visited reports whether the indicator is looked at on the spot.
func (i Indicator) Visited() bool { return strings.HasPrefix(i.Code, "visit") }

// Mark is what one village has in one indicator.
type Mark struct {
	Indicator
	Value  float64 `json:"value"`
	Known  bool    `json:"known"`  // something happened, or somebody looked
	Score  int     `json:"score"`  // in hundredths
	Source string  `json:"source"` // what the figure was counted from, in words
	By     string  `json:"by"`     // who looked
}

// Measure is an indicator that the figures give.
type Measure struct {
	Code, Title, Unit string
	Weight            int // unless another is given
	Full, Zero        float64
	of                func(figure.Standing) (value float64, known bool, source string)
}

func share(part, whole int) (float64, bool) {
	if whole == 0 {
		return 0, false
	}
	return float64(part) * 100 / float64(whole), true
}

// Measures lists them in the order of the screens. They look at what households got and whether things were done in
// time, never at who was how long at a screen.
var Measures = []Measure{
	{"participation", "全员参与率", "%", 20, 100, 0, func(v figure.Standing) (float64, bool, string) {
		x, ok := share(v.Entered, v.Households)
		return x, ok, fmt.Sprintf("登记 %d 户，今年有加减分的 %d 户", v.Households, v.Entered)
	}},
	{"on_time", "按时公示", "%", 20, 100, 0, func(v figure.Standing) (float64, bool, string) {
		x, ok := share(v.OnTime, v.Due)
		return x, ok, fmt.Sprintf("应公示 %d 个月，按时公示 %d 个月", v.Due, v.OnTime)
	}},
	{"wait", "申报审核用时", "天", 15, 3, 15, func(v figure.Standing) (float64, bool, string) {
		days, ok := v.Wait()
		return days, ok, fmt.Sprintf("审了 %d 条，平均 %.1f 天", v.Decided, days)
	}},
	{"late", "超期没答复的异议", "件", 15, 0, 5, func(v figure.Standing) (float64, bool, string) {
		return float64(v.ObjectionsLate), true, fmt.Sprintf("没答复的异议 %d 件，其中超期 %d 件", v.ObjectionsOpen, v.ObjectionsLate)
	}},
	{"righted", "整改完成率", "%", 10, 100, 0, func(v figure.Standing) (float64, bool, string) {
		x, ok := share(v.Righted+v.Deductions, v.Found)
		return min(x, 100), ok, fmt.Sprintf("发现 %d 件，整改好 %d 件，按程序减分 %d 笔", v.Found, v.Righted, v.Deductions)
	}},
	{"booked", "纸质存折到户", "%", 5, 100, 0, func(v figure.Standing) (float64, bool, string) {
		x, ok := share(v.Booked, v.Households)
		return x, ok, fmt.Sprintf("登记 %d 户，有纸质存折的 %d 户", v.Households, v.Booked)
	}},
	{"budget", "物资预算报镇同意", "", 5, 1, 0, func(v figure.Standing) (float64, bool, string) {
		if v.BudgetFen > 0 {
			return 1, true, fmt.Sprintf("今年预算 %d 元，镇里已同意", v.BudgetFen/100)
		}
		return 0, true, "今年的预算镇里还没有同意"
	}},
}

func measure(code string) (Measure, bool) {
	for _, m := range Measures {
		if m.Code == code {
			return m, true
		}
	}
	return Measure{}, false
}

// Draft is what a scheme is made of.
type Draft struct {
	Name       string
	Period     figure.Period
	Indicators []Indicator
}

// Faults of assessments.
var (
	ErrName   = fault.New(fault.Invalid, "assess.name", "请写考核的名称（4 到 40 字）").On("name")
	ErrWeight = fault.New(fault.Invalid, "assess.weight", "权重要是 1 到 100 的整数，加起来正好 100；现在是 %d").On("weight")
	ErrCode   = fault.New(fault.Invalid, "assess.code", "没有这一项指标，请从列表里选择").On("weight")
	ErrTitle  = fault.New(fault.Invalid, "assess.title", "现场看的每一项，请写明看什么（4 到 40 字），不要重复").On("title")
	ErrStaff  = fault.New(fault.Invalid, "assess.staff", "“%s”考的是工作人员用了多少系统。国家要求不给基层增加负担，不得按登录、在线时长、录入数量排名通报；请改成看群众得到了什么、事情办得怎样").On("title")
	ErrPeriod = fault.New(fault.Invalid, "assess.period", "请选择已经开始的一段时间").On("period")
	ErrState  = fault.New(fault.Conflict, "assess.state", "这次考核现在不能这样办，请刷新看看它到了哪一步")
	ErrPoints = fault.New(fault.Invalid, "assess.points", "请打 0 到 100 分").On("points")
	ErrReason = fault.New(fault.Invalid, "assess.reason", "请写明为什么作废（4 到 500 字），各村会看到").On("reason")
	ErrWords  = fault.New(fault.Invalid, "assess.words", "请写明情况（4 到 500 字），对方会看到").On("words")
	ErrClosed = fault.New(fault.Conflict, "assess.closed", "提异议的期限已过")
	ErrUnseen = fault.New(fault.Conflict, "assess.unseen", "%s还有现场看的项目没有打分，打完再发")
	ErrOpen   = fault.New(fault.Conflict, "assess.open", "%s还有异议没有答复，或提异议的期限还没到，不能签发")
)

// staff finds what measures people by their use of a system, however it is put.
var staff = []*regexp.Regexp{
	regexp.MustCompile(`登[录陆]|签到|打卡|在线|上线(率|次数|时长|天数)|离线`),
	regexp.MustCompile(`(使用|操作|停留|屏幕|浏览|值守|工作)时[长间]|时长`),
	regexp.MustCompile(`(使用|打开|点击|访问|浏览|刷新|查看)(次数|频[次率]|量|率|数)`),
	regexp.MustCompile(`活跃|日活|月活|点击|点赞|转发|关注(率|数|量)|阅读量|安装率|下载(率|量)|注册率|激活率`),
	regexp.MustCompile(`(录入|上传|采集|拍照|照片|填报|审核|办理|操作|巡查)(数量|条数|次数|总量|笔数|张数|量|数)($|[^据字])`),
	regexp.MustCompile(`(每人|人均|每名|个人|网格员|工作人员|干部|成员|经办人).{0,6}(录入|上传|采集|审核|办理|操作|巡查|排名|排行|得分|条数|次数)`),
	regexp.MustCompile(`(排名|排行|通报).{0,6}(网格员|工作人员|干部|成员|经办人)`),
	regexp.MustCompile(`(?i)log-?in|logon|screen ?time|\bdau\b|\bmau\b|\bapp\b.{0,6}(使用|打开)|clicks?`),
}

// ranksStaff reports whether words measure people by their use of a system.
func ranksStaff(words string) bool {
	plain := strings.Join(strings.Fields(strings.NewReplacer("、", "", "“", "", "”", "", "·", "", "　", "").Replace(words)), "")
	for _, r := range staff {
		if r.MatchString(words) || r.MatchString(plain) {
			return true
		}
	}
	return false
}

// check refuses what no scheme can be, and whatever ranks people by their use of the system.
func (d *Draft) check(now time.Time) error {
	d.Name = strings.TrimSpace(d.Name)
	sum, seen := 0, map[string]bool{}
	faults := []*fault.Error{fault.When(!chars.Between(d.Name, 4, 40), ErrName), fault.When(ranksStaff(d.Name), ErrStaff.With(d.Name).On("name")),
		fault.When(!d.Period.Valid() || d.Period.From.First().After(now), ErrPeriod)}
	for i := range d.Indicators {
		in := &d.Indicators[i]
		in.Title = strings.TrimSpace(in.Title)
		sum += in.Weight
		if in.Visited() {
			in.Full, in.Zero = 100, 0
			faults = append(faults, fault.When(!chars.Between(in.Title, 4, 40) || seen[in.Title], ErrTitle.On(in.Code)), fault.When(ranksStaff(in.Title), ErrStaff.With(in.Title).On(in.Code)))
		} else if m, ok := measure(in.Code); ok {
			in.Title = m.Title
			if in.Full == in.Zero {
				in.Full, in.Zero = m.Full, m.Zero
			}
		} else {
			faults = append(faults, ErrCode)
		}
		faults = append(faults, fault.When(seen[in.Code], ErrCode), fault.When(in.Weight < 1 || in.Weight > 100, ErrWeight.With(in.Weight).On("weight-"+in.Code)))
		seen[in.Code], seen[in.Title] = true, true
	}
	faults = append(faults, fault.When(sum != 100, ErrWeight.With(sum)))
	return fault.Join(faults...)
}

// mark is the village's mark in an indicator. What did not happen costs nothing.
func (i Indicator) mark(v figure.Standing, before []Mark) Mark {
	if i.Visited() {
		for _, m := range before {
			if m.Code == i.Code {
				m.Indicator = i
				m.Score = i.score(m.Value)
				if !m.Known {
					m.Score = 0
				}
				return m
			}
		}
		return Mark{Indicator: i, Source: "还没有现场看"}
	}
	m := Mark{Indicator: i}
	if at, ok := measure(i.Code); ok {
		m.Value, m.Known, m.Source = at.of(v)
	}
	if m.Score = i.score(m.Value); !m.Known {
		m.Score = i.Weight * 100
		m.Source += "；没有发生，按满分算"
	}
	return m
}

// score is the part of the weight that a value has, in hundredths, on the line from Zero to Full.
func (i Indicator) score(value float64) int {
	if i.Full == i.Zero {
		return 0
	}
	part := (value - i.Zero) / (i.Full - i.Zero)
	return int(math.Round(min(1, max(0, part)) * float64(i.Weight) * 100))
}

func total(marks []Mark) (sum int) {
	for _, m := range marks {
		sum += m.Score
	}
	return sum
}

// Scheme is one assessment of the township's villages.
type Scheme struct {
	ID         uuid.UUID
	TownshipID actor.TownshipID
	Name       string
	FromMonth  int
	ToMonth    int
	Indicators []Indicator
	State      string // running, sent, signed or dropped
	MadeName   string
	MadeAt     time.Time
	SentAt     *time.Time
	SignedName string
	SignedAt   *time.Time
	Digest     string

	DroppedName string
	DroppedAt   *time.Time
	Reason      string // why it was dropped
}

// Result is one village's.
type Result struct {
	VillageID    actor.VillageID
	Village      string
	SchemeID     uuid.UUID
	Name         string // of the scheme
	Reason       string // why it was dropped
	Marks        []Mark
	Total        int
	CountedAt    time.Time
	State        string
	ObjectUntil  *time.Time
	Objection    string
	ObjectedName string
	ObjectedAt   *time.Time
	Answer       string
	AnsweredName string
	AnsweredAt   *time.Time
	Version      int
}

// Closed reports whether nothing of it changes any more.
func (c Scheme) Closed() bool { return c.State == "signed" || c.State == "dropped" }

// SchemeStates lists the states of a scheme in the order of its life.
var SchemeStates = []string{"running", "sent", "signed", "dropped"}

// ResultStates lists the states of a result that its village sees, in the order of their life.
var ResultStates = []string{"sent", "objected", "answered", "signed", "dropped"}

// Points is the total as people read it.
func Points(hundredths int) string { return fmt.Sprintf("%.1f", float64(hundredths)/100) }

// Chinese is the state of a scheme or a result on screen.
func Chinese(state string) string {
	return map[string]string{"running": "正在算分", "counted": "已算分，还没发", "sent": "已发各村", "objected": "村里有异议", "answered": "异议已答复", "signed": "已签发", "dropped": "已作废"}[state]
}
