// Package village is who the villages and townships are: their names, kinds, calendars and looks. None of it
// belongs to one village alone, so it is read outside the villages' fences.
package village

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/pg"
	"cunfen/tenants"
)

// Village is one village or farm, a tenant.
type Village struct {
	ID         actor.VillageID
	TownshipID actor.TownshipID
	Code       string
	Name       string
	Kind       string // village or farm
	Township   string
	Bureau     string
	Settings   tenants.Profile
	State      State
	PracticeOf *int64 // the village beside which this one exists for practice
	Flags      Flags
}

// State is where a village stands.
type State string

// The states.
const (
	Setup     State = "setup"
	Live      State = "live"
	Suspended State = "suspended" // nobody signs in and no job runs
	Closed    State = "closed"    // another village took it over; an archive
)

// Chinese is the state on screen.
func (s State) Chinese() string {
	return map[State]string{Setup: "准备中", Live: "运行中", Suspended: "已暂停", Closed: "已并入别村"}[s]
}

// Flags is what a village has otherwise than all.
type Flags struct {
	Counter bool     `json:"counter,omitempty"` // households do everything at the counter: no accounts of their own
	Paper   bool     `json:"paper,omitempty"`   // nothing of the village stands on the open web
	Embed   []string `json:"embed,omitempty"`   // origins of county sites that may show the village's board within their pages
	Most    Most     `json:"most,omitzero"`
}

// Most is what a village may use; 0 is as much as it likes.
type Most struct {
	Households int `json:"households,omitempty"`
	PhotoMB    int `json:"photo_mb,omitempty"`
	SMS        int `json:"sms,omitempty"`      // a month
	Accounts   int `json:"accounts,omitempty"` // people with a seat
}

// Practice reports whether the village exists to try things out.
func (v Village) Practice() bool { return v.PracticeOf != nil }

// Where is the village with its township before it.
func (v Village) Where() string { return v.Township + " · " + v.Name }

// Register reads villages and keeps them for a minute. It is safe for concurrent use.
type Register struct {
	DB *pg.DB

	mu    sync.Mutex
	kept  map[actor.VillageID]kept
	towns map[actor.TownshipID]town
}

type town struct {
	name string
	at   time.Time
}

type kept struct {
	v  Village
	at time.Time
}

const keep = time.Minute

const sqlFind = `-- village.find
select v.id, v.township_id, v.code, v.name, v.kind, t.name as township, t.bureau, v.settings, v.state, v.practice_of, v.flags
from village v join township t on t.id = v.township_id
where (@id = 0 or v.id = @id) and (@code = '' or v.code = @code) and (@township = 0 or v.township_id = @township)
  and (@id <> 0 or @code <> '' or v.practice_of is null)
order by v.township_id, v.id`

// Find reads a village by its id.
func (r *Register) Find(ctx context.Context, id actor.VillageID) (v Village, err error) {
	defer fault.Wrap(&err, "village.Find(%d)", id)
	r.mu.Lock()
	k, ok := r.kept[id]
	r.mu.Unlock()
	if ok && time.Since(k.at) < keep {
		return k.v, nil
	}
	all, err := r.read(ctx, pgx.NamedArgs{"id": int64(id), "code": "", "township": 0})
	if err != nil {
		return v, err
	}
	if len(all) != 1 || id == 0 {
		return v, fault.ErrNotFound
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[actor.VillageID]kept{}
	}
	r.kept[id] = kept{all[0], time.Now()}
	return all[0], nil
}

const sqlTown = `-- village.town
select name from township where id = @township`

// Town is the name of a township; none for the platform.
func (r *Register) Town(ctx context.Context, id actor.TownshipID) (name string, err error) {
	defer fault.Wrap(&err, "village.Town(%d)", id)
	r.mu.Lock()
	t, ok := r.towns[id]
	r.mu.Unlock()
	if id == 0 || ok && time.Since(t.at) < keep {
		return t.name, nil
	}
	err = r.DB.AsSystem(ctx, "village.town", func(tx pg.Tx) error {
		name, err = pg.Scalar[string](ctx, tx, sqlTown, pgx.NamedArgs{"township": int64(id)})
		return err
	})
	if err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.towns == nil {
		r.towns = map[actor.TownshipID]town{}
	}
	r.towns[id] = town{name, time.Now()}
	return name, nil
}

// ByCode reads a village by the code in its public addresses.
func (r *Register) ByCode(ctx context.Context, code string) (v Village, err error) {
	defer fault.Wrap(&err, "village.ByCode")
	all, err := r.read(ctx, pgx.NamedArgs{"id": 0, "code": code, "township": 0})
	if err != nil {
		return v, err
	}
	if len(all) != 1 || code == "" {
		return v, fault.ErrNotFound
	}
	return all[0], nil
}

// Forget makes the next reader ask again, after a village was changed.
func (r *Register) Forget(id actor.VillageID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.kept, id)
}

// All lists every village of a township, or of the deployment where township is 0; not those for practice.
func (r *Register) All(ctx context.Context, township actor.TownshipID) (all []Village, err error) {
	defer fault.Wrap(&err, "village.All")
	return r.read(ctx, pgx.NamedArgs{"id": 0, "code": "", "township": int64(township)})
}

func (r *Register) read(ctx context.Context, args pgx.NamedArgs) (all []Village, err error) {
	err = r.DB.AsSystem(ctx, "village", func(tx pg.Tx) error {
		all, err = pg.All[Village](ctx, tx, sqlFind, args)
		return err
	})
	return all, err
}
