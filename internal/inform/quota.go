package inform

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// legal are the notices that the rules ask for: the last fifth of a village's quota is theirs alone.
var legal = map[Kind]bool{FindingNotice: true, FindingStatement: true, FindingDecided: true, ObjectionTaken: true, ObjectionDecided: true,
	AppealTaken: true, AppealDecided: true, NoticeCorrected: true}

const sqlQuota = `-- inform.quota
select coalesce((v.flags->'most'->>'sms')::int, 0) as most, coalesce(m.counted, 0) as counted from village v
join message m on m.village_id = @village_id and m.id = @id where v.id = @village_id`

// sqlCount takes one message of the month's quota, or changes no row where there is none left for it.
const sqlCount = `-- inform.count
insert into sms_use as u (village_id, month, sent) values (@village_id, @month, 1)
on conflict (village_id, month) do update set sent = u.sent + 1 where @room::int = 0 or u.sent < @room returning sent`

const sqlCounted = `-- inform.counted
update message set counted = @month where village_id = @village_id and id = @id`

const sqlKeepBack = `-- inform.keep_back
insert into sms_use as u (village_id, month, kept_back) values (@village_id, @month, 1) on conflict (village_id, month) do update set kept_back = u.kept_back + 1`

const sqlOver = `-- inform.over
update message set sms = 'over' where village_id = @village_id and id = @id and sms = 'waiting'`

// room is how many messages of a month a kind may find sent and still be sent; 0 for no bound, below 0 for none.
func room(k Kind, most int) int {
	switch {
	case most == 0:
		return 0
	case legal[k]:
		return most
	}
	if n := most * 4 / 5; n > 0 {
		return n
	}
	return -1
}

// within takes the message out of the month's quota. Beyond it the message is marked as not sent: it stands in the
// reader's messages and on the sheet of what is to be said in person, and the village's leads hear of it, once a month.
func within(ctx context.Context, tx pg.Tx, id uuid.UUID, k Kind) (bool, error) {
	m := month.Of(tx.Now)
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "id": id, "month": int(m)}
	q, err := pg.One[struct{ Most, Counted int }](ctx, tx, sqlQuota, a)
	if err != nil || q.Counted != 0 {
		return err == nil, err
	}
	a["room"] = room(k, q.Most)
	var sent []int
	if room(k, q.Most) >= 0 {
		if sent, err = pg.Column[int](ctx, tx, sqlCount, a); err != nil {
			return false, err
		}
	}
	if len(sent) == 0 {
		for _, sql := range []string{sqlKeepBack, sqlOver} {
			if _, err := tx.Exec(ctx, sql, a); err != nil {
				return false, err
			}
		}
		return false, TellLeads(ctx, tx, SMSOver, fmt.Sprintf("%s限 %d 条，最后五分之一留给法定告知", m.Chinese(), q.Most), fmt.Sprintf("sms.over:%d", m))
	}
	if _, err := tx.Exec(ctx, sqlCounted, a); err != nil {
		return false, err
	}
	if q.Most > 0 && sent[0]*5 >= q.Most*4 {
		err = TellLeads(ctx, tx, QuotaNear, fmt.Sprintf("%s短信已发 %d 条，限 %d 条", m.Chinese(), sent[0], q.Most), fmt.Sprintf("quota:短信:%d", m))
	}
	return true, err
}

// TellLeads tells the village's leads something of the village itself, each once by the word once, never by SMS.
func TellLeads(ctx context.Context, tx pg.Tx, k Kind, detail, once string) error {
	seats, err := Seated(ctx, tx, actor.Lead)
	if err != nil {
		return err
	}
	var all []Message
	for _, id := range seats.Accounts() {
		all = append(all, Message{Account: id, Kind: k, Detail: detail, Once: once + ":" + id.String(), Quiet: true})
	}
	return TellEach(ctx, tx, all)
}

// Unsent is a message that nobody's phone got because the quota was used up, and that nobody has opened.
type Unsent struct {
	ID     uuid.UUID
	Kind   Kind
	ToldAt time.Time
	Door   string
	Head   string
	Grid   int
}

const sqlUnsent = `-- inform.unsent
select m.id, m.kind, m.told_at, h.door, h.head, h.grid from message m join household h on h.village_id = @village_id and h.id = m.household_id
where m.village_id = @village_id and m.sms = 'over' and m.read_at is null and h.state = 'active' order by h.grid, h.walk, h.id, m.id limit 1000`

// Unsent lists what is to be said in person, in the order of the way through the village.
func (s *Service) Unsent(ctx context.Context, who actor.Actor) (all []Unsent, err error) {
	defer fault.Wrap(&err, "inform.Unsent")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = pg.All[Unsent](ctx, tx, sqlUnsent, pgx.NamedArgs{"village_id": int64(who.Village)})
		return err
	})
	return all, err
}
