package finding

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Row is a finding as a list shows it.
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
	Matter       string
	Private      bool
	Minor        bool
	RecorderName string
	RecordedAt   time.Time
	State        State
	Outcome      Outcome
	DueOn        *time.Time
	Delivered    bool
	Votes        int64
	Recorder     uuid.UUID
	Repair       string // the state of its repair, empty where none was offered
	RepairOwn    bool   // the person offered the repair or brought its proof in
	Recused      bool   `db:"-"` // the person may not take the decision that it waits for
}

// RepairWaits reports whether a repair is done and waits for its decision.
func (r Row) RepairWaits() bool { return r.Repair == "done" }

// Late reports whether the last day to put things right has come without a re-check.
func (r Row) Late(today time.Time) bool {
	return r.State == Noticed && r.DueOn != nil && !r.DueOn.After(month.Date(today))
}

// Filter narrows the list; empty fields do not. Open leaves out what is over: a deduction whose repair can still be
// done, or waits for its decision, is not.
type Filter struct {
	State     State
	Open      bool
	Item      string
	Search    string
	Household uuid.UUID
	Own       bool // the person's own home, as its screen may show it
	page.Page
}

const sqlList = `-- finding.list
select f.id, f.household_id, h.door, h.head, h.grid, f.item, f.rule_version, f.points, f.occurred_on, f.matter, f.private, f.minor, f.recorder_name, f.recorded_at,
  f.state, f.outcome, n.due_on, f.recorder, coalesce(p.state, '') as repair, coalesce(p.offered_by = @me or p.done_by = @me, false) as repair_own,
  exists (select from finding_delivery d where d.village_id = @village_id and d.finding_id = f.id) as delivered,
  (select count(*) from finding_vote v where v.village_id = @village_id and v.finding_id = f.id) as votes
from finding f join household h on h.village_id = @village_id and h.id = f.household_id
left join finding_notice n on n.village_id = @village_id and n.finding_id = f.id
left join repair p on p.village_id = @village_id and p.finding_id = f.id
where f.village_id = @village_id and (@state = '' or f.state = @state) and (@item = '' or f.item = @item)
  and (not @open or f.state not in ('closed', 'posted') or p.state = 'done' or p.state = 'offered' and p.until_on >= @today) and (@household::uuid is null or f.household_id = @household)
  and (not @shown or not f.private and n.finding_id is not null) and (@grid = 0 or h.grid = @grid)
  and (not f.private or f.recorder = @me
    or not exists (select from membership o where o.village_id = @village_id and o.account_id = @me and o.household_id = f.household_id)
    and not exists (select from member o where o.village_id = @village_id and o.account_id = @me and o.household_id = f.household_id)
    and not exists (select from relative o where o.village_id = @village_id and o.account_id = @me and o.household_id = f.household_id))
  and (@search = '' or strpos(h.head, @search) > 0 or strpos(h.door, @search) > 0 or strpos(h.initials, lower(@search)) > 0)
  and (@after = '' or f.id < nullif(@after, '')::uuid)
order by f.id desc limit @rows`

// List reads findings, newest first, with the cursor of the next page. A household sees its own of which it was
// told and which its screen may show; a grid worker those of the own grid.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (rows []Row, next string, err error) {
	defer fault.Wrap(&err, "finding.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	a := pgx.NamedArgs{"village_id": int64(who.Village), "state": string(f.State), "open": f.Open, "item": f.Item, "search": f.Search, "household": nil, "me": who.Account,
		"shown": f.Own || who.Role == actor.Household, "grid": 0, "after": f.After, "rows": f.Rows() + 1, "today": month.Date(s.DB.Now())}
	if who.Role == actor.Grid && !f.Own {
		a["grid"] = who.Grid
	}
	if f.Own || who.Role == actor.Household {
		f.Household = who.Household
	}
	if f.Household != uuid.Nil || f.Own || who.Role == actor.Household {
		a["household"] = f.Household
	}
	faded := 0
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if rows, err = pg.All[Row](ctx, tx, sqlList, a); err != nil {
			return err
		}
		var homes []uuid.UUID
		for _, r := range rows {
			homes = append(homes, r.HouseholdID)
		}
		if a["shown"] == true {
			rules, err := rulebook.InForce(ctx, tx, tx.Now)
			if err != nil {
				return err
			}
			faded = rules.Settings.FadeMonths
		}
		related, err := group.Conflicted(ctx, tx, who.Account, homes)
		for i := range rows {
			own := rows[i].Recorder == who.Account
			if rows[i].RepairWaits() {
				own = rows[i].RepairOwn
			}
			rows[i].Recused = related[rows[i].HouseholdID] || own
		}
		return err
	})
	rows, next = page.Cut(rows, f.Rows(), func(r Row) string { return r.ID.String() })
	rows = slices.DeleteFunc(rows, func(r Row) bool { // what has left the home's book has left its list
		return r.State == Posted && ledger.Faded(ledger.Deduction, r.RecordedAt, faded, s.DB.Now())
	})
	return rows, next, err
}

const sqlCounts = `-- finding.counts
select state, count(*) as n from finding where village_id = @village_id group by state`

// Counts says how many findings stand where.
func (s *Service) Counts(ctx context.Context, who actor.Actor) (counts map[State]int64, err error) {
	defer fault.Wrap(&err, "finding.Counts")
	counts = map[State]int64{}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		rows, err := pg.All[struct {
			State State
			N     int64
		}](ctx, tx, sqlCounts, pgx.NamedArgs{"village_id": int64(who.Village)})
		for _, r := range rows {
			counts[r.State] = r.N
		}
		return err
	})
	return counts, err
}

const sqlWhere = `-- finding.where
select h.door, h.head, h.grid, coalesce((select m.name from member m where m.village_id = @village_id and m.id = @member), '') as member
from household h where h.village_id = @village_id and h.id = @home`

const sqlBeside = `-- finding.beside
select f.id, h.door, h.head, f.matter, f.state, f.recorder_name, f.recorded_at, coalesce(f.id = any(@alike::uuid[]), false) as photo
from finding f join household h on h.village_id = @village_id and h.id = f.household_id
where f.village_id = @village_id and f.id <> @id and f.outcome <> 'withdrawn' and not (f.private and (@near or f.household_id <> @home))
  and (@grid = 0 or h.grid = @grid or f.recorder = @by)
  and (f.id = any(@alike::uuid[]) or f.household_id = @home and f.item = @item and f.occurred_on = @on and f.state <> 'closed')
order by f.id desc limit 10`

// Show reads one finding with its chain. A household sees its own of which it was told and which its screen may
// show; who told of it only those see who may decide.
func (s *Service) Show(ctx context.Context, who actor.Actor, id uuid.UUID) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Show(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		c, err = show(ctx, tx, id)
		return err
	})
	return c, err
}

// Mine is Show of the person's own home, whatever else the person is in the village.
func (s *Service) Mine(ctx context.Context, who actor.Actor, id uuid.UUID) (c Chain, err error) {
	defer fault.Wrap(&err, "finding.Mine(%s)", id)
	who.Role = actor.Household
	c, err = s.Show(ctx, who, id)
	if c.State != Cleared && c.State != Posted && c.State != Closed {
		c.Votes = nil
	}
	return c, err
}

func show(ctx context.Context, tx pg.Tx, id uuid.UUID) (c Chain, err error) {
	who := tx.Who
	if c, err = readChain(ctx, tx, id); err != nil {
		return c, err
	}
	if who.Role == actor.Household && !c.shows(who) {
		return c, fault.ErrNotFound
	}
	at, err := pg.One[struct {
		Door, Head, Member string
		Grid               int
	}](ctx, tx, sqlWhere, pgx.NamedArgs{"village_id": int64(tx.Village()), "home": c.HouseholdID, "member": c.MemberID})
	if err != nil {
		return c, err
	}
	if who.Role == actor.Grid && who.Grid != 0 && who.Grid != at.Grid && c.Recorder != who.Account {
		return c, fault.ErrNotFound
	}
	c.Door, c.Head, c.Member = at.Door, at.Head, at.Member
	near, err := c.near(ctx, tx)
	if err != nil {
		return c, err
	}
	switch {
	case c.Recorder == who.Account:
		c.Recused = ErrOwnRecord.Text
	case near:
		c.Recused = ErrRelated.Text
	}
	c.Voted = slices.ContainsFunc(c.Votes, func(v Vote) bool { return v.AccountID == who.Account })
	if who.Role != actor.Household && !c.State.ended() {
		a := by(tx, id)
		a["home"], a["item"], a["on"], a["near"] = c.HouseholdID, c.Item, month.Date(c.OccurredOn), near
		if a["grid"] = 0; who.Role == actor.Grid {
			a["grid"] = who.Grid
		}
		if a["alike"], err = evidence.AlikeHolders(ctx, tx, id); err != nil {
			return c, err
		}
		if c.Beside, err = pg.All[Beside](ctx, tx, sqlBeside, a); err != nil {
			return c, err
		}
	}
	if (who.Role == actor.Committee || who.Role == actor.Lead) && c.Recused == "" {
		told, err := pg.Column[string](ctx, tx, sqlReporter, by(tx, id))
		if err != nil {
			return c, err
		}
		if len(told) == 1 {
			c.Reporter = told[0]
		}
	}
	if c.Before, err = photos(ctx, tx, id); err != nil {
		return c, err
	}
	c.After, err = photos(ctx, tx, after(id))
	return c, err
}

// near reports whether the person at work is of the home or related to it. Of a matter that could harm somebody at
// home they see nothing, whatever their seat: the screen that they hold is the home's as well.
func (c *Chain) near(ctx context.Context, tx pg.Tx) (bool, error) {
	related, err := group.Conflicted(ctx, tx, tx.Who.Account, []uuid.UUID{c.HouseholdID})
	near := related[c.HouseholdID]
	if err == nil && near && c.Private && c.Recorder != tx.Who.Account {
		err = fault.ErrNotFound
	}
	return near, err
}

func photos(ctx context.Context, tx pg.Tx, holder uuid.UUID) (all []evidence.Evidence, err error) {
	held, err := evidence.Holding(ctx, tx, holder)
	for _, h := range held {
		all = append(all, h.Evidence)
	}
	return all, err
}

// OfEntry is the finding for which a line was deducted.
func OfEntry(ctx context.Context, tx pg.Tx, id uuid.UUID) (Chain, error) {
	return readChain(ctx, tx, id)
}
