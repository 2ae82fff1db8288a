package outside

import (
	"bufio"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// peerJava is the program on Bouncy Castle. Java compiles it when it starts.
//
//go:embed Peer.java
var peerJava []byte

// leastJava is the oldest Java on which Peer.java runs.
const leastJava = 17

// javaModule is the line of `java --list-modules` with the version of Java.
var javaModule = pattern.Of(`(?m)^java\.base@([0-9]+)`)

// bouncyCastle runs one Java process, which takes all handshakes.
type bouncyCastle struct {
	java, path string // the program, and the class path
	mu         sync.Mutex
	command    *exec.Cmd // nil before the first handshake
	done       <-chan struct{}
	in         io.Closer // whose end ends the process
	address    string
	words      string // its version
}

// findBouncyCastle returns the Bouncy Castle of scripts/setup on the machine's Java.
func findBouncyCastle(ctx context.Context) (program, error) {
	var path []string
	for _, name := range []string{"bcprov", "bcutil", "bcpkix", "bctls"} {
		file := filepath.Join(Dir(), name+".jar")
		if _, err := os.Stat(file); err != nil {
			return nil, &check.Missing{Reason: record.Say("Bouncy Castle 1.86 is not here", "没有 Bouncy Castle 1.86"), Remedy: remedy}
		}
		path = append(path, file)
	}
	java, err := exec.LookPath("java")
	if err != nil {
		return nil, missingJava(record.Say("there is no Java here", "没有 Java"))
	}
	modules, err := exec.CommandContext(ctx, java, "--list-modules").Output()
	match := javaModule().FindSubmatch(modules)
	if err != nil || match == nil { // --list-modules came with Java 9
		return nil, missingJava(record.Sayf("%[1]s is older than Java %[2]d", "%[1]s 早于 Java %[2]d", java, leastJava))
	}
	if version, err := strconv.Atoi(string(match[1])); err != nil || version < leastJava {
		return nil, missingJava(record.Sayf("%[1]s is Java %[2]s, and Java %[3]d or newer is needed", "%[1]s 为 Java %[2]s，需要 Java %[3]d 或更新", java, string(match[1]), leastJava))
	}
	if !strings.Contains(string(modules), "jdk.compiler@") {
		return nil, missingJava(record.Sayf("%[1]s has no compiler: it is a JRE", "%[1]s 不含编译器（仅为 JRE）", java))
	}
	return &bouncyCastle{java: java, path: strings.Join(path, string(os.PathListSeparator)), words: "Bouncy Castle"}, nil
}

func missingJava(reason record.Sentence) *check.Missing {
	return &check.Missing{Reason: reason, Remedy: record.Sayf("install a JDK of version %[1]d or newer, such as openjdk-%[1]d-jdk-headless", "请安装 JDK %[1]d 或更新，例如 openjdk-%[1]d-jdk-headless", leastJava)}
}

func (b *bouncyCastle) version() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.words
}

func (b *bouncyCastle) converse(dir string, r Request) (net.Conn, func() string, error) {
	if err := b.start(dir); err != nil {
		return nil, nil, err
	}
	conn, err := net.Dial("tcp", b.address)
	if err != nil {
		return nil, nil, err
	}
	auth := "server"
	if r.Mutual {
		auth = "mutual"
	}
	if _, err := fmt.Fprintf(conn, "%s %v %s\n", r.Role, r.Suite, auth); err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, func() string { return "" }, nil // the program writes a client's outcome itself
}

// start starts Java, unless it runs.
func (b *bouncyCastle) start(dir string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.command != nil {
		return nil
	}
	source := filepath.Join(dir, "Peer.java")
	if err := os.WriteFile(source, peerJava, 0o600); err != nil {
		return err
	}
	c := exec.Command(b.java, "-XX:TieredStopAtLevel=1", "-Xmx256m", "-cp", b.path, source, dir)
	c.Dir, c.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	in, errIn := c.StdinPipe()
	out, errOut := c.StdoutPipe()
	if err := errors.Join(errIn, errOut); err != nil {
		return err
	}
	var words child.Output
	c.Stderr = &words
	done, err := child.StartServer(c, syscall.SIGKILL, nil)
	if err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	port, version, ok := strings.Cut(strings.TrimSpace(line), " ")
	if err != nil || !ok {
		child.Kill(c)
		<-done
		return fmt.Errorf("the program on Bouncy Castle does not start: %s", plain.Tail(words.Bytes(), 300))
	}
	b.command, b.done, b.in, b.address, b.words = c, done, in, net.JoinHostPort("127.0.0.1", port), version
	return nil
}

func (b *bouncyCastle) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.command != nil {
		b.in.Close()
		child.Kill(b.command)
		<-b.done
	}
}
