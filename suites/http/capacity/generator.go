package capacity

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/drivers/servers/web"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// generator is a program that loads servers. Its figures are beside those of Go's clients on the same server.
type generator struct {
	name string
	args func(n int, url string) []string
	p50  func() *regexp.Regexp // finds the 50th percentile, with its unit
}

var rate = pattern.Of(`Requests/sec:\s+([0-9.]+)`)

func generators() []generator {
	return []generator{
		{"wrk", func(n int, url string) []string {
			return []string{"-t", strconv.Itoa(min(n, runtime.NumCPU())), "-c", strconv.Itoa(n), "-d", "1s", "--latency", url}
		}, pattern.Of(`50%\s+([0-9.]+)(us|ms|s)`)},
		{"hey", func(n int, url string) []string { return []string{"-z", "1s", "-c", strconv.Itoa(n), url} },
			pattern.Of(`50% in ([0-9.]+) (sec)s`)},
	}
}

// measureBy samples what a program says of a server, and what Go's clients get from it in the same spec.
func measureBy(g generator) {
	GinkgoHelper()
	program, err := web.Program(g.name)
	if absent, is := errors.AsType[*daemon.AbsentError](err); is {
		check.Miss(record.Say(absent.Error(), "未安装 "+absent.Program), remedy)
	}
	check.NoError(err)
	s := begin(route{name: "direct"}, 0)
	for _, n := range connections()[:2] {
		name := fmt.Sprintf("capacity/beside %s/connections=%d", g.name, n)
		s.sample(name+"/Go", n, true)
		ctx, cancel := context.WithTimeout(context.Background(), check.ScaledTimeout(20*time.Second))
		cmd := exec.CommandContext(ctx, program, g.args(n, "http://"+s.address+"/")...)
		cmd.Env = append(os.Environ(), web.Libraries(program)...)
		before := s.used()
		out, err := cmd.CombinedOutput()
		used := s.used() - before
		cancel()
		if err != nil {
			check.Error(record.Sayf("%s: %v: %.300s", "%s：%v：%.300s", g.name, err, out))
		}
		g.record(name+"/"+g.name, string(out), used)
	}
}

// record records the figures in a program's output.
func (g generator) record(name, out string, used time.Duration) {
	GinkgoHelper()
	perSecond, p50, err := g.read(out)
	if err != nil {
		check.Error(record.Sayf("%s: %v: %.300s", "%s：%v：%.300s", g.name, err, out))
	}
	check.Sample(record.Sample{Name: name + "/rate", Value: perSecond, Unit: "ops/s", Better: record.Higher, N: int(perSecond)})
	check.Sample(record.Sample{Name: name + "/p50", Value: float64(p50.Nanoseconds()), Unit: "ns/op", Better: record.Lower, N: int(perSecond)})
	check.Sample(record.Sample{Name: name + "/server", Value: float64(used.Nanoseconds()) / perSecond, Unit: "cpu-ns/op", Better: record.Lower, N: int(perSecond)})
}

// read finds the rate and the 50th percentile in a program's output. It returns an error if one is not there.
func (g generator) read(out string) (perSecond float64, p50 time.Duration, err error) {
	r, p := rate().FindStringSubmatch(out), g.p50().FindStringSubmatch(out)
	if r == nil || p == nil {
		return 0, 0, errors.New("no rate or no percentile in its output")
	}
	if perSecond, err = strconv.ParseFloat(r[1], 64); err != nil || perSecond == 0 {
		return 0, 0, fmt.Errorf("rate %q", r[1])
	}
	value, err := strconv.ParseFloat(p[1], 64)
	unit := map[string]time.Duration{"us": time.Microsecond, "ms": time.Millisecond, "s": time.Second, "sec": time.Second}[p[2]]
	return perSecond, time.Duration(value * float64(unit)), err
}
