package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"

	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/web/visit"
)

// Problem is how every error goes over the wire: RFC 9457 with our stable code and the sentence for people.
type Problem struct {
	Type   string    `json:"type" doc:"总是 about:blank"`
	Title  string    `json:"title" doc:"HTTP 状态的名称"`
	Status int       `json:"status" doc:"HTTP 状态码"`
	Code   string    `json:"code" doc:"稳定的错误代码，供程序判断" example:"claim.decided"`
	Detail string    `json:"detail" doc:"出了什么事、接下来怎么办，可直接给人看"`
	Field  string    `json:"field,omitempty" doc:"出错的字段"`
	Errors []Problem `json:"errors,omitempty" doc:"有几处出错时逐条列出"`
	ID     string    `json:"request_id,omitempty" doc:"请求编号，报障时提供"`
}

// NewProblem is the JSON form of an error.
func NewProblem(err error, request string) Problem {
	f, status := fault.Of(err), statusOf(err)
	p := Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Code: f.Code, Detail: f.Text, Field: f.Field, ID: request}
	for _, one := range f.Fields {
		p.Errors = append(p.Errors, Problem{Type: "about:blank", Title: p.Title, Status: status, Code: one.Code, Detail: one.Text, Field: one.Field})
	}
	return p
}

// statusOf is that of the fault; a request that is wrong as such, whatever it asks for, is a 400.
func statusOf(err error) int {
	switch {
	case errors.Is(err, errKind):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, idem.ErrKey), errors.Is(err, errUnknown), errors.Is(err, errSyntax), errors.Is(err, errText):
		return http.StatusBadRequest
	}
	return visit.Status(err)
}

func (p *Problem) Error() string { return p.Code }

// GetStatus, GetHeaders and ContentType are what huma asks of an error.
func (p *Problem) GetStatus() int { return p.Status }

func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests {
		h.Set("Retry-After", "5")
	}
	return h
}

func (p *Problem) ContentType(string) string { return "application/problem+json" }

// refuse makes the problem of a use-case's error; what is nobody's mistake is logged.
func (v visitor) refuse(ctx context.Context, err error) error {
	p := NewProblem(err, v.request)
	if p.Status >= http.StatusInternalServerError && !errors.Is(ctx.Err(), context.Canceled) {
		slog.ErrorContext(ctx, "request failed", "request", v.request, "error", err.Error())
	}
	return &p
}

// send answers with the problem of an error.
func send(c echo.Context, err error) {
	p := NewProblem(err, c.Response().Header().Get(echo.HeaderXRequestID))
	c.Response().Header().Set(echo.HeaderContentType, p.ContentType(""))
	c.Response().WriteHeader(p.Status)
	_ = json.NewEncoder(c.Response()).Encode(p)
}
