package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Exec runs a command beside a throwaway stack and answers its exit code. The stack is cleared away however
// the command ends. Durable has PostgreSQL wait for the disk as it does in earnest, for measuring. The command has a process group of its own, which is ended whole, and no standard input.
func Exec(ctx context.Context, root string, args []string, durable bool) (code int, err error) {
	s, err := Throwaway(root)
	if err != nil {
		return 1, err
	}
	s.durable = durable
	defer func() { err = errors.Join(err, s.Down()) }()
	if err := s.Up(ctx); err != nil {
		return 1, withHint(err)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env, cmd.Stdout, cmd.Stderr = s.testSettings(), os.Stdout, os.Stderr
	return follow(ctx, cmd)
}

// follow runs a command to its end; when ctx is over it is asked to end, and after a while made to.
func follow(ctx context.Context, cmd *exec.Cmd) (int, error) {
	if err := begin(cmd, syscall.SIGTERM); err != nil {
		return 1, fmt.Errorf("%s 起不来: %w", cmd.Path, err)
	}
	group := -cmd.Process.Pid
	over := make(chan struct{})
	go func() {
		select {
		case <-over:
			return
		case <-ctx.Done():
			_ = syscall.Kill(group, syscall.SIGTERM)
		}
		select {
		case <-over:
		case <-time.After(20 * time.Second):
			_ = syscall.Kill(group, syscall.SIGKILL)
		}
	}()
	err := cmd.Wait()
	close(over)
	_ = syscall.Kill(group, syscall.SIGKILL) // whatever it has left behind
	if ctx.Err() != nil {
		return 130, ctx.Err()
	}
	if _, ended := errors.AsType[*exec.ExitError](err); ended {
		return exitCode(cmd.ProcessState), nil
	}
	return 0, err
}

// exitCode is what a shell would say: 128 and the signal for a command that was killed.
func exitCode(s *os.ProcessState) int {
	if w, ok := s.Sys().(syscall.WaitStatus); ok && w.Signaled() {
		return 128 + int(w.Signal())
	}
	return s.ExitCode()
}
