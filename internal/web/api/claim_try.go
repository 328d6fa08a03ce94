package api

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/rulebook"
)

// Trial is what a claim would count for if it were sent now.
type Trial struct {
	Points  int           `json:"points"`
	Counts  bool          `json:"counts" doc:"现在提交会不会被收下"`
	Against []string      `json:"against" doc:"为什么不会，逐条"`
	Reasons []TrialReason `json:"reasons" doc:"分是怎么来的"`
	Parts   []TrialPart   `json:"parts" doc:"没有填分项时：每个分项单独看"`
}

// TrialReason is one reason of a verdict.
type TrialReason struct {
	Why  rulebook.Why `json:"why"`
	Text string       `json:"text"`
}

// TrialPart is one part of the item by itself.
type TrialPart struct {
	Code    string `json:"code"`
	Label   string `json:"label"`
	Counts  bool   `json:"counts"`
	Against string `json:"against,omitempty"`
}

func trialOf(t claim.Trial) Trial {
	out := Trial{Points: t.Points, Counts: t.Against == nil, Against: []string{}, Reasons: []TrialReason{}, Parts: each(t.Parts, func(p claim.PartTrial) TrialPart {
		against := ""
		if p.Against != nil {
			against = fault.Of(p.Against).Text
		}
		return TrialPart{p.Part.Code, p.Part.Label, p.Against == nil, against}
	})}
	for _, r := range t.Reasons {
		if r.Fault != nil {
			out.Against = append(out.Against, r.Text)
		} else {
			out.Reasons = append(out.Reasons, TrialReason{r.Why, r.Text})
		}
	}
	if t.Against != nil && len(out.Against) == 0 {
		f := fault.Of(t.Against)
		for _, one := range f.Fields {
			out.Against = append(out.Against, one.Text)
		}
		if len(out.Against) == 0 {
			out.Against = append(out.Against, f.Text)
		}
	}
	return out
}

// try judges a claim before it is sent; proof is asked for where photos are named.
func (t *table) try(ctx context.Context, who actor.Actor, home uuid.UUID, n newClaim) (*reply[Trial], error) {
	d, err := t.draft(ctx, who, home, n)
	if err != nil {
		return nil, err
	}
	return say(trialOf)(t.Claims.Try(ctx, who, d, len(n.Evidence) > 0))
}

func (t *table) tryClaim(ctx context.Context, who actor.Actor, in *submitInput) (*reply[Trial], error) {
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	return t.try(ctx, who, who.Household, in.Body)
}

func (t *table) tryRecord(ctx context.Context, who actor.Actor, in *recordInput) (*reply[Trial], error) {
	return t.try(ctx, who, in.ID, in.Body)
}
