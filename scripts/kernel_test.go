package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

var series = []string{"amd64", "arm64-4k", "arm64-16k", "arm64-64k", "loong64", "loong64-uefi"}

// newKernelDesk is a machine without emulators and kernels.
func newKernelDesk(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	for _, name := range []string{"chmod"} {
		path, err := exec.LookPath(name)
		if err != nil {
			needs.Absent(t, needs.Tools, name+" is missing on this machine")
		}
		d.must(os.Symlink(path, filepath.Join(d.dir, "bin", name)))
	}
	if _, err := os.Stat("/var/lib/dpkg/status"); err != nil {
		d.fake("bin/cp", ": >\"$2\"")
	}
	return d
}

// kernel runs the script of that name.
func (d *desk) kernel(args ...string) (string, int) { return d.script("kernel", args...) }

// have puts kernels and emulators where the script has them.
func (d *desk) have(version string, kernels ...string) {
	for _, name := range []string{"qemu-system-x86_64", "qemu-system-aarch64", "qemu-system-loongarch64"} {
		d.fake("bin/"+name, "echo QEMU emulator version "+version+" '(Debian)'")
	}
	for _, name := range kernels {
		dir := filepath.Join(d.dir, ".cache/xcmatrix/kernels", name)
		d.must(os.MkdirAll(dir, 0o755))
		d.must(os.WriteFile(filepath.Join(dir, "kernel.json"), []byte(`{"release": "6.12.1-test", "package": "p", "version": "1", "sha256": "0"}`), 0o644))
	}
}

func TestCheckOfKernels(t *testing.T) {
	for name, c := range map[string]struct {
		version string
		kernels []string
		want    []string
		status  int
	}{
		"empty cache": {"", nil, []string{"miss\tqemu-system-x86_64\t\tscripts/kernel", "miss\tarm64-64k\t\tscripts/kernel arm64-64k"}, 1},
		"all":         {"10.0.2", series, []string{"ok\tqemu-system-aarch64", "ok\tloong64\t6.12.1-test\t$/.cache/xcmatrix/kernels/loong64"}, 0},
		"old QEMU":    {"7.2.22", series, []string{"miss\tqemu-system-loongarch64\t\tscripts/kernel", "ok\tamd64\t6.12.1-test\t$/.cache/xcmatrix/kernels/amd64"}, 1},
		"no firmware": {"10.0.2", series[:5], []string{"miss\tloong64-uefi\t\tscripts/kernel loong64-uefi"}, 1},
		"one missing": {"10.0.2", series[:4], []string{"ok\tarm64-64k\t6.12.1-test\t$/.cache/xcmatrix/kernels/arm64-64k", "miss\tloong64\t\tscripts/kernel loong64"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			d := newKernelDesk(t)
			if c.version != "" {
				d.have(c.version, c.kernels...)
			}
			out, status := d.kernel("--check")
			lines := strings.Split(out, "\n")
			for _, want := range c.want {
				if !slices.Contains(lines, strings.ReplaceAll(want, "$", d.dir)) {
					t.Errorf("no line %q in:\n%s", want, out)
				}
			}
			if status != c.status {
				t.Errorf("exit %d, want %d", status, c.status)
			}
			if _, err := os.ReadFile(filepath.Join(d.dir, "apt-calls")); err == nil {
				t.Error("apt-get was called")
			}
		})
	}
}

func TestKernelsThatAreThereCostNothing(t *testing.T) {
	d := newKernelDesk(t)
	d.have("10.0.2", series...)
	for range 2 {
		if out, status := d.kernel(); out != "" || status != 0 {
			t.Errorf("exit %d, printed %q, want 0 and silence", status, out)
		}
	}
}

func TestUnknownSeries(t *testing.T) {
	d := newKernelDesk(t)
	if out, status := d.kernel("arm64-1k"); status != 2 || !strings.Contains(out, "arm64-16k") {
		t.Errorf("exit %d, printed:\n%s", status, out)
	}
	if _, err := os.Stat(filepath.Join(d.dir, ".cache")); err == nil {
		t.Error("a cache was made")
	}
}

func TestOfflineKernelSaysTheCommand(t *testing.T) {
	for _, c := range []struct{ lang, name, want string }{
		{"C", "loong64", "could not be had: loong64; once there is a network, run: scripts/kernel\n"},
		{"C", "loong64 amd64", "could not be had: loong64 amd64; once there is a network, run: scripts/kernel\n"},
		{"C", "loong64-uefi", "could not be had: loong64-uefi; once there is a network, run: scripts/kernel\n"},
		{"zh_CN.UTF-8", "loong64", "未能获取：loong64。联网后请运行：scripts/kernel\n"},
	} {
		d := newKernelDesk(t)
		d.have("10.0.2")
		d.env = append(d.env, "LC_ALL="+c.lang)
		out, status := d.kernel(strings.Fields(c.name)...)
		if status != 0 || !strings.HasSuffix(out, c.want) || !strings.Contains(out, "Failed to fetch") {
			t.Errorf("%s in %s: exit %d, printed:\n%s", c.name, c.lang, status, out)
		}
		left, err := filepath.Glob(filepath.Join(d.dir, ".cache/xcmatrix/kernels/*loong64*"))
		if d.must(err); len(left) != 0 {
			t.Errorf("left behind: %s", left)
		}
	}
}

// What a terminal's Ctrl-C or a service manager ends leaves neither a job nor half a kernel behind.
func TestInterruptedKernel(t *testing.T) {
	for signal, status := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		d := newKernelDesk(t)
		d.have("10.0.2")
		d.fake("bin/apt-get", `[ "$1" = indextargets ] && echo http://mirror.test/debian/ bookworm main && exit
echo $$ >>"$HOME/jobs"; read -r <>"$HOME/never"`)
		d.must(syscall.Mkfifo(filepath.Join(d.dir, "never"), 0o600))
		command := exec.Command("./kernel", "loong64", "amd64")
		command.Env = d.env
		d.must(command.Start())
		jobs := d.lines("jobs", 2)
		d.must(command.Process.Signal(signal))
		if err := command.Wait(); command.ProcessState.ExitCode() != status {
			t.Errorf("%v: %v, want exit %d", signal, err, status)
		}
		for _, job := range jobs {
			if !ends(job) {
				t.Errorf("%v: job %s lives", signal, job)
			}
		}
		if left, err := filepath.Glob(filepath.Join(d.dir, ".cache/xcmatrix/kernels/.works*")); err != nil || len(left) > 0 {
			t.Errorf("%v: left behind: %s, %v", signal, left, err)
		}
	}
}

// ends waits until a process has ended, and returns false if it lives on: a signal ends it some time after it was sent.
func ends(process string) bool {
	for range 2000 {
		raw, err := os.ReadFile("/proc/" + process + "/stat")
		if err != nil || strings.Contains(string(raw), ") Z ") {
			return true
		}
		time.Sleep(10 * time.Millisecond)
	}
	return false
}

// lines waits until a file has so many.
func (d *desk) lines(name string, n int) []string {
	for range 1000 {
		raw, _ := os.ReadFile(filepath.Join(d.dir, name))
		if lines := strings.Fields(string(raw)); len(lines) == n {
			return lines
		}
		time.Sleep(10 * time.Millisecond)
	}
	d.t.Fatalf("%s has not %d lines", name, n)
	return nil
}
