package stack

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// oldest is the first PostgreSQL that the program runs on.
const oldest = 15

var errNoPostgres = fmt.Errorf("没有找到 PostgreSQL %d 或更新的服务端程序（initdb、postgres、psql）", oldest)

// server is a PostgreSQL that is installed here.
type server struct {
	bin   string
	major int
}

// findPostgres takes the version that made the data, or else the newest.
func findPostgres(data string) (server, error) {
	made, _ := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	want, _ := strconv.Atoi(strings.TrimSpace(string(made)))
	var found []server
	for _, s := range installed() {
		if s.major >= oldest && (want == 0 || want == s.major) {
			found = append(found, s)
		}
	}
	if len(found) == 0 && want != 0 {
		return server{}, fmt.Errorf("%s 里的数据是 PostgreSQL %d 的，这台机器上没有这个版本：请装上它，或运行 make reset 重新开始", data, want)
	}
	if len(found) == 0 {
		return server{}, errNoPostgres
	}
	return slices.MaxFunc(found, func(a, b server) int { return a.major - b.major }), nil
}

func installed() (all []server) {
	programs, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if p, err := exec.LookPath("postgres"); err == nil {
		programs = append(programs, p)
	}
	for _, p := range programs {
		out, err := exec.Command(p, "--version").Output() // postgres (PostgreSQL) 15.18 (Debian …)
		if f := strings.Fields(string(out)); err == nil && len(f) > 2 {
			major, _ := strconv.Atoi(strings.Split(f[2], ".")[0])
			all = append(all, server{filepath.Dir(p), major})
		}
	}
	return all
}

// upPostgres starts the database, made on the first start, with the program's database and logins in it.
func (s *Stack) upPostgres(ctx context.Context) error {
	who := servant()
	home, err := s.settle(who)
	if err != nil {
		return err
	}
	pg, err := findPostgres(filepath.Join(home, "data"))
	if err != nil {
		return err
	}
	data := filepath.Join(home, "data")
	if err := s.vacate(data); err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		if err := step(fmt.Sprintf("建立 PostgreSQL %d 的数据目录", pg.major), func() error { return s.initdb(ctx, pg, home, who) }); err != nil {
			return err
		}
	}
	return step(fmt.Sprintf("启动 PostgreSQL %d（%s）", pg.major, s.at("postgres")), func() error { return s.startPostgres(ctx, pg, data, who) })
}

// vacate makes sure that nobody is in the data folder, and takes away the mark of a run that was killed.
func (s *Stack) vacate(data string) error {
	if err := evict("postgres", data); err != nil {
		return err
	}
	if len(inside("postgres", data)) == 0 && canLook {
		if err := os.Remove(filepath.Join(data, "postmaster.pid")); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

func (s *Stack) initdb(ctx context.Context, pg server, home string, who *syscall.Credential) error {
	if err := os.RemoveAll(filepath.Join(home, "data")); err != nil {
		return err
	}
	args := []string{"-D", filepath.Join(home, "data"), "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8"}
	if s.throwaway {
		args = append(args, "--no-sync", "-A", "trust")
	} else {
		secret := filepath.Join(home, "password")
		defer os.Remove(secret)
		if err := os.WriteFile(secret, []byte(s.memory.Password+"\n"), 0o600); err != nil {
			return err
		}
		if err := give(secret, who); err != nil {
			return err
		}
		args = append(args, "-A", "scram-sha-256", "--pwfile", secret)
	}
	return quietly(as(who, home, exec.CommandContext(ctx, filepath.Join(pg.bin, "initdb"), args...)))
}

func (s *Stack) startPostgres(ctx context.Context, pg server, data string, who *syscall.Credential) error {
	set := []string{"listen_addresses=127.0.0.1", "unix_socket_directories=", "shared_buffers=256MB", "synchronous_commit=on", "max_connections=400"}
	end := syscall.SIGINT // finish at once, with everything written
	if s.throwaway {
		if !s.durable {
			set = append(set, "fsync=off")
		}
		end = syscall.SIGQUIT
	}
	args := []string{"-D", data, "-p", strconv.Itoa(s.memory.Ports["postgres"])}
	for _, v := range set {
		args = append(args, "-c", v)
	}
	p, err := s.start("PostgreSQL", "postgres", as(who, data, exec.Command(filepath.Join(pg.bin, "postgres"), args...)), end)
	if err != nil {
		return err
	}
	ask := func(database, sql string) error {
		cmd := exec.CommandContext(ctx, filepath.Join(pg.bin, "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1",
			"-p", strconv.Itoa(s.memory.Ports["postgres"]), "-U", "postgres", "-d", database)
		cmd.Env, cmd.Stdin, cmd.Dir = append(os.Environ(), "PGPASSWORD="+s.memory.Password), strings.NewReader(sql), "/"
		return quietly(cmd)
	}
	if err := p.await(ctx, time.Minute, func() bool { return ask("postgres", "select 1") == nil }); err != nil || s.throwaway {
		return err
	}
	return ask("postgres", furnish(s.memory.Password))
}

// furnish makes the database and gives the four runtime logins their local password.
func furnish(password string) string {
	var b strings.Builder
	for _, role := range roles {
		fmt.Fprintf(&b, "select 'create role %[1]s login' where not exists (select from pg_roles where rolname = '%[1]s') \\gexec\n", role)
		fmt.Fprintf(&b, "alter role %s login password '%s';\n", role, password)
	}
	b.WriteString("select 'create database cunfen' where not exists (select from pg_database where datname = 'cunfen') \\gexec\n")
	return b.String()
}

// pgHome is where a stack's PostgreSQL lies: in the stack's folder, or where a link there points to.
func pgHome(dir string) string {
	here := filepath.Join(dir, "postgres")
	if there, err := os.Readlink(here); err == nil {
		return there
	}
	return here
}

// settle makes the home of the data. A checkout that PostgreSQL's user cannot walk into gets a link to a
// folder in /var/tmp.
func (s *Stack) settle(who *syscall.Credential) (string, error) {
	home := pgHome(s.dir)
	if _, err := os.Stat(home); err == nil {
		return home, nil
	}
	if who != nil && !walkable(s.dir, who) {
		far := fmt.Sprintf("/var/tmp/cunfen-%x", sha256.Sum256([]byte(s.dir)))[:28]
		if home != far {
			if err := os.Symlink(far, home); err != nil {
				return "", err
			}
		}
		home = far
		if err := errors.Join(evict("postgres", filepath.Join(far, "data")), os.RemoveAll(far)); err != nil {
			return "", err
		}
		tell("用户 %d 进不了 %s，数据库放在 %s", who.Uid, s.dir, far)
	}
	if err := os.Mkdir(home, 0o700); err != nil {
		return "", err
	}
	return home, give(home, who)
}

// quietly runs a command and shows what it said only if it fails.
func quietly(cmd *exec.Cmd) error {
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", filepath.Base(cmd.Path), err), errors.New(strings.TrimSpace(said.String())))
	}
	return nil
}
