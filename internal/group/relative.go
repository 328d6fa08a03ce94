package group

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/chars"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
)

// Relative is a home of somebody related to a member, declared by the member.
type Relative struct {
	HouseholdID uuid.UUID
	Door        string
	Head        string
	Relation    string
	DeclaredAt  time.Time
}

const sqlDeclare = `-- group.declare
insert into relative (village_id, account_id, household_id, relation, declared_at)
values (@village_id, @account, @household, @relation, @now) on conflict (village_id, account_id, household_id) do nothing`

// Declare notes that the actor is related to a household and keeps away from its matters.
func (s *Service) Declare(ctx context.Context, who actor.Actor, household uuid.UUID, relation string) (err error) {
	defer fault.Wrap(&err, "group.Declare(%s)", household)
	relation = strings.TrimSpace(relation)
	if !chars.Between(relation, 1, 20) {
		return ErrRelation
	}
	return s.change(ctx, who, "relative.declare", household, relation, func(tx pg.Tx) error {
		_, err := tx.Exec(ctx, sqlDeclare, pgx.NamedArgs{"village_id": int64(tx.Village()), "account": who.Account,
			"household": household, "relation": relation, "now": tx.Now})
		if pg.Is(err, pg.ForeignKey) {
			return ErrHousehold
		}
		return err
	})
}

const sqlWithdraw = `-- group.withdraw
delete from relative where village_id = @village_id and account_id = @account and household_id = @household`

// Withdraw takes back a declaration that was a mistake; the reason stays in the audit.
func (s *Service) Withdraw(ctx context.Context, who actor.Actor, household uuid.UUID, reason string) (err error) {
	defer fault.Wrap(&err, "group.Withdraw(%s)", household)
	if reason = strings.TrimSpace(reason); reason == "" {
		return ErrReason
	}
	return s.change(ctx, who, "relative.withdraw", household, reason, func(tx pg.Tx) error {
		tag, err := tx.Exec(ctx, sqlWithdraw, pgx.NamedArgs{"village_id": int64(tx.Village()), "account": who.Account, "household": household})
		if err == nil && tag.RowsAffected() == 0 {
			return fault.ErrNotFound
		}
		return err
	})
}

func (s *Service) change(ctx context.Context, who actor.Actor, verb string, household uuid.UUID, reason string, fn func(pg.Tx) error) error {
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, verb, func() (struct{}, error) {
			if err := fn(tx); err != nil {
				return struct{}{}, err
			}
			return struct{}{}, audit.Record(ctx, tx, audit.Event{Verb: verb, Kind: "household", ID: household.String(), Reason: reason})
		})
		return err
	})
}

const sqlRelatives = `-- group.relatives
select r.household_id, h.door, h.head, r.relation, r.declared_at
from relative r join household h on h.village_id = r.village_id and h.id = r.household_id
where r.village_id = @village_id and r.account_id = @account order by h.door`

// Relatives lists what the actor declared.
func (s *Service) Relatives(ctx context.Context, who actor.Actor) (out []Relative, err error) {
	defer fault.Wrap(&err, "group.Relatives")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		out, err = pg.All[Relative](ctx, tx, sqlRelatives, pgx.NamedArgs{"village_id": int64(tx.Village()), "account": who.Account})
		return err
	})
	return out, err
}

const sqlConflicted = `-- group.conflicted
select household_id from membership where village_id = @village_id and account_id = @account and household_id = any(@households)
union
select household_id from member where village_id = @village_id and account_id = @account and household_id = any(@households)
union
select household_id from relative where village_id = @village_id and account_id = @account and household_id = any(@households)`

// Conflicted says from which of the households the account must keep away (INV-22): those it lives in, by
// any membership of the village, ended ones too, or by the register, and those of declared relatives.
func Conflicted(ctx context.Context, tx pg.Tx, account actor.AccountID, households []uuid.UUID) (map[uuid.UUID]bool, error) {
	found, err := pg.Column[uuid.UUID](ctx, tx, sqlConflicted, pgx.NamedArgs{"village_id": int64(tx.Village()), "account": account, "households": households})
	if err != nil {
		return nil, err
	}
	out := make(map[uuid.UUID]bool, len(found))
	for _, h := range found {
		out[h] = true
	}
	return out, nil
}
