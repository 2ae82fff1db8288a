// Package noise measures how much this machine is disturbed during a measurement: by a fixed loop that should always take the
// same time, and by the kernel's counters of load, stolen time and throttling.
package noise

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Limits are the largest values of a round. A round above a limit is kept and marked, and not used in comparisons.
type Limits struct {
	Score float64 // see record.Noise
	Load  float64 // other tasks per processor
	Steal float64 // share of the time that the hypervisor took, 0 to 1
}

// Default are the limits for a lab machine without other work.
var Default = Limits{Score: 0.10, Load: 0.5, Steal: 0.05}

// Off means no limits.
var Off = Limits{}

// Parse parses "score=0.1,load=0.5,steal=0.05" or "off". A limit that is left out has its default. It returns a *record.Problem for
// other texts.
func Parse(s string) (Limits, error) {
	l := Default
	if s == "off" {
		return Off, nil
	}
	fields := map[string]*float64{"score": &l.Score, "load": &l.Load, "steal": &l.Steal}
	for part := range strings.SplitSeq(s, ",") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		v, err := strconv.ParseFloat(value, 64)
		if fields[name] == nil || err != nil || v < 0 {
			return l, record.Wrongf("--noise", "%q is not a limit: score=0.1,load=0.5,steal=0.05, or off",
				"%q 不是有效的限值：score=0.1,load=0.5,steal=0.05 或 off", part)
		}
		*fields[name] = v
	}
	return l, nil
}

// Watch observes the machine from Begin to End.
type Watch struct {
	limits Limits
	before counters
	noise  record.Noise
}

// counters are the kernel's counters since boot: stolen and total time in ticks, and the number of throttlings.
type counters struct{ steal, total, throttled float64 }

// Begin measures the fixed loop, which takes about 150 ms, and starts to observe the machine.
func Begin(l Limits) *Watch {
	w := &Watch{limits: l}
	w.noise.Score, w.noise.Pulse, w.noise.Load = measureLoop()
	w.noise.Slow = l.Score // the limit that readers of all rounds compare Pulse with
	w.noise.Governor = firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
	w.noise.MHz = readMHz("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")
	w.noise.MaxMHz = readMHz("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq")
	w.noise.CPUs = formatRanges(allowed()) // shows whether the process is pinned
	w.before = readCounters()
	return w
}

// End returns the noise since Begin.
func (w *Watch) End() record.Noise {
	after := readCounters()
	if total := after.total - w.before.total; total > 0 {
		w.noise.Steal = (after.steal - w.before.steal) / total
	}
	w.noise.Throttled = uint64(max(0, after.throttled-w.before.throttled))
	w.noise.Unfit = w.limits.exceeded(w.noise)
	return w.noise
}

// exceeded returns a sentence about the first limit that a round exceeds; nil if it exceeds none.
func (l Limits) exceeded(n record.Noise) *record.Sentence {
	if l == Off {
		return nil
	}
	var s record.Sentence
	switch {
	case n.Score > l.Score:
		s = record.Sayf("a fixed loop takes %.0f %% longer than at its best (limit %.0f %%)", "固定循环比最佳时慢 %.0f %%（限值 %.0f %%）",
			100*n.Score, 100*l.Score)
	case n.Load > l.Load:
		s = record.Sayf("%.1f other tasks want each processor (limit %.1f)", "每个处理器上另有 %.1f 个任务在争用（限值 %.1f）", n.Load, l.Load)
	case n.Steal > l.Steal:
		s = record.Sayf("the hypervisor took %.0f %% of the time (limit %.0f %%)", "虚拟机监控器占用了 %.0f %% 的时间（限值 %.0f %%）",
			100*n.Steal, 100*l.Steal)
	case n.Throttled > 0:
		s = record.Sayf("the processor was throttled %d times for heat", "处理器因过热降频 %d 次", n.Throttled)
	default:
		return nil
	}
	return &s
}

// measureLoop runs the fixed loop 40 times for about 2 ms each. It returns the score (by which share the median time is longer than
// the shortest), the median nanoseconds of a step, and the number of other tasks per processor between the loops.
func measureLoop() (score, step, load float64) {
	const times = 40
	durations := make([]float64, times)
	running := 0.0
	n := calibrated()
	for i := range durations {
		durations[i] = float64(timeLoop(n))
		running += otherTasks() / times
		time.Sleep(time.Millisecond)
	}
	slices.Sort(durations)
	return durations[times/2]/durations[0] - 1, durations[times/2] / float64(n), running / processors(len(allowed()), runtime.NumCPU())
}

// calibrated returns the number of steps of the loop that take about 2 ms on this machine.
func calibrated() int {
	n := 1 << 12
	for {
		if timeLoop(n) > 2*time.Millisecond || n > 1<<30 {
			return n
		}
		n *= 2
	}
}

// timeLoop returns how long n steps of the loop take.
func timeLoop(n int) time.Duration {
	start := time.Now()
	x := spin(n)
	d := time.Since(start)
	runtime.KeepAlive(x) // keeps the compiler from removing the loop
	return d
}

// spin runs n steps in which each operation depends on the one before, so that its time depends only on the processor's
// frequency. The result has no meaning.
//
//go:noinline
func spin(n int) uint64 {
	x := uint64(88172645463325252)
	for range n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
	}
	return x
}

// otherTasks returns the number of tasks that run or wait for a processor, without this one.
func otherTasks() float64 {
	fields := strings.Fields(firstLine("/proc/loadavg"))
	if len(fields) < 4 {
		return 0
	}
	running, _, _ := strings.Cut(fields[3], "/")
	n, _ := strconv.ParseFloat(running, 64)
	return max(0, n-1)
}

// readCounters reads the kernel's counters; a counter that does not exist is 0.
func readCounters() counters {
	var c counters
	fields := strings.Fields(firstLine("/proc/stat"))
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || i > 8 { // fields from 9 on are guest time, which user time includes
			continue
		}
		c.total += v
		if i == 8 {
			c.steal = v
		}
	}
	paths, _ := filepath.Glob("/sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count")
	for _, p := range paths {
		v, _ := strconv.ParseFloat(firstLine(p), 64)
		c.throttled += v
	}
	return c
}

// allowed returns the numbers of the online processors that this process may use; nil if the kernel does not tell. It does not use
// Cpus_allowed_list of /proc/self/status, which also lists processors that are not online.
func allowed() []int {
	mask := make([]byte, 8<<10) // 65536 processors; the kernel fills as much as it has
	n, _, errno := unix.RawSyscall(unix.SYS_SCHED_GETAFFINITY, 0, uintptr(len(mask)), uintptr(unsafe.Pointer(&mask[0])))
	if errno != 0 {
		return nil
	}
	var all []int
	for i, b := range mask[:n] {
		for bit := range 8 {
			if b&(1<<bit) != 0 {
				all = append(all, i*8+bit)
			}
		}
	}
	return all
}

// processors returns the number of processors that share the load: those that this process may use or, if their number is 0,
// those that the runtime has found.
func processors(allowed, found int) float64 {
	if allowed == 0 {
		return float64(max(1, found))
	}
	return float64(allowed)
}

// formatRanges formats a sorted list of numbers as the kernel does: "0-3,8" (cpuset(7)).
func formatRanges(all []int) string {
	var parts []string
	for i := 0; i < len(all); {
		j := i
		for j+1 < len(all) && all[j+1] == all[j]+1 {
			j++
		}
		part := strconv.Itoa(all[i])
		if j > i {
			part += "-" + strconv.Itoa(all[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ",")
}

// firstLine returns the first line of a file; "" if it cannot be read.
func firstLine(path string) string {
	raw, _ := os.ReadFile(path)
	first, _, _ := strings.Cut(string(raw), "\n")
	return strings.TrimSpace(first)
}

// readMHz returns the number of kHz in a file as MHz; 0 if it cannot be read.
func readMHz(path string) float64 {
	v, _ := strconv.ParseFloat(firstLine(path), 64)
	return v / 1000
}
