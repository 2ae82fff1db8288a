// Package web runs temporary HTTP middleware on the loopback address: proxies before a server, and a servlet container.
package web

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/servers/daemon"
)

// Proxy is a kind of proxy that can stand before a server.
type Proxy struct {
	Name, Title string
	kind        func(upstream string) daemon.Kind
}

// Proxies returns all kinds of proxies.
func Proxies() []Proxy {
	return []Proxy{{"nginx", "nginx", nginx}, {"haproxy", "HAProxy", haproxy}, {"squid", "Squid", squid}}
}

// Start starts a proxy in dir before the server at the address upstream, such as 127.0.0.1:8080. It ends with this process. It
// returns a *daemon.AbsentError if the program is not installed. A proxy keeps an idle connection to the server for IdleTime.
func (p Proxy) Start(ctx context.Context, dir, upstream string) (*daemon.Server, error) {
	return p.kind(upstream).Start(ctx, dir)
}

// IdleTime is how long the proxies keep an idle connection to the server behind them.
const IdleTime = time.Second

// Program returns the path of a program that scripts/setup --http unpacks, or of the machine's. It returns an *daemon.AbsentError
// if there is none.
func Program(name string) (string, error) { return daemon.Find(name, places()...) }

// Unpacked returns the directory in which scripts/setup --http unpacks packages.
func Unpacked() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "xcmatrix", "tools", "http")
}

// places are the directories in which programs may be.
func places() []string {
	all := []string{"/usr/sbin", "/usr/local/sbin", "/usr/local/nginx/sbin"}
	if root := Unpacked(); root != "" {
		all = append([]string{filepath.Join(root, "usr", "sbin"), filepath.Join(root, "usr", "bin")}, all...)
	}
	return all
}

// Libraries returns the variable by which a program that was unpacked finds the libraries that were unpacked with it; nil for a
// program of the machine.
func Libraries(program string) []string {
	root := Unpacked()
	if root == "" || !strings.HasPrefix(program, root+string(filepath.Separator)) {
		return nil
	}
	dirs, _ := filepath.Glob(filepath.Join(root, "usr", "lib", "*-linux-gnu*")) // the pattern is a good one
	return []string{"LD_LIBRARY_PATH=" + strings.Join(dirs, ":")}
}

// proxy returns what the kinds of proxies have in common: a configuration file that text makes of the server.
func proxy(program, file string, text func(*daemon.Server) string, args ...string) daemon.Kind {
	return daemon.Kind{
		Program: program, Places: places(), End: syscall.SIGTERM,
		Initialise: func(_ context.Context, s *daemon.Server) error {
			s.Home.Env = Libraries(s.Binary)
			return nil
		},
		Configure: func(s *daemon.Server) error { return s.Home.WriteFile(file, []byte(text(s))) },
		Args:      func(s *daemon.Server) []string { return append(args, filepath.Join(s.Home.Path, file)) },
		DSN:       func(s *daemon.Server) string { return "http://" + s.HostPort() },
		Ping:      ping,
	}
}

// ping returns nil if something accepts connections at a URL.
func ping(ctx context.Context, url string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		return err
	}
	return c.Close()
}

// seconds returns a time as a number of seconds.
func seconds(d time.Duration) string { return fmt.Sprintf("%d", int(d.Seconds())) }

// user returns nginx's directive for the account of its processes where this process is root's: they read what root has unpacked.
func user() string {
	if os.Geteuid() == 0 {
		return "user root;"
	}
	return ""
}

func split(address string) (host, port string) {
	host, port, _ = strings.Cut(address, ":")
	return host, port
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
