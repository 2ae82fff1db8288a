package outside

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Dir returns the directory in which scripts/setup unpacks what the suite starts.
func Dir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "xcmatrix", "tools", "tls")
}

// openSSL starts openssl s_server for each kind of handshake and keeps it, and openssl s_client for each handshake.
type openSSL struct {
	path, words string
	mu          sync.Mutex
	servers     map[Request]*opensslServer
}

type opensslServer struct {
	command *exec.Cmd
	done    <-chan struct{}
	address string
}

// findOpenSSL returns the OpenSSL of scripts/setup, else the machine's, if it has the cipher suites.
func findOpenSSL(ctx context.Context) (program, error) {
	path := filepath.Join(Dir(), "openssl")
	if _, err := os.Stat(path); err != nil {
		if path, err = exec.LookPath("openssl"); err != nil {
			return nil, &check.Missing{Reason: record.Say("OpenSSL 4 is not here", "没有 OpenSSL 4"), Remedy: remedy}
		}
	}
	words, err := exec.CommandContext(ctx, path, "version").Output()
	if err != nil {
		return nil, &check.Missing{Reason: record.Sayf("%[1]s does not run: %[2]v", "%[1]s 无法运行：%[2]v", path, err), Remedy: remedy}
	}
	version := strings.Join(strings.Fields(string(words))[:min(2, len(strings.Fields(string(words))))], " ")
	suites, err := exec.CommandContext(ctx, path, "ciphers", "-s", "-tls1_3", "-ciphersuites", "TLS_SM4_GCM_SM3:TLS_SM4_CCM_SM3").Output()
	if err != nil || !strings.Contains(string(suites), "TLS_SM4_CCM_SM3") {
		return nil, &check.Missing{Reason: record.Sayf("%[1]s is %[2]s, which does not have the cipher suites of RFC 8998: they came with OpenSSL 4.0",
			"%[1]s 为 %[2]s，不含 RFC 8998 的密码套件：自 OpenSSL 4.0 起提供", path, version), Remedy: remedy}
	}
	return &openSSL{path: path, words: version, servers: map[Request]*opensslServer{}}, nil
}

func (o *openSSL) version() string { return o.words }

// command returns openssl with what both sides are told.
func (o *openSSL) command(dir string, r Request, args ...string) *exec.Cmd {
	c := exec.Command(o.path, append(args, "-tls1_3", "-ciphersuites", r.Suite.String(), "-groups", "curveSM2", "-sigalgs", "sm2sig_sm3",
		"-CAfile", "root.pem", "-verify_return_error")...)
	c.Dir, c.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "OPENSSL_CONF=/dev/null"}
	return c
}

func (o *openSSL) converse(dir string, r Request) (net.Conn, func() string, error) {
	if r.Role == AsClient {
		return o.client(dir, r)
	}
	server, err := o.server(dir, r)
	if err != nil {
		return nil, nil, err
	}
	conn, err := net.Dial("tcp", server)
	return conn, func() string { return "" }, err
}

// server returns the address of the s_server for a kind of handshake.
func (o *openSSL) server(dir string, r Request) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if s := o.servers[r]; s != nil {
		return s.address, nil
	}
	args := []string{"s_server", "-accept", "127.0.0.1:0", "-cert", "server.pem", "-key", "server-key.pem", "-rev"}
	if r.Mutual {
		args = append(args, "-Verify", "3")
	}
	s := &opensslServer{command: o.command(dir, r, args...)}
	out, err := s.command.StdoutPipe()
	if err != nil {
		return "", err
	}
	var words child.Output
	s.command.Stderr = &words
	if s.done, err = child.StartServer(s.command, syscall.SIGKILL, nil); err != nil {
		return "", err
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if address, is := strings.CutPrefix(lines.Text(), "ACCEPT "); is {
			s.address = address
			o.servers[r] = s
			go func() { _, _ = io.Copy(io.Discard, out) }() // it says something of each connection
			return address, nil
		}
	}
	<-s.done
	return "", fmt.Errorf("openssl s_server does not start: %s", plain.Tail(words.Bytes(), 300))
}

// client starts an s_client, which connects to this process.
func (o *openSSL) client(dir string, r Request) (net.Conn, func() string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	defer listener.Close()
	args := []string{"s_client", "-connect", listener.Addr().String(), "-servername", Host, "-verify_hostname", Host, "-quiet"}
	if r.Mutual {
		args = append(args, "-cert", "client.pem", "-key", "client-key.pem")
	}
	c := o.command(dir, r, args...)
	var got, words bytes.Buffer
	c.Stdout, c.Stderr = &got, &words
	in, err := c.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	done, err := child.StartServer(c, syscall.SIGKILL, nil)
	if err != nil {
		return nil, nil, err
	}
	end := func() { child.Kill(c); <-done }
	if err := listener.(*net.TCPListener).SetDeadline(time.Now().Add(requestTime)); err != nil {
		end()
		return nil, nil, err
	}
	conn, err := listener.Accept()
	if err == nil {
		_, err = io.WriteString(in, Line)
	}
	if err != nil {
		end()
		return nil, nil, errors.Join(err, errors.New("openssl s_client does not connect"))
	}
	return conn, func() string {
		select {
		case <-done:
		case <-time.After(requestTime):
			end()
		}
		switch {
		case !c.ProcessState.Success():
			return fmt.Sprintf("openssl s_client: %v: %s", c.ProcessState, plain.Tail(words.Bytes(), 300))
		case got.String() != Line:
			return fmt.Sprintf("openssl s_client got %q", got.String())
		}
		return "ok"
	}, nil
}

func (o *openSSL) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, s := range o.servers {
		child.Kill(s.command)
		<-s.done
	}
}
