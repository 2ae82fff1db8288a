package toolchain

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"regexp"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"slices"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

func library() {
	It("writes floating-point numbers that read back the same", func() {
		r := check.Rand()
		for range 5000 {
			f := math.Float64frombits(r.Uint64())
			if math.IsNaN(f) {
				continue
			}
			back, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', -1, 64), 64)
			if err != nil || check.Fact("a float that was read back", back) != f {
				Fail(strconv.FormatFloat(f, 'g', -1, 64))
			}
		}
		hard, err := strconv.ParseFloat("2.2250738585072011e-308", 64)
		Expect(err).NotTo(HaveOccurred())
		Expect(check.Fact("a float that is hard to read", hard)).To(Equal(math.Float64frombits(0x000fffffffffffff)))
	})
	It("compresses and restores", func() {
		data := append(bytes.Repeat([]byte("信创适配"), 20000), noise(5000)...)
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := w.Write(data)
		Expect(err).NotTo(HaveOccurred())
		Expect(w.Close()).To(Succeed())
		Expect(check.Fact("bytes after compression", packed.Len())).To(BeNumerically("<", 20000))
		r, err := gzip.NewReader(&packed)
		Expect(err).NotTo(HaveOccurred())
		back, err := io.ReadAll(r)
		Expect(err).NotTo(HaveOccurred())
		Expect(check.Fact("what was compressed is restored", bytes.Equal(back, data))).To(BeTrue())
	})
	It("encodes JSON the same everywhere", func() {
		value := map[string]any{"名称": "龙芯", "n": 1e21, "f": 0.1, "i": int64(math.MaxInt64), "list": []any{nil, true, "<&>"}}
		text, err := json.Marshal(value)
		Expect(err).NotTo(HaveOccurred())
		Expect(check.Fact("JSON", string(text))).To(Equal(`{"f":0.1,"i":9223372036854775807,"list":[null,true,"\u003c\u0026\u003e"],"n":1e+21,"名称":"龙芯"}`))
	})
	It("sorts, stable where it says so", func() {
		r := check.Rand()
		list := make([][2]int, 10000)
		for i := range list {
			list[i] = [2]int{r.IntN(100), i}
		}
		slices.SortStableFunc(list, func(a, b [2]int) int { return a[0] - b[0] })
		Expect(slices.IsSortedFunc(check.Fact("a sorted list", list), func(a, b [2]int) int {
			if a[0] != b[0] {
				return a[0] - b[0]
			}
			return a[1] - b[1]
		})).To(BeTrue())
	})
	It("matches Chinese text", func() {
		found := regexp.MustCompile(`(\p{Han}+)\s*(\d+[A-Z]\d+)`).FindStringSubmatch("处理器：龙芯 3A6000")
		Expect(check.Fact("Chinese text that was matched", found)).To(Equal([]string{"龙芯 3A6000", "龙芯", "3A6000"}))
	})
	It("counts days and zones", func() {
		shanghai := time.FixedZone("CST", 8*3600)
		leap := time.Date(2024, 2, 28, 20, 0, 0, 0, shanghai).Add(24 * time.Hour)
		Expect(check.Fact("a leap day", leap.Format(time.RFC3339))).To(Equal("2024-02-29T20:00:00+08:00"))
		Expect(check.Fact("weekday of a leap day", leap.UTC().Weekday())).To(Equal(time.Thursday))
		if zone, err := time.LoadLocation("Asia/Shanghai"); err == nil {
			Expect(leap.In(zone).Format(time.RFC3339)).To(Equal(leap.Format(time.RFC3339)))
		}
	})
	It("knows its own file", func() {
		check.NoError(check.Gather("answer to a look at its own file", ownFile))
	})
}

// ownFile returns the answer to a look at the process's own file; the spec is skipped where the file cannot be there.
func ownFile() error {
	GinkgoHelper()
	path, err := os.Executable() // it reads a link in /proc
	if errors.Is(err, os.ErrNotExist) {
		check.Skip(record.Say("/proc is not mounted here", "此处未挂载 /proc"))
	}
	check.NoError(err)
	_, err = os.Stat(strings.TrimSuffix(path, " (deleted)"))
	if errors.Is(err, os.ErrNotExist) {
		check.Skip(record.Say("the payload's file has been removed or moved", "测试程序文件已被删除或移动"))
	}
	return err
}

func profiles() {
	It("of processor time has samples", func() {
		Expect(check.Gather("profile of processor time", processorProfile)).To(ContainSubstring("toolchain.processorProfile")) // the name table has what was sampled
	})
	It("of the heap names who allocates", func() {
		before := runtime.MemProfileRate
		runtime.MemProfileRate = 1
		DeferCleanup(func() { runtime.MemProfileRate = before })
		held := make([][]byte, 100)
		for i := range held {
			held[i] = make([]byte, 10000)
		}
		runtime.GC()
		var out bytes.Buffer
		Expect(pprof.Lookup("heap").WriteTo(&out, 1)).To(Succeed())
		runtime.KeepAlive(held)
		Expect(check.Fact("profile of the heap", out.String())).To(ContainSubstring("toolchain.profiles"))
	})
	It("of goroutines shows their stacks", func() {
		hold := make(chan struct{})
		go waitHere(hold)
		DeferCleanup(func() { close(hold) })
		check.Eventually(func() string {
			var out bytes.Buffer
			Expect(pprof.Lookup("goroutine").WriteTo(&out, 1)).To(Succeed())
			return check.Fact("profile of goroutines", out.String())
		}).Should(ContainSubstring("toolchain.waitHere"))
	})
	It("of events begins as a trace does", func() {
		events := check.Gather("trace of events", eventTrace)
		Expect(events).To(HavePrefix("go 1."))
		Expect(len(events)).To(BeNumerically(">", 100))
	})
}

// processorProfile returns the profile of this function, which computes for a while.
func processorProfile() string {
	GinkgoHelper()
	check.NeedsKernel(record.Say("its timers do not signal threads as the kernel does", "它的定时器向线程发信号的方式与内核不同"))
	var out bytes.Buffer
	if err := pprof.StartCPUProfile(&out); err != nil {
		check.Skip(record.Sayf("another profile is being taken: %v", "正在采集另一份剖析数据：%v", err))
	}
	for end := processorTime() + 300*time.Millisecond; processorTime() < end; {
	}
	pprof.StopCPUProfile()
	r, err := gzip.NewReader(&out)
	Expect(err).NotTo(HaveOccurred())
	raw, err := io.ReadAll(r)
	Expect(err).NotTo(HaveOccurred())
	return string(raw)
}

// eventTrace returns a trace of one garbage collection.
func eventTrace() string {
	GinkgoHelper()
	var out bytes.Buffer
	if err := trace.Start(&out); err != nil {
		check.Skip(record.Sayf("another trace is being taken: %v", "正在采集另一份跟踪：%v", err))
	}
	runtime.GC()
	trace.Stop()
	return out.String()
}

// processorTime returns the CPU time that this process has used. On a busy machine it is less than the time that has passed.
func processorTime() time.Duration {
	var u unix.Rusage
	Expect(unix.Getrusage(unix.RUSAGE_SELF, &u)).To(Succeed())
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

//go:noinline
func waitHere(hold chan struct{}) { <-hold }
