package api

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/signoff"
)

// Sheet is a month's sheet.
type Sheet struct {
	Month       Month         `json:"month"`
	State       signoff.State `json:"state" enum:"open,signing,posted,published"`
	Revision    int           `json:"revision"`
	Lines       int           `json:"lines" doc:"多少条"`
	Points      int64         `json:"points" doc:"合计多少分"`
	Hash        string        `json:"hash" doc:"签字时要交回的校验值"`
	Code        string        `json:"code,omitempty" doc:"印在签字表上的短码"`
	FrozenAt    *time.Time    `json:"frozen_at,omitempty"`
	PostedAt    *time.Time    `json:"posted_at,omitempty"`
	PublishedAt *time.Time    `json:"published_at,omitempty"`
}

// SheetLine is one deed on the sheet.
type SheetLine struct {
	Source       string    `json:"source" enum:"claim,inspection,finding,repair" doc:"这一条从哪里来：申报、巡查、减分事项、补救"`
	ID           uuid.UUID `json:"source_id"`
	Round        string    `json:"round_id,omitempty" doc:"巡查批次"`
	Household    uuid.UUID `json:"household_id"`
	Door         string    `json:"door"`
	Head         string    `json:"head"`
	Item         string    `json:"item"`
	Points       int       `json:"points" doc:"减分为负数"`
	OccurredOn   Day       `json:"occurred_on"`
	RecorderName string    `json:"recorder_name"`
	Deciders     []string  `json:"deciders" doc:"谁审定的"`
	Evidence     string    `json:"evidence,omitempty" doc:"证明材料的校验值"`
	Photos       int64     `json:"photos"`
	Extra        int       `json:"extra" doc:"分值由小组议定的，要多几人签字"`
	Counted      int       `json:"counted" doc:"有几个签名算数"`
}

// Signature is one member's name under the sheet.
type Signature struct {
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`
	Method   signoff.Method `json:"method" enum:"password,drawn,paper"`
	SignedAt time.Time      `json:"signed_at"`
}

// WholeSheet is a month's sheet with all that stands on it.
type WholeSheet struct {
	Sheet
	Items      []SheetLine `json:"items"`
	Signatures []Signature `json:"signatures"`
	Signers    int         `json:"signers" doc:"至少几人签字"`
	PerLine    int         `json:"per_line" doc:"每条至少几个无须回避的人签字"`
	Missing    []string    `json:"missing" doc:"还差什么"`
	Signed     bool        `json:"signed" doc:"您已签字"`
}

func sheetOf(s signoff.Sheet) Sheet {
	out := Sheet{Month: Month{s.Month}, State: s.State, Revision: s.Revision, Lines: s.Lines, Points: s.Points, Hash: hex.EncodeToString(s.Hash),
		FrozenAt: s.FrozenAt, PostedAt: s.PostedAt, PublishedAt: s.PublishedAt}
	if len(s.Hash) > 0 {
		out.Code = s.Code()
	}
	return out
}

func wholeSheet(v signoff.View) WholeSheet {
	return WholeSheet{Sheet: sheetOf(v.Sheet), Signers: v.Quorum.Signers, PerLine: v.Quorum.PerLine, Missing: each(v.Missing, same[string]), Signed: v.Signed,
		Items: each(v.Lines, func(l signoff.Line) SheetLine {
			return SheetLine{sourceNames[l.Kind], l.ID, roundOf(l), l.HouseholdID, l.Door, l.Head, causeOf(l), l.Points, dayOf(l.OccurredOn), l.RecorderName,
				each(l.Deciders, func(d signoff.Decider) string { return d.Name }), hex.EncodeToString(l.Evidence), l.Photos, l.Extra, l.Counted}
		}),
		Signatures: each(v.Signatures, signatureOf)}
}

// sourceNames are the kinds of record that a sheet's lines come from.
var sourceNames = map[ledger.SourceKind]string{ledger.FromClaim: "claim", 5: "inspection", 6: "finding", 10: "repair"}

// causeOf is a line's item, "" where its cause stands with the deciders alone.
func causeOf(l signoff.Line) string {
	if l.Private {
		return ""
	}
	return l.Item
}

func roundOf(l signoff.Line) string {
	if l.Round == uuid.Nil {
		return ""
	}
	return l.Round.String()
}

func (t *table) listMonths(ctx context.Context, who actor.Actor, _ *nothing) (*list[Sheet], error) {
	return whole(sheetOf)(t.Months.Months(ctx, who))
}

func (t *table) showMonth(ctx context.Context, who actor.Actor, in *ByMonth) (*reply[WholeSheet], error) {
	return say(wholeSheet)(t.Months.Show(ctx, who, in.Month.Month))
}

func (t *table) freezeMonth(ctx context.Context, who actor.Actor, in *ByMonth) (*reply[Sheet], error) {
	return say(sheetOf)(t.Months.Freeze(ctx, who, in.Month.Month))
}

type reopenInput struct {
	ByMonth
	Because
}

func (t *table) reopenMonth(ctx context.Context, who actor.Actor, in *reopenInput) (*reply[Sheet], error) {
	return say(sheetOf)(t.Months.Reopen(ctx, who, in.Month.Month, in.Body.Reason))
}

type signInput struct {
	ByMonth
	Body struct {
		Sheet    string `json:"sheet" pattern:"^[0-9a-f]{64}$" maxLength:"64" patternDescription:"64 位校验值" doc:"看到的签字表的 hash"`
		Password string `json:"password" maxLength:"200" doc:"再输一次登录密码"`
	}
}

var errPassword = fault.New(fault.Invalid, "month.password", "密码不对，请重新输入").On("password")

// sheetHash reads the hash of the sheet that the person had before them.
func sheetHash(s string) ([]byte, error) {
	hash, err := hex.DecodeString(s)
	if err != nil {
		return nil, signoff.ErrChanged
	}
	return hash, nil
}

// signMonth makes sure of the person by the password, and signs.
func (t *table) signMonth(ctx context.Context, who actor.Actor, in *signInput) (*reply[Sheet], error) {
	hash, err := sheetHash(in.Body.Sheet)
	if err != nil {
		return nil, err
	}
	if err := t.Accounts.Confirm(ctx, who.Account, in.Body.Password); errors.Is(err, account.ErrOld) {
		return nil, errPassword
	} else if err != nil {
		return nil, err
	}
	if err := t.Sessions.Confirm(ctx); err != nil {
		return nil, err
	}
	return say(sheetOf)(t.Months.Sign(ctx, who, in.Month.Month, signoff.Pen{Hash: hash, Method: signoff.ByPassword}))
}

type paperInput struct {
	ByMonth
	Body struct {
		Sheet   string      `json:"sheet" pattern:"^[0-9a-f]{64}$" maxLength:"64" patternDescription:"64 位校验值" doc:"打印的签字表的 hash"`
		Members []uuid.UUID `json:"members" minItems:"1" maxItems:"50" uniqueItems:"true" doc:"在纸上签了名的成员（岗位编号）"`
		Scan    []uuid.UUID `json:"scan" minItems:"1" maxItems:"6" uniqueItems:"true" doc:"签好名的签字表的照片"`
	}
}

func (t *table) enterPaper(ctx context.Context, who actor.Actor, in *paperInput) (*reply[Sheet], error) {
	hash, err := sheetHash(in.Body.Sheet)
	if err != nil {
		return nil, err
	}
	return say(sheetOf)(t.Months.SignOnPaper(ctx, who, in.Month.Month, signoff.Paper{Hash: hash, Members: in.Body.Members, Scan: in.Body.Scan}))
}
