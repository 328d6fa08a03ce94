package adoption

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Filter narrows a list of drafts; empty fields do not.
type Filter struct {
	State  State
	Search string // of the village's own: what it says of itself, who, the bureau's words; of the township's: the village
	page.Page
}

// A list needs no items.
const sqlList = `-- adoption.list
select id, based_on, body - 'items' as body, digest, state, version, advice, started_by, started_at, changed_at, submitted_at, decided_by, decided_at, rule_version
from rule_draft where village_id = @village_id and (@state = '' or state = @state)
  and (@search = '' or strpos(body->>'reason', @search) > 0 or strpos(body->>'year' || ' 年第 ' || rule_version || ' 版', @search) > 0
    or strpos(started_by, @search) > 0 or strpos(decided_by, @search) > 0 or strpos(advice, @search) > 0)
  and (@after = '' or id < nullif(@after, '')::uuid)
order by id desc limit @rows`

// List reads every draft that the village ever made, newest first, without its items, with the cursor of the next page.
func (s *Service) List(ctx context.Context, who actor.Actor, f Filter) (all []Draft, next string, err error) {
	defer fault.Wrap(&err, "adoption.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		a := args(tx, uuid.Nil)
		a["state"], a["search"], a["after"], a["rows"] = string(f.State), strings.TrimSpace(f.Search), f.After, f.Rows()+1
		all, err = pg.All[Draft](ctx, tx, sqlList, a)
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(d Draft) string { return d.ID.String() })
	return all, next, err
}

// moved is when the draft last came before the bureau, or was worked on.
func (r Row) moved() time.Time {
	if r.SubmittedAt != nil {
		return *r.SubmittedAt
	}
	return r.ChangedAt
}

const sqlOfficeList = `-- adoption.office_list
select d.village_id, v.name as village, d.id, d.state, left(d.body->>'in_force_from', 10) as in_force_from, d.changed_at, d.submitted_at
from rule_draft d join village v on v.id = d.village_id
where d.village_id = any(@villages) and (@state = '' or d.state = @state) and (cardinality(@classes::text[]) = 0 or exists (select from jsonb_array_elements(d.body->'items') i where i->>'class' = any(@classes::text[]))) and (@search = '' or strpos(v.name, @search) > 0)
  and (@id::uuid is null or (d.state = 'submitted', coalesce(d.submitted_at, d.changed_at), d.id) < (@waits::boolean, @moved::timestamptz, @id::uuid))
order by (d.state = 'submitted') desc, coalesce(d.submitted_at, d.changed_at) desc, d.id desc limit @rows`

// OfficeList reads the drafts of the officer's township, those that wait for the bureau first.
func (s *Service) OfficeList(ctx context.Context, who actor.Actor, f Filter) (all []Row, next string, err error) {
	defer fault.Wrap(&err, "adoption.OfficeList")
	a := pgx.NamedArgs{"state": string(f.State), "search": strings.TrimSpace(f.Search), "waits": nil, "moved": nil, "id": nil, "rows": f.Rows() + 1, "classes": actor.Classes(who.Topic)}
	if f.After != "" {
		last, err := rowAfter(f.After)
		if err != nil {
			return nil, "", err
		}
		a["waits"], a["moved"], a["id"] = last.State == Submitted, *last.SubmittedAt, last.ID
	}
	err = s.DB.InBureau(ctx, who, func(tx pg.Tx, villages []int64) error {
		a["villages"] = villages
		all, err = pg.All[Row](ctx, tx, sqlOfficeList, a)
		return err
	})
	all, next = page.Cut(all, f.Rows(), Row.cursor)
	return all, next, err
}

func (r Row) cursor() string {
	return fmt.Sprintf("%s.%d.%s", r.State, r.moved().UnixMicro(), r.ID)
}

// rowAfter reads a cursor back.
func rowAfter(s string) (r Row, err error) {
	part := strings.Split(s, ".")
	if len(part) != 3 {
		return r, fault.ErrNotFound
	}
	var micros int64
	if _, err := fmt.Sscan(part[1], &micros); err != nil {
		return r, fault.ErrNotFound
	}
	if r.ID, err = uuid.Parse(part[2]); err != nil {
		return r, fault.ErrNotFound
	}
	at := time.UnixMicro(micros)
	r.State, r.SubmittedAt = State(part[0]), &at
	return r, nil
}
