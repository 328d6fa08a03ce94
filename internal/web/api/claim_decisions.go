package api

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
)

func (t *table) approveClaim(ctx context.Context, who actor.Actor, in *ByID) (*reply[Claim], error) {
	return say(claimOf)(t.Claims.Approve(ctx, who, in.ID))
}

// approveAlike is the second member's word on a claim with a photo that looks like another's.
func (t *table) approveAlike(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Claim], error) {
	return say(claimOf)(t.Claims.ApproveAlike(ctx, who, in.ID, in.Body.Reason))
}

type splitInput struct {
	ByID
	Body struct {
		Parts  map[string]Count `json:"parts" maxProperties:"20" doc:"分项代码到认定的数量"`
		Reason string           `json:"reason" maxLength:"500" doc:"住户会看到（2 到 500 字）"`
	}
}

func (t *table) approvePart(ctx context.Context, who actor.Actor, in *splitInput) (*reply[Claim], error) {
	return say(claimOf)(t.Claims.ApprovePart(ctx, who, in.ID, counted(in.Body.Parts), in.Body.Reason))
}

func (t *table) undoClaim(ctx context.Context, who actor.Actor, in *ByID) (*reply[Claim], error) {
	return say(claimOf)(t.Claims.Undo(ctx, who, in.ID))
}

func (t *table) withdrawClaim(ctx context.Context, who actor.Actor, in *ByID) (*reply[Claim], error) {
	return say(claimOf)(t.Claims.Withdraw(ctx, who, in.ID))
}

// reasonInput is a decision about one Thing that wants a reason.
type reasonInput struct {
	ByID
	Because
}

func (t *table) rejectClaim(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Claim], error) {
	return say(claimOf)(t.Claims.Reject(ctx, who, in.ID, in.Body.Reason))
}

func (t *table) returnClaim(ctx context.Context, who actor.Actor, in *reasonInput) (*reply[Claim], error) {
	return say(claimOf)(t.Claims.Return(ctx, who, in.ID, in.Body.Reason))
}

// Decided is what became of one claim of a bulk decision.
type Decided struct {
	ID     uuid.UUID `json:"id"`
	Claim  *Claim    `json:"claim,omitempty" doc:"办成时"`
	Code   string    `json:"code,omitempty" doc:"没办成时的错误代码"`
	Detail string    `json:"detail,omitempty" doc:"没办成的原因"`
}

type approveInput struct {
	Body struct {
		IDs []uuid.UUID `json:"ids" minItems:"1" maxItems:"200" uniqueItems:"true"`
	}
}

func (t *table) approveClaims(ctx context.Context, who actor.Actor, in *approveInput) (*list[Decided], error) {
	return whole(func(r claim.Result) Decided {
		if r.Fault != nil {
			return Decided{ID: r.ID, Code: r.Fault.Code, Detail: r.Fault.Text}
		}
		c := claimOf(r.Claim)
		return Decided{ID: r.ID, Claim: &c}
	})(t.Claims.ApproveAll(ctx, who, in.Body.IDs))
}
