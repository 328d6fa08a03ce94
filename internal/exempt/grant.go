package exempt

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

const sqlHome = `-- exempt.home
select exists (select from household where village_id = @village_id and id = @household)`

const sqlLapse = `-- exempt.lapse
update exemption set ended_on = until_on + 1, end_reason = '到期', version = version + 1
where village_id = @village_id and household_id = @household and item = @item and ended_on is null and until_on < @from_on`

const sqlGrant = `-- exempt.grant
insert into exemption (village_id, id, household_id, item, reason, from_on, until_on, granted_by, granted_by_name, granted_at)
values (@village_id, @id, @household, @item, @reason, @from_on, @until_on, @by, @by_name, @now)`

// Grant frees a household of an item. Nobody grants it to their own household or a declared relative's
// (R4.1.7).
func (s *Service) Grant(ctx context.Context, who actor.Actor, d Draft) (e Exemption, err error) {
	defer fault.Wrap(&err, "exempt.Grant(%s)", d.Item)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		e, _, err = idem.Once(ctx, tx, "exempt.grant", func() (Exemption, error) { return grant(ctx, tx, d) })
		return err
	})
	return e, err
}

func grant(ctx context.Context, tx pg.Tx, d Draft) (e Exemption, err error) {
	there, err := pg.Scalar[bool](ctx, tx, sqlHome, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": d.Household})
	if err == nil && !there {
		err = fault.ErrNotFound
	}
	if err != nil {
		return e, err
	}
	if err := aloof(ctx, tx, d.Household); err != nil {
		return e, err
	}
	if e, err = d.settle(tx); err != nil {
		return e, err
	}
	rules, err := rulebook.InForce(ctx, tx, later(e.FromOn, tx.Now))
	if err != nil {
		return e, err
	}
	if !rules.Settings.Exemptions {
		return e, ErrOff
	}
	if !offered(rules, e.Item) {
		return e, ErrItem
	}
	args := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": e.ID, "household": e.HouseholdID, "item": e.Item, "reason": e.Reason,
		"from_on": e.FromOn, "until_on": e.UntilOn, "by": e.GrantedBy, "by_name": e.GrantedByName, "now": e.GrantedAt}
	if _, err := tx.Exec(ctx, sqlLapse, args); err != nil {
		return e, err
	}
	_, err = tx.Exec(ctx, sqlGrant, args)
	switch {
	case pg.Is(err, pg.Unique):
		return e, ErrHas
	case pg.Is(err, pg.ForeignKey):
		return e, fault.ErrNotFound
	case err != nil:
		return e, err
	}
	return e, audit.Record(ctx, tx, audit.Event{Verb: "exempt.grant", Kind: "exemption", ID: e.ID.String(), Reason: e.Item + "：" + e.Reason, After: e})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// settle checks what the form says by itself.
func (d Draft) settle(tx pg.Tx) (e Exemption, err error) {
	today := month.Date(tx.Now)
	e = Exemption{ID: pg.NewID(), HouseholdID: d.Household, Item: d.Item, Reason: strings.TrimSpace(d.Reason), FromOn: today, Version: 1,
		GrantedBy: tx.Who.Account, GrantedByName: tx.Who.Name, GrantedAt: tx.Now.Truncate(time.Microsecond)}
	var from, until, reason *fault.Error
	if !d.FromOn.IsZero() {
		e.FromOn = month.Date(d.FromOn)
	}
	if first := opens(tx.Now); e.FromOn.Before(month.Date(first)) || e.FromOn.After(today.AddDate(1, 0, 0)) {
		from = ErrFrom.With(month.ChineseDay(first))
	}
	if !d.UntilOn.IsZero() {
		last := month.Date(d.UntilOn)
		if e.UntilOn = &last; last.Before(e.FromOn) || last.Before(today) {
			until = ErrUntil
		}
	}
	if !chars.Between(e.Reason, 4, 200) {
		reason = ErrReason
	}
	return e, fault.Join(fault.When(e.Item == "", ErrItem), from, until, reason)
}

// opens is the first day that is still open for scoring: this year's, in January the December's before (D11).
func opens(now time.Time) time.Time {
	m := month.Of(now)
	if m.Number() == 1 {
		return m.Prev().First()
	}
	return month.Month(m.Year()*100 + 1).First()
}

// Choice is an item, or a part of one, that a household can be exempt from.
type Choice struct{ Ref, Text string }

// Choices lists them in the rule set's order.
func Choices(r rulebook.RuleSet) (all []Choice) {
	for _, i := range r.Items {
		if !i.On {
			continue
		}
		all = append(all, Choice{i.Code, i.Code + " " + i.Title})
		for _, p := range i.Parts {
			if p.Code != "" && p.Ladder == "" {
				all = append(all, Choice{i.Code + p.Code, i.Code + p.Code + " " + i.Title + "：" + p.Label})
			}
		}
	}
	return all
}

// Name is what the rules call an item or part; its code where they do not know it.
func Name(r rulebook.RuleSet, ref string) string {
	for _, c := range Choices(r) {
		if c.Ref == ref {
			return c.Text
		}
	}
	return ref
}

func offered(r rulebook.RuleSet, ref string) bool {
	for _, c := range Choices(r) {
		if c.Ref == ref {
			return true
		}
	}
	return false
}

// aloof refuses whoever lives in the household or is related to it.
func aloof(ctx context.Context, tx pg.Tx, household uuid.UUID) error {
	related, err := group.Conflicted(ctx, tx, tx.Who.Account, []uuid.UUID{household})
	if err == nil && related[household] {
		err = ErrRelated
	}
	return err
}

const sqlLock = `-- exempt.lock
select e.id, e.household_id, h.door, h.head, e.item, e.reason, e.from_on, e.until_on, e.granted_by, e.granted_by_name, e.granted_at, e.ended_on,
  e.ended_by_name, e.end_reason, e.version
from exemption e join household h on h.village_id = @village_id and h.id = e.household_id
where e.village_id = @village_id and e.id = @id for update of e`

const sqlEnd = `-- exempt.end
update exemption set ended_on = @day, ended_by = @by, ended_by_name = @by_name, end_reason = @reason, version = version + 1
where village_id = @village_id and id = @id`

// End lets the item count again from today on. What lay before stays as it was.
func (s *Service) End(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (e Exemption, err error) {
	defer fault.Wrap(&err, "exempt.End(%s)", id)
	reason = strings.TrimSpace(reason)
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		e, _, err = idem.Once(ctx, tx, "exempt.end", func() (Exemption, error) { return end(ctx, tx, id, reason) })
		return err
	})
	return e, err
}

func end(ctx context.Context, tx pg.Tx, id uuid.UUID, reason string) (Exemption, error) {
	e, err := pg.One[Exemption](ctx, tx, sqlLock, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id})
	if err != nil {
		return e, err
	}
	if !chars.Between(reason, 4, 200) {
		return e, ErrWhy
	}
	if err := aloof(ctx, tx, e.HouseholdID); err != nil {
		return e, err
	}
	if st := e.On(tx.Now); e.EndedOn != nil || st == Lapsed {
		return e, ErrEnded
	}
	before, day := e, month.Date(tx.Now)
	e.EndedOn, e.EndedByName, e.EndReason, e.Version = &day, tx.Who.Name, reason, e.Version+1
	_, err = tx.Exec(ctx, sqlEnd, pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "day": day, "by": tx.Who.Account, "by_name": tx.Who.Name, "reason": reason})
	if err != nil {
		return e, err
	}
	return e, audit.Record(ctx, tx, audit.Event{Verb: "exempt.end", Kind: "exemption", ID: id.String(), Reason: reason, Before: before, After: e})
}
