package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/pack"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

func (a *app) packCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "pack [RUN]",
		Short: a.say("put a run into one file, which every command reads as it lies", "把一次运行打包成单个文件，各命令可直接读取"),
		Long: a.say(`Writes manifest, journal, seal and attachments of a run into one file, compressed. Every verb that takes a RUN takes that
file. The same run gives the same bytes. Without --out, or where that is a directory, the file is called after the machine
and the day of the run. With --quiet it prints the file's name alone.`,
			`将一次运行的清单、日志、封存记录和附件压缩写入单个文件。凡接受 RUN 的命令都接受该文件；同一运行打包结果逐字节相同。
未指定 --out 或其为目录时，文件以机器和运行日期命名。使用 --quiet 时只输出文件名。`),
		Example: "  xcmatrix pack\n  xcmatrix pack latest --out kunpeng-920.xcr",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(_ *cobra.Command, args []string) error { return a.pack(args, out) },
	}
	cmd.Flags().StringVar(&out, "out", "", a.say("the file, or a directory for it (default: the current one)", "输出文件，或其所在目录（默认为当前目录）"))
	return cmd
}

func (a *app) pack(args []string, out string) error {
	path, err := a.find(args)
	if err != nil {
		return err
	}
	if out == "" {
		out = "."
	}
	if info, err := os.Stat(out); err == nil && info.IsDir() {
		if out, err = freeName(path, out); err != nil {
			return err
		}
	} else if !pack.Named(out) {
		return record.Wrongf("--out", "%s does not end with %s, by which a pack is known", "%s 未以 %s 结尾，打包文件以此识别", out, pack.Extension)
	}
	run, err := store.Pack(path, out)
	if err != nil {
		return err
	}
	info, err := os.Stat(out)
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"run": run.Manifest.Run, "file": out, "bytes": info.Size()})
	}
	if a.quiet {
		printf(a.out, "%s\n", out)
		return nil
	}
	printf(a.out, a.say("%s: %d KiB; next: %s\n", "%s：%d KiB；下一步：%s\n"), out, (info.Size()+1023)/1024, a.commandLine("show "+out))
	return nil
}

// freeName returns a path in dir at which there is no file: it has the machine and the day of the run, and a number if
// needed.
func freeName(run, dir string) (string, error) {
	r, err := store.Load(run)
	if err != nil {
		return "", err
	}
	base := r.Manifest.Run
	if machine := machineName(r); machine != "" {
		base = certify.Segment(machine) + "-" + r.Manifest.Created.UTC().Format("20060102")
	}
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name += fmt.Sprintf("-%d", n)
		}
		path := filepath.Join(dir, name+pack.Extension)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return path, nil
		} else if err != nil {
			return "", record.Wrongf(dir, "cannot be read: %v", "无法读取：%v", err)
		}
	}
}

// machineName is the chip of the machine that a run was made on natively, or its architecture where the chip is not known;
// "" where nothing ran natively.
func machineName(r *store.Run) string {
	for _, c := range r.Cells {
		if c.Provenance() == record.Native && c.Machine != nil {
			return cmp.Or(c.Machine.Chip, c.Machine.GOARCH)
		}
	}
	return ""
}
