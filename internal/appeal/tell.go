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

// sqlPartHearers are the members of the group who may hear an objection to a line: not of that home nor related
// to it, and without a hand in the line or in the objection.
const sqlPartHearers = `unnest(@seated::uuid[], @homes::uuid[]) as m(account_id, household_id) on m.account_id is distinct from e.recorder and m.account_id is distinct from e.reviewer and m.household_id is distinct from e.household_id
  and not exists (select from relative r where r.village_id = @village_id and r.account_id = m.account_id and r.household_id = e.household_id)
  and not exists (select from claim c where c.village_id = @village_id and c.id = e.source_id and e.source_kind = 2 and c.first_by = m.account_id)
`

const sqlHearers = `-- appeal.hearers
select distinct m.account_id from ledger_entry e join ` + sqlPartHearers + `
where e.village_id = @village_id and e.id = @entry and m.account_id <> @by`

// tellFiled tells those who may hear the objection that it waits; and the household, where somebody wrote it down
// for it.
func tellFiled(ctx context.Context, tx pg.Tx, e ledger.Entry, objection uuid.UUID, counter bool) error {
	seats, err := inform.Group(ctx, tx)
	if err != nil {
		return err
	}
	hearers, err := pg.Column[uuid.UUID](ctx, tx, sqlHearers, seats.Args(pgx.NamedArgs{"village_id": int64(tx.Village()), "entry": e.ID, "by": tx.Who.Account}))
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
join ` + sqlPartHearers + `
where o.village_id = @village_id and m.account_id <> o.filed_by and o.state = 'open' and o.due_on <= @soon`

// Remind tells those who may hear an objection, once each, when its day of answer is at most two days off, and
// once more when it is past.
func (s *Service) Remind(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "appeal.Remind")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		seats, err := inform.Group(ctx, tx)
		if err != nil {
			return err
		}
		due, err := pg.All[struct {
			ID, AccountID uuid.UUID
			Late          bool
		}](ctx, tx, sqlDueSoon, seats.Args(pgx.NamedArgs{"village_id": int64(tx.Village()), "today": month.Date(tx.Now), "soon": month.Date(tx.Now.AddDate(0, 0, 2))}))
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
