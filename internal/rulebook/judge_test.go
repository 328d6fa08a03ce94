package rulebook_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
	"cunfen/tenants"
)

// verdicts says of every item of the annexes what its events count for, one after another as they come in.
// "N08x3@11-03=-15" is three spots on 3 November for -15 points; "P15c1d2" has parts; "#" names the event or
// title, "/" the person; a word after the points is why something does not count.
var verdicts = map[string][]string{
	"P01": {"P01x4@11-03=20 P01x1@11-03=5", "P01x2@11-03#讲座=10 P01x3@11-03#讲座=0capped P01x1@11-04#讲座=5"},
	"P02": {"P02x1@03-01=5 P02x2@09-01=10", "P02x1@09-01#通知书/甲=5 P02x1@09-01#通知书/乙=5 P02x1@09-01#通知书/甲=0capped"},
	"P03": {"P03@05-01=5 P03@11-01=0capped", "P03@05-01=5 P02x1@09-01=5"},
	"P04": {"P04@01-01=10 P04@12-31=0capped"},
	"P05": {"P05@03-01=8 P05@03-02=8 P05@03-02=0capped P05@03-02#二季度=8"},
	"P06": {"P06@03-01=5 P06@12-01=0capped", "N14@02-01=-5 P06@12-31=0mirrored", "P06@02-01=5 N14@12-31=0mirrored"},
	"P07": {"P07@11-01=5 P07@11-30=0capped P07@12-01=5", "N09x1@11-02=-5 P07@11-03=5"},
	"P08": {"P08@11-03=5 P08@11-04=0capped", "N08x1@11-03=-5 P08@11-30=0mirrored P08@12-01=5", "N09x1@11-03=-5 P08@11-01=0mirrored"},
	"P09": {"P09@11-03=5 N12@11-20=0mirrored N12@12-01=-5", "N10@11-03=-5 P09@11-03=5"},
	"P10": {"P10@11-03=5 P10@11-20=0capped", "N13@11-03=-5 P10@11-20=0mirrored"},
	"P11": {"P11@11-03=5", "N10@11-03=-5 P11@11-20=0mirrored P11@10-31=5"},
	"P12": {"P12@11-03=5 P12@11-20=5", "N19@03-01=-10 P12@11-20=0mirrored"},
	"P13": {"P13@03-01=5 P13@11-20=0capped", "N16@03-01=-5 P13@11-20=0mirrored"},
	"P14": {"P14a1b1@04-05=10 P14b1@04-06=0capped", "P14a1@04-05=5 P14b1@12-06=5", "N17@03-01=-10 P14b1@04-05=0mirrored", "P14a1@03-01=5 N17@12-31=0mirrored"},
	"P15": {"P15a1b1c1@05-01=4 P15a1@06-01=0capped P15b1@06-30=0capped P15b1@07-01=1 P15c1@05-01=1", "P15c1d3@05-01=4replaced", "P15d1@05-01=2 P15d2@06-01=3 P15d4@07-01=5",
		"P15d1@05-01#舞蹈赛=2 P15d2@05-01#舞蹈赛=0capped", "P15d1d2@05-01=0rung", "P15c1@05-01=1 N20a1@12-31=0mirrored", "N20a1@12-31=-5 P15b1@12-31=0mirrored"},
	"P16": {"P16@11-03=5 P16@11-03=5", "P16@11-03#排查=5 P16@11-03#排查=0capped"},
	"P17": {"P17t1@11-03=5 P17t2@11-03=0capped P17t3@11-04=15", "P17t2@11-03=10", "P17t1t2@11-03=0rung"},
	"P18": {"P18@11-03=5 P18@11-04=5"},
	"P19": {"P19t1@11-03=10 P19t2@12-03=20", "P19t3@11-03=30", "P19t4@11-03=40", "P19t1t4@11-03=0rung"},
	"P20": {"P20@03-01=5 P20@11-03=0capped", "N22@03-01=-10 P20@11-03=0mirrored"},
	"P21": {"P21@12-01=5 P21@12-02=0capped"},
	"P22": {"P22t1@03-08=5 P22t2@10-01=0capped", "P22t2@03-08=10"},
	"P23": {"P23@11-03=5 P23@11-04=5"},
	"P24": {"P24@11-03=5 P24@11-03=5"},
	"P25": {"P25x10@11-03=10 P25x1@11-03=1", "P25x11@11-03=0malformed"},

	"N01": {"N01@11-03=-10 N01@11-04=-10"},
	"N02": {"N02@11-03=-10"},
	"N03": {"N03t1@11-03=-10 N03t2@11-04=-15 N03t3@11-05=-20", "N03t1t2@11-03=0rung"},
	"N04": {"N04@03-03=-10 N04@11-04=0capped"},
	"N05": {"N05@03-03=-10 N05@11-04=0capped"},
	"N06": {"N06@03-03=-20 N06@11-04=0capped", "N06@03-03=-20 N23@03-03=0overlapped N23@03-04=-10", "N23@03-03=-10 N06@03-03=0overlapped"},
	"N07": {"N07@03-03=-10 N07@11-04=0capped"},
	"N08": {"N08x3@11-03=-15 N08x1@11-03=-5", "N08x3@11-03=-15 N09x1@11-03=0overlapped N09x1@11-04=-5", "P08@11-01=5 N08x1@11-03=0mirrored"},
	"N09": {"N09x2@11-03=-10", "N09x2@11-03=-10 N08x9@11-03=0overlapped", "P08@11-01=5 N09x1@11-03=0mirrored"},
	"N10": {"N10@11-03=-5 N10@11-04=-5", "P11@11-01=5 N10@11-03=0mirrored"},
	"N11": {"N11@11-03=-5 N11@11-03=-5"},
	"N12": {"N12@11-03=-5", "P09@11-30=5 N12@11-03=0mirrored"},
	"N13": {"N13@11-03=-5 N13@11-05=-5", "P10@11-30=5 N13@11-03=0mirrored"},
	"N14": {"N14@11-03=-5 N14@11-20=-5"},
	"N15": {"N15@06-03=-5 N15@10-20=-5"},
	"N16": {"N16@06-03=-5 N16@10-20=-5", "P13@11-01=5 N16@02-03=0mirrored"},
	"N17": {"N17@06-03=-10 N17@10-20=0capped"},
	"N18": {"N18a3@11-03=-15 N18b1@11-04=-10", "N18a2b1@11-03=-20"},
	"N19": {"N19@06-03=-10 N19@10-20=0capped", "P12@01-20=5 N19@06-03=0mirrored"},
	"N20": {"N20a1b1@12-31=-10 N20a1@12-31=0capped N20b1@12-30=-5"},
	"N21": {"N21t1@11-03=-5 N21t2@11-04=-10", "N21t2@11-03=-10 N24@11-03=0overlapped", "N24@11-03=-10 N21t2@11-03=0overlapped N21t1@11-03=-5", "N21t1t2@11-03=0rung"},
	"N22": {"N22@06-03=-10 N22@10-20=0capped", "P20@01-20=5 N22@06-03=0mirrored"},
	"N23": {"N23@06-03=-10 N23@10-20=0capped"},
	"N24": {"N24@06-03=-10 N24@06-04=-10"},
	"N25": {"N25x10@11-03=-10 N25x3@11-03=-3", "N25x11@11-03=0malformed"},
}

var (
	word  = regexp.MustCompile(`^([PN]\d\d)([a-z0-9]*)@(\d\d-\d\d)(#[^/=]+)?(/[^=]+)?=(-?\d+)([a-z]*)$`)
	parts = regexp.MustCompile(`([abc]|t\d|d\d|x)(\d*)`)
)

// read is one event of the table above.
func read(t *testing.T, s string) (e rulebook.Event, points int, why rulebook.Why) {
	t.Helper()
	m := word.FindStringSubmatch(s)
	if m == nil {
		t.Fatalf("%q", s)
	}
	e = rulebook.Event{ID: uuid.New(), Item: m[1], Parts: q{}, OccurredOn: on("2026-" + m[3]), Name: strings.TrimPrefix(m[4], "#")}
	if m[5] != "" {
		e.Member = uuid.NewSHA1(uuid.Nil, []byte(m[5]))
	}
	for _, p := range parts.FindAllStringSubmatch(m[2], -1) {
		n, _ := strconv.Atoi(p[2])
		e.Parts[strings.TrimPrefix(p[1], "x")] = max(n, 1)
	}
	if len(e.Parts) == 0 {
		e.Parts[""] = 1
	}
	points, _ = strconv.Atoi(m[6])
	return e, points, rulebook.Why(m[7])
}

func on(s string) time.Time {
	d, err := month.ParseDay(s)
	if err != nil {
		panic(err)
	}
	return d
}

var document = sync.OnceValue(tenants.Document)

// whole is the document's rule set with every item on, a copy of one's own.
func whole() rulebook.RuleSet {
	r := document()
	r.Items = slices.Clone(r.Items)
	for n := range r.Items {
		r.Items[n].On, r.Items[n].Parts = true, slices.Clone(r.Items[n].Parts)
	}
	return r
}

// keep adds what counts of an event to what a household has.
func keep(past *rulebook.Past, e rulebook.Event, v rulebook.Verdict) {
	for _, l := range v.Lines {
		past.Held = append(past.Held, rulebook.Held{Item: e.Item, Part: l.Part, Key: l.Key, OccurredOn: e.OccurredOn, Count: l.Count, Points: l.Points, Where: "申报"})
	}
}

func has(v rulebook.Verdict, why rulebook.Why) bool {
	return slices.ContainsFunc(v.Reasons, func(r rulebook.Reason) bool { return r.Why == why && r.Text != "" })
}

func TestVerdictOfEveryItem(t *testing.T) {
	set := whole()
	if len(verdicts) != 50 {
		t.Errorf("%d items", len(verdicts))
	}
	covered := map[string]bool{}
	for _, item := range set.Items {
		t.Run(item.Code, func(t *testing.T) {
			for _, c := range verdicts[item.Code] {
				past := rulebook.Past{Proven: true}
				for _, s := range strings.Fields(c) {
					e, points, why := read(t, s)
					v := set.Judge([]rulebook.Event{e}, past)[0]
					if v.Points != points || why != "" && !has(v, why) || (v.Err() != nil) != (why != "" && why != rulebook.ReplacedBy) {
						t.Errorf("%s: in %q: %d points, %+v", s, c, v.Points, v.Reasons)
					}
					keep(&past, e, v)
					for p := range e.Parts {
						covered[e.Item+p] = covered[e.Item+p] || v.Points != 0
					}
				}
			}
		})
	}
	if len(covered) != 68 || slices.Contains(slices.Collect(maps.Values(covered)), false) {
		t.Errorf("%d of 68 parts are judged: %v", len(covered), covered)
	}
}

// TestVerdictRefuses: off, exempt, wrongly started, not proved or by what must not be taken, for every item.
func TestVerdictRefuses(t *testing.T) {
	for _, item := range whole().Items {
		t.Run(item.Code, func(t *testing.T) {
			p := item.Parts[0]
			good := rulebook.Event{ID: uuid.New(), Item: item.Code, Parts: q{p.Code: 1}, OccurredOn: on("2026-11-03"), By: rulebook.ByHousehold, Proofs: item.Accepts(), Note: "村民代表会议议定的分值"}
			if item.Sign == rulebook.Minus {
				good.By = rulebook.ByGroup
			}
			for what, c := range map[string]struct {
				edit  func(*rulebook.Event, *rulebook.RuleSet)
				fault error
				why   rulebook.Why
			}{
				"good": {func(*rulebook.Event, *rulebook.RuleSet) {}, nil, ""},
				"off": {func(_ *rulebook.Event, r *rulebook.RuleSet) {
					for n := range r.Items {
						r.Items[n].On = r.Items[n].Code != item.Code
					}
				}, rulebook.ErrOff, rulebook.SwitchedOff},
				"not there": {func(e *rulebook.Event, _ *rulebook.RuleSet) { e.Item = "P99" }, rulebook.ErrNoItem, rulebook.Malformed},
				"exempt": {func(e *rulebook.Event, _ *rulebook.RuleSet) {
					e.Exempt = []rulebook.Exempt{{Ref: item.Code, Reason: "不适用"}}
				}, rulebook.ErrExempt, rulebook.Exempted},
				"part exempt": {func(e *rulebook.Event, _ *rulebook.RuleSet) {
					e.Exempt = []rulebook.Exempt{{Ref: item.Code + p.Code, Reason: "不适用"}}
				}, rulebook.ErrExempt, rulebook.Exempted},
				"without proof":    {func(e *rulebook.Event, _ *rulebook.RuleSet) { e.Proofs = nil }, rulebook.ErrNoEvidence, rulebook.Unproven},
				"by police record": {func(e *rulebook.Event, _ *rulebook.RuleSet) { e.Proofs = append(e.Proofs, rulebook.PoliceRecord) }, rulebook.ErrEvidenceForbidden, rulebook.Unproven},
				"wrong starter": {func(e *rulebook.Event, _ *rulebook.RuleSet) {
					e.By = map[rulebook.Sign]rulebook.Starter{rulebook.Plus: rulebook.ByGroup, rulebook.Minus: rulebook.ByHousehold}[item.Sign]
				}, map[rulebook.Sign]error{rulebook.Plus: rulebook.ErrDeclare, rulebook.Minus: rulebook.ErrGroup}[item.Sign], rulebook.Started},
			} {
				e, set := good, whole()
				e.Proofs = slices.Clone(good.Proofs)
				c.edit(&e, &set)
				v := set.Judge([]rulebook.Event{e}, rulebook.Past{})[0]
				if !errors.Is(v.Err(), c.fault) || c.why != "" && !has(v, c.why) || v.Counts() != (c.fault == nil) {
					t.Errorf("%s: %v, %+v", what, v.Err(), v.Reasons)
				}
			}
			for _, must := range item.Required {
				e := good
				e.Proofs = slices.DeleteFunc(item.Accepts(), func(k rulebook.Evidence) bool { return k == must })
				if v := whole().Judge([]rulebook.Event{e}, rulebook.Past{}); len(e.Proofs) > 0 && !errors.Is(v[0].Err(), rulebook.ErrEvidenceMissing) {
					t.Errorf("without %s: %v", must, v[0].Err())
				}
			}
		})
	}
}

// TestVerdictOfASet: what comes in together is judged together. Findings go before passes, the largest
// deduction of a group and the best rung stand, whatever the order.
func TestVerdictOfASet(t *testing.T) {
	for _, c := range []string{
		"P08@11-01=0mirrored N08x1@11-20=-5",
		"N08x1@11-03=0overlapped N09x2@11-03=-10",
		"N23@03-03=0overlapped N06@03-03=-20",
		"P22t1@03-08=0capped P22t2@10-01=10",
		"P17t1@11-03=0capped P17t3@11-03=15",
		"P07@11-20=0capped P07@11-03=5",
		"P06@11-20=0mirrored N14@11-03=-5 N14@11-04=-5",
	} {
		var events []rulebook.Event
		var points []int
		var whys []rulebook.Why
		for _, s := range strings.Fields(c) {
			e, n, why := read(t, s)
			events, points, whys = append(events, e), append(points, n), append(whys, why)
		}
		for _, back := range []bool{false, true} {
			if back {
				slices.Reverse(events)
				slices.Reverse(points)
				slices.Reverse(whys)
			}
			for n, v := range whole().Judge(events, rulebook.Past{Proven: true}) {
				if v.Points != points[n] || whys[n] != "" && !has(v, whys[n]) {
					t.Errorf("%q: %s is %d: %+v", c, events[n].Item, v.Points, v.Reasons)
				}
			}
		}
	}
}

func TestVerdictInWords(t *testing.T) {
	set := whole()
	for _, c := range []struct{ events, want string }{
		{"P01x4@11-03=20", "每人次加 5 分，4 人次，共加 20 分"},
		{"P17t2@11-03=10", "按“市级表彰”一档，加 10 分"},
		{"P15c1d2@11-03=3", "“参与文化艺术赛事”由奖项的分代替，不另计；按“赛事获市级奖”一档，加 3 分"},
		{"P07@11-03=5 P07@11-20=0", "“垃圾分类”在2026年11月已经记过一次（11月3日的申报），不能重复"},
		{"P15b1@11-03=1 P15b1@12-20=0", "“文化设施与文化活动：参与文化艺术活动”在2026年第4季度已经记过一次（11月3日的申报），不能重复"},
		{"P08@11-03=5 N08x1@11-20=0", "“乱堆乱放乱搭”不能计：2026年11月已有“房前屋后整洁”（11月3日的申报），正反两项同一期只得其一；那一条有错，请先撤销它"},
		{"N09x2@11-03=-10 N08x1@11-03=0", "“乱堆乱放乱搭”不另计：同一天的事已按“积存垃圾脏乱差”减 10 分（11月3日的申报），重叠的几项只取最大的一笔"},
		{"N08x1@11-03=-5 N09x2@11-03=0", "同一天的事已按较小的“乱堆乱放乱搭”减 5 分（11月3日的申报）；要按“积存垃圾脏乱差”处理，请先撤销那一笔"},
	} {
		past, text := rulebook.Past{Proven: true}, ""
		for _, s := range strings.Fields(c.events) {
			e, _, _ := read(t, s)
			v := set.Judge([]rulebook.Event{e}, past)[0]
			keep(&past, e, v)
			var all []string
			for _, r := range v.Reasons {
				all = append(all, r.Text)
			}
			text = strings.Join(all, "；")
		}
		if text != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.events, text, c.want)
		}
	}
}

func TestCapsOfAVillage(t *testing.T) {
	set := whole()
	part := func(code string) *rulebook.Part {
		for n := range set.Items {
			if set.Items[n].Code == code {
				return &set.Items[n].Parts[0]
			}
		}
		return nil
	}
	part("P16").Cap = rulebook.Cap{Per: rulebook.PerMonth, N: 2}
	part("P01").Cap = rulebook.Cap{Per: rulebook.PerQuarter, N: 5}
	part("P18").Cap = rulebook.Cap{Per: rulebook.PerPerson, N: 1}
	part("P23").Cap = rulebook.Cap{Per: rulebook.Uncapped}
	for _, c := range []string{
		"P16@11-03=5 P16@11-03=5 P16@11-20=0capped P16@12-01=5",
		"P01x4@11-03=20 P01x3@11-04=5reduced P01x1@12-31=0capped P01x1@01-01=5",
		"P18@11-03/甲=5 P18@01-03/甲=0capped P18@01-03/乙=5 P18@01-03=5 P18@02-03=0capped",
		"P23@11-03=5 P23@11-03=5 P23@11-03#同一次=5 P23@11-03#同一次=5",
	} {
		past := rulebook.Past{Proven: true}
		for _, s := range strings.Fields(c) {
			e, points, why := read(t, s)
			v := set.Judge([]rulebook.Event{e}, past)[0]
			if v.Points != points || why != "" && !has(v, why) {
				t.Errorf("%s in %q: %d, %+v", s, c, v.Points, v.Reasons)
			}
			keep(&past, e, v)
		}
	}
	if f := fault.Of(set.Judge([]rulebook.Event{{Item: "P16", Parts: one(1), OccurredOn: on("2026-11-20")}}, rulebook.Past{Proven: true, Held: []rulebook.Held{
		{Item: "P16", OccurredOn: on("2026-11-03"), Count: 2, Points: 10, Where: "巡查结果"}}})[0].Err()); f.Text != "“参与网格工作”2026年11月最多计 2 次，已经记满（最近是11月3日的巡查结果）" {
		t.Error(f.Text)
	}
}

// drawn is a village's rules with caps of its own, and a household's year of events under them.
func drawn(t *rapid.T) (rulebook.RuleSet, []rulebook.Event) {
	set := whole()
	for i := range set.Items {
		for p := range set.Items[i].Parts {
			if part := &set.Items[i].Parts[p]; part.Ladder == "" && rapid.IntRange(0, 4).Draw(t, "own cap") == 0 {
				part.Cap = rulebook.Cap{Per: rapid.SampledFrom(rulebook.Pers).Draw(t, "per"), N: rapid.IntRange(1, 3).Draw(t, "n")}
			}
		}
	}
	days := []string{"01-05", "01-20", "02-01", "03-31", "11-03", "11-03", "11-20", "12-31"}
	var events []rulebook.Event
	for range rapid.IntRange(1, 30).Draw(t, "events") {
		i := rapid.SampledFrom(set.Items).Draw(t, "item")
		e := rulebook.Event{ID: uuid.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "id")), Item: i.Code, Parts: q{}, OccurredOn: on("2026-" + rapid.SampledFrom(days).Draw(t, "day")),
			Name: rapid.SampledFrom([]string{"", "甲"}).Draw(t, "name"), Member: uuid.UUID{rapid.Byte().Draw(t, "member") % 2}}
		for _, p := range i.Parts {
			if len(e.Parts) == 0 || rapid.Bool().Draw(t, "too") && p.Ladder == "" {
				if e.Parts[p.Code] = 1; p.Unit.Counted() != "" || p.Unit == rulebook.Open {
					e.Parts[p.Code] = rapid.IntRange(1, 4).Draw(t, "quantity")
				}
			}
		}
		if n := len(i.Parts); i.Parts[n-1].Ladder != "" && rapid.Bool().Draw(t, "rung") {
			e.Parts = q{i.Parts[n-1].Code: 1}
		}
		events = append(events, e)
	}
	return set, events
}

type counted struct {
	rulebook.Event
	rulebook.Line
}

// sound checks the limits over everything that counts, by their definition and not by the judge's code.
func sound(t *rapid.T, set rulebook.RuleSet, all []counted) {
	caps := map[string]int{}
	for _, a := range all {
		item, _ := set.Item(a.Item)
		part, _ := item.Part(a.Part)
		m, group := month.Of(a.OccurredOn), part.Code
		if part.Ladder != "" {
			group = part.Ladder
		}
		period := map[rulebook.Per]string{rulebook.PerMonth: m.String(), rulebook.PerQuarter: fmt.Sprint(m.Quarter()), rulebook.PerYear: "year", rulebook.PerPerson: a.Member.String(),
			rulebook.PerTitle: fmt.Sprint(a.OccurredOn, a.Member, a.Name), rulebook.PerEvent: fmt.Sprint(a.OccurredOn, a.Member, a.Name)}[part.Cap.Per]
		if part.Cap.Per == rulebook.Uncapped || part.Cap.Per == rulebook.PerEvent && a.Name == "" {
			continue
		}
		key := fmt.Sprint(a.Item, group, part.Cap.Per, period)
		if part.Cap.Per == rulebook.PerEvent || part.Cap.Per == rulebook.PerTitle {
			a.Count = 1
		}
		if caps[key] += a.Count; caps[key] > max(part.Cap.N, 1) {
			t.Fatalf("%s counts %d times, cap %+v", key, caps[key], part.Cap)
		}
	}
	for _, a := range all {
		x, _ := set.Item(a.Item)
		for _, b := range all {
			for _, ref := range x.Mirror {
				if (ref == b.Item || ref == b.Item+b.Part) && month.Of(a.OccurredOn) == month.Of(b.OccurredOn) {
					t.Fatalf("%s and %s both count in %s", a.Item, b.Item, month.Of(a.OccurredOn))
				}
			}
			if g := set.Overlapping(a.Item, a.Part); g != "" && g == set.Overlapping(b.Item, b.Part) && a.Item != b.Item && a.OccurredOn.Equal(b.OccurredOn) {
				t.Fatalf("%s and %s both count on %s", a.Item, b.Item, a.OccurredOn)
			}
		}
	}
}

// TestOrderWithinAMonth: the order of a month's events changes neither the month's total nor what comes after.
func TestOrderWithinAMonth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, events := drawn(t)
		shuffled := rapid.Permutation(events).Draw(t, "order")
		var totals [2]map[month.Month]int
		for n, order := range [][]rulebook.Event{events, shuffled} {
			totals[n] = map[month.Month]int{}
			past := rulebook.Past{Proven: true}
			var all []counted
			for m := month.Month(202601); m <= 202612; m++ {
				var these []rulebook.Event
				for _, e := range order {
					if month.Of(e.OccurredOn) == m {
						these = append(these, e)
					}
				}
				for i, v := range set.Judge(these, past) {
					totals[n][m] += v.Points
					for _, l := range v.Lines {
						all = append(all, counted{these[i], l})
					}
				}
				past.Held = past.Held[:0]
				for _, a := range all {
					keep(&past, a.Event, rulebook.Verdict{Lines: []rulebook.Line{a.Line}})
				}
			}
			sound(t, set, all)
		}
		if !maps.Equal(totals[0], totals[1]) {
			t.Fatalf("%v in one order, %v in another", totals[0], totals[1])
		}
	})
}

// TestOneByOne: however events come in, one after another, no limit is ever passed, and what a verdict counts
// is the sum of its lines.
func TestOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set, events := drawn(t)
		past := rulebook.Past{Proven: true}
		var all []counted
		for _, e := range events {
			v := set.Judge([]rulebook.Event{e}, past)[0]
			sum := 0
			for _, l := range v.Lines {
				sum += l.Points
				all = append(all, counted{e, l})
			}
			if sum != v.Points || v.Counts() == (sum == 0) || !v.Counts() && v.Err() == nil {
				t.Fatalf("%+v", v)
			}
			keep(&past, e, v)
		}
		sound(t, set, all)
	})
}
