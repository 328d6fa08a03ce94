package stack

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// checkout makes an empty checkout that shares the programs built for the real one.
func checkout(t *testing.T) string {
	t.Helper()
	real, err := Root()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(real, ".local", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(root, ".local"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(bin, filepath.Join(root, ".local", "bin")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"CUNFEN_DB_OWNER", "CUNFEN_REDIS", "CUNFEN_S3_ENDPOINT", "TEST_DATABASE_URL", "TEST_REDIS_ADDR", "TEST_S3_ENDPOINT"} {
		t.Setenv(name, "")
	}
	t.Cleanup(func() {
		if err := Reset(root); err != nil {
			t.Error(err)
		}
	})
	return root
}

func up(t *testing.T, root string) *Stack {
	t.Helper()
	s, err := Dev(root)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Down() })
	if err := s.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func sql(t *testing.T, dsn, query string) string {
	t.Helper()
	pg, err := findPostgres("")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(pg.bin, "psql"), "-XqAt", dsn, "-c", query).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", query, err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestDevKeepsItsDataAndPorts(t *testing.T) {
	root := checkout(t)
	first := up(t, root)
	sql(t, first.dsn("postgres"), "create table kept (x int); insert into kept values (7)")
	for _, role := range roles {
		if got := sql(t, first.dsn(role), "select current_user"); got != role {
			t.Errorf("signed in as %s, want %s", got, role)
		}
	}
	if got := sql(t, first.dsn("postgres"), "select current_setting('fsync') || current_setting('synchronous_commit')"); got != "onon" {
		t.Errorf("durability %s", got)
	}
	if err := first.Down(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	second := up(t, root)
	if d := time.Since(began); d > 30*time.Second {
		t.Errorf("the second start took %s", d)
	}
	if first.dsn("x") != second.dsn("x") {
		t.Error("ports or password changed between two starts")
	}
	if got := sql(t, second.dsn("postgres"), "select x from kept"); got != "7" {
		t.Errorf("kept %q", got)
	}
}

func TestStartAfterAKill(t *testing.T) {
	root := checkout(t)
	s := up(t, root)
	sql(t, s.dsn("postgres"), "create table kept (x int); insert into kept values (7)")
	for _, p := range s.running {
		_ = p.cmd.Process.Kill()
		<-p.closed
	}
	data := filepath.Join(pgHome(s.dir), "data")
	mark := fmt.Sprintf("%d\n%s\n%d\n", os.Getpid(), data, time.Now().Unix()) // the number is another process's by now
	if err := os.WriteFile(filepath.Join(data, "postmaster.pid"), []byte(mark), 0o644); err != nil {
		t.Fatal(err)
	}
	_ = s.Down()
	if got := sql(t, up(t, root).dsn("postgres"), "select x from kept"); got != "7" {
		t.Errorf("kept %q", got)
	}
}

func TestLeftoversAreEvicted(t *testing.T) {
	root := checkout(t)
	left := up(t, root)
	_ = left.lock.Close() // as if its parent had been killed, and nobody had told the children
	again := up(t, root)
	if got := sql(t, again.dsn("postgres"), "select 1"); got != "1" {
		t.Errorf("got %q", got)
	}
	for _, p := range left.running {
		select {
		case <-p.closed:
		default:
			t.Errorf("%s of the killed run still runs", p.title)
		}
	}
}

func TestOneRunACheckout(t *testing.T) {
	root := checkout(t)
	s, err := Dev(root)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Down()
	for name, err := range map[string]error{"run": Run(t.Context(), root), "reset": Reset(root)} {
		if err == nil || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) {
			t.Errorf("a second %s: %v", name, err)
		}
	}
}

func TestTakenPortIsReplaced(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	got, err := ports(map[string]int{"redis": taken})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]bool{taken: true}
	for name, port := range got {
		if port == 0 || seen[port] {
			t.Errorf("%s has port %d, which is another's", name, port)
		}
		seen[port] = true
	}
	if again, _ := ports(got); again["redis"] != got["redis"] {
		t.Error("a free port was not kept")
	}
}

func TestExec(t *testing.T) {
	for durable, fsync := range map[bool]string{false: "off", true: "on"} {
		t.Run("fsync "+fsync, func(t *testing.T) {
			root := checkout(t)
			out := filepath.Join(root, "out")
			code, err := Exec(t.Context(), root, []string{"sh", "-c", `printf '%s %s %s ' "$TEST_DATABASE_URL" "$TEST_REDIS_ADDR" "$TEST_S3_ENDPOINT$TEST_S3_ACCESS_KEY$TEST_S3_SECRET_KEY" >` + out +
				`; psql -XAt "$TEST_DATABASE_URL" -c 'show fsync' >>` + out + `; exit 7`}, durable)
			if code != 7 || err != nil {
				t.Errorf("exit code %d, %v", code, err)
			}
			if said, _ := os.ReadFile(out); strings.Count(string(said), "127.0.0.1:") != 3 || !strings.HasSuffix(string(said), " "+fsync+"\n") {
				t.Errorf("the command saw %s", said)
			}
			gone(t, root)
		})
	}
}

func TestExecCleansUpWhenStopped(t *testing.T) {
	root := checkout(t)
	ctx, cancel := context.WithCancel(t.Context())
	started := filepath.Join(root, "started")
	go func() {
		for ; ; time.Sleep(20 * time.Millisecond) {
			if b, _ := os.ReadFile(started); len(b) > 0 {
				cancel()
				return
			}
		}
	}()
	code, err := Exec(ctx, root, []string{"sh", "-c", `sleep 1000 & echo $! >` + started + `; wait`}, false)
	if code != 130 || err == nil {
		t.Errorf("exit code %d, %v", code, err)
	}
	b, _ := os.ReadFile(started)
	pid, _ := strconv.Atoi(strings.TrimSpace(string(b)))
	for end := time.Now().Add(10 * time.Second); alive(pid); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("process %d of the command still runs", pid)
		}
	}
	gone(t, root)
}

func alive(pid int) bool {
	state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && syscall.Kill(pid, 0) == nil && !strings.Contains(string(state), ") Z ")
}

func gone(t *testing.T, root string) {
	t.Helper()
	if left, _ := filepath.Glob(filepath.Join(root, ".local", "test-*")); left != nil {
		t.Errorf("left behind: %v", left)
	}
}

func TestResetKeepsThePrograms(t *testing.T) {
	root := checkout(t)
	s := up(t, root)
	home := pgHome(s.dir)
	if err := s.Down(); err != nil {
		t.Fatal(err)
	}
	if err := Reset(root); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(home); !os.IsNotExist(err) {
		t.Errorf("%s is still there (%v)", home, err)
	}
	entries, _ := os.ReadDir(filepath.Join(root, ".local"))
	var left []string
	for _, e := range entries {
		left = append(left, e.Name())
	}
	if got := strings.Join(left, " "); got != "bin lock" {
		t.Errorf("left: %s", got)
	}
}
