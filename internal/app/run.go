package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/archive"
	"cunfen/internal/config"
	"cunfen/internal/evaluation"
	"cunfen/internal/finding"
	"cunfen/internal/gift"
	"cunfen/internal/idem"
	"cunfen/internal/inform"
	"cunfen/internal/ledger"
	"cunfen/internal/notice"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
	"cunfen/internal/rescore"
	"cunfen/internal/shop"
	"cunfen/internal/tenure"
	"cunfen/internal/web"
	"cunfen/internal/work"
	"cunfen/internal/yearend"
)

// Serve is the web process: pages, API, and a relay for what its own commits leave to be done.
func Serve(ctx context.Context, cfg config.Config) error {
	cfg.DBKeeper = config.Secret{} // never here, even where one environment serves both processes
	a, err := Open(ctx, cfg, Web)
	if err != nil {
		return err
	}
	defer a.Close()
	srv, err := a.Web()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return fmt.Errorf("CUNFEN_LISTEN: %w", err)
	}
	stop, err := a.serveOps(ctx) // after the listener: who asks /readyz is answered only once the web can be reached
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer stop()
	relaying, done := context.WithCancel(context.WithoutCancel(ctx))
	var relay sync.WaitGroup
	relay.Go(func() { (&queue.Relay{DB: a.DB, Redis: a.Redis, Sweep: -1}).Run(relaying) })
	debug.FreeOSMemory() // what only the start needed
	slog.InfoContext(ctx, "web is up", "address", cfg.Listen)
	err = srv.Run(ctx, listener)
	done()
	relay.Wait()
	a.Site.Accounts.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return err
}

// Web lays out the web server without listening.
func (a *App) Web() (*web.Server, error) {
	return web.New(a.Site, web.Options{Hosts: a.Config.Hosts, Proxies: a.proxies(), Plain: a.plain(), Observe: a.observe})
}

func (a *App) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		began := time.Now()
		err := next(c)
		if err != nil {
			c.Error(err)
		}
		took := time.Since(began)
		a.Metrics.Request(c.Request().Method, c.Path(), c.Response().Status, took)
		slog.DebugContext(c.Request().Context(), "request", "method", c.Request().Method, "route", c.Path(), "status", c.Response().Status,
			"ms", took.Milliseconds(), "id", c.Response().Header().Get(echo.HeaderXRequestID))
		return nil
	}
}

// Work is the worker process: jobs, relay and calendar.
func Work(ctx context.Context, cfg config.Config) error {
	a, err := Open(ctx, cfg, Worker)
	if err != nil {
		return err
	}
	defer a.Close()
	stop, err := a.serveOps(ctx)
	if err != nil {
		return err
	}
	defer stop()
	slog.InfoContext(ctx, "worker is up")
	return a.Jobs().Run(ctx)
}

// Jobs is the worker with every job and date of the villages' business.
func (a *App) Jobs() *work.Worker {
	w := work.New(work.Deps{DB: a.DB, Redis: a.Redis, Metrics: a.Metrics})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j notice.PublishJob) error {
		_, err := a.Site.Notices.Publish(ctx, who, j.Month)
		return err
	})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j notice.CorrectJob) error {
		_, err := a.Site.Notices.Correct(ctx, who, j.Month, "有异议经核查成立，已作更正")
		return err
	})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j notice.OutJob) error {
		return a.DB.InVillage(ctx, who, func(tx pg.Tx) error { return archive.Begin(ctx, tx, j.Month) })
	})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j archive.MakeJob) error {
		return a.Site.Archive.Make(ctx, who, j)
	})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j inform.SendJob) error {
		return a.Site.Inform.Send(ctx, who, j, func(tx pg.Tx, k inform.Kind, subject uuid.UUID) error {
			if k != inform.FindingNotice {
				return nil
			}
			return finding.Sent(ctx, tx, subject)
		})
	})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j tenure.ArriveJob) error {
		return a.Site.Tenure.Arrive(ctx, who, j)
	})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j rescore.CollectJob) error {
		return a.Site.Office.Rescore.Collect(ctx, who, j)
	})
	queue.On(&w.Jobs, func(ctx context.Context, _ actor.Actor, j tenure.WorkJob) error { return a.Site.Tenure.DoWork(ctx, j) })
	w.Calendar.Daily("tenure.warn", 435*time.Minute, a.each(a.Site.Tenure.Warn))
	w.Calendar.Every("tenure.tidy", time.Hour, func(ctx context.Context, _ time.Time) error { return a.Site.Tenure.Tidy(ctx) })
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j shop.Expire) error {
		return a.Site.Shop.ExpireOrder(ctx, who, j.Order)
	})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j gift.Settle) error {
		return a.Site.Gifts.SettleGift(ctx, who, j.Gift)
	})
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j evaluation.PackJob) error {
		return a.Site.Evaluation.Gather(ctx, who, j.Quarter)
	})
	w.Calendar.Daily("evaluation.due", 5*time.Hour, a.each(func(ctx context.Context, who actor.Actor) error {
		return a.DB.InVillage(ctx, who, func(tx pg.Tx) error { return evaluation.Ready(ctx, tx) })
	}))
	w.Calendar.Daily("evaluation.remind", 8*time.Hour, a.each(func(ctx context.Context, who actor.Actor) error { return a.Site.Evaluation.Remind(ctx, who) }))
	queue.On(&w.Jobs, func(ctx context.Context, who actor.Actor, j yearend.ClearJob) error {
		_, err := a.Site.Years.Clear(ctx, who, j)
		return err
	})
	w.Calendar.Every("figure.refresh", 2*time.Minute, a.each(a.Site.Office.Figures.Refresh))
	w.Calendar.Daily("watch.count", 330*time.Minute, a.each(a.Site.Office.Watch.Count))
	w.Calendar.Daily("figure.rebuild", 150*time.Minute, a.each(a.Site.Office.Figures.Rebuild))
	w.Calendar.Every("yearend.due", 5*time.Minute, a.each(a.Site.Years.Due))
	w.Calendar.Every("notice.due", 30*time.Second, a.each(a.publishDue))
	w.Calendar.Every("ledger.seal", time.Minute, a.each(a.seal))
	w.Calendar.Daily("evidence.sweep", 3*time.Hour, a.each(func(ctx context.Context, who actor.Actor) error {
		_, err := a.Site.Evidence.Sweep(ctx, who.Village)
		return err
	}))
	w.Calendar.Daily("group.remind", 8*time.Hour, a.each(func(ctx context.Context, who actor.Actor) error { return a.Site.Group.Remind(ctx, who) }))
	w.Calendar.Daily("retention.run", 3*time.Hour+30*time.Minute, func(ctx context.Context, at time.Time) error {
		return errors.Join(a.each(a.Site.Keep.Run)(ctx, at), a.Site.Keep.SignIns(ctx))
	})
	w.Calendar.Daily("appeal.remind", 8*time.Hour, a.each(func(ctx context.Context, who actor.Actor) error { return a.Site.Appeals.Remind(ctx, who) }))
	w.Calendar.Daily("finding.remind", 7*time.Hour, a.each(func(ctx context.Context, who actor.Actor) error { return a.Site.Found.Remind(ctx, who) }))
	w.Calendar.Daily("evidence.verify", 4*time.Hour, a.each(a.sample))
	w.Calendar.Daily("idem.forget", 2*time.Hour, a.each(func(ctx context.Context, who actor.Actor) error {
		return a.DB.InVillage(ctx, who, func(tx pg.Tx) error { return idem.Forget(ctx, tx) })
	}))
	return w
}

// each makes a date of the calendar out of what is to be done in every village.
func (a *App) each(do func(context.Context, actor.Actor) error) work.Task {
	return func(ctx context.Context, _ time.Time) error { return work.PerVillage(ctx, a.DB, 4, do) }
}

// publishDue leaves the job of publishing a signed month once the village's fixed day has come (R4.4.6a). A
// day that was missed is caught up with.
func (a *App) publishDue(ctx context.Context, who actor.Actor) error {
	return a.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		jobs, err := notice.Ready(ctx, tx)
		for _, j := range jobs {
			if err = queue.Add(ctx, tx, j); err != nil {
				return err
			}
		}
		return err
	})
}

func (a *App) seal(ctx context.Context, who actor.Actor) error {
	return a.DB.InVillage(ctx, who, func(tx pg.Tx) error { _, err := ledger.Seal(ctx, tx); return err })
}

func (a *App) sample(ctx context.Context, who actor.Actor) error {
	broken, err := a.Site.Evidence.SampleVerify(ctx, who.Village)
	for _, b := range broken {
		slog.ErrorContext(ctx, "evidence altered or lost", "village", who.Village, "evidence", b)
	}
	return err
}
