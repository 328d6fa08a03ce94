// Package demo fills townships with people, households and months of life through the product's own
// use-cases, so that whoever tries the product, tests it or measures it sees a village that has been working
// for a while. It moves its own clock: what it tells happened on the days that it says.
package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/crypt"
	"cunfen/internal/month"
	"cunfen/internal/onboard"
	"cunfen/internal/pg"
	"cunfen/internal/tenant"
	"cunfen/internal/web/ui"
	"cunfen/tenants"
)

// Password is that of every demo person; their authenticators follow from their phones.
const Password = "demo-村分-2026"

// Filler fills. Site's DB is its own: its clock is moved.
type Filler struct {
	Site       *ui.Site
	Vault      *crypt.Vault
	Households int  // a village, at the least those where the people live
	Marker     bool // puts ⟦v7⟧ of village 7 into every text
	Photos     bool // some claims get pictures; they cost time
	Step       func(village string, done, of int)

	hash string
	now  time.Time // the real time at the start
}

// Fill brings the township and its villages in and lets each live through three months. A village that has
// households already is left as it is.
func (f *Filler) Fill(ctx context.Context, town *tenants.Township) (err error) {
	if f.hash, err = account.Hash(Password); err != nil {
		return err
	}
	f.now = f.Site.DB.Now()
	if _, err := tenant.Apply(ctx, f.Site.DB, town); err != nil {
		return err
	}
	for _, v := range town.Villages {
		if err := onboard.Demonstrate(ctx, f.Site.DB, actor.VillageID(v.ID), "演示用的村（场），不经准备清单"); err != nil {
			return err
		}
	}
	if err := f.officers(ctx, town); err != nil {
		return err
	}
	for i, v := range town.Villages {
		if err := f.village(ctx, town, v, i); err != nil {
			return fmt.Errorf("%s: %w", v.Name, err)
		}
	}
	return nil
}

// officers seats those above the villages: the bureau's, the departments', and one of the platform.
func (f *Filler) officers(ctx context.Context, town *tenants.Township) error {
	f.at(f.now)
	return f.Site.DB.AsSystem(ctx, "demo officers", func(tx pg.Tx) error {
		people := append([]tenants.Person{{Name: "平台管理员", Phone: PlatformPhone, Role: actor.Platform}}, town.People...)
		for _, p := range people {
			id, _, err := f.Site.Accounts.Create(ctx, tx, account.New{Name: p.Name, Phone: p.Phone, Hash: f.hash, TOTP: Secret(p.Phone)})
			if err != nil {
				return err
			}
			o := account.Office{Account: id, Role: p.Role, Topic: p.Department, StartsOn: f.now.AddDate(0, 0, -1)}
			if p.Role != actor.Platform {
				o.Township = actor.TownshipID(town.ID)
			}
			if _, err := account.Install(ctx, tx, o); err != nil {
				return err
			}
		}
		return nil
	})
}

// village lets one village live: households, people, two months signed and published, one under way. The
// villages of a township stand at different points, so that the board has something to show.
func (f *Filler) village(ctx context.Context, town *tenants.Township, v tenants.Village, nth int) error {
	t := &tale{Filler: f, v: v, rng: rand.New(rand.NewPCG(uint64(v.ID), 7)), town: actor.TownshipID(town.ID)}
	this := month.Of(f.now)
	last, before := this.Prev(), this.Prev().Prev()
	f.at(before.First().Add(9 * time.Hour))
	empty, err := t.empty(ctx)
	if err != nil || !empty {
		return err
	}
	steps := []func(context.Context) error{
		t.register,
		t.people,
		func(ctx context.Context) error { return t.live(ctx, before, before.End()) },
		func(ctx context.Context) error { return t.close(ctx, before, nth < 3) },
		func(ctx context.Context) error { return t.redeem(ctx, last) },
		func(ctx context.Context) error { return t.deduct(ctx, last) },
		func(ctx context.Context) error { return t.live(ctx, last, last.End()) },
		func(ctx context.Context) error { return t.lastMonth(ctx, last, nth) },
		func(ctx context.Context) error { return t.live(ctx, this, f.now) },
		func(ctx context.Context) error { return t.underWay(ctx, nth) },
	}
	for i, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
		if f.Step != nil {
			f.Step(v.Name, i+1, len(steps))
		}
	}
	return nil
}

// lastMonth leaves the month before this one where the village's turn says: published, being signed, or open.
func (t *tale) lastMonth(ctx context.Context, m month.Month, nth int) error {
	switch nth % 3 {
	case 0:
		if err := t.close(ctx, m, true); err != nil {
			return err
		}
		return t.object(ctx)
	case 1:
		return t.close(ctx, m, false)
	}
	return nil
}

// at moves the clock; it goes on from there.
func (f *Filler) at(when time.Time) {
	began := time.Now()
	f.Site.DB.Now = func() time.Time { return when.Add(time.Since(began)) }
}

// mark puts the village's marker after a text.
func (t *tale) mark(text string) string {
	if !t.Marker {
		return text
	}
	return fmt.Sprintf("%s⟦v%d⟧", text, t.v.ID)
}

// every runs fn over n things, several at a time.
func every(ctx context.Context, n int, fn func(context.Context, int) error) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(6)
	for i := range n {
		g.Go(func() error { return fn(ctx, i) })
	}
	return g.Wait()
}

var errNobody = errors.New("demo: the village has nobody of that role")

// tale is one village's story.
type tale struct {
	*Filler
	v     tenants.Village
	town  actor.TownshipID
	rng   *rand.Rand
	homes []home
	staff []actor.Actor
	folk  []actor.Actor
}

// home is a household as the story needs it.
type home struct {
	ID   uuid.UUID
	Door string
	Head string
	Grid int
}

func (t *tale) system() actor.Actor {
	a := actor.System(actor.VillageID(t.v.ID))
	a.Township = t.town
	return a
}

// one is somebody of the role who is not the nth in turn, so that deeds are shared out.
func (t *tale) one(role actor.Role, nth int) (actor.Actor, error) {
	var of []actor.Actor
	for _, a := range t.staff {
		if a.Role == role {
			of = append(of, a)
		}
	}
	if len(of) == 0 {
		return actor.Actor{}, errNobody
	}
	return of[nth%len(of)], nil
}
