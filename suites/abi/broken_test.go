package abi

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSpecsCanFail(t *testing.T) {
	all := check.BrokenFacts{}
	for id, rows := range broken {
		all[id] = rows
	}
	// Of tables: each of their specs has a fact of its own.
	for _, s := range structures() {
		for i := range s.here {
			wrong := slices.Clone(s.here)
			wrong[i]++
			all["layout / of "+s.name] = append(all["layout / of "+s.name], check.Facts{"layout of " + s.name: wrong})
		}
	}
	for _, call := range newCalls() {
		id := "system call number / " + call.name + " is there from its kernel on"
		all[id] = []check.Facts{{"answer to " + call.name: unix.ENOSYS}, {"answer to " + call.name: unix.EXDEV}}
	}
	for _, e := range kernelErrors() {
		all[e.id()] = []check.Facts{{"error number of " + e.name: e.want + 1}, {"error number of " + e.name: unix.Errno(0)}}
	}
	for _, w := range writtenStructures() {
		all[w.id()] = []check.Facts{{"bytes that the kernel writes of " + w.name: 1}, {"bytes that the kernel writes of " + w.name: 1 << 12}}
	}
	for _, g := range exact() {
		const id = "math / of correctly rounded functions is bit for bit the same"
		all[id] = append(all[id], check.Facts{g.name: after(g.want, 1)})
	}
	for _, g := range nearly() {
		const id = "math / of transcendental functions is right to three units in the last place"
		all[id] = append(all[id], check.Facts{g.name: after(g.want, 4)}, check.Facts{g.name: after(g.want, -4)})
	}
	addLitmus(all)
	addFrames(all)
	addMachine(all)
	addStarts(all)
	check.ProveFailures(t, Suite, all, append(unjudged(), "float / conversion of what no integer holds is the machine's own")...)
}

func hwcap(word uintptr) check.Facts {
	return check.Facts{fmt.Sprintf("auxiliary vector's value %d", atHWCAP): word}
}

// inverted has all features that were not detected, and none of the others.
func inverted(features map[string]bool) map[string]bool {
	all := map[string]bool{}
	for name, is := range features {
		all[name] = !is
	}
	return all
}

// clockAt gives the times of a clock one after the other, and the last one again and again.
func clockAt[T any](times ...T) func(T) T {
	i := -1
	return func(T) T {
		i = min(i+1, len(times)-1)
		return times[i]
	}
}

var broken = check.BrokenFacts{
	"page / size is one that the architecture has":              {{"page size of the runtime": 5000}, {"page size of the runtime": 2 << 20}},
	"page / size in AT_PAGESZ is the runtime's":                 {{fmt.Sprintf("auxiliary vector's value %d", atPageSize): uintptr(1234)}},
	"page / size in /proc/self/smaps is the runtime's":          {{"page size in smaps": 1234}},
	"page / a file maps at a whole page and not at half of one": {{"answer to a mapping at half of a page": nil}, {"answer to a mapping at half of a page": unix.EACCES}},
	"page / a mapping starts on a page":                         {{"start of a mapping": uintptr(0x7f0000000800)}},

	"byte order / is little-endian in memory": {{"32 bits of the bytes 4, 3, 2, 1": uint32(0x04030201)}},
	"byte order / and machine in the ELF header are the architecture's": {
		{"first 20 bytes of the file": func(b []byte) []byte { b[0] = 0; return b }},
		{"first 20 bytes of the file": func(b []byte) []byte { b[5] = 2; return b }},
		{"first 20 bytes of the file": func(b []byte) []byte { b[18] = 8; return b }},
	},
	"byte order / gives words of 8 bytes": {{"bytes in uintptr": 4}},

	"system call / openat, read and close answer by number": {
		{"answer to read by number": unix.EBADF}, {"bytes read by number": uintptr(3)}, {"what was read by number": "#!/b"}, {"answer to close by number": unix.EBADF},
	},
	"system call / getpid answers by number":                                    {{"process by number": 0}},
	"system call / a path at an odd address is as good as any":                  {{"answer to openat of a path at an odd address": unix.EFAULT}},
	"system call / read into an address without access is EFAULT and no signal": {{"answer to read into an address without access": unix.Errno(0)}, {"answer to read into an address without access": unix.EINVAL}},
	"system call / close of what is not open is EBADF":                          {{"answer to close of what is not open": unix.Errno(0)}, {"answer to close of what is not open": unix.EINVAL}},
	"system call / a number that no kernel has is ENOSYS":                       {{"answer to a number that no kernel has": unix.Errno(0)}, {"answer to a number that no kernel has": unix.EPERM}},
	"system call number / open and epoll_wait are only there on amd64":          {{"answer to open": unix.EINVAL}, {"answer to epoll_wait": unix.EINVAL}},
	"system call number / getrlimit is absent on new-world loong64 alone":       {{"answer to getrlimit": unix.Errno(0)}, {"answer to getrlimit": unix.EINVAL}},
	"system call number / rt_sigprocmask takes a signal set of 8 bytes and no other": {
		{"answer to a signal set of 4 bytes": unix.Errno(0)}, {"answer to a signal set of 8 bytes": unix.EFAULT}, {"answer to a signal set of 16 bytes": unix.EFAULT},
	},

	"kernel / is new enough for the Go port":             {{"release of the kernel": release{2, 6}}, {"release of the kernel": release{3, 1}}},
	"kernel / names the architecture in uname":           {{"architecture in uname": "mips64"}},
	"kernel / counts process time in 100 ticks a second": {{fmt.Sprintf("auxiliary vector's value %d", atClockTick): uintptr(1000)}},

	"layout / of a mixed Go structure is the same everywhere": {{"layout of a Go structure": []uintptr{60, 4, 0, 4, 12, 16, 20, 24, 40, 44}}},
	"filled by the kernel / stat holds size, mode and links where the layout says": {
		{"bytes of stat": func(b []byte) []byte { b[48]++; return b }}, {"bytes of stat": func(b []byte) []byte { copy(b[16:28], make([]byte, 12)); return b }},
	},
	"filled by the kernel / epoll gives back the data it was given": {
		{"events of epoll": 2},
		{"data of two events of epoll": func(e []unix.EpollEvent) []unix.EpollEvent { e[0].Pad = 0; return e }},
		{"data of two events of epoll": func(e []unix.EpollEvent) []unix.EpollEvent { e[1].Events = 1; return e }},
	},
	"filled by the kernel / sockaddr_un holds the path after the family": {
		{check.Sound: nil, "path of a socket, and the kernel's address of it": bound{"/tmp/s", []byte("\x01\x00/tmp/s\x00")}},
		{"path of a socket, and the kernel's address of it": bound{"/tmp/s", []byte("\x00\x01/tmp/s\x00")}},
		{"path of a socket, and the kernel's address of it": bound{"/tmp/s", []byte("\x01\x00\x00\x00/tmp/s\x00")}},
	},
	"filled by the kernel / getdents64 lists what a directory holds": {{"names by getdents64": []string{"ne"}}, {"names by getdents64": []string{}}},

	"atomic / 64-bit values align to 8 bytes behind a narrower field": {{"offset of a 64-bit value behind a byte": uintptr(4)}},
	"atomic / 64-bit addition carries into the upper half":            {{"0xffffffff and 1": uint64(0)}},
	"atomic / and, or, swap and compare give the old value": {
		{"values before and, or and swap": []uint64{0b0100, 0b0101, 9}}, {"swaps of another value, and of the right one": []bool{true, true}},
		{"swaps of another value, and of the right one": []bool{false, false}}, {"value after compare and swap": uint64(9)},
	},
	"atomic / additions of four goroutines are all counted, in 32 and 64 bits": {
		{"additions of four goroutines in 32 bits": int32(79999)}, {"additions of four goroutines in 64 bits": int64(79999) << 31},
	},
	"atomic / compare and swap of four goroutines lets one win each time": {{"swaps that four goroutines won": uint64(19999)}},
	"atomic / a 64-bit value is never seen half written":                  {{"values half written": int64(1)}},
	"atomic / what was written before a flag is seen behind it":           {{"flags seen before what was written before them": 1}},
	"atomic / a store is not overtaken by the load behind it":             {{"loads of both sides that saw neither store": 1}},

	"clock / is in the vDSO, under the architecture's name": {{"symbols of the vDSO": []string{"__vdso_time"}}, {"symbols of the vDSO": []string{}}},
	"clock / never steps back, by system call":              {{"clock by system call": clockAt[int64](10, 9)}},
	"clock / never steps back, by the runtime":              {{"clock of the runtime": clockAt[time.Duration](10, 9)}},
	"clock / never steps back between processors":           {{"steps back between processors": int64(1)}},
	"clock / of the vDSO and of the system call agree":      {{"time of the vDSO": int64(1)}, {"time of the vDSO": int64(1) << 62}},
	"clock / resolves nanoseconds":                          {{"resolution of CLOCK_MONOTONIC in ns": int64(time.Second)}},
	"clock / sleeps no shorter than asked":                  {{"how much longer than asked it slept": -time.Nanosecond}},

	"feature / set has what Go binaries need":                                {hwcap(0)},
	"feature / set in AT_HWCAP is the one in /proc/cpuinfo":                  {{"features in /proc/cpuinfo": map[string]bool{}}},
	"feature / set that golang.org/x/sys/cpu detects is the one in AT_HWCAP": {{"features that golang.org/x/sys/cpu detects": inverted}, hwcap(0)},

	"signal / numbers are the generic ones":          {{"numbers of seven signals": []syscall.Signal{4, 10, 16, 11, 18, 21, 12}}},
	"signal / numbers end at 64":                     {{"answer to the highest signal": unix.EINVAL}, {"answer to a signal that no kernel has": unix.Errno(0)}},
	"signal / sent to the process reaches os/signal": {{"signal to the process": nil}, {"signal to the process": os.Signal(unix.SIGUSR1)}},
	"signal / sent to a thread reaches os/signal":    {{"signal to a thread": nil}, {"signal to a thread": os.Signal(unix.SIGUSR1)}},
	"signal / handlers have an alternate stack as large as the kernel asks for": {
		{"alternate stack of a thread": stackT{flags: stackDisabled, size: 32 << 10}}, {"alternate stack of a thread": stackT{size: 1024}},
	},
	"signal / of a nil dereference becomes a panic":                        {{"panic of a nil dereference": nil}, {"panic of a nil dereference": errors.New("another")}},
	"signal / of an integer division by zero becomes a panic":              {{"panic of an integer division by zero": nil}, {"panic of an integer division by zero": errors.New("another")}},
	"signal / of a fault names the address":                                {{"address of a fault, from its page": uintptr(0)}},
	"signal / of a broken pipe can be EPIPE instead":                       {{"answer of a broken pipe": nil}, {"answer of a broken pipe": unix.EBADF}},
	"signal / interrupts a loop without calls, so that the world can stop": {{"the world stopped beside a loop without calls": false}},
	"preemption / registers hold their values over asynchronous preemptions": {
		{check.Sound: nil, "computations in registers over preemptions, and wrong results": registersSeen{runs: 9}},
		{"computations in registers over preemptions, and wrong results": registersSeen{runs: 9, wrong: []registerSums{{1}}}},
		{"computations in registers over preemptions, and wrong results": registersSeen{}},
	},

	"float / conversion within range truncates":               {{"int64 of 1.9": int64(2)}, {"int64 of -1.9": int64(-2)}, {"int64 of 0.1": int64(1)}, {"uint64 of 2^63 + 2048": uint64(1 << 63)}},
	"float / x*y+z may be fused, float64(x*y)+z never is":     {{"float64(x*y)+z": 0x1p-60}, {"x*y+z": 0x1p-59}},
	"float / fused multiply-add rounds once":                  {{"math.FMA": 0.0}},
	"float / 0/0 is NaN, of the machine's own sign":           {{"0/0": 0.0}, {"0/0": 1.0}},
	"float / subnormals are kept":                             {{"a third of three times the least float64": 0.0}, {"2^-1022 / 4": 0.0}, {"the least float32": float32(0)}},
	"float / rounds to nearest, ties to even":                 {{"1 + 2^-53": after(1, 1)}, {"1 + 3 * 2^-53": after(1, 1)}, {"float32 of 2^24 + 1": float32(1<<24 + 2)}},
	"float / signed zero and infinities follow IEEE 754":      {{"-0": 0.0}, {"1/0 and 1/-0": []float64{0, 0}}, {"+Inf - Inf": 0.0}},
	"math / of wide integers carries":                         {{"(2^64-1)^2": []uint64{0, 1}}, {"2^64-1 + 1 + 1": []uint64{1, 0}}, {"2^64 / 3": []uint64{0x5555555555555555, 0}}},
	"math / of shifts and counts follows Go, not the machine": {{"1 << 64": uint64(1)}, {"1 << 200": uint64(256)}, {"least int64 / -1": int64(0)}, {"least int64 % -1": int64(-1)}, {"zeros of 0, and ones of 0xf0f0": []int{0, 64, 8}}},

	"memory / loads and stores at every misalignment, across two pages too": {
		{"bytes of a misaligned store": uint64(0x1122334455667788)}, {"misaligned load of 8 bytes": uint64(0)},
		{"misaligned load of 4 bytes": uint32(0x11443322)}, {"misaligned load of 2 bytes": uint16(0)},
	},
	"memory / new pages are zero": {{"new pages": []byte{0, 0, 1}}},
	"memory / mprotect takes write access away and gives it back": {
		{"fault of a write to what may only be read, from its page": uintptr(0)}, {"byte of a page that may be written again": byte(0)},
	},
	"memory / AT_RANDOM points at 16 bytes that are not all zero": {{"bytes at AT_RANDOM": make([]byte, 16)}},
}

// after returns the float64 that stands some places behind f.
func after(f float64, places int64) float64 {
	return math.Float64frombits(math.Float64bits(f) + uint64(places))
}
