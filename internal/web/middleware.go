package web

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"sort"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/audit"
	"cunfen/internal/authz"
	"cunfen/internal/idem"
	"cunfen/internal/pg"
	"cunfen/internal/web/kit"
	"cunfen/internal/web/visit"
)

// Body limits: of a form or a JSON text, and of one that carries pictures or a sheet.
const (
	bodyLimit   = 1 << 20
	uploadLimit = 9 << 20

	villageLimit = 1 << 30 // a whole village, brought in by the platform's page
	villageTime  = 30 * time.Minute
	largeKey     = "large"
)

// csp lets a page load only what this site serves, and run nothing written into the page itself.
const csp = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; " +
	"manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *Server) headers(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Content-Security-Policy", csp)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(self), geolocation=(), microphone=()")
		h.Set("Strict-Transport-Security", "max-age=31536000")
		h.Set("Cache-Control", "private, no-store")
		id := uuid.NewString()
		h.Set(echo.HeaderXRequestID, id)
		c.Set("request", id)
		return next(c)
	}
}

// host refuses names that this site does not go by (INV-50).
func (s *Server) host(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		name := (&url.URL{Host: c.Request().Host}).Hostname()
		if len(s.hosts) > 0 && !s.hosts[name] {
			return echo.NewHTTPError(http.StatusNotFound)
		}
		return next(c)
	}
}

// sameOrigin refuses a change that another site's page sends (INV-45).
func (s *Server) sameOrigin(next echo.HandlerFunc) echo.HandlerFunc {
	guard := http.NewCrossOriginProtection()
	return func(c echo.Context) error {
		r := c.Request()
		if err := guard.Check(r); err != nil {
			return errOrigin
		}
		if unsafe(r.Method) && r.Header.Get("Sec-Fetch-Site") == "" && r.Header.Get("Origin") == "" && r.Header.Get("Authorization") == "" && r.Header.Get("Cookie") != "" {
			return errOrigin
		}
		return next(c)
	}
}

func unsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// limit bounds the body, by what the route takes.
func limit(bytes int64) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			if r.ContentLength > bytes {
				return errLarge
			}
			r.Body = http.MaxBytesReader(c.Response(), r.Body, bytes)
			return next(c)
		}
	}
}

// letter reads what the request says once, for the idempotency key and the hash that tells a repeat from
// another request under the same key (INV-61).
func letter(c echo.Context, who *actor.Actor) error {
	r := c.Request()
	if !unsafe(r.Method) {
		return nil
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %s\n", r.Method, r.URL.Path)
	kind, _, _ := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	key := r.Header.Get("Idempotency-Key")
	if strings.HasPrefix(r.URL.Path, "/api/") && kind != echo.MIMEMultipartForm {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return tooLarge(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.Write(body)
	} else {
		if err := parse(r, kind); err != nil {
			return tooLarge(err)
		}
		if key == "" {
			key = r.Form.Get(kit.KeyField)
		}
		hashForm(h, r)
	}
	if key != "" && !idem.Valid(key) {
		return idem.ErrKey
	}
	who.Key = key
	h.Sum(who.Body[:0])
	return nil
}

func parse(r *http.Request, kind string) error {
	if kind == echo.MIMEMultipartForm {
		return r.ParseMultipartForm(256 << 10)
	}
	return r.ParseForm()
}

// secret are the fields whose content no hash is kept of.
var secret = map[string]bool{"password": true, "old": true, "new": true, "again": true, "code": true, "passphrase": true}

func hashForm(h io.Writer, r *http.Request) {
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if name != kit.KeyField && !secret[name] {
			fmt.Fprintf(h, "%s=%s\n", name, url.Values{name: r.PostForm[name]}.Encode())
		}
	}
	if r.MultipartForm != nil {
		for name, files := range r.MultipartForm.File {
			for _, f := range files {
				fmt.Fprintf(h, "%s:%d\n", name, f.Size)
			}
		}
	}
}

func tooLarge(err error) error {
	var m *http.MaxBytesError
	if errors.As(err, &m) {
		return errLarge
	}
	return errForm
}

// may asks the policy, and records who was turned away (ATK-22).
func (s *Server) may(a authz.Action) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			who := visit.Who(c)
			if !who.Signed() {
				return errSignIn
			}
			if !s.Auth.May(who.Role, a) {
				s.denied(c, who, a)
				return errDenied
			}
			if c.Get(largeKey) != nil { // only now that the person may: nobody else holds a line open for so long
				_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(villageTime))
				_ = http.NewResponseController(c.Response()).SetWriteDeadline(time.Now().Add(2 * villageTime))
			}
			if err := letter(c, &who); err != nil {
				return err
			}
			visit.SetWho(c, who)
			return next(c)
		}
	}
}

func (s *Server) denied(c echo.Context, who actor.Actor, a authz.Action) {
	ctx := c.Request().Context()
	slog.WarnContext(ctx, "denied", "action", a, "role", who.Role, "route", c.Path())
	if who.Village == 0 || !unsafe(c.Request().Method) {
		return
	}
	err := s.DB.InVillage(ctx, who, func(tx pg.Tx) error {
		return audit.Record(ctx, tx, audit.Event{Verb: "denied", Kind: "action", ID: string(a)})
	})
	if err != nil {
		slog.ErrorContext(ctx, "audit of a denial failed", "error", err.Error())
	}
}
