package main

import (
	"github.com/spf13/cobra"

	"cunfen/internal/app"
	"cunfen/internal/config"
)

// serveCommand is the web process.
func serveCommand() *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "网站和接口", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load()
		if err != nil {
			return err
		}
		return app.Serve(cmd.Context(), cfg)
	}}
}

// workerCommand is the process that does the jobs.
func workerCommand() *cobra.Command {
	return &cobra.Command{Use: "worker", Short: "后台任务：公示、封存、清理", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load()
		if err != nil {
			return err
		}
		return app.Work(cmd.Context(), cfg)
	}}
}
