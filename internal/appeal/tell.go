package appeal

import (
	"context"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// sqlPartHearers are the members who may hear an objection to a line: in the group now, not of that home nor
// related to it, and without a hand in the line or in the objection.
const sqlPartHearers = `m.role in ('lead', 'committee') and m.ended_at is null and not m.disqualified and m.starts_on <= @today and (m.ends_on is null or m.ends_on >= @today)
  and m.account_id is distinct from e.recorder and m.account_id is distinct from e.reviewer and m.household_id is distinct from e.household_id
  and not exists (select from relative r where r.village_id = @village_id and r.account_id = m.account_id and r.household_id = e.household_id)
  and not exists (select from claim c where c.village_id = @village_id and c.id = e.source_id and e.source_kind = 2 and c.first_by = m.account_id)
`

const sqlHearers = `-- appeal.hearers
select distinct m.account_id from membership m join ledger_entry e on e.village_id = @village_id and e.id = @entry
where m.village_id = @village_id and m.account_id <> @by and ` + sqlPartHearers

// tellFiled tells those who may hear the objection that it waits; and the household, where somebody wrote it down
// for it.
func tellFiled(ctx context.Context, tx pg.Tx, e ledger.Entry, objection uuid.UUID, counter bool) error {
	hearers, err := pg.Column[uuid.UUID](ctx, tx, sqlHearers, pgx.NamedArgs{"village_id": int64(tx.Village()), "entry": e.ID, "by": tx.Who.Account, "today": month.Date(tx.Now)})
	if err != nil {
		return err
	}
	all := make([]inform.Message, len(hearers))
	for i, h := range hearers {
		all[i] = inform.Message{Account: h, Kind: inform.ObjectionFiled, Subject: objection, Quiet: true}
	}
	if err = inform.TellEach(ctx, tx, all); err == nil && counter {
		_, err = inform.Tell(ctx, tx, inform.Message{Household: e.HouseholdID, Kind: inform.ObjectionTaken, Subject: objection})
	}
	return err
}

const sqlDueSoon = `-- appeal.due_soon
select distinct o.id, m.account_id, o.due_on < @today as late from objection o
join ledger_entry e on e.village_id = @village_id and e.id = o.entry_id
join membership m on m.village_id = @village_id and m.account_id <> o.filed_by and ` + sqlPartHearers + `
where o.village_id = @village_id and o.state = 'open' and o.due_on <= @soon`

// Remind tells those who may hear an objection, once each, when its day of answer is at most two days off, and
// once more when it is past.
func (s *Service) Remind(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "appeal.Remind")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		due, err := pg.All[struct {
			ID, AccountID uuid.UUID
			Late          bool
		}](ctx, tx, sqlDueSoon, pgx.NamedArgs{"village_id": int64(tx.Village()), "today": month.Date(tx.Now), "soon": month.Date(tx.Now.AddDate(0, 0, 2))})
		if err != nil {
			return err
		}
		all := make([]inform.Message, len(due))
		for i, d := range due {
			all[i] = inform.Message{Account: d.AccountID, Kind: inform.ObjectionFiled, Subject: d.ID, Detail: "快到答复期限了", Once: "objection.due:" + d.ID.String() + ":" + d.AccountID.String()}
			if d.Late {
				all[i].Detail, all[i].Once = "已过答复期限", all[i].Once+":late"
			}
		}
		return inform.TellEach(ctx, tx, all)
	})
}
