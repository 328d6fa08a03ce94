package observe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestLogsHoldNoPersonalData(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := Logger(&out, slog.LevelInfo)
	log.Info("短信已发 13812345678", "phone", "x1", "Reason", "x2", "kind", "notice.publish", "village", 11,
		"error", errors.New("身份证32062319800101123X重复\nevil"), "pg", fmt.Errorf("a.B: %w", &pgconn.PgError{Severity: "ERROR", Code: "22P02", Message: "bad: 张三"}), slog.Group("g", "token", "x3", "who", "打给13912345678号"))
	log.Debug("quiet")
	text := out.String()
	for _, bad := range []string{"13812345678", "13912345678", "320623", "x1", "x2", "x3", "\nevil", "quiet", "张三"} {
		if strings.Contains(text, bad) {
			t.Errorf("%q is in the log: %s", bad, text)
		}
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(text), &line); err != nil || line["kind"] != "notice.publish" || line["village"] != 11.0 || line["pg"] != "a.B: sqlstate 22P02" || line["time"] == nil {
		t.Errorf("%v %v", line, err)
	}
}

func TestOps(t *testing.T) {
	t.Parallel()
	var down error
	m := NewMetrics("v0")
	m.Request("GET", "/claims/:id", 200, 3*time.Millisecond)
	m.Job("notice.publish", "done", time.Second)
	m.Counter("cunfen_evidence_refused_total", "Photos refused.", "cause").WithLabelValues("too_large").Inc()
	reads := 0
	m.Gauges("cunfen_outbox_jobs", "Jobs by state.", "state", func(context.Context) (map[string]float64, error) {
		reads++
		return map[string]float64{"open": 3, "dead": 1}, nil
	})
	m.Gauges("cunfen_broken", "Cannot be read.", "x", func(context.Context) (map[string]float64, error) { return nil, errors.New("away") })
	srv := httptest.NewServer(Ops("", m, func(context.Context) error { return down }).Handler)
	defer srv.Close()
	fetch := func(path string) (int, string) {
		t.Helper()
		r, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, _ := io.ReadAll(r.Body)
		return r.StatusCode, string(b)
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/debug/pprof/": 200, "/debug/pprof/goroutine": 200, "/": 404} {
		if got, _ := fetch(path); got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
	down = errors.New("13812345678")
	if got, body := fetch("/readyz"); got != 503 || strings.Contains(body, "138") {
		t.Errorf("not ready: %d %q", got, body)
	}
	_, _ = fetch("/metrics")
	_, body := fetch("/metrics")
	for _, want := range []string{`cunfen_http_request_seconds_count{method="GET",route="/claims/:id",status="200"} 1`, `cunfen_job_seconds_count{kind="notice.publish",outcome="done"} 1`,
		`cunfen_evidence_refused_total{cause="too_large"} 1`, `cunfen_outbox_jobs{state="dead"} 1`, `cunfen_build_info{version="v0"} 1`, "go_goroutines"} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if reads != 1 {
		t.Errorf("read %d times within ten seconds", reads)
	}
}
