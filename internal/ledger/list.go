package ledger

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Line is a line of a household's passbook with the running balance of its bucket after it.
type Line struct {
	ID          uuid.UUID
	At          time.Time
	Month       month.Month
	OccurredOn  time.Time
	Kind        Kind
	Bucket      Bucket
	Points      int
	Item        string
	RuleVersion int
	SourceKind  SourceKind
	SourceID    uuid.UUID
	Reviewer    *uuid.UUID
	Running     int64
	Disputed    bool // an objection to it is being heard
	Held        bool // and it counts for nothing meanwhile
	Heard       bool // an objection to it was dismissed
	Reversed    bool
	Hidden      bool // its cause is on no screen or paper that the home shares
}

// hidden asks whether a line goes back to a finding whose cause could harm one of the home's own.
const hidden = `exists (select from finding f where f.village_id = @village_id and f.household_id = @household and f.private
    and (f.id = book.source_id or f.entry_id = book.source_id or exists (select from repair r where r.village_id = @village_id and r.finding_id = f.id
      and (r.id = book.source_id or r.entry_id = book.source_id))))`

// sqlHidden asks it of one line.
const sqlHidden = `-- ledger.hidden
select ` + hidden + ` from ledger_entry book where book.village_id = @village_id and book.id = @id`

// Hidden reports whether a line's cause is on no screen that the home shares.
func Hidden(ctx context.Context, tx pg.Tx, e Entry) (bool, error) {
	return pg.Scalar[bool](ctx, tx, sqlHidden, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": e.HouseholdID, "id": e.ID})
}

// sqlLines numbers the running balance over the whole book of the household before it cuts the page.
const sqlLines = `-- ledger.lines
with book as (
  select id, at, month, occurred_on, kind, bucket, points, item, rule_version, source_kind, source_id, reviewer,
    sum(points) over (partition by bucket order by id)::bigint as running
  from ledger_entry where village_id = @village_id and household_id = @household
)
select book.*,
  exists (select from objection o where o.village_id = @village_id and o.entry_id = book.id and o.state = 'open')
    or exists (select from appeal o where o.village_id = @village_id and o.entry_id = book.id and o.state = 'open') as disputed,
  exists (select from objection o where o.village_id = @village_id and o.entry_id = book.id and o.state = 'open' and o.held)
    or exists (select from appeal o where o.village_id = @village_id and o.entry_id = book.id and o.state = 'open' and o.held) as held,
  exists (select from objection o where o.village_id = @village_id and o.entry_id = book.id and o.state = 'dismissed') as heard,
  exists (select from ledger_entry r where r.village_id = @village_id and r.source_kind = 4 and r.source_id = book.id) as reversed,
` + hidden + ` as hidden
from book where id < @before::uuid order by id desc limit @rows`

// Lines reads a household's book, newest first, with the cursor of the next page.
func Lines(ctx context.Context, tx pg.Tx, household uuid.UUID, p page.Page) ([]Line, string, error) {
	if err := pg.After(p.After); err != nil {
		return nil, "", err
	}
	before := cmp.Or(p.After, uuid.Max.String())
	lines, err := pg.All[Line](ctx, tx, sqlLines, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": household, "before": before, "rows": p.Rows() + 1})
	if err != nil {
		return nil, "", err
	}
	for i := range lines {
		if lines[i].Hidden { // also for the staff: somebody of the home may sit there; who decided has it at the finding
			lines[i].Item, lines[i].SourceID, lines[i].Reviewer = "", uuid.Nil, nil
		}
	}
	lines, next := page.Cut(lines, p.Rows(), func(l Line) string { return l.ID.String() })
	return lines, next, nil
}

// Faded reports whether a deduction has left the screens of its home after so many months; the book keeps it. None
// fades where months is 0.
func Faded(k Kind, at time.Time, months int, now time.Time) bool {
	return k == Deduction && months > 0 && at.AddDate(0, months, 0).Before(now)
}

// Fade takes the deductions off a screen of the home that have faded.
func Fade(lines []Line, months int, now time.Time) []Line {
	return slices.DeleteFunc(lines, func(l Line) bool { return Faded(l.Kind, l.At, months, now) })
}

// SourcesOf are the records of one kind that caused lines.
func SourcesOf(lines []Line, kind SourceKind) (ids []uuid.UUID) {
	for _, l := range lines {
		if l.SourceKind == kind {
			ids = append(ids, l.SourceID)
		}
	}
	return ids
}

// Standing is a household's place in the village by the year's score.
type Standing struct {
	Place int64 // 1 for the highest score; equal scores share a place
	Of    int64 // households ranked
}

const sqlStanding = `-- ledger.standing
select coalesce(count(*) filter (where b.score - b.disputed > me.score - me.disputed), 0) + 1 as place, count(*) as of
from balance b, balance me
where b.village_id = @village_id and me.village_id = @village_id and me.household_id = @household`

// StandingOf places a household among all of the village.
func StandingOf(ctx context.Context, tx pg.Tx, household uuid.UUID) (Standing, error) {
	return pg.One[Standing](ctx, tx, sqlStanding, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": household})
}
