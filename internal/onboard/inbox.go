package onboard

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/bureau"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Awaiting puts into the bureau's inbox the villages that prepare to go live and have said so on an item of their
// readiness card: the township looks at the card and lets them.
type Awaiting struct{}

const sqlAwaiting = `-- onboard.awaiting
select v.id as village_id, v.name as village, count(distinct r.item)::int as marks, max(r.at) as since
from village v join readiness_mark r on r.village_id = any(@villages) and r.village_id = v.id
where v.id = any(@villages) and v.state = 'setup' and v.practice_of is null group by v.id, v.name`

// Waiting implements bureau.Source.
func (Awaiting) Waiting(ctx context.Context, tx pg.Tx, villages []int64) (all []bureau.Waiting, err error) {
	rows, err := pg.All[struct {
		VillageID actor.VillageID
		Village   string
		Marks     int
		Since     time.Time
	}](ctx, tx, sqlAwaiting, pgx.NamedArgs{"villages": villages})
	for _, r := range rows {
		id := fmt.Sprint(int64(r.VillageID))
		all = append(all, bureau.Waiting{VillageID: r.VillageID, Village: r.Village, Kind: bureau.Onboarding, ID: id, Title: fmt.Sprintf("准备上线，已登记 %d 项准备，请看准备清单", r.Marks),
			Since: r.Since, DueOn: month.Date(r.Since).AddDate(0, 0, bureau.OfficeDays), Href: "/town/villages/" + id + "/ready"})
	}
	return all, err
}
