package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cunfen/internal/app"
	"cunfen/internal/config"
)

// doctorCommand checks the surroundings without starting.
func doctorCommand() *cobra.Command {
	return &cobra.Command{Use: "doctor", Short: "自检：配置、数据库角色、行级安全、Redis、对象存储、时钟", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load()
			if err != nil {
				return err
			}
			bad := 0
			for _, c := range app.Examine(cmd.Context(), cfg) {
				mark := "正常"
				if c.Err != nil {
					mark, bad = "有问题："+c.Err.Error(), bad+1
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%-12s %s\n", c.What, mark)
			}
			if bad > 0 {
				return errors.New("自检没有全部通过")
			}
			return nil
		}}
}
