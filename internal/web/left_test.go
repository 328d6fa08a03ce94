package web_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestSenderLeft: a request whose sender has gone away is no failure of the server, in the log and in the measures.
func TestSenderLeft(t *testing.T) {
	s := up(t)
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	p := s.people["household a"]
	s.begin(p)
	for path, want := range map[string]int{"/home": 499, "/claims": 499, "/api/v1/passbook": 499} {
		ctx, leave := context.WithCancel(t.Context())
		leave()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
		r.AddCookie(p.cookie)
		w := httptest.NewRecorder()
		s.server.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if bytes.Contains(log.Bytes(), []byte("request failed")) {
		t.Errorf("the log says %s", &log)
	}
}
