// Package web puts the program behind HTTP: who is asking, may they, which handler, and how errors are said.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"

	"cunfen/internal/fault"
	"cunfen/internal/session"
	"cunfen/internal/web/api"
	"cunfen/internal/web/static"
	"cunfen/internal/web/ui"
	"cunfen/internal/web/visit"
)

// Options are the operator's.
type Options struct {
	Hosts   []string     // Host headers answered; none: any
	Proxies []*net.IPNet // whose X-Forwarded-For is believed
	Plain   bool         // served without TLS, on loopback in development
	Observe echo.MiddlewareFunc
}

// Server is the web process.
type Server struct {
	*ui.Site
	echo   *echo.Echo
	hosts  map[string]bool
	opts   Options
	routes []Route
}

// New lays out every route. It fails where a route has neither a permission nor is said to be public (INV-15).
func New(site *ui.Site, opts Options) (*Server, error) {
	s := &Server{Site: site, echo: echo.New(), hosts: map[string]bool{}, opts: opts}
	for _, h := range opts.Hosts {
		s.hosts[h] = true
	}
	e := s.echo
	e.HideBanner, e.HidePort = true, true
	e.HTTPErrorHandler = s.handleError
	e.IPExtractor = extractor(opts.Proxies)
	e.Use(middleware.RecoverWithConfig(middleware.RecoverConfig{DisablePrintStack: true, LogErrorFunc: recovered}), s.headers, s.host)
	if opts.Observe != nil {
		e.Use(opts.Observe)
	}
	e.Use(s.plain, middleware.GzipWithConfig(middleware.GzipConfig{Level: 5, MinLength: 1024, Skipper: packed}), s.sameOrigin)
	s.routes = append(Pages(site), api.Routes(site)...)
	for _, r := range s.routes {
		if err := s.add(r); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// packed reports what is kept compressed and need not be compressed again.
func packed(c echo.Context) bool {
	path := c.Request().URL.Path
	return strings.HasPrefix(path, static.Root) || strings.HasPrefix(path, "/v/") || strings.HasPrefix(path, "/evidence/")
}

func recovered(c echo.Context, err error, _ []byte) error {
	slog.ErrorContext(c.Request().Context(), "panic", "route", c.Path(), "error", err.Error())
	return err
}

func extractor(proxies []*net.IPNet) echo.IPExtractor {
	if len(proxies) == 0 {
		return echo.ExtractIPDirect()
	}
	trust := []echo.TrustOption{echo.TrustLoopback(false), echo.TrustLinkLocal(false), echo.TrustPrivateNet(false)}
	for _, p := range proxies {
		trust = append(trust, echo.TrustIPRange(p))
	}
	return echo.ExtractIPFromXFFHeader(trust...)
}

func (s *Server) plain(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		c.Set(visit.PlainKey, s.opts.Plain)
		return next(c)
	}
}

// add puts one route behind its guards.
func (s *Server) add(r Route) error {
	if (r.Action == "") != r.Public {
		return errors.New("web: route " + r.Method + " " + r.Path + " needs a permission, or to be public")
	}
	most := int64(bodyLimit)
	if r.Upload {
		most = uploadLimit
	}
	if r.Large {
		most = villageLimit
	}
	guards := []echo.MiddlewareFunc{limit(most)}
	if r.Large {
		guards = append(guards, func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error { c.Set(largeKey, true); return next(c) }
		})
	}
	if !r.Static {
		guards = append(guards, echo.WrapMiddleware(s.Sessions.Middleware(s.refuse)), s.identify)
	}
	if !r.Public {
		guards = append(guards, s.may(r.Action))
	} else {
		guards = append(guards, s.open)
	}
	s.echo.Add(r.Method, r.Path, r.Handler, guards...)
	return nil
}

// refuse answers while the session store is away.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.handleError(err, s.echo.NewContext(r, w))
}

// identify makes the actor of the session. A seat that still owes a step (start password, second factor) is
// nobody yet.
func (s *Server) identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		seat, ok := s.Sessions.Seat(ctx)
		if !ok || seat.Owes() != session.StepNone {
			return next(c)
		}
		who, err := s.Accounts.Actor(ctx, seat)
		switch {
		case err == nil:
		case fault.Of(err).Kind == fault.Unauthorized:
			_ = s.Sessions.End(ctx)
			return next(c)
		default:
			return err
		}
		who.Request, _ = c.Get("request").(string)
		who.Address = c.RealIP()
		visit.SetWho(c, who)
		return next(c)
	}
}

// open reads what a public form says; there is no permission to ask.
func (s *Server) open(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		who := visit.Who(c)
		if err := letter(c, &who); err != nil {
			return err
		}
		if who.Signed() {
			visit.SetWho(c, who)
		}
		return next(c)
	}
}

// Routes is the whole table, for the tests that try each.
func (s *Server) Routes() []Route { return s.routes }

// ServeHTTP makes the server a plain handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Run answers on the listener until ctx ends, then lets what is under way finish.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	srv := &http.Server{Handler: s.echo, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 120 * time.Second, MaxHeaderBytes: 32 << 10}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return srv.Shutdown(stop)
}

// Route is one line of the table.
type Route = ui.Route
