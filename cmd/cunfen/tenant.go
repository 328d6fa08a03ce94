package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"cunfen/internal/config"
	"cunfen/internal/pg"
	"cunfen/internal/tenant"
	"cunfen/tenants"
)

var errProblems = errors.New("请按上面的行号改正，再运行一次")

// tenantCommand looks after townships and villages as data.
func tenantCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "tenant", Short: "镇、村（场）的资料：检查、比较、写进数据库"}
	cmd.AddCommand(tenantCheck(), tenantPlan(), tenantApply(), tenantExport(), tenantShow(), tenantImport(), tenantDelete(), tenantMerge(), tenantSplit(), tenantMove())
	return cmd
}

func tenantCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check [文件夹…]", Short: "检查资料文件夹，错在哪个文件哪一行；不写文件夹时检查程序自带的全部",
		RunE: func(cmd *cobra.Command, dirs []string) error {
			out := cmd.OutOrStdout()
			if len(dirs) == 0 {
				towns, problems := tenants.Check(tenants.FS)
				return checked(out, towns, problems)
			}
			towns, problems := loadTownships(dirs)
			return checked(out, towns, problems)
		},
	}
}

func tenantPlan() *cobra.Command {
	return &cobra.Command{
		Use: "plan 文件夹…", Short: "看 apply 会改什么，不改", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			return eachTownship(cmd, dirs, "会改", tenant.Plan)
		},
	}
}

func tenantApply() *cobra.Command {
	return &cobra.Command{
		Use: "apply 文件夹…", Short: "写进数据库；可以反复运行，没有变化就什么也不做", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, dirs []string) error {
			return eachTownship(cmd, dirs, "已改", tenant.Apply)
		},
	}
}

// checked prints what was found in the folders.
func checked(out io.Writer, towns []*tenants.Township, problems tenants.Problems) error {
	if len(problems) > 0 {
		fmt.Fprintln(out, problems)
		fmt.Fprintf(out, "共 %d 处问题\n", len(problems))
		return errProblems
	}
	for _, t := range towns {
		fmt.Fprintf(out, "%s（%s）：没有问题\n", t.Name, t.Dir)
		for _, v := range t.Villages {
			fmt.Fprintf(out, "  %s：%d 项细则，比文件改动 %d 处；%d 种物资；%d 人\n", v.Name, len(v.Rules.Items), len(v.Rules.Changes), len(v.Goods), len(v.People))
		}
	}
	return nil
}

// eachTownship loads the folders, all of them sound, and does plan or apply on each.
func eachTownship(cmd *cobra.Command, dirs []string, verb string, do func(context.Context, *pg.DB, *tenants.Township) ([]tenant.Change, error)) error {
	out := cmd.OutOrStdout()
	towns, problems := loadTownships(dirs)
	if len(problems) > 0 {
		return checked(out, nil, problems)
	}
	cfg, err := config.Load()
	if err != nil {
		return err
	}
	db, err := pg.Open(cmd.Context(), pg.DSNs{Village: cfg.DBApp.Reveal(), Bureau: cfg.DBBureau.Reveal(), Export: cfg.DBExport.Reveal()})
	if err != nil {
		return err
	}
	defer db.Close()
	db.Now = cfg.Clock()
	for _, town := range towns {
		changes, err := do(cmd.Context(), db, town)
		for _, c := range changes {
			fmt.Fprintf(out, "  %s %s\n", verb, c)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s：%s %d 处\n", town.Name, verb, len(changes))
		tellPeople(out, town)
	}
	return nil
}

// tellPeople says how those of people.yaml get their accounts: not here, where a password would be in a log.
func tellPeople(out io.Writer, town *tenants.Township) {
	people := len(town.People)
	for _, v := range town.Villages {
		people += len(v.People)
	}
	if people > 0 {
		fmt.Fprintf(out, "%s：people.yaml 里有 %d 人，账号不在这里开通；演示镇请运行 cunfen demo，其他镇请用 cunfen account add 开通镇里的人和各村组长，其余由组长在“工作小组”页任命\n", town.Name, people)
	}
}

// loadTownships loads the folders, with all that is wrong in any of them.
func loadTownships(dirs []string) (towns []*tenants.Township, all tenants.Problems) {
	for _, dir := range dirs {
		town, problems := loadTownship(dir)
		towns, all = append(towns, town), append(all, problems...)
	}
	return towns, all
}

// loadTownship reads a folder: on disk where it is there, else the program's own of that name. The rules
// that villages extend come from the _template beside it, or the program's own.
func loadTownship(dir string) (*tenants.Township, tenants.Problems) {
	root, name := filepath.Split(filepath.Clean(dir))
	if _, err := os.Stat(dir); err != nil {
		return tenants.Load(tenants.FS, name)
	}
	if root == "" {
		root = "."
	}
	return tenants.Load(withTemplate{os.DirFS(root)}, name)
}

// withTemplate is a folder of townships that may lack the template.
type withTemplate struct{ fs.FS }

// Open answers from the folder, and for a missing template from the program's own.
func (w withTemplate) Open(name string) (fs.File, error) {
	f, err := w.FS.Open(name)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(name) == tenants.Template {
		return tenants.FS.Open(name)
	}
	return f, err
}
