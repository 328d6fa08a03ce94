package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/labstack/echo/v4"

	"cunfen/internal/fault"
)

// Faults of requests that no use-case gets to see.
var (
	errRequest = fault.New(fault.Invalid, "request.invalid", "提交的内容不符合接口要求，请看 errors 里逐条的说明")
	errField   = fault.New(fault.Invalid, "request.field", "%s")
	errMissing = fault.New(fault.Invalid, "request.missing", "缺少这一项")
	errUnknown = fault.New(fault.Invalid, "request.unknown", "接口没有这一项，请对照接口说明检查拼写")
	errSyntax  = fault.New(fault.Invalid, "request.syntax", "提交的内容不是正确的 JSON（不许重复的键，最多套 32 层），请检查后再试")
	errKind    = fault.New(fault.Invalid, "request.content_type", "Content-Type 不对，请按接口说明提交（一般是 application/json）")
	errText    = fault.New(fault.Invalid, "request.text", "提交的内容里有不能用的字符，请检查后再试")
	errBig     = fault.New(fault.TooLarge, "request.too_large", "提交的内容太大了，请减少或压缩后再试")
)

// deepest is how far values may be nested in one another.
const deepest = 32

// readable refuses text that no database takes, in the path and the query. What cannot be in a path is not there.
func readable(c echo.Context) error {
	for _, v := range c.ParamValues() {
		if !clean(v) {
			return fault.ErrNotFound
		}
	}
	for name, values := range c.QueryParams() {
		for _, v := range append(values, name) {
			if !clean(v) {
				return errText.On(name)
			}
		}
	}
	return nil
}

func clean(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// contentType refuses a body of another kind than the operation takes.
func contentType(ctx huma.Context, next func(huma.Context)) {
	if body := ctx.Operation().RequestBody; body != nil {
		kind, _, _ := mime.ParseMediaType(ctx.Header("Content-Type"))
		if body.Content[kind] == nil {
			p := NewProblem(errKind, visitorOf(ctx.Context()).request)
			ctx.SetHeader("Content-Type", p.ContentType(""))
			ctx.SetStatus(p.Status)
			_ = json.NewEncoder(ctx.BodyWriter()).Encode(p)
			return
		}
	}
	next(ctx)
}

// unmarshal reads a body. huma reads it first into any value, to check it, and then into the operation's type.
func unmarshal(data []byte, into any) error {
	if _, first := into.(*any); first {
		if err := strict(data); err != nil {
			return err
		}
	}
	return json.Unmarshal(data, into)
}

// strict refuses what readers of JSON disagree about, or what takes more than its bytes to read.
func strict(data []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	for {
		switch t, err := d.ReadToken(); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case d.StackDepth() > deepest:
			return errSyntax
		case t.Kind() == '"' && !clean(t.String()):
			return errText
		}
	}
}

// refusal makes the problem of what huma found wrong with a request.
func refusal(ctx huma.Context, status int, _ string, found ...error) huma.StatusError {
	request := ""
	if ctx != nil {
		request = visitorOf(ctx.Context()).request
	}
	p := NewProblem(told(status, found), request)
	return &p
}

func told(status int, found []error) error {
	switch status {
	case http.StatusBadRequest:
		for _, err := range found {
			if strings.Contains(err.Error(), errText.Code) {
				return errText
			}
		}
		return errSyntax
	case http.StatusRequestEntityTooLarge:
		return errBig
	case http.StatusUnprocessableEntity:
	default:
		return errors.Join(found...)
	}
	var all []*fault.Error
	for _, err := range found {
		f := fieldFault(err)
		if strings.HasPrefix(f.Field, "path.") {
			return fault.ErrNotFound
		}
		if errors.Is(f, errUnknown) {
			return f
		}
		all = append(all, f)
	}
	whole := *errRequest
	if whole.Fields = all; len(all) == 1 {
		return all[0]
	}
	return &whole
}

// fieldFault says in our words what is wrong with one value.
func fieldFault(err error) *fault.Error {
	d, ok := err.(huma.ErrorDetailer) //nolint:errorlint // huma's own list
	if !ok {
		return errRequest
	}
	e := d.ErrorDetail()
	where := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(e.Location, "body"), "query"), ".")
	if name, ok := strings.CutPrefix(e.Message, missing); ok {
		return errMissing.On(strings.TrimPrefix(where+"."+name, "."))
	}
	switch {
	case e.Message == validation.MsgUnexpectedProperty, e.Message == "unknown query parameter":
		return errUnknown.On(where)
	case strings.HasPrefix(e.Message, "required "):
		return errMissing.On(where)
	case strings.HasPrefix(e.Message, "应") || strings.HasPrefix(e.Message, "不"):
		return errField.With(e.Message).On(where)
	}
	return errField.With("格式不对").On(where)
}
