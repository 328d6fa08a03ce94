package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"cunfen/internal/actor"
	"cunfen/internal/app"
	"cunfen/internal/config"
	"cunfen/internal/work"
)

// figureCommand makes the figures of the township's board anew from the villages' own rows.
func figureCommand() *cobra.Command {
	return &cobra.Command{Use: "figures", Short: "重做全镇看板的汇总数字", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return err
			}
			a, err := app.Open(cmd.Context(), cfg, app.Worker)
			if err != nil {
				return err
			}
			defer a.Close()
			err = work.PerVillage(cmd.Context(), a.DB, 2, func(ctx context.Context, who actor.Actor) error { return a.Site.Office.Figures.Rebuild(ctx, who) })
			if err == nil {
				fmt.Fprintln(cmd.OutOrStdout(), "汇总数字已重做")
			}
			return err
		}}
}
