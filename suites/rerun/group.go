package rerun

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/cgroup"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Group is a control group of this process's own, which is removed at the end of the spec.
type Group struct {
	dir     string
	Version int // 1 or 2
}

var groups atomic.Int64

// NewGroup makes a control group in which a controller works. It makes nothing but a directory of its own, and writes to no other
// group. The calling spec ends as a miss if there is no place where this process may make one.
func NewGroup(controller string) *Group {
	ginkgo.GinkgoHelper()
	check.NeedsKernel(record.Say("control groups are the host's", "控制组属于宿主机"))
	name := fmt.Sprintf("xcmatrix-%d-%d", os.Getpid(), groups.Add(1))
	var last error = os.ErrNotExist
	for _, place := range places(controller) {
		g := &Group{filepath.Join(place.dir, name), place.version}
		if last = os.Mkdir(g.dir, 0o755); last == nil {
			ginkgo.DeferCleanup(g.remove)
			return g
		}
	}
	if cause := errors.Unwrap(last); cause != nil {
		last = cause // without the path, which has a number of this process
	}
	check.Miss(record.Sayf("this process may not make a control group with the controller %s: %v", "本进程不能创建带 %s 控制器的控制组：%v", controller, last),
		record.Say("run as root, or in a group that is delegated with this controller: systemd-run --user --scope -p Delegate=yes",
			"请以 root 运行，或在已委派该控制器的组中运行：systemd-run --user --scope -p Delegate=yes"))
	return nil
}

// place is a group below which another one may be made.
type place struct {
	dir     string
	version int
}

// places returns the groups below which a group with the controller can be made, this process's own first.
func places(controller string) (all []place) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil
	}
	for _, m := range cgroup.Memberships(string(text)) {
		switch {
		case m.Has(controller):
			root := filepath.Join("/sys/fs/cgroup", controller)
			all = append(all, place{filepath.Join(root, m.Path), 1}, place{root, 1})
		case m.Unified():
			for path := m.Path; ; path = filepath.Dir(path) {
				dir := filepath.Join("/sys/fs/cgroup", path)
				if enabled, _ := os.ReadFile(filepath.Join(dir, "cgroup.subtree_control")); slices.Contains(strings.Fields(string(enabled)), controller) {
					all = append(all, place{dir, 2})
				}
				if path == "/" || path == "." {
					break
				}
			}
		}
	}
	return all
}

// Child makes a group below this one. In the second version the controllers named go to it.
func (g *Group) Child(controllers ...string) *Group {
	ginkgo.GinkgoHelper()
	if g.Version == 2 {
		for _, c := range controllers {
			check.NoError(os.WriteFile(filepath.Join(g.dir, "cgroup.subtree_control"), []byte("+"+c), 0))
		}
	}
	child := &Group{filepath.Join(g.dir, "child"), g.Version}
	check.NoError(os.Mkdir(child.dir, 0o755))
	ginkgo.DeferCleanup(child.remove)
	return child
}

// Period is the time within which a quota of CPU time is counted.
const Period = 100 * time.Millisecond

// SetQuota limits the CPU time to a number of processors.
func (g *Group) SetQuota(processors float64) {
	ginkgo.GinkgoHelper()
	quota, period := int64(processors*float64(Period.Microseconds())), Period.Microseconds()
	if g.Version == 2 {
		g.write("cpu.max", fmt.Sprintf("%d %d", quota, period))
		return
	}
	g.write("cpu.cfs_period_us", strconv.FormatInt(period, 10))
	g.write("cpu.cfs_quota_us", strconv.FormatInt(quota, 10))
}

// SetMemory limits memory, and forbids swapping where that can be said.
func (g *Group) SetMemory(bytes uint64) {
	ginkgo.GinkgoHelper()
	if g.Version == 2 {
		g.write("memory.max", strconv.FormatUint(bytes, 10))
		_ = os.WriteFile(filepath.Join(g.dir, "memory.swap.max"), []byte("0"), 0) // there may be no swap
		return
	}
	g.write("memory.limit_in_bytes", strconv.FormatUint(bytes, 10))
	_ = os.WriteFile(filepath.Join(g.dir, "memory.memsw.limit_in_bytes"), []byte(strconv.FormatUint(bytes, 10)), 0)
}

func (g *Group) write(file, text string) {
	ginkgo.GinkgoHelper()
	check.NoError(os.WriteFile(filepath.Join(g.dir, file), []byte(text), 0))
}

// Throttled returns in how many periods the group had to wait for the next one, and how many periods there were: cpu.stat.
func (g *Group) Throttled() (throttled, periods float64) {
	return g.stat("cpu.stat", "nr_throttled"), g.stat("cpu.stat", "nr_periods")
}

// Kills returns how many processes the kernel has killed because the group had no more memory.
func (g *Group) Kills() float64 {
	if g.Version == 2 {
		return g.stat("memory.events", "oom_kill")
	}
	return g.stat("memory.oom_control", "oom_kill")
}

// Peak returns the most memory that was charged to the group, in bytes; 0 if the kernel does not tell.
func (g *Group) Peak() float64 {
	name := "memory.max_usage_in_bytes"
	if g.Version == 2 {
		name = "memory.peak" // since Linux 5.19
	}
	text, _ := os.ReadFile(filepath.Join(g.dir, name))
	n, _ := strconv.ParseFloat(strings.TrimSpace(string(text)), 64)
	return n
}

// stat returns a number of a file with lines "name number"; 0 if it has none.
func (g *Group) stat(file, name string) float64 {
	text, _ := os.ReadFile(filepath.Join(g.dir, file))
	for line := range strings.Lines(string(text)) {
		if rest, is := strings.CutPrefix(line, name+" "); is {
			n, _ := strconv.ParseFloat(strings.TrimSpace(rest), 64)
			return n
		}
	}
	return 0
}

// enter makes the command start in the group: by its descriptor, or, in the first version, because the calling thread is in it.
func (g *Group) enter(cmd *exec.Cmd) (leave func(), err error) {
	if g.Version == 1 {
		return func() {}, os.WriteFile(filepath.Join(g.dir, "tasks"), []byte(strconv.Itoa(unix.Gettid())), 0)
	}
	dir, err := os.Open(g.dir)
	if err != nil {
		return nil, err
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(dir.Fd())}
	return func() { dir.Close() }, nil
}

// remove removes the group once its last process is gone.
func (g *Group) remove() {
	for range 100 {
		if err := os.Remove(g.dir); err == nil || errors.Is(err, os.ErrNotExist) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}
