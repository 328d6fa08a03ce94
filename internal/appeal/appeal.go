// Package appeal hears a household that finds a line of its passbook wrong (D8): objection within days of the
// notice, decided by members who did not decide the line and are not of that home; while it is heard the line
// counts for nothing, unless the village's rules settle it otherwise; upheld, it is taken back by one reversing line.
package appeal

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

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
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Service is what the screens may ask of objections.
type Service struct{ DB *pg.DB }

// State is where an objection stands.
type State string

// The states of an objection.
const (
	Open      State = "open"
	Upheld    State = "upheld"
	Dismissed State = "dismissed"
	Withdrawn State = "withdrawn"
)

// Chinese is the state's name on screen.
func (s State) Chinese() string {
	return map[State]string{Open: "正在核查", Upheld: "异议成立，已更正", Dismissed: "异议不成立，维持原分", Withdrawn: "已撤回"}[s]
}

// Objection is one household's objection to one line.
type Objection struct {
	ID            uuid.UUID
	HouseholdID   uuid.UUID
	Door          string
	Head          string
	EntryID       uuid.UUID
	Item          string
	RuleVersion   int
	Points        int
	OccurredOn    time.Time
	Grounds       string
	Channel       string
	FiledBy       uuid.UUID
	FiledByName   string
	FiledAt       time.Time
	DueOn         time.Time
	State         State
	DecidedByName string
	DecidedAt     *time.Time
	Reason        string
	Held          bool       // the line counts for nothing until it is decided
	Recorder      *uuid.UUID // who brought the line in
	Reviewer      *uuid.UUID // who decided it
	Second        *uuid.UUID // who decided it with them, of an open-value item
	Hidden        bool       // what it is about is on no screen that the home shares: neither are the words
}

// Faults of objections.
var (
	ErrGrounds = fault.New(fault.Invalid, "appeal.grounds", "请写明哪里不对（4 到 500 字）").On("grounds")
	ErrReason  = fault.New(fault.Invalid, "appeal.reason", "请写明理由（4 到 500 字），住户会看到").On("reason")
	ErrKind    = fault.New(fault.Invalid, "appeal.kind", "只能对加分、减分提出异议；兑换有错请到兑换窗口撤销")
	ErrLate    = fault.New(fault.Conflict, "appeal.late", "异议期已过（公示后 %d 天内提出）；如仍有意见请用“意见”反映")
	ErrAlready = fault.New(fault.Conflict, "appeal.already", "这一笔已有异议正在核查，请等待结果")
	ErrHeard   = fault.New(fault.Conflict, "appeal.heard", "这一笔的异议已经核查过，决定维持原分，不能再提异议；如仍不同意，请向镇里申诉")
	ErrDone    = fault.New(fault.Conflict, "appeal.done", "这一笔已经更正过了")
	ErrDecided = fault.New(fault.Conflict, "appeal.decided", "这条异议已经处理过了，请刷新页面看结果")
	ErrDuty    = fault.New(fault.Forbidden, "conflict_of_duty", "原记录人、原审核人、提出人和亲属户成员须回避，请由其他成员核查")
)

const sqlPartColumns = `select o.id, o.household_id, h.door, h.head, o.entry_id, e.item, e.rule_version, e.points, e.occurred_on, o.grounds, o.channel, o.filed_by,
  o.filed_by_name, o.filed_at, o.due_on, o.state, o.decided_by_name, o.decided_at, o.reason, o.held, e.recorder, e.reviewer, c.first_by as second,
  exists (select from finding f where f.village_id = @village_id and f.entry_id = o.entry_id and f.private) as hidden
from objection o
join household h on h.village_id = @village_id and h.id = o.household_id
join ledger_entry e on e.village_id = @village_id and e.id = o.entry_id
left join claim c on c.village_id = @village_id and c.id = e.source_id and e.source_kind = 2
where o.village_id = @village_id `

// sqlPartSeen leaves out what could harm somebody at home, for whoever in the group is of that home or related to it:
// @me, who is nobody for the household itself and for the program.
const sqlPartSeen = `(@me::uuid is null or not exists (select from finding f where f.village_id = @village_id and f.entry_id = o.entry_id and f.private)
  or not exists (select from membership k where k.village_id = @village_id and k.account_id = @me and k.household_id = o.household_id)
    and not exists (select from member k where k.village_id = @village_id and k.account_id = @me and k.household_id = o.household_id)
    and not exists (select from relative k where k.village_id = @village_id and k.account_id = @me and k.household_id = o.household_id))`

const (
	sqlLock = `-- appeal.lock
` + sqlPartColumns + `and o.id = @id for update of o`
	sqlShow = `-- appeal.show
` + sqlPartColumns + `and o.id = @id and ` + sqlPartSeen + `
`
	sqlList = `-- appeal.list
` + sqlPartColumns + `and (@state = '' or o.state = @state) and (@household::uuid is null or o.household_id = @household)
  and ` + sqlPartSeen + `
  and (@search = '' or strpos(h.head, @search) > 0 or strpos(h.door, @search) > 0 or strpos(h.initials, lower(@search)) > 0)
  and (@after = '' or o.id < nullif(@after, '')::uuid)
order by o.id desc limit @rows`
)

const sqlFile = `-- appeal.file
insert into objection (village_id, id, household_id, entry_id, grounds, channel, filed_by, filed_by_name, filed_at, due_on, held, state)
values (@village_id, @id, @household, @entry, @grounds, @channel, @by, @name, @at, @due, @held, 'open')`

const sqlWindow = `-- appeal.window
select max(object_until) from notice where village_id = @village_id and month = @month`

const sqlEnded = `-- appeal.ended
select exists (select from ledger_entry where village_id = @village_id and source_kind = 4 and source_id = @entry) as reversed,
  exists (select from objection where village_id = @village_id and entry_id = @entry and state = 'dismissed') as heard,
  exists (select from objection where village_id = @village_id and entry_id = @entry and state = 'open') as open`

// Days is how long the group has to decide.
const Days = 7

// File objects to a line of the household's passbook: by the household itself, or at the counter for it.
func (s *Service) File(ctx context.Context, who actor.Actor, entry uuid.UUID, grounds string) (o Objection, err error) {
	defer fault.Wrap(&err, "appeal.File(%s)", entry)
	if grounds, err = words(grounds, ErrGrounds); err != nil {
		return o, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		o, _, err = idem.Once(ctx, tx, "appeal.file", func() (Objection, error) { return file(ctx, tx, entry, grounds) })
		return err
	})
	return o, err
}

func words(s string, short *fault.Error) (string, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n < 4 || n > 500 {
		return s, short
	}
	return s, nil
}

func file(ctx context.Context, tx pg.Tx, entry uuid.UUID, grounds string) (o Objection, err error) {
	e, err := ledger.Find(ctx, tx, entry)
	if err != nil {
		return o, err
	}
	channel := "counter"
	if tx.Who.Role == actor.Household {
		if channel = "self"; e.HouseholdID != tx.Who.Household {
			return o, fault.ErrNotFound
		}
	}
	if e.Kind != ledger.Award && e.Kind != ledger.Deduction {
		return o, ErrKind
	}
	if err := inTime(ctx, tx, e); err != nil {
		return o, err
	}
	rules, err := rulebook.InForce(ctx, tx, tx.Now)
	if err != nil {
		return o, err
	}
	id, held := pg.NewID(), rules.Settings.HoldDisputed
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "entry": entry, "held": held}
	a["id"], a["household"], a["grounds"], a["channel"] = id, e.HouseholdID, grounds, channel
	a["by"], a["name"], a["at"], a["due"] = tx.Who.Account, tx.Who.Name, tx.Now, month.Date(tx.Now.AddDate(0, 0, Days))
	if _, err := tx.Exec(ctx, sqlFile, a); pg.Is(err, pg.Unique) {
		return o, ErrAlready
	} else if err != nil {
		return o, err
	}
	if err := standing(ctx, tx, entry); err != nil {
		return o, err
	}
	if held {
		if err := ledger.Dispute(ctx, tx, e.HouseholdID, e.Points, false); err != nil {
			return o, err
		}
	}
	if err := tellFiled(ctx, tx, e, id, channel == "counter"); err != nil {
		return o, err
	}
	said, err := aloud(ctx, tx, e.HouseholdID, entry, grounds)
	if err != nil {
		return o, err
	}
	if err := audit.Record(ctx, tx, audit.Event{Verb: "appeal.file", Kind: "objection", ID: id.String(), Reason: said}); err != nil {
		return o, err
	}
	return pg.One[Objection](ctx, tx, sqlShow, a)
}

// Stands says why a line cannot be objected to again: it was taken back, an objection to it is being heard or was
// heard; nil where it can be.
func (s *Service) Stands(ctx context.Context, who actor.Actor, entry uuid.UUID) (why *fault.Error, err error) {
	defer fault.Wrap(&err, "appeal.Stands(%s)", entry)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		e, err := endedOf(ctx, tx, entry)
		if e.Open {
			why = ErrAlready
		} else if err := e.fault(); err != nil {
			why = err
		}
		return err
	})
	return why, err
}

// ended is what has become of a line, or of an objection to it.
type ended struct{ Reversed, Heard, Open bool }

func endedOf(ctx context.Context, tx pg.Tx, entry uuid.UUID) (ended, error) {
	return pg.One[ended](ctx, tx, sqlEnded, pgx.NamedArgs{"village_id": int64(tx.Village()), "entry": entry})
}

func (e ended) fault() *fault.Error {
	switch {
	case e.Reversed:
		return ErrDone
	case e.Heard:
		return ErrHeard
	}
	return nil
}

// standing checks that the line was not taken back, nor an objection to it heard and dismissed. It is asked once
// the objection is in: its insert has then waited for a decision under way on the same line.
func standing(ctx context.Context, tx pg.Tx, entry uuid.UUID) error {
	e, err := endedOf(ctx, tx, entry)
	if why := e.fault(); err == nil && why != nil {
		return why
	}
	return err
}

// inTime checks that the line can still be objected to: from its posting to the days after its notice that
// the rule set gives.
func inTime(ctx context.Context, tx pg.Tx, e ledger.Entry) error {
	until, err := pg.Scalar[*time.Time](ctx, tx, sqlWindow, pgx.NamedArgs{"village_id": int64(tx.Village()), "month": int(e.Month)})
	if err != nil || until == nil || !month.Date(tx.Now).After(*until) {
		return err
	}
	rules, err := rulebook.Version(ctx, tx, e.RuleVersion)
	if err != nil {
		return err
	}
	return ErrLate.With(rules.Settings.ObjectionDays)
}

const sqlDecide = `-- appeal.decide
update objection set state = @state, decided_by = @by, decided_by_name = @name, decided_at = @at, reason = @reason where village_id = @village_id and id = @id`

// Decide ends an objection: upheld takes the line back by one reversing line, dismissed puts it into force
// again. Who recorded or decided the line, filed the objection, or is of that home cannot (INV-22).
func (s *Service) Decide(ctx context.Context, who actor.Actor, id uuid.UUID, uphold bool, reason string) (o Objection, err error) {
	defer fault.Wrap(&err, "appeal.Decide(%s)", id)
	if reason, err = words(reason, ErrReason); err != nil {
		return o, err
	}
	to := Dismissed
	if uphold {
		to = Upheld
	}
	return s.end(ctx, who, "appeal.decide", id, to, reason, func(tx pg.Tx, o Objection) error {
		related, err := group.Conflicted(ctx, tx, who.Account, []uuid.UUID{o.HouseholdID})
		if err != nil {
			return err
		}
		if related[o.HouseholdID] || o.Involves(who.Account) {
			return ErrDuty
		}
		return nil
	})
}

// Involves reports whether the account brought the line in, decided it or objects to it.
func (o Objection) Involves(account uuid.UUID) bool {
	return o.FiledBy == account || o.Recorder != nil && *o.Recorder == account || o.Reviewer != nil && *o.Reviewer == account ||
		o.Second != nil && *o.Second == account
}

// Withdraw takes the household's own objection back before it is decided.
func (s *Service) Withdraw(ctx context.Context, who actor.Actor, id uuid.UUID) (o Objection, err error) {
	defer fault.Wrap(&err, "appeal.Withdraw(%s)", id)
	return s.end(ctx, who, "appeal.withdraw", id, Withdrawn, "", func(_ pg.Tx, o Objection) error {
		if o.FiledBy != who.Account && (who.Household != o.HouseholdID || who.Household == uuid.Nil) {
			return fault.ErrNotFound
		}
		return nil
	})
}

// end locks an open objection, asks may, and closes it, the ledger with it.
func (s *Service) end(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, to State, reason string, may func(pg.Tx, Objection) error) (o Objection, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		o, _, err = idem.Once(ctx, tx, verb, func() (Objection, error) {
			a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "state": to, "by": nil, "name": "", "at": tx.Now, "reason": reason, "me": nil}
			o, err := pg.One[Objection](ctx, tx, sqlLock, a)
			if err != nil {
				return o, err
			}
			if err := may(tx, o); err != nil {
				return o, err
			}
			if o.State != Open {
				return o, ErrDecided
			}
			if to != Withdrawn {
				a["by"], a["name"] = who.Account, who.Name
			}
			if _, err := tx.Exec(ctx, sqlDecide, a); err != nil {
				return o, err
			}
			if err := settle(ctx, tx, o, to); err != nil {
				return o, err
			}
			if to != Withdrawn {
				if _, err := inform.Tell(ctx, tx, inform.Message{Household: o.HouseholdID, Kind: inform.ObjectionDecided, Subject: o.ID}); err != nil {
					return o, err
				}
			}
			said, err := aloud(ctx, tx, o.HouseholdID, o.EntryID, reason)
			if err != nil {
				return o, err
			}
			if err := audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "objection", ID: id.String(), Reason: said, Before: o}); err != nil {
				return o, err
			}
			return pg.One[Objection](ctx, tx, sqlShow, a)
		})
		return err
	})
	return o, err
}

// settle lets the line count again, and takes it back if the objection was upheld.
func settle(ctx context.Context, tx pg.Tx, o Objection, to State) error {
	if o.Held {
		if err := ledger.Dispute(ctx, tx, o.HouseholdID, o.Points, true); err != nil {
			return err
		}
	}
	if to != Upheld {
		return nil
	}
	if _, err := ledger.Reverse(ctx, tx, o.EntryID); err != nil {
		return err
	}
	return correctMonth(ctx, tx, o.EntryID, o.ID)
}

const sqlMonthOf = `-- appeal.month_of
select s.month from ledger_entry e join sheet s on s.village_id = @village_id and s.month = e.month and s.state = 'published'
where e.village_id = @village_id and e.id = @entry`

// aloud is what the log, which everybody in the group reads, says of somebody's words: nothing where they are about
// what could harm somebody at home.
func aloud(ctx context.Context, tx pg.Tx, home, entry uuid.UUID, words string) (string, error) {
	hidden, err := ledger.Hidden(ctx, tx, ledger.Entry{ID: entry, HouseholdID: home})
	if hidden {
		words = ""
	}
	return words, err
}

// looking is who of the staff looks; nobody for a household at its own.
func looking(who actor.Actor, own uuid.UUID) *uuid.UUID {
	if who.Role == actor.Household || own != uuid.Nil && own == who.Household {
		return nil
	}
	return &who.Account
}

// Filter narrows the list; empty fields do not.
type Filter struct {
	State     State
	Household uuid.UUID
	Search    string
	page.Page
}

// List reads objections, newest first, with the cursor of the next page. A household sees its own.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (rows []Objection, next string, err error) {
	defer fault.Wrap(&err, "appeal.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	if who.Role == actor.Household {
		f.Household = who.Household
	}
	a := pgx.NamedArgs{"village_id": int64(who.Village), "state": string(f.State), "household": nil, "search": f.Search, "after": f.After, "rows": f.Rows() + 1, "me": looking(who, f.Household)}
	if f.Household != uuid.Nil || who.Role == actor.Household {
		a["household"] = f.Household
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err = pg.All[Objection](ctx, tx, sqlList, a)
		for i := range rows {
			if a["me"] == (*uuid.UUID)(nil) {
				rows[i].hush()
			}
		}
		return err
	})
	rows, next = page.Cut(rows, f.Rows(), func(o Objection) string { return o.ID.String() })
	return rows, next, err
}

// Show reads one objection. A household sees its own.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (o Objection, err error) {
	defer fault.Wrap(&err, "appeal.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		o, err = pg.One[Objection](ctx, tx, sqlShow, pgx.NamedArgs{"village_id": int64(who.Village), "id": id, "me": looking(who, uuid.Nil)})
		if err == nil && who.Role == actor.Household && o.HouseholdID != who.Household {
			err = fault.ErrNotFound
		}
		if who.Role == actor.Household {
			o.hush()
		}
		return err
	})
	return o, err
}

// hush takes off what the home's screen may not show: the item, and what people said of it in person.
func (o *Objection) hush() {
	if o.Hidden {
		o.Item, o.Grounds, o.Reason = "", "", ""
	}
}
