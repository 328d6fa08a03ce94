package tenure

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
	"cunfen/internal/fault"
	"cunfen/internal/inform"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// sqlNear finds what villages use four fifths or more of.
const sqlNear = `-- tenure.near
select v.id as village_id, v.name as village, u.what, u.used, u.most from village v cross join lateral (values
  ('住户', (select count(*) from household h where h.village_id = v.id and h.state = 'active'), coalesce((v.flags->'most'->>'households')::bigint, 0)),
  ('照片 MB', (select coalesce(sum(bytes), 0)::bigint >> 20 from evidence e where e.village_id = v.id), coalesce((v.flags->'most'->>'photo_mb')::bigint, 0)),
  ('账号', ` + sqlPartSeats + `, coalesce((v.flags->'most'->>'accounts')::bigint, 0)),
  ('短信', coalesce((select sent::bigint from sms_use s where s.village_id = v.id and s.month = @month), 0), coalesce((v.flags->'most'->>'sms')::bigint, 0))
) u(what, used, most)
where v.id = any(@villages) and v.flags ? 'most' and v.state <> 'closed' and u.most > 0 and u.used * 5 >= u.most * 4 order by v.id, u.what`

type near struct {
	VillageID  actor.VillageID
	Village    string
	What       string
	Used, Most int64
}

func (n near) text() string { return fmt.Sprintf("%s用了 %d，限 %d", n.What, n.Used, n.Most) }

func nearOf(ctx context.Context, tx pg.Tx, villages []int64) ([]near, error) {
	return pg.All[near](ctx, tx, sqlNear, pgx.NamedArgs{"villages": villages, "today": month.Date(tx.Now), "month": int(month.Of(tx.Now))})
}

// Warn tells a village's leads what of its quotas is nearly used up, each once a month.
func (s *Service) Warn(ctx context.Context, who actor.Actor) (err error) {
	defer fault.Wrap(&err, "tenure.Warn(%d)", who.Village)
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		all, err := nearOf(ctx, tx, []int64{int64(who.Village)})
		for _, n := range all {
			if err == nil {
				err = inform.TellLeads(ctx, tx, inform.QuotaNear, n.text(), fmt.Sprintf("quota:%s:%d", n.What, month.Of(tx.Now)))
			}
		}
		return err
	})
}

// Nearly puts the villages whose quotas are nearly used up into the bureau's inbox.
type Nearly struct{}

// Waiting implements bureau.Source.
func (Nearly) Waiting(ctx context.Context, tx pg.Tx, villages []int64) (all []bureau.Waiting, err error) {
	rows, err := nearOf(ctx, tx, villages)
	for _, n := range rows {
		since := month.Of(tx.Now).First()
		all = append(all, bureau.Waiting{VillageID: n.VillageID, Village: n.Village, Kind: bureau.Quotas, ID: fmt.Sprint(int64(n.VillageID)), Title: n.text() + "，请和村里、平台商量",
			Since: since, DueOn: since.In(month.Zone).AddDate(0, 1, -1).Truncate(24 * time.Hour), Href: fmt.Sprintf("/town/villages/%d", n.VillageID)})
	}
	return all, err
}
