// Package outside starts implementations of TLS 1.3 with SM cipher suites (RFC 8998) that are not written in Go: OpenSSL 4 and Bouncy
// Castle's JSSE. They are services of the coordinator's machine: a payload in a virtual machine or under an emulator cannot start them.
//
// One address serves both roles of an implementation. A connection begins with a line of the payload, a Request as JSON, and a line of
// the service, a Reply. TLS follows on the same connection, whichever side the implementation is: a server sends each line back,
// a client sends Line and expects it back. Behind a client's TLS the service writes how that went.
package outside

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Line is what the client sends and the server sends back. Reversed it is the same: OpenSSL's server reverses what it sends back.
const Line = "abcdefedcba\n"

// Host is the name in the server's certificate.
const Host = "server.test"

// Roles of an implementation.
const (
	AsServer   = "server"
	AsClient   = "client"
	Identities = "identities" // asks for the certificates instead of a handshake
)

// Request says which role an implementation is to take.
type Request struct {
	Role   string           `json:"role"`
	Suite  wire.CipherSuite `json:"suite,omitempty"`
	Mutual bool             `json:"mutual,omitempty"` // the server asks for a certificate
}

// Reply is the service's answer. Error says why there is no handshake.
type Reply struct {
	Version string  `json:"version,omitempty"` // of the implementation
	Files   []files `json:"files,omitempty"`   // the certificates, if they were asked for
	Error   string  `json:"error,omitempty"`
}

// Dial asks the service at address for an implementation in a role. TLS begins on the connection that is returned.
func Dial(address string, r Request, patience time.Duration) (net.Conn, Reply, error) {
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return nil, Reply{}, err
	}
	reply, err := ask(conn, r, patience)
	if err != nil {
		conn.Close()
		return nil, reply, err
	}
	return conn, reply, nil
}

func ask(conn net.Conn, r Request, patience time.Duration) (reply Reply, err error) {
	line, err := json.Marshal(r)
	if err != nil {
		return reply, err
	}
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return reply, err
	}
	if _, err := conn.Write(append(line, '\n')); err != nil {
		return reply, err
	}
	if line, err = readLine(conn); err != nil {
		return reply, fmt.Errorf("the service does not answer: %w", err)
	}
	if err := json.Unmarshal(line, &reply); err != nil {
		return reply, fmt.Errorf("what answers is no service of this suite: %w", err)
	}
	if reply.Error != "" {
		return reply, errors.New(reply.Error)
	}
	return reply, nil
}

// readLine reads up to a newline and not a byte beyond: what follows is TLS.
func readLine(r io.Reader) ([]byte, error) {
	var line []byte
	for b := make([]byte, 1); len(line) < maxLine; line = append(line, b[0]) {
		if _, err := io.ReadFull(r, b); err != nil {
			return line, err
		}
		if b[0] == '\n' {
			return line, nil
		}
	}
	return nil, fmt.Errorf("a line of more than %d bytes", maxLine)
}

// maxLine is how long a request or a reply may be, in bytes: certificates and keys are 5 KB.
const maxLine = 64 << 10

// outcomeMark stands before a client's outcome, behind its TLS.
const outcomeMark = "\nxcmatrix: "

// Outcome reads how a client saw its handshake: nil if it was content. This side has sent close_notify.
func Outcome(conn net.Conn) error {
	rest, err := io.ReadAll(conn)
	_, outcome, told := bytes.Cut(rest, []byte(outcomeMark))
	switch said := strings.TrimSpace(string(outcome)); {
	case !told:
		return errors.Join(errors.New("the client does not say how it went"), err)
	case said == "ok" || strings.HasPrefix(said, "ok "):
		return nil
	default:
		return errors.New(said)
	}
}
