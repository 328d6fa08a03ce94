package shop

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/month"
	"cunfen/internal/pg"
)

// Window is a day on which the desk is open. Fixed is the village's own day of each month (R4.4.6a).
type Window struct {
	Day   time.Time
	Hours string
	Place string
	Fixed bool `db:"-"`
}

const sqlWindows = `-- shop.windows
select day, hours, place from redeem_window where village_id = @village_id and day >= @from order by day limit 60`

const sqlFixedDay = `-- shop.fixed_day
select coalesce((settings -> 'calendar' ->> 'redemption_day')::integer, 0) from village where id = @village_id`

// fixedHours are told where the village has not said others.
const fixedHours = "8:30—16:30"

// Windows lists the days on which the desk will be open, today's among them: the fixed day of this month and
// the next two, and what the village has added.
func (s *Service) Windows(ctx context.Context, who actor.Actor) (all []Window, err error) {
	defer fault.Wrap(&err, "shop.Windows")
	err = s.DB.Look(ctx, who, func(tx pg.Tx) error {
		all, err = windows(ctx, tx)
		return err
	})
	return all, err
}

func windows(ctx context.Context, tx pg.Tx) ([]Window, error) {
	a := pgx.NamedArgs{"village_id": int64(tx.Village()), "from": month.Date(tx.Now)}
	fixed, err := pg.Scalar[int](ctx, tx, sqlFixedDay, a)
	if err != nil {
		return nil, err
	}
	added, err := pg.All[Window](ctx, tx, sqlWindows, a)
	return merge(month.Date(tx.Now), fixed, added), err
}

// merge puts the fixed days of three months among the days added, in their order; a day added on a fixed day
// says its hours.
func merge(today time.Time, fixed int, added []Window) (all []Window) {
	first := time.Date(today.Year(), today.Month(), 1, 0, 0, 0, 0, time.UTC)
	for n := range 3 {
		day := first.AddDate(0, n, max(fixed, 1)-1)
		for len(added) > 0 && added[0].Day.Before(day) {
			all, added = append(all, added[0]), added[1:]
		}
		switch {
		case len(added) > 0 && added[0].Day.Equal(day):
			added[0].Fixed = true
			all, added = append(all, added[0]), added[1:]
		case !day.Before(today):
			all = append(all, Window{Day: day, Hours: fixedHours, Place: "村委会", Fixed: true})
		}
	}
	return append(all, added...)
}

// until is when an order made now is over: the end of the next redemption day, a week from now at the least.
func until(ctx context.Context, tx pg.Tx) (time.Time, error) {
	all, err := windows(ctx, tx)
	today := month.Day(tx.Now)
	end := today.AddDate(0, 0, 8)
	if err == nil && len(all) > 0 {
		d := all[0].Day
		if after := time.Date(d.Year(), d.Month(), d.Day(), 0, 0, 0, 0, month.Zone).AddDate(0, 0, 1); after.After(end) {
			end = after
		}
	}
	return end, err
}

const sqlAddWindow = `-- shop.add_window
insert into redeem_window (village_id, day, hours, place, made_by, made_at) values (@village_id, @day, @hours, @place, @by, @at)
on conflict (village_id, day) do update set hours = excluded.hours, place = excluded.place, made_by = excluded.made_by, made_at = excluded.made_at`

// OpenWindow adds a day to the desk's, or changes its hours and place.
func (s *Service) OpenWindow(ctx context.Context, who actor.Actor, w Window) (out Window, err error) {
	defer fault.Wrap(&err, "shop.OpenWindow")
	w.Hours, w.Place = strings.TrimSpace(w.Hours), strings.TrimSpace(w.Place)
	today := month.Date(s.DB.Now())
	err = fault.Join(fault.When(w.Day.Before(today) || w.Day.After(today.AddDate(0, 6, 0)), ErrWindow.With("请选今天以后半年以内的日期")),
		fault.When(w.Hours == "" || utf8.RuneCountInString(w.Hours) > 30, ErrWindow.With("请写几点到几点").On("hours")),
		fault.When(w.Place == "" || utf8.RuneCountInString(w.Place) > 30, ErrWindow.With("请写在哪里").On("place")))
	if err != nil {
		return w, err
	}
	err = s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		out, _, err = idem.Once(ctx, tx, "shop.open_window", func() (Window, error) {
			_, err := tx.Exec(ctx, sqlAddWindow, pgx.NamedArgs{"village_id": int64(tx.Village()), "day": w.Day, "hours": w.Hours, "place": w.Place, "by": tx.Who.Account, "at": tx.Now})
			if err != nil {
				return w, err
			}
			return w, audit.Record(ctx, tx, audit.Event{Verb: "shop.open_window", Kind: "window", ID: w.Day.Format(time.DateOnly), After: w})
		})
		return err
	})
	return out, err
}

const sqlDropWindow = `-- shop.drop_window
delete from redeem_window where village_id = @village_id and day = @day`

// CloseWindow takes an added day out again.
func (s *Service) CloseWindow(ctx context.Context, who actor.Actor, day time.Time) (err error) {
	defer fault.Wrap(&err, "shop.CloseWindow")
	return s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		_, _, err := idem.Once(ctx, tx, "shop.close_window", func() (bool, error) {
			tag, err := tx.Exec(ctx, sqlDropWindow, pgx.NamedArgs{"village_id": int64(tx.Village()), "day": day})
			if err != nil {
				return false, err
			}
			if tag.RowsAffected() == 0 {
				return false, fault.ErrNotFound
			}
			return true, audit.Record(ctx, tx, audit.Event{Verb: "shop.close_window", Kind: "window", ID: day.Format(time.DateOnly)})
		})
		return err
	})
}
