package evaluation

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
	"cunfen/internal/rulebook"
)

const sqlThere = `-- evaluation.there
select exists (select from evaluation where village_id = @village_id and quarter = @quarter) as there,
  exists (select from rule_set where village_id = @village_id and in_force_from < @to) as rules`

const sqlLines = `-- evaluation.lines
select item as code, count(*)::int as times, sum(points)::int as points, count(distinct household_id)::int as households
from ledger_entry e where village_id = @village_id and occurred_on >= @from and occurred_on < @to and item <> ''
  and reverses is null and not exists (select from ledger_entry r where r.village_id = @village_id and r.reverses = e.id)
group by item`

const sqlClaims = `-- evaluation.claims
select item as code, count(*)::int as times, (count(*) filter (where state = 'rejected'))::int as refused
from claim where village_id = @village_id and occurred_on >= @from and occurred_on < @to and state <> 'withdrawn' group by item`

const sqlObjected = `-- evaluation.objected
select e.item as code, count(*)::int as times from objection o
join ledger_entry e on e.village_id = @village_id and e.id = o.entry_id
where o.village_id = @village_id and e.occurred_on >= @from and e.occurred_on < @to and o.state <> 'withdrawn' group by e.item`

const sqlVoiced = `-- evaluation.voiced
select item as code, count(*)::int as times from opinion
where village_id = @village_id and item <> '' and filed_at >= @from_at and filed_at < @to_at group by item`

const sqlWritten = `-- evaluation.written
select (select count(*) from inspection_home where village_id = @village_id and recorded_at >= @from_at and recorded_at < @to_at)::int
  + (select count(*) from finding where village_id = @village_id and found_at >= @from_at and found_at < @to_at)::int`

const sqlHomes = `-- evaluation.homes
select count(*)::int from household where village_id = @village_id and state = 'active'`

const sqlOpen = `-- evaluation.open
insert into evaluation (village_id, quarter, state, pack, opened_at, opinions_until)
values (@village_id, @quarter, 'open', @pack, @now, @until)
on conflict (village_id, quarter) do nothing`

// Ready leaves the job of the last quarter's pack where the village has none and had rules in that quarter. The
// calendar asks every day, so that a day that was missed is made up for.
func Ready(ctx context.Context, tx pg.Tx) (err error) {
	defer fault.Wrap(&err, "evaluation.Ready")
	q := Last(tx.Now)
	is, err := pg.One[struct{ There, Rules bool }](ctx, tx, sqlThere, args(tx, q))
	if err != nil || is.There || !is.Rules {
		return err
	}
	return queue.Add(ctx, tx, PackJob{q})
}

func args(tx pg.Tx, q Quarter) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "quarter": int(q), "from": month.Date(q.First()), "to": month.Date(q.End()), "now": tx.Now}
}

// Gather makes the quarter's pack and opens the round of opinions. Run again it changes nothing.
func (s *Service) Gather(ctx context.Context, who actor.Actor, q Quarter) (err error) {
	defer fault.Wrap(&err, "evaluation.Gather(%s)", q)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		p, err := gather(ctx, tx, q)
		if errors.Is(err, rulebook.ErrNoRules) {
			return nil
		}
		if err != nil {
			return err
		}
		a := args(tx, q)
		a["pack"], a["until"] = p, month.Date(tx.Now).AddDate(0, 0, OpinionDays)
		tag, err := tx.Exec(ctx, sqlOpen, a)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "evaluation.open", Kind: "evaluation", ID: q.String(), After: p})
	})
}

type counted struct {
	Code  string
	Times int
}

func gather(ctx context.Context, tx pg.Tx, q Quarter) (p Pack, err error) {
	rules, err := rulebook.InForce(ctx, tx, q.End().AddDate(0, 0, -1))
	if err != nil {
		return p, err
	}
	a := args(tx, q)
	p.Version = rules.Version
	if p.Households, err = pg.Scalar[int](ctx, tx, sqlHomes, a); err != nil {
		return p, err
	}
	at := map[string]*Use{}
	for _, i := range rules.Items {
		if i.On {
			p.Items = append(p.Items, Use{Code: i.Code, Title: i.Title, Monthly: i.Monthly})
		}
	}
	for n := range p.Items {
		at[p.Items[n].Code] = &p.Items[n]
	}
	use := func(code string) *Use { // an item that the rules no longer have counts for the burden alone
		if u := at[code]; u != nil {
			return u
		}
		return &Use{}
	}
	lines, err := pg.All[struct {
		Code                      string
		Times, Points, Households int
	}](ctx, tx, sqlLines, a)
	if err != nil {
		return p, err
	}
	for _, l := range lines {
		u := use(l.Code)
		u.Times, u.Points, u.Households = l.Times, l.Points, l.Households
	}
	claims, err := pg.All[struct {
		Code           string
		Times, Refused int
	}](ctx, tx, sqlClaims, a)
	if err != nil {
		return p, err
	}
	for _, c := range claims {
		u := use(c.Code)
		u.Claimed, u.Refused = c.Times, c.Refused
		p.Entries += c.Times
	}
	objected, err := pg.All[counted](ctx, tx, sqlObjected, a)
	if err != nil {
		return p, err
	}
	for _, o := range objected {
		use(o.Code).Objected = o.Times
	}
	a["from_at"], a["to_at"] = q.First(), q.End()
	voiced, err := pg.All[counted](ctx, tx, sqlVoiced, a)
	if err != nil {
		return p, err
	}
	for _, o := range voiced {
		use(o.Code).Opinions = o.Times
	}
	written, err := pg.Scalar[int](ctx, tx, sqlWritten, a)
	p.Entries += written
	if p.Households > 0 {
		p.Burden = float64(p.Entries) / float64(p.Households)
	}
	return p, err
}
