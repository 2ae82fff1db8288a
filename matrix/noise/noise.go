// Package noise tells how quiet this machine is while something is measured on it: a fixed loop that should always take
// the same time, and what the kernel knows of load, steal, frequency and throttling.
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

// Limits are what a round may have of each; beyond, it is kept, marked and not used.
type Limits struct {
	Score float64 // see record.Noise
	Load  float64
	Steal float64
}

// Default is for a lab machine that has nothing else to do.
var Default = Limits{Score: 0.10, Load: 0.5, Steal: 0.05}

// Off lets everything pass.
var Off = Limits{}

// Parse reads "score=0.1,load=0.5,steal=0.05", of which any may be left out, or "off".
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

// Watch is a stretch of time that is watched.
type Watch struct {
	limits Limits
	before counters
	noise  record.Noise
}

// counters are what the kernel counts since boot, in its own units.
type counters struct{ steal, total, throttled float64 }

// Begin takes the machine's pulse, for about 150 ms, and starts to watch.
func Begin(l Limits) *Watch {
	w := &Watch{limits: l}
	w.noise.Score, w.noise.Pulse, w.noise.Load = pulse()
	w.noise.Slow = l.Score // which only those can hold against it who know all rounds
	w.noise.Governor = line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
	w.noise.MHz = kHz("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq")
	w.noise.MaxMHz = kHz("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq")
	w.noise.CPUs = ranges(allowed()) // shows pinning
	w.before = count()
	return w
}

// End says how it was.
func (w *Watch) End() record.Noise {
	after := count()
	if total := after.total - w.before.total; total > 0 {
		w.noise.Steal = (after.steal - w.before.steal) / total
	}
	w.noise.Throttled = uint64(max(0, after.throttled-w.before.throttled))
	w.noise.Unfit = w.limits.exceeded(w.noise)
	return w.noise
}

// exceeded says which limit a round is beyond, nil if none.
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

// pulse runs the loop 40 times, of about 2 ms each, and looks between them how many tasks want to run. It returns by which
// share the median run is longer than the shortest, and the nanoseconds of a step in it.
func pulse() (score, step, load float64) {
	const times = 40
	took := make([]float64, times)
	running := 0.0
	n := calibrated()
	for i := range took {
		took[i] = float64(timed(n))
		running += others() / times
		time.Sleep(time.Millisecond)
	}
	slices.Sort(took)
	return took[times/2]/took[0] - 1, took[times/2] / float64(n), running / processors(len(allowed()), runtime.NumCPU())
}

// calibrated is how many steps of the loop take about 2 ms here.
func calibrated() int {
	n := 1 << 12
	for {
		if timed(n) > 2*time.Millisecond || n > 1<<30 {
			return n
		}
		n *= 2
	}
}

// timed is how long the loop takes.
func timed(n int) time.Duration {
	start := time.Now()
	x := spin(n)
	d := time.Since(start)
	runtime.KeepAlive(x) // or the compiler could drop the loop
	return d
}

// spin is arithmetic that depends on itself: it takes as long as the processor's frequency says, and nothing else.
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

// others is how many tasks want a processor, this one not counted.
func others() float64 {
	fields := strings.Fields(line("/proc/loadavg"))
	if len(fields) < 4 {
		return 0
	}
	running, _, _ := strings.Cut(fields[3], "/")
	n, _ := strconv.ParseFloat(running, 64)
	return max(0, n-1)
}

// count reads the counters; what is not there stays zero.
func count() counters {
	var c counters
	fields := strings.Fields(line("/proc/stat"))
	for i, f := range fields {
		v, err := strconv.ParseFloat(f, 64)
		if err != nil || i > 8 { // guest time, from 9 on, is in user time already
			continue
		}
		c.total += v
		if i == 8 {
			c.steal = v
		}
	}
	paths, _ := filepath.Glob("/sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count")
	for _, p := range paths {
		v, _ := strconv.ParseFloat(line(p), 64)
		c.throttled += v
	}
	return c
}

// allowed are the processors that this process may use: those of its mask that are online. Cpus_allowed_list of
// /proc/self/status has those that are not online, too, which may be many times more.
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

// processors is how many share the load: those that this process may use, or those that the runtime found where it may
// not ask.
func processors(allowed, found int) float64 {
	if allowed == 0 {
		return float64(max(1, found))
	}
	return float64(allowed)
}

// ranges writes a sorted list as the kernel does: "0-3,8", cpuset(7).
func ranges(all []int) string {
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

// line is the first line of a file, "" where there is none.
func line(path string) string {
	raw, _ := os.ReadFile(path)
	first, _, _ := strings.Cut(string(raw), "\n")
	return strings.TrimSpace(first)
}

func kHz(path string) float64 {
	v, _ := strconv.ParseFloat(line(path), 64)
	return v / 1000
}
