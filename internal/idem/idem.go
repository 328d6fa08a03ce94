// Package idem makes a request that is sent twice count once: the first answer is kept beside its effect, in
// the same transaction, and given again (INV-61). Keys are private to a person in a village.
package idem

import (
	"bytes"
	"context"
	"encoding/json"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

var (
	// ErrReused says that the key came with another content before.
	ErrReused = fault.New(fault.Invalid, "idempotency.reused", "这次提交的编号已经用过，内容却不一样；请刷新页面后重新填写")
	// ErrKey says that the key is missing or malformed.
	ErrKey = fault.New(fault.Invalid, "idempotency.key", "缺少提交编号（Idempotency-Key），请刷新页面后再试")
)

var shape = regexp.MustCompile(`^[A-Za-z0-9_.:-]{8,128}$`)

// Valid reports whether s can be a key.
func Valid(s string) bool { return shape.MatchString(s) }

const sqlBegin = `-- idem.begin
insert into idempotency (village_id, account_id, key, verb, body, at) values (@village_id, @account, @key, @verb, @body, @at)
on conflict (village_id, account_id, key) do nothing`

const sqlSeen = `-- idem.seen
select verb, body, answer from idempotency where village_id = @village_id and account_id = @account and key = @key`

const sqlAnswer = `-- idem.answer
update idempotency set answer = @answer where village_id = @village_id and account_id = @account and key = @key`

type seen struct {
	Verb   string
	Body   []byte
	Answer []byte
}

// Once runs fn in tx at most once for the actor's key and verb. A repeat gets the first answer, and replayed
// is true. A request without a key (a job, a command) just runs. A concurrent repeat waits for the first.
func Once[T any](ctx context.Context, tx pg.Tx, verb string, fn func() (T, error)) (out T, replayed bool, err error) {
	if tx.Who.Key == "" {
		out, err = fn()
		return out, false, err
	}
	if !Valid(tx.Who.Key) {
		return out, false, ErrKey
	}
	args := pgx.NamedArgs{"village_id": int64(tx.Who.Village), "account": tx.Who.Account, "key": tx.Who.Key, "verb": verb, "body": tx.Who.Body[:], "at": tx.Now}
	tag, err := tx.Exec(ctx, sqlBegin, args)
	if err != nil {
		return out, false, err
	}
	if tag.RowsAffected() == 0 {
		out, err = again[T](ctx, tx, verb, args)
		return out, true, err
	}
	if out, err = fn(); err != nil {
		return out, false, err
	}
	answer, err := json.Marshal(out)
	if err != nil {
		return out, false, err
	}
	args["answer"] = answer
	_, err = tx.Exec(ctx, sqlAnswer, args)
	return out, false, err
}

const sqlWhole = `-- idem.whole
insert into idempotency (village_id, account_id, key, verb, body, answer, at) values (@village_id, @account, @key, @verb, @body, @answer, @at)`

// QueueAnswer keeps an answer that is known beforehand, in a batch that runs in the actor's village. A key
// that was there before fails the batch with pg.Unique; Answer then gives what it answered. An actor without
// a key queues nothing.
func QueueAnswer(b *pg.Batch, who actor.Actor, now time.Time, verb string, answer any) error {
	if who.Key == "" {
		return nil
	}
	if !Valid(who.Key) {
		return ErrKey
	}
	text, err := json.Marshal(answer)
	b.Exec(sqlWhole, pgx.NamedArgs{"village_id": int64(who.Village), "account": who.Account, "key": who.Key, "verb": verb, "body": who.Body[:],
		"answer": text, "at": now})
	return err
}

// Answer reads the answer that the actor's key got before.
func Answer[T any](ctx context.Context, db *pg.DB, who actor.Actor, verb string) (out T, err error) {
	err = db.Look(ctx, who, func(tx pg.Tx) error {
		out, err = again[T](ctx, tx, verb, pgx.NamedArgs{"village_id": int64(who.Village), "account": who.Account, "key": who.Key})
		return err
	})
	return out, err
}

func again[T any](ctx context.Context, tx pg.Tx, verb string, args pgx.NamedArgs) (out T, err error) {
	s, err := pg.One[seen](ctx, tx, sqlSeen, args)
	if err != nil {
		return out, err
	}
	if s.Verb != verb || !bytes.Equal(s.Body, tx.Who.Body[:]) {
		return out, ErrReused
	}
	return out, json.Unmarshal(s.Answer, &out)
}

const sqlForget = `-- idem.forget
delete from idempotency where village_id = @village_id and at < @before`

// Forget drops answers older than 90 days.
func Forget(ctx context.Context, tx pg.Tx) error {
	_, err := tx.Exec(ctx, sqlForget, pgx.NamedArgs{"village_id": int64(tx.Who.Village), "before": tx.Now.AddDate(0, 0, -90)})
	return err
}
