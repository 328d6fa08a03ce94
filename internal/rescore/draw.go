package rescore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

const sqlDecided = `-- rescore.decided
select count(*)::int from claim where village_id = @village_id and state in ('approved', 'posted', 'rejected') and decided_at >= @from and decided_at < @to`

const sqlInsert = `-- rescore.draw
insert into rescore (village_id, id, month, seed, wanted, decided, drawn_by, drawn_name, drawn_at)
values (@village_id, @id, @month, @seed, @wanted, @decided, @by, @name, @now)`

// sqlSample orders the decisions by a hash of the seed and their ids: whoever has the seed draws the same.
const sqlSample = `-- rescore.sample
insert into rescore_item (village_id, rescore_id, claim_id, position, first)
select @village_id, @id, c.id, row_number() over (order by c.mark), c.state <> 'rejected'
from (select id, state, md5(@seed || id::text) as mark from claim where village_id = @village_id and state in ('approved', 'posted', 'rejected') and decided_at >= @from and decided_at < @to
  order by md5(@seed || id::text) limit @wanted) c
on conflict (village_id, rescore_id, claim_id) do nothing`

// Draw draws some decisions of a village and month.
func (s *Service) Draw(ctx context.Context, who actor.Actor, village actor.VillageID, m month.Month, wanted int) (d Draw, err error) {
	defer fault.Wrap(&err, "rescore.Draw(%d, %s)", village, m)
	err = s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		d, _, err = idem.Once(ctx, tx, "rescore.draw", func() (d Draw, err error) {
			err = fault.Join(fault.When(wanted < 5 || wanted > 60, ErrSize), fault.When(!m.Valid() || m > month.Of(tx.Now), ErrMonth))
			if err != nil {
				return d, err
			}
			seed := make([]byte, 16)
			if _, err := rand.Read(seed); err != nil {
				return d, err
			}
			d = Draw{VillageID: village, ID: pg.NewID(), Month: m, Seed: hex.EncodeToString(seed), Wanted: wanted, DrawnName: who.Name, DrawnAt: tx.Now}
			a := pgx.NamedArgs{"village_id": int64(village), "id": d.ID, "month": int(m), "seed": d.Seed, "wanted": wanted, "by": who.Account, "name": who.Name, "now": tx.Now, "from": m.First(), "to": m.End()}
			if d.Decided, err = pg.Scalar[int](ctx, tx, sqlDecided, a); err != nil {
				return d, err
			}
			if d.Decided == 0 {
				return d, ErrNone
			}
			a["decided"] = d.Decided
			if _, err := tx.Exec(ctx, sqlInsert, a); err != nil {
				return d, err
			}
			tag, err := tx.Exec(ctx, sqlSample, a)
			if err != nil {
				return d, err
			}
			d.Size = int(tag.RowsAffected())
			return d, audit.Record(ctx, tx, audit.Event{Verb: "rescore.draw", Kind: "rescore", ID: d.ID.String(), Reason: m.Chinese(), After: d})
		})
		return err
	})
	return d, err
}

const sqlPartDraws = `select r.village_id, v.name as village, r.id, r.month, r.seed, r.wanted, r.decided, r.drawn_name, r.drawn_at, i.size, i.scored, coalesce(h.peer_village, 0) as peer_village, coalesce(p.name, '') as peer, h.id as look_id, h.handed_at, coalesce(h.state, '') as hand,
  case when i.scored = i.size then i.agreed else 0 end as agreed, case when i.scored = i.size then i.unclear else 0 end as unclear
from rescore r join village v on v.id = r.village_id
join (select village_id, rescore_id, count(*)::int as size, count(*) filter (where verdict <> '')::int as scored,
    count(*) filter (where verdict = 'yes' and first or verdict = 'no' and not first)::int as agreed, count(*) filter (where verdict = 'unclear')::int as unclear
  from rescore_item where village_id = any(@villages) group by village_id, rescore_id) i on i.village_id = r.village_id and i.rescore_id = r.id
left join rescore_hand h on h.village_id = r.village_id and h.rescore_id = r.id and h.state <> 'recalled' left join village p on p.id = h.peer_village
where r.village_id = any(@villages) `

const (
	sqlList = `-- rescore.list
` + sqlPartDraws + `order by r.id desc limit 300`
	sqlFind = `-- rescore.find
` + sqlPartDraws + `and r.id = @id`
)

// List is every sample of the township, newest first.
func (s *Service) List(ctx context.Context, who actor.Actor) (all []Draw, err error) {
	defer fault.Wrap(&err, "rescore.List")
	if who.Role != actor.Bureau {
		return nil, fault.ErrNotFound
	}
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		all, err = pg.All[Draw](ctx, tx, sqlList, pgx.NamedArgs{"villages": villages})
		return err
	})
	return all, err
}

// Filter narrows the list.
type Filter struct {
	Village actor.VillageID
	State   string // open, out or done
	Search  string // in the village's name, or who drew it
}

// States are what a list can be narrowed to, with their names.
var States = []struct{ Value, Chinese string }{{"open", "还在评"}, {"out", "已交外村小组"}, {"done", "已评完"}}

// State is where the sample stands.
func (d Draw) State() string {
	switch {
	case d.Done():
		return "done"
	case d.Out():
		return "out"
	}
	return "open"
}

// Narrow keeps the samples that fit.
func (f Filter) Narrow(all []Draw) (kept []Draw) {
	for _, d := range all {
		if (f.Village == 0 || d.VillageID == f.Village) && (f.State == "" || d.State() == f.State) && (strings.Contains(d.Village, f.Search) || strings.Contains(d.DrawnName, f.Search)) {
			kept = append(kept, d)
		}
	}
	return kept
}

const sqlItems = `-- rescore.items
select i.claim_id, i.position, c.item, c.rule_version, coalesce(c.asked, c.parts) as parts, c.occurred_on, c.note, c.source, c.proofs, c.channel, i.verdict, i.note as words, i.scorer_name, i.scored_at,
  case when @done then (i.verdict = 'yes') = i.first and i.verdict <> 'unclear' end as agrees
from rescore_item i join claim c on c.village_id = @village_id and c.id = i.claim_id
where i.village_id = @village_id and i.rescore_id = @id order by i.position`

const sqlPhotos = `-- rescore.photos
select coalesce(holder_id, claim_id) as of, id from evidence where village_id = @village_id and (holder_id = any(@claims::uuid[]) or claim_id = any(@claims::uuid[])) order by id`

// Show is one sample with all its items.
func (s *Service) Show(ctx context.Context, who actor.Actor, village actor.VillageID, id uuid.UUID) (d Draw, items []Item, err error) {
	defer fault.Wrap(&err, "rescore.Show(%s)", id)
	if who.Role != actor.Bureau {
		return d, nil, fault.ErrNotFound
	}
	err = s.DB.LookInOffice(ctx, who, village, func(tx pg.Tx) error {
		a := pgx.NamedArgs{"villages": []int64{int64(village)}, "village_id": int64(village), "id": id}
		if d, err = pg.One[Draw](ctx, tx, sqlFind, a); err != nil {
			return err
		}
		a["done"] = d.Done()
		if items, err = pg.All[Item](ctx, tx, sqlItems, a); err != nil {
			return err
		}
		return dress(ctx, tx, items)
	})
	return d, items, err
}

// dress puts the rules' words and the photos to the items.
func dress(ctx context.Context, tx pg.Tx, items []Item) error {
	claims, at := make([]uuid.UUID, len(items)), map[uuid.UUID]int{}
	rules := map[int]rulebook.RuleSet{}
	for i := range items {
		claims[i], at[items[i].ClaimID] = items[i].ClaimID, i
		r, ok := rules[items[i].RuleVersion]
		if !ok {
			var err error
			if r, err = rulebook.Version(ctx, tx, items[i].RuleVersion); err != nil {
				return err
			}
			rules[items[i].RuleVersion] = r
		}
		if item, err := r.Item(items[i].Item); err == nil {
			items[i].Title, items[i].Rule = item.Title, item.Text
		}
	}
	photos, err := pg.All[struct{ Of, ID uuid.UUID }](ctx, tx, sqlPhotos, pgx.NamedArgs{"village_id": int64(tx.Village()), "claims": claims})
	for _, p := range photos {
		if i, ok := at[p.Of]; ok {
			items[i].Photos = append(items[i].Photos, p.ID)
		}
	}
	return err
}

const sqlLockItem = `-- rescore.lock_item
select not exists (select from rescore_item o where o.village_id = @village_id and o.rescore_id = @id and o.verdict = '') as done from rescore_item where village_id = @village_id and rescore_id = @id and claim_id = @claim for update`

const sqlOut = `-- rescore.out
select exists (select from rescore_hand where village_id = @village_id and rescore_id = @id and state = 'out')`

const sqlScore = `-- rescore.score
update rescore_item set verdict = @verdict, note = @note, scorer = @by, scorer_name = @name, scored_at = @now
where village_id = @village_id and rescore_id = @id and claim_id = @claim`

// Score is the second decision on one item; it may be changed until the last of the sample has one.
func (s *Service) Score(ctx context.Context, who actor.Actor, village actor.VillageID, id, claim uuid.UUID, v Verdict, note string) (err error) {
	defer fault.Wrap(&err, "rescore.Score(%s)", claim)
	note = strings.TrimSpace(note)
	return s.DB.InOffice(ctx, who, village, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "rescore.score", func() (struct{}, error) {
			a := pgx.NamedArgs{"village_id": int64(village), "id": id, "claim": claim, "verdict": string(v), "note": note, "by": who.Account, "name": who.Name, "now": tx.Now}
			done, err := pg.Scalar[bool](ctx, tx, sqlLockItem, a)
			if err != nil {
				return struct{}{}, err
			}
			out, err := pg.Scalar[bool](ctx, tx, sqlOut, a)
			if err != nil {
				return struct{}{}, err
			}
			if err := fault.Join(fault.When(done, ErrScored), fault.When(out, ErrHanded)); err != nil {
				return struct{}{}, err
			}
			if err := v.check(note); err != nil {
				return struct{}{}, err
			}
			if _, err := tx.Exec(ctx, sqlScore, a); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: "rescore.score", Kind: "rescore", ID: id.String(), Reason: v.Chinese()})
		})
		return err
	})
}

const sqlSampled = `-- rescore.sampled
select exists (select from rescore_item where village_id = @village_id and claim_id = @claim)`

// Sampled refuses a photo's record that is in no sample, for evidence.ReadInOffice.
func Sampled(ctx context.Context, tx pg.Tx, claim uuid.UUID) error {
	is, err := pg.Scalar[bool](ctx, tx, sqlSampled, pgx.NamedArgs{"village_id": int64(tx.Village()), "claim": claim})
	if err == nil && !is {
		err = fault.ErrNotFound
	}
	return err
}

// Agreement is what the finished samples of one village come to.
type Agreement struct {
	VillageID actor.VillageID
	Village   string
	Size      int
	Agreed    int
	Low, High float64
}

// Agreements sums the finished samples by village, since a day.
func Agreements(all []Draw, since time.Time) (sums []Agreement) {
	at := map[actor.VillageID]int{}
	for _, d := range all {
		if !d.Done() || d.DrawnAt.Before(since) {
			continue
		}
		i, ok := at[d.VillageID]
		if !ok {
			i, at[d.VillageID] = len(sums), len(sums)
			sums = append(sums, Agreement{VillageID: d.VillageID, Village: d.Village})
		}
		sums[i].Size, sums[i].Agreed = sums[i].Size+d.Size, sums[i].Agreed+d.Agreed
	}
	for i := range sums {
		sums[i].Low, sums[i].High = Interval(sums[i].Agreed, sums[i].Size)
	}
	return sums
}
