package vm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// boards under test: the quickest guest of each architecture.
var tested = []struct{ goarch, cpu, kernel string }{
	{"arm64", "cortex-a72,midr=0x701f6622", "arm64-4k"},
	{"arm64", "max,pauth-impdef=on", "arm64-16k"},
	{"amd64", "Dhyana-v2", "amd64"},
	{"loong64", "la464", "loong64"},
}

// boot gives a guest, or skips for want of the emulator, the kernel or the payload.
func boot(t *testing.T, goarch, cpu string, request record.Guest) *Guest {
	t.Helper()
	m, payload := bootable(t, goarch, cpu, request)
	g, err := m.Boot(context.WithoutCancel(t.Context()), payload)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	return g
}

// bootable is a machine that can be booted with a payload.
func bootable(t *testing.T, goarch, cpu string, request record.Guest) (m *Machine, payload string) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: boots a virtual machine")
	}
	cache, err := build.CacheDir()
	if err != nil {
		t.Fatal(err)
	}
	m, err = Find(t.Context(), cache, goarch, cpu, request)
	if missing := (*record.Missing)(nil); errors.As(err, &missing) {
		needs.Absent(t, needs.Kernels, missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	builder, err := build.New(root)
	if err != nil {
		t.Fatal(err)
	}
	p, err := builder.Build(t.Context(), build.Key{GOOS: "linux", GOARCH: goarch})
	if err != nil {
		needs.Absent(t, needs.Go, err)
	}
	return m, p.Path
}

// list is a process that prints the plan of a suite, and ends.
func list(t *testing.T, g *Guest) (guest.Exit, bool) {
	t.Helper()
	r, err := g.Run(guest.Run{Args: []string{"exec", "--suite", "selftest", "--list", "--events-fd", "3"}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, r.Events)
	return r.Wait()
}

func TestProcessesInAGuest(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("XCMATRIX_VM_PROCESSES"))
	if err != nil {
		n = 3
	}
	for _, b := range tested {
		t.Run(b.kernel, func(t *testing.T) {
			g := boot(t, b.goarch, b.cpu, record.Guest{Kernel: b.kernel})
			t.Logf("up after %v, Linux %s, pages of %d bytes", g.Took.Round(10*time.Millisecond), g.Hello.Kernel, g.Hello.PageSize)
			if len(g.Hello.Problems) > 0 {
				t.Errorf("the guest reports: %q", g.Hello.Problems)
			}
			for i := range n {
				exit, ok := list(t, g)
				if !ok || exit.Code != 0 || !bytes.Contains(exit.Output, []byte(`"item"`)) {
					t.Fatalf("process %d: %+v, machine up: %t\n%s\n%s", i, exit, ok, exit.Output, g.Console())
				}
			}
		})
	}
}

// A Cortex-A72 has no pages of 16 KiB: the kernel stops before it can say so.
func TestProcessorWithoutTheKernelsPages(t *testing.T) {
	m, payload := bootable(t, "arm64", "cortex-a72", record.Guest{Kernel: "arm64-16k"})
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	began := time.Now()
	_, err := m.Boot(ctx, payload)
	if !errors.Is(err, ErrLate) || !regexp.MustCompile(`not up after \d+ s; its console said nothing: name a cpu`).MatchString(err.Error()) {
		t.Errorf("%v", err)
	}
	if d := time.Since(began); d > time.Minute {
		t.Errorf("it took %v", d)
	}
}
