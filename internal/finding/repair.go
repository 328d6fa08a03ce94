package finding

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/evidence"
	"cunfen/internal/fault"
	"cunfen/internal/group"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
)

// Repair is a task that earns a deduction back: offered once, done, proved, decided, posted.
type Repair struct {
	ID            uuid.UUID
	FindingID     uuid.UUID
	HouseholdID   uuid.UUID
	Item          string
	RuleVersion   int
	Deducted      int // below zero
	Points        int
	Task          string
	UntilOn       time.Time
	OfferedBy     uuid.UUID
	OfferedByName string
	OfferedAt     time.Time
	State         string // offered, done, approved, refused, posted
	DoneOn        *time.Time
	DoneBy        *uuid.UUID
	DoneNote      string
	DecidedByName string
	DecidedAt     *time.Time
	Reason        string
	EntryID       *uuid.UUID
	Late          bool                `db:"-"` // nobody did it by its day
	Photos        []evidence.Evidence `db:"-"`
	Recused       string              `db:"-"` // why the person looking may not decide; empty if they may
}

// recusal is why somebody may not decide on a repair; nil if they may.
func (r Repair) recusal(who uuid.UUID, related bool) *fault.Error {
	switch {
	case r.OfferedBy == who || r.DoneBy != nil && *r.DoneBy == who:
		return ErrOffers
	case related:
		return ErrRelated
	}
	return nil
}

// Chinese is where the repair stands, on screen.
func (r Repair) Chinese() string {
	if r.Late {
		return "期限已过，没有做"
	}
	return RepairChinese(r.State)
}

// RepairChinese is a repair's state on screen.
func RepairChinese(state string) string {
	return map[string]string{"offered": "可以去做", "done": "已做完，等认定", "approved": "已认定，待签字入账", "refused": "没有认定", "posted": "已补回"}[state]
}

// Faults of repairs.
var (
	ErrNoRepair    = fault.New(fault.Conflict, "repair.off", "本村的细则没有开“修复任务”，不能补分")
	ErrNotDeducted = fault.New(fault.Conflict, "repair.not_deducted", "这一笔还没有减分入账，不用补")
	ErrOffered     = fault.New(fault.Conflict, "repair.offered", "这一笔已经给过一次修复任务，只能一次；没做以前，给的人可以改")
	ErrTask        = fault.New(fault.Invalid, "repair.task", "请写明做什么（4 到 300 字）").On("task")
	ErrBack        = fault.New(fault.Invalid, "repair.points", "补回的分应在 1 到 %d 之间").On("points")
	ErrUntil       = fault.New(fault.Invalid, "repair.until", "期限要晚于今天，请改正").On("until_on")
	ErrRepairState = fault.New(fault.Conflict, "repair.state", "这个修复任务已经是“%s”，请刷新页面")
	ErrRepairLate  = fault.New(fault.Conflict, "repair.late", "修复任务的期限已过")
	ErrNoTask      = fault.New(fault.Conflict, "repair.none", "这一笔没有修复任务")
	ErrOffers      = fault.New(fault.Forbidden, "conflict_of_duty", "您给出的或您记下做完的修复任务，由其他成员认定")
	ErrDone        = fault.New(fault.Invalid, "repair.done", "请说说做了什么（2 到 300 字）").On("note")
)

const repairColumns = `select id, finding_id, household_id, item, rule_version, deducted, points, task, until_on, offered_by, offered_by_name, offered_at, state, done_on,
  done_by, done_note, decided_by_name, decided_at, reason, entry_id from repair where village_id = @village_id `

const (
	sqlRepairOf = `-- finding.repair_of
` + repairColumns + `and finding_id = @id`
	sqlLockRepair = `-- finding.lock_repair
` + repairColumns + `and finding_id = @id for update`
)

const sqlOffer = `-- finding.offer
insert into repair (village_id, id, finding_id, household_id, item, rule_version, deducted, points, task, until_on, offered_by, offered_by_name, offered_at, state)
values (@village_id, @repair, @id, @household, @item, @rule_version, @deducted, @points, @task, @until, @by, @name, @at, 'offered')
on conflict (village_id, finding_id) do update set points = excluded.points, task = excluded.task, until_on = excluded.until_on, offered_at = excluded.offered_at
where repair.state = 'offered' and repair.offered_by = excluded.offered_by`

const sqlDone = `-- finding.done
update repair set state = 'done', done_on = @today, done_by = @by, done_note = @note, evidence = @evidence where village_id = @village_id and id = @repair`

const sqlDecideRepair = `-- finding.decide_repair
update repair set state = @state, decided_by = @by, decided_by_name = @name, decided_at = @at, reason = @reason where village_id = @village_id and id = @repair`

// Offer gives the household a task by which it may earn a deduction back, where the village's rules have that. Until
// it is done, whoever offered it corrects it by offering it again.
func (s *Service) Offer(ctx context.Context, who actor.Actor, id uuid.UUID, task string, points int, until time.Time) (r Repair, err error) {
	defer fault.Wrap(&err, "finding.Offer(%s)", id)
	task = strings.TrimSpace(task)
	return s.onRepair(ctx, who, "repair.offer", id, func(tx pg.Tx, c Chain) error {
		if n := utf8.RuneCountInString(task); n < 4 || n > 300 {
			return ErrTask
		}
		rules, err := rulebook.InForce(ctx, tx, tx.Now)
		switch {
		case err != nil:
			return err
		case !rules.Settings.Repairs:
			return ErrNoRepair
		case c.State != Posted:
			return ErrNotDeducted
		case points < 1 || points > -c.due():
			return ErrBack.With(-c.due())
		case !month.Date(until).After(month.Date(tx.Now)):
			return ErrUntil
		}
		a := by(tx, id)
		a["repair"], a["household"], a["item"], a["rule_version"], a["deducted"], a["points"] = pg.NewID(), c.HouseholdID, c.Item, c.RuleVersion, c.due(), points
		a["task"], a["until"] = task, month.Date(until)
		switch made, err := tx.Exec(ctx, sqlOffer, a); {
		case err != nil:
			return err
		case made.RowsAffected() == 0:
			return ErrOffered
		}
		return c.inform(ctx, tx, inform.RepairOffered)
	})
}

// Done brings in the proof that the task is done: by the household itself (own) or for it.
func (s *Service) Done(ctx context.Context, who actor.Actor, id uuid.UUID, own bool, note string, shots []uuid.UUID) (r Repair, err error) {
	defer fault.Wrap(&err, "finding.Done(%s)", id)
	note = strings.TrimSpace(note)
	if n := utf8.RuneCountInString(note); n < 2 || n > 300 {
		return r, ErrDone
	}
	return s.onRepair(ctx, who, "repair.done", id, func(tx pg.Tx, c Chain) error {
		if (own || who.Role == actor.Household) && !c.shows(who) {
			return fault.ErrNotFound
		}
		r, err := task(ctx, tx, id)
		switch {
		case err != nil:
			return err
		case r.State != "offered":
			return ErrRepairState.With(RepairChinese(r.State))
		case r.UntilOn.Before(month.Date(tx.Now)):
			return ErrRepairLate
		}
		if err := evidence.AttachTo(ctx, tx, shots, r.ID, home(c.Finding)); err != nil {
			return err
		}
		held, err := evidence.Holding(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		h := sha256.New()
		fmt.Fprintf(h, "%s|%s\n", r.ID, note)
		for _, e := range held {
			h.Write(e.SHA256)
		}
		a := by(tx, id)
		a["repair"], a["today"], a["note"], a["evidence"] = r.ID, month.Date(tx.Now), note, h.Sum(nil)
		_, err = tx.Exec(ctx, sqlDone, a)
		return err
	})
}

// DecideRepair lets a repair through to the month's sheet, or refuses it with a reason: by somebody who neither
// offered it nor brought its proof in, and is not related.
func (s *Service) DecideRepair(ctx context.Context, who actor.Actor, id uuid.UUID, approve bool, reason string) (r Repair, err error) {
	defer fault.Wrap(&err, "finding.DecideRepair(%s)", id)
	if reason, err = reasoned(reason); err != nil {
		return r, err
	}
	return s.onRepair(ctx, who, "repair.decide", id, func(tx pg.Tx, c Chain) error {
		r, err := task(ctx, tx, id)
		if err != nil {
			return err
		}
		related, err := group.Conflicted(ctx, tx, who.Account, []uuid.UUID{c.HouseholdID})
		switch away := r.recusal(who.Account, related[c.HouseholdID]); {
		case err != nil:
			return err
		case r.State != "done":
			return ErrRepairState.With(RepairChinese(r.State))
		case away != nil:
			return away
		}
		a := by(tx, id)
		a["repair"], a["state"], a["reason"] = r.ID, "refused", reason
		if approve {
			a["state"] = "approved"
		}
		if _, err := tx.Exec(ctx, sqlDecideRepair, a); err != nil {
			return err
		}
		return c.inform(ctx, tx, inform.RepairDecided)
	})
}

// task locks the repair of a finding.
func task(ctx context.Context, tx pg.Tx, id uuid.UUID) (Repair, error) {
	r, err := maybe[Repair](ctx, tx, sqlLockRepair, by(tx, id))
	switch {
	case err != nil:
		return Repair{}, err
	case r == nil:
		return Repair{}, ErrNoTask
	}
	return *r, nil
}

func (s *Service) onRepair(ctx context.Context, who actor.Actor, verb string, id uuid.UUID, fn func(pg.Tx, Chain) error) (r Repair, err error) {
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		r, _, err = idem.Once(ctx, tx, verb, func() (Repair, error) {
			c, err := lockChain(ctx, tx, id)
			if err != nil {
				return r, err
			}
			if err := fn(tx, c); err != nil {
				return r, err
			}
			if r, err = pg.One[Repair](ctx, tx, sqlRepairOf, by(tx, id)); err != nil {
				return r, err
			}
			reason := r.Reason
			if c.Private { // the log is read by everybody in the group
				reason = ""
			}
			return r, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "finding", ID: id.String(), Reason: reason, After: r.State})
		})
		return err
	})
	return r, err
}

const sqlRepairBy = `-- finding.repair_by
` + repairColumns + `and id = @id`

// RepairBy reads a repair with its photos by its own id. Who may see the finding may see it.
func (s *Service) RepairBy(ctx context.Context, who actor.Actor, id uuid.UUID) (r Repair, err error) {
	defer fault.Wrap(&err, "finding.RepairBy(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		if r, err = pg.One[Repair](ctx, tx, sqlRepairBy, by(tx, id)); err != nil {
			return err
		}
		if _, err = show(ctx, tx, r.FindingID); err != nil {
			return err
		}
		r.Photos, err = photos(ctx, tx, r.ID)
		return err
	})
	return r, err
}

// RepairOf reads the repair of a finding; nil where none was offered. Who may see the finding may see it.
func (s *Service) RepairOf(ctx context.Context, who actor.Actor, id uuid.UUID) (r *Repair, err error) {
	defer fault.Wrap(&err, "finding.RepairOf(%s)", id)
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		c, err := show(ctx, tx, id)
		if err != nil {
			return err
		}
		if r, err = maybe[Repair](ctx, tx, sqlRepairOf, pgx.NamedArgs{"village_id": int64(who.Village), "id": id}); err != nil || r == nil {
			return err
		}
		related, err := group.Conflicted(ctx, tx, who.Account, []uuid.UUID{c.HouseholdID})
		if err != nil {
			return err
		}
		r.Late = r.State == "offered" && r.UntilOn.Before(month.Date(tx.Now))
		if away := r.recusal(who.Account, related[c.HouseholdID]); away != nil {
			r.Recused = away.Text
		}
		r.Photos, err = photos(ctx, tx, r.ID)
		return err
	})
	return r, err
}
