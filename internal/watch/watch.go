// Package watch counts what could be a sign of favour in a village's decisions (R4.1.7): relatives' homes beside
// similar homes, what was let through without proof, two who let each other's records through, much let through
// just before redemption day, one person's share. Each figure comes with what it was counted from, from where on it
// is worth asking about, and what else could explain it. A figure is a question, never a finding about a person; it is
// put to the village as a matter, and the village answers.
package watch

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/pg"
)

// Service counts and shows.
type Service struct{ DB *pg.DB }

// Statistic names one of the five.
type Statistic string

// The statistics, in the order of the page.
const (
	Relatives Statistic = "relatives"
	Bare      Statistic = "bare"
	Pairs     Statistic = "pairs"
	Spike     Statistic = "spike"
	Share     Statistic = "share"
)

// Statistics lists every one.
var Statistics = []Statistic{Relatives, Bare, Pairs, Spike, Share}

// Chinese is what the statistic is called; Counts how it is counted; Else what else could explain it.
func (s Statistic) Chinese() string {
	return map[Statistic]string{Relatives: "成员亲属户与相似户", Bare: "没有证明的通过", Pairs: "互相通过", Spike: "兑换日前的集中通过", Share: "一个人通过的占比"}[s]
}

// Counts says how the statistic is counted.
func (s Statistic) Counts() string {
	return map[Statistic]string{
		Relatives: "小组成员申报了亲属关系的户，和本村居住、党员、人口都相似的其他户比：亲属户实得的分，除以同样的户平均该得的分。",
		Bare:      "通过的申报里，既没有照片、也没有写明奖状、文件等来源的，占多少。每月巡查和网格员当场记的不算。",
		Pairs:     "甲记的由乙通过、乙记的由甲通过，两边都有的次数；和各自通过的总数比。",
		Spike:     "兑换日前 5 天，平均每天通过多少条；和全部日子每天的平均数比。",
		Share:     "通过最多的一个人，占全村通过数的多少。",
	}[s]
}

// Else says what else could explain it.
func (s Statistic) Else() string {
	return map[Statistic]string{
		Relatives: "成员的家庭本来就更爱参加活动；亲属多住在先做示范的组；没有申报的亲属不在里面。",
		Bare:      "照片没有信号传不上；大家都看见的事（如集体劳动）只写了名单；纸质证明由小组留存。",
		Pairs:     "村小人少，常在一起值班的就这两个人；按网格分工，记和审自然固定。",
		Spike:     "月初本来就集中审核上月的申报；住户赶在兑换前补报。",
		Share:     "其他成员请假或刚换届；村里分工由一个人专门审。",
	}[s]
}

// Threshold says from where on a figure is worth asking about.
func (s Statistic) Threshold() string {
	return map[Statistic]string{
		Relatives: fmt.Sprintf("亲属户不少于 %d 户，且是相似户的 %.1f 倍以上", leastKin, kinRatio),
		Bare:      fmt.Sprintf("通过不少于 %d 条，且没有证明的超过 %d%%", leastApproved, bareShare),
		Pairs:     fmt.Sprintf("两边都不少于 %d 次，且占两人各自通过数的 %d%% 以上", leastPair, pairShare),
		Spike:     fmt.Sprintf("兑换日前通过不少于 %d 条，且是平时每天的 %.0f 倍以上", leastSpike, spikeRatio),
		Share:     fmt.Sprintf("全村通过不少于 %d 条、参加审核的不少于 %d 人，且一个人占 %d%% 以上", leastShare, leastReviewers, oneShare),
	}[s]
}

// From where on each figure is worth asking about.
const (
	leastKin, kinRatio                   = 5, 1.5
	leastApproved, bareShare             = 20, 10
	leastPair, pairShare                 = 8, 40
	leastSpike, spikeRatio               = 15, 2.0
	leastShare, leastReviewers, oneShare = 30, 3, 70
)

// Finding is one statistic of a village: what was counted, of how many.
type Finding struct {
	Statistic Statistic
	Flagged   bool
	Enough    bool    // there was enough to count
	Value     float64 // the ratio, or the share in percent
	Part      int     // counted
	Whole     int     // of how many
	Words     string  // the figure in a sentence, with both numbers
}

// Home is a household with what it gained.
type Home struct {
	Stratum string // homes of the same are similar
	Kin     bool   // of a member of the group
	Points  int64
}

// OfRelatives compares relatives' homes with similar homes: each relative's home is expected to have what the other
// homes of its stratum have on average. A stratum without other homes compares with nothing and is left out.
func OfRelatives(homes []Home) Finding {
	type sum struct {
		n      int
		points int64
	}
	others := map[string]sum{}
	for _, h := range homes {
		if !h.Kin {
			o := others[h.Stratum]
			others[h.Stratum] = sum{o.n + 1, o.points + h.Points}
		}
	}
	f := Finding{Statistic: Relatives}
	var got int64
	var expected float64
	for _, h := range homes {
		o := others[h.Stratum]
		if !h.Kin || o.n == 0 {
			continue
		}
		f.Part++
		got += h.Points
		expected += float64(o.points) / float64(o.n)
	}
	f.Whole = len(homes)
	if f.Enough = f.Part >= leastKin && expected > 0; f.Enough {
		f.Value = float64(got) / expected
	}
	f.Flagged = f.Enough && f.Value >= kinRatio
	f.Words = fmt.Sprintf("亲属户 %d 户（全村 %d 户）平均 %.1f 分，相似户平均 %.1f 分。", f.Part, f.Whole, per(float64(got), f.Part), per(expected, f.Part))
	return f
}

// Approval is one claim that was let through.
type Approval struct {
	Recorder     uuid.UUID
	RecorderName string
	Reviewer     uuid.UUID
	ReviewerName string
	On           time.Time // the day, at midnight UTC
	Staff        bool      // recorded by the staff, who saw it
	Proven       bool      // has a photo, or says what paper proves it
}

// OfBare counts what the household declared and was let through without proof.
func OfBare(all []Approval) Finding {
	f := Finding{Statistic: Bare}
	for _, a := range all {
		if a.Staff {
			continue
		}
		if f.Whole++; !a.Proven {
			f.Part++
		}
	}
	if f.Enough = f.Whole >= leastApproved; f.Enough {
		f.Value = percent(f.Part, f.Whole)
	}
	f.Flagged = f.Enough && f.Value > bareShare
	f.Words = fmt.Sprintf("住户自己报、通过的 %d 条里，%d 条没有证明。", f.Whole, f.Part)
	return f
}

// OfPairs finds the two who let most of each other's records through, both ways.
func OfPairs(all []Approval) Finding {
	type way struct{ from, to uuid.UUID }
	ways, by, names := map[way]int{}, map[uuid.UUID]int{}, map[uuid.UUID]string{}
	for _, a := range all {
		by[a.Reviewer]++
		names[a.Recorder], names[a.Reviewer] = a.RecorderName, a.ReviewerName
		if a.Recorder != a.Reviewer {
			ways[way{a.Recorder, a.Reviewer}]++
		}
	}
	f := Finding{Statistic: Pairs, Whole: len(all)}
	best := ""
	for w, n := range ways {
		back := ways[way{w.to, w.from}]
		if w.from.String() > w.to.String() || min(n, back) < leastPair {
			continue
		}
		f.Enough = true
		share := min(percent(n, by[w.to]), percent(back, by[w.from]))
		if id := w.from.String() + w.to.String(); share > f.Value || share == f.Value && id < best {
			best, f.Value, f.Part = id, share, n+back
			f.Words = fmt.Sprintf("%s和%s：一方记、另一方通过的有 %d 条和 %d 条，各占两人通过数 %d 条、%d 条的一部分；全村通过 %d 条。", names[w.from], names[w.to], n, back, by[w.to], by[w.from], f.Whole)
		}
	}
	if !f.Enough {
		f.Words = fmt.Sprintf("全村通过 %d 条，没有两个人互相通过达到 %d 次的。", f.Whole, leastPair)
	}
	f.Flagged = f.Enough && f.Value >= pairShare
	return f
}

// before is how many days ahead of a redemption day count as just before it.
const before = 5

// OfSpike compares the days just before redemption days with all days of the span.
func OfSpike(all []Approval, from, to time.Time, redemptionDay int) Finding {
	near, days, nearDays := 0, 0, 0
	isNear := func(d time.Time) bool {
		for ahead := 1; ahead <= before; ahead++ {
			if d.AddDate(0, 0, ahead).Day() == redemptionDay {
				return true
			}
		}
		return false
	}
	for d := from; d.Before(to); d = d.AddDate(0, 0, 1) {
		if days++; isNear(d) {
			nearDays++
		}
	}
	for _, a := range all {
		if isNear(a.On) {
			near++
		}
	}
	f := Finding{Statistic: Spike, Part: near, Whole: len(all)}
	usual := per(float64(len(all)), days)
	if f.Enough = near >= leastSpike && usual > 0; f.Enough {
		f.Value = per(float64(near), nearDays) / usual
	}
	f.Flagged = f.Enough && f.Value >= spikeRatio
	f.Words = fmt.Sprintf("兑换日前的 %d 天通过 %d 条，平均每天 %.1f 条；全部 %d 天平均每天 %.1f 条。", nearDays, near, per(float64(near), nearDays), days, usual)
	return f
}

// OfShare is the share of who let most through.
func OfShare(all []Approval) Finding {
	by, names := map[uuid.UUID]int{}, map[uuid.UUID]string{}
	for _, a := range all {
		by[a.Reviewer]++
		names[a.Reviewer] = a.ReviewerName
	}
	ids := make([]uuid.UUID, 0, len(by))
	for id := range by {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int {
		return cmp.Or(cmp.Compare(by[b], by[a]), cmp.Compare(a.String(), b.String()))
	})
	f := Finding{Statistic: Share, Whole: len(all), Enough: len(all) >= leastShare && len(ids) >= leastReviewers}
	if len(ids) > 0 {
		f.Part, f.Value = by[ids[0]], percent(by[ids[0]], len(all))
		f.Words = fmt.Sprintf("%d 人审核，共通过 %d 条；通过最多的是%s，%d 条。", len(ids), len(all), names[ids[0]], f.Part)
	} else {
		f.Words = "这段时间没有通过的申报。"
	}
	f.Flagged = f.Enough && f.Value >= oneShare
	return f
}

func percent(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) * 100 / float64(whole)
}

func per(sum float64, n int) float64 {
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// Text is the figure as it stands in a list.
func (f Finding) Text() string {
	switch {
	case !f.Enough:
		return "数量太少，不下结论"
	case f.Statistic == Relatives || f.Statistic == Spike:
		return fmt.Sprintf("%.1f 倍", f.Value)
	}
	return fmt.Sprintf("%.0f%%", f.Value)
}
