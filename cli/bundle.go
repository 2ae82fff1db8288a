package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/bundle"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto"
)

func (a *app) bundleCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "bundle",
		Short: a.say("write what a lab machine without Go and network needs, for a stick", "生成供 U 盘携带的运行包，用于没有 Go 和网络的实验室机器"),
		Long: a.say(`Writes static programs for all architectures of the matrix, a script, run.sh, that picks one and runs it, the vectors that
XCMATRIX_VECTORS names, checksums, and a page of instructions. --out is a directory, or an archive where it ends with .tar,
.tar.gz or .tgz. The same source gives the same bytes.`,
			`写出矩阵中所有架构的静态程序、自动选择并运行程序的脚本 run.sh、XCMATRIX_VECTORS 指定的向量、校验和以及说明。
--out 为目录；以 .tar、.tar.gz 或 .tgz 结尾时为归档文件。同一源码生成的内容逐字节相同。`),
		Example: "  xcmatrix bundle --out /media/stick/xcmatrix\n  xcmatrix bundle --out xcmatrix.tar.gz",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.bundle(cmd.Context(), out) },
	}
	cmd.Flags().StringVar(&out, "out", "", a.say("the directory or the archive", "目录或归档文件"))
	return cmd
}

func (a *app) bundle(ctx context.Context, out string) error {
	if out == "" {
		return record.Wrongf("--out", "name a directory, or an archive that ends with .tar.gz", "请指定目录，或以 .tar.gz 结尾的归档文件")
	}
	if err := bundle.Free(out); err != nil {
		return err
	}
	m, err := a.declared()
	if err != nil {
		return err
	}
	vectors, err := crypto.Suite.Given()
	if err != nil {
		return err
	}
	builder, err := build.Here()
	if err != nil {
		return err
	}
	c := bundle.Contents{Programs: map[build.Key]string{}, Vectors: vectors}
	for _, arch := range architectures(m) {
		key, path, err := a.program(ctx, builder, arch)
		if err != nil {
			return err
		}
		c.Programs[key] = path
	}
	if err := bundle.Write(out, c); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"bundle": out, "programs": keys(c.Programs), "vectors": len(c.Vectors)})
	}
	printf(a.out, a.say("%s: on the lab machine: sh run.sh\n", "%s：在实验室机器上执行：sh run.sh\n"), out)
	return nil
}

// architectures are those of the matrix's targets that a lab machine may have.
func architectures(m *matrix.Matrix) []string {
	var all []string
	for _, t := range m.Targets {
		if catalog.RunnablePlatform(t.GOOS, t.GOARCH) && !slices.Contains(all, t.GOARCH) {
			all = append(all, t.GOARCH)
		}
	}
	slices.Sort(all)
	return all
}

// program builds the file for an architecture. That for loong64 starts in both ABI worlds, unless this Go cannot build
// it, which is said.
func (a *app) program(ctx context.Context, b *build.Builder, arch string) (build.Key, string, error) {
	key := build.Key{GOOS: "linux", GOARCH: arch}
	if arch == "loong64" {
		key.World = build.BothWorlds
	}
	if !a.quiet {
		printf(a.err, a.say("building %s\n", "正在构建 %s\n"), key)
	}
	payload, err := b.Build(ctx, key)
	var missing *record.Missing
	if key.World != "" && errors.As(err, &missing) && b.Go(ctx) == nil {
		printf(a.err, "xcmatrix: %s\n", missing.In(a.lang))
		key.World = ""
		payload, err = b.Build(ctx, key)
	}
	if err != nil {
		return key, "", err
	}
	return key, payload.Path, payload.CheckStatic()
}

func keys(programs map[build.Key]string) []string {
	names := []string{}
	for k := range programs {
		names = append(names, k.String())
	}
	slices.Sort(names)
	return names
}
