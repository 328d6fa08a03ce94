package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/ledger"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/tenure"
)

// Balance is what a household has.
type Balance struct {
	Household uuid.UUID `json:"household_id"`
	Base      int64     `json:"base" doc:"基础分"`
	Year      int64     `json:"year" doc:"年度积分"`
	Score     int64     `json:"score" doc:"年度得分，兑换不减"`
	Honour    int64     `json:"honour" doc:"历年荣誉积分"`
	Held      int64     `json:"held" doc:"冻结中"`
	Disputed  int64     `json:"disputed" doc:"异议中"`
	Usable    int64     `json:"usable" doc:"现在可以兑换的"`
	Open      int64     `json:"open" doc:"其中已经解锁、可以兑换的基础积分"`
	Why       string    `json:"why" doc:"一句话：可用的分由什么组成，什么还不能用"`
	Place     int64     `json:"place,omitempty" doc:"全村第几名；本村不给住户看排名时没有"`
	Of        int64     `json:"of,omitempty" doc:"全村多少户"`
}

// Line is one line of a passbook.
type Line struct {
	ID          uuid.UUID `json:"id"`
	At          time.Time `json:"at"`
	Month       Month     `json:"month"`
	OccurredOn  Day       `json:"occurred_on"`
	Kind        string    `json:"kind" enum:"base,award,deduction,redemption,reversal,clearing,opening,gift"`
	Bucket      string    `json:"bucket" enum:"base,year,closed" doc:"基础分、年度积分；closed 是已清零的年度的，只计荣誉"`
	Points      int       `json:"points"`
	Item        string    `json:"item,omitempty" doc:"积分项目"`
	RuleVersion int       `json:"rule_version,omitempty"`
	Source      uuid.UUID `json:"source_id" doc:"这一笔的来由：住户、申报、兑换或被冲正的一笔"`
	Running     int64     `json:"running" doc:"记这一笔之后的余额"`
	Disputed    bool      `json:"disputed" doc:"异议中，暂不计"`
	Reversed    bool      `json:"reversed" doc:"已冲正"`
	Recorder    string    `json:"recorder_name,omitempty" doc:"申报来的：谁记的"`
	Brought     string    `json:"brought,omitempty" doc:"申报来的：怎么报来的，如“本户申报”“代办：看了积分存折”"`
}

// cameLine is a line with how the claim came in that it was given for.
type cameLine struct {
	ledger.Line
	came claim.Row
}

var (
	kinds = map[ledger.Kind]string{ledger.Base: "base", ledger.Award: "award", ledger.Deduction: "deduction", ledger.Redemption: "redemption",
		ledger.Reversal: "reversal", ledger.Clearing: "clearing", ledger.Opening: "opening", ledger.Gift: "gift"}
	buckets = map[ledger.Bucket]string{ledger.BaseBucket: "base", ledger.YearBucket: "year", ledger.ClosedBucket: "closed"}
)

func lineOf(l cameLine) Line {
	out := Line{ID: l.ID, At: l.At, Month: Month{l.Month}, OccurredOn: dayOf(l.OccurredOn), Kind: kinds[l.Kind], Bucket: buckets[l.Bucket], Points: l.Points,
		Item: l.Item, RuleVersion: l.RuleVersion, Source: l.SourceID, Running: l.Running, Disputed: l.Disputed, Reversed: l.Reversed}
	if l.came.ID != uuid.Nil {
		out.Recorder, out.Brought = l.came.RecorderName, l.came.Brought()
	}
	return out
}

type ownLinesInput struct{ Paged }

type linesInput struct {
	ByID
	Paged
}

func (t *table) showOwnBalance(ctx context.Context, who actor.Actor, _ *nothing) (*reply[Balance], error) {
	v, err := t.Villages.Find(ctx, who.Village)
	if err != nil {
		return nil, err
	}
	b, err := t.balance(ctx, who, who.Household)
	if v.Settings.HideRank {
		b.Place, b.Of = 0, 0
	}
	return say(same[Balance])(b, err)
}

func (t *table) showBalance(ctx context.Context, who actor.Actor, in *ByID) (*reply[Balance], error) {
	return say(same[Balance])(t.balance(ctx, who, in.ID))
}

func (t *table) listOwnLines(ctx context.Context, who actor.Actor, in *ownLinesInput) (*list[Line], error) {
	return sayAll(lineOf)(t.lines(ctx, who, who.Household, true, in.page()))
}

func (t *table) listLines(ctx context.Context, who actor.Actor, in *linesInput) (*list[Line], error) {
	return sayAll(lineOf)(t.lines(ctx, who, in.ID, false, in.page()))
}

func (t *table) balance(ctx context.Context, who actor.Actor, home uuid.UUID) (out Balance, err error) {
	err = t.DB.Look(ctx, who, func(tx pg.Tx) error {
		b, err := ledger.BalanceOf(ctx, tx, home)
		if err != nil {
			return err
		}
		at, err := ledger.StandingOf(ctx, tx, home)
		out = Balance{Household: b.HouseholdID, Base: b.Base, Year: b.Year, Score: b.Score, Honour: b.Honour, Held: b.Held, Disputed: b.Disputed,
			Usable: b.Usable(), Open: b.Open, Why: b.Why(), Place: at.Place, Of: at.Of}
		return err
	})
	return out, err
}

// lines reads a page of a household's book, for its own eyes without the deductions that have faded; a household
// that is not there has none.
func (t *table) lines(ctx context.Context, who actor.Actor, home uuid.UUID, own bool, p page.Page) (out []cameLine, next string, err error) {
	err = t.DB.Look(ctx, who, func(tx pg.Tx) error {
		if _, err := ledger.BalanceOf(ctx, tx, home); err != nil {
			return err
		}
		var all []ledger.Line
		if all, next, err = ledger.Lines(ctx, tx, home, p); err != nil {
			return err
		}
		if own {
			rules, err := rulebook.InForce(ctx, tx, tx.Now)
			if err != nil {
				return err
			}
			all = ledger.Fade(all, rules.Settings.FadeMonths, tx.Now)
		}
		came, err := claim.Of(ctx, tx, home, ledger.SourcesOf(all, ledger.FromClaim))
		for _, l := range all {
			out = append(out, cameLine{l, came[l.SourceID]})
		}
		return err
	})
	return out, next, err
}

// Former is the book that a household had in the village it came from.
type Former struct {
	From     string       `json:"from" doc:"原来的村"`
	Passbook string       `json:"passbook" doc:"原存折编号"`
	At       time.Time    `json:"at" doc:"迁来的时间"`
	Base     int64        `json:"base" doc:"转来的基础分"`
	Year     int64        `json:"year" doc:"转来的年度积分"`
	Honour   int64        `json:"honour" doc:"历年荣誉积分"`
	Lines    []FormerLine `json:"items"`
	Next     string       `json:"next,omitempty" doc:"还有下一页时，用作下一次的 after"`
}

// FormerLine is a line of it. It counts for nothing here.
type FormerLine struct {
	ID         uuid.UUID `json:"id"`
	At         time.Time `json:"at"`
	Month      Month     `json:"month"`
	OccurredOn Day       `json:"occurred_on"`
	Kind       string    `json:"kind" enum:"base,award,deduction,redemption,reversal,clearing,opening,gift"`
	Bucket     string    `json:"bucket" enum:"base,year,closed" doc:"基础分、年度积分；closed 是已清零的年度的，只计荣誉"`
	Points     int       `json:"points"`
	Item       string    `json:"item,omitempty" doc:"积分项目；会伤到家里人的没有"`
	Title      string    `json:"title,omitempty"`
}

func formerOf(b tenure.Book) Former {
	return Former{From: b.FromName, Passbook: b.FromPassbook, At: b.At, Base: b.Base, Year: b.Year, Honour: b.Honour, Next: b.Next,
		Lines: each(b.Lines, func(l tenure.FormerLine) FormerLine {
			return FormerLine{l.EntryID, l.At, Month{l.Month}, dayOf(l.OccurredOn), kinds[l.Kind], buckets[l.Bucket], l.Points, l.Item, l.Title}
		})}
}

func (t *table) listOwnFormer(ctx context.Context, who actor.Actor, in *ownLinesInput) (*reply[Former], error) {
	return say(formerOf)(t.Tenure.Former(ctx, who, who.Household, true, in.page()))
}

func (t *table) listFormer(ctx context.Context, who actor.Actor, in *linesInput) (*reply[Former], error) {
	return say(formerOf)(t.Tenure.Former(ctx, who, in.ID, false, in.page()))
}

// Verified is what a reading of the whole book found.
type Verified struct {
	Entries  int64    `json:"entries" doc:"核对了多少笔"`
	Sealed   int64    `json:"sealed" doc:"其中已进哈希链"`
	Blocks   int64    `json:"blocks"`
	Findings []string `json:"findings" doc:"查出的问题；空为全部一致"`
}

func (t *table) verifyLedger(ctx context.Context, who actor.Actor, _ *nothing) (*reply[Verified], error) {
	var r ledger.Report
	err := t.DB.Look(ctx, who, func(tx pg.Tx) (err error) {
		r, err = ledger.Verify(ctx, tx)
		return err
	})
	return say(func(r ledger.Report) Verified {
		return Verified{r.Entries, r.Sealed, r.Blocks, each(r.Findings, same[string])}
	})(r, err)
}
