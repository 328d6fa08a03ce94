package evaluation

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/bureau"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

const sqlPartColumns = `select v.quarter, v.state, v.pack, v.opened_at, v.opinions_until, v.proposal, v.proposed_by, v.proposed_at, v.outcome, v.decision, v.decided_by, v.decided_at,
  (select count(*) from evaluation_opinion o where o.village_id = @village_id and o.quarter = v.quarter)::int as said
from evaluation v where v.village_id = @village_id `

const sqlShow = `-- evaluation.show
` + sqlPartColumns + `and v.quarter = @quarter`

const sqlLock = `-- evaluation.lock
` + sqlPartColumns + `and v.quarter = @quarter for update of v`

const sqlPartOpinions = `select o.id, o.household_id, h.door, h.head, o.item, o.stance, o.text, o.channel, o.by_name, o.at from evaluation_opinion o
join household h on h.village_id = @village_id and h.id = o.household_id
where o.village_id = @village_id and o.quarter = @quarter `

const sqlOpinions = `-- evaluation.opinions
` + sqlPartOpinions + `and (@home::uuid is null or o.household_id = @home)
order by o.id desc limit @rows`

const sqlHeard = `-- evaluation.heard
select item as code, count(*)::int as times from evaluation_opinion where village_id = @village_id and quarter = @quarter group by item`

// shown is how many opinions stand on a quarter's own page; a household's own, at most one an item, all do.
const shown = 30

const sqlSay = `-- evaluation.say
insert into evaluation_opinion (village_id, id, quarter, household_id, item, stance, text, channel, by, by_name, at)
values (@village_id, @id, @quarter, @home, @item, @stance, @text, @channel, @by, @name, @now)`

const sqlPropose = `-- evaluation.propose
update evaluation set state = 'proposed', proposal = @text, proposed_by = @name, proposed_at = @now where village_id = @village_id and quarter = @quarter`

const sqlDecide = `-- evaluation.decide
update evaluation set state = 'decided', outcome = @outcome, decision = @text, decided_by = @name, decided_at = @now where village_id = @village_id and quarter = @quarter`

const sqlTown = `-- evaluation.town
select v.id as village_id, v.name as village, coalesce(e.state, '') as state,
  exists (select from rule_set r where r.village_id = any(@villages) and r.village_id = v.id and r.in_force_from < @to) as rules
from village v left join evaluation e on e.village_id = v.id and e.village_id = any(@villages) and e.quarter = @quarter
where v.id = any(@villages) order by v.id`

// Show is one quarter's with its newest opinions, and how many there are of each item; a household sees its own
// opinions only.
func (s *Service) Show(ctx context.Context, who actor.Actor, q Quarter) (e Evaluation, said []Opinion, err error) {
	defer fault.Wrap(&err, "evaluation.Show(%s)", q)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := args(tx, q)
		if e, err = pg.One[Evaluation](ctx, tx, sqlShow, a); err != nil {
			return err
		}
		a["home"], a["rows"] = nil, shown
		if who.Role == actor.Household {
			a["home"], a["rows"] = who.Household, page.Most
		} else if e.Heard, err = heard(ctx, tx, a); err != nil {
			return err
		}
		said, err = pg.All[Opinion](ctx, tx, sqlOpinions, a)
		return err
	})
	return e, said, err
}

func heard(ctx context.Context, tx pg.Tx, a pgx.NamedArgs) (map[string]int, error) {
	all, err := pg.All[counted](ctx, tx, sqlHeard, a)
	of := make(map[string]int, len(all))
	for _, c := range all {
		of[c.Code] = c.Times
	}
	return of, err
}

// Say takes down what a household says of one item: its own, or for another through the counter or on paper.
func (s *Service) Say(ctx context.Context, who actor.Actor, q Quarter, o Opinion) (out Opinion, err error) {
	defer fault.Wrap(&err, "evaluation.Say(%s)", q)
	o.Text = strings.TrimSpace(o.Text)
	if who.Role == actor.Household || o.Channel == "self" {
		o.Channel, o.HouseholdID = "self", who.Household
	}
	switch {
	case o.HouseholdID == uuid.Nil:
		return o, ErrHome
	case !slices.Contains(Stances, o.Stance):
		return o, ErrStance
	case !chars.Between(o.Text, 0, 300), (o.Stance == "add" || o.Stance == "drop") && o.Text == "":
		return o, ErrText
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "evaluation.say", func() (Opinion, error) { return say(ctx, tx, q, o) })
		return err
	})
	return out, err
}

// taking locks the quarter's round, which must still take opinions.
func taking(ctx context.Context, tx pg.Tx, q Quarter) (Evaluation, error) {
	e, err := pg.One[Evaluation](ctx, tx, sqlLock, args(tx, q))
	if err == nil && !e.Taking(tx.Now) {
		err = ErrClosed
	}
	return e, err
}

// asks reports whether an opinion may be of the item: one of the pack's, or "" for the rules as a whole.
func (p Pack) asks(item string) bool {
	return item == "" || slices.ContainsFunc(p.Items, func(u Use) bool { return u.Code == item })
}

func say(ctx context.Context, tx pg.Tx, q Quarter, o Opinion) (Opinion, error) {
	e, err := taking(ctx, tx, q)
	if err != nil {
		return o, err
	}
	if !e.Pack.asks(o.Item) {
		return o, ErrItem
	}
	o.ID, o.ByName, o.At = pg.NewID(), tx.Who.Name, tx.Now
	a := args(tx, q)
	a["id"], a["home"], a["item"], a["stance"], a["text"], a["channel"], a["by"], a["name"] = o.ID, o.HouseholdID, o.Item, o.Stance, o.Text, o.Channel, tx.Who.Account, o.ByName
	_, err = tx.Exec(ctx, sqlSay, a)
	switch {
	case pg.Is(err, pg.Unique):
		return o, ErrSaid
	case pg.Is(err, pg.ForeignKey):
		return o, fault.ErrNotFound
	case err != nil:
		return o, err
	}
	return o, audit.Record(ctx, tx, audit.Event{Verb: "evaluation.say", Kind: "evaluation", ID: q.String(), Reason: o.Item + " " + o.Stance.Chinese()})
}

// Propose puts down what the group proposes. It may be put down anew until it is decided.
func (s *Service) Propose(ctx context.Context, who actor.Actor, q Quarter, text string) (e Evaluation, err error) {
	defer fault.Wrap(&err, "evaluation.Propose(%s)", q)
	if !chars.Between(text, 10, 1000) {
		return e, ErrProposal
	}
	return s.move(ctx, who, "evaluation.propose", q, sqlPropose, text, "", func(e Evaluation) bool { return e.State != "decided" })
}

// Decide ends the quarter's evaluation: the rules stay, or a draft is to change them.
func (s *Service) Decide(ctx context.Context, who actor.Actor, q Quarter, outcome, text string) (e Evaluation, err error) {
	defer fault.Wrap(&err, "evaluation.Decide(%s)", q)
	if outcome != "keep" && outcome != "amend" {
		return e, ErrOutcome
	}
	if !chars.Between(text, 10, 1000) {
		return e, ErrDecision
	}
	return s.move(ctx, who, "evaluation.decide", q, sqlDecide, text, outcome, func(e Evaluation) bool { return e.State == "proposed" })
}

func (s *Service) move(ctx context.Context, who actor.Actor, verb string, q Quarter, sql, text, outcome string, may func(Evaluation) bool) (e Evaluation, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		e, _, err = idem.Once(ctx, tx, verb, func() (Evaluation, error) {
			a := args(tx, q)
			e, err := pg.One[Evaluation](ctx, tx, sqlLock, a)
			if err != nil {
				return e, err
			}
			if !may(e) {
				return e, ErrTurn
			}
			a["text"], a["outcome"], a["name"] = strings.TrimSpace(text), outcome, tx.Who.Name
			if _, err := tx.Exec(ctx, sql, a); err != nil {
				return e, err
			}
			if err := audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "evaluation", ID: q.String(), Reason: text}); err != nil {
				return e, err
			}
			return pg.One[Evaluation](ctx, tx, sqlShow, a)
		})
		return err
	})
	return e, err
}

// Standing is how one village stands with a quarter's evaluation.
type Standing struct {
	VillageID actor.VillageID
	Village   string
	State     string // "" where there is none
	Rules     bool   // it had rules in the quarter
}

// Town is how the villages of the officer's township stand with the last quarter.
func (s *Service) Town(ctx context.Context, who actor.Actor) (q Quarter, all []Standing, err error) {
	defer fault.Wrap(&err, "evaluation.Town")
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		q = Last(tx.Now)
		all, err = town(ctx, tx, q, villages)
		return err
	})
	return q, all, err
}

func town(ctx context.Context, tx pg.Tx, q Quarter, villages []int64) ([]Standing, error) {
	a := args(tx, q)
	delete(a, "village_id")
	a["villages"] = villages
	return pg.All[Standing](ctx, tx, sqlTown, a)
}

// Overdue puts into the bureau's inbox the villages whose evaluation of the last quarter is past its day (R4.4.4).
type Overdue struct{}

// Waiting implements bureau.Source.
func (Overdue) Waiting(ctx context.Context, tx pg.Tx, villages []int64) (all []bureau.Waiting, err error) {
	q := Last(tx.Now)
	if month.Date(tx.Now).Before(month.Date(q.Due())) {
		return nil, nil
	}
	standings, err := town(ctx, tx, q, villages)
	for _, v := range standings {
		if v.Rules && v.State != "decided" {
			all = append(all, bureau.Waiting{VillageID: v.VillageID, Village: v.Village, Kind: bureau.Evaluations, ID: q.String(),
				Title: q.Chinese() + "的评估还没有决定，请催办", Since: q.End(), DueOn: month.Date(q.Due()), Href: "/town/matters/new"})
		}
	}
	return all, err
}
