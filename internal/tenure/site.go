package tenure

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/village"
)

// Site is one village as the platform's administrators see it: numbers only.
type Site struct {
	Place
	Usage
}

// Place is a village's row.
type Place struct {
	ID          actor.VillageID
	TownshipID  actor.TownshipID
	Township    string
	Code        string
	Name        string
	Kind        string
	State       village.State
	StateReason string
	StateAt     *time.Time
	PracticeOf  *int64
	Flags       village.Flags
	CreatedAt   time.Time
}

// Usage is what a village uses.
type Usage struct {
	Households int64
	Photos     int64
	Bytes      int64 // of photos
	SMS        int64 // sent this month
	KeptBack   int64 // not sent this month, the quota being used up
	Accounts   int64 // people with a seat today
	Entries    int64 // lines of the book
	Open       int64 // jobs
	Dead       int64 // jobs given up
}

// Over names what a village uses more of than it may, Near of what it uses four fifths or more.
func (s Site) Over() []string { return s.beyond(100, false) }
func (s Site) Near() []string { return s.beyond(80, true) }

func (s Site) beyond(percent int64, or bool) (what []string) {
	m := s.Flags.Most
	for _, q := range []struct {
		name       string
		used, most int64
	}{{"住户", s.Households, int64(m.Households)}, {"照片", s.Bytes, int64(m.PhotoMB) << 20}, {"短信", s.SMS, int64(m.SMS)}, {"账号", s.Accounts, int64(m.Accounts)}} {
		if q.most > 0 && (q.used*100 > q.most*percent || or && q.used*100 == q.most*percent) {
			what = append(what, q.name)
		}
	}
	return what
}

// Filter narrows the list of villages.
type Filter struct {
	Search   string
	Township actor.TownshipID
	State    village.State
	Practice bool // those for practice, and only those
	page.Page
}

const sqlSites = `-- tenure.sites
select v.id, v.township_id, t.name as township, v.code, v.name, v.kind, v.state, v.state_reason, v.state_at, v.practice_of, v.flags, v.created_at
from village v join township t on t.id = v.township_id
where v.id > @after and (@id = 0 or v.id = @id) and (@township = 0 or v.township_id = @township) and (@state = '' or v.state = @state)
  and (@id <> 0 or (v.practice_of is not null) = @practice) and (@q = '' or v.name like '%' || @q || '%' or v.code = @q or t.name like '%' || @q || '%')
order by v.id limit @rows`

// sqlPartSeats counts who can use the village v: nobody of one that was merged away, nor a home that has left and
// only reads its old book.
const sqlPartSeats = `(select count(distinct m.account_id) from membership m left join household h on h.village_id = m.village_id and h.id = m.household_id
    where m.village_id = v.id and v.state <> 'closed' and m.ended_at is null and not m.disqualified and (m.ends_on is null or m.ends_on >= @today::date)
      and (m.role <> 'household' or h.state = 'active'))`

const sqlUsage = `-- tenure.usage
select v.id, (select count(*) from household h where h.village_id = v.id and h.state = 'active') as households,
  (select count(*) from evidence e where e.village_id = v.id) as photos, (select coalesce(sum(bytes), 0)::bigint from evidence e where e.village_id = v.id) as bytes,
  (select coalesce(sum(sent), 0)::bigint from sms_use u where u.village_id = v.id and u.month = @month) as sms,
  (select coalesce(sum(kept_back), 0)::bigint from sms_use u where u.village_id = v.id and u.month = @month) as kept_back,
  ` + sqlPartSeats + ` as accounts,
  (select coalesce(sum(entries), 0)::bigint from balance b where b.village_id = v.id) as entries,
  (select count(*) from outbox o where o.village_id = v.id and o.state < 2) as open, (select count(*) from outbox o where o.village_id = v.id and o.state = 3) as dead
from village v where v.id = any(@villages)`

// Sites lists the villages of the deployment with what they use.
func (s *Service) Sites(ctx context.Context, f Filter) (all []Site, next string, err error) {
	defer fault.Wrap(&err, "tenure.Sites")
	after := int64(0)
	if f.After != "" {
		if after, err = strconv.ParseInt(f.After, 10, 64); err != nil {
			return nil, "", fault.ErrNotFound
		}
	}
	all, err = s.sites(ctx, pgx.NamedArgs{"after": after, "id": 0, "township": int64(f.Township), "state": string(f.State), "practice": f.Practice,
		"q": strings.TrimSpace(f.Search), "rows": f.Rows() + 1})
	if err != nil {
		return nil, "", err
	}
	all, next = page.Cut(all, f.Rows(), func(s Site) string { return strconv.FormatInt(int64(s.ID), 10) })
	return all, next, s.use(ctx, all)
}

// Site is one of them.
func (s *Service) Site(ctx context.Context, id actor.VillageID) (one Site, err error) {
	defer fault.Wrap(&err, "tenure.Site(%d)", id)
	all, err := s.sites(ctx, pgx.NamedArgs{"after": 0, "id": int64(id), "township": 0, "state": "", "practice": false, "q": "", "rows": 1})
	if err != nil {
		return one, err
	}
	if len(all) == 0 || id == 0 {
		return one, fault.ErrNotFound
	}
	err = s.use(ctx, all)
	return all[0], err
}

func (s *Service) sites(ctx context.Context, args pgx.NamedArgs) (all []Site, err error) {
	err = s.DB.AsSystem(ctx, "tenure.sites", func(tx pg.Tx) error {
		rows, err := pg.All[Place](ctx, tx, sqlSites, args)
		all = nil
		for _, r := range rows {
			all = append(all, Site{Place: r})
		}
		return err
	})
	return all, err
}

// Months is what a village sent by SMS, a row a month, newest first.
type Months struct {
	Month    month.Month
	Sent     int
	KeptBack int
}

const sqlSMSMonths = `-- tenure.sms_months
select month, sent, kept_back from sms_use where village_id = any(@villages) order by month desc limit 12`

// SMSMonths counts a village's short messages by month.
func (s *Service) SMSMonths(ctx context.Context, id actor.VillageID) (all []Months, err error) {
	defer fault.Wrap(&err, "tenure.SMSMonths(%d)", id)
	villages := []int64{int64(id)}
	err = s.DB.Across(ctx, "tenure.sms_months", villages, func(tx pg.Tx) error {
		all, err = pg.All[Months](ctx, tx, sqlSMSMonths, pgx.NamedArgs{"villages": villages})
		return err
	})
	return all, err
}

// use fills in what the villages use.
func (s *Service) use(ctx context.Context, all []Site) error {
	if len(all) == 0 {
		return nil
	}
	ids, at := make([]int64, len(all)), map[int64]int{}
	for i, v := range all {
		ids[i], at[int64(v.ID)] = int64(v.ID), i
	}
	type used struct {
		ID int64
		Usage
	}
	return s.DB.Across(ctx, "tenure.usage", ids, func(tx pg.Tx) error {
		rows, err := pg.All[used](ctx, tx, sqlUsage, pgx.NamedArgs{"villages": ids, "month": int(month.Of(tx.Now)), "today": month.Date(tx.Now)})
		for _, r := range rows {
			all[at[r.ID]].Usage = r.Usage
		}
		return err
	})
}
