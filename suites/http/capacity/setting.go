package capacity

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
	"github.com/xcmatrix/xcmatrix/drivers/servers/web"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
)

const (
	serverSpec = "capacity server"
	// variable tells the server's process its port and, behind a comma, the address of the server that it stands before.
	variable = "XCMATRIX_CAPACITY"
	// body is what the server answers.
	body = "hello, 龙芯. This is a body of some length, as a small answer in JSON would have it.\n"
)

// serve is the server's process.
func serve() {
	port, upstream, reverse := strings.Cut(os.Getenv(variable), ",")
	l, err := net.Listen("tcp4", "127.0.0.1:"+port)
	check.NoError(err)
	var handler http.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, body)
	})
	if reverse {
		handler = &httputil.ReverseProxy{Transport: &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: web.IdleTime, DisableCompression: true},
			Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: upstream}) }}
	}
	check.NoError(http.Serve(l, handler))
}

// setting is a server, and what stands before it.
type setting struct {
	address  string
	commands []*exec.Cmd
	program  *daemon.Server // nil: none
}

// begin starts a route's processes, which end with the spec. procs is the server's GOMAXPROCS; 0: that of the runtime's choice.
func begin(r route, procs int) *setting {
	GinkgoHelper()
	s, ctx := &setting{}, context.Background()
	s.address = s.process("", procs)
	switch {
	case r.reverse:
		s.address = s.process(s.address, procs)
	case r.program != nil:
		dir, err := os.MkdirTemp("", "xcmatrix-http-")
		check.NoError(err)
		DeferCleanup(os.RemoveAll, dir)
		s.program, err = r.program.Start(ctx, dir, s.address)
		if absent, is := errors.AsType[*daemon.AbsentError](err); is {
			check.Miss(record.Say(absent.Error(), "未安装 "+absent.Program), remedy)
		}
		check.NoError(err)
		DeferCleanup(s.program.Stop)
		s.address = s.program.HostPort()
	}
	return s
}

// remedy says how to get programs.
var remedy = record.Say("scripts/setup --http, or install it with the machine's package manager", "运行 scripts/setup --http，或用系统的包管理器安装")

// process starts a server's process, before another server if upstream is not empty, and returns its address when it answers.
func (s *setting) process(upstream string, procs int) (address string) {
	GinkgoHelper()
	port, err := daemon.FreePort()
	check.NoError(err)
	env := []string{variable + "=" + strconv.Itoa(port)}
	if upstream != "" {
		env[0] += "," + upstream
	}
	if procs > 0 {
		env = append(env, fmt.Sprintf("GOMAXPROCS=%d", procs))
	}
	ctx, end := context.WithCancel(context.Background())
	cmd := rerun.Start(ctx, rerun.Options{Item: "http", Spec: serverSpec, Env: env})
	DeferCleanup(func() {
		end()
		_ = cmd.Wait() // it is killed
	})
	s.commands = append(s.commands, cmd)
	address = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for end := time.Now().Add(check.ScaledTimeout(20 * time.Second)); ; time.Sleep(10 * time.Millisecond) {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
			return address
		}
		if time.Now().After(end) {
			check.NoError(err)
		}
	}
}

// used returns the CPU time of all processes of the setting but this one.
func (s *setting) used() (used time.Duration) {
	for _, cmd := range s.commands {
		used += rerun.Used(cmd)
	}
	if s.program == nil {
		return used
	}
	pid := s.program.PID()
	used += rerun.UsedBy(pid)
	children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid)) // nginx has workers
	for _, child := range strings.Fields(string(children)) {
		if n, err := strconv.Atoi(child); err == nil {
			used += rerun.UsedBy(n)
		}
	}
	return used
}
