package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// preparation is what a local deployment does before it serves. Each of it is quick when done before.
var preparation = [][]string{{"migrate"}, {"tenant", "apply", "tenants/demo"}, {"demo", "--small"}}

// Run is a whole local deployment: the machines, the demo township, web and worker, until ctx is over.
func Run(ctx context.Context, root string) (err error) {
	began := time.Now()
	s, err := Dev(root)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Down()) }()
	if err := Install(ctx, false); err != nil {
		return err
	}
	env, err := s.settings()
	if err != nil {
		return err
	}
	if err := s.Up(ctx); err != nil {
		return withHint(err)
	}
	for _, verb := range preparation {
		if err := s.say(ctx, root, env, verb...); err != nil {
			return err
		}
	}
	if err := s.serve(ctx, root, env); err != nil {
		return err
	}
	if err := s.say(ctx, root, env, "demo", "people"); err != nil {
		return err
	}
	tell("共用了 %s。日志在 %s，短信验证码也写在里面的 web.log", seconds(time.Since(began)), filepath.Join(s.dir, "log"))
	tell("请打开 %s 。按 Ctrl-C 全部停下，数据都在；make reset 清空", s.web())
	return s.watch(ctx)
}

// say runs one verb of this program, its words on the screen.
func (s *Stack) say(ctx context.Context, root string, env []string, verb ...string) error {
	began := time.Now()
	cmd, err := self(root, env, verb...)
	if err != nil {
		return err
	}
	tell("%s", words(verb))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	code, err := follow(ctx, cmd)
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("%s 没有成功（退出码 %d）", words(verb), code)
	}
	tell("%s：%s", words(verb), seconds(time.Since(began)))
	return nil
}

func words(verb []string) string {
	all := "cunfen"
	for _, w := range verb {
		all += " " + w
	}
	return all
}

// self is a command of the program that is running.
func self(root string, env []string, verb ...string) (*exec.Cmd, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(program, verb...)
	cmd.Dir, cmd.Env = root, env
	return cmd, nil
}

// serve starts worker and web and waits until both are ready. Web is started last, so it stops first. As in
// production, neither knows the database's owner.
func (s *Stack) serve(ctx context.Context, root string, env []string) error {
	for _, p := range []struct{ title, name, verb string }{{"后台任务", "worker", "worker"}, {"网站", "web", "serve"}} {
		ops := s.at(p.name + "-ops")
		err := step("启动"+p.title, func() error {
			cmd, err := self(root, slices.Concat(env, []string{"CUNFEN_OPS_LISTEN=" + ops, "CUNFEN_DB_OWNER="}), p.verb)
			if err != nil {
				return err
			}
			child, err := s.start(p.title, p.name, cmd, syscall.SIGTERM)
			if err != nil {
				return err
			}
			return child.await(ctx, time.Minute, func() bool { return answers(ctx, "http://"+ops+"/readyz") })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// watch waits for the end: ctx over, which is the usual way, or one of the children gone.
func (s *Stack) watch(ctx context.Context) error {
	gone := make(chan *process, len(s.running))
	for _, p := range s.running {
		go func() { <-p.closed; gone <- p }()
	}
	select {
	case <-ctx.Done():
		tell("正在停下 …")
		return nil
	case p := <-gone:
		return fmt.Errorf("%s 自己停了（%v），日志 %s 的最后几行：\n%s", p.title, p.cmd.ProcessState, p.log, tail(p.log, 15))
	}
}
