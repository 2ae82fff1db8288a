package ssh

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/results/record"
)

//go:embed look.sh
var lookScript string

//go:embed digest.sh
var digestScript string

// Look is the result of examining a machine, in one round trip.
type Look struct {
	System   string   // uname -s
	Machine  string   // uname -m
	Kernel   string   // uname -r
	Page     int      // bytes
	Features []string // of the processor, as /proc/cpuinfo names them; nil if it does not
	Signals  int      // number of hexadecimal digits of a signal set, which differs between LoongArch's ABI worlds; 0 if unknown
	Linker   string   // interpreter of /bin/sh, on LoongArch
	Clock    time.Duration
	Base     string   // directory of the cache; "" if none can be used
	Free     int64    // KiB there
	Refused  []string // directories that cannot be used, with the reason: "DIR:why"
	Locked   *lock.Holder
	Sum      string // the command that computes a SHA-256, one of digest.sh; noSum if there is none
	Gzip     bool

	Payloads []string // digests of the payloads in the cache, not verified yet
}

// Machine is a machine that was examined. Its connection is ready for Start.
type Machine struct {
	Host
	Look
	HostKey string // fingerprint
	Client  string // version of ssh here

	Forwarded map[string]string // addresses there, by the addresses here that they lead to

	connection *Connection
	mark       string
}

// noSum is what the script says where nothing computes a SHA-256.
const noSum = "none"

// needed is the space that a payload and a run take, in KiB.
const needed = 160 << 10

// Reach connects to a machine and examines it. It returns a *LostError if the machine cannot be reached now, and a
// *record.Problem or *record.Missing if trying again does not help.
func Reach(ctx context.Context, h Host) (*Machine, error) {
	mark := "xcmatrix-" + rand.Text()
	script := fmt.Sprintf("mark=%s\nneed=%d\n", mark, needed) + digestScript + lookScript
	before := time.Now()
	c, err := h.open(ctx, script, false)
	if err != nil {
		return nil, err
	}
	m := &Machine{Host: h, connection: c, mark: mark, Client: version()}
	if m.Look, err = readLook(c, mark, before); err != nil {
		return nil, m.failed(ctx, err)
	}
	c.Expect(0)
	m.Forwarded = c.Forwarded()
	for _, address := range h.Forward {
		if m.Forwarded[address] == "" {
			c.Close()
			return nil, h.missing(record.Say("servers of this machine cannot be reached from there: its sshd forwards no ports", "无法从该机器访问本机的服务器：其 sshd 不转发端口"),
				record.Say("set AllowTcpForwarding yes in its sshd_config, install the servers there, or name some by XCMATRIX_DSN_…",
					"请在其 sshd_config 中设置 AllowTcpForwarding yes，或在该机器上安装服务器，或用 XCMATRIX_DSN_… 指定"))
		}
	}
	if m.HostKey = c.Fingerprint(); m.HostKey == "" {
		c.Close()
		return nil, h.wrong("ssh did not say by which host key %[1]s has shown who it is: allow no GSSAPI key exchange for it, and update the OpenSSH client",
			"ssh 未给出 %[1]s 的主机密钥指纹：请勿对其使用 GSSAPI 密钥交换，并升级 OpenSSH 客户端", h.Name)
	}
	return m, nil
}

// failed returns the error for a connection that ended without an answer, and closes the connection.
func (m *Machine) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		m.connection.Close()
		return context.Cause(ctx)
	}
	if errors.Is(err, errTalkative) {
		m.connection.Close()
		return m.talkative()
	}
	if !errors.Is(err, io.EOF) {
		m.connection.Close()
		return err
	}
	ended := m.connection.Wait()
	looked := m.HostKey != "" // so commands run there
	if ended != nil && (!Lost(ended) || m.connection.broken() || looked) {
		return ended
	}
	return m.wrong("%[1]s ends every command without running it: the account there needs a shell", "%[1]s 上的命令未执行即结束：该账户需要可用的 shell", m.Name)
}

// talkative returns the error for a machine that prints more than the longest answer.
func (m *Machine) talkative() error {
	return m.wrong("%[1]s prints without end where an answer is expected: see what the login scripts of the account there print",
		"%[1]s 在应答处不停输出：请检查该账户登录脚本的输出", m.Name)
}

// maxAnswer is the largest number of bytes that a machine may print before the script's own lines, and between them.
const maxAnswer = 256 << 10

// readLook reads the output of the script, and skips lines before it, such as a banner.
func readLook(r io.Reader, mark string, before time.Time) (Look, error) {
	var l Look
	in := &lines{from: r, left: maxAnswer}
	if err := in.until(mark + " begin"); err != nil {
		return l, err
	}
	for {
		line, err := in.next()
		if err != nil {
			return l, err
		}
		if line == mark+" end" {
			return l, nil
		}
		key, value, _ := strings.Cut(line, "=")
		l.set(key, strings.TrimSpace(value), before)
	}
}

// set sets the field for one line of the output. A field that cannot be read stays empty and counts as absent.
func (l *Look) set(key, value string, before time.Time) {
	number, _ := strconv.ParseInt(value, 10, 64)
	switch key {
	case "system":
		l.System = short(value)
	case "machine":
		l.Machine = short(value)
	case "kernel":
		l.Kernel = short(value)
	case "page":
		l.Page = int(number)
	case "signals":
		l.Signals = int(number)
	case "features":
		l.Features = strings.Fields(value)
	case "linker":
		l.Linker = short(value)
	case "clock":
		l.Clock = clockDifference(number, before, time.Now())
	case "base":
		l.Base = value
	case "free":
		l.Free = number
	case "refused":
		l.Refused = append(l.Refused, short(value))
	case "locked":
		var h lock.Holder
		if json.Unmarshal([]byte(value), &h) == nil {
			l.Locked = &h
		}
	case "payload":
		l.Payloads = append(l.Payloads, value)
	case "sum":
		l.Sum = value
	case "gzip":
		l.Gzip = value == "yes"
	}
}

// clockDifference returns by how much a clock is ahead that showed a second between two moments; 0 if it may be right.
func clockDifference(unix int64, before, after time.Time) time.Duration {
	if unix <= 0 {
		return 0
	}
	at := time.Unix(unix, 0)
	switch {
	case at.After(after):
		return at.Sub(after)
	case at.Add(time.Second).Before(before):
		return at.Add(time.Second).Sub(before)
	}
	return 0
}
