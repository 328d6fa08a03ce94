package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"cunfen/internal/archive"
)

// archiveCommand checks packs of the archive. It asks neither a database nor any other machine.
func archiveCommand() *cobra.Command {
	c := &cobra.Command{Use: "archive", Short: "档案：核对导出的档案包"}
	var digest string
	verify := &cobra.Command{Use: "verify FILE…", Short: "核对档案包：文件指纹、台账链、余额、公示根码、签字", Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			if digest != "" && len(names) > 1 {
				return errors.New("--digest 一次只能配一个文件")
			}
			bad := 0
			for _, name := range names {
				ok, err := verifyPack(cmd.OutOrStdout(), name, digest)
				if err != nil {
					return err
				}
				if !ok {
					bad++
				}
			}
			if bad > 0 {
				return fmt.Errorf("%d 个档案包有问题", bad)
			}
			return nil
		}}
	verify.Flags().StringVar(&digest, "digest", "", "村里档案页上写的指纹，防止整包被换掉")
	c.AddCommand(verify)
	return c
}

func verifyPack(out io.Writer, name, digest string) (bool, error) {
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return false, err
	}
	r := archive.Verify(f, info.Size())
	if digest != "" && digest != hex.EncodeToString(r.Digest) {
		r.Findings = append(r.Findings, "整包的指纹与给出的不一致，不是村里存的那一份")
	}
	m := r.Manifest
	if m.Name != "" {
		fmt.Fprintf(out, "%s：%s%s积分档案，%d 个文件，指纹 %x\n", name, m.Name, m.Period.Chinese(), len(m.Files)+1, r.Digest)
		fmt.Fprintf(out, "读了台账 %d 条、封存链 %d 块、余额 %d 户、签字表 %d 条（%d 人次签字）、公示 %d 期（%d 行）\n", r.Entries, r.Blocks, r.Balances, r.Signed, r.Signers, r.Notices, r.Lines)
	}
	for _, finding := range r.Findings {
		fmt.Fprintln(out, "不一致：", finding)
	}
	if len(r.Findings) == 0 {
		fmt.Fprintln(out, "全部一致")
	}
	return len(r.Findings) == 0, nil
}
