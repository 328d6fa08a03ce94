package tenure

import (
	"context"
	"encoding/json"
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
	"cunfen/internal/household"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
	"cunfen/internal/village"
	"cunfen/tenants"
)

// Faults of moving homes.
var (
	ErrBusyHome = fault.New(fault.Conflict, "tenure.busy", "%s还有没办结的事（%s），办完再迁")
	ErrSameTown = fault.New(fault.Conflict, "tenure.same_town", "只能迁到同一个镇的另一个村（场），而且那个村正在准备或运行")
	ErrCleared  = fault.New(fault.Conflict, "tenure.cleared", "两个村的年终清零不同步，请先都办完再迁")
	ErrUnsigned = fault.New(fault.Conflict, "tenure.unsigned", "%s还有月份没有公示（%d 个），公示以后再并")
	ErrMoved    = fault.New(fault.Conflict, "tenure.moved", "这一户已经迁走")
)

// Move is where a home goes.
type Move struct {
	Household uuid.UUID
	To        actor.VillageID
	Door      string // there
	Team      string
	Reason    string
}

// standing is what a home's book says when it leaves.
type standing struct {
	Door, Head, Team, Note, PassbookNo, Residence string
	Walk                                          int
	Party                                         bool
	Phone                                         []byte
	BaseUnlocksOn                                 time.Time
	Base, Year, Score, Honour, Held, Disputed     int64
	ClearedYear                                   int
	Waits                                         []string
}

// sqlPartWaits is what must be over before the home h with its balance b goes: points that would come into the book
// after it had left could not follow it.
const sqlPartWaits = `array_remove(array[
    case when b.held > 0 then '预留的兑换' end, case when b.disputed > 0 then '异议' end,
    case when exists (select from claim c where c.village_id = @village_id and c.household_id = h.id and c.state in ('pending', 'returned', 'approved')) then '申报' end,
    case when exists (select from finding f where f.village_id = @village_id and f.household_id = h.id and f.state in ('recorded', 'noticed', 'rechecked', 'heard', 'cleared')) then '整改' end,
    case when exists (select from slot s where s.village_id = @village_id and s.household_id = h.id and s.holder_kind = 2 and not exists (select from inspection_confirm c
      where c.village_id = @village_id and c.inspection_id = s.holder_id and c.posted and (c.covers is null or h.id = any(c.covers)) and h.id <> all(c.leaves))) then '还没入账的巡查得分' end
  ], null)`

// sqlLeaving locks the home's balance and reads what it takes along, and what keeps it.
const sqlLeaving = `-- tenure.leaving
select h.door, h.head, h.team, h.note, h.passbook_no, h.residence, h.walk, h.party, h.phone, h.base_unlocks_on, b.base, b.year, b.score, b.honour, b.held, b.disputed, b.cleared_year,
  ` + sqlPartWaits + ` as waits
from household h join balance b on b.village_id = @village_id and b.household_id = h.id
where h.village_id = @village_id and h.id = @household and h.state = 'active' for update of h, b`

const sqlLeft = `-- tenure.left
update household set state = 'left', left_on = @today, version = version + 1, updated_at = @now where village_id = @village_id and id = @household`

const sqlLeftPeople = `-- tenure.left_people
update member set state = 'left', left_on = @today, moved_out = true where village_id = @village_id and household_id = @household and state = 'active'`

const sqlMoveOut = `-- tenure.move_out
insert into move_out (village_id, id, household_id, to_village, to_name, reason, base, year, score, honour, cleared_year, by, by_name, at)
values (@village_id, @id, @household, @to, @to_name, @reason, @base, @year, @score, @honour, @cleared, @by, @by_name, @now)`

// ArriveJob brings a home that left into the village it goes to, should the one who moved it have been broken off.
type ArriveJob struct {
	Move uuid.UUID       `json:"move"`
	To   actor.VillageID `json:"to"`
	Door string          `json:"door"`
	Team string          `json:"team"`
}

func (ArriveJob) Kind() string     { return "tenure.arrive" }
func (j ArriveJob) Dedupe() string { return j.Move.String() }

// MoveHome lets a home of one village go to another of the township with its book: closing lines there, opening
// lines here, and its old lines to read. Nothing is lost where it is broken off between the two: the job that the
// first leaves finishes it.
func (s *Service) MoveHome(ctx context.Context, who actor.Actor, from actor.VillageID, m Move) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "tenure.MoveHome(%d, %s)", from, m.Household)
	m.Reason = strings.TrimSpace(m.Reason)
	if !chars.Between(m.Reason, 4, 200) {
		return id, ErrReason
	}
	a, b, err := s.pair(ctx, from, m.To)
	if err != nil {
		return id, err
	}
	year, err := s.clearedYear(ctx, b.ID)
	if err != nil {
		return id, err
	}
	job := ArriveJob{Move: pg.NewID(), To: m.To, Door: m.Door, Team: m.Team}
	err = s.DB.InVillage(ctx, at(who, a), func(tx pg.Tx) error { return depart(ctx, tx, b, m, job, year) })
	if err != nil {
		return id, err
	}
	return job.Move, s.Arrive(ctx, actor.System(from), job)
}

// pair is two villages of one township between which homes can move.
func (s *Service) pair(ctx context.Context, from, to actor.VillageID) (a, b village.Village, err error) {
	s.Villages.Forget(from)
	s.Villages.Forget(to)
	if a, err = s.Villages.Find(ctx, from); err != nil {
		return a, b, err
	}
	if b, err = s.Villages.Find(ctx, to); err != nil {
		return a, b, err
	}
	if a.ID == b.ID || a.TownshipID != b.TownshipID || a.Practice() || b.Practice() || b.State != village.Live && b.State != village.Setup || a.State == village.Closed {
		err = ErrSameTown
	}
	return a, b, err
}

const sqlClearedYear = `-- tenure.cleared_year
select coalesce(max(cleared_year), -1)::int from balance where village_id = @village_id`

// clearedYear is the last year that the village has cleared, -1 where it has no book yet.
func (s *Service) clearedYear(ctx context.Context, v actor.VillageID) (year int, err error) {
	err = s.DB.Look(ctx, actor.System(v), func(tx pg.Tx) error {
		year, err = pg.Scalar[int](ctx, tx, sqlClearedYear, pgx.NamedArgs{"village_id": int64(v)})
		return err
	})
	return year, err
}

func depart(ctx context.Context, tx pg.Tx, b village.Village, m Move, job ArriveJob, year int) error {
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "household": m.Household, "id": job.Move, "today": month.Date(tx.Now), "now": tx.Now,
		"to": int64(b.ID), "to_name": b.Name, "reason": m.Reason, "by": nil, "by_name": tx.Who.Name}
	if tx.Who.Account != uuid.Nil {
		args["by"] = tx.Who.Account
	}
	st, err := pg.One[standing](ctx, tx, sqlLeaving, args)
	switch {
	case err != nil:
		return err
	case len(st.Waits) > 0:
		return ErrBusyHome.With("存折 "+st.PassbookNo+" 的住户", strings.Join(st.Waits, "、"))
	case year >= 0 && year != st.ClearedYear:
		return ErrCleared
	}
	args["base"], args["year"], args["score"], args["honour"], args["cleared"] = st.Base, st.Year, st.Score, st.Honour, st.ClearedYear
	if _, err := tx.Exec(ctx, sqlMoveOut, args); pg.Is(err, pg.Unique) {
		return ErrMoved
	} else if err != nil {
		return err
	}
	for _, e := range []ledger.Entry{{Bucket: ledger.BaseBucket, Points: -int(st.Base)}, {Bucket: ledger.YearBucket, Points: -int(st.Year)}} {
		if err := carry(ctx, tx, m.Household, job.Move, "out", e); err != nil {
			return err
		}
	}
	for _, sql := range []string{sqlLeft, sqlLeftPeople} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return err
		}
	}
	if err := audit.Record(ctx, tx, audit.Event{Verb: "tenure.depart", Kind: "household", ID: m.Household.String(), Reason: m.Reason, After: args["to"]}); err != nil {
		return err
	}
	return queue.Add(ctx, tx, job)
}

// carry posts one line of a move; what comes to nothing is no line. Its source follows from the move.
func carry(ctx context.Context, tx pg.Tx, home, move uuid.UUID, side string, e ledger.Entry) error {
	if e.Points == 0 {
		return nil
	}
	e.HouseholdID, e.SourceKind, e.SourceID = home, ledger.FromMove, uuid.NewSHA1(move, fmt.Appendf(nil, "%s %d %t", side, e.Bucket, e.Scores))
	e.Recorder, e.Month, e.Kind = tx.Who.Account, month.Of(tx.Now), ledger.Opening
	if e.OccurredOn.IsZero() {
		e.OccurredOn = month.Day(tx.Now)
	}
	_, err := ledger.Post(ctx, tx, e)
	return err
}

const sqlMove = `-- tenure.move
select m.household_id, m.base, m.year, m.score, m.honour, m.cleared_year, m.reason, h.door, h.head, h.team, h.note, h.passbook_no, h.residence, h.walk, h.party, h.phone, h.base_unlocks_on
from move_out m join household h on h.village_id = @village_id and h.id = m.household_id where m.village_id = @village_id and m.id = @id`

type leaving struct {
	HouseholdID                                           uuid.UUID
	Base, Year, Score, Honour                             int64
	ClearedYear                                           int
	Reason, Door, Head, Team, Note, PassbookNo, Residence string
	Walk                                                  int
	Party                                                 bool
	Phone                                                 []byte
	BaseUnlocksOn                                         time.Time
}

const sqlMovers = `-- tenure.movers
select name, relation, id_number, party from member where village_id = @village_id and household_id = @household and moved_out order by id`

type mover struct {
	Name, Relation string
	IDNumber       []byte
	Party          bool
}

// sqlOldLines leaves the cause out of what would harm somebody at home.
const sqlOldLines = `-- tenure.old_lines
select e.id, e.at, e.month, e.occurred_on, e.kind, e.bucket, e.points,
  case when p.private then '' else e.item end as item, case when p.private then '' else coalesce(i.body->>'title', '') end as title
from ledger_entry e
left join rule_item i on i.village_id = @village_id and i.version = e.rule_version and i.code = left(e.item, 3)
left join lateral (select true as private from finding f where f.village_id = @village_id and f.household_id = e.household_id and f.private
  and (f.id = e.source_id or f.entry_id = e.id or f.entry_id = e.source_id) limit 1) p on true
where e.village_id = @village_id and e.household_id = @household order by e.id`

type oldLine struct {
	ID           uuid.UUID
	At           time.Time
	Month        int32
	OccurredOn   time.Time
	Kind, Bucket int16
	Points       int32
	Item, Title  string
}

const sqlHere = `-- tenure.here
select count(*) from move_in where village_id = @village_id and id = @id`

const sqlMoveIn = `-- tenure.move_in
insert into move_in (village_id, id, household_id, from_village, from_name, from_household, from_passbook, base, year, score, honour, at)
values (@village_id, @id, @household, @from, @from_name, @old, @passbook, @base, @year, @score, @honour, @now)`

const sqlFormer = `-- tenure.former
insert into former_line (village_id, household_id, entry_id, at, month, occurred_on, kind, bucket, points, item, title)
select @village_id::bigint, @household::uuid, l.* from unnest(@ids::uuid[], @ats::timestamptz[], @months::integer[], @days::date[], @kinds::smallint[], @buckets::smallint[],
  @points::integer[], @items::text[], @titles::text[]) l on conflict (village_id, household_id, entry_id) do nothing`

const sqlArrived = `-- tenure.arrived
update move_out set arrived_at = @now where village_id = @village_id and id = @id and arrived_at is null`

const sqlSameYear = `-- tenure.same_year
update balance set cleared_year = @cleared where village_id = @village_id and household_id = @household`

// Arrive is the second half of a move; doing it again changes nothing.
func (s *Service) Arrive(ctx context.Context, who actor.Actor, j ArriveJob) (err error) {
	defer fault.Wrap(&err, "tenure.Arrive(%s)", j.Move)
	a, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return err
	}
	var l leaving
	var lines []oldLine
	var d household.Draft
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		args := pgx.NamedArgs{"village_id": int64(who.Village), "id": j.Move}
		if l, err = pg.One[leaving](ctx, tx, sqlMove, args); err != nil {
			return err
		}
		args["household"] = l.HouseholdID
		if lines, err = pg.All[oldLine](ctx, tx, sqlOldLines, args); err != nil {
			return err
		}
		people, err := pg.All[mover](ctx, tx, sqlMovers, args)
		if err == nil {
			d, err = s.draft(ctx, tx, l, people)
		}
		return err
	})
	if err != nil {
		return err
	}
	if d.Door, d.Team = j.Door, j.Team; d.Door == "" {
		d.Door = l.Door
	}
	err = s.DB.InVillage(ctx, actor.System(j.To), func(tx pg.Tx) error { return s.arrive(ctx, tx, a, j.Move, l, d, lines) })
	if err != nil { // the job and whoever moves the home may both be at it: one of them finds its own door taken
		if here, look := s.here(ctx, j); look != nil || !here {
			return err
		}
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlArrived, pgx.NamedArgs{"village_id": int64(who.Village), "id": j.Move, "now": tx.Now})
		return err
	})
}

// here reports whether the home is in the other village.
func (s *Service) here(ctx context.Context, j ArriveJob) (here bool, err error) {
	err = s.DB.Look(ctx, actor.System(j.To), func(tx pg.Tx) error {
		n, err := pg.Scalar[int64](ctx, tx, sqlHere, pgx.NamedArgs{"village_id": int64(j.To), "id": j.Move})
		here = n > 0
		return err
	})
	return here, err
}

// draft is the home as the other village registers it, its sealed fields opened.
func (s *Service) draft(ctx context.Context, tx pg.Tx, l leaving, people []mover) (d household.Draft, err error) {
	key, err := s.Vault.Village(ctx, tx)
	if err != nil {
		return d, err
	}
	d = household.Draft{Walk: 0, Head: l.Head, Residence: household.Residence(l.Residence), Party: l.Party, Note: l.Note}
	if d.Phone, err = key.Open(l.Phone); err != nil {
		return d, err
	}
	for _, p := range people {
		number, err := key.Open(p.IDNumber)
		if err != nil {
			return d, err
		}
		if p.Relation == household.HeadRelation {
			d.IDNumber = number
			continue
		}
		d.Members = append(d.Members, household.Person{Name: p.Name, Relation: p.Relation, IDNumber: number, Party: p.Party})
	}
	return d, nil
}

func (s *Service) arrive(ctx context.Context, tx pg.Tx, a village.Village, move uuid.UUID, l leaving, d household.Draft, lines []oldLine) error {
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": move, "from": int64(a.ID), "from_name": a.Name, "old": l.HouseholdID, "passbook": l.PassbookNo,
		"base": l.Base, "year": l.Year, "score": l.Score, "honour": l.Honour, "cleared": l.ClearedYear, "now": tx.Now}
	if n, err := pg.Scalar[int64](ctx, tx, sqlHere, args); err != nil || n > 0 {
		return err
	}
	houses := &household.Service{DB: s.DB, Vault: s.Vault}
	out, err := houses.TakeIn(ctx, tx, d, l.BaseUnlocksOn)
	if err != nil {
		return err
	}
	args["household"] = out.ID
	for _, sql := range []string{sqlMoveIn, sqlSameYear} {
		if _, err := tx.Exec(ctx, sql, args); err != nil {
			return err
		}
	}
	for _, e := range openings(l) {
		if err := carry(ctx, tx, out.ID, move, "in", e); err != nil {
			return err
		}
	}
	if err := former(ctx, tx, args, lines); err != nil {
		return err
	}
	return audit.Record(ctx, tx, audit.Event{Verb: "tenure.arrive", Kind: "household", ID: out.ID.String(), Reason: l.Reason, After: args["from"]})
}

// openings are the lines that make a book stand where another stood: base points, what scored this year, what of it
// was spent, and what scored in years that are over, which counts for honour alone.
func openings(l leaving) []ledger.Entry {
	return []ledger.Entry{
		{Bucket: ledger.BaseBucket, Points: int(l.Base)},
		{Bucket: ledger.YearBucket, Points: int(l.Score), Scores: true},
		{Bucket: ledger.YearBucket, Points: int(l.Year - l.Score)},
		{Bucket: ledger.ClosedBucket, Points: int(l.Honour - l.Score), Scores: true, OccurredOn: time.Date(max(l.ClearedYear, 2000), 12, 31, 0, 0, 0, 0, time.UTC)},
	}
}

func former(ctx context.Context, tx pg.Tx, args pgx.NamedArgs, lines []oldLine) error {
	var (
		ids            []uuid.UUID
		ats, days      []time.Time
		months, points []int32
		kinds, buckets []int16
		items, titles  []string
	)
	for _, l := range lines {
		ids, ats, days, months, points = append(ids, l.ID), append(ats, l.At), append(days, l.OccurredOn), append(months, l.Month), append(points, l.Points)
		kinds, buckets, items, titles = append(kinds, l.Kind), append(buckets, l.Bucket), append(items, l.Item), append(titles, l.Title)
	}
	a := pgx.NamedArgs{"ids": ids, "ats": ats, "days": days, "months": months, "points": points, "kinds": kinds, "buckets": buckets, "items": items, "titles": titles}
	for _, k := range []string{"village_id", "household"} {
		a[k] = args[k]
	}
	_, err := tx.Exec(ctx, sqlFormer, a)
	return err
}

// Transfer is homes that go together: all of a village that another takes over, or the teams of a village that is
// split off.
type Transfer struct {
	From, To actor.VillageID
	Teams    []string // empty for all
	Prefix   bool     // doors and teams get the old village's name before them, so that none meets another
	Close    bool     // the old village becomes an archive
	Reason   string
	Say      func(done, all int) // told after each home; nil for nobody
}

const sqlHomes = `-- tenure.homes
select id, door, team from household where village_id = @village_id and state = 'active' and (cardinality(@teams::text[]) = 0 or team = any(@teams)) order by walk, id`

// sqlHalfway finds the homes that have left and not arrived, because whoever moved them was broken off between the two.
const sqlHalfway = `-- tenure.halfway
select o.args from move_out m join outbox o on o.village_id = @village_id and o.kind = 'tenure.arrive' and o.dedupe = m.id::text
where m.village_id = @village_id and m.arrived_at is null and m.to_village = @to order by m.id`

// arrivals finishes them.
func (s *Service) arrivals(ctx context.Context, from, to actor.VillageID) error {
	var jobs [][]byte
	err := s.DB.Look(ctx, actor.System(from), func(tx pg.Tx) (err error) {
		jobs, err = pg.Column[[]byte](ctx, tx, sqlHalfway, pgx.NamedArgs{"village_id": int64(from), "to": int64(to)})
		return err
	})
	for _, raw := range jobs {
		var j ArriveJob
		if err == nil {
			err = json.Unmarshal(raw, &j)
		}
		if err == nil {
			err = s.Arrive(ctx, actor.System(from), j)
		}
	}
	return err
}

const sqlUnsigned = `-- tenure.unsigned
select count(*) from sheet where village_id = @village_id and state in ('signing', 'posted')`

const sqlGroups = `-- tenure.groups
update village set settings = settings || @settings where id = @id`

// Shift moves them, home by home; broken off, it goes on when asked again. The old village's book, its chain and its
// notices stay as they are and verify as before.
func (s *Service) Shift(ctx context.Context, who actor.Actor, t Transfer) (moved int, err error) {
	defer fault.Wrap(&err, "tenure.Shift(%d, %d)", t.From, t.To)
	a, b, err := s.pair(ctx, t.From, t.To)
	if err != nil {
		return 0, err
	}
	var homes []struct {
		ID         uuid.UUID
		Door, Team string
	}
	err = s.DB.Look(ctx, actor.System(a.ID), func(tx pg.Tx) error {
		args := pgx.NamedArgs{"village_id": int64(a.ID), "teams": append([]string{}, t.Teams...)}
		n, err := pg.Scalar[int64](ctx, tx, sqlUnsigned, args)
		if err != nil {
			return err
		}
		if n > 0 && t.Close {
			return ErrUnsigned.With(a.Name, n)
		}
		homes, err = pg.All[struct {
			ID         uuid.UUID
			Door, Team string
		}](ctx, tx, sqlHomes, args)
		return err
	})
	if err != nil {
		return 0, err
	}
	place := func(s string) string {
		if t.Prefix && s != "" {
			return a.Name + s
		}
		return s
	}
	if t.Prefix && len(b.Settings.Groups) > 0 {
		if err := s.widen(ctx, a, b, place); err != nil {
			return 0, err
		}
	}
	if err := s.arrivals(ctx, a.ID, b.ID); err != nil {
		return 0, err
	}
	for _, h := range homes {
		if err := ctx.Err(); err != nil {
			return moved, err
		}
		if _, err := s.MoveHome(ctx, who, a.ID, Move{Household: h.ID, To: b.ID, Door: place(h.Door), Team: place(h.Team), Reason: t.Reason}); err != nil {
			return moved, err
		}
		if moved++; t.Say != nil {
			t.Say(moved, len(homes))
		}
	}
	if t.Close {
		err = s.move(ctx, who, a.ID, "close", t.Reason)
	}
	return moved, err
}

// widen gives a village the groups and grids of the one that it takes over.
func (s *Service) widen(ctx context.Context, a, b village.Village, place func(string) string) error {
	p := b.Settings
	for _, g := range a.Settings.Groups {
		if name := place(g.Name); !slices.ContainsFunc(p.Groups, func(o tenants.Group) bool { return o.Name == name }) {
			p.Groups = append(p.Groups, tenants.Group{Number: len(p.Groups) + 1, Name: name})
		}
	}
	number := func(old int) (n int) {
		for _, g := range a.Settings.Groups {
			for _, o := range p.Groups {
				if g.Number == old && o.Name == place(g.Name) {
					n = o.Number
				}
			}
		}
		return n
	}
	for _, g := range a.Settings.Grids {
		name := place(g.Name)
		if slices.ContainsFunc(p.Grids, func(o tenants.Grid) bool { return o.Name == name }) {
			continue
		}
		n := tenants.Grid{Number: len(p.Grids) + 1, Name: name}
		for _, old := range g.Groups {
			n.Groups = append(n.Groups, number(old))
		}
		p.Grids = append(p.Grids, n)
	}
	p.Households += a.Settings.Households
	err := s.DB.AsSystem(ctx, "tenure.groups", func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlGroups, pgx.NamedArgs{"id": int64(b.ID), "settings": map[string]any{"groups": p.Groups, "grids": p.Grids, "households": p.Households}})
		return err
	})
	s.Villages.Forget(b.ID)
	return err
}
