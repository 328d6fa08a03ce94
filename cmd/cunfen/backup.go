package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"cunfen/internal/app"
	"cunfen/internal/backup"
	"cunfen/internal/config"
)

// backupCommand carries the whole deployment out.
func backupCommand() *cobra.Command {
	keep := 0
	cmd := &cobra.Command{Use: "backup 文件夹", Short: "备份整个部署：数据库、文件和一份带散列的清单；没变的文件不重复存", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			h, err := houseOf(cmd)
			if err != nil {
				return err
			}
			s, err := backup.Make(cmd.Context(), h, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "备份好了：%s\n", filepath.Join(args[0], s.Name))
			if keep > 0 {
				gone, err := backup.Prune(args[0], keep)
				fmt.Fprintf(cmd.OutOrStdout(), "删了 %d 份旧的\n", gone)
				return err
			}
			return nil
		}}
	cmd.Flags().IntVar(&keep, "keep", 0, "只留最近的几份，0 是全留")
	return cmd
}

// restoreCommand brings it into an empty deployment.
func restoreCommand() *cobra.Command {
	only := false
	cmd := &cobra.Command{Use: "restore 文件夹/备份", Short: "把一份备份恢复到空的部署；先把每个字节和清单核对一遍", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if only {
				s, err := backup.Check(args[0])
				if err == nil {
					fmt.Fprintf(cmd.OutOrStdout(), "%s：数据库和 %d 个文件都和清单一致\n", s.Name, len(s.Objects))
				}
				return err
			}
			h, err := houseOf(cmd)
			if err != nil {
				return err
			}
			if _, err := backup.Restore(cmd.Context(), h, args[0]); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), "恢复好了。请给四个角色设密码，再运行 cunfen verify 核对，然后启动。")
			return nil
		}}
	cmd.Flags().BoolVar(&only, "check", false, "只核对备份，不恢复")
	return cmd
}

func houseOf(cmd *cobra.Command) (backup.House, error) {
	cfg, err := config.Load()
	if err != nil {
		return backup.House{}, err
	}
	return app.House(cfg, func(format string, args ...any) { fmt.Fprintf(cmd.OutOrStdout(), format+"\n", args...) })
}
