package onboard

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/household"
	"cunfen/internal/pg"
	"cunfen/internal/shop"
	"cunfen/internal/village"
	"cunfen/tenants"
)

// homes are those of a village for practice; their people exist nowhere.
var homes = []struct{ door, head string }{{"1组1号", "练习一户"}, {"1组2号", "练习二户"}, {"1组3号", "练习三户"}, {"1组4号", "练习四户"}, {"1组5号", "练习五户"},
	{"1组6号", "练习六户"}, {"1组7号", "练习七户"}, {"1组8号", "练习八户"}}

const sqlStaff = `-- onboard.staff
select account_id, name, role, coalesce(kind, '') as kind, grid from membership
where village_id = @village_id and role <> 'household' and ended_at is null and not disqualified order by id`

type member struct {
	AccountID actor.AccountID
	Name      string
	Role      string
	Kind      string
	Grid      int
}

const sqlSit = `-- onboard.sit
insert into membership (village_id, id, account_id, name, role, kind, grid, starts_on, created_at)
values (@village_id, @id, @account, @name, @role, nullif(@kind, ''), @grid, @today, @now) on conflict do nothing`

const sqlShut = `-- onboard.shut
update village set state = 'closed', state_reason = '练习村已重置', state_at = @at where practice_of = @of and state <> 'closed' returning id`

// Practise opens a village for practice beside the actor's own: with the document's rules, made-up homes and goods,
// and a seat there for everybody who has one here. What there was for practice before is closed, so that this
// also is how one begins anew.
func (s *Service) Practise(ctx context.Context, who actor.Actor) (id actor.VillageID, err error) {
	defer fault.Wrap(&err, "onboard.Practise(%d)", who.Village)
	v, err := s.Villages.Find(ctx, who.Village)
	if err != nil {
		return 0, err
	}
	if v.Practice() {
		return 0, ErrPractice
	}
	var staff []member
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		if staff, err = pg.All[member](ctx, tx, sqlStaff, pgx.NamedArgs{"village_id": int64(who.Village)}); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Event{Verb: "village.practise", Kind: "village", ID: v.Code})
	})
	if err != nil {
		return 0, err
	}
	if id, err = s.playground(ctx, v); err != nil {
		return 0, err
	}
	return id, s.furnish(ctx, id, staff)
}

func (s *Service) playground(ctx context.Context, v village.Village) (id actor.VillageID, err error) {
	var shut []int64
	err = s.DB.AsSystem(ctx, "onboard.practise", func(tx pg.Tx) error {
		if shut, err = pg.Column[int64](ctx, tx, sqlShut, pgx.NamedArgs{"of": int64(v.ID), "at": tx.Now}); err != nil {
			return err
		}
		n, err := pg.Scalar[int64](ctx, tx, sqlNextID)
		if err != nil {
			return err
		}
		p := v.Settings
		p.Households, p.Groups, p.Grids = len(homes), []tenants.Group{{Number: 1, Name: "1组"}}, []tenants.Grid{{Number: 1, Name: "练习网格", Groups: []int{1}}}
		_, err = tx.Exec(ctx, sqlNewVillage, pgx.NamedArgs{"id": n, "township": int64(v.TownshipID), "code": fmt.Sprintf("%.20s-lx%d", v.Code, n), "name": v.Name + "（练习）",
			"kind": v.Kind, "settings": p, "state": "live", "practice_of": int64(v.ID), "at": tx.Now})
		id = actor.VillageID(n)
		return err
	})
	for _, old := range shut {
		s.Villages.Forget(actor.VillageID(old))
	}
	return id, err
}

func (s *Service) furnish(ctx context.Context, id actor.VillageID, staff []member) error {
	who := actor.System(id)
	err := s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		if err := firstRules(ctx, tx); err != nil {
			return err
		}
		for _, m := range staff { // a dozen people at the most
			if _, err := tx.Exec(ctx, sqlSit, pgx.NamedArgs{"village_id": int64(id), "id": pg.NewID(), "account": m.AccountID, "name": m.Name, "role": m.Role,
				"kind": m.Kind, "grid": min(m.Grid, 1), "today": tx.Now, "now": tx.Now}); err != nil {
				return err
			}
			if err := account.Join(ctx, tx, m.AccountID); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, h := range homes {
		if _, err := s.Households.Register(ctx, who, household.Draft{Door: h.door, Head: h.head, Residence: household.Local}); err != nil {
			return err
		}
	}
	_, err = s.Shop.Save(ctx, who, shop.Goods{Code: "G01", Name: "练习用的牙膏", Unit: "支", Price: 5, Stock: 50, Active: true})
	return err
}
