package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"github.com/spf13/cobra"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/bundle"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/planfile"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto"
)

func (a *app) bundleCommand() *cobra.Command {
	var out string
	o := runOptions{tests: &gotest.Config{}}
	var tests bool
	cmd := &cobra.Command{
		Use:   "bundle [--test PACKAGE...]",
		Short: a.say("write what a lab machine without Go and network needs, for a stick", "生成供 U 盘携带的运行包，用于没有 Go 和网络的实验室机器"),
		Long: a.say(`Writes static programs for all architectures of the matrix, a script, run.sh, that picks one and runs it, the vectors that
XCMATRIX_VECTORS names, the plan that all machines run by, checksums, and a page of instructions. The plan is of the suites
and specs that are selected, as for plan --out; --plan takes one that is there. --out is a directory, or an archive where it ends with .tar,
.tar.gz or .tgz. The same source gives the same bytes.

With --test the programs carry the tests of the Go module here, built, and run.sh runs these: packages and flags are those of
xcmatrix test. A platform for which there is no program is left out, and said.`,
			`写出矩阵中所有架构的静态程序、自动选择并运行程序的脚本 run.sh、XCMATRIX_VECTORS 指定的向量、
各机器共用的计划、校验和以及说明。计划按所选套件与检查项生成（同 plan --out），也可用 --plan 指定现有计划。
--out 为目录；以 .tar、.tar.gz 或 .tgz 结尾时为归档文件。同一源码生成的内容逐字节相同。

使用 --test 时，程序携带当前 Go 模块已构建的测试，由 run.sh 运行：包与参数同 xcmatrix test。没有程序可用的平台会被略过并说明。`),
		Example: "  xcmatrix bundle --out /media/stick/xcmatrix\n  xcmatrix bundle --out xcmatrix.tar.gz\n  xcmatrix bundle --test --out /media/stick/tests ./...",
		RunE: func(cmd *cobra.Command, args []string) error {
			if tests {
				o.tests.Patterns = args
				return a.bundleTests(cmd.Context(), o, out)
			}
			if err := a.onlyForTests(cmd, args); err != nil {
				return err
			}
			return a.bundle(cmd.Context(), o, out)
		},
	}
	cmd.Flags().BoolVar(&tests, "test", false, a.say("take the tests of the Go module here along, built, instead of suites", "携带当前 Go 模块已构建的测试，而不是套件"))
	a.chosenTestFlags(o.tests, cmd)
	cmd.Flags().StringVar(&out, "out", "", a.say("the directory or the archive", "目录或归档文件"))
	cmd.Flags().StringVar(&o.plan, "plan", "", a.say("plan file to take along (default: a new one)", "随包携带的计划文件（默认新生成）"))
	o.selection.flags(a, cmd)
	return cmd
}

// checkBundlePath returns a *record.Problem if no bundle can be written to out.
func checkBundlePath(out string) error {
	if out == "" {
		return record.Wrongf("--out", "name a directory, or an archive that ends with .tar.gz", "请指定目录，或以 .tar.gz 结尾的归档文件")
	}
	return bundle.CheckPath(out)
}

func (a *app) bundle(ctx context.Context, o runOptions, out string) error {
	if err := checkBundlePath(out); err != nil {
		return err
	}
	m, err := a.declared()
	if err != nil {
		return err
	}
	vectors, err := crypto.Suite.UserFiles(nil)
	if err != nil {
		return err
	}
	builder, err := build.Here()
	if err != nil {
		return err
	}
	c := bundle.Contents{Programs: map[build.Key]string{}, Vectors: vectors}
	for _, arch := range architectures(m, o.selection.targets) {
		for _, experiment := range experiments(m, o.selection.targets) {
			key, path, err := a.program(ctx, builder, arch, experiment)
			var missing *record.Missing
			if errors.As(err, &missing) {
				return &record.Missing{Reason: missing.Reason, Remedy: record.Sayf("%s; `xcmatrix bundle --target native` takes along what this machine's processor needs alone",
					"%s；`xcmatrix bundle --target native` 只携带适用于本机处理器的程序", missing.Remedy)}
			}
			if err != nil {
				return err
			}
			c.Programs[key] = path
		}
	}
	if c.Plan, err = a.planFor(ctx, builder, o, c.Programs); err != nil {
		return err
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

// planFor is the plan that a bundle's programs run by: the one that is named, where it fits them, else one of what is
// selected. Its seed is derived from its content, so that the same bundle is made twice.
func (a *app) planFor(ctx context.Context, b *build.Builder, o runOptions, programs map[build.Key]string) ([]byte, error) {
	var f planfile.File
	var err error
	if o.plan != "" {
		if f, _, err = a.follow(&o); err != nil {
			return nil, err
		}
	} else {
		o.seed = 1 // until the content is known
		if f, _, err = a.fixed(ctx, b, o); err != nil {
			return nil, err
		}
		f.Program = []planfile.Payload{}
	}
	for key, path := range programs {
		digest, err := build.Digest(path)
		if err == nil {
			err = f.Fits(key.String(), digest)
		}
		if err != nil {
			return nil, err
		}
		if o.plan == "" {
			f.Program = append(f.Program, planfile.Payload{Key: key.String(), Digest: digest})
		}
	}
	if o.plan == "" {
		slices.SortFunc(f.Program, func(a, b planfile.Payload) int { return cmp.Compare(a.Key, b.Key) })
		text, err := f.Text()
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		f.Seed = binary.LittleEndian.Uint64(sum[:]) >> 1
	}
	return f.Text()
}

// architectures returns the GOARCH of each target that a lab machine may have, sorted; where targets are named, of these alone.
func architectures(m *matrix.Matrix, named []string) []string {
	var all []string
	for _, t := range m.Targets {
		if catalog.RunnablePlatform(t.GOOS, t.GOARCH) && (len(named) == 0 || matrix.Named(named, t.ID)) && !slices.Contains(all, t.GOARCH) {
			all = append(all, t.GOARCH)
		}
	}
	slices.Sort(all)
	return all
}

// experiments returns "" for the toolchain's own default, and the experiment of each target that is named and has one.
func experiments(m *matrix.Matrix, named []string) []string {
	all := []string{""}
	for _, t := range m.Targets {
		if len(named) > 0 && matrix.Named(named, t.ID) && !slices.Contains(all, t.Experiment) {
			all = append(all, t.Experiment)
		}
	}
	return all
}

// program builds the file for an architecture and an experiment, and returns its build key and path. The file for loong64 starts in both ABI
// worlds; if this Go cannot build such a file, program prints why and builds one for the new world.
func (a *app) program(ctx context.Context, b *build.Builder, arch, experiment string) (build.Key, string, error) {
	key := build.Key{GOOS: "linux", GOARCH: arch, Experiment: experiment}
	if arch == "loong64" {
		key.World = build.BothWorlds
	}
	if !a.quiet {
		printf(a.err, a.say("building %s\n", "正在构建 %s\n"), key)
	}
	path, err := carrierProgram(ctx, b, key, true)
	var missing *record.Missing
	if key.World != "" && errors.As(err, &missing) && b.CheckGo(ctx) == nil {
		printf(a.err, "xcmatrix: %s\n", missing.In(a.lang))
		key.World = ""
		path, err = carrierProgram(ctx, b, key, true)
	}
	return key, path, err
}

func keys(programs map[build.Key]string) []string {
	names := []string{}
	for k := range programs {
		names = append(names, k.String())
	}
	slices.Sort(names)
	return names
}
