package supervise

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/month"
	"cunfen/internal/pg"
)

const sqlInsert = `-- supervise.raise
insert into matter (village_id, id, kind, topic, title, body, raised_by, raised_by_name, raised_at, due_on, state)
values (@village_id, @id, @kind, @topic, @title, @body, @by, @name, @at, @due_on, 'open')`

const sqlStep = `-- supervise.step
insert into matter_step (village_id, matter_id, id, verb, words, by_name, role, at)
values (@village_id, @matter, @id, @verb, @words, @name, @role, @at)`

const sqlPartColumns = `select m.village_id, v.name as village, m.id, m.kind, m.topic, m.title, m.body, m.raised_by, m.raised_by_name, m.raised_at, m.due_on, m.state,
  m.answer, m.answered_by_name, m.answered_at, m.closed_at, m.version
from matter m join village v on v.id = m.village_id
`

const (
	sqlLock = `-- supervise.lock
` + sqlPartColumns + `where m.village_id = @village_id and m.id = @id for update of m`
	sqlFind = `-- supervise.find
` + sqlPartColumns + `where m.village_id = @village_id and m.id = @id`
	sqlList = `-- supervise.list
` + sqlPartColumns + `where m.village_id = any(@villages)
  and (@state = '' or m.state = @state) and (@kind = '' or m.kind = @kind) and (@topic = '' or m.topic = @topic)
  and (@search = '' or strpos(m.title, @search) > 0 or strpos(m.body, @search) > 0 or strpos(v.name, @search) > 0)
  and (@after = '' or m.id < nullif(@after, '')::uuid)
order by m.id desc limit @rows`
)

const sqlSteps = `-- supervise.steps
select verb, words, by_name, role, at from matter_step where village_id = @village_id and matter_id = @id order by id`

const sqlSave = `-- supervise.save
update matter set state = @state, answer = @answer, answered_by_name = @answered_by, answered_at = @answered_at, closed_at = @closed_at,
  version = version + 1
where village_id = @village_id and id = @id`

const sqlCounts = `-- supervise.counts
select count(*) filter (where state = 'open')::int as open, count(*) filter (where state = 'open' and due_on < @today)::int as late,
  count(*) filter (where state = 'answered')::int as answered
from matter where village_id = any(@villages) and state in ('open', 'answered')`

func key(tx pg.Tx, id uuid.UUID) pgx.NamedArgs {
	return pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id}
}

func insert(ctx context.Context, tx pg.Tx, m Matter) error {
	a := key(tx, m.ID)
	a["kind"], a["topic"], a["title"], a["body"], a["due_on"] = m.Kind, m.Topic, m.Title, m.Body, month.Date(m.DueOn)
	a["by"], a["name"], a["at"] = m.RaisedBy, m.RaisedByName, m.RaisedAt
	_, err := tx.Exec(ctx, sqlInsert, a)
	return err
}

func save(ctx context.Context, tx pg.Tx, m Matter) error {
	a := key(tx, m.ID)
	a["state"], a["answer"], a["answered_by"], a["answered_at"], a["closed_at"] = m.State, m.Answer, m.AnsweredByName, m.AnsweredAt, m.ClosedAt
	_, err := tx.Exec(ctx, sqlSave, a)
	return err
}

func note(ctx context.Context, tx pg.Tx, matter uuid.UUID, verb Verb, words string) error {
	_, err := tx.Exec(ctx, sqlStep, pgx.NamedArgs{"village_id": int64(tx.Village()), "matter": matter, "id": pg.NewID(), "verb": verb, "words": words,
		"name": tx.Who.Name, "role": string(tx.Who.Role), "at": tx.Now})
	return err
}
