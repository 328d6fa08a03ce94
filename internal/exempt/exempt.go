// Package exempt is the village's 免评: items that cannot apply to a household (D10), because it keeps no
// animals, is bedridden or works away, granted by the group with a reason and for a time. An exempt item
// counts neither way: no claim, no inspection, no deduction. So that a household loses nothing by it in a
// comparison, the package also says what share a household has of the points that it could have had.
package exempt

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Exemption is one item that a household is free of.
type Exemption struct {
	ID            uuid.UUID
	HouseholdID   uuid.UUID
	Door          string
	Head          string
	Item          string // P10, or a part like N20a
	Reason        string
	FromOn        time.Time
	UntilOn       *time.Time // the last day, nil for as long as it is not ended
	GrantedBy     uuid.UUID
	GrantedByName string
	GrantedAt     time.Time
	EndedOn       *time.Time // the first day on which the item counts again
	EndedByName   string
	EndReason     string
	Version       int
}

// State is where an exemption stands on a day.
type State string

// The states.
const (
	Upcoming State = "upcoming"
	Standing State = "standing"
	Lapsed   State = "lapsed"
	Ended    State = "ended"
)

// States lists the states in the order of an exemption's life.
var States = []State{Upcoming, Standing, Lapsed, Ended}

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Upcoming: "还没开始", Standing: "免评中", Lapsed: "已到期", Ended: "已取消"}[s]
}

// On is where the exemption stands on a day.
func (e Exemption) On(day time.Time) State {
	day = month.Date(day)
	switch {
	case e.UntilOn != nil && day.After(*e.UntilOn) && (e.EndedOn == nil || e.EndedOn.After(*e.UntilOn)):
		return Lapsed
	case e.EndedOn != nil && !day.Before(*e.EndedOn):
		return Ended
	case day.Before(e.FromOn):
		return Upcoming
	}
	return Standing
}

// Draft is what a form says of a new exemption.
type Draft struct {
	Household uuid.UUID
	Item      string
	Reason    string
	FromOn    time.Time // zero for today
	UntilOn   time.Time // zero for as long as it is not ended
}

// Service is what the screens may ask of exemptions.
type Service struct{ DB *pg.DB }

// Faults of exemptions.
var (
	ErrOff     = fault.New(fault.Conflict, "exempt.off", "本村的细则没有设免评，要先在细则里打开这一项")
	ErrItem    = fault.New(fault.Invalid, "exempt.item", "请选择细则里已启用的一项").On("item")
	ErrReason  = fault.New(fault.Invalid, "exempt.reason", "请写明为什么不适用（4 到 200 字）").On("reason")
	ErrWhy     = fault.New(fault.Invalid, "exempt.end_reason", "请写明为什么取消（4 到 200 字）").On("reason")
	ErrFrom    = fault.New(fault.Invalid, "exempt.from", "开始日期应在%s以后，最晚一年内，请改正").On("from_on")
	ErrUntil   = fault.New(fault.Invalid, "exempt.until", "结束日期应在开始日期和今天以后，请改正").On("until_on")
	ErrHas     = fault.New(fault.Conflict, "exempt.has", "这户的这一项已经免评了，不用再办").On("item")
	ErrEnded   = fault.New(fault.Conflict, "exempt.ended", "这项免评已经取消或到期了，请刷新页面看结果")
	ErrRelated = fault.New(fault.Forbidden, "conflict_of_duty", "这是您本户或亲属户，请回避，由其他成员办理免评")
)

const sqlStanding = `-- exempt.standing
select household_id, item, reason, from_on, until_on, ended_on from exemption
where village_id = @village_id and (@households::uuid[] is null or household_id = any(@households::uuid[]))
  and from_on < @to_day and (until_on is null or until_on >= @from_day) and (ended_on is null or ended_on > @from_day)
order by household_id, item, from_on`

// Span is an exemption as far as it bears on scoring.
type Span struct {
	HouseholdID uuid.UUID
	Item        string
	Reason      string
	FromOn      time.Time
	UntilOn     *time.Time
	EndedOn     *time.Time
}

// Covers reports whether it stands on a day.
func (s Span) Covers(day time.Time) bool {
	return Exemption{FromOn: s.FromOn, UntilOn: s.UntilOn, EndedOn: s.EndedOn}.On(day) == Standing
}

// Between reads what stands on any of the days from from to before to, of the households listed or, with nil,
// of all.
func Between(ctx context.Context, tx pg.Tx, households []uuid.UUID, from, to time.Time) (map[uuid.UUID][]Span, error) {
	rows, err := pg.All[Span](ctx, tx, sqlStanding, pgx.NamedArgs{"village_id": int64(tx.Village()), "households": households,
		"from_day": month.Date(from), "to_day": month.Date(to)})
	out := map[uuid.UUID][]Span{}
	for _, r := range rows {
		out[r.HouseholdID] = append(out[r.HouseholdID], r)
	}
	return out, err
}

// Of keeps of a household's spans those that stand on the day, as the rulebook wants them.
func Of(spans []Span, day time.Time) (list []rulebook.Exempt) {
	for _, s := range spans {
		if s.Covers(day) {
			list = append(list, rulebook.Exempt{Ref: s.Item, Reason: s.Reason})
		}
	}
	return list
}

// On reads who is exempt from what on a day, for rounds that leave those out.
func On(ctx context.Context, tx pg.Tx, day time.Time) (map[uuid.UUID][]rulebook.Exempt, error) {
	spans, err := Between(ctx, tx, nil, day, day.AddDate(0, 0, 1))
	out := make(map[uuid.UUID][]rulebook.Exempt, len(spans))
	for h, list := range spans {
		if on := Of(list, day); len(on) > 0 {
			out[h] = on
		}
	}
	return out, err
}
