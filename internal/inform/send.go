package inform

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// SendJob sends one message to its reader's phone; queued once a message.
type SendJob struct {
	Message uuid.UUID `json:"message"`
}

func (SendJob) Kind() string     { return "inform.send" }
func (j SendJob) Dedupe() string { return j.Message.String() }

type waiting struct {
	Kind        Kind
	SubjectID   *uuid.UUID
	State       string
	Village     string
	HouseholdID *uuid.UUID
	HomePhone   []byte
	OwnPhone    []byte
}

const sqlWaiting = `-- inform.waiting
select m.kind, m.subject_id, m.sms as state, v.name as village, m.household_id,
  (select h.phone from household h where h.village_id = @village_id and h.id = m.household_id and h.state = 'active') as home_phone,
  (select a.phone from account a where a.id = m.account_id and a.state = 'active') as own_phone
from message m join village v on v.id = m.village_id where m.village_id = @village_id and m.id = @id`

const sqlSent = `-- inform.sent
update message set sms = @state, sent_at = @now where village_id = @village_id and id = @id and sms = 'waiting'`

// Send does a SendJob. The text names the village and the kind, nothing of the matter itself: a phone is seen
// by more people than its owner. then runs in the transaction that notes the sending. A provider that was
// asked and did not answer is asked again, so a message may come twice, never not at all.
func (s *Service) Send(ctx context.Context, who actor.Actor, j SendJob, then func(pg.Tx, Kind, uuid.UUID) error) (err error) {
	defer fault.Wrap(&err, "inform.Send(%s)", j.Message)
	var w waiting
	var phone string
	var may bool // by the month's quota
	a := pgx.NamedArgs{"village_id": int64(who.Village), "id": j.Message}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		if w, err = pg.One[waiting](ctx, tx, sqlWaiting, a); err != nil {
			return err
		}
		if phone, err = s.phone(ctx, tx, w); err != nil || phone == "" || w.State != "waiting" {
			return err
		}
		may, err = within(ctx, tx, j.Message, w.Kind)
		return err
	})
	if err != nil || w.State != "waiting" || phone != "" && !may {
		return err
	}
	a["state"] = "unreachable"
	if phone != "" {
		if err := s.SMS.Send(ctx, phone, w.text()); err != nil {
			return err
		}
		a["state"] = "sent"
	}
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		a["now"] = tx.Now
		tag, err := tx.Exec(ctx, sqlSent, a)
		if err != nil || tag.RowsAffected() == 0 || phone == "" || then == nil || w.SubjectID == nil {
			return err
		}
		return then(tx, w.Kind, *w.SubjectID)
	})
}

// phone opens the reader's number; "" where there is none.
func (s *Service) phone(ctx context.Context, tx pg.Tx, w waiting) (string, error) {
	switch {
	case len(w.HomePhone) > 0:
		key, err := s.Vault.Village(ctx, tx)
		if err != nil {
			return "", err
		}
		return key.Open(w.HomePhone)
	case len(w.OwnPhone) > 0:
		return s.Vault.Platform().Open(w.OwnPhone)
	}
	return "", nil
}

func (w waiting) text() string {
	if w.HouseholdID == nil {
		return "【" + w.Village + "积分】" + w.Kind.Title() + "，请登录工作台查看。"
	}
	return "【" + w.Village + "积分】您家有一条新消息：" + w.Kind.Title() + "。请登录存折查看，或问网格员、到村委会窗口。"
}
