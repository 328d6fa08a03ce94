package appeal

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
	"cunfen/internal/rulebook"
)

// OfficeDays is how long the township has to decide.
const OfficeDays = 15

// Appeal is what a household asks of the township after the village has dismissed its objection.
type Appeal struct {
	VillageID     actor.VillageID
	Village       string
	ID            uuid.UUID
	ObjectionID   uuid.UUID
	HouseholdID   uuid.UUID
	Door          string
	Head          string
	EntryID       uuid.UUID
	Item          string
	RuleVersion   int
	Points        int
	OccurredOn    time.Time
	Month         month.Month
	Grounds       string
	Channel       string
	FiledBy       uuid.UUID
	FiledByName   string
	FiledAt       time.Time
	DueOn         time.Time
	Held          bool
	State         State
	DecidedByName string
	DecidedAt     *time.Time
	Reason        string
	First         string    // what the household objected in the village
	FirstAt       time.Time // when
	Answer        string    // what the village answered
	AnsweredBy    string
	AnsweredAt    *time.Time
	Title         string // of the item, in the rules of its day
	Text          string // the document's wording
	Hidden        bool   // as of an objection
}

// Faults of appeals.
var (
	ErrNotHeard   = fault.New(fault.Conflict, "appeal.not_heard", "村里答复不成立以后，才能向镇里申诉")
	ErrAppealLate = fault.New(fault.Conflict, "appeal.appeal_late", "申诉期已过（村里答复后 %d 天内提出）；如仍有意见请用“意见”反映")
	ErrAppealed   = fault.New(fault.Conflict, "appeal.appealed", "这条异议已经向镇里申诉过了，请等待答复或看结果")
	ErrOffice     = fault.New(fault.Forbidden, "conflict_of_duty", "这是您本户或亲属户的申诉，或由您代记，请回避，由其他同志办理")
	ErrEnded      = fault.New(fault.Conflict, "appeal.ended", "这条申诉已经办结，请刷新页面看结果")
)

const sqlPartAppealColumns = `select a.village_id, v.name as village, a.id, a.objection_id, a.household_id, h.door, h.head, a.entry_id, e.item, e.rule_version, e.points, e.occurred_on, e.month,
  a.grounds, a.channel, a.filed_by, a.filed_by_name, a.filed_at, a.due_on, a.held, a.state, a.decided_by_name, a.decided_at, a.reason,
  o.grounds as first, o.filed_at as first_at, o.reason as answer, o.decided_by_name as answered_by, o.decided_at as answered_at,
  coalesce(i.body->>'title', e.item) as title, coalesce(i.body->>'text', '') as text,
  exists (select from finding f where f.village_id = a.village_id and f.entry_id = a.entry_id and f.private) as hidden
from appeal a
join village v on v.id = a.village_id
join household h on h.village_id = a.village_id and h.id = a.household_id
join objection o on o.village_id = a.village_id and o.id = a.objection_id
join ledger_entry e on e.village_id = a.village_id and e.id = a.entry_id
left join rule_item i on i.village_id = a.village_id and i.version = e.rule_version and i.code = e.item
`

const (
	sqlAppealLock = `-- appeal.appeal_lock
` + sqlPartAppealColumns + `where a.village_id = @village_id and a.id = @id for update of a`
	sqlAppealShow = `-- appeal.appeal_show
` + sqlPartAppealColumns + `where a.village_id = @village_id and a.id = @id`
	sqlAppealsOf = `-- appeal.appeals_of
` + sqlPartAppealColumns + `where a.village_id = @village_id and a.objection_id = any(@objections)`
	sqlOfficeShow = `-- appeal.office_show
` + sqlPartAppealColumns + `where a.village_id = any(@villages) and a.id = @id`
	sqlOfficeList = `-- appeal.office_list
` + sqlPartAppealColumns + `where a.village_id = any(@villages) and (@state = '' or a.state = @state) and (@village = 0 or a.village_id = @village)
  and (@search = '' or strpos(h.head, @search) > 0 or strpos(h.door, @search) > 0 or strpos(h.initials, lower(@search)) > 0)
  and (@after = '' or a.id < nullif(@after, '')::uuid)
order by a.id desc limit @rows`
)

const sqlAppeal = `-- appeal.appeal
insert into appeal (village_id, id, objection_id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, held, state)
values (@village_id, @id, @objection, @household, @entry, @grounds, @channel, @by, @name, @at, @due, @held, 'open')
on conflict (village_id, objection_id) do nothing`

// Appeal takes a dismissed objection on to the township: by the household itself, or at the counter for it. The
// line counts for nothing again meanwhile, where the village's rules say so.
func (s *Service) Appeal(ctx context.Context, who actor.Actor, objection uuid.UUID, grounds string) (a Appeal, err error) {
	defer fault.Wrap(&err, "appeal.Appeal(%s)", objection)
	if grounds, err = words(grounds, ErrGrounds); err != nil {
		return a, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		a, _, err = idem.Once(ctx, tx, "appeal.appeal", func() (Appeal, error) { return takeOn(ctx, tx, objection, grounds) })
		return err
	})
	return a, err
}

func takeOn(ctx context.Context, tx pg.Tx, objection uuid.UUID, grounds string) (a Appeal, err error) {
	o, err := pg.One[Objection](ctx, tx, sqlLock, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": objection})
	if err != nil {
		return a, err
	}
	channel := "counter"
	if tx.Who.Role == actor.Household {
		if channel = "self"; o.HouseholdID != tx.Who.Household {
			return a, fault.ErrNotFound
		}
	}
	if o.State != Dismissed {
		return a, ErrNotHeard
	}
	rules, err := rulebook.InForce(ctx, tx, tx.Now)
	if err != nil {
		return a, err
	}
	if last := month.Date(o.DecidedAt.AddDate(0, 0, appealDays(rules))); month.Date(tx.Now).After(last) {
		return a, ErrAppealLate.With(appealDays(rules))
	}
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": pg.NewID(), "objection": o.ID, "household": o.HouseholdID, "entry": o.EntryID,
		"grounds": grounds, "channel": channel, "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now,
		"due": month.Date(tx.Now.AddDate(0, 0, OfficeDays)), "held": rules.Settings.HoldDisputed}
	tag, err := tx.Exec(ctx, sqlAppeal, args)
	switch {
	case err != nil:
		return a, err
	case tag.RowsAffected() == 0:
		return a, ErrAppealed
	}
	if rules.Settings.HoldDisputed {
		if err := ledger.Dispute(ctx, tx, o.HouseholdID, o.Points, false); err != nil {
			return a, err
		}
	}
	if channel == "counter" {
		if _, err := inform.Tell(ctx, tx, inform.Message{Household: o.HouseholdID, Kind: inform.AppealTaken, Subject: args["id"].(uuid.UUID)}); err != nil {
			return a, err
		}
	}
	said, err := aloud(ctx, tx, o.HouseholdID, o.EntryID, grounds)
	if err != nil {
		return a, err
	}
	if err := audit.Record(ctx, tx, audit.Event{Verb: "appeal.appeal", Kind: "appeal", ID: args["id"].(uuid.UUID).String(), Reason: said}); err != nil {
		return a, err
	}
	return pg.One[Appeal](ctx, tx, sqlAppealShow, args)
}

// appealDays is how long after the village's answer the township may be asked.
func appealDays(r rulebook.RuleSet) int {
	if r.Settings.AppealDays > 0 {
		return r.Settings.AppealDays
	}
	return 15
}

const sqlAppealEnd = `-- appeal.appeal_end
update appeal set state = @state, decided_by = @by, decided_by_name = @name, decided_at = @at, reason = @reason
where village_id = @village_id and id = @id and state = 'open'`

// Settle is the township's decision. Upheld takes the line back by one reversing line and corrects the notice.
func (s *Service) Settle(ctx context.Context, who actor.Actor, id uuid.UUID, uphold bool, reason string) (a Appeal, err error) {
	defer fault.Wrap(&err, "appeal.Settle(%s)", id)
	if reason, err = words(reason, ErrReason); err != nil {
		return a, err
	}
	found, err := s.Office(ctx, who, id)
	if err != nil {
		return a, err
	}
	to := Dismissed
	if uphold {
		to = Upheld
	}
	err = s.DB.InOffice(ctx, who, found.VillageID, func(tx pg.Tx) error {
		a, _, err = idem.Once(ctx, tx, "appeal.settle", func() (Appeal, error) {
			return finish(ctx, tx, "appeal.settle", id, to, reason, func(a Appeal) error {
				related, err := group.Conflicted(ctx, tx, tx.Who.Account, []uuid.UUID{a.HouseholdID})
				if err == nil && (related[a.HouseholdID] || a.FiledBy == tx.Who.Account) {
					err = ErrOffice
				}
				return err
			})
		})
		return err
	})
	return a, err
}

// TakeBack withdraws the household's own appeal before the township has decided.
func (s *Service) TakeBack(ctx context.Context, who actor.Actor, id uuid.UUID) (a Appeal, err error) {
	defer fault.Wrap(&err, "appeal.TakeBack(%s)", id)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		a, _, err = idem.Once(ctx, tx, "appeal.take_back", func() (Appeal, error) {
			return finish(ctx, tx, "appeal.take_back", id, Withdrawn, "", func(a Appeal) error {
				if a.FiledBy != who.Account && (who.Household != a.HouseholdID || who.Household == uuid.Nil) {
					return fault.ErrNotFound
				}
				return nil
			})
		})
		return err
	})
	return a, err
}

// finish locks an open appeal, asks may, and closes it, the ledger with it.
func finish(ctx context.Context, tx pg.Tx, verb string, id uuid.UUID, to State, reason string, may func(Appeal) error) (a Appeal, err error) {
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "state": to, "by": nil, "name": "", "at": tx.Now, "reason": reason}
	if a, err = pg.One[Appeal](ctx, tx, sqlAppealLock, args); err != nil {
		return a, err
	}
	if err := may(a); err != nil {
		return a, err
	}
	if a.State != Open {
		return a, ErrEnded
	}
	if to != Withdrawn {
		args["by"], args["name"] = tx.Who.Account, tx.Who.Name
	}
	if _, err := tx.Exec(ctx, sqlAppealEnd, args); err != nil {
		return a, err
	}
	if a.Held {
		if err := ledger.Dispute(ctx, tx, a.HouseholdID, a.Points, true); err != nil {
			return a, err
		}
	}
	if to == Upheld {
		if _, err := ledger.Reverse(ctx, tx, a.EntryID); err != nil {
			return a, err
		}
		if err := correctMonth(ctx, tx, a.EntryID, a.ID); err != nil {
			return a, err
		}
	}
	if to != Withdrawn {
		if _, err := inform.Tell(ctx, tx, inform.Message{Household: a.HouseholdID, Kind: inform.AppealDecided, Subject: a.ID}); err != nil {
			return a, err
		}
	}
	said, err := aloud(ctx, tx, a.HouseholdID, a.EntryID, reason)
	if err != nil {
		return a, err
	}
	if err := audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "appeal", ID: id.String(), Reason: said, Before: a}); err != nil {
		return a, err
	}
	return pg.One[Appeal](ctx, tx, sqlAppealShow, args)
}

// correctMonth leaves the job of a corrected notice where the line's month is out already.
func correctMonth(ctx context.Context, tx pg.Tx, entry, because uuid.UUID) error {
	months, err := pg.Column[int](ctx, tx, sqlMonthOf, pgx.NamedArgs{"village_id": int64(tx.Village()), "entry": entry})
	if err != nil || len(months) == 0 {
		return err
	}
	return queue.Add(ctx, tx, notice.CorrectJob{Month: month.Month(months[0]), Because: because})
}

// Appeals finds the appeals against the answers to these objections, by objection.
func (s *Service) Appeals(ctx context.Context, who actor.Actor, objections []uuid.UUID) (of map[uuid.UUID]Appeal, err error) {
	defer fault.Wrap(&err, "appeal.Appeals")
	of = map[uuid.UUID]Appeal{}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err := pg.All[Appeal](ctx, tx, sqlAppealsOf, pgx.NamedArgs{"village_id": int64(tx.Village()), "objections": objections})
		for _, a := range all {
			if who.Role != actor.Household || a.HouseholdID == who.Household {
				if a.Hidden && a.HouseholdID == who.Household {
					a.Item, a.Title, a.Text, a.Grounds, a.First, a.Answer, a.Reason = "", "", "", "", "", "", ""
				}
				of[a.ObjectionID] = a
			}
		}
		return err
	})
	return of, err
}

// OfficeFilter narrows the township's list; empty fields do not.
type OfficeFilter struct {
	State   State
	Village int64
	Search  string
	page.Page
}

// OfficeList reads the appeals of the township's villages, newest first, with the cursor of the next page.
func (s *Service) OfficeList(ctx context.Context, who actor.Actor, f OfficeFilter) (rows []Appeal, next string, err error) {
	defer fault.Wrap(&err, "appeal.OfficeList")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	if who.Role != actor.Bureau {
		return nil, "", fault.ErrNotFound
	}
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		rows, err = pg.All[Appeal](ctx, tx, sqlOfficeList, pgx.NamedArgs{"villages": villages, "state": string(f.State), "village": f.Village, "search": f.Search,
			"after": f.After, "rows": f.Rows() + 1})
		return err
	})
	rows, next = page.Cut(rows, f.Rows(), func(a Appeal) string { return a.ID.String() })
	return rows, next, err
}

// Office reads one appeal of the township's villages.
func (s *Service) Office(ctx context.Context, who actor.Actor, id uuid.UUID) (a Appeal, err error) {
	defer fault.Wrap(&err, "appeal.Office(%s)", id)
	if who.Role != actor.Bureau {
		return a, fault.ErrNotFound
	}
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		a, err = pg.One[Appeal](ctx, tx, sqlOfficeShow, pgx.NamedArgs{"villages": villages, "id": id})
		return err
	})
	return a, err
}
