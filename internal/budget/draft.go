package budget

import (
	"context"
	"errors"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

const sqlPartBudget = `id, year, number, state, reason, note, drafted_name, drafted_at, submitted_at, decided_name, decided_at, advice, version from budget`

const sqlBudgets = `-- budget.list
select ` + sqlPartBudget + ` where village_id = @village_id and (@year::integer = 0 or year = @year) order by year desc, number desc limit 100`

const sqlBudget = `-- budget.show
select ` + sqlPartBudget + ` where village_id = @village_id and id = @id`

const sqlLockBudget = `-- budget.lock
select ` + sqlPartBudget + ` where village_id = @village_id and id = @id for update`

const sqlLines = `-- budget.lines
select budget_id, position, source, name, quantity, fen, points from budget_line where village_id = @village_id and budget_id = any(@ids) order by budget_id, position`

// List reads a village's budgets, the newest first, with their lines; year 0 is every year.
func (s *Service) List(ctx context.Context, who actor.Actor, year int) (all []Budget, err error) {
	defer fault.Wrap(&err, "budget.List")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = list(ctx, tx, year)
		return err
	})
	return all, err
}

func list(ctx context.Context, tx pg.Tx, year int) ([]Budget, error) {
	all, err := pg.All[Budget](ctx, tx, sqlBudgets, pgx.NamedArgs{"village_id": int64(tx.Village()), "year": year})
	if err != nil {
		return nil, err
	}
	return all, fill(ctx, tx, all)
}

func fill(ctx context.Context, tx pg.Tx, all []Budget) error {
	at := map[uuid.UUID]int{}
	var ids []uuid.UUID
	for i, b := range all {
		at[b.ID], ids = i, append(ids, b.ID)
	}
	lines, err := pg.All[Line](ctx, tx, sqlLines, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids})
	for _, l := range lines {
		b := &all[at[l.BudgetID]]
		b.Lines = append(b.Lines, l)
	}
	return err
}

// Show reads one budget.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (b Budget, err error) {
	defer fault.Wrap(&err, "budget.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		b, err = find(ctx, tx, sqlBudget, id)
		return err
	})
	return b, err
}

func find(ctx context.Context, tx pg.Tx, sql string, id uuid.UUID) (Budget, error) {
	b, err := pg.One[Budget](ctx, tx, sql, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id})
	if err != nil {
		return b, err
	}
	one := []Budget{b}
	err = fill(ctx, tx, one)
	return one[0], err
}

const sqlAdd = `-- budget.add
insert into budget (village_id, id, year, number, state, reason, note, drafted_by, drafted_name, drafted_at)
values (@village_id, @id, @year, @number, 'draft', @reason, @note, @by, @name, @at)`

const sqlSave = `-- budget.save
update budget set reason = @reason, note = @note, drafted_by = @by, drafted_name = @name, drafted_at = @at, state = 'draft', version = version + 1
where village_id = @village_id and id = @id`

const sqlDropLines = `-- budget.drop_lines
delete from budget_line where village_id = @village_id and budget_id = @id`

const sqlAddLines = `-- budget.add_lines
insert into budget_line (village_id, budget_id, position, source, name, quantity, fen, points)
select @village_id::bigint, @id::uuid, l.* from unnest(@positions::integer[], @sources::smallint[], @names::text[], @quantities::integer[], @fens::bigint[], @points::bigint[]) l
on conflict (village_id, budget_id, position) do nothing`

// Save writes a draft: the year's first budget, an amendment of one that was agreed to, or a change of the
// draft that is open, as it stood at b.Version.
func (s *Service) Save(ctx context.Context, who actor.Actor, b Budget) (saved Budget, err error) {
	defer fault.Wrap(&err, "budget.Save(%d)", b.Year)
	if b.Year < 2020 || b.Year > 2099 {
		return b, ErrForm.With("请写预算的年份").On("year")
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		saved, _, err = idem.Once(ctx, tx, "budget.save", func() (Budget, error) { return save(ctx, tx, b) })
		return err
	})
	if pg.Is(err, pg.Unique) { // another draft of the year is open
		err = ErrState
	}
	return saved, err
}

func save(ctx context.Context, tx pg.Tx, b Budget) (Budget, error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "by": tx.Who.Account, "name": tx.Who.Name, "at": tx.Now}
	fresh := b.ID == uuid.Nil
	if fresh {
		before, err := list(ctx, tx, b.Year)
		if err != nil {
			return b, err
		}
		if len(before) > 0 && before[0].State != Agreed {
			return b, ErrState
		}
		b.ID, b.Number, b.Version = pg.IDAt(tx.Now), len(before), 1
	} else {
		was, err := find(ctx, tx, sqlLockBudget, b.ID)
		switch {
		case err != nil:
			return b, err
		case !was.Open():
			return b, ErrState
		case was.Version != b.Version:
			return b, ErrStale
		}
		b.Year, b.Number, b.Version = was.Year, was.Number, was.Version+1
	}
	if err := b.tidy(); err != nil {
		return b, err
	}
	b.State, b.DraftedName, b.DraftedAt = Draft, tx.Who.Name, tx.Now
	a["id"], a["year"], a["number"], a["reason"], a["note"] = b.ID, b.Year, b.Number, b.Reason, b.Note
	n := len(b.Lines)
	positions, sources, names, quantities := make([]int32, n), make([]int16, n), make([]string, n), make([]int32, n)
	fens, points := make([]int64, n), make([]int64, n)
	for i, l := range b.Lines {
		positions[i], sources[i], names[i], quantities[i], fens[i], points[i] = int32(l.Position), int16(l.Source), l.Name, int32(l.Quantity), l.Fen, l.Points
	}
	a["positions"], a["sources"], a["names"], a["quantities"], a["fens"], a["points"] = positions, sources, names, quantities, fens, points
	first := sqlSave
	if fresh {
		first = sqlAdd
	}
	for _, sql := range []string{first, sqlDropLines, sqlAddLines} {
		if _, err := tx.Exec(ctx, sql, a); err != nil {
			return b, err
		}
	}
	return b, audit.Record(ctx, tx, audit.Event{Verb: "budget.save", Kind: "budget", ID: b.ID.String(), Reason: b.Reason, After: b})
}

const sqlSubmit = `-- budget.submit
update budget set state = 'submitted', submitted_at = @at, version = version + 1 where village_id = @village_id and id = @id`

// Submit sends a draft to the township.
func (s *Service) Submit(ctx context.Context, who actor.Actor, id uuid.UUID) (b Budget, err error) {
	defer fault.Wrap(&err, "budget.Submit(%s)", id)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		b, _, err = idem.Once(ctx, tx, "budget.submit", func() (Budget, error) {
			b, err := find(ctx, tx, sqlLockBudget, id)
			if err == nil && b.State != Draft {
				err = ErrState
			}
			if err == nil {
				err = b.ready()
			}
			if err != nil {
				return b, err
			}
			if _, err := tx.Exec(ctx, sqlSubmit, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "at": tx.Now}); err != nil {
				return b, err
			}
			at := tx.Now
			b.State, b.SubmittedAt, b.Version = Submitted, &at, b.Version+1
			return b, audit.Record(ctx, tx, audit.Event{Verb: "budget.submit", Kind: "budget", ID: id.String(), After: b})
		})
		return err
	})
	return b, err
}

const sqlRecall = `-- budget.recall
update budget set state = 'draft', submitted_at = null, version = version + 1 where village_id = @village_id and id = @id`

// Recall takes a budget back that the township has not answered yet.
func (s *Service) Recall(ctx context.Context, who actor.Actor, id uuid.UUID) (b Budget, err error) {
	defer fault.Wrap(&err, "budget.Recall(%s)", id)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		b, _, err = idem.Once(ctx, tx, "budget.recall", func() (Budget, error) {
			b, err := find(ctx, tx, sqlLockBudget, id)
			if err == nil && b.State != Submitted {
				err = ErrState
			}
			if err != nil {
				return b, err
			}
			if _, err := tx.Exec(ctx, sqlRecall, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id}); err != nil {
				return b, err
			}
			b.State, b.SubmittedAt, b.Version = Draft, nil, b.Version+1
			return b, audit.Record(ctx, tx, audit.Event{Verb: "budget.recall", Kind: "budget", ID: id.String()})
		})
		return err
	})
	return b, err
}

const sqlReview = `-- budget.review
update budget set state = @state, advice = @advice, decided_by = @by, decided_name = @name, decided_at = @at, version = version + 1
where village_id = @village_id and id = @id`

// Review is the township's word on a budget of one of its villages, as it stood at version: it agrees, or gives it
// back with advice.
func (s *Service) Review(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID, version int, agrees bool, advice string) (b Budget, err error) {
	defer fault.Wrap(&err, "budget.Review(%s)", id)
	if who.Role != actor.Bureau {
		return b, fault.ErrNotFound
	}
	advice = strings.TrimSpace(advice)
	if !chars.Between(advice, 0, 500) || !agrees && !chars.Between(advice, 2, 500) {
		return b, ErrAdvice
	}
	state := Returned
	if agrees {
		state = Agreed
	}
	err = s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		b, _, err = idem.Once(ctx, tx, "budget.review", func() (Budget, error) {
			b, err := find(ctx, tx, sqlLockBudget, id)
			switch {
			case err != nil:
				return b, err
			case b.State != Submitted:
				return b, ErrState
			case b.Version != version:
				return b, ErrSentAnew
			}
			_, err = tx.Exec(ctx, sqlReview, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "state": string(state), "advice": advice, "by": tx.Who.Account,
				"name": tx.Who.Name, "at": tx.Now})
			if err != nil {
				return b, err
			}
			at := tx.Now
			b.State, b.Advice, b.DecidedName, b.DecidedAt, b.Version = state, advice, tx.Who.Name, &at, b.Version+1
			return b, audit.Record(ctx, tx, audit.Event{Verb: "budget.review", Kind: "budget", ID: id.String(), Reason: advice, After: b})
		})
		return err
	})
	return b, err
}

// ShowInOffice reads one budget of a village of the officer's township, with the guard. What the village has not
// sent is not the township's yet.
func (s *Service) ShowInOffice(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (b Budget, g Guard, err error) {
	defer fault.Wrap(&err, "budget.ShowInOffice(%s)", id)
	err = s.DB.LookInOffice(ctx, who, village, func(tx pg.Tx) error {
		if b, err = find(ctx, tx, sqlBudget, id); err != nil {
			return err
		}
		if b.State == Draft {
			return fault.ErrNotFound
		}
		g, err = guard(ctx, tx)
		return err
	})
	return b, g, err
}

// Purse is how a village keeps its money.
type Purse struct {
	Strict     bool  // nothing is redeemed or bought without a budget agreed to
	QuotesFrom int64 // from so many fen on a purchase wants three quotes
}

const sqlPurse = `-- budget.purse
select strict, quotes_from from purse where village_id = @village_id`

const sqlSavePurse = `-- budget.save_purse
insert into purse (village_id, strict, quotes_from, changed_by, changed_at) values (@village_id, @strict, @quotes, @by, @at)
on conflict (village_id) do update set strict = excluded.strict, quotes_from = excluded.quotes_from, changed_by = excluded.changed_by, changed_at = excluded.changed_at`

const sqlKeepStrict = `-- budget.keep_strict
insert into purse (village_id, strict, changed_at) values (@village_id, true, @at) on conflict (village_id) do nothing`

// KeepStrict lets a village that goes live buy and redeem only against a budget agreed to (R4.5.2b), until it settles
// that otherwise.
func KeepStrict(ctx context.Context, tx pg.Tx) error {
	_, err := tx.Exec(ctx, sqlKeepStrict, pgx.NamedArgs{"village_id": int64(tx.Village()), "at": tx.Now})
	return err
}

func purse(ctx context.Context, tx pg.Tx) (Purse, error) {
	p, err := pg.One[Purse](ctx, tx, sqlPurse, pgx.NamedArgs{"village_id": int64(tx.Village())})
	if errors.Is(err, fault.ErrNotFound) {
		return Purse{QuotesFrom: 2000_00}, nil
	}
	return p, err
}

// SavePurse settles how the village keeps its money.
func (s *Service) SavePurse(ctx context.Context, who actor.Actor, p Purse) (err error) {
	defer fault.Wrap(&err, "budget.SavePurse")
	if p.QuotesFrom < 0 || p.QuotesFrom > mostFen {
		return ErrForm.With("比价标准请写金额").On("quotes_from")
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "budget.save_purse", func() (Purse, error) {
			_, err := tx.Exec(ctx, sqlSavePurse, pgx.NamedArgs{"village_id": int64(tx.Village()), "strict": p.Strict, "quotes": p.QuotesFrom, "by": tx.Who.Account, "at": tx.Now})
			if err != nil {
				return p, err
			}
			return p, audit.Record(ctx, tx, audit.Event{Verb: "budget.save_purse", Kind: "purse", ID: "purse", After: p})
		})
		return err
	})
}
