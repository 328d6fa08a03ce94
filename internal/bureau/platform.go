package bureau

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
)

// Site is one village as the platform's administrators see it: numbers only.
type Site struct {
	ID         actor.VillageID
	TownshipID actor.TownshipID
	Township   string
	Code       string
	Name       string
	Kind       string
	Households int
	Formal     bool // neither for practice nor merged into another
	Open       int  // jobs
	Dead       int  // jobs given up
}

// Failure is a job of a village that was given up.
type Failure struct {
	ID        uuid.UUID
	VillageID actor.VillageID
	Village   string
	Kind      string
	Attempts  int
	AddedAt   time.Time
	DueAt     time.Time
	LastError string
}

// Platform is the whole deployment.
type Platform struct {
	Sites    []Site
	Jobs     queue.Counts
	Failures []Failure // the latest given up
	Held     []Failure // that wait for their time or for another try, the next first
}

const sqlSites = `-- bureau.sites
select v.id, v.township_id, t.name as township, v.code, v.name, v.kind, coalesce(h.households, 0)::int as households, v.practice_of is null and v.state <> 'closed' as formal,
  coalesce(j.open, 0)::int as open, coalesce(j.dead, 0)::int as dead
from village v join township t on t.id = v.township_id
left join (select village_id, count(*) as households from household where village_id = any(@villages) and state = 'active' group by village_id) h on h.village_id = v.id
left join (select village_id, count(*) filter (where state < 2) as open, count(*) filter (where state = 3) as dead
  from outbox where village_id = any(@villages) and (state < 2 or state = 3) group by village_id) j on j.village_id = v.id
where v.id = any(@villages) order by v.township_id, v.id`

const sqlFailures = `-- bureau.failures
select o.id, o.village_id, v.name as village, o.kind, o.attempts, o.added_at, o.due_at, o.last_error from outbox o join village v on v.id = o.village_id
where o.village_id = any(@villages) and o.state = 3 order by o.added_at desc limit @most`

const sqlHeld = `-- bureau.held
select o.id, o.village_id, v.name as village, o.kind, o.attempts, o.added_at, o.due_at, o.last_error from outbox o join village v on v.id = o.village_id
where o.village_id = any(@villages) and o.state = 0 and o.due_at > @now order by o.due_at limit @most`

const (
	villagesAtOnce = 500
	failuresShown  = 50
)

// Platform reads how the whole deployment stands.
func (s *Service) Platform(ctx context.Context) (p Platform, err error) {
	defer fault.Wrap(&err, "bureau.Platform")
	if p.Jobs, err = queue.Count(ctx, s.DB); err != nil {
		return p, err
	}
	villages, err := s.DB.Villages(ctx)
	for part := range slices.Chunk(villages, villagesAtOnce) {
		if err == nil {
			err = s.DB.Across(ctx, "bureau.platform", part, func(tx pg.Tx) error { return p.add(ctx, tx, part) })
		}
	}
	slices.SortFunc(p.Failures, func(a, b Failure) int { return b.AddedAt.Compare(a.AddedAt) })
	p.Failures = p.Failures[:min(len(p.Failures), failuresShown)]
	slices.SortFunc(p.Held, func(a, b Failure) int { return a.DueAt.Compare(b.DueAt) })
	p.Held = p.Held[:min(len(p.Held), failuresShown)]
	return p, err
}

func (p *Platform) add(ctx context.Context, tx pg.Tx, villages []int64) error {
	args := pgx.NamedArgs{"villages": villages, "most": failuresShown, "now": tx.Now}
	sites, err := pg.All[Site](ctx, tx, sqlSites, args)
	if err != nil {
		return err
	}
	failures, err := pg.All[Failure](ctx, tx, sqlFailures, args)
	if err != nil {
		return err
	}
	held, err := pg.All[Failure](ctx, tx, sqlHeld, args)
	p.Held = append(p.Held, held...)
	p.Sites, p.Failures = append(p.Sites, sites...), append(p.Failures, failures...)
	return err
}
