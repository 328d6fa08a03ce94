package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cunfen/internal/pg/pgtest"
	"cunfen/tenants"
)

func runTenant(args ...string) (string, error) {
	var out bytes.Buffer
	cmd := tenantCommand()
	cmd.SilenceUsage, cmd.SilenceErrors = true, true
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	cmd.SetArgs(args)
	err := cmd.Execute()
	return out.String(), err
}

func TestTenantCheck(t *testing.T) {
	for _, args := range [][]string{{"check"}, {"check", "demo"}, {"check", "../../tenants/demo"}} {
		if out, err := runTenant(args...); err != nil || !strings.Contains(out, "海沿村：52 项细则，比文件改动 7 处；9 种物资；11 人") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// A folder anywhere on disk needs no template beside it, and every problem in it is told.
func TestTenantCheckFindsProblems(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	if err := os.CopyFS(filepath.Dir(dir), tenants.FS); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(filepath.Dir(dir), tenants.Template)); err != nil {
		t.Fatal(err)
	}
	if out, err := runTenant("check", dir); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	goods := filepath.Join(dir, "haiyan", "goods.yaml")
	b, _ := os.ReadFile(goods)
	if err := os.WriteFile(goods, bytes.ReplaceAll(b, []byte("price: 15"), []byte("price: 0")), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := runTenant("check", dir)
	if err == nil || !strings.Contains(out, "demo/haiyan/goods.yaml:5:") || !strings.Contains(out, "第 5 行：分值应是 1 到 10000 的整数") || !strings.Contains(out, "共 1 处问题") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestTenantPlanAndApply(t *testing.T) {
	db := pgtest.New(t)
	for name, value := range map[string]string{
		"CUNFEN_ENV": "test", "CUNFEN_DB_APP": pgtest.DSN(db.Name, "cunfen_app"), "CUNFEN_DB_WORKER": pgtest.DSN(db.Name, "cunfen_worker"),
		"CUNFEN_DB_BUREAU": pgtest.DSN(db.Name, "cunfen_bureau"), "CUNFEN_DB_EXPORT": pgtest.DSN(db.Name, "cunfen_export"),
		"CUNFEN_REDIS": "redis://127.0.0.1:1/0", "CUNFEN_S3_ENDPOINT": "127.0.0.1:1", "CUNFEN_S3_ACCESS_KEY": "k", "CUNFEN_S3_SECRET_KEY": "s",
		"CUNFEN_MASTER_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	} {
		t.Setenv(name, value)
	}
	for _, c := range []struct{ verb, want string }{{"plan", "会改 30 处"}, {"apply", "已改 30 处"}, {"apply", "已改 0 处"}, {"plan", "会改 0 处"}} {
		out, err := runTenant(c.verb, "demo")
		if err != nil || !strings.Contains(out, "洋口镇："+c.want) || !strings.Contains(out, "cunfen demo") {
			t.Errorf("%s: %v\n%s", c.verb, err, out)
		}
	}
}
