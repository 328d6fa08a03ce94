package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/activity"
	"cunfen/internal/actor"
	"cunfen/internal/fault"
)

// Activity is one at which many take part.
type Activity struct {
	ID       uuid.UUID        `json:"id"`
	Name     string           `json:"name"`
	Place    string           `json:"place"`
	Host     string           `json:"host" doc:"谁组织"`
	Item     string           `json:"item"`
	Part     string           `json:"part"`
	BeginsAt time.Time        `json:"begins_at"`
	EndsAt   time.Time        `json:"ends_at"`
	Rotating bool             `json:"rotating" doc:"签到码每分钟更换"`
	State    activity.State   `json:"state" enum:"open,claimed,off"`
	OpenedBy string           `json:"opened_by"`
	Note     string           `json:"note,omitempty"`
	People   []ActivityPerson `json:"people"`
	Photos   []Photo          `json:"photos"`
	Problem  string           `json:"problem,omitempty" doc:"现在不能整批申报的原因"`
}

// ActivityPerson is one who took part.
type ActivityPerson struct {
	Member    uuid.UUID    `json:"member_id"`
	Household uuid.UUID    `json:"household_id"`
	Name      string       `json:"name"`
	Door      string       `json:"door"`
	How       activity.How `json:"how" enum:"list,sheet,code"`
	At        time.Time    `json:"at"`
	Claim     *uuid.UUID   `json:"claim_id,omitempty"`
	Why       string       `json:"why,omitempty" doc:"不计的原因"`
}

// ActivityRow is an activity in a list.
type ActivityRow struct {
	ID       uuid.UUID      `json:"id"`
	Name     string         `json:"name"`
	Place    string         `json:"place"`
	Item     string         `json:"item"`
	BeginsAt time.Time      `json:"begins_at"`
	EndsAt   time.Time      `json:"ends_at"`
	State    activity.State `json:"state" enum:"open,claimed,off"`
	People   int64          `json:"people"`
	Counted  int64          `json:"counted"`
}

func activityOf(a activity.Activity) Activity {
	return Activity{ID: a.ID, Name: a.Name, Place: a.Place, Host: a.Host, Item: a.Item, Part: a.Part, BeginsAt: a.BeginsAt, EndsAt: a.EndsAt, Rotating: a.Rotating, State: a.State,
		OpenedBy: a.OpenedByName, Note: a.Note, People: []ActivityPerson{}, Photos: []Photo{}}
}

func wholeActivity(w activity.Whole) Activity {
	a, why := activityOf(w.Activity), map[uuid.UUID]string{}
	for _, o := range w.Weighed {
		why[o.Member] = o.Why
	}
	a.People = each(w.People, func(p activity.Person) ActivityPerson {
		if p.Why == "" {
			p.Why = why[p.MemberID]
		}
		return ActivityPerson{p.MemberID, p.HouseholdID, p.Name, p.Door, p.How, p.At, p.ClaimID, p.Why}
	})
	if a.Photos = each(w.Photos, photoOf); w.Problem != nil {
		a.Problem = fault.Of(w.Problem).Text
	}
	return a
}

type activitiesInput struct {
	State  activity.State `query:"state" enum:"open,claimed,off"`
	Search string         `query:"q" maxLength:"40"`
	Paged
}

func (t *table) listActivities(ctx context.Context, who actor.Actor, in *activitiesInput) (*list[ActivityRow], error) {
	return sayAll(func(r activity.Row) ActivityRow {
		return ActivityRow{r.ID, r.Name, r.Place, r.Item, r.BeginsAt, r.EndsAt, r.State, r.People, r.Counted}
	})(t.Activities.Activities.List(ctx, who, activity.Filter{State: in.State, Search: in.Search, Page: in.page()}))
}

func (t *table) showActivity(ctx context.Context, who actor.Actor, in *ByID) (*reply[Activity], error) {
	return say(wholeActivity)(t.Activities.Activities.Show(ctx, who, in.ID))
}

type openActivityInput struct {
	Body struct {
		Name     string    `json:"name" maxLength:"40"`
		Place    string    `json:"place" maxLength:"40"`
		Host     string    `json:"host" maxLength:"20" doc:"谁组织"`
		Item     Code      `json:"item"`
		Part     string    `json:"part,omitempty" maxLength:"10"`
		BeginsAt time.Time `json:"begins_at" maxLength:"40"`
		EndsAt   time.Time `json:"ends_at" maxLength:"40"`
		Rotating bool      `json:"rotating,omitempty" doc:"签到码每分钟更换"`
	}
}

func (t *table) openActivity(ctx context.Context, who actor.Actor, in *openActivityInput) (*reply[Activity], error) {
	b := in.Body
	return say(activityOf)(t.Activities.Activities.Open(ctx, who, activity.Draft{Name: b.Name, Place: b.Place, Host: b.Host, Item: string(b.Item), Part: b.Part, BeginsAt: b.BeginsAt, EndsAt: b.EndsAt, Rotating: b.Rotating}))
}

type peopleInput struct {
	ByID
	Body struct {
		Members []uuid.UUID `json:"members" minItems:"1" maxItems:"500" uniqueItems:"true" doc:"参加的家庭成员"`
	}
}

// Listed says how many came onto a list.
type Listed struct {
	New int `json:"new"`
	Had int `json:"had" doc:"早就在名单上的"`
}

func listedOf(n activity.Added) Listed { return Listed{n.New, n.Had} }

func (t *table) addPeople(ctx context.Context, who actor.Actor, in *peopleInput) (*reply[Listed], error) {
	return say(listedOf)(t.Activities.Activities.Add(ctx, who, in.ID, activity.Listed, in.Body.Members))
}

type takeInput struct {
	ByID
	Body struct {
		People string `json:"people" maxLength:"20000" doc:"名单原文，一行一人，可写门牌"`
	}
}

// Matched is what the register says to one line of a list.
type Matched struct {
	Text      string     `json:"text" doc:"名单上怎么写的"`
	Member    *uuid.UUID `json:"member_id,omitempty"`
	Household *uuid.UUID `json:"household_id,omitempty"`
	Name      string     `json:"name"`
	Door      string     `json:"door,omitempty"`
	Listed    bool       `json:"listed" doc:"已经在活动的名单上，或在这份名单里写了两遍"`
	Doubt     string     `json:"doubt,omitempty" doc:"没有对上的原因"`
}

func matchedOf(m activity.Match) Matched {
	out := Matched{Text: m.Text, Name: m.Name.Name, Door: m.Door, Listed: m.Listed, Doubt: m.Doubt}
	if f := m.Found; f != nil {
		out.Member, out.Household, out.Name, out.Door = &f.MemberID, &f.HouseholdID, f.Name, f.Door
	}
	return out
}

func (t *table) matchPeople(ctx context.Context, who actor.Actor, in *takeInput) (*list[Matched], error) {
	return whole(matchedOf)(t.Activities.Activities.Try(ctx, who, in.ID, in.Body.People))
}

// Taken is what became of a list of names.
type Taken struct {
	Listed
	Left []Matched `json:"left" doc:"没有对上的"`
}

func (t *table) takePeople(ctx context.Context, who actor.Actor, in *takeInput) (*reply[Taken], error) {
	return say(func(n activity.Taken) Taken { return Taken{listedOf(n.Added), each(n.Left, matchedOf)} })(t.Activities.Activities.Take(ctx, who, in.ID, in.Body.People))
}

type personInput struct {
	ByID
	Member uuid.UUID `path:"member" doc:"家庭成员"`
}

func (t *table) removePerson(ctx context.Context, who actor.Actor, in *personInput) (*nothing, error) {
	return done(t.Activities.Activities.Remove(ctx, who, in.ID, in.Member))
}

type proveInput struct {
	ByID
	Body struct {
		Evidence []uuid.UUID `json:"evidence" minItems:"1" maxItems:"9" uniqueItems:"true" doc:"签到表、现场的照片"`
	}
}

func (t *table) proveActivity(ctx context.Context, who actor.Actor, in *proveInput) (*reply[Activity], error) {
	return say(activityOf)(t.Activities.Activities.Prove(ctx, who, in.ID, in.Body.Evidence))
}

func (t *table) claimActivity(ctx context.Context, who actor.Actor, in *ByID) (*reply[Activity], error) {
	return say(activityOf)(t.Activities.Activities.Claim(ctx, who, in.ID))
}

func (t *table) undoActivity(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Activity], error) {
	return say(activityOf)(t.Activities.Activities.Undo(ctx, who, in.ID, in.Body.Reason))
}

func (t *table) callOffActivity(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Activity], error) {
	return say(activityOf)(t.Activities.Activities.CallOff(ctx, who, in.ID, in.Body.Reason))
}

type checkInInput struct {
	ByID
	Body struct {
		Code    string      `json:"code" maxLength:"20" doc:"扫到的签到码"`
		Members []uuid.UUID `json:"members" minItems:"1" maxItems:"30" uniqueItems:"true" doc:"来参加的家人"`
	}
}

func (t *table) checkIn(ctx context.Context, who actor.Actor, in *checkInInput) (*reply[Listed], error) {
	return say(listedOf)(t.Activities.Activities.CheckIn(ctx, who, in.ID, in.Body.Code, in.Body.Members))
}
