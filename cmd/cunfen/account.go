package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"cunfen/internal/account"
	"cunfen/internal/actor"
	"cunfen/internal/app"
	"cunfen/internal/audit"
	"cunfen/internal/config"
	"cunfen/internal/group"
	"cunfen/internal/pg"
)

// newcomer is who an operator lets in by hand: the platform's administrators, a bureau's officers, and the
// first lead of a village, who then appoints the others on screen.
type newcomer struct {
	name, phone, role, topic, village string
	township                          int64
}

var (
	errNewcomer = errors.New("请写 --name、--phone 和 --role；镇里的人还要 --township，村里的人还要 --village")
	errNoRole   = errors.New("--role 应是 platform、bureau、department 或 lead；其他成员由组长在“工作小组”页任命")
)

// accountCommand lets people in who cannot be appointed on screen yet.
func accountCommand() *cobra.Command {
	var n newcomer
	cmd := &cobra.Command{Use: "account", Short: "账号"}
	add := &cobra.Command{Use: "add", Short: "开一个账号并给岗位，打印一次性的初始密码", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		if n.name == "" || n.phone == "" || n.role == "" {
			return errNewcomer
		}
		cfg, err := config.Load()
		if err != nil {
			return err
		}
		a, err := app.Open(cmd.Context(), cfg, app.Web)
		if err != nil {
			return err
		}
		defer a.Close()
		start, err := n.join(cmd.Context(), a)
		if err != nil {
			return err
		}
		if start == "" {
			fmt.Fprintln(cmd.OutOrStdout(), "这个手机号已有账号，岗位已加上，密码不变")
		} else {
			fmt.Fprintf(cmd.OutOrStdout(), "初始密码（只显示这一次，首次登录要改）：%s\n", start)
		}
		return nil
	}}
	f := add.Flags()
	f.StringVar(&n.name, "name", "", "姓名")
	f.StringVar(&n.phone, "phone", "", "手机号")
	f.StringVar(&n.role, "role", "", "platform、bureau、department 或 lead")
	f.StringVar(&n.topic, "topic", "", "部门分管的内容")
	f.StringVar(&n.village, "village", "", "村的代码，如 haiyan")
	f.Int64Var(&n.township, "township", 0, "镇的编号")
	cmd.AddCommand(add)
	return cmd
}

// join makes the account and the seat; start is empty where the phone had an account already.
func (n newcomer) join(ctx context.Context, a *app.App) (start string, err error) {
	switch role := actor.Role(n.role); role {
	case actor.Platform, actor.Bureau, actor.Department:
		return n.office(ctx, a, role)
	case actor.Lead:
		v, err := a.Site.Villages.ByCode(ctx, n.village)
		if err != nil {
			return "", err
		}
		err = a.DB.InVillage(ctx, actor.System(v.ID), func(tx pg.Tx) error {
			seat, err := a.Site.Group.Seat(ctx, tx, group.Appointment{Name: n.name, Phone: n.phone, Role: role, Kind: group.Cadre})
			start = seat.Start
			return err
		})
		return start, err
	}
	return "", errNoRole
}

func (n newcomer) office(ctx context.Context, a *app.App, role actor.Role) (start string, err error) {
	err = a.DB.AsSystem(ctx, "account add", func(tx pg.Tx) error {
		first := account.StartPassword()
		id, fresh, err := a.Site.Accounts.Create(ctx, tx, account.New{Name: n.name, Phone: n.phone, Start: first})
		if err != nil {
			return err
		}
		if fresh {
			start = first
		}
		o := account.Office{Account: id, Township: actor.TownshipID(n.township), Role: role, Topic: n.topic, StartsOn: tx.Now}
		if _, err := account.Install(ctx, tx, o); err != nil {
			return err
		}
		return audit.Office(ctx, tx, audit.Event{Verb: "account.add", Kind: "account", ID: id.String()})
	})
	return start, err
}
