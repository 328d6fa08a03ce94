package api

import (
	"context"
	"time"

	"github.com/google/uuid"

	"cunfen/internal/actor"
	"cunfen/internal/assess"
	"cunfen/internal/fault"
	"cunfen/internal/figure"
	"cunfen/internal/month"
	"cunfen/internal/rescore"
	"cunfen/internal/story"
)

// Scheme is one assessment of the township's villages.
type Scheme struct {
	ID         uuid.UUID         `json:"id"`
	Name       string            `json:"name"`
	Period     string            `json:"period" doc:"考哪段时间"`
	Indicators []SchemeIndicator `json:"indicators"`
	State      string            `json:"state" enum:"running,sent,signed,dropped"`
	MadeBy     string            `json:"made_by"`
	MadeAt     time.Time         `json:"made_at"`
	SignedBy   string            `json:"signed_by,omitempty"`
	SignedAt   *time.Time        `json:"signed_at,omitempty"`
	Digest     string            `json:"digest,omitempty" doc:"签发时各村得分的摘要"`
	Reason     string            `json:"reason,omitempty" doc:"为什么作废"`
	Villages   []AssessedVillage `json:"villages,omitempty" doc:"各村得分，打开一次考核时有"`
}

// SchemeIndicator is what counts, and how much.
type SchemeIndicator struct {
	Code   string `json:"code" maxLength:"20" doc:"系统里算得出的写它的编号，现场看的写 visit1 到 visit3"`
	Title  string `json:"title,omitempty" maxLength:"40" doc:"现场看什么"`
	Weight int    `json:"weight" minimum:"0" maximum:"100" doc:"合起来正好 100"`
}

// AssessedVillage is one village's result in it.
type AssessedVillage struct {
	VillageID int64  `json:"village_id"`
	Village   string `json:"village"`
	Assessed
}

func schemeOf(c assess.Scheme) Scheme {
	return Scheme{ID: c.ID, Name: c.Name, Period: c.Period().String(), Indicators: each(c.Indicators, func(i assess.Indicator) SchemeIndicator { return SchemeIndicator{i.Code, i.Title, i.Weight} }), State: c.State,
		MadeBy: c.MadeName, MadeAt: c.MadeAt, SignedBy: c.SignedName, SignedAt: c.SignedAt, Digest: c.Digest, Reason: c.Reason}
}

type schemesInput struct {
	State  string `query:"state" enum:"running,sent,signed,dropped"`
	Search string `query:"q" maxLength:"40"`
}

func (t *table) listSchemes(ctx context.Context, who actor.Actor, in *schemesInput) (*list[Scheme], error) {
	return whole(schemeOf)(t.Office.Assess.Schemes(ctx, who, in.State, in.Search))
}

// ByScheme names an assessment.
type ByScheme struct {
	Scheme uuid.UUID `path:"scheme" doc:"考核的编号"`
}

func (t *table) scheme(ctx context.Context, who actor.Actor, id uuid.UUID) (*reply[Scheme], error) {
	c, all, err := t.Office.Assess.Show(ctx, who, id)
	return say(func(c assess.Scheme) Scheme {
		s := schemeOf(c)
		s.Villages = each(all, func(r assess.Result) AssessedVillage {
			return AssessedVillage{int64(r.VillageID), r.Village, assessedOf(r)}
		})
		return s
	})(c, err)
}

func (t *table) showScheme(ctx context.Context, who actor.Actor, in *ByScheme) (*reply[Scheme], error) {
	return t.scheme(ctx, who, in.Scheme)
}

type schemeInput struct {
	Body struct {
		Name       string            `json:"name" maxLength:"40"`
		Period     string            `json:"period" maxLength:"7" doc:"2026、2026-Q3 或 2026-11"`
		Indicators []SchemeIndicator `json:"indicators" maxItems:"20"`
	}
}

func (t *table) makeScheme(ctx context.Context, who actor.Actor, in *schemeInput) (*reply[Scheme], error) {
	p, err := figure.ParsePeriod(in.Body.Period, t.DB.Now())
	if err != nil {
		return nil, assess.ErrPeriod
	}
	id, err := t.Office.Assess.Make(ctx, who, assess.Draft{Name: in.Body.Name, Period: p, Indicators: each(in.Body.Indicators, func(i SchemeIndicator) assess.Indicator {
		return assess.Indicator{Code: i.Code, Title: i.Title, Weight: i.Weight}
	})})
	if err == nil {
		err = t.Office.Assess.Count(ctx, who, id)
	}
	if err != nil {
		return nil, err
	}
	return t.scheme(ctx, who, id)
}

func (t *table) countScheme(ctx context.Context, who actor.Actor, in *ByScheme) (*reply[Scheme], error) {
	return t.moved(ctx, who, in.Scheme, t.Office.Assess.Count(ctx, who, in.Scheme))
}

func (t *table) sendScheme(ctx context.Context, who actor.Actor, in *ByScheme) (*reply[Scheme], error) {
	return t.moved(ctx, who, in.Scheme, t.Office.Assess.Send(ctx, who, in.Scheme))
}

func (t *table) signScheme(ctx context.Context, who actor.Actor, in *ByScheme) (*reply[Scheme], error) {
	return t.moved(ctx, who, in.Scheme, t.Office.Assess.Sign(ctx, who, in.Scheme))
}

func (t *table) moved(ctx context.Context, who actor.Actor, id uuid.UUID, err error) (*reply[Scheme], error) {
	if err != nil {
		return nil, err
	}
	return t.scheme(ctx, who, id)
}

type dropSchemeInput struct {
	ByScheme
	Because
}

func (t *table) dropScheme(ctx context.Context, who actor.Actor, in *dropSchemeInput) (*reply[Scheme], error) {
	return t.moved(ctx, who, in.Scheme, t.Office.Assess.Drop(ctx, who, in.Scheme, in.Body.Reason))
}

// ByVillageScheme names one village's result in an assessment.
type ByVillageScheme struct {
	Village int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	ByScheme
}

type lookSchemeInput struct {
	ByVillageScheme
	Body struct {
		Code   string `json:"code" maxLength:"20"`
		Points int    `json:"points" minimum:"0" maximum:"100"`
		Words  string `json:"words" maxLength:"500" doc:"看到什么（4 到 500 字）"`
	}
}

func (t *table) lookScheme(ctx context.Context, who actor.Actor, in *lookSchemeInput) (*reply[Scheme], error) {
	if _, _, err := t.Office.Assess.Show(ctx, who, in.Scheme); err != nil {
		return nil, err
	}
	return t.moved(ctx, who, in.Scheme, t.Office.Assess.Look(ctx, who, actor.VillageID(in.Village), in.Scheme, in.Body.Code, in.Body.Points, in.Body.Words))
}

// Words is what somebody says.
type Words struct {
	Body struct {
		Words string `json:"words" maxLength:"500" doc:"对方会看到（4 到 500 字）"`
	}
}

type answerSchemeInput struct {
	ByVillageScheme
	Words
}

func (t *table) answerScheme(ctx context.Context, who actor.Actor, in *answerSchemeInput) (*reply[Scheme], error) {
	if _, _, err := t.Office.Assess.Show(ctx, who, in.Scheme); err != nil {
		return nil, err
	}
	return t.moved(ctx, who, in.Scheme, t.Office.Assess.Answer(ctx, who, actor.VillageID(in.Village), in.Scheme, in.Words.Body.Words))
}

type objectSchemeInput struct {
	ByScheme
	Words
}

func (t *table) objectScheme(ctx context.Context, who actor.Actor, in *objectSchemeInput) (*reply[Assessed], error) {
	if err := t.Office.Assess.Object(ctx, who, in.Scheme, in.Words.Body.Words); err != nil {
		return nil, err
	}
	_, r, err := t.Office.Assess.Own(ctx, who, in.Scheme)
	return say(assessedOf)(r, err)
}

// StoryDraft is what a case is written of.
type StoryDraft struct {
	Title        string `json:"title" maxLength:"40"`
	Body         string `json:"body" maxLength:"4000" doc:"20 到 4000 字"`
	Consent      string `json:"consent" enum:"nobody,given" doc:"nobody 没有写到认得出来的人，given 本人同意"`
	ConsentWords string `json:"consent_words,omitempty" maxLength:"200" doc:"谁同意的、什么时候、怎么说的"`
}

func (d StoryDraft) draft() story.Draft {
	return story.Draft{Title: d.Title, Body: d.Body, Consent: d.Consent, ConsentWords: d.ConsentWords}
}

// ByStory names a case of the own village.
type ByStory struct {
	Story uuid.UUID `path:"story" doc:"案例的编号"`
}

// ByVillageStory names a case of a village of the township.
type ByVillageStory struct {
	Village int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	ByStory
}

func (t *table) showStory(ctx context.Context, who actor.Actor, in *ByStory) (*reply[Story], error) {
	return say(storyOf)(t.Office.Story.Show(ctx, who, who.Village, in.Story))
}

func (t *table) showTownStory(ctx context.Context, who actor.Actor, in *ByVillageStory) (*reply[Story], error) {
	return say(storyOf)(t.Office.Story.Show(ctx, who, actor.VillageID(in.Village), in.Story))
}

type proposeStoryInput struct{ Body StoryDraft }

func (t *table) proposeStory(ctx context.Context, who actor.Actor, in *proposeStoryInput) (*reply[Story], error) {
	id, err := t.Office.Story.Propose(ctx, who, in.Body.draft())
	if err != nil {
		return nil, err
	}
	return say(storyOf)(t.Office.Story.Show(ctx, who, who.Village, id))
}

// StoryMove is what is done with a case; the draft is read by what writes, words by what returns or withdraws.
type StoryMove struct {
	Verb  story.Verb  `json:"verb" enum:"revise,edit,publish,return,withdraw"`
	Draft *StoryDraft `json:"draft,omitempty"`
	Words string      `json:"words,omitempty" maxLength:"300"`
}

func (m StoryMove) draft() story.Draft {
	if m.Draft == nil {
		return story.Draft{}
	}
	return m.Draft.draft()
}

type storyMoveInput struct {
	ByStory
	Body StoryMove
}

func (t *table) moveStory(ctx context.Context, who actor.Actor, in *storyMoveInput) (*reply[Story], error) {
	return say(storyOf)(t.Office.Story.Move(ctx, who, who.Village, in.Story, in.Body.Verb, in.Body.draft(), in.Body.Words))
}

type townStoryMoveInput struct {
	ByVillageStory
	Body StoryMove
}

func (t *table) moveTownStory(ctx context.Context, who actor.Actor, in *townStoryMoveInput) (*reply[Story], error) {
	if who.Topic != "" && who.Topic != "publicity" {
		return nil, fault.ErrNotFound
	}
	return say(storyOf)(t.Office.Story.Move(ctx, who, actor.VillageID(in.Village), in.Story, in.Body.Verb, in.Body.draft(), in.Body.Words))
}

// ByRescore names a sample of a village of the township.
type ByRescore struct {
	Village int64     `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	Rescore uuid.UUID `path:"rescore" doc:"一批的编号"`
}

// WholeRescore is a sample with its records: no home, nobody's name, and not what was decided.
type WholeRescore struct {
	Rescore
	Records []RescoreRecord `json:"records"`
}

// RescoreRecord is one of them.
type RescoreRecord struct {
	ClaimID    uuid.UUID       `json:"claim_id"`
	Position   int             `json:"position"`
	Title      string          `json:"title"`
	Rule       string          `json:"rule"`
	Amount     string          `json:"amount"`
	OccurredOn Day             `json:"occurred_on"`
	Note       string          `json:"note,omitempty"`
	Source     string          `json:"source,omitempty"`
	Verdict    rescore.Verdict `json:"verdict,omitempty" enum:"yes,no,unclear"`
	Words      string          `json:"words,omitempty"`
	By         string          `json:"by,omitempty"`
	Agrees     *bool           `json:"agrees,omitempty" doc:"和原来一致；全部评完才有"`
}

func (t *table) rescore(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (*reply[WholeRescore], error) {
	d, items, err := t.Office.Rescore.Show(ctx, who, village, id)
	return say(func(d rescore.Draw) WholeRescore {
		return WholeRescore{rescoreOf(d), each(items, func(i rescore.Item) RescoreRecord {
			return RescoreRecord{i.ClaimID, i.Position, i.Title, i.Rule, i.Amount(), dayOf(i.OccurredOn), i.Note, i.Source, i.Verdict, i.Words, i.ScorerName, i.Agrees}
		})}
	})(d, err)
}

func (t *table) showRescore(ctx context.Context, who actor.Actor, in *ByRescore) (*reply[WholeRescore], error) {
	return t.rescore(ctx, who, actor.VillageID(in.Village), in.Rescore)
}

type drawInput struct {
	Village int64 `path:"id" minimum:"1" maximum:"9007199254740991" doc:"村的编号"`
	Body    struct {
		Month string `json:"month" maxLength:"7" doc:"哪个月审的，如 2026-10"`
		Size  int    `json:"size" minimum:"5" maximum:"60" doc:"抽几条"`
	}
}

func (t *table) drawRescore(ctx context.Context, who actor.Actor, in *drawInput) (*reply[WholeRescore], error) {
	m, _ := month.Parse(in.Body.Month) // what is no month is refused with the village's other faults
	d, err := t.Office.Rescore.Draw(ctx, who, actor.VillageID(in.Village), m, in.Body.Size)
	if err != nil {
		return nil, err
	}
	return t.rescore(ctx, who, d.VillageID, d.ID)
}

// Verdict is a second decision.
type Verdict struct {
	Verdict rescore.Verdict `json:"verdict" enum:"yes,no,unclear"`
	Words   string          `json:"words,omitempty" maxLength:"300" doc:"不应通过或看不出来的必须写（4 到 300 字）"`
}

type scoreInput struct {
	ByRescore
	Claim uuid.UUID `path:"claim" doc:"申报的编号"`
	Body  Verdict
}

func (t *table) scoreRescore(ctx context.Context, who actor.Actor, in *scoreInput) (*reply[WholeRescore], error) {
	village := actor.VillageID(in.Village)
	if err := t.Office.Rescore.Score(ctx, who, village, in.Rescore, in.Claim, in.Body.Verdict, in.Body.Words); err != nil {
		return nil, err
	}
	return t.rescore(ctx, who, village, in.Rescore)
}

// OfferedRecord is a record as it would go to another village's group.
type OfferedRecord struct {
	Position   int         `json:"position"`
	Title      string      `json:"title"`
	Rule       string      `json:"rule"`
	Amount     string      `json:"amount"`
	OccurredOn Day         `json:"occurred_on"`
	Note       string      `json:"note,omitempty" doc:"村名、登记过的人名、门牌、电话已经遮住"`
	Evidence   []uuid.UUID `json:"evidence"`
}

func (t *table) offerRescore(ctx context.Context, who actor.Actor, in *ByRescore) (*list[OfferedRecord], error) {
	_, all, err := t.Office.Rescore.Offer(ctx, who, actor.VillageID(in.Village), in.Rescore)
	return whole(func(o rescore.Offered) OfferedRecord {
		return OfferedRecord{o.Position, o.Title, o.Rule, o.Amount, dayOf(o.OccurredOn), o.Note, each(o.Photos, func(id uuid.UUID) uuid.UUID { return id })}
	})(all, err)
}

// HandedNote is a note as the officer changed it.
type HandedNote struct {
	Position int      `json:"position" minimum:"1" maximum:"60"`
	Note     string   `json:"note" maxLength:"300"`
	Hide     []string `json:"hide,omitempty" maxItems:"60" maxLength:"20" doc:"说明里像店名、地名的词，要遮掉的几个"`
}

type handRescoreInput struct {
	ByRescore
	Body struct {
		To       int64        `json:"to" minimum:"1" maximum:"9007199254740991" doc:"交给哪个村"`
		Notes    []HandedNote `json:"notes,omitempty" maxItems:"60" doc:"改过的说明；没写的照遮过的交"`
		Evidence []uuid.UUID  `json:"evidence,omitempty" maxItems:"540" uniqueItems:"true" doc:"看不出是谁、是哪家的照片；交出去的是缩小的一份"`
	}
}

func (t *table) handRescore(ctx context.Context, who actor.Actor, in *handRescoreInput) (*reply[WholeRescore], error) {
	h := rescore.Handing{To: actor.VillageID(in.Body.To), Notes: map[int]string{}, Hide: map[int][]string{}, Photos: in.Body.Evidence}
	for _, n := range in.Body.Notes {
		h.Notes[n.Position], h.Hide[n.Position] = n.Note, n.Hide
	}
	village := actor.VillageID(in.Village)
	if err := t.Office.Rescore.Hand(ctx, who, village, in.Rescore, h); err != nil {
		return nil, err
	}
	return t.rescore(ctx, who, village, in.Rescore)
}

func (t *table) recallRescore(ctx context.Context, who actor.Actor, in *ByRescore) (*reply[WholeRescore], error) {
	village := actor.VillageID(in.Village)
	if err := t.Office.Rescore.Recall(ctx, who, village, in.Rescore); err != nil {
		return nil, err
	}
	return t.rescore(ctx, who, village, in.Rescore)
}

// Second is what the township asked the group to decide a second time, of a village that is not told.
type Second struct {
	ID      uuid.UUID      `json:"id"`
	State   string         `json:"state" enum:"open,done,recalled"`
	DueOn   Day            `json:"due_on"`
	AskedAt time.Time      `json:"asked_at"`
	Size    int            `json:"size"`
	Scored  int            `json:"scored"`
	Records []SecondRecord `json:"records,omitempty" doc:"打开一批时有"`
}

// SecondRecord is one record of it.
type SecondRecord struct {
	ID         uuid.UUID       `json:"id"`
	Position   int             `json:"position"`
	Title      string          `json:"title"`
	Rule       string          `json:"rule"`
	Amount     string          `json:"amount"`
	OccurredOn Day             `json:"occurred_on"`
	Note       string          `json:"note,omitempty"`
	Verdict    rescore.Verdict `json:"verdict,omitempty" enum:"yes,no,unclear"`
	Words      string          `json:"words,omitempty"`
	By         string          `json:"by,omitempty"`
}

func secondOf(l rescore.Look) Second {
	return Second{ID: l.ID, State: l.State, DueOn: dayOf(l.DueOn), AskedAt: l.AskedAt, Size: l.Size, Scored: l.Scored}
}

type secondsInput struct {
	State  string `query:"state" enum:"open,done,recalled"`
	Search string `query:"q" maxLength:"40"`
}

func (t *table) listSeconds(ctx context.Context, who actor.Actor, in *secondsInput) (*list[Second], error) {
	return whole(secondOf)(t.Office.Rescore.Looks(ctx, who, in.State, in.Search))
}

// BySecond names one of them.
type BySecond struct {
	Second uuid.UUID `path:"second" doc:"一批的编号"`
}

func (t *table) second(ctx context.Context, who actor.Actor, id uuid.UUID) (*reply[Second], error) {
	l, items, err := t.Office.Rescore.Look(ctx, who, id)
	return say(func(l rescore.Look) Second {
		s := secondOf(l)
		s.Records = each(items, func(i rescore.LookItem) SecondRecord {
			return SecondRecord{i.ID, i.Position, i.Title, i.Rule, i.Amount, dayOf(i.OccurredOn), i.Note, i.Verdict, i.Words, i.ScorerName}
		})
		return s
	})(l, err)
}

func (t *table) showSecond(ctx context.Context, who actor.Actor, in *BySecond) (*reply[Second], error) {
	return t.second(ctx, who, in.Second)
}

type scoreSecondInput struct {
	BySecond
	Record uuid.UUID `path:"record" doc:"一条的编号"`
	Body   Verdict
}

func (t *table) scoreSecond(ctx context.Context, who actor.Actor, in *scoreSecondInput) (*reply[Second], error) {
	if err := t.Office.Rescore.Second(ctx, who, in.Second, in.Record, in.Body.Verdict, in.Body.Words); err != nil {
		return nil, err
	}
	return t.second(ctx, who, in.Second)
}

func (t *table) returnSecond(ctx context.Context, who actor.Actor, in *BySecond) (*reply[Second], error) {
	if err := t.Office.Rescore.Return(ctx, who, in.Second); err != nil {
		return nil, err
	}
	return t.second(ctx, who, in.Second)
}

// Agreement is how often second decisions agreed with the village's own, in a year.
type Agreement struct {
	Size   int     `json:"size"`
	Agreed int     `json:"agreed"`
	Low    float64 `json:"low" doc:"95% 的把握不低于"`
	High   float64 `json:"high"`
}

func (t *table) showAgreement(ctx context.Context, who actor.Actor, _ *nothing) (*reply[Agreement], error) {
	return say(func(a rescore.Agreement) Agreement { return Agreement{a.Size, a.Agreed, a.Low, a.High} })(t.Office.Rescore.Own(ctx, who))
}
