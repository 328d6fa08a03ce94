package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"cunfen/internal/config"
	"cunfen/internal/pg"
)

// migrateCommand brings the schema up to date as the database's owner.
func migrateCommand() *cobra.Command {
	return &cobra.Command{Use: "migrate", Short: "把数据库结构升级到最新", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		owner, err := config.LoadOwner()
		if err != nil {
			return err
		}
		applied, err := pg.Migrate(cmd.Context(), owner.Reveal())
		for _, name := range applied {
			fmt.Fprintln(cmd.OutOrStdout(), "已应用", name)
		}
		if err == nil && len(applied) == 0 {
			fmt.Fprintln(cmd.OutOrStdout(), "已是最新")
		}
		return err
	}}
}
