package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/finding"
)

type deliverInput struct {
	ByID
	Body struct {
		Receiver string `json:"receiver" maxLength:"20" doc:"在纸质告知单上签收的人"`
	}
}

func (t *table) deliverFinding(ctx context.Context, who actor.Actor, in *deliverInput) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Deliver(ctx, who, in.ID, in.Body.Receiver))
}

func (t *table) receiveFinding(ctx context.Context, who actor.Actor, in *ByID) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Receive(ctx, who, in.ID))
}

type sayFindingInput struct {
	ByID
	Body struct {
		Words string `json:"words" maxLength:"1000" doc:"住户自己的说明（2 到 1000 字）"`
	}
}

func (t *table) sayFinding(ctx context.Context, who actor.Actor, in *sayFindingInput) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Say(ctx, who, in.ID, in.Body.Words))
}

func (t *table) withdrawFinding(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Finding], error) {
	return say(findingOf)(t.Found.Withdraw(ctx, who, in.ID, in.Body.Reason))
}

func (t *table) talkFinding(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Finding], error) {
	return say(findingOf)(t.Found.TalkOver(ctx, who, in.ID, in.Body.Reason))
}

// Repair is a task that earns a deduction back.
type Repair struct {
	ID        uuid.UUID  `json:"id"`
	Finding   uuid.UUID  `json:"finding_id"`
	Points    int        `json:"points" doc:"做完补回的分"`
	Task      string     `json:"task"`
	UntilOn   Day        `json:"until_on"`
	State     string     `json:"state" enum:"offered,done,approved,refused,posted"`
	DoneNote  string     `json:"done_note,omitempty"`
	DecidedBy string     `json:"decided_by,omitempty"`
	DecidedAt *time.Time `json:"decided_at,omitempty"`
	Reason    string     `json:"reason,omitempty"`
}

func repairOf(r finding.Repair) Repair {
	return Repair{r.ID, r.FindingID, r.Points, r.Task, dayOf(r.UntilOn), r.State, r.DoneNote, r.DecidedByName, r.DecidedAt, r.Reason}
}

type offerInput struct {
	ByID
	Body struct {
		Task    string `json:"task" maxLength:"300" doc:"做什么（4 到 300 字）"`
		Points  Count  `json:"points"`
		UntilOn Day    `json:"until_on"`
	}
}

func (t *table) offerRepair(ctx context.Context, who actor.Actor, in *offerInput) (*reply[Repair], error) {
	return say(repairOf)(t.Found.Offer(ctx, who, in.ID, in.Body.Task, int(in.Body.Points), in.Body.UntilOn.t))
}

type doneInput struct {
	ByID
	Body struct {
		Note     string      `json:"note" maxLength:"300" doc:"怎么做的（2 到 300 字）"`
		Evidence []uuid.UUID `json:"evidence,omitempty" maxItems:"9" uniqueItems:"true"`
	}
}

func (t *table) doneRepair(ctx context.Context, who actor.Actor, in *doneInput) (*reply[Repair], error) {
	return say(repairOf)(t.Found.Done(ctx, who, in.ID, true, in.Body.Note, in.Body.Evidence))
}

func (t *table) recordRepair(ctx context.Context, who actor.Actor, in *doneInput) (*reply[Repair], error) {
	return say(repairOf)(t.Found.Done(ctx, who, in.ID, false, in.Body.Note, in.Body.Evidence))
}

type repairVerdictInput struct {
	ByID
	Body struct {
		Approve bool   `json:"approve"`
		Reason  string `json:"reason" maxLength:"500" doc:"住户会看到（4 到 500 字）"`
	}
}

func (t *table) decideRepair(ctx context.Context, who actor.Actor, in *repairVerdictInput) (*reply[Repair], error) {
	return say(repairOf)(t.Found.DecideRepair(ctx, who, in.ID, in.Body.Approve, in.Body.Reason))
}

type undoSinceInput struct {
	Body struct {
		Since time.Time `json:"since" maxLength:"40" doc:"这次批量审核开始的时刻；十分钟内有效"`
	}
}

// Undone counts what a bulk undo took back.
type Undone struct {
	Count int `json:"count"`
}

func (t *table) undoClaims(ctx context.Context, who actor.Actor, in *undoSinceInput) (*reply[Undone], error) {
	return say(func(n int) Undone { return Undone{n} })(t.Claims.UndoSince(ctx, who, in.Body.Since))
}
