package cli

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/carriers"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

func (a *app) testCommand() *cobra.Command {
	o := runOptions{tests: &gotest.Config{}}
	o.selection.tests = true
	var tree bool
	cmd := &cobra.Command{
		Use:   "test [PACKAGE...]",
		Short: a.say("run your own Go tests on every target", "在各目标上运行你自己的 Go 测试"),
		Long: a.say(`Builds the tests of a Go module for each target, runs them there in processes of their own, and tells what differs and
why. It needs nothing but Go and this program: run it in the module's directory. Packages are named as for go test; ./...
where none is. Exit status: 0 all pass or known, 1 a test fails or there is another new finding, 2 no module, no test or
wrong usage, 3 error, interrupted, or nothing could run.`,
			`为每个目标构建 Go 模块的测试，在各自的进程中运行，并说明差异及其原因。只需要 Go 和本程序：在模块目录中运行即可。
包的写法与 go test 相同；省略时为 ./...。退出码：0 全部通过或已知，1 有测试失败或其他新问题，2 没有模块、没有测试或用法有误，
3 出现错误、被中断或全部无法运行。`),
		Example: `  xcmatrix test
  xcmatrix test --target loong64 --run 'TestRound|TestSum' ./stats
  xcmatrix test --bench . --target native --rounds 5
  xcmatrix test --remedy ./...`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.tests.Patterns = args
			if tree {
				return a.printTree(cmd.Context(), o)
			}
			return a.run(cmd.Context(), o)
		},
	}
	a.testFlags(&o, cmd)
	cmd.Flags().BoolVar(&tree, "print-tree", false, a.say("print the files that tests would be given, and stop", "显示将提供给测试的文件后退出"))
	return cmd
}

// testFlags are the flags that say which of the user's own tests, and how.
func (a *app) testFlags(o *runOptions, cmd *cobra.Command) {
	a.runFlags(o, cmd)
	for _, name := range []string{"suite", "label"} {
		cmd.Flags().MarkHidden(name) //nolint:errcheck // they are there
	}
	a.chosenTestFlags(o.tests, cmd)
	f, t := cmd.Flags(), o.tests
	f.BoolVar(&t.Race, "race", false, a.say("with the race detector, where the platform has it and a C compiler is here", "启用竞态检测（需平台支持且本机有 C 编译器）"))
	f.StringVar(&o.confirm, "confirm", "", a.say("vm: run what fails or skips under an emulator again on a real kernel, in a virtual machine", "vm：在虚拟机的真实内核上重新运行模拟器中失败或跳过的测试"))
}

// chosenTestFlags are the flags that say which tests are built, and how, for whichever machine.
func (a *app) chosenTestFlags(t *gotest.Config, cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&t.Run, "run", "", a.say("only tests that this regular expression matches, as of go test", "只运行与该正则表达式匹配的测试，同 go test"))
	f.StringVar(&t.Skip, "skip", "", a.say("not the tests that this regular expression matches", "不运行与该正则表达式匹配的测试"))
	f.StringVar(&t.Bench, "bench", "", a.say("benchmarks that this regular expression matches, instead of tests unless --run names some", "运行与该正则表达式匹配的基准测试；未给 --run 时不运行测试"))
	f.StringVar(&t.Tags, "tags", "", a.say("build tags, separated by commas", "构建标签，以逗号分隔"))
	f.BoolVar(&t.Short, "short", false, a.say("as go test -short", "同 go test -short"))
	f.BoolVar(&t.Cover, "cover", false, a.say("measure coverage, merged over architectures", "统计覆盖率，并跨架构合并"))
	f.BoolVar(&t.Remedy, "remedy", false, a.say("where a dependency does not build, try its newest version in a copy of go.mod", "依赖无法构建时，在 go.mod 的副本中尝试其最新版本"))
	f.StringArrayVar(&t.Args, "args", nil, a.say("an argument of the test binaries; may be repeated", "传给测试程序的参数；可重复"))
	f.StringSliceVar(&t.Env, "env", nil, a.say("names of environment variables that tests get", "传给测试的环境变量名"))
	f.DurationVar(&t.Deadline, "deadline", 0, a.say("how long one test may take, natively (default: 2m); emulated five times as long", "单个测试的时限（实机，默认 2m；模拟时为五倍）"))
}

// product is the user's module, nil where it is not asked for.
func (a *app) product(c *gotest.Config, builder *build.Builder) (*gotest.Product, error) {
	if c == nil {
		return nil, nil
	}
	cache, err := build.CacheDir()
	if err != nil {
		return nil, err
	}
	config := *c
	if config.Dir == "" {
		if p, err := a.prebuilt(config); p != nil || err != nil {
			return p, err
		}
	}
	if config.Dir == "" {
		config.Dir, err = os.Getwd()
	} else {
		config.Dir, err = filepath.Abs(config.Dir)
	}
	if err != nil {
		return nil, err
	}
	if config.Deadline != 0 && config.Deadline < time.Second {
		return nil, record.Wrongf("--deadline", "must be 1s or more", "必须不小于 1s")
	}
	if runs, err := filepath.Abs(a.runs); err == nil {
		config.Without = append(config.Without, runs)
	}
	p, err := gotest.New(config, cache)
	if err != nil {
		return nil, err
	}
	p.Program = func(ctx context.Context, key build.Key, whole bool) (string, error) {
		return carrierProgram(ctx, builder, key, whole)
	}
	return p, nil
}

// prebuilt is the tests that this program's own file carries, built; nil where it carries none.
func (a *app) prebuilt(config gotest.Config) (*gotest.Product, error) {
	said, err := gotest.OwnPrebuilt()
	if said == nil || err != nil {
		return nil, err
	}
	if !a.quiet {
		printf(a.err, a.say("the tests of %s, as they were built\n", "%s 的测试（已构建）\n"), render.Plain(said.Name(), 200))
	}
	return gotest.FromPrebuilt(said, config)
}

// SetSources sets the sources of the small program that carries tests to other architectures. main has them, because they lie
// below its directory.
func SetSources(sources fs.FS) { carriers.Source = sources }

// carrierProgram is a program of another architecture that can carry tests: built from a checkout, one that lies beside this
// file, or a small one that is built from the sources within this file. The small one is none where a whole one is needed.
func carrierProgram(ctx context.Context, builder *build.Builder, key build.Key, whole bool) (string, error) {
	payload, err := builder.Build(ctx, key)
	var missing *record.Missing
	if !errors.As(err, &missing) {
		if err != nil {
			return "", err
		}
		return payload.Path, payload.CheckStatic()
	}
	if path, ok := besideThis(key); ok {
		return path, build.Payload{Path: path}.CheckStatic()
	}
	if whole {
		return "", &record.Missing{
			Reason: record.Sayf("no program for %s is here: %s", "没有 %s 程序：%s", key, missing.Reason),
			Remedy: record.Sayf("put xcmatrix-%s of a bundle (`xcmatrix bundle`) beside this file, or run from a checkout", "请将运行包（`xcmatrix bundle`）中的 xcmatrix-%s 放在本文件旁，或在源码目录中运行", key),
		}
	}
	cache, err := build.CacheDir()
	if err != nil {
		return "", err
	}
	return carriers.Build(ctx, carriers.Source, key, cache)
}

// besideThis is a program for a platform that lies beside this file, or in bin beside it, as in a bundle. One for loong64 may
// be the one that starts in both ABI worlds.
func besideThis(key build.Key) (string, bool) {
	self, err := os.Executable()
	if err != nil {
		return "", false
	}
	both := key
	both.World = build.BothWorlds
	for _, dir := range []string{filepath.Dir(self), filepath.Join(filepath.Dir(self), "bin")} {
		for _, k := range []build.Key{key, both} {
			path := filepath.Join(dir, "xcmatrix-"+k.String())
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
				return path, true
			}
		}
	}
	return "", false
}

// printTree prints what tests would be given.
func (a *app) printTree(ctx context.Context, o runOptions) error {
	builder, err := build.Here()
	if err != nil {
		return err
	}
	p, err := a.product(o.tests, builder)
	if err != nil {
		return err
	}
	if p.Prebuilt() {
		return record.Wrongf("--print-tree", "the module's files are in this file already, and were chosen when it was made", "模块文件已在本文件中，并在生成时选定")
	}
	files, left, err := p.Tree(ctx)
	if err != nil {
		return err
	}
	if a.json {
		out := struct {
			Files []string          `json:"files"`
			Left  map[string]string `json:"left_out"`
			Bytes int64             `json:"bytes"`
		}{[]string{}, map[string]string{}, files.Size()}
		for _, f := range files {
			out.Files = append(out.Files, f.Path)
		}
		for _, l := range left {
			out.Left[l.Path] = l.Why.In(a.lang)
		}
		return a.printJSON(out)
	}
	for _, f := range files {
		printf(a.out, "%s\n", f.Path)
	}
	for _, l := range left {
		printf(a.err, a.say("left out: %s: %s\n", "未包含：%s：%s\n"), l.Path, l.Why.In(a.lang))
	}
	return nil
}
