package cli

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/bundle"
	"github.com/xcmatrix/xcmatrix/matrix/gotest"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
)

// onlyForTests returns a *record.Problem for packages and flags that say something of tests where no tests are bundled.
func (a *app) onlyForTests(cmd *cobra.Command, packages []string) error {
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	of := &cobra.Command{}
	a.chosenTestFlags(&gotest.Config{}, of)
	flags.AddFlagSet(of.Flags())
	named := packages
	flags.VisitAll(func(f *pflag.Flag) {
		if cmd.Flags().Changed(f.Name) {
			named = append(named, "--"+f.Name)
		}
	})
	switch {
	case len(named) == 0:
		return nil
	case len(packages) > 0 && !strings.ContainsAny(packages[0], "./"): // a target or a suite rather than a package
		return a.noArguments(cmd, packages)
	}
	return record.Wrongf(named[0], "it chooses tests of a Go module: `xcmatrix bundle --test` takes those along", "它用于选择 Go 模块的测试：请使用 `xcmatrix bundle --test` 携带测试")
}

// bundleTests writes a bundle whose programs carry the tests of the module here.
func (a *app) bundleTests(ctx context.Context, o runOptions, out string) error {
	for flag, given := range map[string]bool{"--plan": o.plan != "", "--suite": len(o.suites) > 0, "--label": o.label != ""} {
		if given {
			return record.Wrongf(flag, "a bundle with --test has no suites: leave it out", "使用 --test 的运行包不含套件：请去掉该参数")
		}
	}
	if err := checkBundlePath(out); err != nil {
		return err
	}
	m, err := a.declared()
	if err != nil {
		return err
	}
	builder, err := build.Here()
	if err != nil {
		return err
	}
	if said, err := gotest.OwnPrebuilt(); said != nil || err != nil {
		if err == nil {
			err = record.Wrongf("--test", "this file carries tests itself: make a bundle by a program without any", "本文件自身已携带测试：请使用未携带测试的程序生成运行包")
		}
		return err
	}
	tests, err := a.product(testConfig(m, o.tests), builder)
	if err != nil {
		return err
	}
	a.warnUnclean(tests.Dir)
	c := bundle.Contents{Programs: map[build.Key]string{}}
	left, all, err := a.testPrograms(ctx, builder, tests, architectures(m, o.targets), &c)
	if err != nil {
		return err
	}
	c.Tests = describeTests(all, left)
	if err := bundle.Write(out, c); err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]any{"bundle": out, "programs": keys(c.Programs), "left_out": left})
	}
	printf(a.out, a.say("%s: on the lab machine: sh run.sh\n", "%s：在实验室机器上执行：sh run.sh\n"), out)
	return nil
}

// testPrograms puts a program with the tests for each architecture into a bundle. It returns the platforms that were left out, with
// the reason, and what the programs say of their tests. It returns a *record.Missing where there is a program for none.
func (a *app) testPrograms(ctx context.Context, b *build.Builder, tests *gotest.Product, archs []string, c *bundle.Contents) (left map[string]string, all []gotest.Prebuilt, err error) {
	left = map[string]string{}
	var last *record.Missing
	for _, arch := range archs {
		key, program, err := a.program(ctx, b, arch, "")
		var missing *record.Missing
		if errors.As(err, &missing) {
			last = missing
			left[key.String()] = a.hints(missing.In(a.lang))
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		path, said, err := tests.Bundle(ctx, build.Key{GOOS: key.GOOS, GOARCH: key.GOARCH}, program)
		if err != nil {
			return nil, nil, err
		}
		c.Programs[key] = path
		all = append(all, said)
	}
	if len(c.Programs) == 0 && last != nil {
		return nil, nil, last
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		printf(a.err, "xcmatrix: %s\n", left[key])
	}
	return left, all, nil
}

// describeTests is the file tests.txt: what a person reads of the tests that programs carry, in both languages.
func describeTests(all []gotest.Prebuilt, left map[string]string) []byte {
	var b strings.Builder
	printf(&b, "Tests of %[1]s, built; run.sh runs them.\n%[1]s 的测试（已构建），由 run.sh 运行。\n\n", render.Plain(all[0].Name(), 300))
	for _, s := range all {
		tests, broken := 0, 0
		for _, spec := range s.Specs {
			if !slices.Contains(spec.Labels, record.LabelBuild) {
				tests++
			} else if s.Verdicts[spec.ID].Verdict == record.Fail {
				broken++
			}
		}
		printf(&b, "%s-%s: tests/测试: %d; packages that do not build/无法构建的包: %d\n", s.GOOS, s.GOARCH, tests, broken)
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		printf(&b, "%s: left out/未包含\n", key)
	}
	return []byte(b.String())
}
