// Package capacity measures how many requests Go's HTTP server answers, and how long each takes: directly and through each proxy, on
// connections that are kept and on new ones.
package capacity

import (
	"fmt"
	"runtime"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/drivers/servers/web"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

// Specs registers the specs. Server and clients are in processes of their own, so that each one's CPU time is known.
func Specs() {
	rerun.Section(func() { It(serverSpec, check.Within(5*time.Minute), serve) })
	check.Section("capacity", func() {
		for _, r := range routes() {
			for _, kept := range []bool{true, false} {
				It(r.name+", "+keeping(kept), check.Bench(), check.Within(2*time.Minute), r.marks(), func() { measureRoute(r, kept) })
			}
		}
		It("direct, GOMAXPROCS of the server from 1 to all", check.Bench(), check.Within(2*time.Minute), measureProcessors)
		for _, g := range generators() {
			It("direct, asked by "+g.name, check.Bench(), check.Optional(), check.Within(time.Minute), func() { measureBy(g) })
		}
	})
}

// route is a way from the clients to the server.
type route struct {
	name    string
	program *web.Proxy // nil: none
	reverse bool       // through the standard library's reverse proxy
}

func routes() []route {
	all := []route{{name: "direct"}, {name: "through httputil.ReverseProxy", reverse: true}}
	for _, p := range web.Proxies() {
		all = append(all, route{name: "through " + p.Title, program: &p})
	}
	return all
}

func (r route) marks() Labels {
	if r.program != nil {
		return check.Optional()
	}
	return nil
}

func keeping(kept bool) string {
	if kept {
		return "connections are kept"
	}
	return "a connection for each request"
}

// connections are the numbers of connections at a time.
func connections() []int { return check.IfNative([]int{1, 16, 128, 1024}, []int{1, 16}) }

// span is how long a load lasts.
func span() time.Duration { return check.IfNative(300*time.Millisecond, 100*time.Millisecond) }

// measureRoute samples each number of connections.
func measureRoute(r route, kept bool) {
	GinkgoHelper()
	s := begin(r, 0)
	for _, n := range connections() {
		s.sample(fmt.Sprintf("capacity/%s/%s/connections=%d", r.name, keeping(kept), n), n, kept)
	}
}

// measureProcessors samples a server with each power of two as its GOMAXPROCS, and with all processors.
func measureProcessors() {
	GinkgoHelper()
	for n := 1; n < 2*runtime.NumCPU(); n *= 2 {
		procs := min(n, runtime.NumCPU())
		begin(route{name: "direct"}, procs).sample(fmt.Sprintf("capacity/direct/GOMAXPROCS=%d/connections=64", procs), 64, true)
	}
}

// sample loads the server and records what came out.
func (s *setting) sample(name string, n int, kept bool) {
	GinkgoHelper()
	before, own := s.used(), check.CPUTime()
	l := load(s.address, n, kept, span())
	if l.answered == 0 {
		check.Error(record.Sayf("%s: no request is answered: %v", "%s：没有请求得到响应：%v", name, l.err))
	}
	sample := func(what string, value float64, unit string, better record.Better) {
		check.Sample(record.Sample{Name: name + "/" + what, Value: value, Unit: unit, Better: better, N: l.answered})
	}
	each := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(l.answered) }
	sample("rate", float64(l.answered)/l.took.Seconds(), "ops/s", record.Higher)
	sample("p50", float64(l.at(0.5)), "ns/op", record.Lower)
	sample("p99", float64(l.at(0.99)), "ns/op", record.Lower)
	sample("p99.9", float64(l.at(0.999)), "ns/op", record.Lower)
	sample("server", each(s.used()-before), "cpu-ns/op", record.Lower)
	sample("clients", each(check.CPUTime()-own), "cpu-ns/op", record.Lower)
	if l.failed > 0 {
		sample("failed", 100*float64(l.failed)/float64(l.failed+l.answered), "%", record.Lower)
	}
}
