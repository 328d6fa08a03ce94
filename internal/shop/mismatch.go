package shop

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
	"cunfen/internal/idem"
	"cunfen/internal/ledger"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Outcome is what a case of a differing passbook came to.
type Outcome string

// The outcomes. Either way the next redemption again wants both to be equal: a passbook that was wrong is
// written up, a ledger that was wrong is put right by its own ways, a reversal or an objection.
const (
	PaperWrong  Outcome = "paper"
	LedgerWrong Outcome = "ledger"
)

// Chinese is the outcome's name on screen.
func (o Outcome) Chinese() string {
	return map[Outcome]string{PaperWrong: "存折漏登或错登，已补登更正", LedgerWrong: "台账有误，另按冲正或异议更正"}[o]
}

// Mismatch is a paper passbook that says something else than the ledger.
type Mismatch struct {
	ID           uuid.UUID
	HouseholdID  uuid.UUID
	Door         string
	Head         string
	Ledger       int64
	Paper        int64
	OpenedByName string
	OpenedAt     time.Time
	State        string // open or settled
	Outcome      Outcome
	Reason       string
	FirstBy      *uuid.UUID
	FirstName    string
	FirstAt      *time.Time
	SecondName   string
	SecondAt     *time.Time
}

// Open reports whether the household has to wait.
func (m Mismatch) Open() bool { return m.State == "open" }

const sqlOpenCase = `-- shop.open_case
insert into passbook_case (village_id, id, household_id, ledger, paper, opened_by, opened_by_name, opened_at, state)
values (@village_id, @id, @household, @ledger, @paper, @by, @name, @at, 'open')
on conflict (village_id, household_id) where state = 'open' do nothing`

const sqlOpenCaseOf = `-- shop.open_case_of
select c.id, c.household_id, h.door, h.head, c.ledger, c.paper, c.opened_by_name, c.opened_at, c.state, c.outcome, c.reason,
  c.first_by, c.first_name, c.first_at, c.second_name, c.second_at
from passbook_case c join household h on h.village_id = @village_id and h.id = c.household_id
where c.village_id = @village_id and c.household_id = @household and c.state = 'open'`

// Differ records that the paper passbook says something else than the ledger: from now on nothing is handed
// out to the household. A case that is open already stands.
func (s *Service) Differ(ctx context.Context, who actor.Actor, household uuid.UUID, paper int64) (m Mismatch, err error) {
	defer fault.Wrap(&err, "shop.Differ(%s)", household)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		m, _, err = idem.Once(ctx, tx, "shop.differ", func() (Mismatch, error) { return differ(ctx, tx, household, paper) })
		return err
	})
	return m, err
}

func differ(ctx context.Context, tx pg.Tx, household uuid.UUID, paper int64) (m Mismatch, err error) {
	b, err := ledger.BalanceOf(ctx, tx, household)
	if err != nil {
		return m, err
	}
	if b.Year == paper {
		return m, ErrCaseEqual
	}
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": pg.IDAt(tx.Now), "household": household, "ledger": b.Year, "paper": paper,
		"by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now}
	tag, err := tx.Exec(ctx, sqlOpenCase, a)
	if err != nil {
		return m, err
	}
	if m, err = pg.One[Mismatch](ctx, tx, sqlOpenCaseOf, a); err != nil || tag.RowsAffected() == 0 {
		return m, err
	}
	return m, audit.Record(ctx, tx, audit.Event{Verb: "shop.differ", Kind: "passbook_case", ID: m.ID.String(), After: m})
}

const sqlLockCase = `-- shop.lock_case
select c.id, c.household_id, h.door, h.head, c.ledger, c.paper, c.opened_by_name, c.opened_at, c.state, c.outcome, c.reason,
  c.first_by, c.first_name, c.first_at, c.second_name, c.second_at
from passbook_case c join household h on h.village_id = @village_id and h.id = c.household_id
where c.village_id = @village_id and c.id = @id for update of c`

const sqlSignCase = `-- shop.sign_case
update passbook_case set state = @state, outcome = @outcome, reason = @reason, first_by = @first, first_name = @first_name, first_at = @first_at,
  second_by = @second, second_name = @second_name, second_at = @second_at
where village_id = @village_id and id = @id`

// Settle puts a name under what a case came to. The first says the outcome and why; the second, somebody else,
// agrees with it and thereby ends the case, or says another outcome and is the first to it.
func (s *Service) Settle(ctx context.Context, who actor.Actor, id uuid.UUID, o Outcome, reason string) (m Mismatch, err error) {
	defer fault.Wrap(&err, "shop.Settle(%s)", id)
	reason = strings.TrimSpace(reason)
	n := utf8.RuneCountInString(reason)
	if err := fault.Join(fault.When(o.Chinese() == "", ErrOutcome), fault.When(n < 2 || n > 500, ErrReason)); err != nil {
		return m, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		m, _, err = idem.Once(ctx, tx, "shop.settle", func() (Mismatch, error) { return settle(ctx, tx, id, o, reason) })
		return err
	})
	return m, err
}

func settle(ctx context.Context, tx pg.Tx, id uuid.UUID, o Outcome, reason string) (m Mismatch, err error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "account": tx.Who.Account}
	if m, err = pg.One[Mismatch](ctx, tx, sqlLockCase, a); err != nil {
		return m, err
	}
	if !m.Open() {
		return m, ErrCaseDone
	}
	a["household"] = m.HouseholdID
	h, err := pg.One[home](ctx, tx, sqlHome, a)
	switch {
	case err != nil:
		return m, err
	case h.Related:
		return m, ErrOwn
	}
	if m, err = m.signed(tx.Who, tx.Now, o, reason); err != nil {
		return m, err
	}
	a["state"], a["outcome"], a["reason"] = m.State, string(m.Outcome), m.Reason
	a["first"], a["first_name"], a["first_at"] = m.FirstBy, m.FirstName, m.FirstAt
	a["second"], a["second_name"], a["second_at"] = nil, m.SecondName, m.SecondAt
	if !m.Open() {
		a["second"] = tx.Who.Account
	}
	if _, err = tx.Exec(ctx, sqlSignCase, a); err != nil {
		return m, err
	}
	return m, audit.Record(ctx, tx, audit.Event{Verb: "shop.settle", Kind: "passbook_case", ID: id.String(), Reason: reason, After: m})
}

// signed is the case after one more signature.
func (m Mismatch) signed(who actor.Actor, now time.Time, o Outcome, reason string) (Mismatch, error) {
	mine := m.FirstBy != nil && *m.FirstBy == who.Account
	switch {
	case mine && m.Outcome == o:
		return m, ErrCaseTwo
	case m.FirstBy != nil && !mine && m.Outcome == o:
		m.State, m.SecondName, m.SecondAt = "settled", who.Name, &now
		if reason != m.Reason {
			m.Reason += "；" + reason
		}
	default:
		m.Outcome, m.Reason, m.FirstBy, m.FirstName, m.FirstAt = o, reason, &who.Account, who.Name, &now
	}
	return m, nil
}

const sqlCases = `-- shop.cases
select c.id, c.household_id, h.door, h.head, c.ledger, c.paper, c.opened_by_name, c.opened_at, c.state, c.outcome, c.reason,
  c.first_by, c.first_name, c.first_at, c.second_name, c.second_at
from passbook_case c join household h on h.village_id = @village_id and h.id = c.household_id
where c.village_id = @village_id and (@id::uuid is null or c.id = @id) and (@household::uuid is null or c.household_id = @household)
  and (@state = '' or c.state = @state) and (@after = '' or c.id < nullif(@after, '')::uuid)
order by c.id desc limit @rows`

// CaseFilter narrows the list of cases; zero fields do not.
type CaseFilter struct {
	ID, Household uuid.UUID
	State         string
	page.Page
}

// Mismatches reads the cases of differing passbooks, newest first, with the cursor of the next page.
func (s *Service) Mismatches(ctx context.Context, who actor.Actor, f CaseFilter) (all []Mismatch, next string, err error) {
	defer fault.Wrap(&err, "shop.Mismatches")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	a := pgx.NamedArgs{"village_id": int64(who.Village), "id": nil, "household": nil, "state": f.State, "after": f.After, "rows": f.Rows() + 1}
	if f.ID != uuid.Nil {
		a["id"] = f.ID
	}
	if f.Household != uuid.Nil {
		a["household"] = f.Household
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Mismatch](ctx, tx, sqlCases, a)
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(m Mismatch) string { return m.ID.String() })
	return all, next, err
}

// Mismatch reads one case.
func (s *Service) Mismatch(ctx context.Context, who actor.Actor, id uuid.UUID) (Mismatch, error) {
	all, _, err := s.Mismatches(ctx, who, CaseFilter{ID: id})
	if err == nil && len(all) == 0 {
		err = fault.ErrNotFound
	}
	if err != nil {
		return Mismatch{}, err
	}
	return all[0], nil
}
