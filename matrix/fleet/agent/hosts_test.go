package agent_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// network is hosts in network namespaces that are joined by a bridge.
type network struct {
	*testing.T
	prefix, dir string
}

// newNetwork makes a network with an address for this process, and hosts with the numbers 1 to hosts.
func newNetwork(t *testing.T, hosts int) *network {
	t.Helper()
	if os.Geteuid() != 0 {
		needs.Absent(t, needs.Root, "only root can make network namespaces")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		needs.Absent(t, needs.Tools, "ip is not here: apt-get install iproute2")
	}
	n := &network{T: t, prefix: fmt.Sprintf("xf%d", os.Getpid()%100_000), dir: t.TempDir()}
	if out, err := exec.Command("ip", "link", "add", n.bridge(), "type", "bridge").CombinedOutput(); err != nil {
		needs.Absent(t, needs.Kernel, fmt.Sprintf("no bridge can be made: %s", bytes.TrimSpace(out)))
	}
	t.Cleanup(func() { _ = exec.Command("ip", "link", "del", n.bridge()).Run() })
	n.ip("addr", "add", n.address(254)+"/24", "dev", n.bridge())
	n.ip("link", "set", n.bridge(), "up")
	for i := 1; i <= hosts; i++ {
		name, here := n.host(i), n.link(i)
		n.ip("netns", "add", name)
		t.Cleanup(func() { _ = exec.Command("ip", "netns", "del", name).Run() })
		n.ip("link", "add", here, "type", "veth", "peer", "name", "eth0", "netns", name)
		n.ip("link", "set", here, "master", n.bridge(), "up")
		n.ip("-n", name, "addr", "add", n.address(i)+"/24", "dev", "eth0")
		n.ip("-n", name, "link", "set", "eth0", "up")
		n.ip("-n", name, "link", "set", "lo", "up")
	}
	return n
}

func (n *network) bridge() string    { return n.prefix + "b" }
func (n *network) host(i int) string { return fmt.Sprintf("%s-%d", n.prefix, i) }
func (n *network) link(i int) string { return fmt.Sprintf("%sv%d", n.prefix, i) }

// address returns the address of a host. Networks of other test processes have other addresses.
func (n *network) address(i int) string { return fmt.Sprintf("10.77.%d.%d", os.Getpid()%250, i) }

func (n *network) ip(args ...string) {
	n.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
	}
}

// cut takes a host's link down, or up again.
func (n *network) cut(i int, state string) { n.ip("link", "set", n.link(i), state) }

// process is this test binary in a role on a host.
type process struct {
	n    *network
	host int
	role string
	args []string
	log  string
	cmd  *exec.Cmd
}

// start starts the test binary in a role on a host; its output is added to a file.
func (n *network) start(host int, role string, args ...string) *process {
	n.Helper()
	p := &process{n: n, host: host, role: role, args: args, log: filepath.Join(n.dir, fmt.Sprintf("%s-%d.log", role, host))}
	p.begin()
	n.Cleanup(func() { p.kill() })
	return p
}

func (p *process) begin() {
	p.n.Helper()
	self, err := os.Executable()
	if err != nil {
		p.n.Fatal(err)
	}
	out, err := os.OpenFile(p.log, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		p.n.Fatal(err)
	}
	defer out.Close()
	p.cmd = exec.Command("ip", append([]string{"netns", "exec", p.n.host(p.host), self}, p.args...)...)
	p.cmd.Env = append(os.Environ(), "XCMATRIX_TEST_ROLE="+p.role)
	p.cmd.Stdout, p.cmd.Stderr = out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} // ip executes the program in its own place
	if err := p.cmd.Start(); err != nil {
		p.n.Fatal(err)
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *process) signal(s syscall.Signal) {
	p.n.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.n.Fatal(err)
	}
}

// logged returns how often the process has said something.
func (p *process) logged(words string) int {
	raw, err := os.ReadFile(p.log)
	if err != nil {
		p.n.Fatal(err)
	}
	return bytes.Count(raw, []byte(words))
}

// within waits until something holds.
func (n *network) within(limit time.Duration, what string, holds func() bool) {
	n.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	n.Fatalf("%s: not so within %s", what, limit)
}
