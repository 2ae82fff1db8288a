package boot

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/abi"
)

// target is the virtual machine that boots quickest.
var target = launch.Target{ID: "vm", Key: build.Key{GOOS: "linux", GOARCH: "arm64"}, Name: "vm", CPU: "cortex-a72",
	Guest: record.Guest{Kernel: "arm64-64k"}}

func TestExtra(t *testing.T) {
	s := Share{Boot: 4 * time.Second, Own: 6 * time.Second, Total: 11 * time.Second}
	if got := s.Extra(); math.Abs(got-0.1) > 1e-9 {
		t.Errorf("%v, want 0.1", got)
	}
}

// Without a kernel there are no figures, and a remedy.
func TestWithoutAKernel(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	f, err := Measure(t.Context(), target, Options{Times: 1})
	if err != nil || f.Missing == nil || !strings.Contains(f.Missing.Remedy.En, "scripts/kernel arm64-64k") || f.Boots != 0 {
		t.Errorf("%+v, %v", f, err)
	}
	s, err := MeasureShare(t.Context(), target, Options{Times: 1})
	if err != nil || s.Missing == nil {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestMeasure(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: boots virtual machines")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	builder, err := build.New(root)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Builder: builder, Item: abi.Suite.Item, Specs: []string{"page / size is one that the architecture has"}, Times: 1}
	f, err := Measure(t.Context(), target, o)
	if errors.As(err, new(*record.Problem)) || f.Missing != nil {
		needs.Absent(t, needs.Kernels, fmt.Sprint(f.Missing, err))
	}
	if err != nil || f.Boots != 1 || f.Valid != 1 || f.Median <= 0 || f.Median != f.Low || f.Median != f.High {
		t.Errorf("%+v, %v", f, err)
	}
	o.Times = 2
	s, err := MeasureShare(t.Context(), target, o)
	if err != nil || s.Suites != 2 || s.Boot <= 0 || s.Own <= 0 || s.Total < s.Boot+s.Own {
		t.Errorf("%+v, %v", s, err)
	}
	o.Specs, o.Times = append(o.Specs, "no such spec"), 1
	if f, err = Measure(t.Context(), target, o); err != nil || f.Valid != 0 || len(f.Invalid) != f.Boots {
		t.Errorf("a boot without a verdict on every spec counts: %+v, %v", f, err)
	}
}
