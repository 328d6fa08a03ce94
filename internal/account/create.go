package account

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
)

// ErrName says that a person has no name.
var ErrName = fault.New(fault.Invalid, "account.name", "请填写姓名").On("name")

// New is an account to be made.
type New struct {
	Name  string
	Phone string
	Start string // a start password, used up by its first use; "" for none
	Hash  string // what Hash made of a password that the person chose, instead of Start
	TOTP  string // a secret that is bound already, base32; for demonstrations
}

const sqlCreate = `-- account.create
insert into account (id, name, phone, phone_index, password, must_change, totp, created_at)
values (@id, @name, @phone, @index, @password, @must_change, @totp, @at)
on conflict (phone_index) do nothing`

const sqlByPhone = `-- account.by_phone
select id, name, password, must_change, totp, totp_step, state, failed, locked_until, epoch, villages from account where phone_index = @index`

// Create makes an account in the caller's transaction. If the phone has one already, that is answered as it
// is, and fresh is false: its name, password and second factor stay its owner's.
func (s *Service) Create(ctx context.Context, tx pg.Tx, n New) (id actor.AccountID, fresh bool, err error) {
	defer fault.Wrap(&err, "account.Create")
	phone, phoneErr := Phone(n.Phone)
	name := strings.TrimSpace(n.Name)
	if name == "" || phoneErr != nil {
		return uuid.Nil, false, fault.Join(missing(name == "", ErrName), missing(phoneErr != nil, ErrPhone))
	}
	hash := n.Hash
	if n.Start != "" {
		if hash, err = Hash(n.Start); err != nil {
			return uuid.Nil, false, err
		}
	}
	key := s.Vault.Platform()
	args := pgx.NamedArgs{"id": pg.NewID(), "name": name, "phone": key.Seal(phone), "index": s.index(phone), "password": hash,
		"must_change": n.Start != "", "totp": key.Seal(n.TOTP), "at": tx.Now}
	tag, err := tx.Exec(ctx, sqlCreate, args)
	if err != nil {
		return uuid.Nil, false, err
	}
	if tag.RowsAffected() == 1 {
		return args["id"].(uuid.UUID), true, nil
	}
	r, err := pg.One[row](ctx, tx, sqlByPhone, pgx.NamedArgs{"index": s.index(phone)})
	return r.ID, false, err
}

func missing(is bool, f *fault.Error) *fault.Error {
	if is {
		return f
	}
	return nil
}

const sqlJoin = `-- account.join
update account set villages = array_append(villages, @village) where id = @id and not villages @> array[@village::bigint]`

// Join notes that memberships of the account may be found in the transaction's village.
func Join(ctx context.Context, tx pg.Tx, id actor.AccountID) error {
	_, err := tx.Exec(ctx, sqlJoin, pgx.NamedArgs{"id": id, "village": int64(tx.Village())})
	return err
}
