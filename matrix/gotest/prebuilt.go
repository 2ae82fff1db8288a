package gotest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/image"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Prebuilt is what a program that carries tests says of them: with it the program runs them on a machine without Go.
type Prebuilt struct {
	Format   int                       `json:"format"`
	GOOS     string                    `json:"goos"`
	GOARCH   string                    `json:"goarch"`
	Patterns []string                  `json:"patterns"` // by which the packages were named
	Specs    []record.SpecPlan         `json:"specs"`
	Verdicts map[string]record.SpecEnd `json:"verdicts,omitempty"` // that the build came to, by spec
	Findings map[string]record.Finding `json:"findings,omitempty"` // behind those verdicts
	Carried  map[string]bool           `json:"carried,omitempty"`  // specs of the build whose verdicts the target gives
	Late     map[string]record.SpecEnd `json:"late,omitempty"`     // what go vet came to
	Served   map[string][]string       `json:"served,omitempty"`   // services that specs need
	Needs    []string                  `json:"needs,omitempty"`    // all these services
	Env      []string                  `json:"env,omitempty"`      // names of variables that tests get
	Bench    bool                      `json:"bench,omitempty"`    // benchmarks were chosen
	Cover    bool                      `json:"cover,omitempty"`
	Product  *store.Product            `json:"product,omitempty"` // with one plan; nil where no test is of a module of the user's own

	path string // of the program
}

// prebuiltFormat is the format of Prebuilt. A program refuses another.
const prebuiltFormat = 1

// Bundle builds the tests for a platform, puts them behind a whole program for it, and returns the path of that file in the
// cache, with what it says of the tests.
func (p *Product) Bundle(ctx context.Context, key build.Key, program string) (path string, said Prebuilt, err error) {
	b := p.build(ctx, key)
	if b.err != nil {
		return "", said, b.err
	}
	said = Prebuilt{Format: prebuiltFormat, GOOS: key.GOOS, GOARCH: key.GOARCH, Patterns: p.Patterns, Verdicts: p.verdicts(b), Findings: findings(b),
		Carried: b.carried, Served: needs(b), Needs: p.Services(), Env: p.Env, Bench: p.Bench != "", Cover: p.Cover}
	if said.Specs, err = p.Specs(ctx, key); err != nil {
		return "", said, err
	}
	if said.Late, err = p.vetted(ctx, b); err != nil {
		return "", said, err
	}
	if said.Product, err = p.Describe(ctx, map[string]build.Key{key.String(): key}); err != nil {
		return "", said, err
	}
	with := &built{contents: b.contents, binaries: b.binaries, files: b.files}
	if with.contents.Built, err = json.Marshal(said); err != nil {
		return "", said, err
	}
	payload, err := p.assemble(with, program)
	return payload.Path, said, err
}

// Services returns the names of the services that the configuration names, each once.
func (c Config) Services() []string {
	names := slices.Clone(c.Needs)
	for _, r := range c.Rules {
		names = append(names, r.Needs...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ReadPrebuilt returns what the program at path says of the tests that it carries; nil where it carries none that were built to be
// taken along. It returns a *record.Problem for a file that is damaged, or that another version wrote.
func ReadPrebuilt(path string) (*Prebuilt, error) {
	i, err := image.Open(path)
	if errors.Is(err, image.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, damaged(path, err)
	}
	defer i.Close()
	if len(i.Built) == 0 {
		return nil, nil
	}
	said := &Prebuilt{path: path}
	if err := json.Unmarshal(i.Built, said); err != nil {
		return nil, damaged(path, err)
	}
	if said.Format != prebuiltFormat {
		return nil, record.Wrongf(path, "the tests in this file have format %d, and this program reads %d: make the bundle again", "本文件中的测试格式为 %d，而本程序读取 %d：请重新生成运行包", said.Format, prebuiltFormat)
	}
	if said.GOOS != i.GOOS || said.GOARCH != i.GOARCH || len(said.Specs) == 0 || len(said.Patterns) == 0 {
		return nil, damaged(path, errors.New("its parts do not fit together"))
	}
	return said, nil
}

func damaged(path string, err error) error {
	return record.Wrongf(path, "the tests in this file cannot be read: %v; copy the bundle again", "无法读取本文件中的测试：%v；请重新复制运行包", err)
}

// FromPrebuilt returns the product whose tests a program carries. Which tests these are was decided when they were built: it
// returns a *record.Problem where the configuration would change that.
func FromPrebuilt(said *Prebuilt, c Config) (*Product, error) {
	if c.Run != "" || c.Skip != "" || c.Bench != "" || c.Tags != "" || len(c.Patterns) > 0 || len(c.Args) > 0 || c.Short || c.Cover || c.Race || c.Remedy || c.Deadline != 0 {
		return nil, record.Wrongf(filepath.Base(said.path), "this file carries tests that are built, of %s: name no packages and no flags that choose or build tests; --spec ID chooses among those that are here",
			"本文件携带已构建的测试（%s）：请不要指定包，也不要使用选择或构建测试的参数；可用 --spec ID 在现有测试中选择", said.Name())
	}
	c.Patterns, c.Needs, c.Cover, c.Env = said.Patterns, said.Needs, said.Cover, append(slices.Clone(said.Env), c.Env...)
	if said.Bench {
		c.Bench = "."
	}
	return &Product{Config: c, prebuilt: said}, nil
}

// Prebuilt reports whether the tests are carried by this program's own file, so that there is no module beside it.
func (p *Product) Prebuilt() bool { return p.prebuilt != nil }

// Name returns the module of the tests with its version, or the packages' patterns where there is no module.
func (s *Prebuilt) Name() string {
	switch {
	case s.Product == nil:
		return s.Patterns[0]
	case s.Product.Version == "":
		return s.Product.Module
	}
	return s.Product.Module + " " + s.Product.Version
}

// specs returns the plan. It returns a *record.Problem for another platform than that of the tests.
func (s *Prebuilt) specs(key build.Key) ([]record.SpecPlan, error) {
	if key.GOOS != s.GOOS || key.GOARCH != s.GOARCH {
		return nil, record.Wrongf("--target", "this file carries tests for %s-%s alone: add --target native", "本文件只携带 %s-%s 的测试：请加上 --target native", s.GOOS, s.GOARCH)
	}
	return s.Specs, nil
}

// payload returns the program itself, which carries the tests. It cannot be sent elsewhere.
func (s *Prebuilt) payload(where Where) (Payload, error) {
	payload := Payload{Verdicts: s.Verdicts, Findings: s.Findings, Carried: s.Carried, Needs: s.Served}
	payload.Late = func(context.Context) (map[string]record.SpecEnd, error) { return s.Late, nil }
	if machine.Detect().ABIWorld == catalog.OldWorld {
		return payload, &record.Missing{
			Reason: record.Say("this LoongArch system is of the old ABI world, and the test binaries are of the new one", "本 LoongArch 系统属于旧世界 ABI，而测试程序属于新世界"),
			Remedy: record.Say("run them on a system of the new ABI world", "请在新世界 ABI 的系统上运行"),
		}
	}
	if where != Here {
		return payload, &record.Missing{
			Reason: record.Say("tests that are built run on the machine where they lie alone", "已构建的测试只能在其所在的机器上运行"),
			Remedy: record.Say("add --target native, or run `xcmatrix test` in the module's directory on a machine with Go", "请加上 --target native，或在装有 Go 的机器上于模块目录中运行 `xcmatrix test`"),
		}
	}
	path, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return payload, err
	}
	if payload.Digest, err = build.Digest(path); err != nil {
		return payload, err
	}
	payload.Path, payload.Here = path, true
	return payload, nil
}

// describe returns what the tests are of, with the plan of each target.
func (s *Prebuilt) describe(targets []string) *store.Product {
	if s.Product == nil || len(s.Product.Plans) == 0 {
		return s.Product
	}
	d := *s.Product
	d.Plans = nil
	for _, target := range targets {
		plan := s.Product.Plans[0]
		plan.Target = target
		d.Plans = append(d.Plans, plan)
	}
	return &d
}

// OwnPrebuilt is ReadPrebuilt of this program's own file.
func OwnPrebuilt() (*Prebuilt, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return ReadPrebuilt(self)
}
