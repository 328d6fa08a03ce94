// Package audit keeps the record of who did what to which record and why (INV-81). A line is written in the
// transaction of the deed itself, so that neither is there without the other; nobody can change it.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/pg"
)

// Event is one deed. Before and After are hashed, never stored: the line proves what was there without
// keeping personal data twice.
type Event struct {
	Verb   string // the use-case's name: "claim.approve"
	Kind   string // the kind of record: "claim"
	ID     string // its id
	Reason string // what the person gave as the reason
	Before any
	After  any
}

const sqlRecord = `-- audit.record
insert into audit (village_id, id, at, account_id, name, role, verb, object_kind, object_id, reason, before, after, request, address)
values (@village_id, @id, @at, @account, @name, @role, @verb, @kind, @object, @reason, @before, @after, @request, @address)`

const sqlRecordOffice = `-- audit.record_office
insert into office_audit (id, at, township_id, account_id, name, role, verb, object_kind, object_id, reason, request, address)
values (@id, @at, @township, @account, @name, @role, @verb, @kind, @object, @reason, @request, @address)`

// Record writes e in the village of the transaction.
func Record(ctx context.Context, tx pg.Tx, e Event) error {
	_, err := tx.Exec(ctx, sqlRecord, args(tx.Who, tx.Now, e))
	return err
}

// Queue adds the line to a batch that runs in the actor's village.
func Queue(b *pg.Batch, who actor.Actor, now time.Time, e Event) {
	b.Exec(sqlRecord, args(who, now, e))
}

// Office writes e for what is done above the villages; tx is AsSystem's and tx.Who is set by the caller.
func Office(ctx context.Context, tx pg.Tx, e Event) error {
	_, err := tx.Exec(ctx, sqlRecordOffice, args(tx.Who, tx.Now, e))
	return err
}

func args(who actor.Actor, now time.Time, e Event) pgx.NamedArgs {
	a := pgx.NamedArgs{
		"village_id": int64(who.Village), "id": pg.NewID(), "at": now, "account": nil, "name": who.Name,
		"role": string(who.Role), "verb": e.Verb, "kind": e.Kind, "object": e.ID, "reason": e.Reason,
		"before": digest(e.Before), "after": digest(e.After), "request": who.Request, "address": who.Address, "township": nil,
	}
	if who.Account != uuid.Nil {
		a["account"] = who.Account
	}
	if who.Township != 0 {
		a["township"] = int64(who.Township)
	}
	return a
}

func digest(v any) []byte {
	if v == nil {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	h := sha256.Sum256(b)
	return h[:]
}
