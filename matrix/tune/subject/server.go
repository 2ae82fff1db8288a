package subject

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"time"

	"golang.org/x/perf/benchfmt"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/tuning"
)

// Server is a user's server, and a command that puts load on it.
type Server struct {
	Command []string
	Load    string // for the shell
	Ready   string // host:port that accepts connections when the server is ready; "" if the load waits by itself
}

const (
	readyTime = 30 * time.Second // for which a server may start
	endTime   = 10 * time.Second // for which it may end
)

// Check returns a *record.Problem if the server cannot be started or the address is none.
func (s *Server) Check() error {
	if _, err := exec.LookPath(s.Command[0]); err != nil {
		return record.Wrongf("", "%s: no such program", "没有程序 %s", s.Command[0])
	}
	if _, _, err := net.SplitHostPort(s.Ready); s.Ready != "" && err != nil {
		return record.Wrongf("--ready", "%q is not HOST:PORT", "%q 不是 主机:端口 的形式", s.Ready)
	}
	return nil
}

// Measure starts the server under a setting, waits until it is ready, runs the load and ends the server. What the load prints in
// the Go benchmark format counts: req/s as throughput, and a unit that begins with p99-ns as latency. Without req/s the load's
// duration is the throughput, so that it must always do as many requests.
func (s *Server) Measure(ctx context.Context, setting tuning.Setting) ([]record.Sample, error) {
	cmd := exec.Command(s.Command[0], s.Command[1:]...)
	cmd.Env = environment(setting)
	server, err := start(cmd)
	if err != nil {
		return nil, err
	}
	defer server.end(endTime)
	if err := s.wait(ctx, server); err != nil {
		return nil, err
	}
	began := time.Now()
	results, err := s.load(ctx)
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	select {
	case <-server.done:
		return nil, fmt.Errorf("the server ended under load: %w", server.failure())
	default:
	}
	server.end(endTime)
	samples := append(server.trace.samples(), server.memory())
	samples = append(samples, latencies(results)...)
	return append(samples, throughput(results, took)), nil
}

// throughput returns the sample of throughput.
func throughput(results []*benchfmt.Result, took time.Duration) record.Sample {
	for _, r := range results {
		for _, v := range r.Values {
			if v.Unit == "req/s" {
				return record.Sample{Name: string(tuning.Throughput), Value: v.Value, Unit: "req/s", Better: record.Higher}
			}
		}
	}
	return record.Sample{Name: string(tuning.Throughput), Value: float64(took.Nanoseconds()), Unit: "ns/load", Better: record.Lower}
}

// wait waits until the server accepts connections. It returns an error if it ends before, or does not in time.
func (s *Server) wait(ctx context.Context, server *process) error {
	if s.Ready == "" {
		return nil
	}
	for late := time.After(readyTime); ; {
		c, err := net.DialTimeout("tcp", s.Ready, time.Second)
		if err == nil {
			return c.Close()
		}
		select {
		case <-server.done:
			server.watch.Wait()
			return fmt.Errorf("the server ended before it was ready: %w", server.failure())
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-late:
			return fmt.Errorf("the server does not accept connections at %s within %v", s.Ready, readyTime)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// load runs the load and returns the results that it prints. It returns an error if the load fails.
func (s *Server) load(ctx context.Context) ([]*benchfmt.Result, error) {
	cmd := exec.Command("/bin/sh", "-c", s.Load)
	cmd.Env = environment(tuning.Default)
	out := &child.Output{}
	cmd.Stdout = out
	p, err := start(cmd)
	if err != nil {
		return nil, err
	}
	if err := p.wait(ctx); err != nil {
		return nil, err
	}
	if !cmd.ProcessState.Success() {
		return nil, fmt.Errorf("the load failed: %s: %s", cmd.ProcessState, strings.TrimSpace(string(p.trace.tail)))
	}
	return readResults(out.Bytes()), nil
}
