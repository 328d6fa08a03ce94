// Package api is the villages' business as JSON under /api/v1, for programs: the same use-cases as the pages,
// behind the same permissions, described by an OpenAPI document. Its types are the only ones that go over the
// wire; no domain type is ever marshalled to a caller.
package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"cunfen/internal/actor"
	"cunfen/internal/authz"
	"cunfen/internal/fault"
	"cunfen/internal/idem"
	"cunfen/internal/web/ui"
	"cunfen/internal/web/visit"
)

const (
	prefix  = "/api/v1"
	keyName = "Idempotency-Key"
	public  = authz.Action("") // nobody needs to be signed in
)

// table is the API while it is laid out. Behind the server's own routes, which guard, stands a private router
// that huma knows; both have the same paths.
type table struct {
	*ui.Site
	huma   huma.API
	inner  *echo.Echo
	routes []ui.Route
}

// Routes lists every operation for the server's table of routes.
func Routes(site *ui.Site) []ui.Route { return build(site).routes }

func build(site *ui.Site) *table {
	t := &table{Site: site, inner: echo.New()}
	t.inner.HTTPErrorHandler = func(_ error, c echo.Context) { send(c, fault.ErrNotFound) }
	t.huma = humaecho.New(t.inner, config())
	t.huma.UseMiddleware(contentType)
	t.lay()
	t.document()
	return t
}

func config() huma.Config {
	c := huma.DefaultConfig("村分 API", "1")
	c.CreateHooks, c.DocsPath, c.OpenAPIPath, c.SchemasPath = nil, "", "", ""
	c.NoFormatFallback, c.RejectUnknownQueryParameters = false, true
	c.Formats = map[string]huma.Format{"application/json": {Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}}
	c.Formats["json"] = c.Formats["application/json"]
	c.Info.Description = "一镇多村的积分治理。路径里不写村：登录时的身份决定在哪个村。改动都要带 Idempotency-Key，同一个键重发只算一次。"
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"session": {Type: "apiKey", In: "cookie", Name: "__Host-cunfen",
		Description: "登录后由服务器设置的 Cookie；开发环境不用 TLS 时名为 cunfen"}}
	c.Components.Schemas.RegisterTypeAlias(uuidType, uuidSchemaType)
	return c
}

// register puts one operation into the table: the permission that it needs, what it is, and what it does.
func register[I, O any](t *table, action authz.Action, op huma.Operation, handler func(context.Context, actor.Actor, *I) (*O, error)) {
	if unsafe(op.Method) && op.Tags[0] != session {
		op.Parameters = append(op.Parameters, keyParameter)
	}
	if action != public {
		op.Security = []map[string][]string{{"session": {}}}
		op.Description = "权限：" + action.Chinese() + "（" + string(action) + "）"
	}
	op.BodyReadTimeout = -1 // the server has its own, and has read the body when it comes here
	huma.Register(t.huma, op, func(ctx context.Context, in *I) (*O, error) {
		v := visitorOf(ctx)
		out, err := handler(ctx, v.who, in)
		if err != nil {
			return nil, v.refuse(ctx, err)
		}
		return out, nil
	})
	path := strings.NewReplacer("{", ":", "}", "").Replace(op.Path)
	t.routes = append(t.routes, ui.Route{Method: op.Method, Path: path, Handler: t.serve(op), Action: action, Public: action == public, Upload: op.MaxBodyBytes > 0})
}

var (
	shortest, longest = 8, 128
	keyParameter      = &huma.Param{Name: keyName, In: "header", Required: true, Description: "这次提交的编号，由调用方生成（如 UUID）；重发时不变",
		Schema: &huma.Schema{Type: huma.TypeString, MinLength: &shortest, MaxLength: &longest, Pattern: "^[A-Za-z0-9_.:-]+$"}}
)

func unsafe(method string) bool { return method != http.MethodGet }

// visitor is who makes a request, as it goes with the request's context to the handler.
type visitor struct {
	who     actor.Actor
	request string
	address string
}

type visitorKey struct{}

func visitorOf(ctx context.Context) visitor { v, _ := ctx.Value(visitorKey{}).(visitor); return v }

// serve hands a request that the server let through on to the operation.
func (t *table) serve(op huma.Operation) echo.HandlerFunc {
	keyed := unsafe(op.Method) && op.Tags[0] != session
	return func(c echo.Context) error {
		r, h := c.Request(), c.Response().Header()
		h.Set("X-Robots-Tag", "noindex, noarchive")
		if err := readable(c); err != nil {
			return err
		}
		if keyed && !idem.Valid(r.Header.Get(keyName)) {
			return idem.ErrKey
		}
		v := visitor{visit.Who(c), h.Get(echo.HeaderXRequestID), c.RealIP()}
		t.inner.ServeHTTP(c.Response(), r.WithContext(context.WithValue(r.Context(), visitorKey{}, v)))
		return nil
	}
}

// document serves the description of everything above.
func (t *table) document() {
	yaml, err := t.huma.OpenAPI().YAML()
	if err != nil {
		panic(err) // of our own types, at start
	}
	json, err := t.huma.OpenAPI().MarshalJSON()
	if err != nil {
		panic(err)
	}
	for _, d := range []struct {
		name string
		text []byte
	}{{"yaml", yaml}, {"json", json}} {
		kind := "application/openapi+" + d.name
		t.routes = append(t.routes, ui.Route{Method: http.MethodGet, Path: prefix + "/openapi." + d.name, Public: true, Static: true,
			Handler: func(c echo.Context) error { return c.Blob(http.StatusOK, kind, d.text) }})
	}
}

var uuidType = typeOf[uuid.UUID]()
