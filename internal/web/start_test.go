package web_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"cunfen/internal/authz"
	"cunfen/internal/session"
	"cunfen/internal/web"
	"cunfen/internal/web/ui"
	"cunfen/policies"
)

// TestStart leaves the permission off each route in turn, and the mark of being public: the server does not
// start with any of them (INV-15).
func TestStart(t *testing.T) {
	rdb := redis.NewClient(&redis.Options{Addr: env(t, "TEST_REDIS_ADDR"), DB: redisDB})
	t.Cleanup(func() { rdb.Close() })
	srv, err := web.New(&ui.Site{Sessions: session.New(rdb, session.Options{})}, web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range srv.Routes() {
		if seen[line(r)] {
			t.Errorf("%s stands twice", line(r))
		}
		seen[line(r)] = true
		if !r.Public && !slices.Contains(authz.Actions, r.Action) {
			t.Errorf("%s asks for %q, which is no action", line(r), r.Action)
		}
		bare := r
		bare.Action, bare.Public = "", false
		if srv.Add(bare) == nil {
			t.Errorf("%s: the server starts without a permission on it", line(r))
		}
		both := r
		both.Action, both.Public = authz.SessionOwn, true
		if srv.Add(both) == nil {
			t.Errorf("%s: the server starts though it is public and has a permission", line(r))
		}
	}
	if srv.Add(srv.Routes()[0]) != nil {
		t.Error("a route that is as it should be is refused too, so the test shows nothing")
	}
}

// TestPolicyLines takes actions out of the policy, each tenth of them: the program does not start without a
// decision on one.
func TestPolicyLines(t *testing.T) {
	for i := 0; i < len(authz.Actions); i += 10 {
		a := authz.Actions[i]
		var left []string
		for l := range strings.Lines(string(policies.Policy)) {
			if !strings.HasSuffix(strings.TrimSpace(l), ", "+string(a)) {
				left = append(left, l)
			}
		}
		if _, err := authz.Compile(policies.Model, []byte(strings.Join(left, ""))); err == nil || !strings.Contains(err.Error(), string(a)) {
			t.Errorf("without a line on %s: %v", a, err)
		}
	}
}
