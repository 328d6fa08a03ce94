package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cunfen/internal/app"
	"cunfen/internal/config"
)

// verifyCommand reads everything again and says what does not fit.
func verifyCommand() *cobra.Command {
	return &cobra.Command{Use: "verify", Short: "核对：余额、流水、哈希链、签字、任务、照片是否一致", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return err
			}
			a, err := app.Open(cmd.Context(), cfg, app.Web)
			if err != nil {
				return err
			}
			defer a.Close()
			r, err := a.Verify(cmd.Context())
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			fmt.Fprintf(out, "核对了 %d 个村（场）、%d 条流水（已封存 %d 条）、%d 张照片、%d 项任务\n", r.Villages, r.Entries, r.Sealed, r.Photos, r.Jobs)
			for _, f := range r.Findings {
				fmt.Fprintln(out, "不一致：", f)
			}
			if len(r.Findings) > 0 {
				return errors.New("核对发现问题，请按上面逐条处理")
			}
			fmt.Fprintln(out, "全部一致")
			return nil
		}}
}
