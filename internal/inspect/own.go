package inspect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/evidence"
	"cunfen/internal/exempt"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// tell lets the homes know that did not pass: what, why, and that nothing is taken away for it. A round that is
// opened again and closed as before tells nobody twice.
func tell(ctx context.Context, tx pg.Tx, r Round, all []Home) error {
	rules, err := rulebook.Version(ctx, tx, r.RuleVersion)
	if err != nil {
		return err
	}
	var told []inform.Message
	for _, h := range all {
		if !h.Bad() {
			continue
		}
		var titles []string
		for _, code := range h.Failed {
			item, err := rules.Item(code)
			if err != nil {
				return err
			}
			titles = append(titles, item.Title)
		}
		said := sha256.Sum256([]byte(strings.Join(h.Failed, ",") + h.Reason))
		told = append(told, inform.Message{Household: h.HouseholdID, Kind: inform.RoundFailed, Subject: r.ID, Detail: fmt.Sprintf("%s巡查：%s没有合格，原因是%s", r.Month.Chinese(), strings.Join(titles, "、"), h.Reason),
			Once: "round.failed:" + r.ID.String() + ":" + h.HouseholdID.String() + ":" + hex.EncodeToString(said[:6])})
	}
	return inform.TellEach(ctx, tx, told)
}

// Own is what a month's round found at one home.
type Own struct {
	RoundID      uuid.UUID
	Month        month.Month
	RuleVersion  int
	Items        []string
	OccurredOn   time.Time
	ClosedAt     time.Time
	Failed       []string
	Reason       string
	RecorderName string
	Exempt       []string            `db:"-"`
	Why          string              `db:"-"`
	Photos       []evidence.Evidence `db:"-"`
	Rules        rulebook.RuleSet    `db:"-"`
}

const sqlOwn = `-- inspect.own
select i.id as round_id, i.month, i.rule_version, i.items, i.occurred_on, i.closed_at, coalesce(r.failed, '{}') as failed, coalesce(r.reason, '') as reason,
  coalesce(r.recorder_name, i.closed_by_name) as recorder_name
from household h
join inspection i on i.village_id = @village_id and i.grid = h.grid and i.state = 'closed'
left join inspection_home r on r.village_id = @village_id and r.inspection_id = i.id and r.household_id = h.id
where h.village_id = @village_id and h.id = @household and h.registered_on <= (to_date(i.month::text, 'YYYYMM') + interval '1 month' - interval '1 day')
order by i.month desc limit 12`

// Own lists what the last year's rounds found at the person's home.
func (s *Service) Own(ctx context.Context, who actor.Actor) (all []Own, err error) {
	defer fault.Wrap(&err, "inspect.Own")
	if who.Household == uuid.Nil {
		return nil, fault.ErrNotFound
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if all, err = pg.All[Own](ctx, tx, sqlOwn, pgx.NamedArgs{"village_id": int64(tx.Village()), "household": who.Household}); err != nil {
			return err
		}
		return whole(ctx, tx, who.Household, all)
	})
	return all, err
}

// whole adds the home's own photos, what it is exempt from, and the rules by which the items are called.
func whole(ctx context.Context, tx pg.Tx, household uuid.UUID, all []Own) error {
	if len(all) == 0 {
		return nil
	}
	byDay := func(a, b Own) int { return a.OccurredOn.Compare(b.OccurredOn) }
	first, last := slices.MinFunc(all, byDay).OccurredOn.In(month.Zone), slices.MaxFunc(all, byDay).OccurredOn.In(month.Zone)
	spans, err := exempt.Between(ctx, tx, []uuid.UUID{household}, first, last.AddDate(0, 0, 1))
	if err != nil {
		return err
	}
	rules := map[int]rulebook.RuleSet{} // a year's rounds go by few versions
	for i := range all {
		o := &all[i]
		o.Exempt, o.Why = spared(o.Items, spans[household], o.OccurredOn.In(month.Zone))
		if err := o.prove(ctx, tx, household); err != nil {
			return err
		}
		if _, known := rules[o.RuleVersion]; !known {
			if rules[o.RuleVersion], err = rulebook.Version(ctx, tx, o.RuleVersion); err != nil {
				return err
			}
		}
		o.Rules = rules[o.RuleVersion]
	}
	return nil
}

// prove adds the home's own photos.
func (o *Own) prove(ctx context.Context, tx pg.Tx, household uuid.UUID) error {
	photos, err := evidence.Holding(ctx, tx, o.RoundID)
	if err != nil {
		return err
	}
	for _, p := range photos {
		if p.Home == household {
			o.Photos = append(o.Photos, p.Evidence)
		}
	}
	return nil
}
