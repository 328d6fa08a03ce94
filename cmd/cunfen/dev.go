package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"cunfen/internal/stack"
)

// devCommand is for those who work on the program: a private stack to run it on, and one to test it on.
func devCommand() *cobra.Command {
	dev := &cobra.Command{Use: "dev", Short: "开发：在本机起一整套来运行和测试"}
	dev.AddCommand(devRun(), devReset(), devExec(), devInstall())
	return dev
}

func devRun() *cobra.Command {
	return &cobra.Command{
		Use: "run", Short: "起数据库、Redis、MinIO、网站和后台任务，直到按 Ctrl-C", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			return unlessStopped(ctx, inCheckout(func(root string) error { return stack.Run(ctx, root) }))
		},
	}
}

func devReset() *cobra.Command {
	return &cobra.Command{
		Use: "reset", Short: "清空本机这一套的数据", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return inCheckout(stack.Reset) },
	}
}

func devExec() *cobra.Command {
	var durable bool
	cmd := &cobra.Command{
		Use: "exec -- 命令…", Short: "起一套用完就扔的数据库、Redis、MinIO，在旁边运行一个命令", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			var code int
			err := inCheckout(func(root string) (err error) { code, err = stack.Exec(ctx, root, args, durable); return err })
			if err == nil && code != 0 {
				os.Exit(code)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&durable, "durable", false, "数据库像正式运行那样等数据写到磁盘，测速度时用")
	return cmd
}

func devInstall() *cobra.Command {
	var tests bool
	cmd := &cobra.Command{
		Use: "install", Short: "用 apt 装上缺的东西", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := untilSignal(cmd.Context())
			defer stop()
			return stack.Install(ctx, tests)
		},
	}
	cmd.Flags().BoolVar(&tests, "tests", false, "也装测试要用的：C 编译器、Chromium、字体、poppler")
	return cmd
}

func inCheckout(do func(root string) error) error {
	root, err := stack.Root()
	if err != nil {
		return err
	}
	return do(root)
}

// untilSignal is over when somebody asks this process to end.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx == nil {
		ctx = context.Background()
	}
	return signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
}

// unlessStopped takes being asked to stop for success.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
