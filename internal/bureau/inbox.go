package bureau

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Waiting is one thing that waits for the township's decision.
type Waiting struct {
	VillageID actor.VillageID
	Village   string
	Kind      Kind
	ID        string // of the record, as its page names it
	Title     string
	Since     time.Time
	DueOn     time.Time // a day
	Href      string    `db:"-"` // where it is decided; "" for the page of its kind
}

// Late reports whether the decision is overdue on that day.
func (w Waiting) Late(today time.Time) bool { return w.DueOn.Before(today) }

// Kind is what kind of decision is waited for.
type Kind string

// The kinds, in the order of the lists.
const (
	Appeals     Kind = "appeal"
	Rules       Kind = "rules"
	Legal       Kind = "legal"
	Budgets     Kind = "budget"
	Nominations Kind = "nomination"
	Matters     Kind = "matter"
	Evaluations Kind = "evaluation"
	Onboarding  Kind = "onboarding"
	Quotas      Kind = "quota"
)

// Kinds lists every kind.
var Kinds = []Kind{Appeals, Rules, Legal, Budgets, Nominations, Matters, Evaluations, Onboarding, Quotas}

// Chinese is the kind's name on screen.
func (k Kind) Chinese() string {
	return map[Kind]string{Appeals: "住户申诉", Rules: "细则备案", Legal: "合法性审查", Budgets: "物资预算", Nominations: "评优推荐", Matters: "村里的答复", Evaluations: "过期的季度评估", Onboarding: "上线核准", Quotas: "用量快到限额"}[k]
}

// OfficeDays is how long the township takes for what no rule gives another time for.
const OfficeDays = 15

// Source is another room whose villages wait for a decision of the township; it reads on the bureau's door.
type Source interface {
	Waiting(ctx context.Context, tx pg.Tx, villages []int64) ([]Waiting, error)
}

// A draft that was returned waits for the village, not for the bureau; once the village has worked on it anew, an
// item that it has switched on waits for its legal review again. A review that was withdrawn is none.
const sqlInbox = `-- bureau.inbox
select w.village_id, v.name as village, w.kind, w.id, w.title, w.since, w.due_on from (
  select a.village_id, 'appeal' as kind, a.id::text as id, left(a.grounds, 40) as title, a.filed_at as since, a.due_on
    from appeal a where a.village_id = any(@villages) and a.state = 'open'
  union all select d.village_id, 'rules', d.id::text, left(d.body->>'in_force_from', 4) || '年实施细则', d.submitted_at, (d.submitted_at at time zone 'Asia/Shanghai')::date + @days::int
    from rule_draft d where d.village_id = any(@villages) and d.state = 'submitted'
  union all select d.village_id, 'legal', i->>'code', (i->>'code') || ' ' || (i->>'title'), d.changed_at, (d.changed_at at time zone 'Asia/Shanghai')::date + @days::int
    from rule_draft d cross join lateral jsonb_array_elements(d.body->'items') i
    where d.village_id = any(@villages) and (d.state in ('drafting', 'submitted') or d.state = 'returned' and d.changed_at > d.decided_at)
      and i->>'notice' = 'X' and (i->>'on')::boolean
      and not exists (select from legal_review r where r.village_id = any(@villages) and r.village_id = d.village_id and r.item = i->>'code'
        and not exists (select from legal_withdrawal w where w.village_id = any(@villages) and w.village_id = r.village_id and w.item = r.item and w.number = r.number))
  union all select b.village_id, 'budget', b.id::text, b.year || '年物资预算' || case when b.number > 0 then '第' || b.number || '次调整' else '' end, b.submitted_at,
      (b.submitted_at at time zone 'Asia/Shanghai')::date + @days::int
    from budget b where b.village_id = any(@villages) and b.state = 'submitted'
  union all select s.village_id, 'nomination', s.year::text, s.year || '年度评选名单', s.settled_at, (s.settled_at at time zone 'Asia/Shanghai')::date + @days::int
    from selection s where s.village_id = any(@villages) and s.state = 'settled'
      and not exists (select from nomination n where n.village_id = any(@villages) and n.village_id = s.village_id and n.year = s.year)
  union all select m.village_id, 'matter', m.id::text, m.title, m.answered_at, (m.answered_at at time zone 'Asia/Shanghai')::date + 7
    from matter m where m.village_id = any(@villages) and m.state = 'answered'
) w join village v on v.id = w.village_id`

// Inbox is all that waits for the bureau, what is due first before the rest.
func (s *Service) Inbox(ctx context.Context, who actor.Actor) (all []Waiting, err error) {
	defer fault.Wrap(&err, "bureau.Inbox")
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		return tx.Parts(ctx, villages, func(part []int64) error {
			some, err := pg.All[Waiting](ctx, tx, sqlInbox, pgx.NamedArgs{"villages": part, "days": OfficeDays})
			if err != nil {
				return err
			}
			all = append(all, some...)
			for _, source := range s.Sources {
				more, err := source.Waiting(ctx, tx, part)
				if err != nil {
					return err
				}
				all = append(all, more...)
			}
			return nil
		})
	})
	slices.SortStableFunc(all, func(a, b Waiting) int {
		return cmp.Or(a.DueOn.Compare(b.DueOn), a.Since.Compare(b.Since))
	})
	return all, err
}

// InboxFilter narrows the inbox.
type InboxFilter struct {
	Kind    Kind
	Village actor.VillageID
	Late    bool
	Search  string
}

// Narrow keeps what fits.
func (f InboxFilter) Narrow(all []Waiting, today time.Time) (kept []Waiting) {
	for _, w := range all {
		if (f.Kind == "" || w.Kind == f.Kind) && (f.Village == 0 || w.VillageID == f.Village) && (!f.Late || w.Late(today)) &&
			(f.Search == "" || strings.Contains(w.Title, f.Search) || strings.Contains(w.Village, f.Search)) {
			kept = append(kept, w)
		}
	}
	return kept
}

// Today is the day on which clocks are read.
func Today(now time.Time) time.Time { return month.Date(now) }
