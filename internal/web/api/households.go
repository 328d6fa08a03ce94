package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/household"
)

// HouseholdLine is one household of the list.
type HouseholdLine struct {
	ID           uuid.UUID           `json:"id"`
	Door         string              `json:"door" doc:"门牌号"`
	Team         string              `json:"team" doc:"村民小组"`
	Grid         int                 `json:"grid" doc:"网格"`
	Walk         int                 `json:"walk" doc:"走访顺序"`
	Head         string              `json:"head" doc:"户主"`
	Residence    household.Residence `json:"residence" enum:"local,outside"`
	Party        bool                `json:"party" doc:"党员户"`
	Phone        string              `json:"phone" doc:"遮去几位"`
	PassbookNo   string              `json:"passbook_no" doc:"存折号"`
	RegisteredOn Day                 `json:"registered_on"`
	State        household.State     `json:"state" enum:"active,left"`
	Version      int                 `json:"version"`
	Members      int                 `json:"members" doc:"几口人"`
	Base         int64               `json:"base" doc:"基础分"`
	Usable       int64               `json:"usable" doc:"可用积分"`
	Score        int64               `json:"score" doc:"年度得分"`
}

// Household is a home with its people; personal numbers are masked.
type Household struct {
	ID            uuid.UUID           `json:"id"`
	Door          string              `json:"door"`
	Team          string              `json:"team"`
	Grid          int                 `json:"grid"`
	Walk          int                 `json:"walk"`
	Head          string              `json:"head"`
	Residence     household.Residence `json:"residence" enum:"local,outside"`
	Party         bool                `json:"party"`
	Phone         string              `json:"phone"`
	PassbookNo    string              `json:"passbook_no"`
	RegisteredOn  Day                 `json:"registered_on"`
	BaseUnlocksOn Day                 `json:"base_unlocks_on" doc:"这天起基础分可以兑换"`
	State         household.State     `json:"state" enum:"active,left"`
	LeftOn        *Day                `json:"left_on,omitempty"`
	Note          string              `json:"note"`
	Version       int                 `json:"version"`
	UpdatedAt     time.Time           `json:"updated_at"`
	Members       []Person            `json:"members"`
}

// Person is a member of a household.
type Person struct {
	ID       uuid.UUID       `json:"id"`
	Name     string          `json:"name"`
	Relation string          `json:"relation" doc:"与户主的关系"`
	IDNumber string          `json:"id_number" doc:"遮去几位"`
	Party    bool            `json:"party"`
	State    household.State `json:"state" enum:"active,left"`
}

func householdLine(l household.Line) HouseholdLine {
	return HouseholdLine{ID: l.ID, Door: l.Door, Team: l.Team, Grid: l.Grid, Walk: l.Walk, Head: l.Head, Residence: l.Residence, Party: l.Party, Phone: l.Phone,
		PassbookNo: l.PassbookNo, RegisteredOn: dayOf(l.RegisteredOn), State: l.State, Version: l.Version, Members: l.Members, Base: l.Base, Usable: l.Usable, Score: l.Score}
}

func householdOf(h household.Household) Household {
	return Household{ID: h.ID, Door: h.Door, Team: h.Team, Grid: h.Grid, Walk: h.Walk, Head: h.Head, Residence: h.Residence, Party: h.Party, Phone: h.Phone,
		PassbookNo: h.PassbookNo, RegisteredOn: dayOf(h.RegisteredOn), BaseUnlocksOn: dayOf(h.BaseUnlocksOn), State: h.State, LeftOn: maybeDay(h.LeftOn), Note: h.Note,
		Version: h.Version, UpdatedAt: h.UpdatedAt, Members: each(h.Members, func(m household.Member) Person {
			return Person{ID: m.ID, Name: m.Name, Relation: m.Relation, IDNumber: m.IDNumber, Party: m.Party, State: m.State}
		})}
}

type householdsInput struct {
	Search    string              `query:"q" maxLength:"40" doc:"姓名、门牌、拼音首字母、存折号，或完整的电话、身份证号"`
	Grid      int                 `query:"grid" minimum:"0" maximum:"9999"`
	Team      string              `query:"team" maxLength:"20"`
	Residence household.Residence `query:"residence" enum:"local,outside"`
	State     household.State     `query:"state" enum:"active,left" doc:"不填为在册"`
	Party     string              `query:"party" enum:"true,false" doc:"党员户"`
	Paged
}

func (t *table) listHouseholds(ctx context.Context, who actor.Actor, in *householdsInput) (*list[HouseholdLine], error) {
	f := household.Filter{Search: in.Search, Grid: in.Grid, Team: in.Team, Residence: in.Residence, State: in.State, Page: in.page()}
	if in.Party != "" {
		party := in.Party == "true"
		f.Party = &party
	}
	return sayAll(householdLine)(t.Households.List(ctx, who, f))
}

func (t *table) showHousehold(ctx context.Context, who actor.Actor, in *ByID) (*reply[Household], error) {
	return say(householdOf)(t.Households.Show(ctx, who, in.ID))
}

// Home is what both forms of a household say. What is too long for the register it says itself, field by field.
type Home struct {
	Door      string              `json:"door" maxLength:"100" doc:"门牌号，最多 40 个字"`
	Team      string              `json:"team,omitempty" maxLength:"100" doc:"村民小组"`
	Grid      int                 `json:"grid,omitempty" minimum:"0" maximum:"9999" doc:"不填则按村民小组"`
	Walk      int                 `json:"walk,omitempty" minimum:"0" maximum:"99999999" doc:"不填则按门牌"`
	Head      string              `json:"head" maxLength:"100" doc:"户主"`
	Residence household.Residence `json:"residence" enum:"local,outside"`
	Party     bool                `json:"party,omitempty" doc:"党员户"`
	Note      string              `json:"note,omitempty" maxLength:"500"`
}

type newPerson struct {
	Name     string `json:"name" maxLength:"100"`
	Relation string `json:"relation,omitempty" maxLength:"100" doc:"与户主的关系"`
	IDNumber string `json:"id_number,omitempty" maxLength:"40"`
	Party    bool   `json:"party,omitempty"`
}

type registerInput struct {
	Body struct {
		Home
		Phone    string      `json:"phone,omitempty" maxLength:"40"`
		IDNumber string      `json:"id_number,omitempty" maxLength:"40" doc:"户主的身份证号"`
		Members  []newPerson `json:"members,omitempty" maxItems:"30" doc:"户主以外的成员"`
	}
}

// Registered is what a new household gets.
type Registered struct {
	ID         uuid.UUID `json:"id"`
	PassbookNo string    `json:"passbook_no" doc:"存折号"`
}

func (t *table) registerHousehold(ctx context.Context, who actor.Actor, in *registerInput) (*reply[Registered], error) {
	b := in.Body
	return say(func(r household.Registered) Registered { return Registered(r) })(t.Households.Register(ctx, who, household.Draft{Door: b.Door, Team: b.Team,
		Grid: b.Grid, Walk: b.Walk, Head: b.Head, Residence: b.Residence, Party: b.Party, Phone: b.Phone, IDNumber: b.IDNumber, Note: b.Note,
		Members: each(b.Members, func(p newPerson) household.Person { return household.Person(p) })}))
}

type editInput struct {
	ByID
	Body struct {
		Home
		Version int     `json:"version" minimum:"1" maximum:"2147483647" doc:"看到的版本；别人改过就不再是它"`
		Phone   *string `json:"phone,omitempty" maxLength:"40" doc:"不填为不改，空为去掉"`
	}
}

func (t *table) editHousehold(ctx context.Context, who actor.Actor, in *editInput) (*reply[Household], error) {
	b := in.Body
	_, err := t.Households.Edit(ctx, who, in.ID, household.Change{Version: b.Version, Door: b.Door, Team: b.Team, Grid: b.Grid, Walk: b.Walk, Head: b.Head,
		Residence: b.Residence, Party: b.Party, Phone: b.Phone, Note: b.Note})
	if err != nil {
		return nil, err
	}
	return say(householdOf)(t.Households.Show(ctx, who, in.ID))
}

type leaveInput struct {
	ByID
	Body struct {
		Version int    `json:"version" minimum:"1" maximum:"2147483647"`
		Reason  string `json:"reason" maxLength:"500"`
	}
}

func (t *table) leaveHousehold(ctx context.Context, who actor.Actor, in *leaveInput) (*nothing, error) {
	return done(t.Households.MoveOut(ctx, who, in.ID, in.Body.Version, in.Body.Reason))
}
