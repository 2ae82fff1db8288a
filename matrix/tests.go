package matrix

import (
	"path"
	"path/filepath"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// Tests are the user's own Go tests, which run beside the suites.
type Tests struct {
	Dir      string     `yaml:"dir"`      // of the module, relative to the directory of the matrix file
	Packages []string   `yaml:"packages"` // as of go test; ./... if there are none
	Tags     string     `yaml:"tags"`
	Short    bool       `yaml:"short"`
	Args     []string   `yaml:"args"`     // of every test binary
	Env      []string   `yaml:"env"`      // names of variables that tests get
	Needs    []string   `yaml:"needs"`    // services that this program starts for them
	Deadline string     `yaml:"deadline"` // of one test, natively: 90s, 10m
	Rules    []TestRule `yaml:"rules"`
}

// TestRule is what holds for some tests alone, and why. The first rule that matches a test counts.
type TestRule struct {
	Test     string   `yaml:"test"` // glob over package and name: example.com/m/slow/*
	Deadline string   `yaml:"deadline"`
	Skip     bool     `yaml:"skip"` // the test is not planned
	Needs    []string `yaml:"needs"`
	Why      string   `yaml:"why"`
}

// Services are the names that needs may list.
var Services = []string{"postgres", "mysql"}

// checkTests returns a *record.Problem for the first thing that is wrong with the user's own tests.
func (m *Matrix) checkTests(f *yamlfile.File) error {
	if m.Tests == nil {
		return nil
	}
	t := m.Tests
	if err := checkDeadline(f.Place("tests", "deadline"), t.Deadline); err != nil {
		return err
	}
	if err := checkNeeds(f, t.Needs, "tests", "needs"); err != nil {
		return err
	}
	for i, r := range t.Rules {
		if _, err := path.Match(r.Test, ""); err != nil || r.Test == "" {
			return record.Wrongf(f.Place("tests", "rules", i), "a rule names tests by a glob over package and name, such as example.com/m/slow/*, not %.80q",
				"规则以包和名称的通配符指定测试，例如 example.com/m/slow/*，而不是 %.80q", r.Test)
		}
		if r.Why == "" {
			return record.Wrongf(f.Place("tests", "rules", i), "the rule for %.80q gives no reason: add why", "针对 %.80q 的规则未说明原因：请添加 why", r.Test)
		}
		if err := checkDeadline(f.Place("tests", "rules", i, "deadline"), r.Deadline); err != nil {
			return err
		}
		if err := checkNeeds(f, r.Needs, "tests", "rules", i, "needs"); err != nil {
			return err
		}
	}
	return nil
}

// checkDeadline returns a *record.Problem for a text that is no time of a second or more.
func checkDeadline(place, text string) error {
	if text == "" {
		return nil
	}
	if d, err := time.ParseDuration(text); err != nil || d < time.Second {
		return record.Wrongf(place, "%.40q is no deadline: write 90s or 10m, a second at least", "%.40q 不是时限：请写 90s 或 10m，至少一秒", text)
	}
	return nil
}

// checkNeeds returns a *record.Problem for a service that this program does not start.
func checkNeeds(f *yamlfile.File, needs []string, at ...any) error {
	for i, n := range needs {
		known := false
		for _, s := range Services {
			known = known || s == n
		}
		if !known {
			return record.Wrongf(f.Place(append(at, i)...), "there is no service %.40q%s", "没有服务 %.40q%s", n, nearest(n, Services))
		}
	}
	return nil
}

// Directory is the directory of the tests' module.
func (m *Matrix) Directory() string {
	if filepath.IsAbs(m.Tests.Dir) {
		return m.Tests.Dir
	}
	return filepath.Join(filepath.Dir(m.Path), m.Tests.Dir)
}
