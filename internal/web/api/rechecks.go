package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	members "cunfen/internal/group"
	"cunfen/internal/month"
)

// Recheck is all that a disqualified member had let through, to be looked at again.
type Recheck struct {
	ID        uuid.UUID `json:"id"`
	Name      string    `json:"name" doc:"谁审过的"`
	Reason    string    `json:"reason" doc:"取消资格的原因"`
	OpenedBy  string    `json:"opened_by"`
	OpenedAt  time.Time `json:"opened_at"`
	Lines     int       `json:"lines"`
	Open      int       `json:"open" doc:"待复核"`
	Doubted   int       `json:"doubted" doc:"待第二人核定"`
	Corrected int       `json:"corrected" doc:"已更正"`
	All       []Check   `json:"all,omitempty" doc:"逐条，打开一次复核时有"`
}

// Check is one thing to look at again.
type Check struct {
	Line      string             `json:"line" doc:"确认、提出问题、核定时写上"`
	Subject   string             `json:"subject" enum:"entry,claim,finding,objection,round" doc:"已入账、申报、减分评定、异议答复、巡查确认"`
	SubjectID uuid.UUID          `json:"subject_id"`
	Household *uuid.UUID         `json:"household_id,omitempty"`
	Door      string             `json:"door,omitempty"`
	Head      string             `json:"head,omitempty"`
	Item      string             `json:"item,omitempty"`
	Points    int                `json:"points"`
	Month     *Month             `json:"month,omitempty"`
	OnDay     Day                `json:"on_day"`
	State     members.CheckState `json:"state" enum:"open,confirmed,doubted,corrected,kept"`
	FirstBy   string             `json:"first_by,omitempty"`
	FirstAt   *time.Time         `json:"first_at,omitempty"`
	Doubt     string             `json:"doubt,omitempty"`
	SecondBy  string             `json:"second_by,omitempty"`
	SecondAt  *time.Time         `json:"second_at,omitempty"`
	Answer    string             `json:"answer,omitempty"`
	Away      bool               `json:"away" doc:"您参与过，或是自家、亲属家的，由别的成员复核"`
	Effect    string             `json:"effect" doc:"更正了会怎样"`
}

var subjects = map[members.Subject]string{members.OfEntry: "entry", members.OfClaim: "claim", members.OfFinding: "finding", members.OfObjection: "objection", members.OfRound: "round"}

func recheckOf(r members.Recheck) Recheck {
	return Recheck{ID: r.ID, Name: r.Name, Reason: r.Reason, OpenedBy: r.OpenedName, OpenedAt: r.OpenedAt, Lines: r.Lines, Open: r.Open, Doubted: r.Doubted, Corrected: r.Corrected}
}

func checkOf(c members.Check) Check {
	out := Check{Line: c.Key(), Subject: subjects[c.Kind], SubjectID: c.SubjectID, Household: c.HouseholdID, Door: c.Door, Head: c.Head, Item: c.Item, Points: c.Points, OnDay: dayOf(c.OnDay),
		State: c.State, FirstBy: c.FirstName, FirstAt: c.FirstAt, Doubt: c.Doubt, SecondBy: c.SecondName, SecondAt: c.SecondAt, Answer: c.Answer, Away: c.Away, Effect: c.Effect()}
	if c.Month != nil {
		out.Month = &Month{month.Month(*c.Month)}
	}
	return out
}

func (t *table) listRechecks(ctx context.Context, who actor.Actor, _ *nothing) (*list[Recheck], error) {
	return whole(recheckOf)(t.Group.Rechecks(ctx, who))
}

// ByRecheck names a re-check.
type ByRecheck struct {
	Recheck uuid.UUID `path:"recheck" doc:"复核的编号"`
}

type recheckInput struct {
	ByRecheck
	State members.CheckState `query:"state" enum:"open,confirmed,doubted,corrected,kept"`
}

func (t *table) showRecheck(ctx context.Context, who actor.Actor, in *recheckInput) (*reply[Recheck], error) {
	r, lines, err := t.Group.ShowRecheck(ctx, who, in.Recheck, in.State)
	return say(func(r members.Recheck) Recheck {
		out := recheckOf(r)
		out.All = each(lines, checkOf)
		return out
	})(r, err)
}

type confirmChecksInput struct {
	ByRecheck
	Body struct {
		Lines []string `json:"lines" minItems:"1" maxItems:"500" uniqueItems:"true" maxLength:"40" doc:"各条的 line"`
	}
}

func (t *table) confirmChecks(ctx context.Context, who actor.Actor, in *confirmChecksInput) (*nothing, error) {
	_, err := t.Group.ConfirmChecks(ctx, who, in.Recheck, in.Body.Lines)
	return done(err)
}

type doubtInput struct {
	ByRecheck
	Body struct {
		Line   string `json:"line" maxLength:"40"`
		Reason string `json:"reason" maxLength:"300" doc:"有什么问题"`
	}
}

func (t *table) doubtCheck(ctx context.Context, who actor.Actor, in *doubtInput) (*nothing, error) {
	return done(t.Group.Doubt(ctx, who, in.Recheck, in.Body.Line, in.Body.Reason))
}

type settleCheckInput struct {
	ByRecheck
	Body struct {
		Line    string `json:"line" maxLength:"40"`
		Correct bool   `json:"correct" doc:"有错，更正；否则核定无误"`
		Reason  string `json:"reason" maxLength:"300" doc:"核定的理由"`
	}
}

func (t *table) settleCheck(ctx context.Context, who actor.Actor, in *settleCheckInput) (*nothing, error) {
	return done(t.Group.Settle(ctx, who, in.Recheck, in.Body.Line, in.Body.Correct, in.Body.Reason))
}
