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
	ID         uuid.UUID
	At         time.Time
	Township   string
	Name       string
	Role       actor.Role
	Verb       string
	ObjectKind string
	ObjectID   string
	Reason     string
	Address    string
}

// LogFilter narrows the log.
type LogFilter struct {
	Search string // a name, an object or a reason
	Verb   string
	Month  string // 2026-11
	page.Page
}

const sqlLog = `-- tenure.log
select a.id, a.at, coalesce(t.name, '') as township, a.name, a.role, a.verb, a.object_kind, a.object_id, a.reason, a.address
from office_audit a left join township t on t.id = a.township_id
where (@after::uuid is null or a.id < @after) and (@verb = '' or a.verb = @verb or a.verb like @verb || '.%')
  and (@month = '' or to_char(a.at at time zone 'Asia/Shanghai', 'YYYY-MM') = @month)
  and (@q = '' or a.name like '%' || @q || '%' or a.object_id like '%' || @q || '%' or a.reason like '%' || @q || '%')
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
