package stack

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

// take locks a file for as long as this process lives. The file says who has it.
func take(path string, wait bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	how := syscall.LOCK_EX | syscall.LOCK_NB
	if wait {
		how = syscall.LOCK_EX
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		holder, _ := os.ReadFile(path)
		_ = f.Close()
		return nil, fmt.Errorf("这个目录里已经有一个 make run 在运行（进程 %s），请先在那里按 Ctrl-C 停下", strings.TrimSpace(string(holder)))
	}
	if err := f.Truncate(0); err != nil {
		return nil, err
	}
	_, err = fmt.Fprintln(f, os.Getpid())
	return f, err
}
