package proxy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// socks is a SOCKS version 5 proxy that answers as it is told, and keeps what it was asked.
type socks struct {
	method []byte // its answer to the client's methods
	reply  []byte // its answer to the client's request

	mu    sync.Mutex
	asked string
}

// granted is the reply to a request that is granted, with the address and port that the proxy uses, which mean nothing to the client.
func granted(address ...byte) []byte {
	return append(append([]byte{5, 0, 0}, address...), 0x12, 0x34)
}

// refusedWith is the reply to a request that is refused with a code.
func refusedWith(code byte) []byte { return []byte{5, code, 0, 1, 0, 0, 0, 0, 0, 0} }

var anyIPv4 = []byte{1, 0, 0, 0, 0}

// serve is the proxy's script. Where the request is granted, the connection is then that of an HTTP server.
func (k *socks) serve(c *peer.Conn) error {
	methods, err := readCounted(c, 1)
	if err != nil {
		return err
	}
	k.tell("methods %x", methods)
	if err := c.Send(string(k.method)); err != nil {
		return err
	}
	if bytes.Equal(k.method, []byte{5, 2}) {
		if err := k.login(c); err != nil {
			return err
		}
	}
	if err := k.request(c); err != nil {
		return err
	}
	if err := c.Send(string(k.reply)); err != nil {
		return err
	}
	return peer.Answer(peer.OK("hello"))(c)
}

// login reads a user and password (RFC 1929 §2), and grants them.
func (k *socks) login(c *peer.Conn) error {
	user, err := readCounted(c, 1)
	if err != nil {
		return err
	}
	password, err := readCounted(c, 0)
	if err != nil {
		return err
	}
	k.tell("login %s %s", user, password)
	return c.Send("\x01\x00")
}

// request reads a request (RFC 1928 §4).
func (k *socks) request(c *peer.Conn) error {
	head := make([]byte, 4)
	if _, err := io.ReadFull(c.In, head); err != nil {
		return err
	}
	var address []byte
	var err error
	switch head[3] {
	case 1:
		address = make([]byte, 4)
		_, err = io.ReadFull(c.In, address)
	case 4:
		address = make([]byte, 16)
		_, err = io.ReadFull(c.In, address)
	default:
		address, err = readCounted(c, 0)
	}
	if err != nil {
		return err
	}
	port := make([]byte, 2)
	if _, err := io.ReadFull(c.In, port); err != nil {
		return err
	}
	k.tell("command %d of type %d, %q, %d", head[1], head[3], address, binary.BigEndian.Uint16(port))
	return nil
}

// readCounted reads bytes that are passed over, a count, and as many bytes as it says.
func readCounted(c *peer.Conn, skip int) ([]byte, error) {
	head := make([]byte, skip+1)
	if _, err := io.ReadFull(c.In, head); err != nil {
		return nil, err
	}
	b := make([]byte, head[skip])
	_, err := io.ReadFull(c.In, b)
	return b, err
}

func (k *socks) tell(format string, args ...any) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked += "; " + fmt.Sprintf(format, args...)
}

// bySocks returns a conversation with a server by way of a SOCKS proxy with a URL.
func bySocks(method, reply []byte, proxy, address string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		k := &socks{method: method, reply: reply}
		p := at(s, k.serve)
		o := s.Get(p.client(proxy), address)
		k.mu.Lock()
		defer k.mu.Unlock()
		return rule.Join(rule.Outcome{Did: o.Did + k.asked, Said: o.Said}, p.direct())
	}
}

func socksRules() []rule.Rule {
	const plain, clause = "socks5://" + proxyHost, "RFC 1928 §6"
	open, name := []byte{5, 0}, "http://origin.test:8080/"
	const asks = `; methods 00; command 1 of type 3, "origin.test", 8080`
	with := func(method, reply []byte) func(*rule.Scene) rule.Outcome { return bySocks(method, reply, plain, name) }
	well, failed := []string{hello + asks + direct(0)}, []string{"error" + asks + direct(0)}
	unmet := []string{"error; methods 00" + direct(0)}
	return []rule.Rule{
		{ID: "socks-name", Text: "gives a server's name to a SOCKS proxy, which looks it up", Clause: "RFC 1928 §4", Severity: record.High, Want: well, Play: with(open, granted(anyIPv4...))},
		{ID: "socks-address", Text: "gives a server's address to a SOCKS proxy as four bytes", Clause: "RFC 1928 §5", Severity: record.High,
			Want: []string{hello + `; methods 00; command 1 of type 1, "\xc0\x00\x02\x01", 8080` + direct(0)}, Play: bySocks(open, granted(anyIPv4...), plain, "http://192.0.2.1:8080/")},
		{ID: "socks-h", Text: "takes socks5h as it takes socks5", Clause: "Go net/http Transport.Proxy", Severity: record.High, Want: well, Play: bySocks(open, granted(anyIPv4...), "socks5h://"+proxyHost, name)},
		{ID: "socks-login", Text: "gives the proxy's user and password to a SOCKS proxy that asks for them", Clause: "RFC 1929 §2", Severity: record.High,
			Want: []string{hello + `; methods 0002; login u p@; command 1 of type 3, "origin.test", 8080` + direct(0)}, Play: bySocks([]byte{5, 2}, granted(anyIPv4...), "socks5://u:p%40@"+proxyHost, name)},
		{ID: "socks-bound-name", Text: "passes over a SOCKS proxy's own address where that is a name", Clause: clause, Severity: record.High, Want: well,
			Play: with(open, granted(append([]byte{3, 4}, "host"...)...))},
		{ID: "socks-bound-address6", Text: "passes over a SOCKS proxy's own address where that is an IPv6 one", Clause: clause, Severity: record.High, Want: well,
			Play: with(open, granted(append([]byte{4}, make([]byte, 16)...)...))},
		{ID: "socks-no-method", Text: "reports a SOCKS proxy that takes none of its methods", Clause: "RFC 1928 §3", Severity: record.Critical, Want: unmet, Play: with([]byte{5, 0xff}, nil)},
		{ID: "socks-version", Text: "reports a SOCKS proxy of another version", Clause: "RFC 1928 §3", Severity: record.High, Want: unmet, Play: with([]byte{4, 0}, nil)},
		{ID: "socks-http", Text: "reports an HTTP server in the place of a SOCKS proxy", Clause: "RFC 1928 §3", Severity: record.High, Want: unmet, Play: with([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"), nil)},
		{ID: "socks-refused", Text: "reports a server that the SOCKS proxy's rules forbid", Clause: clause, Severity: record.Critical, Want: failed, Play: with(open, refusedWith(2))},
		{ID: "socks-unreachable", Text: "reports a server that the SOCKS proxy cannot reach", Clause: clause, Severity: record.Critical, Want: failed, Play: with(open, refusedWith(4))},
		{ID: "socks-unknown-code", Text: "reports a SOCKS reply with a code that nobody has defined", Clause: clause, Severity: record.Critical, Want: failed, Play: with(open, refusedWith(0x55))},
	}
}
