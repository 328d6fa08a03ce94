// Command cunfen is the whole program: the web process, the worker, and what an operator does by hand.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := &cobra.Command{Use: "cunfen", Short: "村分：乡村治理积分制平台", SilenceUsage: true, SilenceErrors: true}
	root.AddCommand(serveCommand(), workerCommand(), migrateCommand(), tenantCommand(), accountCommand(), demoCommand(), verifyCommand(), backupCommand(), restoreCommand(), figureCommand(), archiveCommand(), doctorCommand(), devCommand())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
