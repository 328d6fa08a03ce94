package demo

import (
	"context"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/pg"
	"cunfen/internal/web/door"
	"cunfen/tenants"
)

const sqlPhone = `-- demo.phone
select phone from account where id = @id`

// Hints are what the sign-in pages of a demonstration show: who there is, and what their authenticators
// show now. They say nothing of people who are not of the demonstration.
func Hints(db *pg.DB, vault *crypt.Vault) (door.DemoPeople, door.DemoCode) {
	people := func(context.Context) (all []door.DemoPerson) {
		town, problems := tenants.Load(tenants.FS, "demo")
		if len(problems) > 0 {
			return nil
		}
		for _, p := range People(town) {
			all = append(all, door.DemoPerson{Name: p.Name, Role: p.Role, Place: p.Place, Phone: p.Phone, Password: Password})
		}
		return all
	}
	code := func(ctx context.Context, id actor.AccountID) (now string) {
		_ = db.AsSystem(ctx, "demo hints", func(tx pg.Tx) error {
			sealed, err := pg.Scalar[[]byte](ctx, tx, sqlPhone, pgx.NamedArgs{"id": id})
			if err != nil {
				return err
			}
			phone, err := vault.Platform().Open(sealed)
			if err == nil {
				now, err = account.Code(Secret(phone), tx.Now)
			}
			return err
		})
		return now
	}
	return people, code
}
