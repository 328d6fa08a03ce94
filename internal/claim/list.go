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
	Recused      string `db:"-"` // why the person looking may not decide this one; empty if they may
	Caution      string `db:"-"` // what to compare or know before deciding; only in the queue
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

const sqlPartRow = `
select c.id, c.household_id, h.door, h.head, h.grid, c.item, c.rule_version, c.points, c.occurred_on, c.note, c.channel, c.identity, c.through, c.recorder_name,
  c.recorded_at, c.state, c.reviewer_name, c.reason, c.version, c.recorder, c.first_by, c.first_by_name,
  (select count(*) from evidence e where e.village_id = @village_id and (e.claim_id = c.id or e.holder_id = c.batch_id)) as photos
from claim c join household h on h.village_id = @village_id and h.id = c.household_id
where c.village_id = @village_id`

const sqlOf = `-- claim.of` + sqlPartRow + ` and c.household_id = @household and c.id = any(@ids::uuid[])`

// Of reads some claims of a household, by id.
func Of(ctx context.Context, tx pg.Tx, home uuid.UUID, ids []uuid.UUID) (map[uuid.UUID]Row, error) {
	all := make(map[uuid.UUID]Row, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	rows, err := pg.All[Row](ctx, tx, sqlOf, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": home, "ids": ids})
	for _, r := range rows {
		all[r.ID] = r
	}
	return all, err
}

const sqlList = `-- claim.list` + sqlPartRow + `
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
		rows[i].Recused = recusal(rows[i].Recorder == tx.Who.Account, related[rows[i].HouseholdID])
	}
	return err
}

// recusal is the reason why somebody may not decide a claim, in the words that a try would be refused with.
func recusal(recorded, related bool) string {
	switch {
	case recorded:
		return ErrOwnRecord.Text
	case related:
		return ErrRelated.Text
	}
	return ""
}

// Queue is List for those who decide: beside what waits it says what the decision would have to look at first.
func (s *Service) Queue(ctx context.Context, who actor.Actor, f Filter) (rows []Row, next string, err error) {
	defer fault.Wrap(&err, "claim.Queue")
	err = s.DB.Together(ctx, who, func(ctx context.Context) error {
		if rows, next, err = s.List(ctx, who, f); err != nil {
			return err
		}
		return s.DB.Look(ctx, who, func(tx pg.Tx) error { return caution(ctx, tx, rows) })
	})
	return rows, next, err
}

const sqlSome = `-- claim.some` + sqlPartWhole + ` and id = any(@ids)`

const sqlAlike = `-- claim.alike
select c.id, false as photo from claim c
where c.village_id = @village_id and c.id = any(@ids)
  and exists (select from claim o where o.village_id = @village_id and o.household_id = c.household_id and o.item = c.item and o.occurred_on = c.occurred_on
    and o.member_id is not distinct from c.member_id and o.id <> c.id and o.state not in ('withdrawn', 'rejected'))
union all
select u.id, true from unnest(@claims::uuid[], @others::uuid[]) as u(id, other)
join claim o on o.village_id = @village_id and o.id = u.other and o.state not in ('withdrawn', 'rejected')`

// caution marks of the pending rows what stands in the way now, or what looks like another claim: the same that
// Show says of each, in a few statements for all.
func caution(ctx context.Context, tx pg.Tx, rows []Row) error {
	var ids []uuid.UUID
	for _, r := range rows {
		if r.State == Pending {
			ids = append(ids, r.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	photos, err := evidence.DuplicatesOf(ctx, tx, ids)
	if err != nil {
		return err
	}
	claims, others := make([]uuid.UUID, len(photos)), make([]uuid.UUID, len(photos))
	for i, d := range photos {
		claims[i], others[i] = d.Claim, d.OtherClaim
	}
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids, "claims": claims, "others": others}
	alike, err := pg.All[struct {
		ID    uuid.UUID
		Photo bool
	}](ctx, tx, sqlAlike, a)
	if err != nil {
		return err
	}
	said := map[uuid.UUID]string{}
	for _, l := range alike {
		if l.Photo {
			said[l.ID] = "照片和别的申报相像"
		} else if said[l.ID] == "" {
			said[l.ID] = "可能重复：同一天同一事项还有一条"
		}
	}
	all, err := pg.All[Claim](ctx, tx, sqlSome, pgx.NamedArgs{"village_id": int64(tx.Village()), "ids": ids})
	if err != nil {
		return err
	}
	uses := make([]slot.Use, len(all))
	for i, c := range all {
		uses[i] = c.use(true)
	}
	verdicts, err := slot.WeighEach(ctx, tx, uses)
	if err != nil {
		return err
	}
	for i, v := range verdicts {
		if bad := v.Err(); bad != nil {
			said[all[i].ID] = fault.Of(bad).Text
		}
	}
	for i, r := range rows {
		rows[i].Caution = said[r.ID]
	}
	return nil
}

// Whole is a claim with all that stands beside it.
type Whole struct {
	Claim
	Door    string
	Head    string
	Recused string // as in Row
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
		w.Door, w.Head, w.Recused = home.Door, home.Head, recusal(w.Recorder == who.Account, related[w.HouseholdID])
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
