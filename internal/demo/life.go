package demo

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"cunfen/internal/actor"
	"cunfen/internal/claim"
	"cunfen/internal/fault"
	"cunfen/internal/ledger"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/rulebook"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
)

// live is a month's capture and review up to the given instant: what grid workers record for the homes of
// their grids, what households declare, and the group's decisions on most of it.
func (t *tale) live(ctx context.Context, m month.Month, until time.Time) error {
	day := until.Add(-time.Hour)
	if early := m.First().Add(36 * time.Hour); day.Before(early) {
		day = m.First().Add(time.Hour)
	}
	t.at(day)
	if err := t.record(ctx, m, day); err != nil {
		return err
	}
	if err := t.declare(ctx, m, day); err != nil {
		return err
	}
	switch this := month.Of(t.now); m {
	case this.Prev():
		if err := t.gather(ctx, m); err != nil {
			return err
		}
		t.at(day)
		if err := t.rounds(ctx, m, true); err != nil {
			return err
		}
	case this:
		if err := t.rounds(ctx, m, false); err != nil {
			return err
		}
	}
	return t.review(ctx, m == month.Of(t.now))
}

// record lets grid workers note tidy homes (P08) and sorted waste (P07), door by door.
func (t *tale) record(ctx context.Context, m month.Month, day time.Time) error {
	items := []string{"P08", "P07"}
	return every(ctx, len(t.homes), func(ctx context.Context, i int) error {
		h := t.homes[i]
		rng := rand.New(rand.NewPCG(uint64(t.v.ID)<<20+uint64(m), uint64(i)))
		worker, err := t.worker(h.Grid)
		if err != nil || rng.IntN(4) == 0 {
			return err
		}
		_, err = t.Site.Claims.Submit(ctx, worker, claim.Draft{Household: h.ID, Item: items[i%2], Parts: map[string]int{"": 1},
			OccurredOn: within(rng, m, day), Note: t.mark("入户查看"), Proofs: []rulebook.Evidence{rulebook.InspectionRecord}})
		return passable(err)
	})
}

// passable lets a village's own rules refuse what the story would have: an item that it dropped or that is off.
func passable(err error) error {
	f := fault.Of(err)
	if err == nil || f.Kind == fault.Invalid || f.Kind == fault.Conflict {
		return nil
	}
	return err
}

// worker is the grid worker of a grid.
func (t *tale) worker(grid int) (actor.Actor, error) {
	for _, a := range t.staff {
		if a.Role == actor.Grid && (a.Grid == grid || a.Grid == 0) {
			return a, nil
		}
	}
	return t.one(actor.Committee, grid)
}

// within is a day of the month not after the given one.
func within(rng *rand.Rand, m month.Month, upto time.Time) time.Time {
	last := upto.In(month.Zone).Day()
	if month.Of(upto) != m {
		last = 28
	}
	return m.First().AddDate(0, 0, rng.IntN(last))
}

// declare lets the households with a phone of their own declare deeds, some with a picture.
func (t *tale) declare(ctx context.Context, m month.Month, day time.Time) error {
	deeds := []struct{ item, note string }{{"P18", "村里清理河岸的志愿活动"}, {"P16", "帮网格员排查用电隐患"}, {"P24", "捡到钱包交给失主"}}
	for i, who := range t.folk {
		rng := rand.New(rand.NewPCG(uint64(t.v.ID)<<20+uint64(m), uint64(1000+i)))
		for _, d := range deeds[:1+rng.IntN(len(deeds))] {
			draft := claim.Draft{Household: who.Household, Item: d.item, Parts: map[string]int{"": 1}, OccurredOn: within(rng, m, day), Note: t.mark(d.note)}
			if t.Photos {
				e, err := t.Site.Evidence.Upload(ctx, who, bytes.NewReader(picture(rng)))
				if err != nil {
					return err
				}
				draft.Evidence = []uuid.UUID{e.ID}
			}
			if _, err := t.Site.Claims.Submit(ctx, who, draft); passable(err) != nil {
				return err
			}
		}
	}
	return nil
}

// review decides what waits; of the month under way some is left for whoever looks.
func (t *tale) review(ctx context.Context, underWay bool) error {
	reviewers := t.group()
	left := 0
	if underWay {
		left = min(12, len(t.homes)/4)
	}
	var queue []claim.Row
	for f := (claim.Filter{State: claim.Pending, Page: page.Page{Limit: page.Most}}); ; {
		rows, next, err := t.Site.Claims.List(ctx, reviewers[0], f)
		if err != nil {
			return err
		}
		queue = append(queue, rows...)
		if f.After = next; next == "" {
			break
		}
	}
	if len(queue) <= left {
		return nil
	}
	queue = queue[:len(queue)-left]
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(6)
	for i, row := range queue {
		g.Go(func() error {
			half := false // the photo looks like another's: a second member is asked
			for _, who := range append(reviewers[i%len(reviewers):], reviewers...) {
				var err error
				var c claim.Claim
				switch {
				case i%29 == 28:
					_, err = t.Site.Claims.Return(ctx, who, row.ID, t.mark("请补充一张能看清门牌的照片"))
				case half:
					_, err = t.Site.Claims.ApproveAlike(ctx, who, row.ID, t.mark("照片相像，经核对不是同一件"))
				default:
					c, err = t.Site.Claims.Approve(ctx, who, row.ID)
				}
				if half = half || c.State == claim.Pending && err == nil && c.ID == row.ID; half && c.ID == row.ID {
					continue
				}
				if errors.Is(err, claim.ErrRelated) || errors.Is(err, claim.ErrOwnRecord) {
					continue
				}
				return err
			}
			return nil
		})
	}
	return g.Wait()
}

// group is those who decide: the lead and the members.
func (t *tale) group() (all []actor.Actor) {
	for _, a := range t.staff {
		if a.Role == actor.Lead || a.Role == actor.Committee {
			all = append(all, a)
		}
	}
	return all
}

// close freezes and signs a month in the first days of the next, and publishes it; unfinished leaves it with
// one signature.
func (t *tale) close(ctx context.Context, m month.Month, finish bool) error {
	t.at(m.End().Add(8*time.Hour + 30*time.Minute))
	lead, err := t.one(actor.Lead, 0)
	if err != nil {
		return err
	}
	sheet, err := t.Site.Months.Freeze(ctx, lead, m)
	if err != nil {
		return err
	}
	for _, who := range t.group() {
		if sheet, err = t.Site.Months.Sign(ctx, who, m, signoff.Pen{Hash: sheet.Hash, Method: signoff.ByPassword}); err != nil {
			return err
		}
		if sheet.State == signoff.Posted || !finish && t.recent(m) {
			break
		}
	}
	if sheet.State != signoff.Posted {
		return nil
	}
	t.at(m.End().AddDate(0, 0, max(t.v.Profile.Calendar.NoticeDay, 1)-1).Add(9 * time.Hour))
	_, err = t.Site.Notices.Publish(ctx, t.system(), m)
	return err
}

// recent reports whether m is the month before the one under way.
func (t *tale) recent(m month.Month) bool { return m == month.Of(t.now).Prev() }

// redeem lets some households fetch goods on the fixed day of the month m.
func (t *tale) redeem(ctx context.Context, m month.Month) error {
	t.at(m.First().AddDate(0, 0, max(t.v.Profile.Calendar.RedemptionDay, 2)-1).Add(10 * time.Hour))
	clerk, err := t.one(actor.Desk, 0)
	if errors.Is(err, errNobody) {
		return nil
	}
	goods, err := t.Site.Shop.Goods(ctx, clerk, false)
	if err != nil || len(goods) == 0 {
		return err
	}
	for i, h := range t.homes {
		if i%5 != 0 || i > 200 {
			continue
		}
		var b ledger.Balance
		err := t.Site.DB.Look(ctx, clerk, func(tx pg.Tx) (err error) { b, err = ledger.BalanceOf(ctx, tx, h.ID); return err })
		if err != nil {
			return err
		}
		g := goods[0]
		if b.Usable() < int64(g.Price) {
			continue
		}
		_, err = t.Site.Shop.Redeem(ctx, clerk, shop.Order{Household: h.ID, Goods: g.ID, Quantity: 1, Price: g.Price, Passbook: b.Year, Receiver: h.Head, OnPaper: true})
		if err != nil && fault.Of(err).Kind != fault.Conflict && fault.Of(err).Kind != fault.Forbidden {
			return err
		}
	}
	return nil
}

// object lets one household find a line of its passbook wrong.
func (t *tale) object(ctx context.Context) error {
	if len(t.folk) == 0 {
		return nil
	}
	who := t.folk[0]
	var lines []ledger.Line
	err := t.Site.DB.Look(ctx, who, func(tx pg.Tx) (err error) {
		lines, _, err = ledger.Lines(ctx, tx, who.Household, page.Page{})
		return err
	})
	if err != nil {
		return err
	}
	for _, l := range lines {
		if l.Kind == ledger.Award {
			_, err := t.Site.Appeals.File(ctx, who, l.ID, t.mark("那天我家做的比记的多，请再核一核"))
			if err == nil || passable(err) != nil {
				return err
			} // else its days are over
		}
	}
	return nil
}
