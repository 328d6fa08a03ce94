package queue

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

var (
	errArgs = fault.New(fault.Invalid, "queue.args", "任务内容无法读取，请联系平台管理员")
	errKind = fault.New(fault.Internal, "queue.kind", "没有程序能办理这类任务，请联系平台管理员")
)

const (
	tries   = 12             // runs before a job that fails on its own account is given up
	outage  = 24 * time.Hour // how long a job waits for a machine behind us
	longGap = 2 * time.Minute
)

// verdict is what becomes of a job after a run.
type verdict struct {
	state int16
	due   time.Time
	done  *time.Time
	cause string
}

// judge decides by the kind of fault: what a person must put right is final, a bug is tried again some times,
// an outage is waited for.
func judge(j *job, err error, now time.Time, stopping bool) verdict {
	switch {
	case err == nil:
		return verdict{state: done, due: j.DueAt, done: &now}
	case stopping && errors.Is(err, context.Canceled):
		return verdict{state: waiting, due: now, cause: "interrupted"}
	case final(err), !away(err) && j.Attempts >= tries, now.Sub(j.AddedAt) > outage && j.Attempts >= tries:
		return verdict{state: dead, due: j.DueAt, cause: cause(err)}
	}
	return verdict{state: waiting, due: now.Add(gap(j.Attempts)), cause: cause(err)}
}

// Final reports whether trying again cannot help: a person must put something right.
func Final(err error) bool { return final(err) }

func final(err error) bool {
	if errors.Is(err, pg.ErrBusy) {
		return false
	}
	switch fault.Of(err).Kind {
	case fault.Invalid, fault.Unauthorized, fault.Forbidden, fault.NotFound, fault.Conflict, fault.TooLarge:
		return true
	}
	return false
}

func away(err error) bool { return fault.Of(err).Kind == fault.Unavailable }

// gap is the wait before the next try: 2 s, 4 s … 2 min, with a little chance so that many do not come at once.
func gap(attempts int) time.Duration {
	d := min(time.Second<<min(attempts, 10), longGap)
	return d + rand.N(d/4)
}

// cause names an error without repeating what it says: its text could hold a person's data (INV-56).
func cause(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f.Code
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return "sqlstate " + e.Code
	}
	if e, ok := errors.AsType[*panicked](err); ok {
		return e.Error()
	}
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return fmt.Sprintf("%T", err)
		}
		err = inner
	}
}

// panicked is a handler's panic as an error.
type panicked struct{ what string }

func (p *panicked) Error() string { return "panic: " + p.what }
