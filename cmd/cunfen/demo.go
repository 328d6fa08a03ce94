package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"cunfen/internal/app"
	"cunfen/internal/config"
	"cunfen/internal/demo"
	"cunfen/tenants"
)

var errDemoInProduction = errors.New("正式环境不能装入演示数据")

// demoCommand fills townships through the product's own use-cases.
func demoCommand() *cobra.Command {
	var small, marker, photos bool
	var villages, households int
	cmd := &cobra.Command{Use: "demo", Short: "装入演示数据：--small 是演示镇，--villages 与 --households 造一个真实规模的镇", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			town, err := demoTownship()
			if err != nil {
				return err
			}
			if !small {
				town = demo.Township(town, 9001, villages)
			}
			return fill(cmd, town, households, marker, photos || small)
		}}
	f := cmd.Flags()
	f.BoolVar(&small, "small", false, "演示镇：三个村（场），每村几十户")
	f.BoolVar(&marker, "marker", false, "每个村的文字都带上 ⟦v村号⟧，用来查有没有串村")
	f.BoolVar(&photos, "photos", false, "给申报配照片（慢一些）")
	f.IntVar(&villages, "villages", 24, "几个村")
	f.IntVar(&households, "households", 48, "每村几户")
	cmd.AddCommand(demoPeople())
	return cmd
}

func demoTownship() (*tenants.Township, error) {
	town, problems := tenants.Load(tenants.FS, "demo")
	if len(problems) > 0 {
		return nil, errors.New(problems[0].String())
	}
	return town, nil
}

func fill(cmd *cobra.Command, town *tenants.Township, households int, marker, photos bool) error {
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	if cfg.InProduction() {
		return errDemoInProduction
	}
	a, err := app.Open(cmd.Context(), cfg, app.Web)
	if err != nil {
		return err
	}
	defer a.Close()
	began := time.Now()
	const steps = 10
	bar := progressbar.NewOptions(len(town.Villages)*steps, progressbar.OptionSetWriter(cmd.ErrOrStderr()), progressbar.OptionSetDescription("装入演示数据"),
		progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(200*time.Millisecond))
	f := &demo.Filler{Site: a.Site, Vault: a.Vault, Households: households, Marker: marker, Photos: photos,
		Step: func(string, int, int) { _ = bar.Add(1) }}
	if err := f.Fill(cmd.Context(), town); err != nil {
		return err
	}
	_ = bar.Finish()
	fmt.Fprintf(cmd.OutOrStdout(), "演示镇 %s：%d 个村（场），用了 %s\n", town.Name, len(town.Villages), time.Since(began).Round(time.Second))
	return nil
}

// demoPeople lists who can sign in.
func demoPeople() *cobra.Command {
	return &cobra.Command{Use: "people", Short: "演示账号，每种身份一个", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		town, err := demoTownship()
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		fmt.Fprintf(out, "演示账号（密码都是 %s；动态码在登录页上显示）：\n", demo.Password)
		seen := map[string]bool{}
		for _, p := range demo.People(town) {
			if !seen[p.Role] {
				seen[p.Role] = true
				fmt.Fprintf(out, "  %s  %s · %s · %s\n", p.Phone, p.Place, p.Name, p.Role)
			}
		}
		return nil
	}}
}
