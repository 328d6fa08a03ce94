package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/web/api"
	"cunfen/internal/web/ui"
	"cunfen/internal/web/visit"
)

var (
	errMethod = fault.New(fault.NotFound, "http.method", "没有这个操作")
	errLarge  = fault.New(fault.TooLarge, "http.too_large", "提交的内容太大了，请减少或压缩后再试")
	errForm   = fault.New(fault.Invalid, "http.form", "提交的内容读不出来，请刷新页面后再试")
	errSignIn = fault.New(fault.Unauthorized, "session.none", "请先登录")
	errDenied = fault.New(fault.Forbidden, "forbidden", "您的身份不能办理这件事；如有疑问请找本村积分管理工作小组组长")
	errOrigin = fault.New(fault.Forbidden, "http.origin", "这次提交不是从本站页面发出的，请回到页面重新操作")
)

// asFault makes a fault of the router's own errors.
func asFault(err error) error {
	var he *echo.HTTPError
	if !errors.As(err, &he) {
		return err
	}
	switch he.Code {
	case http.StatusNotFound:
		return fault.ErrNotFound
	case http.StatusMethodNotAllowed:
		return errMethod
	case http.StatusRequestEntityTooLarge:
		return errLarge
	case http.StatusBadRequest, http.StatusUnsupportedMediaType:
		return errForm
	}
	return err
}

// statusLeft stands in the measures for a request whose sender has gone away: nothing failed, nobody reads the answer.
const statusLeft = 499

// handleError is the only place where an error becomes a status and a sentence.
func (s *Server) handleError(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if errors.Is(c.Request().Context().Err(), context.Canceled) {
		c.Response().WriteHeader(statusLeft)
		return
	}
	err = asFault(err)
	id := c.Response().Header().Get(echo.HeaderXRequestID)
	p := api.NewProblem(err, id)
	if p.Status >= 500 {
		slog.ErrorContext(c.Request().Context(), "request failed", "request", id, "route", c.Path(), "error", err.Error())
	}
	h := c.Response().Header()
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		h.Set("Retry-After", "5")
	}
	h.Set("Cache-Control", "no-store")
	switch {
	case strings.HasPrefix(c.Request().URL.Path, "/api/") || visit.Queued(c):
		h.Set(echo.HeaderContentType, "application/problem+json")
		c.Response().WriteHeader(p.Status)
		_ = json.NewEncoder(c.Response()).Encode(p)
	case p.Status == http.StatusUnauthorized && c.Request().Method == http.MethodGet && !visit.Fragment(c):
		_ = c.Redirect(http.StatusSeeOther, "/sign-in?next="+url.QueryEscape(c.Request().URL.RequestURI()))
	default:
		_ = visit.Render(c, p.Status, ui.FaultPage(c, fault.Of(err), id))
	}
}
