// Package app puts the program together: the machines, what the villages do with them, and the doors. Each
// process (web, worker, a command) takes from it what it needs.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/account"
	"cunfen/internal/activity"
	"cunfen/internal/adoption"
	"cunfen/internal/appeal"
	"cunfen/internal/archive"
	"cunfen/internal/assess"
	"cunfen/internal/authz"
	"cunfen/internal/blob"
	"cunfen/internal/budget"
	"cunfen/internal/bureau"
	"cunfen/internal/claim"
	"cunfen/internal/config"
	"cunfen/internal/crypt"
	"cunfen/internal/demo"
	"cunfen/internal/evaluation"
	"cunfen/internal/evidence"
	"cunfen/internal/exempt"
	"cunfen/internal/figure"
	"cunfen/internal/finding"
	"cunfen/internal/gift"
	"cunfen/internal/group"
	"cunfen/internal/household"
	"cunfen/internal/inform"
	"cunfen/internal/inspect"
	"cunfen/internal/limit"
	"cunfen/internal/month"
	"cunfen/internal/notice"
	"cunfen/internal/observe"
	"cunfen/internal/onboard"
	"cunfen/internal/opening"
	"cunfen/internal/opinion"
	"cunfen/internal/passbook"
	"cunfen/internal/pg"
	"cunfen/internal/queue"
	"cunfen/internal/rehearse"
	"cunfen/internal/rescore"
	"cunfen/internal/retention"
	"cunfen/internal/session"
	"cunfen/internal/shop"
	"cunfen/internal/signoff"
	"cunfen/internal/sms"
	"cunfen/internal/sso"
	"cunfen/internal/story"
	"cunfen/internal/supervise"
	"cunfen/internal/tenure"
	"cunfen/internal/village"
	"cunfen/internal/watch"
	"cunfen/internal/web/activities"
	"cunfen/internal/web/monthly"
	"cunfen/internal/web/office"
	"cunfen/internal/web/shell"
	"cunfen/internal/web/ui"
	"cunfen/internal/yearend"
	"cunfen/policies"
)

// App is the program with every machine connected.
type App struct {
	Config  config.Config
	DB      *pg.DB
	Redis   *redis.Client
	Blobs   *blob.Store
	Vault   *crypt.Vault
	Metrics *observe.Metrics
	Site    *ui.Site
	Console *sms.Console // where messages go in development; nil otherwise
}

// Version is set when the binary is built.
var Version = "dev"

// Process says as which database role the villages' business is done.
type Process int

// The processes.
const (
	Web Process = iota
	Worker
)

// Open connects everything and checks that the fences would hold; it does not migrate.
func Open(ctx context.Context, cfg config.Config, as Process) (a *App, err error) {
	slog.SetDefault(observe.Logger(os.Stderr, cfg.LogLevel))
	a = &App{Config: cfg, Metrics: observe.NewMetrics(Version)}
	defer func() {
		if err != nil {
			a.Close()
		}
	}()
	village := cfg.DBApp
	if as == Worker {
		village = cfg.DBWorker
	}
	if a.DB, err = pg.Open(ctx, pg.DSNs{Village: village.Reveal(), Bureau: cfg.DBBureau.Reveal(), Export: cfg.DBExport.Reveal()}); err != nil {
		return a, err
	}
	a.DB.Now = cfg.Clock()
	if err := a.DB.Check(ctx, cfg.InProduction()); err != nil {
		return a, err
	}
	opts, err := redis.ParseURL(cfg.Redis.Reveal())
	if err != nil {
		return a, fmt.Errorf("CUNFEN_REDIS: %w", err)
	}
	a.Redis = redis.NewClient(opts)
	if err := queue.CheckRedis(ctx, a.Redis, cfg.InProduction()); err != nil {
		return a, err
	}
	if a.Blobs, err = blob.Open(blob.Config{Endpoint: cfg.S3Endpoint, AccessKey: cfg.S3AccessKey, SecretKey: cfg.S3SecretKey.Reveal(),
		Bucket: cfg.S3Bucket, TLS: cfg.S3TLS}); err != nil {
		return a, err
	}
	if err := a.Blobs.EnsureBucket(ctx); err != nil {
		return a, err
	}
	key := cfg.MasterKey.Reveal()
	if a.Vault, err = crypt.New(key[:]); err != nil {
		return a, err
	}
	a.Site, err = a.site()
	return a, err
}

func (a *App) site() (*ui.Site, error) {
	auth, err := authz.Compile(policies.Model, policies.Policy)
	if err != nil {
		return nil, err
	}
	messages, err := a.messages()
	if err != nil {
		return nil, err
	}
	accounts := &account.Service{DB: a.DB, Vault: a.Vault, Limit: limit.New(a.Redis), Codes: session.NewCodes(a.Redis), SMS: messages}
	site := &ui.Site{
		Shell: &shell.Shell{
			DB:       a.DB,
			Auth:     auth,
			Villages: &village.Register{DB: a.DB},
			Evidence: &evidence.Service{DB: a.DB, Blobs: a.Blobs},
			Inform:   &inform.Service{DB: a.DB, Vault: a.Vault, SMS: messages},
			Address:  a.Config.BaseURL,
		},
		Sessions:   session.New(a.Redis, session.Options{Plain: a.plain()}),
		Accounts:   accounts,
		Households: &household.Service{DB: a.DB, Vault: a.Vault},
		Group:      &group.Service{DB: a.DB, Accounts: accounts},
		Claims:     &claim.Service{DB: a.DB},
		Rounds:     &inspect.Service{DB: a.DB},
		Months:     &signoff.Service{DB: a.DB, Sources: []signoff.Source{claim.OnSheet{}, inspect.OnSheet{}, finding.Sheet{}}},
		Notices:    &notice.Service{DB: a.DB, Blobs: a.Blobs, Render: monthly.RenderNotice, Address: a.noticeAddress},
		Appeals:    &appeal.Service{DB: a.DB},
		Shop:       &shop.Service{DB: a.DB},
		Bureau:     &bureau.Service{DB: a.DB, Sources: []bureau.Source{evaluation.Overdue{}, onboard.Awaiting{}, tenure.Nearly{}}},
		Budget:     &budget.Service{DB: a.DB},
		Supervise:  &supervise.Service{DB: a.DB},
		Adoption:   &adoption.Service{DB: a.DB},
		Evaluation: &evaluation.Service{DB: a.DB},
		Exempt:     &exempt.Service{DB: a.DB},
		Rehearse:   &rehearse.Service{DB: a.DB},
		Found:      &finding.Service{DB: a.DB},
		Years:      &yearend.Service{DB: a.DB},
		Opinion:    &opinion.Service{DB: a.DB},
		Gifts:      &gift.Service{DB: a.DB},
		Openings:   &opening.Service{DB: a.DB},
		DemoHints:  a.Config.DemoHints,
	}
	site.Office = &office.Room{Shell: site.Shell, Figures: &figure.Service{DB: a.DB}, Bureau: site.Bureau, Watch: &watch.Service{DB: a.DB}, Rescore: &rescore.Service{DB: a.DB, Evidence: site.Evidence}, Story: &story.Service{DB: a.DB}}
	site.Office.Assess = &assess.Service{DB: a.DB, Figures: site.Office.Figures}
	site.Activities = &activities.Room{Shell: site.Shell, Activities: &activity.Service{DB: a.DB}}
	site.Onboard = &onboard.Service{DB: a.DB, Villages: site.Villages, Group: site.Group, Households: site.Households, Shop: site.Shop}
	site.Tenure = &tenure.Service{DB: a.DB, Villages: site.Villages, Vault: a.Vault, Blobs: a.Blobs, Keep: a.Keeper}
	site.SSO = &sso.Service{DB: a.DB, Vault: a.Vault, Accounts: accounts, Once: session.NewOnce(a.Redis), Limit: accounts.Limit, Hosts: a.Config.SSOHosts, Plain: !a.Config.InProduction(), Address: a.Config.BaseURL}
	site.Passbooks = &passbook.Service{DB: a.DB, Vault: a.Vault, Households: site.Households, Evidence: site.Evidence, Address: func(path string) string { return a.Config.BaseURL + path }}
	site.Keep = &retention.Service{DB: a.DB, Evidence: site.Evidence}
	site.Archive = &archive.Service{DB: a.DB, Blobs: a.Blobs, Months: site.Months}
	if a.Config.DemoHints {
		site.Demo, site.DemoCode = demo.Hints(a.DB, a.Vault)
	}
	return site, nil
}

// plain reports whether browsers reach the site without TLS, which only development does.
func (a *App) plain() bool {
	return !a.Config.InProduction() && len(a.Config.BaseURL) > 7 && a.Config.BaseURL[:7] == "http://"
}

func (a *App) messages() (sms.Provider, error) {
	if a.Config.SMSProvider == "http" {
		return sms.NewHTTP(a.Config.SMSURL, a.Config.SMSToken.Reveal(), !a.Config.InProduction())
	}
	a.Console = sms.NewConsole(os.Stderr)
	return a.Console, nil
}

// noticeAddress is where the public finds a notice.
func (a *App) noticeAddress(village string, m month.Month, number int) string {
	return fmt.Sprintf("%s/v/%s/%s?edition=%d", a.Config.BaseURL, village, m, number)
}

// proxies are the networks whose word on the caller's address is believed.
func (a *App) proxies() (nets []*net.IPNet) {
	for _, p := range a.Config.Proxies {
		nets = append(nets, &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())})
	}
	return nets
}

// Ready reports whether the process can do its work.
func (a *App) Ready(ctx context.Context) error {
	return errors.Join(a.DB.Ping(ctx), a.Redis.Ping(ctx).Err())
}

// Close ends every connection.
func (a *App) Close() {
	if a.Redis != nil {
		_ = a.Redis.Close()
	}
	if a.DB != nil {
		a.DB.Close()
	}
}

// serveOps runs the operator's server until ctx ends.
func (a *App) serveOps(ctx context.Context) (stop func(), err error) {
	listener, err := net.Listen("tcp", a.Config.OpsListen)
	if err != nil {
		return nil, fmt.Errorf("CUNFEN_OPS_LISTEN: %w", err)
	}
	srv := observe.Ops(a.Config.OpsListen, a.Metrics, a.Ready)
	go func() { _ = srv.Serve(listener) }()
	return func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		_ = srv.Shutdown(end)
	}, nil
}
