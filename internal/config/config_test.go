package config

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// good is a production environment without a fault.
func good() map[string]string {
	return map[string]string{
		"CUNFEN_BASE_URL":      "https://jifen.example.cn/",
		"CUNFEN_DB_APP":        "postgres://cunfen_app:s3cret@db/cunfen",
		"CUNFEN_DB_WORKER":     "postgres://cunfen_worker:s3cret@db/cunfen",
		"CUNFEN_DB_BUREAU":     "postgres://cunfen_bureau:s3cret@db/cunfen",
		"CUNFEN_DB_EXPORT":     "postgres://cunfen_export:s3cret@db/cunfen",
		"CUNFEN_REDIS":         "redis://:s3cret@redis:6379/0",
		"CUNFEN_S3_ENDPOINT":   "minio:9000",
		"CUNFEN_S3_ACCESS_KEY": "cunfen",
		"CUNFEN_S3_SECRET_KEY": "s3cret",
		"CUNFEN_MASTER_KEY":    key,
		"CUNFEN_SMS_URL":       "https://sms.example.cn/send",
		"CUNFEN_SMS_TOKEN":     "s3cret",
	}
}

func with(pairs ...string) map[string]string {
	m := good()
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return m
}

// set replaces the process's whole CUNFEN_ environment for one test.
func set(t *testing.T, vars map[string]string) {
	t.Helper()
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "CUNFEN_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	for k, v := range vars {
		t.Setenv(k, v)
	}
}

func TestFaults(t *testing.T) {
	for name, tc := range map[string]struct {
		vars map[string]string
		want []string // the variables named, in order
	}{
		"production":            {good(), nil},
		"nothing set":           {map[string]string{}, []string{"CUNFEN_BASE_URL", "CUNFEN_DB_APP", "CUNFEN_DB_WORKER", "CUNFEN_DB_BUREAU", "CUNFEN_DB_EXPORT", "CUNFEN_REDIS", "CUNFEN_S3_ENDPOINT", "CUNFEN_S3_ACCESS_KEY", "CUNFEN_S3_SECRET_KEY", "CUNFEN_MASTER_KEY", "CUNFEN_SMS_URL", "CUNFEN_SMS_TOKEN"}},
		"unknown environment":   {with("CUNFEN_ENV", "prod", "CUNFEN_SMS_PROVIDER", "http"), []string{"CUNFEN_ENV"}},
		"plain http":            {with("CUNFEN_BASE_URL", "http://jifen.example.cn"), []string{"CUNFEN_BASE_URL"}},
		"base with a path":      {with("CUNFEN_BASE_URL", "https://jifen.example.cn/x"), []string{"CUNFEN_BASE_URL"}},
		"one port for both":     {with("CUNFEN_OPS_LISTEN", "127.0.0.1:8080"), []string{"CUNFEN_OPS_LISTEN"}},
		"port too high":         {with("CUNFEN_LISTEN", ":80800"), []string{"CUNFEN_LISTEN"}},
		"host with a scheme":    {with("CUNFEN_HOSTS", "jifen.example.cn, https://x.cn"), []string{"CUNFEN_HOSTS"}},
		"bad network":           {with("CUNFEN_PROXIES", "10.0.0.0/8,ten"), []string{"CUNFEN_PROXIES"}},
		"dsn without user":      {with("CUNFEN_DB_APP", "postgres://db/cunfen"), []string{"CUNFEN_DB_APP"}},
		"not redis":             {with("CUNFEN_REDIS", "127.0.0.1:6379"), []string{"CUNFEN_REDIS"}},
		"endpoint with scheme":  {with("CUNFEN_S3_ENDPOINT", "http://minio:9000"), []string{"CUNFEN_S3_ENDPOINT"}},
		"short key":             {with("CUNFEN_MASTER_KEY", "AAEC"), []string{"CUNFEN_MASTER_KEY"}},
		"console in production": {with("CUNFEN_SMS_PROVIDER", "console"), []string{"CUNFEN_SMS_PROVIDER"}},
		"clock in production":   {with("CUNFEN_TEST_CLOCK", "2026-03-05T09:00:00+08:00"), []string{"CUNFEN_TEST_CLOCK"}},
		"clock without zone":    {with("CUNFEN_ENV", "dev", "CUNFEN_TEST_CLOCK", "2026-03-05 09:00"), []string{"CUNFEN_TEST_CLOCK"}},
		"clock in dev":          {with("CUNFEN_ENV", "dev", "CUNFEN_TEST_CLOCK", "2026-03-05T09:00:00+08:00"), nil},
		"hints in production":   {with("CUNFEN_DEMO_HINTS", "true"), []string{"CUNFEN_DEMO_HINTS"}},
		"neither yes nor no":    {with("CUNFEN_S3_TLS", "perhaps"), []string{"CUNFEN_S3_TLS"}},
		"log level":             {with("CUNFEN_LOG_LEVEL", "loud"), []string{"CUNFEN_LOG_LEVEL"}},
		"several of both sorts": {with("CUNFEN_S3_TLS", "x", "CUNFEN_LOG_LEVEL", "x", "CUNFEN_ENV", "x", "CUNFEN_SMS_PROVIDER", "console"), []string{"CUNFEN_S3_TLS", "CUNFEN_LOG_LEVEL", "CUNFEN_ENV"}},
	} {
		t.Run(name, func(t *testing.T) {
			set(t, tc.vars)
			_, err := Load()
			var got []string
			if err != nil {
				for _, f := range err.(Error) {
					got = append(got, f.name)
				}
			}
			if d := cmp.Diff(tc.want, got); d != "" {
				t.Errorf("variables at fault (-want +got):\n%s\n%v", d, err)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	set(t, with("CUNFEN_PROXIES", "10.1.2.3/8, 192.168.0.7"))
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	want := CIDRs{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.0.7/32")}
	if c.Env != Production || !c.InProduction() || c.Listen != "127.0.0.1:8080" || c.OpsListen != "127.0.0.1:9090" ||
		c.BaseURL != "https://jifen.example.cn" || c.S3Bucket != "cunfen" || c.SMSProvider != "http" || c.LogLevel != slog.LevelInfo {
		t.Errorf("defaults: %+v", c)
	}
	if d := cmp.Diff(List{"jifen.example.cn"}, c.Hosts); d != "" {
		t.Error(d)
	}
	if fmt.Sprint(c.Proxies) != fmt.Sprint(want) {
		t.Errorf("proxies %v, want %v", c.Proxies, want)
	}
	set(t, with("CUNFEN_ENV", "dev", "CUNFEN_BASE_URL", "", "CUNFEN_LISTEN", "127.0.0.1:9999"))
	if c, err = Load(); err != nil || c.BaseURL != "http://127.0.0.1:9999" || c.SMSProvider != "console" {
		t.Errorf("dev: %+v, %v", c, err)
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	set(t, with("CUNFEN_DB_OWNER", "postgres://owner:s3cret@db/cunfen"))
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	js, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "config", c, "dsn", c.DBApp, "key", c.MasterKey)
	for _, out := range []string{fmt.Sprintf("%v %+v %#v", c, c, c), fmt.Sprintf("%d %q %x %s", c.DBApp, c.DBApp, c.DBApp, &c.MasterKey), string(js), log.String()} {
		if strings.Contains(out, "s3cret") || strings.Contains(out, "733363726574") || strings.Contains(out, "0 1 2 3") || strings.Contains(out, key) {
			t.Errorf("a secret was printed: %s", out)
		}
	}
	if c.DBApp.Reveal() != good()["CUNFEN_DB_APP"] || c.MasterKey.Reveal()[31] != 31 {
		t.Error("a secret cannot be revealed")
	}
}

func TestFaultsNeverPrintSecrets(t *testing.T) {
	set(t, map[string]string{"CUNFEN_DB_APP": "pg://u:s3cret@x", "CUNFEN_REDIS": "s3cret", "CUNFEN_MASTER_KEY": "s3cret"})
	_, err := Load()
	if err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("got %v", err)
	}
}

func TestLoadOwner(t *testing.T) {
	set(t, map[string]string{"CUNFEN_DB_OWNER": "postgres://owner@db/cunfen", "CUNFEN_S3_TLS": "perhaps"})
	if s, err := LoadOwner(); err != nil || s.Reveal() != "postgres://owner@db/cunfen" {
		t.Errorf("got %q, %v", s.Reveal(), err)
	}
	set(t, nil)
	if _, err := LoadOwner(); err == nil || !strings.Contains(err.Error(), "CUNFEN_DB_OWNER") {
		t.Errorf("got %v", err)
	}
}

func TestClock(t *testing.T) {
	set(t, with("CUNFEN_ENV", "test", "CUNFEN_TEST_CLOCK", "2027-12-31T23:59:59+08:00"))
	c, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	now := c.Clock()
	first := now()
	if d := first.Sub(c.TestClock); d < 0 || d > time.Minute {
		t.Errorf("clock starts %v after the instant given", d)
	}
	time.Sleep(2 * time.Millisecond)
	if !now().After(first) {
		t.Error("the clock stands still")
	}
	if d := time.Since((Config{}).Clock()()); d < 0 || d > time.Minute {
		t.Errorf("real clock off by %v", d)
	}
}
