package api

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/month"
	"cunfen/internal/rulebook"
)

// Claim is a request for points.
type Claim struct {
	ID           uuid.UUID      `json:"id"`
	Household    uuid.UUID      `json:"household_id"`
	Member       *uuid.UUID     `json:"member_id,omitempty" doc:"是哪位家人做的"`
	Item         string         `json:"item" doc:"积分项目"`
	Parts        map[string]int `json:"parts" doc:"分项代码到数量"`
	RuleVersion  int            `json:"rule_version"`
	Points       int            `json:"points"`
	OccurredOn   Day            `json:"occurred_on"`
	Note         string         `json:"note"`
	Proofs       []string       `json:"proofs" doc:"证明的种类"`
	SourceKind   string         `json:"source_kind,omitempty" doc:"凭什么材料"`
	Source       string         `json:"source"`
	Identity     string         `json:"identity,omitempty" doc:"代办时怎么核对的人"`
	Through      string         `json:"through,omitempty" doc:"邻居的电话里说的：谁的电话、怎么知道是本人"`
	Brought      string         `json:"brought" doc:"怎么报来的，如“本户申报”“代办：看了积分存折”"`
	Channel      claim.Channel  `json:"channel" enum:"self,grid,counter,batch"`
	RecorderName string         `json:"recorder_name"`
	RecordedAt   time.Time      `json:"recorded_at"`
	State        claim.State    `json:"state" enum:"pending,returned,approved,posted,rejected,withdrawn"`
	ReviewerName string         `json:"reviewer_name,omitempty"`
	DecidedAt    *time.Time     `json:"decided_at,omitempty"`
	Reason       string         `json:"reason,omitempty"`
	Month        *Month         `json:"month,omitempty" doc:"进了哪个月的签字表"`
	Entry        *uuid.UUID     `json:"line_id,omitempty" doc:"入账后存折里的一笔"`
	Version      int            `json:"version"`
}

// ClaimRow is a claim as a list shows it.
type ClaimRow struct {
	ID           uuid.UUID     `json:"id"`
	Household    uuid.UUID     `json:"household_id"`
	Door         string        `json:"door"`
	Head         string        `json:"head"`
	Grid         int           `json:"grid"`
	Item         string        `json:"item"`
	Points       int           `json:"points"`
	OccurredOn   Day           `json:"occurred_on"`
	Note         string        `json:"note"`
	Channel      claim.Channel `json:"channel" enum:"self,grid,counter,batch"`
	Brought      string        `json:"brought" doc:"怎么报来的，如“本户申报”“代办：看了积分存折”"`
	RecorderName string        `json:"recorder_name"`
	RecordedAt   time.Time     `json:"recorded_at"`
	State        claim.State   `json:"state" enum:"pending,returned,approved,posted,rejected,withdrawn"`
	ReviewerName string        `json:"reviewer_name,omitempty"`
	Reason       string        `json:"reason,omitempty"`
	Photos       int64         `json:"photos"`
	Recused      bool          `json:"recused" doc:"须回避，不能由您决定"`
	Caution      string        `json:"caution,omitempty" doc:"决定以前先看的：可能重复、照片相像、现在不能计"`
	Version      int           `json:"version"`
}

// Photo is a picture that proves a claim.
type Photo struct {
	ID         uuid.UUID `json:"id"`
	Href       string    `json:"href" doc:"照片的地址"`
	Bytes      int       `json:"bytes"`
	Width      int       `json:"width"`
	Height     int       `json:"height"`
	UploadedAt time.Time `json:"uploaded_at"`
}

// WholeClaim is a claim with all that stands beside it.
type WholeClaim struct {
	Claim
	Door    string   `json:"door"`
	Head    string   `json:"head"`
	Recused bool     `json:"recused" doc:"须回避，不能由您决定"`
	Photos  []Photo  `json:"photos"`
	Reasons []string `json:"reasons" doc:"分值怎么来的，或现在为什么不能计"`
	Twins   []Twin   `json:"twins" doc:"可能重复的其他申报；只给审核的人"`
}

func claimOf(c claim.Claim) Claim {
	out := Claim{ID: c.ID, Household: c.HouseholdID, Member: c.MemberID, Item: c.Item, Parts: c.Parts, RuleVersion: c.RuleVersion, Points: c.Points,
		OccurredOn: dayOf(c.OccurredOn), Note: c.Note, Proofs: each(c.Proofs, same[string]), SourceKind: string(c.SourceKind), Source: c.Source, Identity: string(c.Identity), Through: c.Through, Brought: c.Brought(), Channel: c.Channel, RecorderName: c.RecorderName,
		RecordedAt: c.RecordedAt, State: c.State, ReviewerName: c.ReviewerName, DecidedAt: c.DecidedAt, Reason: c.Reason, Entry: c.EntryID, Version: c.Version}
	if c.Month != nil {
		out.Month = &Month{month.Month(*c.Month)}
	}
	return out
}

func claimRow(r claim.Row) ClaimRow {
	return ClaimRow{ID: r.ID, Household: r.HouseholdID, Door: r.Door, Head: r.Head, Grid: r.Grid, Item: r.Item, Points: r.Points, OccurredOn: dayOf(r.OccurredOn),
		Note: r.Note, Channel: r.Channel, Brought: r.Brought(), RecorderName: r.RecorderName, RecordedAt: r.RecordedAt, State: r.State, ReviewerName: r.ReviewerName, Reason: r.Reason,
		Photos: r.Photos, Recused: r.Recused != "", Caution: r.Caution, Version: r.Version}
}

func photoOf(e evidence.Evidence) Photo {
	return Photo{e.ID, "/evidence/" + e.ID.String(), e.Bytes, e.Width, e.Height, e.UploadedAt}
}

func wholeClaim(w claim.Whole) WholeClaim {
	reasons := each(w.Verdict.Reasons, func(r rulebook.Reason) string { return r.Text })
	return WholeClaim{claimOf(w.Claim), w.Door, w.Head, w.Recused != "", each(w.Photos, photoOf), reasons, each(w.Twins, twinOf)}
}

// Twin is another claim to compare with before deciding.
type Twin struct {
	ID         uuid.UUID   `json:"id"`
	Door       string      `json:"door"`
	Head       string      `json:"head"`
	State      claim.State `json:"state"`
	Points     int         `json:"points"`
	OccurredOn Day         `json:"occurred_on"`
	Why        string      `json:"why"`
	Photo      bool        `json:"photo" doc:"照片相像：要两名成员通过，后一名写明理由"`
}

func twinOf(t claim.Twin) Twin {
	return Twin{t.ID, t.Door, t.Head, t.State, t.Points, dayOf(t.OccurredOn), t.Why, t.Photo}
}

type evidenceInput struct {
	RawBody []byte `contentType:"image/jpeg"`
}

func (t *table) uploadEvidence(ctx context.Context, who actor.Actor, in *evidenceInput) (*reply[Photo], error) {
	return say(photoOf)(t.Evidence.Upload(ctx, who, bytes.NewReader(in.RawBody)))
}

type claimsInput struct {
	State  claim.State `query:"state" enum:"pending,returned,approved,posted,rejected,withdrawn"`
	Item   string      `query:"item" maxLength:"10" doc:"积分项目"`
	Grid   int         `query:"grid" minimum:"0" maximum:"9999"`
	Search string      `query:"q" maxLength:"40" doc:"户主、门牌或拼音首字母"`
	Home   uuid.UUID   `query:"household_id"`
	Paged
}

func (t *table) listClaims(ctx context.Context, who actor.Actor, in *claimsInput) (*list[ClaimRow], error) {
	return sayAll(claimRow)(t.Claims.Queue(ctx, who, claim.Filter{State: in.State, Item: in.Item, Grid: in.Grid, Search: in.Search, Household: in.Home, Page: in.page()}))
}

type ownClaimsInput struct {
	State claim.State `query:"state" enum:"pending,returned,approved,posted,rejected,withdrawn"`
	Item  string      `query:"item" maxLength:"10" doc:"积分项目"`
	Paged
}

func (t *table) listOwnClaims(ctx context.Context, who actor.Actor, in *ownClaimsInput) (*list[ClaimRow], error) {
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	return sayAll(claimRow)(t.Claims.List(ctx, who, claim.Filter{State: in.State, Item: in.Item, Household: who.Household, Page: in.page()}))
}

func (t *table) showClaim(ctx context.Context, who actor.Actor, in *ByID) (*reply[WholeClaim], error) {
	return say(wholeClaim)(t.Claims.Show(ctx, who, in.ID))
}

// newClaim is what a claim says.
type newClaim struct {
	Member     *uuid.UUID       `json:"member_id,omitempty" doc:"是哪位家人做的"`
	Item       string           `json:"item" maxLength:"10" doc:"积分项目，如 P18"`
	Parts      map[string]Count `json:"parts" maxProperties:"20" doc:"分项代码到数量；只有一个分项的项目，代码是空的：{\"\": 1}"`
	OccurredOn Day              `json:"occurred_on" doc:"实际发生的那天"`
	Note       string           `json:"note,omitempty" maxLength:"500"`
	Proofs     []Proof          `json:"proofs,omitempty" maxItems:"10" doc:"证明的种类；不填则按项目的要求"`
	SourceKind claim.Source     `json:"source_kind,omitempty" enum:"award,legal,news,feedback,other" doc:"凭什么材料：表彰文件、法律文书、新闻报道、反馈、其他"`
	Source     string           `json:"source,omitempty" maxLength:"100" doc:"材料的名称、文号，或谁反映的"`
	Identity   claim.Identity   `json:"identity,omitempty" enum:"seen,known,card,passbook,phone,neighbour" doc:"替住户记的：是自己看到的，还是代办、怎么核对的人"`
	Through    string           `json:"through,omitempty" maxLength:"60" doc:"住户在邻居的电话里说的：谁的电话、怎么知道是本人"`
	Evidence   []uuid.UUID      `json:"evidence,omitempty" maxItems:"9" uniqueItems:"true" doc:"本人上传的照片"`
}

var errMember = fault.New(fault.Invalid, "claim.member", "这个人不在这一户，请重新选择").On("member_id")

// draft is the claim as the domain takes it.
func (t *table) draft(ctx context.Context, who actor.Actor, home uuid.UUID, d newClaim) (claim.Draft, error) {
	draft := claim.Draft{Household: home, Item: d.Item, Parts: counted(d.Parts), OccurredOn: d.OccurredOn.t, Note: d.Note, Proofs: proofsOf(d.Proofs), SourceKind: d.SourceKind, Source: d.Source, Identity: d.Identity, Through: d.Through, Evidence: d.Evidence}
	if d.Member != nil {
		h, err := t.Households.Show(ctx, who, home)
		if err != nil {
			return draft, err
		}
		if !lives(h, *d.Member) {
			return draft, errMember
		}
		draft.Member = *d.Member
	}
	return draft, nil
}

// submit brings in a claim for a household.
func (t *table) submit(ctx context.Context, who actor.Actor, home uuid.UUID, n newClaim) (*reply[Claim], error) {
	d, err := t.draft(ctx, who, home, n)
	if err != nil {
		return nil, err
	}
	return say(claimOf)(t.Claims.Submit(ctx, who, d))
}

func lives(h household.Household, member uuid.UUID) bool {
	for _, m := range h.Members {
		if m.ID == member {
			return true
		}
	}
	return false
}

type submitInput struct{ Body newClaim }

func (t *table) submitClaim(ctx context.Context, who actor.Actor, in *submitInput) (*reply[Claim], error) {
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	return t.submit(ctx, who, who.Household, in.Body)
}

type recordInput struct {
	ByID
	Body newClaim
}

func (t *table) recordClaim(ctx context.Context, who actor.Actor, in *recordInput) (*reply[Claim], error) {
	return t.submit(ctx, who, in.ID, in.Body)
}

type resubmitInput struct {
	ByID
	Body struct {
		Note     string      `json:"note,omitempty" maxLength:"500"`
		Evidence []uuid.UUID `json:"evidence,omitempty" maxItems:"9" uniqueItems:"true"`
	}
}

func (t *table) resubmitClaim(ctx context.Context, who actor.Actor, in *resubmitInput) (*reply[Claim], error) {
	return say(claimOf)(t.Claims.Resubmit(ctx, who, in.ID, in.Body.Note, in.Body.Evidence))
}
