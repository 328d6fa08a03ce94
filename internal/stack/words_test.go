package stack

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestWalkable(t *testing.T) {
	stranger := &syscall.Credential{Uid: 65533, Gid: 65533}
	open, closed := t.TempDir(), t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	// t.TempDir's own parent is closed to strangers.
	if walkable(open, stranger) || walkable(filepath.Join(closed, "absent"), stranger) {
		t.Error("a stranger walks through a closed folder")
	}
	if !walkable("/usr/bin", stranger) {
		t.Error("a stranger cannot walk to /usr/bin")
	}
	me := &syscall.Credential{Uid: uint32(os.Getuid()), Gid: uint32(os.Getgid())}
	if !walkable(closed, me) {
		t.Error("the owner cannot walk into his own folder")
	}
}

func TestIncomplete(t *testing.T) {
	all := []string{"CUNFEN_DB_APP=x", "CUNFEN_DB_WORKER=x", "CUNFEN_DB_BUREAU=x", "CUNFEN_DB_EXPORT=x", "CUNFEN_S3_ACCESS_KEY=x", "CUNFEN_S3_SECRET_KEY=x"}
	if err := incomplete(all); err != nil {
		t.Error(err)
	}
	err := incomplete(append(all[1:5:5], "CUNFEN_S3_SECRET_KEY="))
	if err == nil || !strings.Contains(err.Error(), "CUNFEN_DB_APP、CUNFEN_S3_SECRET_KEY") {
		t.Errorf("got %v", err)
	}
}

func TestWithoutAptItSaysWhatToInstall(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := aptCommand(context.Background(), []string{"postgresql", "chromium"})
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 15") || !strings.Contains(err.Error(), "Chromium") {
		t.Errorf("got %v", err)
	}
}

func TestEveryPartIsExplained(t *testing.T) {
	for _, p := range append(runningParts(&Stack{}), testingParts...) {
		if byHandText[p.pkg] == "" {
			t.Errorf("nothing says how to install %s by hand", p.pkg)
		}
	}
}

func TestInstallScriptParses(t *testing.T) {
	if out, err := exec.Command("sh", "-n", "-c", installScript).CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

func TestExitCode(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 3": 3, "kill -9 $$": 137} {
		cmd := exec.Command("sh", "-c", script)
		if code, err := follow(t.Context(), cmd); code != want || err != nil {
			t.Errorf("%s: %d, %v", script, code, err)
		}
	}
	if _, err := follow(t.Context(), exec.Command("/does/not/exist")); err == nil {
		t.Error("a command that is not there started")
	}
}

func TestTail(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte("1\n2\n3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := tail(file, 2); got != "2\n3" {
		t.Errorf("got %q", got)
	}
}
