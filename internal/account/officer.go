package account

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// ErrOffice says that the seat above the villages is not one that there is.
var ErrOffice = fault.New(fault.Invalid, "account.office", "职务或所属乡镇不对，请重新选择").On("role")

// Office is a seat above the villages: in a township's bureau or a department, or on the platform.
type Office struct {
	Account  actor.AccountID
	Township actor.TownshipID // 0 for the platform
	Role     actor.Role
	Topic    string // what a department looks after
	StartsOn time.Time
	EndsOn   time.Time // zero for open
}

const sqlSameOffice = `-- account.same_office
select id from officer where account_id = @account and role = @role and township_id is not distinct from @township and ended_at is null
  and (ends_on is null or ends_on >= @today)`

const sqlInstall = `-- account.install
insert into officer (id, account_id, township_id, role, topic, starts_on, ends_on) values (@id, @account, @township, @role, @topic, @starts, @ends)`

// Install gives an account an office, in a transaction of AsSystem whose Who the caller set. Somebody who
// holds the same office keeps it as it is.
func Install(ctx context.Context, tx pg.Tx, o Office) (id uuid.UUID, err error) {
	defer fault.Wrap(&err, "account.Install")
	if !slices.Contains([]actor.Role{actor.Platform, actor.Bureau, actor.Department}, o.Role) || (o.Role == actor.Platform) != (o.Township == 0) {
		return uuid.Nil, ErrOffice
	}
	topic, known := actor.TopicOf(o.Topic)
	if !known {
		return uuid.Nil, ErrOffice
	}
	args := pgx.NamedArgs{"id": pg.NewID(), "account": o.Account, "township": nil, "role": string(o.Role), "topic": topic,
		"starts": month.Date(o.StartsOn), "ends": nil, "today": month.Date(tx.Now)}
	if o.Township != 0 {
		args["township"] = int64(o.Township)
	}
	if !o.EndsOn.IsZero() {
		args["ends"] = month.Date(o.EndsOn)
	}
	held, err := pg.Column[uuid.UUID](ctx, tx, sqlSameOffice, args)
	if err != nil || len(held) > 0 {
		return append(held, uuid.Nil)[0], err
	}
	if _, err := tx.Exec(ctx, sqlInstall, args); err != nil {
		return uuid.Nil, err
	}
	id = args["id"].(uuid.UUID)
	return id, audit.Office(ctx, tx, audit.Event{Verb: "officer.install", Kind: "officer", ID: id.String()})
}

const sqlRetire = `-- account.retire
update officer set ended_at = @at where id = @id and ended_at is null`

// Retire ends an office.
func (s *Service) Retire(ctx context.Context, who actor.Actor, id uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "account.Retire(%s)", id)
	if strings.TrimSpace(reason) == "" {
		return ErrReason
	}
	return s.DB.AsSystem(ctx, "retire officer", func(tx pg.Tx) error {
		tx.Who = who
		tag, err := tx.Exec(ctx, sqlRetire, pgx.NamedArgs{"id": id, "at": tx.Now})
		if err == nil && tag.RowsAffected() == 0 {
			return fault.ErrNotFound
		}
		if err != nil {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "officer.retire", Kind: "officer", ID: id.String(), Reason: reason})
	})
}
