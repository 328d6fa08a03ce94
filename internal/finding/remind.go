package finding

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// sqlStanding lists what waits for whom: a notice for those who can send it, a re-check or a statement that is
// due for those who can take it, a decision, on a finding or on a repair that is done, for those who may still take it.
const sqlStanding = `-- finding.standing
select f.id, f.state, n.due_on, m.account_id, (select count(*) from finding_vote v where v.village_id = @village_id and v.finding_id = f.id) as votes
from finding f
join unnest(@seated::uuid[], @seats::text[]) as m(account_id, role) on m.role <> 'grid' or m.account_id = f.recorder and f.state not in ('heard', 'posted')
left join finding_notice n on n.village_id = @village_id and n.finding_id = f.id
left join repair p on p.village_id = @village_id and p.finding_id = f.id and p.state = 'done'
where f.village_id = @village_id
  and (f.state in ('recorded', 'talk') and f.recorded_at < @yesterday
    or f.state = 'noticed' and n.due_on <= @today
    or f.state = 'rechecked' and n.due_on < @today
    or (f.state = 'heard' and m.account_id <> f.recorder
        and not exists (select from finding_vote v where v.village_id = @village_id and v.finding_id = f.id and v.account_id = m.account_id)
        or f.state = 'posted' and m.account_id <> p.offered_by and m.account_id is distinct from p.done_by)
      and not exists (select from membership o where o.village_id = @village_id and o.account_id = m.account_id and o.household_id = f.household_id)
      and not exists (select from member o where o.village_id = @village_id and o.account_id = m.account_id and o.household_id = f.household_id)
      and not exists (select from relative o where o.village_id = @village_id and o.account_id = m.account_id and o.household_id = f.household_id))
order by f.id, m.account_id`

type standing struct {
	ID        uuid.UUID
	State     State
	DueOn     *time.Time
	AccountID uuid.UUID
	Votes     int64
}

// Remind tells the group what waits for it, each of them once for each state of a finding.
func (s *Service) Remind(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "finding.Remind")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		seats, err := inform.Seated(ctx, tx, actor.Lead, actor.Committee, actor.Grid)
		if err != nil {
			return err
		}
		all, err := pg.All[standing](ctx, tx, sqlStanding, seats.Args(pgx.NamedArgs{"village_id": int64(tx.Village()), "today": month.Date(tx.Now), "yesterday": tx.Now.AddDate(0, 0, -1)}))
		if err != nil {
			return err
		}
		told := make([]inform.Message, len(all))
		for i, r := range all {
			told[i] = r.message()
		}
		return inform.TellEach(ctx, tx, told)
	})
}

// message is what somebody is told of a finding that stands where it does.
func (r standing) message() inform.Message {
	m := inform.Message{Account: r.AccountID, Kind: inform.FindingDue, Subject: r.ID, Quiet: true, Once: "finding.due:" + string(r.State) + ":" + r.ID.String() + ":" + r.AccountID.String()}
	switch r.State {
	case Recorded:
		m.Detail = "记下已经超过一天，还没有发整改告知"
	case Talk:
		m.Detail = "未成年人的事，还没有和家长面谈"
	case Noticed:
		m.Detail = "整改期限是" + month.ChineseDay(*r.DueOn) + "，请复查"
	case Rechecked:
		m.Detail = "住户还没有说明；到期没有说明的，请记下"
	case Heard:
		m.Kind, m.Detail = inform.FindingWaits, "还没有人评定"
		if r.Votes > 0 {
			m.Once, m.Detail = m.Once+":again", "已有一名成员评定，还要另一名"
		}
	case Posted:
		m.Kind, m.Detail = inform.RepairWaits, "修复任务做完了，还没有人认定"
	}
	return m
}
