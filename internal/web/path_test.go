package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"cunfen/internal/pg"
	"cunfen/internal/web"
)

// param is what a path parameter stands for: a value of the village, and whether it is the village's alone, so
// that in another village nothing answers to it.
type param struct {
	of   func(*place) string
	tied bool
	none func() string // a value that no village has
}

func id(of func(*place) uuid.UUID) param {
	return param{func(v *place) string { return of(v).String() }, true, func() string { return pg.NewID().String() }}
}

func free(value string) param {
	return param{of: func(*place) string { return value }}
}

var home = id(func(v *place) uuid.UUID { return v.home })

// params says what each parameter is, by the segment before it and its name. A new parameter is added here.
var params = map[string]param{
	"evidence/:id":         id(func(v *place) uuid.UUID { return v.evidence }),
	"claims/:id":           id(func(v *place) uuid.UUID { return v.claim }),
	"lines/:id":            id(func(v *place) uuid.UUID { return v.entry }),
	"findings/:id":         id(func(v *place) uuid.UUID { return v.finding }),
	"for/:household":       home,
	"opinions/:id":         id(func(v *place) uuid.UUID { return v.opinion }),
	"messages/:id":         id(func(v *place) uuid.UUID { return v.message }),
	"objections/:id":       id(func(v *place) uuid.UUID { return v.objected }),
	"appeals/:id":          id(func(v *place) uuid.UUID { return v.appealed }),
	"record/:household":    home,
	"redeem/:household":    home,
	"households/:id":       home,
	"import/:id":           id(func(v *place) uuid.UUID { return v.imported }),
	"members/:member":      id(func(v *place) uuid.UUID { return v.member }),
	"group/:id":            id(func(v *place) uuid.UUID { return v.spare }),
	"relatives/:household": id(func(v *place) uuid.UUID { return v.kin }),
	"goods/:id":            id(func(v *place) uuid.UUID { return v.goods }),
	"orders/:id":           id(func(v *place) uuid.UUID { return v.order }),
	"gifts/:gift":          id(func(v *place) uuid.UUID { return v.gift }),
	"families/:household":  id(func(v *place) uuid.UUID { return v.kin }),
	"openings/:opening":    id(func(v *place) uuid.UUID { return v.opening }),
	"notes/:note":          id(func(v *place) uuid.UUID { return v.jotted }),
	"handed/:handed":       id(func(v *place) uuid.UUID { return v.handed }),
	"mismatches/:id":       id(func(v *place) uuid.UUID { return v.mismatch }),
	"counts/:id":           id(func(v *place) uuid.UUID { return v.count }),
	"doorsteps/:household": home,
	"line/:number":         free("1"),
	"windows/:day":         free("2026-12-20"),
	"budget/:id":           id(func(v *place) uuid.UUID { return v.budget }),
	"budgets/:budget":      id(func(v *place) uuid.UUID { return v.budget }),
	"purchases/:id":        id(func(v *place) uuid.UUID { return v.purchase }),
	"donations/:id":        id(func(v *place) uuid.UUID { return v.donation }),
	"uses/:use":            id(func(v *place) uuid.UUID { return v.use }),
	"redemptions/:id":      id(func(v *place) uuid.UUID { return v.redeemed }),
	"activities/:id":       id(func(v *place) uuid.UUID { return v.activity }),
	"check-in/:id":         id(func(v *place) uuid.UUID { return v.activity }),
	"people/:member":       id(func(v *place) uuid.UUID { return v.member }),
	"rounds/:id":           id(func(v *place) uuid.UUID { return v.round }),
	"homes/:household":     home,
	"d/:code":              {func(v *place) string { return v.door }, true, func() string { return "NOSUCHDOOR" }},
	"prints/:id":           id(func(v *place) uuid.UUID { return v.printed }),
	"selection/:household": home,
	"months/:month":        free("2026-10"),
	"evaluations/:quarter": free("2026-3"),
	"items/:code":          free("P07"),
	"exemptions/:id":       id(func(v *place) uuid.UUID { return v.exempted }),
	"steps/:step":          free("1"),
	"drafts/:id":           id(func(v *place) uuid.UUID { return v.draft }),
	"photos/:photo":        id(func(v *place) uuid.UUID { return v.minutes }),
	":village/:id":         id(func(v *place) uuid.UUID { return v.draft }),
	"rules/:village":       {func(v *place) string { return "11" }, true, func() string { return "987654" }},
	"notice/:size":         free("a4"),
	"ui/:sample":           free("notice"),
	"embed/:village":       {of: func(v *place) string { return v.code }},
	"v/:village":           {of: func(v *place) string { return v.code }},
	":village/:month":      free("2026-10"),
	":month/:size":         free("a4"),
	"villages/:village":    {of: func(v *place) string { return v.code }},
	"archive/:id":          id(func(v *place) uuid.UUID { return v.pack }),
	"archive/:pack":        id(func(v *place) uuid.UUID { return v.pack }),
	"draws/:draw":          id(func(v *place) uuid.UUID { return v.draw }),
	"tickets/:number":      free("1"),
	"rechecks/:recheck":    id(func(v *place) uuid.UUID { return v.recheck }),
	"notices/:month":       free("2026-10"),
	"checks/:code":         free("A1B2-C3D4-E5F6"),
	"assess/:scheme":       id(func(v *place) uuid.UUID { return v.scheme }),
	"assessments/:scheme":  id(func(v *place) uuid.UUID { return v.scheme }),
	"stories/:story":       id(func(v *place) uuid.UUID { return v.story }),
	"nominations/:year":    free("2025"),
	"rescores/:rescore":    id(func(v *place) uuid.UUID { return v.rescore }),
	"seconds/:second":      id(func(v *place) uuid.UUID { return v.second }),
	"records/:record":      id(func(v *place) uuid.UUID { return v.record }),
	"copies/:copy":         id(func(v *place) uuid.UUID { return v.copy }),
	":rescore/:claim":      id(func(v *place) uuid.UUID { return v.claim }),
	"proofs/:photo":        id(func(v *place) uuid.UUID { return v.evidence }),
	"sso/:town":            free("1"),
	"townships/:town":      free("1"),
	"links/:link":          free(linked),
	"ready/:item":          free("plan"),
	"drafts/:draft":        free("0198f0f0-0000-7000-8000-000000000000"),
	"sites/:site":          free("987654"),
	":site/:verb":          free("rename"),
	"queue/:site":          free("987654"),
	":site/:job":           free("0198f0f0-0000-7000-8000-000000000000"),
	":job/:act":            free("retry"),
	"works/:kind":          free("merge"),
	"works/:work":          free("0198f0f0-0000-7000-8000-000000000000"),
	":work/:act":           free("confirm"),
	"matters/:matter":      id(func(v *place) uuid.UUID { return v.matter }),
	"villages/:id":         {func(v *place) string { return "11" }, true, func() string { return "987654" }},
}

// address fills a route's path with what village v has; tied says whether anything in it is v's alone. lost
// is the same path with ids that nobody has.
func address(t testing.TB, r web.Route, v *place) (path, lost string, tied bool) {
	t.Helper()
	segments := strings.Split(r.Path, "/")
	other := make([]string, len(segments))
	copy(other, segments)
	before := ""
	for i, seg := range segments {
		if strings.HasPrefix(seg, ":") {
			p, ok := params[before+"/"+seg]
			if !ok {
				t.Fatalf("%s %s: nobody knows what %s stands for; add it to params", r.Method, r.Path, seg)
			}
			segments[i], other[i] = p.of(v), p.of(v)
			if p.tied {
				tied, other[i] = true, p.none()
			}
		}
		if seg == "*" {
			segments[i], other[i] = "favicon.svg", "favicon.svg"
		}
		before = seg
	}
	return strings.Join(segments, "/"), strings.Join(other, "/"), tied
}

// fields is a form that every page's form finds its own fields in, naming what village v has.
func fields(v *place) url.Values {
	return url.Values{
		"reason": {"核对后不符合本村要求"}, "grounds": {"那天是两个人参加的，只记了一个人"}, "demand": {"三天内清理门前杂物"}, "verdict": {"dismiss"}, "answer": {"核实后维持"}, "id": {v.claim.String()},
		"household": {v.home.String()}, "household_id": {v.home.String()}, "home": {v.home.String()}, "member": {v.member.String()}, "goods": {v.goods.String()},
		"evidence": {v.evidence.String()}, "line": {"4:" + v.checked.String()}, "lines": {"4:" + v.checked.String()}, "claim": {v.claim.String()}, "entry": {v.entry.String()}, "import": {v.imported.String()},
		"item": {"P18"}, "parts": {"1"}, "quantity": {"1"}, "occurred_on": {"2026-11-09"}, "day": {"2026-11-09"}, "note": {"清理河岸"}, "proof": {"photo"},
		"price": {"2"}, "stock": {"50"}, "passbook": {"2"}, "receiver": {"张三"}, "paper": {"1"}, "on_paper": {"1"},
		"code": {"G9"}, "unit": {"桶"}, "name": {"张三丰"}, "active": {"1"}, "version": {"1"},
		"door": {"9-9"}, "team": {"1组"}, "head": {"李四光"}, "residence": {"local"}, "relation": {"兄弟"}, "phone": {"13700000000"}, "id_number": {""},
		"role": {"committee"}, "kind": {"群众代表"}, "starts_on": {"2026-11-10"}, "sheet": {"00"}, "who": {"3组12号"}, "family": {v.kin.String()}, "against": {v.kin.String()}, "points": {"1"}, "freely": {"1"}, "per_year": {"50"}, "cooling_days": {"3"}, "words": {"独居老人"}, "consent": {"户主当面同意"}, "as_of": {"2026-11-01"}, "link": {"goods"}, "wants": {"油 1 桶"}, "outcome": {"已兑换"}, "password": {"不是这个密码"}, "old": {"不是这个"}, "again": {"不是这个密码"},
		"result": {"pass"}, "people": {"张三丰"}, "host": {"村委会"}, "begins": {"09:00"}, "ends": {"11:00"}, "base": {"0"}, "rest": {"0"}, "grid": {"0"}, "month": {"2026-11"},
		"village": {v.code}, "village_id": {"11"}, "township_id": {"1"}, "is_admin": {"true"},
	}
}

// ask is the request that a route is tried with, on what village v has.
func (s *stand) ask(r web.Route, path string, v *place) call { return s.with(r, path, v) }

// own is the same by somebody of the village, without the photo that another claim has.
func (s *stand) own(r web.Route, path string, v *place) call { return s.with(r, path, v, "evidence") }

func (s *stand) with(r web.Route, path string, v *place, without ...string) call {
	c := call{method: r.Method, path: path, header: map[string]string{"X-Village": "11", "X-Tenant-ID": "11", "X-Village-ID": "11"}}
	form := fields(v)
	for _, name := range without {
		form.Del(name)
	}
	switch {
	case isAPI(r) && r.Upload:
		c.header["Idempotency-Key"] = freshKey()
		c.kind, c.body = "image/jpeg", string(snapshot(5))
	case isAPI(r):
		return s.json(r, path, s.text(r, v, without...))
	case r.Method == http.MethodGet:
	case r.Upload:
		c.kind, c.body = parcel(form)
	default:
		c.kind, c.body = "application/x-www-form-urlencoded", form.Encode()
	}
	return c
}

func freshKey() string { return uuid.NewString() }

func isAPI(r web.Route) bool { return strings.HasPrefix(r.Path, "/api/") }

// parcel is the form as a browser sends it together with a photo.
func parcel(form url.Values) (kind, body string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for name, values := range form {
		for _, v := range values {
			_ = w.WriteField(name, v)
		}
	}
	for _, name := range []string{"photo", "photos", "file"} {
		f, _ := w.CreateFormFile(name, "a.jpg")
		_, _ = f.Write(snapshot(9))
	}
	_ = w.Close()
	return w.FormDataContentType(), b.String()
}
