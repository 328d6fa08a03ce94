package api

import (
	"context"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/ledger"
	"cunfen/internal/signoff"
	"cunfen/internal/web/homes"
	"cunfen/internal/web/kit"
)

// LineExplained is a line of a passbook with what it rests on, in the words of the page. Of a line that is hidden
// from the home's screen there is neither item, day, source nor cause.
type LineExplained struct {
	ID          uuid.UUID   `json:"id"`
	Household   uuid.UUID   `json:"household_id"`
	Title       string      `json:"title"`
	Points      int         `json:"points"`
	Kind        string      `json:"kind" enum:"base,award,deduction,redemption,reversal,clearing,opening,gift"`
	Month       Month       `json:"month"`
	Hidden      bool        `json:"hidden" doc:"事由不在家里共用的屏幕上显示"`
	Item        string      `json:"item,omitempty" doc:"积分项目"`
	RuleVersion int         `json:"rule_version,omitempty"`
	Rung        string      `json:"rung,omitempty" doc:"照细则怎么算的"`
	OccurredOn  *Day        `json:"occurred_on,omitempty"`
	Claim       *uuid.UUID  `json:"claim_id,omitempty"`
	Finding     *uuid.UUID  `json:"finding_id,omitempty"`
	Facts       []Fact      `json:"facts" doc:"条文、依据、谁记的、证明、谁定的和理由，和页面上说的一样"`
	Photos      []Photo     `json:"photos"`
	Signatures  []Signature `json:"signatures" doc:"当月签字表上的签字"`
	ObjectUntil *Day        `json:"object_until,omitempty" doc:"异议期的最后一天；公示以前没有"`
	Objectable  bool        `json:"objectable" doc:"现在还可以提异议"`
	How         string      `json:"how,omitempty" doc:"有意见怎么办"`
	Proof       string      `json:"proof,omitempty" doc:"什么材料能说明分不对"`
}

// Fact is one thing that explains a line.
type Fact struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

func lineExplained(x homes.Explained) LineExplained {
	out := LineExplained{ID: x.Entry.ID, Household: x.HouseholdID, Title: x.Title(), Points: x.Points, Kind: kinds[x.Kind], Month: Month{x.Entry.Month}, Hidden: x.Hidden,
		Facts: each(x.Facts(), func(f kit.Fact) Fact { return Fact{f.Label, f.Text} }), Photos: each(x.Photos, photoOf), Signatures: each(x.Signed, signatureOf), ObjectUntil: maybeDay(x.Until)}
	if !x.Hidden {
		if !x.OccurredOn.IsZero() {
			out.OccurredOn = maybeDay(&x.OccurredOn)
		}
		if out.Item = x.Entry.Item; x.Item.Code != "" && x.SourceKind != ledger.FromRepair {
			out.Rung = x.Sum()
		}
		out.RuleVersion = x.RuleVersion
		if x.Claim != nil {
			out.Claim = &x.Claim.ID
		}
		if x.Found != nil {
			out.Finding = &x.Found.ID
		}
	}
	if x.Kind == ledger.Award || x.Kind == ledger.Deduction {
		out.Objectable, out.How, out.Proof = x.Open, x.How(), x.Proof()
	}
	return out
}

func signatureOf(s signoff.Signature) Signature {
	return Signature{s.Name, s.Kind, s.Method, s.SignedAt}
}

func (t *table) explainLine(ctx context.Context, who actor.Actor, in *ByID) (*reply[LineExplained], error) {
	return say(lineExplained)(t.Homes().Explain(ctx, who, in.ID))
}
