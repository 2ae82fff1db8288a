// Package sshtest runs an SSH server for tests: Debian's sshd, unpacked by scripts/setup --sshd, on a port of its own with
// keys of its own. Nothing is added to the machine. As root the account that tests log in to is in a private /etc/passwd,
// by a mount name space; else it is the user's own.
package sshtest

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

// Server is an SSH server that runs.
type Server struct {
	Config string // for ssh -F: the host "machine" is the server
	Home   string // of the account
	Known  string // the file of known host keys
	Key    string // private key that may log in
	User   string
	Port   int

	dir     string
	program string
	cmd     *exec.Cmd
	log     *bytes.Buffer
	private bool // the account is the server's own
}

// Options of a server.
type Options struct {
	Shell string // of the account; /bin/sh by default. Only where the account is the server's own
	Lines string // of sshd_config, before the others
	Mount string // shell commands, in the mount name space of the server, before it starts; $home is the account's
}

// Start starts a server that ends with the test. A test without one is skipped, with what to do.
func Start(t *testing.T, o Options) *Server {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if cached := os.Getenv("XCMATRIX_TEST_CACHE"); cached != "" {
		cache = cached
	}
	root := filepath.Join(cache, "xcmatrix", "tools", "sshd")
	s := &Server{program: filepath.Join(root, "usr/sbin/sshd"), dir: home(t), log: &bytes.Buffer{}}
	if _, err := os.Stat(s.program); err != nil {
		needs.Absent(t, needs.SSH, "there is no SSH server for tests: run scripts/setup --sshd")
	}
	if _, err := exec.LookPath("ssh"); err != nil {
		needs.Absent(t, needs.SSH, "there is no ssh: install openssh-client")
	}
	s.account(t)
	s.keys(t)
	s.Port = freePort(t)
	s.configure(t, o)
	s.Run(t, o)
	return s
}

// home is a directory that the account can reach, whatever this machine's umask is.
func home(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "xcmatrix-sshtest-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return dir
}

const privateAccount, privateID = "xclab", 64321

func (s *Server) account(t *testing.T) {
	t.Helper()
	s.Home = filepath.Join(s.dir, "home")
	must(t, os.MkdirAll(s.Home, 0o700))
	if os.Getuid() != 0 {
		u, err := user.Current()
		must(t, err)
		s.User, s.Home = u.Username, u.HomeDir
		return
	}
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		needs.Absent(t, needs.Root, fmt.Sprintf("root may not make mount name spaces here (%s): run this as a user, or on another machine", bytes.TrimSpace(out)))
	}
	s.User, s.private = privateAccount, true
	must(t, os.Chown(s.Home, privateID, privateID))
}

func (s *Server) keys(t *testing.T) {
	t.Helper()
	s.Key = filepath.Join(s.dir, "key")
	for _, path := range []string{filepath.Join(s.dir, "host_key"), s.Key} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	s.Known = filepath.Join(s.dir, "known_hosts")
	public, err := os.ReadFile(s.Key + ".pub")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(s.dir, "authorized_keys"), public, 0o644))
}

// Fingerprint of the server's host key.
func (s *Server) Fingerprint(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("ssh-keygen", "-l", "-f", filepath.Join(s.dir, "host_key.pub")).Output()
	must(t, err)
	return strings.Fields(string(out))[1]
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *Server) configure(t *testing.T, o Options) {
	t.Helper()
	config := o.Lines + fmt.Sprintf("\nPort %d\nListenAddress 127.0.0.1\nHostKey %s\nAuthorizedKeysFile %s\nStrictModes no\nUsePAM no\nPidFile none\nPasswordAuthentication no\nMaxStartups 100\nLogLevel VERBOSE\n",
		s.Port, filepath.Join(s.dir, "host_key"), filepath.Join(s.dir, "authorized_keys"))
	must(t, os.WriteFile(filepath.Join(s.dir, "sshd_config"), []byte(config), 0o644))
	public, err := os.ReadFile(filepath.Join(s.dir, "host_key.pub"))
	must(t, err)
	must(t, os.WriteFile(s.Known, fmt.Appendf(nil, "[127.0.0.1]:%d %s", s.Port, public), 0o644))
	s.Config = s.ClientConfig(t, "config", s.Port)
	if s.private {
		s.accounts(t, o)
	}
}

// ClientConfig writes a configuration for ssh in which the host "machine" is the server, reached by a port.
func (s *Server) ClientConfig(t *testing.T, name string, port int, more ...string) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	text := fmt.Sprintf("Host machine\n  HostName 127.0.0.1\n  Port %d\n  HostKeyAlias [127.0.0.1]:%d\n  User %s\n  IdentityFile %s\n  IdentitiesOnly yes\n  IdentityAgent none\n  UserKnownHostsFile %s\n  GlobalKnownHostsFile none\n",
		port, s.Port, s.User, s.Key, s.Known)
	must(t, os.WriteFile(path, []byte(text+strings.Join(more, "\n")+"\n"), 0o600))
	return path
}

// accounts writes the private /etc/passwd.
func (s *Server) accounts(t *testing.T, o Options) {
	t.Helper()
	shell := o.Shell
	if shell == "" {
		shell = "/bin/sh"
	}
	passwd, err := os.ReadFile("/etc/passwd")
	must(t, err)
	passwd = fmt.Appendf(passwd, "sshd:x:64320:65534::/run/sshd:/usr/sbin/nologin\n%s:x:%d:%d::%s:%s\n", s.User, privateID, privateID, s.Home, shell)
	must(t, os.WriteFile(filepath.Join(s.dir, "passwd"), passwd, 0o644))
	must(t, os.WriteFile(filepath.Join(s.dir, "shadow"), fmt.Appendf(nil, "root:*:1::::::\nsshd:*:1::::::\n%s:*:19000:0:99999:7:::\n", s.User), 0o600))
}

// Run starts the server, which may have been stopped.
func (s *Server) Run(t *testing.T, o Options) {
	t.Helper()
	libraries, err := filepath.Glob(filepath.Join(s.dir, "none"))
	must(t, err)
	root := strings.TrimSuffix(s.program, "/usr/sbin/sshd")
	for _, pattern := range []string{"usr/lib/*-linux-gnu", "lib/*-linux-gnu"} {
		found, err := filepath.Glob(filepath.Join(root, pattern))
		must(t, err)
		libraries = append(libraries, found...)
	}
	arguments := s.program + " -D -e -f " + filepath.Join(s.dir, "sshd_config")
	s.cmd = exec.Command("/bin/sh", "-c", "exec "+arguments)
	if s.private {
		s.cmd = exec.Command("unshare", "-m", "/bin/sh", "-ec", `mount --make-rprivate /
mount --bind "$dir/passwd" /etc/passwd
mount --bind "$dir/shadow" /etc/shadow
mount -t tmpfs none /run
mkdir -m 755 /run/sshd
`+o.Mount+"\nexec "+arguments)
	}
	s.cmd.Env = append(os.Environ(), "LD_LIBRARY_PATH="+strings.Join(libraries, ":"), "dir="+s.dir, "home="+s.Home)
	s.cmd.Stderr = s.log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	must(t, s.cmd.Start())
	t.Cleanup(s.Stop)
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.Port)); err == nil {
			c.Close()
			return
		}
		if syscall.Kill(s.cmd.Process.Pid, 0) != nil {
			break
		}
	}
	s.Stop()
	t.Fatalf("sshd does not start: %s", s.log)
}

// Stop ends the server; connections that are there go on.
func (s *Server) Stop() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // its status says that it was killed
	s.cmd = nil
}

// Cut ends every connection that the server has, as a machine does that loses its network's state.
func (s *Server) Cut() {
	for _, pid := range s.sessions() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// sessions are the processes of the server that serve one connection each.
func (s *Server) sessions() []int {
	var pids []int
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range paths {
		var pid, parent int
		line, err := os.ReadFile(path)
		if _, errScan := fmt.Sscanf(path, "/proc/%d/", &pid); err != nil || errScan != nil || !bytes.HasPrefix(line, []byte("sshd:")) {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || s.cmd == nil {
			continue
		}
		if _, err := fmt.Sscanf(string(stat[bytes.LastIndexByte(stat, ')')+1:]), " %c %d", new(rune), &parent); err == nil && parent == s.cmd.Process.Pid {
			pids = append(pids, pid)
		}
	}
	return pids
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
