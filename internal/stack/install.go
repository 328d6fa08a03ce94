package stack

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

//go:embed install.sh
var installScript string

// part is a Debian package that something here needs, and how to see that it is not there yet.
type part struct {
	pkg     string
	missing func() bool
	given   string // the variable that makes it unnecessary
}

// running needs these; testing also the ones below.
func runningParts(s *Stack) []part {
	return []part{
		{"postgresql", func() bool { _, err := findPostgres(""); return err != nil }, s.givenName("DB")},
		{"redis-server", absent("redis-server"), s.givenName("REDIS")},
	}
}

var testingParts = []part{
	{"gcc", absent("cc", "gcc"), ""},
	{"libc6-dev", noFile("/usr/include/stdlib.h"), ""},
	{"chromium", absent("chromium"), ""},
	{"fonts-noto-cjk", noFile("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"), ""},
	{"poppler-utils", absent("pdftotext"), ""},
}

func absent(programs ...string) func() bool {
	return func() bool {
		for _, p := range programs {
			if _, err := exec.LookPath(p); err == nil {
				return false
			}
		}
		return true
	}
}

func noFile(path string) func() bool {
	return func() bool { _, err := os.Stat(path); return err != nil }
}

// Install adds the Debian packages that are missing for running, and with tests for testing as well.
func Install(ctx context.Context, tests bool) error {
	parts := runningParts(&Stack{throwaway: tests})
	if tests {
		parts = append(parts, testingParts...)
	}
	var missing []string
	for _, p := range parts {
		if (p.given == "" || os.Getenv(p.given) == "") && p.missing() {
			missing = append(missing, p.pkg)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	command, err := aptCommand(ctx, missing)
	if err != nil {
		return err
	}
	if err := step("用 apt 安装 "+strings.Join(missing, "、"), func() error { return logged(command) }); err != nil {
		return err
	}
	for _, p := range parts {
		if (p.given == "" || os.Getenv(p.given) == "") && p.missing() {
			return fmt.Errorf("装了 %s，但还是不能用：%s", p.pkg, byHand(missing))
		}
	}
	return nil
}

func aptCommand(ctx context.Context, pkgs []string) (*exec.Cmd, error) {
	args := append([]string{"sh", "-c", installScript, "install"}, pkgs...)
	if _, err := exec.LookPath("apt-get"); err != nil {
		return nil, fmt.Errorf("这台机器没有 apt，缺的东西要自己装：%s", byHand(pkgs))
	}
	if os.Geteuid() != 0 {
		if _, err := exec.LookPath("sudo"); err != nil {
			return nil, fmt.Errorf("缺 %s；没有 sudo，请用 root 运行：apt-get install %s", strings.Join(pkgs, "、"), strings.Join(pkgs, " "))
		}
		args = append([]string{"sudo"}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin = os.Stdin // sudo may ask for a password
	return cmd, nil
}

// logged runs a talkative command into a file and points there when it fails.
func logged(cmd *exec.Cmd) error {
	file, err := os.Create(filepath.Join(os.TempDir(), fmt.Sprintf("cunfen-install-%d.log", os.Getpid())))
	if err != nil {
		return err
	}
	defer file.Close()
	cmd.Stdout, cmd.Stderr = file, file
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w，日志 %s 的最后几行：\n%s", err, file.Name(), tail(file.Name(), 15))
	}
	return os.Remove(file.Name())
}

var byHandText = map[string]string{
	"postgresql":     fmt.Sprintf("PostgreSQL %d 或更新的服务端（initdb、postgres、psql 要在 PATH 里；也可用 CUNFEN_DB_OWNER 给现成的数据库）", oldest),
	"redis-server":   "Redis（redis-server 要在 PATH 里；也可用 CUNFEN_REDIS 给现成的）",
	"gcc":            "C 编译器（go test -race 要用）",
	"libc6-dev":      "C 库的头文件（go test -race 要用）",
	"chromium":       "Chromium（浏览器测试要用）",
	"fonts-noto-cjk": "Noto Sans CJK 字体（浏览器测试要用）",
	"poppler-utils":  "poppler 的 pdftotext、pdftoppm（PDF 测试要用）",
}

func byHand(pkgs []string) string {
	var b strings.Builder
	for _, p := range pkgs {
		b.WriteString("\n  " + byHandText[p])
	}
	return b.String()
}

// withHint is added where the machines cannot start for want of a program.
func withHint(err error) error {
	if errors.Is(err, errNoPostgres) {
		return fmt.Errorf("%w：请运行 cunfen dev install", err)
	}
	return err
}
