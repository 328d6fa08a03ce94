package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// process is a child that runs until it is stopped.
type process struct {
	title  string
	cmd    *exec.Cmd
	end    syscall.Signal // asks it to finish its work and go
	grace  time.Duration
	log    string
	closed chan struct{} // when it has ended
}

// births is the one thread that starts children: Linux tells a child of the death of the thread that
// started it, so that thread has to live as long as the program.
var births = sync.OnceValue(func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
})

// begin starts a child in a process group of its own, so that Ctrl-C reaches the parent alone. The child is
// ended even when the parent is killed.
func begin(cmd *exec.Cmd, end syscall.Signal) (err error) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	endWithParent(cmd.SysProcAttr, end)
	started := make(chan struct{})
	births() <- func() { err = cmd.Start(); close(started) }
	<-started
	return err
}

// start runs a machine, its output in a log file of the stack.
func (s *Stack) start(title, name string, cmd *exec.Cmd, end syscall.Signal) (*process, error) {
	logs := filepath.Join(s.dir, "log")
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return nil, err
	}
	p := &process{title: title, cmd: cmd, end: end, grace: 30 * time.Second, log: filepath.Join(logs, name+".log"), closed: make(chan struct{})}
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_WRONLY|os.O_APPEND|os.O_TRUNC, 0o644)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := begin(cmd, end); err != nil {
		return nil, fmt.Errorf("%s 起不来: %w", title, err)
	}
	go func() { _ = cmd.Wait(); close(p.closed) }()
	s.running = append(s.running, p)
	return p, nil
}

// stop asks the process to end and waits; only one that does not go is killed, and that is an error.
func (p *process) stop() error {
	_ = p.cmd.Process.Signal(p.end)
	select {
	case <-p.closed:
		return nil
	case <-time.After(p.grace):
	}
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.closed
	return fmt.Errorf("%s 在 %s 内没有停下，已强行结束", p.title, p.grace)
}

// await asks until the process is ready, has ended, or the time is over.
func (p *process) await(ctx context.Context, limit time.Duration, ready func() bool) error {
	for deadline := time.Now().Add(limit); ; time.Sleep(50 * time.Millisecond) {
		select {
		case <-p.closed:
			return fmt.Errorf("%s 起来后又退出了（%v），日志 %s 的最后几行：\n%s", p.title, p.cmd.ProcessState, p.log, tail(p.log, 15))
		case <-ctx.Done():
			return ctx.Err()
		default:
		}
		if ready() {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%s 等了 %s 还没有就绪，日志 %s 的最后几行：\n%s", p.title, limit, p.log, tail(p.log, 15))
		}
	}
}

// evict ends what a killed run has left running in a folder of this stack, and waits until it is gone.
func evict(comm, dir string) error {
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		left := inside(comm, dir)
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("上次留下的 %s（进程 %v）停不下来，请先结束它", comm, left)
		}
		for _, pid := range left {
			if err := syscall.Kill(pid, syscall.SIGINT); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("上次留下的 %s（进程 %d）停不下来: %w", comm, pid, err)
			}
		}
	}
}

func tail(file string, n int) string {
	b, _ := os.ReadFile(file)
	lines := strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
