package work

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Task is periodic work. now is the instant of this run, which after an outage is later than the tick.
type Task func(ctx context.Context, now time.Time) error

// Schedule runs periodic work once a tick, however many schedulers there are: who gets the tick's row in
// PostgreSQL runs it. Of the ticks missed in an outage the last is run, once, when the outage is over. A tick
// whose run failed or whose scheduler died is taken up again, so a task must bear being begun twice.
type Schedule struct {
	DB    *pg.DB
	Poll  time.Duration // how often to look at the clock; 1 s if zero
	Lease time.Duration // how long a run may take before another scheduler takes it over; 10 min if zero
	Retry time.Duration // how long after a failure to try again; 1 min if zero
	dates []date
}

type date struct {
	name          string
	period, after time.Duration
	do            Task
}

// Every registers a task for each whole period of the day in month.Zone: an hour's tick is at the full hour.
func (s *Schedule) Every(name string, period time.Duration, do Task) {
	s.add(date{name, period, 0, do})
}

// Daily registers a task for a time of day in month.Zone, given as what has passed since midnight.
func (s *Schedule) Daily(name string, at time.Duration, do Task) {
	s.add(date{name, 24 * time.Hour, at, do})
}

func (s *Schedule) add(d date) {
	if slices.ContainsFunc(s.dates, func(o date) bool { return o.name == d.name }) {
		panic("work: two tasks named " + d.name)
	}
	s.dates = append(s.dates, d)
}

// tick is the latest moment not after now at which the task was due. The zone has had no summer time since
// 1991, so a fixed offset does.
func (d date) tick(now time.Time) time.Time {
	_, east := now.In(month.Zone).Zone()
	shift := time.Duration(east)*time.Second - d.after
	return now.UTC().Add(shift).Truncate(d.period).Add(-shift)
}

// Run keeps the calendar until ctx ends and every task has returned.
func (s *Schedule) Run(ctx context.Context) {
	for p, d := range map[*time.Duration]time.Duration{&s.Poll: time.Second, &s.Lease: 10 * time.Minute, &s.Retry: time.Minute} {
		if *p == 0 {
			*p = d
		}
	}
	var all sync.WaitGroup
	for _, d := range s.dates {
		all.Go(func() { s.watch(ctx, d) })
	}
	all.Wait()
}

func (s *Schedule) watch(ctx context.Context, d date) {
	t := time.NewTicker(s.Poll)
	defer t.Stop()
	var over time.Time // the last tick known to be done
	for {
		if due := d.tick(s.DB.Now()); due.After(over) {
			finished, err := s.attend(ctx, d, due)
			if finished {
				over = due
			}
			if err != nil && ctx.Err() == nil {
				slog.WarnContext(ctx, "schedule", "task", d.name, "due", due, "cause", fault.Of(err).Code, "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

const sqlTake = `-- work.take
insert into tick (job, due_at, ran_at, again_at) values (@task, @due, @now, @lease)
on conflict (job, due_at) do update set ran_at = excluded.ran_at, again_at = excluded.again_at where tick.again_at < @now`

const sqlOver = `-- work.over
select again_at = 'infinity' as over from tick where job = @task and due_at = @due`

const sqlDone = `-- work.done
update tick set again_at = 'infinity' where job = @task and due_at = @due`

const sqlForget = `-- work.forget
delete from tick where job = @task and due_at < @due::timestamptz - interval '7 days'`

const sqlFailed = `-- work.failed
update tick set again_at = @again where job = @task and due_at = @due and again_at <> 'infinity'`

// attend runs the tick if it is ours, and says whether it is done, by us or by another scheduler.
func (s *Schedule) attend(ctx context.Context, d date, due time.Time) (over bool, err error) {
	var now time.Time
	args := pgx.NamedArgs{"task": d.name, "due": due}
	ours := false
	err = s.DB.AsSystem(ctx, "work.take", func(tx pg.Tx) error {
		now, ours = tx.Now, false
		tag, err := tx.Exec(ctx, sqlTake, pgx.NamedArgs{"task": d.name, "due": due, "now": now, "lease": now.Add(s.Lease)})
		if err != nil {
			return err
		}
		if ours = tag.RowsAffected() == 1; ours {
			return nil
		}
		over, err = pg.Scalar[bool](ctx, tx, sqlOver, args)
		return err
	})
	if err != nil || !ours {
		return over, err
	}
	if err := s.guard(ctx, d, now); err != nil {
		return false, errors.Join(err, s.putBack(ctx, args))
	}
	return true, s.DB.AsSystem(context.WithoutCancel(ctx), "work.done", func(tx pg.Tx) error {
		if _, err := tx.Exec(ctx, sqlDone, args); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, sqlForget, args)
		return err
	})
}

// putBack lets the tick be taken again before its lease ends.
func (s *Schedule) putBack(ctx context.Context, args pgx.NamedArgs) error {
	wait := s.Retry
	if ctx.Err() != nil { // stopped, not failed
		wait = 0
	}
	ctx = context.WithoutCancel(ctx)
	return s.DB.AsSystem(ctx, "work.failed", func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlFailed, pgx.NamedArgs{"task": args["task"], "due": args["due"], "again": tx.Now.Add(wait)})
		return err
	})
}

// guard runs the task within its lease and makes an error of its panic.
func (s *Schedule) guard(ctx context.Context, d date, now time.Time) (err error) {
	ctx, cancel := context.WithTimeout(ctx, s.Lease*9/10)
	defer cancel()
	defer func() {
		if x := recover(); x != nil {
			slog.ErrorContext(ctx, "schedule: task panicked", "task", d.name, "panic", fmt.Sprintf("%T", x), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %T", x)
		}
	}()
	begun := time.Now()
	err = d.do(ctx, now)
	slog.DebugContext(ctx, "task", "task", d.name, "ms", time.Since(begun).Milliseconds(), "ok", err == nil)
	return err
}
