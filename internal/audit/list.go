package audit

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/page"
	"cunfen/internal/pg"
)

// Line is one entry of the log as a screen shows it.
type Line struct {
	ID         uuid.UUID
	At         time.Time
	Name       string
	Role       actor.Role
	Verb       string
	ObjectKind string
	ObjectID   string
	Reason     string
	Address    string
}

// Filter narrows the log; empty fields do not.
type Filter struct {
	Verb, ObjectKind, ObjectID, Name string
	page.Page
}

const sqlList = `-- audit.list
select id, at, name, role, verb, object_kind, object_id, reason, address from audit
where village_id = @village_id and (@after = '' or id < nullif(@after, '')::uuid)
  and (@verb = '' or verb = @verb) and (@kind = '' or object_kind = @kind) and (@object = '' or object_id = @object)
  and (@name = '' or name = @name)
order by id desc limit @rows`

// List reads the village's log, newest first, with the cursor of the next page.
func List(ctx context.Context, db *pg.DB, who actor.Actor, f Filter) (lines []Line, next string, err error) {
	defer fault.Wrap(&err, "audit.List")
	if err := pg.After(f.After); err != nil {
		return nil, "", err
	}
	err = db.Look(ctx, who, func(tx pg.Tx) error {
		lines, err = pg.All[Line](ctx, tx, sqlList, pgx.NamedArgs{"village_id": int64(who.Village), "after": f.After, "verb": f.Verb,
			"kind": f.ObjectKind, "object": f.ObjectID, "name": f.Name, "rows": f.Rows() + 1})
		return err
	})
	lines, next = page.Cut(lines, f.Rows(), func(l Line) string { return l.ID.String() })
	return lines, next, err
}
