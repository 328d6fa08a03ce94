package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"cunfen/internal/actor"
	"cunfen/internal/app"
	"cunfen/internal/config"
	"cunfen/internal/tenure"
)

var errPhrase = errors.New("请把口令写进环境变量 CUNFEN_PASSPHRASE，或用 --passphrase-file 指一个只有一行口令的文件")

// carrying is what the commands over whole villages share.
type carrying struct{ by, phraseFile, reason string }

func (c *carrying) flags(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().StringVar(&c.by, "by", os.Getenv("USER"), "经办人，写进凭证和日志")
	cmd.Flags().StringVar(&c.phraseFile, "passphrase-file", "", "口令文件")
	return cmd
}

func (c *carrying) phrase() (string, error) {
	if c.phraseFile == "" {
		if p := os.Getenv("CUNFEN_PASSPHRASE"); p != "" {
			return p, nil
		}
		return "", errPhrase
	}
	b, err := os.ReadFile(c.phraseFile)
	return strings.TrimRight(string(b), "\r\n"), err
}

// with opens the program and runs fn.
func with(cmd *cobra.Command, fn func(context.Context, *app.App) error) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	a, err := app.Open(cmd.Context(), cfg, app.Web)
	if err != nil {
		return err
	}
	defer a.Close()
	return fn(cmd.Context(), a)
}

func (c *carrying) keep(cmd *cobra.Command, fn func(context.Context, *app.App, *tenure.Keeper) error) error {
	return with(cmd, func(ctx context.Context, a *app.App) error {
		k, done, err := a.Keeper(ctx)
		if err != nil {
			return err
		}
		defer done()
		return fn(ctx, a, k)
	})
}

func tenantExport() *cobra.Command {
	var c carrying
	return c.flags(&cobra.Command{Use: "export 短名 文件", Short: "导出一个已暂停的村的全部数据和文件，用口令加密", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			phrase, err := c.phrase()
			if err != nil {
				return err
			}
			return c.keep(cmd, func(ctx context.Context, a *app.App, k *tenure.Keeper) error {
				v, err := a.Site.Villages.ByCode(ctx, args[0])
				if err != nil {
					return err
				}
				f, err := os.OpenFile(args[1], os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
				if err != nil {
					return err
				}
				m, err := k.Export(ctx, c.by, v.ID, phrase, f)
				if err = errors.Join(err, f.Close()); err != nil {
					return errors.Join(err, os.Remove(args[1]))
				}
				fmt.Fprint(cmd.OutOrStdout(), m.Summary())
				return nil
			})
		}})
}

// opened opens an exported file with every hash checked.
func (c *carrying) opened(name string, fn func(*tenure.File) error) error {
	phrase, err := c.phrase()
	if err != nil {
		return err
	}
	r, err := os.Open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	about, err := r.Stat()
	if err != nil {
		return err
	}
	f, err := tenure.OpenFile(r, about.Size(), phrase)
	if err != nil {
		return err
	}
	return fn(f)
}

func tenantImport() *cobra.Command {
	var c carrying
	return c.flags(&cobra.Command{Use: "import 文件", Short: "把导出的村原样装进这个平台；装好是暂停状态，核对后在平台页恢复", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.opened(args[0], func(f *tenure.File) error {
				return c.keep(cmd, func(ctx context.Context, _ *app.App, k *tenure.Keeper) error {
					if err := k.Import(ctx, c.by, f); err != nil {
						return err
					}
					fmt.Fprint(cmd.OutOrStdout(), f.Summary())
					return nil
				})
			})
		}})
}

func tenantDelete() *cobra.Command {
	var c carrying
	sure := ""
	cmd := c.flags(&cobra.Command{Use: "delete 文件", Short: "删除一个已导出的村：先逐表核对和文件一样，再删库里的行、存的文件，留下凭证", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.opened(args[0], func(f *tenure.File) error {
				if sure != f.Code {
					return fmt.Errorf("要删除 %s（%s），请加 --yes %s", f.Name, f.Code, f.Code)
				}
				return c.keep(cmd, func(ctx context.Context, _ *app.App, k *tenure.Keeper) error {
					if err := k.Delete(ctx, c.by, f); err != nil {
						return err
					}
					fmt.Fprintf(cmd.OutOrStdout(), "已删除，凭证在 certificate 表里：\n%s", f.Summary())
					return nil
				})
			})
		}})
	cmd.Flags().StringVar(&sure, "yes", "", "再写一次村的短名")
	return cmd
}

func tenantShow() *cobra.Command {
	var c carrying
	return c.flags(&cobra.Command{Use: "show 文件", Short: "核对一个导出文件，列出里面有什么", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.opened(args[0], func(f *tenure.File) error {
				fmt.Fprint(cmd.OutOrStdout(), f.Summary())
				return nil
			})
		}})
}

func tenantMerge() *cobra.Command {
	var c carrying
	cmd := c.flags(&cobra.Command{Use: "merge 短名 并入的短名", Short: "一个村的住户连同积分并入同镇另一个村，原村成为档案；断了可以再运行", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.shift(cmd, args, tenure.Transfer{Prefix: true, Close: true})
		}})
	cmd.Flags().StringVar(&c.reason, "reason", "", "原因，例如批复的文号")
	return cmd
}

func tenantSplit() *cobra.Command {
	var c carrying
	var teams []string
	cmd := c.flags(&cobra.Command{Use: "split 短名 新村的短名", Short: "一个村的几个组连同积分划到已建好的新村；断了可以再运行", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(teams) == 0 {
				return errors.New("请用 --team 写明划出哪些组")
			}
			return c.shift(cmd, args, tenure.Transfer{Teams: teams})
		}})
	cmd.Flags().StringArrayVar(&teams, "team", nil, "村民小组的名称，可以写几次")
	cmd.Flags().StringVar(&c.reason, "reason", "", "原因，例如批复的文号")
	return cmd
}

func (c *carrying) shift(cmd *cobra.Command, args []string, t tenure.Transfer) error {
	return with(cmd, func(ctx context.Context, a *app.App) error {
		from, err := a.Site.Villages.ByCode(ctx, args[0])
		if err != nil {
			return err
		}
		to, err := a.Site.Villages.ByCode(ctx, args[1])
		if err != nil {
			return err
		}
		t.From, t.To, t.Reason = from.ID, to.ID, c.reason
		n, err := a.Site.Tenure.Shift(ctx, actor.Actor{Role: actor.Platform, Name: c.by}, t)
		fmt.Fprintf(cmd.OutOrStdout(), "迁了 %d 户：%s → %s\n", n, from.Name, to.Name)
		return err
	})
}

func tenantMove() *cobra.Command {
	var c carrying
	var door, team string
	cmd := c.flags(&cobra.Command{Use: "move 短名 住户编号 迁入的短名", Short: "一户连同积分迁到同镇另一个村", Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := uuid.Parse(args[1])
			if err != nil {
				return errors.New("住户编号是住户页网址里的那一串")
			}
			return with(cmd, func(ctx context.Context, a *app.App) error {
				from, err := a.Site.Villages.ByCode(ctx, args[0])
				if err != nil {
					return err
				}
				to, err := a.Site.Villages.ByCode(ctx, args[2])
				if err != nil {
					return err
				}
				_, err = a.Site.Tenure.MoveHome(ctx, actor.Actor{Role: actor.Platform, Name: c.by}, from.ID, tenure.Move{Household: id, To: to.ID, Door: door, Team: team, Reason: c.reason})
				return err
			})
		}})
	cmd.Flags().StringVar(&door, "door", "", "迁入后的门牌，不写照旧")
	cmd.Flags().StringVar(&team, "team", "", "迁入后的村民小组")
	cmd.Flags().StringVar(&c.reason, "reason", "", "原因")
	return cmd
}
