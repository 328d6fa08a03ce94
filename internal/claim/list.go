package claim

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/slot"
)

// Row is a claim as a list shows it.
type Row struct {
	ID           uuid.UUID
	HouseholdID  uuid.UUID
	Door         string
	Head         string
	Grid         int
	Item         string
	RuleVersion  int
	Points       int
	OccurredOn   time.Time
	Note         string
	Channel      Channel
	Identity     Identity
	Through      string
	RecorderName string
	RecordedAt   time.Time
	State        State
	ReviewerName string
	Reason       string
	Version      int
	Recorder     uuid.UUID
	FirstBy      *uuid.UUID
	FirstByName  string
	Photos       int64
	Recused      bool `db:"-"` // the person looking may not decide this one
}

// Filter narrows a list; empty fields do not.
type Filter struct {
	State     State
	Item      string
	Grid      int
	Search    string // head, door or initials
	Household uuid.UUID
	page.Page
}

const sqlList = `-- claim.list
select c.id, c.household_id, h.door, h.head, h.grid, c.item, c.rule_version, c.points, c.occurred_on, c.note, c.channel, c.identity, c.through, c.recorder_name,
  c.recorded_at, c.state, c.reviewer_name, c.reason, c.version, c.recorder, c.first_by, c.first_by_name,
  (select count(*) from evidence e where e.village_id = @village_id and (e.claim_id = c.id or e.holder_id = c.batch_id)) as photos
from claim c join household h on h.village_id = @village_id and h.id = c.household_id
where c.village_id = @village_id
  and (@state = '' or c.state = @state) and (@item = '' or c.item = @item) and (@grid = 0 or h.grid = @grid)
  and (@household::uuid is null or c.household_id = @household)
  and (@search = '' or strpos(h.head, @search) > 0 or strpos(h.door, @search) > 0 or strpos(h.initials, lower(@search)) > 0)
  and (@after = '' or c.id > nullif(@after, '')::uuid)
order by c.id limit @rows`

// List reads claims in the order in which they came, with the cursor of the next page.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (rows []Row, next string, err error) {
	defer fault.Wrap(&err, "claim.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	if who.Role == actor.Household {
		f.Household = who.Household
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if rows, err = pg.All[Row](ctx, tx, sqlList, f.args(tx)); err != nil {
			return err
		}
		rows, next = page.Cut(rows, f.Rows(), func(r Row) string { return r.ID.String() })
		return recuse(ctx, tx, rows)
	})
	return rows, next, err
}

func (f Filter) args(tx pg.Tx) pgx.NamedArgs {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "state": string(f.State), "item": f.Item, "grid": f.Grid, "search": f.Search,
		"household": nil, "after": f.After, "rows": f.Rows() + 1}
	if f.Household != uuid.Nil || tx.Who.Role == actor.Household {
		a["household"] = f.Household
	}
	return a
}

// recuse marks what the person looking may not decide.
func recuse(ctx context.Context, tx pg.Tx, rows []Row) error {
	var homes []uuid.UUID
	for _, r := range rows {
		homes = append(homes, r.HouseholdID)
	}
	related, err := group.Conflicted(ctx, tx, tx.Who.Account, homes)
	for i := range rows {
		rows[i].Recused = related[rows[i].HouseholdID] || rows[i].Recorder == tx.Who.Account
	}
	return err
}

// Whole is a claim with all that stands beside it.
type Whole struct {
	Claim
	Door    string
	Head    string
	Recused bool
	Photos  []evidence.Evidence
	Twins   []Twin       // what it looks like, for reviewers
	Verdict slot.Verdict // how the points come about, and what stands in the way now
}

const sqlHome = `-- claim.home
select door, head from household where village_id = @village_id and id = @id`

// Show reads one claim. A household sees only its own.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (w Whole, err error) {
	defer fault.Wrap(&err, "claim.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if w.Claim, err = find(ctx, tx, id); err != nil {
			return err
		}
		if who.Role == actor.Household && w.HouseholdID != who.Household {
			return fault.ErrNotFound
		}
		home, err := pg.One[struct{ Door, Head string }](ctx, tx, sqlHome, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": w.HouseholdID})
		if err != nil {
			return err
		}
		related, err := group.Conflicted(ctx, tx, who.Account, []uuid.UUID{w.HouseholdID})
		if err != nil {
			return err
		}
		w.Door, w.Head, w.Recused = home.Door, home.Head, related[w.HouseholdID] || w.Recorder == who.Account
		if w.State.holdsSlot() {
			if w.Verdict, err = slot.Weigh(ctx, tx, w.use(true)); err != nil {
				return err
			}
		}
		photos, err := evidence.Of(ctx, tx, []uuid.UUID{id})
		w.Photos = photos[id]
		if err == nil && w.BatchID != nil && who.Role != actor.Household { // a sheet names others too
			photos, err = evidence.HeldBy(ctx, tx, []uuid.UUID{*w.BatchID})
			w.Photos = append(w.Photos, photos[*w.BatchID]...)
		}
		if err != nil || who.Role == actor.Household || w.State != Pending {
			return err
		}
		w.Twins, err = twins(ctx, tx, w.Claim)
		return err
	})
	return w, err
}

const sqlCounts = `-- claim.counts
select state, count(*) as n from claim where village_id = @village_id group by state`

// Counts says how many claims stand where, for the workbench.
func (s *Service) Counts(ctx context.Context, who actor.Actor) (counts map[State]int64, err error) {
	defer fault.Wrap(&err, "claim.Counts")
	counts = map[State]int64{}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err := pg.All[struct {
			State State
			N     int64
		}](ctx, tx, sqlCounts, pgx.NamedArgs{"village_id": int64(tx.Village())})
		for _, r := range rows {
			counts[r.State] = r.N
		}
		return err
	})
	return counts, err
}
