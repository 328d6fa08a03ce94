// Package stack is a private copy of the machines that the program stands on: PostgreSQL, Redis and MinIO,
// on loopback ports and in folders of their own under .local/ of the checkout. Developing uses one that
// keeps its data, a test run one that is thrown away. The machine's own services are never touched.
package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Stack is one set of machines.
type Stack struct {
	local     string // .local of the checkout
	dir       string // where this stack's data lies: local, or a folder of its own below it
	throwaway bool
	durable   bool // a throwaway one too waits for the disk
	memory    memory
	lock      *os.File
	running   []*process // in the order of their start
}

// Root finds the checkout that the working directory lies in.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		mod, err := os.ReadFile(filepath.Join(at, "go.mod"))
		if err == nil && strings.HasPrefix(string(mod), "module cunfen\n") {
			return filepath.EvalSymlinks(at)
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("%s 不在村分的源码目录里，请到源码目录里运行", dir)
		}
	}
}

// Dev opens the stack that keeps its data; one process at a time has it.
func Dev(root string) (*Stack, error) {
	s := &Stack{local: filepath.Join(root, ".local")}
	s.dir = s.local
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return nil, err
	}
	var err error
	if s.lock, err = take(filepath.Join(s.dir, "lock"), false); err != nil {
		return nil, err
	}
	return s, s.recall()
}

// Throwaway opens an empty stack in a folder of its own, and clears away those that killed runs have left.
func Throwaway(root string) (*Stack, error) {
	s := &Stack{local: filepath.Join(root, ".local"), throwaway: true}
	if err := os.MkdirAll(s.local, 0o755); err != nil {
		return nil, err
	}
	sweeping, err := take(filepath.Join(s.local, "sweep.lock"), true)
	if err != nil {
		return nil, err
	}
	defer sweeping.Close()
	sweep(s.local)
	if s.dir, err = os.MkdirTemp(s.local, "test-"); err != nil {
		return nil, err
	}
	if err := os.Chmod(s.dir, 0o755); err != nil {
		return nil, err
	}
	if s.lock, err = take(filepath.Join(s.dir, "lock"), false); err != nil {
		return nil, err
	}
	return s, s.recall()
}

// Up starts the machines that are not given by the environment.
func (s *Stack) Up(ctx context.Context) error {
	for _, m := range []struct {
		given string
		up    func(context.Context) error
	}{{s.givenName("DB"), s.upPostgres}, {s.givenName("REDIS"), s.upRedis}, {s.givenName("S3"), s.upMinIO}} {
		if os.Getenv(m.given) != "" {
			tell("用环境变量 %s 给的服务，不另外启动", m.given)
			continue
		}
		if err := m.up(ctx); err != nil {
			return err
		}
	}
	return nil
}

// givenName is the variable by which somebody gives a machine of their own.
func (s *Stack) givenName(machine string) string {
	if s.throwaway {
		return map[string]string{"DB": "TEST_DATABASE_URL", "REDIS": "TEST_REDIS_ADDR", "S3": "TEST_S3_ENDPOINT"}[machine]
	}
	return map[string]string{"DB": "CUNFEN_DB_OWNER", "REDIS": "CUNFEN_REDIS", "S3": "CUNFEN_S3_ENDPOINT"}[machine]
}

// Down stops everything in the reverse order of its start, and forgets a throwaway stack.
func (s *Stack) Down() error {
	var errs []error
	for _, p := range slices.Backward(s.running) {
		began := time.Now()
		errs = append(errs, p.stop())
		if !s.throwaway {
			tell("停止 %s（%s）", p.title, seconds(time.Since(began)))
		}
	}
	s.running = nil
	if s.throwaway {
		errs = append(errs, forget(s.dir, s.dir))
	}
	errs = append(errs, s.lock.Close())
	return errors.Join(errs...)
}

// Reset forgets the data of the checkout's stack; the programs built into .local/bin stay.
func Reset(root string) error {
	local := filepath.Join(root, ".local")
	entries, err := os.ReadDir(local)
	if err != nil {
		return nil
	}
	lock, err := take(filepath.Join(local, "lock"), false)
	if err != nil {
		return err
	}
	defer lock.Close()
	sweep(local)
	for _, e := range entries {
		if slices.Contains([]string{"bin", "lock", "sweep.lock"}, e.Name()) || strings.HasPrefix(e.Name(), "test-") {
			continue
		}
		if err := forget(local, filepath.Join(local, e.Name())); err != nil {
			return err
		}
	}
	tell("本地数据已清空")
	return nil
}

// sweep removes the throwaway stacks that nobody holds any more.
func sweep(local string) {
	left, _ := filepath.Glob(filepath.Join(local, "test-*"))
	for _, dir := range left {
		lock, err := take(filepath.Join(dir, "lock"), false)
		if err != nil {
			continue
		}
		_ = forget(dir, dir)
		_ = lock.Close()
	}
}

// forget removes what lies at path, with the leftovers that still run in the stack's folders and the
// database that had to live elsewhere.
func forget(dir, path string) error {
	for comm, at := range map[string]string{"postgres": filepath.Join(pgHome(dir), "data"), "redis-server": filepath.Join(dir, "redis"), "minio": filepath.Join(dir, "minio")} {
		if err := evict(comm, at); err != nil {
			return err
		}
	}
	if far := pgHome(dir); far != filepath.Join(dir, "postgres") && (path == dir || filepath.Base(path) == "postgres") {
		if err := os.RemoveAll(far); err != nil {
			return err
		}
	}
	return os.RemoveAll(path)
}
