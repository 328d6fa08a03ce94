package group

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// Recheck is all that a disqualified member had approved, to be looked at again by others (R4.1.7).
type Recheck struct {
	ID           uuid.UUID
	MembershipID uuid.UUID
	AccountID    uuid.UUID
	Name         string
	Reason       string
	OpenedName   string
	OpenedAt     time.Time
	Lines        int
	Open         int
	Doubted      int
	Corrected    int
}

// Looked is how many lines are settled.
func (r Recheck) Looked() int { return r.Lines - r.Open - r.Doubted }

// Subject is what a line of a re-check is about.
type Subject int16

// The subjects. The first is in the book already; the others are decided and not yet posted, or answers.
const (
	OfEntry Subject = iota + 1
	OfClaim
	OfFinding
	OfObjection
	OfRound
)

// Chinese is the subject on screen.
func (s Subject) Chinese() string {
	return [...]string{"", "已入账", "申报（未入账）", "减分评定", "异议答复", "巡查确认（未入账）"}[s]
}

// CheckState is where a line of a re-check stands.
type CheckState string

// The states: a doubt is settled by a second person, who corrects or keeps.
const (
	Unlooked  CheckState = "open"
	Confirmed CheckState = "confirmed"
	Doubted   CheckState = "doubted"
	Corrected CheckState = "corrected"
	Kept      CheckState = "kept"
)

// Chinese is the state on screen.
func (s CheckState) Chinese() string {
	return map[CheckState]string{Unlooked: "待复核", Confirmed: "复核无误", Doubted: "有问题，待第二人核定", Corrected: "已更正", Kept: "核定无误"}[s]
}

// Check is one thing to look at again.
type Check struct {
	Kind        Subject
	SubjectID   uuid.UUID
	HouseholdID *uuid.UUID
	Door        string
	Head        string
	Item        string
	Points      int
	Month       *int32
	OnDay       time.Time
	State       CheckState
	FirstBy     *uuid.UUID
	FirstName   string
	FirstAt     *time.Time
	Doubt       string
	SecondName  string
	SecondAt    *time.Time
	Answer      string
	Away        bool // who looks had a hand in it, or is of the home or related: another member judges it
}

// Key names a line of a re-check in a form: 「1:…」.
func (c Check) Key() string { return fmt.Sprintf("%d:%s", c.Kind, c.SubjectID) }

// ParseKey reads what Key wrote.
func ParseKey(s string) (k Subject, id uuid.UUID, err error) {
	kind, rest, _ := strings.Cut(s, ":")
	if id, err = uuid.Parse(rest); err != nil || len(kind) != 1 || kind < "1" || kind > "5" {
		return 0, uuid.Nil, fault.ErrNotFound
	}
	return Subject(kind[0] - '0'), id, nil
}

// Faults of re-checks.
var (
	ErrHand    = fault.New(fault.Forbidden, "recheck.hand", "这一条您参与过，或是自家、亲属家的，请由别的成员复核")
	ErrLooked  = fault.New(fault.Conflict, "recheck.looked", "这一条已经复核过了")
	ErrSecond  = fault.New(fault.Forbidden, "recheck.second", "提出问题的人不能自己核定，请由另一名成员核定")
	ErrDoubt   = fault.New(fault.Invalid, "recheck.doubt", "请写明有什么问题（4 到 300 字）").On("reason")
	ErrAnswer  = fault.New(fault.Invalid, "recheck.answer", "请写明核定的理由（4 到 300 字）").On("reason")
	ErrSigning = fault.New(fault.Conflict, "recheck.signing", "这一条已经上了签字表，请组长先退回签字表，再更正")
	ErrNoTick  = fault.New(fault.Invalid, "recheck.none", "请先勾选要确认的条目")
)

const sqlOpenRecheck = `-- group.open_recheck
insert into recheck (village_id, id, membership_id, account_id, name, reason, opened_name, opened_at)
values (@village_id, @recheck, @id, @account, @whose, @reason, @name, @now)`

// sqlGather lists what the account let through and still stands: lines of the book by whoever decided them, and
// what is decided and waits for a sheet.
const sqlGather = `-- group.gather
insert into recheck_line (village_id, recheck_id, kind, subject_id, household_id, item, points, month, on_day)
select @village_id::bigint, @recheck::uuid, kind, subject_id, household_id, item, points, month, on_day from (
  select 1::smallint as kind, e.id as subject_id, e.household_id, e.item, e.points, e.month, e.occurred_on as on_day from ledger_entry e
  where e.village_id = @village_id and e.kind in (2, 3) and (e.reviewer = @account
    or exists (select from claim c where c.village_id = @village_id and e.source_kind = 2 and c.id = e.source_id and (c.first_by = @account or c.reviewer = @account))
    or exists (select from finding_vote v where v.village_id = @village_id and e.source_kind = 6 and v.finding_id = e.source_id and v.account_id = @account)
    or exists (select from repair r where r.village_id = @village_id and e.source_kind = 10 and r.id = e.source_id and r.decided_by = @account))
    and not exists (select from ledger_entry b where b.village_id = @village_id and b.source_kind = 4 and b.source_id = e.id)
  union all
  select 2, id, household_id, item, points, month, occurred_on from claim
  where village_id = @village_id and state = 'approved' and (reviewer = @account or first_by = @account)
  union all
  select 3, f.id, f.household_id, f.item, f.points, f.month, f.occurred_on from finding f join finding_vote v on v.village_id = @village_id and v.finding_id = f.id
  where f.village_id = @village_id and (f.state in ('heard', 'cleared') or f.state = 'closed' and f.outcome = 'waived') and v.account_id = @account
  union all
  select 4, o.id, o.household_id, coalesce(e.item, ''), coalesce(e.points, 0), e.month, (o.decided_at at time zone 'Asia/Shanghai')::date from objection o
  left join ledger_entry e on e.village_id = @village_id and e.id = o.entry_id
  where o.village_id = @village_id and o.decided_by = @account and o.state in ('upheld', 'dismissed')
  union all
  select 5, c.inspection_id, null, '', 0, i.month, (c.confirmed_at at time zone 'Asia/Shanghai')::date from inspection_confirm c
  join inspection i on i.village_id = @village_id and i.id = c.inspection_id
  where c.village_id = @village_id and c.account_id = @account and not c.posted
) l
on conflict (village_id, recheck_id, kind, subject_id) do nothing`

// reopen lists what the member had approved, when the seat is taken away for a breach.
func reopen(ctx context.Context, tx pg.Tx, m Member, reason string) error {
	a := drawArgs(tx, m.ID)
	a["recheck"], a["account"], a["whose"], a["reason"] = pg.IDAt(tx.Now), m.AccountID, m.Name, reason
	if _, err := tx.Exec(ctx, sqlOpenRecheck, a); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, sqlGather, a)
	return err
}

const sqlRechecks = `-- group.rechecks
select r.id, r.membership_id, r.account_id, r.name, r.reason, r.opened_name, r.opened_at, count(l.subject_id)::int as lines,
  (count(*) filter (where l.state = 'open'))::int as open, (count(*) filter (where l.state = 'doubted'))::int as doubted, (count(*) filter (where l.state = 'corrected'))::int as corrected
from recheck r left join recheck_line l on l.village_id = @village_id and l.recheck_id = r.id
where r.village_id = @village_id and (@id::uuid is null or r.id = @id)
group by r.village_id, r.id order by r.id desc limit 100`

// Rechecks lists the village's re-checks with how far they have come.
func (s *Service) Rechecks(ctx context.Context, who actor.Actor) (all []Recheck, err error) {
	defer fault.Wrap(&err, "group.Rechecks")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Recheck](ctx, tx, sqlRechecks, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": nil})
		return err
	})
	return all, err
}

// sqlPartPrivate asks whether a line is about what could harm somebody at home.
const sqlPartPrivate = `exists (select from finding p where p.village_id = @village_id and p.private and (p.id = l.subject_id or p.entry_id = l.subject_id
    or exists (select from objection q where q.village_id = @village_id and q.id = l.subject_id and q.entry_id = p.entry_id)))`

// sqlPartStranger asks whether @me has nothing to do with the line's home.
const sqlPartStranger = `(not exists (select from membership k where k.village_id = @village_id and k.account_id = @me and k.household_id = l.household_id)
    and not exists (select from member k where k.village_id = @village_id and k.account_id = @me and k.household_id = l.household_id)
    and not exists (select from relative k where k.village_id = @village_id and k.account_id = @me and k.household_id = l.household_id))`

// sqlPartHand asks whether @me had a hand in the thing itself.
const sqlPartHand = `coalesce(e.recorder = @me or e.reviewer = @me or c.recorder = @me or c.first_by = @me or c.reviewer = @me
    or exists (select from finding_vote v where v.village_id = @village_id and v.finding_id in (e.source_id, l.subject_id) and v.account_id = @me), false)`

// A member who is of the home, or related to it, does not see the lines about what could harm somebody there.
const sqlChecks = `-- group.checks
select l.kind, l.subject_id, l.household_id, coalesce(h.door, '') as door, coalesce(h.head, '') as head, l.item, l.points, l.month, l.on_day, l.state, l.first_by, l.first_name,
  l.first_at, l.doubt, l.second_name, l.second_at, l.answer, (r.account_id = @me or ` + sqlPartHand + ` or not ` + sqlPartStranger + `) as away
from recheck_line l join recheck r on r.village_id = @village_id and r.id = l.recheck_id
left join household h on h.village_id = @village_id and h.id = l.household_id
left join ledger_entry e on e.village_id = @village_id and l.kind = 1 and e.id = l.subject_id
left join claim c on c.village_id = @village_id and c.id = case when l.kind = 2 then l.subject_id when e.source_kind = 2 then e.source_id end
where l.village_id = @village_id and l.recheck_id = @id and (@state::text = '' or l.state = @state)
  and (not ` + sqlPartPrivate + ` or ` + sqlPartStranger + `)
order by l.kind, l.item, h.grid, h.walk, l.subject_id`

// ShowRecheck is a re-check with its lines, all of them or those in a state.
func (s *Service) ShowRecheck(ctx context.Context, who actor.Actor, id uuid.UUID, state CheckState) (r Recheck, lines []Check, err error) {
	defer fault.Wrap(&err, "group.ShowRecheck(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "state": string(state), "me": who.Account}
		if r, err = pg.One[Recheck](ctx, tx, sqlRechecks, a); err != nil {
			return err
		}
		lines, err = pg.All[Check](ctx, tx, sqlChecks, a)
		return err
	})
	return r, lines, err
}

// sqlCheckLock takes lines to look at, with what makes somebody unfit to: a hand in the thing itself.
const sqlCheckLock = `-- group.check_lock
select l.recheck_id, l.kind, l.subject_id, l.household_id, l.month, l.state, l.first_by, ` + sqlPartPrivate + ` as private, coalesce(f.state, '') as finding, r.account_id, ` + sqlPartHand + ` as hand
from recheck_line l join recheck r on r.village_id = @village_id and r.id = l.recheck_id
left join ledger_entry e on e.village_id = @village_id and l.kind = 1 and e.id = l.subject_id
left join claim c on c.village_id = @village_id and c.id = case when l.kind = 2 then l.subject_id when e.source_kind = 2 then e.source_id end
left join finding f on f.village_id = @village_id and l.kind = 3 and f.id = l.subject_id
where l.village_id = @village_id and l.recheck_id = @id and (l.kind::text || ':' || l.subject_id::text) = any(@keys::text[])
order by l.kind, l.subject_id for update of l`

type lockedCheck struct {
	RecheckID   uuid.UUID
	Kind        Subject
	SubjectID   uuid.UUID
	HouseholdID *uuid.UUID
	Month       *int32
	State       CheckState
	FirstBy     *uuid.UUID
	AccountID   uuid.UUID
	Hand        bool
	Private     bool   // a finding that is on no screen of the home
	Finding     string // its state, of a line about a finding
}

// fit locks the lines and refuses whoever may not judge them.
func fit(ctx context.Context, tx pg.Tx, id uuid.UUID, keys []string) ([]lockedCheck, error) {
	for _, k := range keys {
		if _, _, err := ParseKey(k); err != nil {
			return nil, err
		}
	}
	a := drawArgs(tx, id)
	a["keys"], a["me"] = keys, tx.Who.Account
	lines, err := pg.All[lockedCheck](ctx, tx, sqlCheckLock, a)
	if err != nil {
		return nil, err
	}
	if len(lines) != len(keys) || len(lines) == 0 {
		return nil, fault.ErrNotFound
	}
	var homes []uuid.UUID
	for _, l := range lines {
		if l.AccountID == tx.Who.Account || l.Hand {
			return nil, ErrHand
		}
		if l.HouseholdID != nil {
			homes = append(homes, *l.HouseholdID)
		}
	}
	near, err := Conflicted(ctx, tx, tx.Who.Account, homes)
	if err == nil && len(near) > 0 {
		err = ErrHand
	}
	return lines, err
}

const sqlLook = `-- group.look
update recheck_line set state = @state, first_by = @by, first_name = @name, first_at = @now, doubt = @reason
where village_id = @village_id and recheck_id = @id and (kind::text || ':' || subject_id::text) = any(@keys::text[]) and state = 'open'`

// ConfirmChecks says of lines that they are in order.
func (s *Service) ConfirmChecks(ctx context.Context, who actor.Actor, id uuid.UUID, keys []string) (n int, err error) {
	defer fault.Wrap(&err, "group.ConfirmChecks(%s)", id)
	if len(keys) == 0 || len(keys) > 500 {
		return 0, ErrNoTick
	}
	return len(keys), s.look(ctx, who, "recheck.confirm", id, keys, Confirmed, "")
}

// Doubt says what is wrong with a line; another member settles it.
func (s *Service) Doubt(ctx context.Context, who actor.Actor, id uuid.UUID, key, reason string) (err error) {
	defer fault.Wrap(&err, "group.Doubt(%s, %s)", id, key)
	return s.look(ctx, who, "recheck.doubt", id, []string{key}, Doubted, strings.TrimSpace(reason))
}

func (s *Service) look(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, keys []string, state CheckState, reason string) error {
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, verb, func() (struct{}, error) {
			lines, err := fit(ctx, tx, id, keys)
			if err != nil {
				return struct{}{}, err
			}
			if state == Doubted && !chars.Between(reason, 4, 300) {
				return struct{}{}, ErrDoubt
			}
			a := drawArgs(tx, id)
			a["keys"], a["state"], a["reason"] = keys, string(state), reason
			tag, err := tx.Exec(ctx, sqlLook, a)
			if err == nil && int(tag.RowsAffected()) != len(keys) {
				err = ErrLooked
			}
			if err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "recheck", ID: id.String(), Reason: aloud(lines, reason), After: keys})
		})
		return err
	})
}

// aloud is what the log, which everybody in the group reads, says of a reason.
func aloud(lines []lockedCheck, reason string) string {
	if slices.ContainsFunc(lines, func(l lockedCheck) bool { return l.Private }) {
		return ""
	}
	return reason
}

const sqlSettle = `-- group.settle
update recheck_line set state = @state, second_by = @by, second_name = @name, second_at = @now, answer = @reason
where village_id = @village_id and recheck_id = @id and kind = @kind and subject_id = @subject and state = 'doubted'`

// Settle is the second member's word on a doubt: the line is corrected, or it was in order. A line of the book
// is taken back by one reversing line, its notice corrected and the home told; a claim goes back to review.
func (s *Service) Settle(ctx context.Context, who actor.Actor, id uuid.UUID, key string, correct bool, reason string) (err error) {
	defer fault.Wrap(&err, "group.Settle(%s, %s)", id, key)
	reason = strings.TrimSpace(reason)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "recheck.settle", func() (struct{}, error) {
			lines, err := fit(ctx, tx, id, []string{key})
			if err != nil {
				return struct{}{}, err
			}
			l := lines[0]
			switch {
			case l.State != Doubted:
				return struct{}{}, ErrLooked
			case *l.FirstBy == tx.Who.Account:
				return struct{}{}, ErrSecond
			case !chars.Between(reason, 4, 300):
				return struct{}{}, ErrAnswer
			}
			a := drawArgs(tx, id)
			a["kind"], a["subject"], a["reason"], a["state"] = int16(l.Kind), l.SubjectID, reason, string(Kept)
			if correct {
				a["state"] = string(Corrected)
				if err := l.correct(ctx, tx, reason); err != nil {
					return struct{}{}, err
				}
			}
			if _, err := tx.Exec(ctx, sqlSettle, a); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "recheck.settle", Kind: "recheck", ID: id.String(), Reason: aloud(lines, reason), Before: key, After: a["state"]})
		})
		return err
	})
}

const sqlPublished = `-- group.published
select exists (select from sheet where village_id = @village_id and month = @month and state = 'published')`

const sqlReview = `-- group.review_again
update claim set state = 'pending', reviewer = null, reviewer_name = '', decided_at = null, reason = '', first_by = null, first_by_name = '', first_at = null, version = version + 1
where village_id = @village_id and id = @subject and state = 'approved' and month is null`

const sqlVoid = `-- group.void_decision
update finding set state = 'closed', outcome = 'waived', outcome_note = @reason, closed_at = @now, version = version + 1
where village_id = @village_id and id = @subject and state = 'cleared' and month is null`

const sqlFreed = `-- group.free
delete from slot where village_id = @village_id and holder_kind = 3 and holder_id = @subject`

// sqlConfirmAgain takes back every confirmation of a round that is on no sheet: what one of them covers follows
// from the others.
const sqlConfirmAgain = `-- group.confirm_again
delete from inspection_confirm c where c.village_id = @village_id and c.inspection_id = @subject and c.month is null
  and not exists (select from inspection_confirm o where o.village_id = @village_id and o.inspection_id = @subject and o.month is not null and not o.posted)`

// sqlBooked finds the line of the book that a claim or a finding has become, if it stands.
const sqlBooked = `-- group.booked
select e.id, e.month from ledger_entry e where e.village_id = @village_id and e.source_kind = @kind and e.source_id = @subject
  and not exists (select from ledger_entry b where b.village_id = @village_id and b.source_kind = 4 and b.source_id = e.id)`

type bookedLine struct {
	ID    uuid.UUID
	Month int32
}

const sqlRoundPosted = `-- group.round_posted
select exists (select from inspection_confirm where village_id = @village_id and inspection_id = @subject and posted)
  and not exists (select from inspection_confirm where village_id = @village_id and inspection_id = @subject and not posted)`

// correct does what a correction of the subject means. A line of the book is reversed, a claim goes back to review,
// a round to its confirmation; a member's word on a finding counts no more (finding reads it as void), and what was
// cleared by it takes nothing away. What a correction cannot do is left to people: ByHand says what.
func (l lockedCheck) correct(ctx context.Context, tx pg.Tx, reason string) error {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "subject": l.SubjectID, "reason": reason, "now": tx.Now, "kind": 0}
	switch l.Kind {
	case OfEntry:
		return l.takeBack(ctx, tx, l.SubjectID, *l.Month)
	case OfClaim:
		a["kind"] = int(ledger.FromClaim)
	case OfFinding:
		a["kind"] = int(ledger.FromFinding)
	}
	booked, err := pg.All[bookedLine](ctx, tx, sqlBooked, a)
	switch {
	case err != nil:
		return err
	case len(booked) > 0: // signed since the list was made
		return l.takeBack(ctx, tx, booked[0].ID, booked[0].Month)
	case l.Kind == OfClaim:
		return changed(ctx, tx, sqlReview, a)
	case l.Kind == OfRound:
		return l.again(ctx, tx, a)
	case l.Kind == OfFinding && l.Finding == "cleared":
		return l.void(ctx, tx, a)
	}
	return nil
}

// takeBack reverses a line of the book, has its notice corrected and tells the home.
func (l lockedCheck) takeBack(ctx context.Context, tx pg.Tx, entry uuid.UUID, of int32) error {
	if _, err := ledger.Reverse(ctx, tx, entry); err != nil {
		return err
	}
	out, err := pg.Scalar[bool](ctx, tx, sqlPublished, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": of})
	if err == nil && out {
		err = queue.Add(ctx, tx, notice.CorrectJob{Month: month.Month(of), Because: entry})
	}
	if err == nil {
		_, err = inform.Tell(ctx, tx, inform.Message{Household: *l.HouseholdID, Kind: inform.NoticeCorrected, Subject: entry, Detail: "有一笔分经复核更正了，点开看；对更正有意见，照样可以提异议"})
	}
	return err
}

// void ends what was decided and is not in the book without a deduction.
func (l lockedCheck) void(ctx context.Context, tx pg.Tx, a pgx.NamedArgs) error {
	if err := changed(ctx, tx, sqlVoid, a); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, sqlFreed, a); err != nil || l.Private {
		return err
	}
	_, err := inform.Tell(ctx, tx, inform.Message{Household: *l.HouseholdID, Kind: inform.FindingDecided, Subject: l.SubjectID})
	return err
}

// again has a round confirmed by others; where it was posted since, its lines join the list, each to be looked at.
func (l lockedCheck) again(ctx context.Context, tx pg.Tx, a pgx.NamedArgs) error {
	posted, err := pg.Scalar[bool](ctx, tx, sqlRoundPosted, a)
	if err != nil || !posted {
		if err == nil {
			err = changed(ctx, tx, sqlConfirmAgain, a)
		}
		return err
	}
	a["recheck"], a["account"] = l.RecheckID, l.AccountID
	_, err = tx.Exec(ctx, sqlGather, a)
	return err
}

// changed runs what takes a subject back, which it cannot where a sheet under signature has it.
func changed(ctx context.Context, tx pg.Tx, sql string, a pgx.NamedArgs) error {
	tag, err := tx.Exec(ctx, sql, a)
	if err == nil && tag.RowsAffected() == 0 {
		err = ErrSigning
	}
	return err
}

// Effect says what correcting the line does by itself.
func (c Check) Effect() string {
	switch c.Kind {
	case OfEntry:
		return "冲正这一笔，更正公示，告诉住户"
	case OfClaim:
		return "退回待审，由别的成员重新审核"
	case OfRound:
		return "没入账的，确认作废，由别的成员重新确认；已入账的，逐笔列进清单复核"
	case OfFinding:
		return "他的这一票作废；已经评定要减分、还没入账的，不再减分"
	}
	return "记下结论"
}

// ByHand says what people still have to do once the line is found to be wrong, and on which page; "" for nothing.
func (c Check) ByHand() (todo, href string) {
	switch c.Kind {
	case OfRound:
		return "没入账的，请没有参与的成员重新确认这次巡查；已经入账的，逐笔列进了这张清单，请逐笔复核", "/rounds/" + c.SubjectID.String()
	case OfFinding:
		return "还没评定完的，请另外两名成员评定；原来不减分而应当减的，请重新记一次，从整改告知走起", "/findings/" + c.SubjectID.String()
	case OfObjection:
		return "答复不能改写：原来维持、现在认定有错的，请在这一笔的“已入账”条目里更正，并当面告诉住户还可以向镇里申诉；原来更正错了的，请按实际重新记一次", "/objections/" + c.SubjectID.String()
	}
	return "", ""
}
