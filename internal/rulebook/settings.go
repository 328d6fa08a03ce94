package rulebook

import "slices"

// Settings are what the document leaves open (D1–D11), as the village has settled it.
type Settings struct {
	BaseLockMonths   int    `json:"base_lock_months"`   // D1: base points are locked so long after first registration
	BaseCarried      bool   `json:"base_carried"`       // D1: base points survive the year's clearing
	BaseUsable       bool   `json:"base_usable"`        // D1: base points can be redeemed once the lock has run out
	HonourTotal      bool   `json:"honour_total"`       // D1: a running total that never clears and is never spent
	Amendment        string `json:"amendment"`          // D2: how often an amendment may come, EachQuarter or EachYear
	Mirrors          string `json:"mirrors"`            // D3: EitherOr or Both
	Overlaps         string `json:"overlaps"`           // D4: Largest or Each
	NoUnit           string `json:"no_unit"`            // D5: OnceAYear
	ContestEntry     string `json:"contest_entry"`      // D6: Replaced or Added
	OpenCeiling      int    `json:"open_ceiling"`       // D7: most points of an open item
	OpenExtraSigners int    `json:"open_extra_signers"` // D7: signers more than usual
	ObjectionDays    int    `json:"objection_days"`     // D8
	AppealDays       int    `json:"appeal_days"`        // D8
	HoldDisputed     bool   `json:"hold_disputed"`      // D8: a disputed line is out of totals until decided
	BudgetGuard      bool   `json:"budget_guard"`       // D9: redeemable points against goods and money left
	Exemptions       bool   `json:"exemptions"`         // D10: by household and item, with a reason
	ShareRanking     bool   `json:"share_ranking"`      // D10: a second ranking by share of reachable points
	DecemberOpen     bool   `json:"december_open"`      // D11: the year clears after December's notice has closed
	BelowZero        bool   `json:"below_zero"`         // a deduction may take the year's points below zero
	RedemptionNeeds  []Need `json:"redemption_needs"`   // what must be done before goods are handed out
	PutRight         string `json:"put_right"`          // what is put right in time: NoDeduction or Half
	Repairs          bool   `json:"repairs"`            // tasks may earn a deduction back
	FadeMonths       int    `json:"fade_months"`        // deductions leave the screens after so long; 0 never
	MinorDeducts     bool   `json:"minor_deducts"`      // a minor's deed may cost points; else a talk with the guardian
}

// Values of the settings that are a choice.
const (
	EachQuarter = "quarter"
	EachYear    = "year"
	EitherOr    = "either_or"
	Both        = "both"
	Largest     = "largest"
	Each        = "each"
	OnceAYear   = "once_a_year"
	Replaced    = "replaced"
	Added       = "added"
	NoDeduction = "none"
	Half        = "half"
)

// Need is a step before redemption (R4.1.5, R4.4.8b).
type Need string

const (
	NeedNotice    Need = "notice"    // the month's notice is out
	NeedPassbook  Need = "passbook"  // paper and electronic passbook found equal
	NeedSignature Need = "signature" // the receiver has signed
)

var Needs = []Need{NeedNotice, NeedPassbook, NeedSignature}

// Settle puts the settings that bear on single items into them: where a contest's entry is added to its
// prize, no prize replaces it (D6).
func (r *RuleSet) Settle() {
	if r.Settings.ContestEntry != Added {
		return
	}
	for i := range r.Items {
		parts := slices.Clone(r.Items[i].Parts)
		for n := range parts {
			parts[n].ReplacedBy = ""
		}
		r.Items[i].Parts = parts
	}
}
