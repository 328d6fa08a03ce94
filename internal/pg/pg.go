// Package pg is the only way to PostgreSQL. Every door says who is asking and binds what they may see, so
// that row-level security, and not the query alone, keeps one village out of another.
//
// The doors: InVillage and Run for work in one village, InBureau for a township's supervision (read only),
// InOffice for what the bureau decides about one village,
// Across for the program's own reading over many villages (read only), AsSystem for what belongs to no village.
package pg

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
)

// DB holds one pool a role and hands out transactions, nothing else.
type DB struct {
	village, bureau, export *pgxpool.Pool
	Now                     func() time.Time // the program's clock
}

// DSNs says as whom to connect. Village is cunfen_app in the web process and cunfen_worker in the worker.
type DSNs struct{ Village, Bureau, Export string }

// ErrUnavailable is what callers get when PostgreSQL cannot be reached.
var ErrUnavailable = fault.New(fault.Unavailable, "database.unavailable", "系统正在恢复，请过一会儿再试；您填的内容没有丢失，可以再次提交")

// Open connects the three pools. It does not wait for PostgreSQL; Check does.
func Open(ctx context.Context, dsn DSNs) (*DB, error) {
	db := &DB{Now: time.Now}
	for _, p := range []struct {
		to    **pgxpool.Pool
		dsn   string
		conns int32
	}{{&db.village, dsn.Village, int32(4 * runtime.NumCPU())}, {&db.bureau, dsn.Bureau, 4}, {&db.export, dsn.Export, 4}} {
		cfg, err := pgxpool.ParseConfig(p.dsn)
		if err != nil {
			db.Close()
			return nil, fmt.Errorf("pg: %w", err)
		}
		if cfg.MaxConns < p.conns {
			cfg.MaxConns = p.conns
		}
		Tune(cfg)
		if *p.to, err = pgxpool.NewWithConfig(ctx, cfg); err != nil {
			db.Close()
			return nil, fmt.Errorf("pg: %w", err)
		}
	}
	return db, nil
}

// Tune sets what every connection of the program has: bounded waits, a fixed zone, ids as bytes.
func Tune(cfg *pgxpool.Config) {
	p := cfg.ConnConfig.RuntimeParams
	for k, v := range map[string]string{"application_name": "cunfen", "lock_timeout": "5s", "statement_timeout": "30s",
		"idle_in_transaction_session_timeout": "30s"} {
		if p[k] == "" {
			p[k] = v
		}
	}
	cfg.ConnConfig.ConnectTimeout = 3 * time.Second
	cfg.MaxConnIdleTime = 10 * time.Minute
	cfg.AfterConnect = learn
}

// Close ends every connection.
func (db *DB) Close() {
	for _, p := range []*pgxpool.Pool{db.village, db.bureau, db.export} {
		if p != nil {
			p.Close()
		}
	}
}

// Tx is a transaction bound to one actor and one instant. Only a door opens and ends one.
type Tx struct {
	conn  *pgx.Conn
	after *[]func()
	Who   actor.Actor
	Now   time.Time
}

// OnCommit runs fn once the transaction is committed, and not at all if it is not.
func (tx Tx) OnCommit(fn func()) { *tx.after = append(*tx.after, fn) }

// Exec, Query and QueryRow run one statement, with pgx.NamedArgs or positional values.
func (tx Tx) Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error) {
	sql, args = numbered(sql, args)
	return tx.conn.Exec(ctx, sql, args...)
}
func (tx Tx) Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error) {
	sql, args = numbered(sql, args)
	return tx.conn.Query(ctx, sql, args...)
}
func (tx Tx) QueryRow(ctx context.Context, sql string, args ...any) pgx.Row {
	sql, args = numbered(sql, args)
	return tx.conn.QueryRow(ctx, sql, args...)
}

// Village is the village that the transaction is bound to.
func (tx Tx) Village() actor.VillageID { return tx.Who.Village }

const (
	sqlBindVillage  = `select bind_village($1)`
	sqlBindVillages = `select bind_villages($1)`
)

var errNoVillage = errors.New("pg: actor has no village")

// InVillage runs fn in a read-write transaction that sees one village only. fn runs again when PostgreSQL
// asks for it (deadlock, serialization), so it must not keep state between runs.
func (db *DB) InVillage(ctx context.Context, who actor.Actor, fn func(Tx) error) error {
	if who.Village == 0 {
		return errNoVillage
	}
	return db.again(func() error {
		return db.within(ctx, db.village, who, pgx.ReadWrite, sqlBindVillage, int64(who.Village), fn)
	})
}

// Look is InVillage for reading: PostgreSQL refuses any write in it.
func (db *DB) Look(ctx context.Context, who actor.Actor, fn func(Tx) error) error {
	if who.Village == 0 {
		return errNoVillage
	}
	if s, ok := ctx.Value(sharing{}).(*shared); ok && s.open && s.tx.Who == who {
		return fn(s.tx)
	}
	return db.within(ctx, db.village, who, pgx.ReadOnly, sqlBindVillage, int64(who.Village), fn)
}

// Together runs fn with a context under which every Look by the same actor reads in one transaction: a page that asks
// many services opens, binds and ends one, not one for each.
func (db *DB) Together(ctx context.Context, who actor.Actor, fn func(context.Context) error) error {
	return db.Look(ctx, who, func(tx Tx) error {
		return tx.share(ctx, func(ctx context.Context, _ actor.Actor) error { return fn(ctx) })
	})
}

// share lets every Look of fn read in the transaction, as the transaction's actor.
func (tx Tx) share(ctx context.Context, fn func(context.Context, actor.Actor) error) error {
	s := &shared{tx: tx, open: true}
	defer func() { s.open = false }()
	return fn(context.WithValue(ctx, sharing{}, s), tx.Who)
}

type (
	sharing struct{}
	shared  struct {
		tx   Tx
		open bool
	}
)

// InBureau runs fn in a read-only transaction that sees the villages of the actor's township, whose ids fn
// is given to name in its queries (INV-10).
func (db *DB) InBureau(ctx context.Context, who actor.Actor, fn func(tx Tx, villages []int64) error) error {
	if who.Township == 0 {
		return errors.New("pg: actor has no township")
	}
	if who.Village != 0 {
		return fault.ErrNotFound // a village's own people see their village alone
	}
	villages, err := db.villagesOf(ctx, who.Township)
	if err != nil {
		return err
	}
	return db.within(ctx, db.bureau, who, pgx.ReadOnly, sqlBindVillages, villages, func(tx Tx) error { return fn(tx, villages) })
}

// partOf is how many villages a statement names at once. PostgreSQL tries every village that the statement names
// with every one that the transaction is bound to, so that two thousand at once cost a hundred times two hundred.
const partOf = 200

// Parts runs fn over the villages of a supervising transaction, some at a time, each time bound to those alone.
func (tx Tx) Parts(ctx context.Context, villages []int64, fn func(part []int64) error) error {
	if len(villages) <= partOf {
		return fn(villages)
	}
	for part := range slices.Chunk(villages, partOf) {
		if _, err := tx.conn.Exec(ctx, sqlBindVillages, part); err != nil {
			return err
		}
		if err := fn(part); err != nil {
			return err
		}
	}
	_, err := tx.conn.Exec(ctx, sqlBindVillages, villages)
	return err
}

// InOffice runs fn in a read-write transaction of one village, for what the bureau decides about it: it accepts
// rules, decides an appeal, agrees to a budget. The village must be of the officer's township; any other is as
// absent as one that does not exist, and so it is for every role but the bureau's. fn sees that village alone,
// as the village's own people do, and writes its line into the village's log (audit.Record).
func (db *DB) InOffice(ctx context.Context, who actor.Actor, village actor.VillageID, fn func(Tx) error) error {
	if who.Role != actor.Bureau {
		return fault.ErrNotFound
	}
	who, err := db.over(ctx, who, village)
	if err != nil {
		return err
	}
	return db.InVillage(ctx, who, fn)
}

// LookInOffice is InOffice for reading, for every role that supervises a township: the bureau's own login, which
// can write nothing, bound to that one village.
func (db *DB) LookInOffice(ctx context.Context, who actor.Actor, village actor.VillageID, fn func(Tx) error) error {
	who, err := db.over(ctx, who, village)
	if err != nil {
		return err
	}
	return db.within(ctx, db.bureau, who, pgx.ReadOnly, sqlBindVillages, []int64{int64(village)}, fn)
}

// TogetherInOffice is Together for the township: fn asks, as the officer at work on that one village, what the village's
// services read, under the bureau's own login.
func (db *DB) TogetherInOffice(ctx context.Context, who actor.Actor, village actor.VillageID, fn func(context.Context, actor.Actor) error) error {
	return db.LookInOffice(ctx, who, village, func(tx Tx) error { return tx.share(ctx, fn) })
}

// over is the officer at work on one village of the own township.
func (db *DB) over(ctx context.Context, who actor.Actor, village actor.VillageID) (actor.Actor, error) {
	if who.Township == 0 || who.Village != 0 {
		return who, fault.ErrNotFound
	}
	var mine bool
	if err := db.bureau.QueryRow(ctx, sqlOversees, int64(village), int64(who.Township)).Scan(&mine); err != nil {
		return who, outage(err, true)
	}
	if !mine {
		return who, fault.ErrNotFound
	}
	who.Village = village
	return who, nil
}

// Across runs fn in a read-only transaction over the villages listed, for the program's own work: sweeping
// queues, verifying, exporting. The reason is logged.
func (db *DB) Across(ctx context.Context, reason string, villages []int64, fn func(Tx) error) error {
	slog.DebugContext(ctx, "pg across", "reason", reason, "villages", len(villages))
	return db.within(ctx, db.export, actor.Actor{Role: actor.Worker, Name: "系统"}, pgx.ReadOnly, sqlBindVillages, villages, fn)
}

// AsSystem runs fn in a transaction that is bound to no village: it sees and changes only what belongs to
// none (townships, villages, accounts, officers). The reason is logged.
func (db *DB) AsSystem(ctx context.Context, reason string, fn func(Tx) error) error {
	slog.DebugContext(ctx, "pg system", "reason", reason)
	return db.again(func() error {
		return db.within(ctx, db.village, actor.Actor{Role: actor.Worker, Name: "系统"}, pgx.ReadWrite, "", nil, fn)
	})
}

// sqlVillagesOf leaves out villages for practice, and those that another took over.
const sqlVillagesOf = `-- pg.villages_of
select id from village where township_id = $1 and practice_of is null and state <> 'closed' order by id`

// sqlOversees is true of a closed village too: its archive stays the township's to read.
const sqlOversees = `-- pg.oversees
select exists (select from village where id = $1 and township_id = $2 and practice_of is null)`

func (db *DB) villagesOf(ctx context.Context, township actor.TownshipID) (ids []int64, err error) {
	rows, err := db.bureau.Query(ctx, sqlVillagesOf, int64(township))
	if err != nil {
		return nil, outage(err, true)
	}
	ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, outage(err, true)
}

const sqlVillages = `-- pg.villages
select id from village order by id`

// Villages lists every village of the deployment, for reading them all.
func (db *DB) Villages(ctx context.Context) (ids []int64, err error) {
	return db.ids(ctx, sqlVillages)
}

const sqlWorking = `-- pg.working
select id from village where state in ('setup', 'live') order by id`

// Working lists the villages in which work is done: not those that are suspended or closed.
func (db *DB) Working(ctx context.Context) (ids []int64, err error) {
	return db.ids(ctx, sqlWorking)
}

const sqlRelayed = `-- pg.relayed
select id from village where state <> 'suspended' order by id`

// Relayed lists the villages whose jobs are done: a closed one begins nothing new, but what it left is finished.
func (db *DB) Relayed(ctx context.Context) (ids []int64, err error) {
	return db.ids(ctx, sqlRelayed)
}

func (db *DB) ids(ctx context.Context, sql string) (ids []int64, err error) {
	rows, err := db.export.Query(ctx, sql)
	if err != nil {
		return nil, outage(err, true)
	}
	ids, err = pgx.CollectRows(rows, pgx.RowTo[int64])
	return ids, outage(err, true)
}

// within opens, binds and closes one transaction; opening and binding are one round trip.
func (db *DB) within(ctx context.Context, pool *pgxpool.Pool, who actor.Actor, mode pgx.TxAccessMode, bind string, to any, fn func(Tx) error) (err error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return outage(err, true)
	}
	defer conn.Release()
	done := false
	defer func() {
		if !done { // failed, or a panic on its way up
			abandon(conn.Conn())
		}
	}()
	if err := open(ctx, conn.Conn(), mode, bind, to); err != nil {
		return outage(err, conn.Conn().IsClosed())
	}
	var after []func()
	if err := fn(Tx{conn: conn.Conn(), after: &after, Who: who, Now: db.Now()}); err != nil {
		return outage(err, conn.Conn().IsClosed())
	}
	tag, err := conn.Exec(ctx, "commit")
	if err == nil && tag.String() == "ROLLBACK" { // a statement had failed and fn did not say so
		err = pgx.ErrTxCommitRollback
	}
	if done = err == nil; done {
		for _, fn := range after {
			fn()
		}
	}
	return outage(err, conn.Conn().IsClosed())
}

func open(ctx context.Context, conn *pgx.Conn, mode pgx.TxAccessMode, bind string, to any) error {
	begin := "begin"
	if mode == pgx.ReadOnly {
		begin = "begin read only"
	}
	b := &pgx.Batch{}
	b.Queue(begin)
	if bind != "" {
		b.Queue(bind, to)
	}
	return conn.SendBatch(ctx, b).Close()
}

// abandon rolls back, whatever became of the caller's context.
func abandon(conn *pgx.Conn) {
	if conn.IsClosed() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, "rollback"); err != nil {
		_ = conn.Close(ctx)
	}
}

// again runs a transaction once more where PostgreSQL gave it up to let others pass.
func (db *DB) again(run func() error) (err error) {
	for try := range 5 {
		if err = run(); !Is(err, "40001", "40P01") {
			return err
		}
		time.Sleep(time.Duration(try*try+1) * 5 * time.Millisecond)
	}
	return err
}

// SQLSTATEs that the domain turns into faults, in the place that ran the statement.
const (
	Unique     = "23505"
	ForeignKey = "23503"
	Checked    = "23514"
	Busy       = "55P03"
)

// Is reports whether err is PostgreSQL's, with one of the SQLSTATEs.
func Is(err error, states ...string) bool {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return false
	}
	for _, s := range states {
		if e.Code == s {
			return true
		}
	}
	return false
}

// ErrBusy says that somebody else is at the same record right now.
var ErrBusy = fault.New(fault.Conflict, "busy", "另一个人正在办理同一笔，请稍后再试")

// ErrText says that a text holds what is no character.
var ErrText = fault.New(fault.Invalid, "text.invalid", "填的内容里有不能识别的字符，请删去后再提交")

// outage makes faults of what is nobody's mistake: no connection, a shutdown, a wait that ran out.
func outage(err error, closed bool) error {
	if err == nil {
		return nil
	}
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch {
		case e.Code == "22021" || e.Code == "22P05":
			return fmt.Errorf("%w: %w", ErrText, err)
		case e.Code == Busy:
			return fmt.Errorf("%w: %w", ErrBusy, err)
		case e.Code[:2] == "08" || e.Code[:2] == "57" || e.Code == "53300":
			return fmt.Errorf("%w: %w", ErrUnavailable, err)
		}
		return err
	}
	if closed && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
