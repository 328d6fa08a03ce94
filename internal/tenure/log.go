package tenure

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Deed is a line of the log of what was done above the villages. What is done inside a village stands in the
// village's own log, which the platform does not read.
type Deed struct {
	ID       uuid.UUID
	At       time.Time
	Township string
	Name     string
	Role     actor.Role
	Verb     string
	Object   string // by its name, where it still has one; else what its id begins with
	Reason   string
	Address  string
}

// LogFilter narrows the log.
type LogFilter struct {
	Search string // a name, an object's name or a reason
	Verb   string
	Month  string // 2026-11
	page.Page
}

const sqlLog = `-- tenure.log
select a.id, a.at, coalesce(t.name, '') as township, a.name, a.role, a.verb, n.object, a.reason, a.address
from office_audit a left join township t on t.id = a.township_id
cross join lateral (select case when a.object_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then a.object_id::uuid end as id) k
cross join lateral (select coalesce(case a.object_kind
  when 'village' then (select v.name from village v where v.code = a.object_id or v.id::text = a.object_id limit 1)
  when 'township' then (select x.name from township x where x.id::text = a.object_id)
  when 'account' then (select c.name from account c where c.id = k.id)
  when 'officer' then (select c.name from officer o join account c on c.id = o.account_id where o.id = k.id)
  when 'scheme' then (select s.name from scheme s where s.id = k.id)
  when 'work' then (select u.name from undertaking u where u.id = k.id and u.name <> '') end,
  case when k.id is null then a.object_id else left(a.object_id, 8) end) as object) n
where (@after::uuid is null or a.id < @after) and (@verb = '' or a.verb = @verb or a.verb like @verb || '.%')
  and (@month = '' or to_char(a.at at time zone 'Asia/Shanghai', 'YYYY-MM') = @month)
  and (@q = '' or a.name like '%' || @q || '%' or n.object like '%' || @q || '%' or a.object_id = @q or a.reason like '%' || @q || '%')
order by a.id desc limit @rows`

// Log reads what was done above the villages, newest first.
func (s *Service) Log(ctx context.Context, f LogFilter) (all []Deed, next string, err error) {
	defer fault.Wrap(&err, "tenure.Log")
	args := pgx.NamedArgs{"after": nil, "verb": f.Verb, "month": f.Month, "q": strings.TrimSpace(f.Search), "rows": f.Rows() + 1}
	if f.After != "" {
		id, err := uuid.Parse(f.After)
		if err != nil {
			return nil, "", fault.ErrNotFound
		}
		args["after"] = id
	}
	err = s.DB.AsSystem(ctx, "tenure.log", func(tx pg.Tx) error {
		all, err = pg.All[Deed](ctx, tx, sqlLog, args)
		return err
	})
	all, next = page.Cut(all, f.Rows(), func(d Deed) string { return d.ID.String() })
	return all, next, err
}
