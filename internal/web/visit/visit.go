// Package visit is one request of one person: who it is, what they sent, and how the answer goes back as a
// page, a fragment of one, or a redirect with a word about what was done.
package visit

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/fault"
	"cunfen/internal/month"
	"cunfen/internal/page"
	"cunfen/internal/pg"
	"cunfen/internal/web/kit"
)

const actorKey = "actor"

// Who is the person of the request; the zero actor where nobody is signed in.
func Who(c echo.Context) actor.Actor { a, _ := c.Get(actorKey).(actor.Actor); return a }

// SetWho says who it is.
func SetWho(c echo.Context, a actor.Actor) { c.Set(actorKey, a) }

// Together runs what a page reads in one transaction.
func Together(c echo.Context, db *pg.DB, read func() error) error {
	r := c.Request()
	defer c.SetRequest(r)
	return db.Together(r.Context(), Who(c), func(ctx context.Context) error {
		c.SetRequest(r.WithContext(ctx))
		return read()
	})
}

// Render answers with a page.
func Render(c echo.Context, status int, t templ.Component) error {
	c.Response().Header().Set(echo.HeaderContentType, "text/html; charset=utf-8")
	c.Response().WriteHeader(status)
	return t.Render(c.Request().Context(), c.Response())
}

// Done redirects after a change, with a word about it on the next page.
func Done(c echo.Context, to, text string) error { return DoneUndo(c, to, text, "") }

// QueuedHeader marks a form that a phone sends from its queue, when there is signal again: nobody waits for a
// page, so the answer is a word.
const QueuedHeader = "X-Queued"

// Queued reports whether the request comes from a phone's queue. What is wrong with it is then answered as a
// problem, never as the form again.
func Queued(c echo.Context) bool { return c.Request().Header.Get(QueuedHeader) != "" }

// QueuedAt is when a device without network kept the request, by its own clock; zero where it did not.
func QueuedAt(c echo.Context) time.Time {
	at, err := time.Parse(time.RFC3339, c.FormValue("queued_at"))
	if !Queued(c) || err != nil {
		return time.Time{}
	}
	return at
}

// DoneUndo is Done with the address to post to for taking the change back.
func DoneUndo(c echo.Context, to, text, undo string) error {
	if Queued(c) {
		return c.JSON(http.StatusOK, map[string]string{"text": text, "to": to})
	}
	SetFlash(c, kit.Flash{Tone: kit.Green, Text: text, Undo: undo})
	return c.Redirect(http.StatusSeeOther, to)
}

// Refused redirects after a change that could not be made, saying why. It is for single buttons; a form is
// shown again with what was filled in instead.
func Refused(c echo.Context, to string, err error) error {
	f := fault.Of(err)
	if Queued(c) || f.Kind == fault.Internal || f.Kind == fault.NotFound || f.Kind == fault.Unavailable {
		return err
	}
	SetFlash(c, kit.Flash{Tone: kit.Red, Text: f.Text})
	return c.Redirect(http.StatusSeeOther, to)
}

// Correctable reports whether the person can mend the fault at the form that they sent.
func Correctable(err error) bool {
	if err == nil {
		return false
	}
	switch fault.Of(err).Kind {
	case fault.Invalid, fault.Conflict, fault.TooMany, fault.TooLarge, fault.Forbidden:
		return true
	}
	return false
}

// Status is the HTTP status of a page that shows err; of one without, 200.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	return map[fault.Kind]int{
		fault.Internal: http.StatusInternalServerError, fault.Invalid: http.StatusUnprocessableEntity, fault.Unauthorized: http.StatusUnauthorized,
		fault.Forbidden: http.StatusForbidden, fault.NotFound: http.StatusNotFound, fault.Conflict: http.StatusConflict,
		fault.TooMany: http.StatusTooManyRequests, fault.TooLarge: http.StatusRequestEntityTooLarge, fault.Unavailable: http.StatusServiceUnavailable,
	}[fault.Of(err).Kind]
}

// PlainKey marks in the context of a request that the site is served without TLS (development on loopback).
const PlainKey = "plain"

// SetCookie has the browser keep a word of this site for so many seconds; a negative age takes it away.
func SetCookie(c echo.Context, name, value string, age int) {
	k := &http.Cookie{Name: "__Host-" + name, Value: value, Path: "/", MaxAge: age, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if plain(c) {
		k.Name, k.Secure = name, false
	}
	c.SetCookie(k)
}

func plain(c echo.Context) bool { p, _ := c.Get(PlainKey).(bool); return p }

// Cookie reads a cookie of this site; "" where there is none.
func Cookie(c echo.Context, name string) string {
	if !plain(c) {
		name = "__Host-" + name
	}
	if k, err := c.Cookie(name); err == nil {
		return k.Value
	}
	return ""
}

// SetFlash leaves a word for the next page.
func SetFlash(c echo.Context, f kit.Flash) {
	b, err := json.Marshal(f)
	if err != nil {
		return
	}
	SetCookie(c, "flash", base64.RawURLEncoding.EncodeToString(b), 60)
}

// Flash takes the word that the page before left, once.
func Flash(c echo.Context) *kit.Flash {
	v := Cookie(c, "flash")
	if v == "" {
		return nil
	}
	SetCookie(c, "flash", "", -1)
	b, err := base64.RawURLEncoding.DecodeString(v)
	var f kit.Flash
	if err != nil || json.Unmarshal(b, &f) != nil || !Local(f.Undo) {
		return nil
	}
	return &f
}

// Local reports whether a path stays on this site: "" or one that begins with a single slash.
func Local(path string) bool {
	return path == "" || strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.ContainsAny(path, "\\\r\n\t")
}

// Large reports whether the person reads 长辈版.
func Large(c echo.Context) bool { return Cookie(c, "size") == "large" }

// SetLarge keeps the choice for a year.
func SetLarge(c echo.Context, large bool) {
	v := "normal"
	if large {
		v = "large"
	}
	SetCookie(c, "size", v, 365*24*3600)
}

// ID reads an id from the path; what is no id is not there.
func ID(c echo.Context, name string) (uuid.UUID, error) {
	id, err := uuid.Parse(c.Param(name))
	if err != nil || len(c.Param(name)) != 36 {
		return uuid.Nil, fault.ErrNotFound
	}
	return id, nil
}

// Village reads a village's number from the path; what is no number is not there.
func Village(c echo.Context, name string) (actor.VillageID, error) {
	id, err := strconv.ParseInt(c.Param(name), 10, 64)
	if err != nil {
		return 0, fault.ErrNotFound
	}
	return actor.VillageID(id), nil
}

// FormID reads an optional id from the form or the query; "" is the zero id.
func FormID(c echo.Context, name string) (uuid.UUID, error) {
	v := c.FormValue(name)
	if v == "" {
		return uuid.Nil, nil
	}
	id, err := uuid.Parse(v)
	if err != nil {
		return uuid.Nil, fault.ErrNotFound
	}
	return id, nil
}

// FormIDs reads a list of ids from the form.
func FormIDs(c echo.Context, name string) (ids []uuid.UUID, err error) {
	form, err := c.FormParams()
	if err != nil {
		return nil, fault.ErrInvalid
	}
	for _, v := range form[name] {
		if v == "" {
			continue
		}
		id, err := uuid.Parse(v)
		if err != nil {
			return nil, fault.ErrNotFound
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// Month reads a month from the path; what is no month is not there.
func Month(c echo.Context, name string) (month.Month, error) {
	m, err := month.Parse(c.Param(name))
	if err != nil || !m.Valid() {
		return 0, fault.ErrNotFound
	}
	return m, nil
}

// ErrNumber says that a number was wanted.
var ErrNumber = fault.New(fault.Invalid, "form.number", "请填整数")

// Int reads a whole number from the form; "" is fallback.
func Int(c echo.Context, name string, fallback int) (int, *fault.Error) {
	v := strings.TrimSpace(c.FormValue(name))
	if v == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || strings.ContainsAny(v, "+ ") {
		return 0, ErrNumber.On(name)
	}
	return n, nil
}

// ErrDay says that a day was wanted.
var ErrDay = fault.New(fault.Invalid, "form.day", "请选择日期")

// Day reads a day from the form.
func Day(c echo.Context, name string) (time.Time, *fault.Error) {
	d, err := month.ParseDay(c.FormValue(name))
	if err != nil {
		return time.Time{}, ErrDay.On(name)
	}
	return d, nil
}

// Page reads the cursor of a list from the query.
func Page(c echo.Context) page.Page { return page.Page{After: c.QueryParam("after")} }

// Fragment reports whether htmx asks for a piece of the page.
func Fragment(c echo.Context) bool { return c.Request().Header.Get("HX-Request") == "true" }

// With puts a value into the query of the request's address, keeping the others: for pagers and filters.
func With(c echo.Context, name, value string) string {
	q := c.Request().URL.Query()
	q.Del("after")
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	if len(q) == 0 {
		return c.Request().URL.Path
	}
	return c.Request().URL.Path + "?" + q.Encode()
}

// Pager is the foot of a list that goes on at the cursor.
func Pager(c echo.Context, shown int, next string) kit.PagerProps {
	p := kit.PagerProps{Shown: shown}
	if c.QueryParam("after") != "" {
		p.First = With(c, "after", "")
	}
	if next != "" {
		p.Next = With(c, "after", next)
	}
	return p
}

// Text is a field of a form without the blanks around it.
func Text(c echo.Context, name string) string { return strings.TrimSpace(c.FormValue(name)) }
