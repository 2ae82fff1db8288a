// Package subject has the implementations of TLCP and of TLS 1.3 with SM cipher suites that the tls suite examines, behind one
// interface: each shakes hands on a connection, as a client or as a server, and reports how that went.
package subject

import (
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Setup is what a subject is configured with.
type Setup struct {
	Identity *tlcp.Identity     // nil for a client without
	Root     *pki.Authority     // that the peer must lead to; nil: a server asks for no certificate
	Host     string             // of the server, for a client
	Now      time.Time          // when certificates must be valid
	Suites   []wire.CipherSuite // nil: the subject's default
	Random   io.Reader          // nil: the subject's default
	ALPN     []string           // application protocols, in TLS 1.3
}

// Subject is an implementation of one protocol.
type Subject struct {
	Name    string // as findings call it
	Module  string
	Version uint16             // of the protocol: wire.TLCP or wire.TLS13
	Suites  []wire.CipherSuite // that its documentation says it has
	Client  func(net.Conn, Setup) (io.ReadWriter, error)
	Server  func(net.Conn, Setup) (io.ReadWriter, error)
}

// Panic is the error for a subject that panicked: in a program of its own it would have ended the process.
type Panic struct {
	Value any
	Stack []byte
}

func (p *Panic) Error() string { return fmt.Sprintf("panic: %v", p.Value) }

// Shake has a subject shake hands, and turns a panic into an error.
func Shake(side func(net.Conn, Setup) (io.ReadWriter, error), raw net.Conn, s Setup) (conn io.ReadWriter, err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &Panic{value, debug.Stack()}
		}
	}()
	return side(raw, s)
}

// Own is the suite's own implementation of TLCP, with which each check is proved. each, if not nil, changes its configuration.
func Own(each func(*tlcp.Config)) Subject {
	config := func(s Setup) tlcp.Config {
		c := tlcp.Config{Random: s.Random, Identity: s.Identity, Host: s.Host, Now: s.Now, Suites: s.Suites, Roots: s.roots()}
		if each != nil {
			each(&c)
		}
		return c
	}
	return Subject{
		Name: "own", Version: wire.TLCP, Suites: []wire.CipherSuite{wire.ECC_SM4_CBC_SM3, wire.ECC_SM4_GCM_SM3},
		Client: func(raw net.Conn, s Setup) (io.ReadWriter, error) { return tlcp.Client(raw, config(s)) },
		Server: func(raw net.Conn, s Setup) (io.ReadWriter, error) { return tlcp.Server(raw, config(s)) },
	}
}

// OwnTLS13 is the suite's own implementation of TLS 1.3. each, if not nil, changes its configuration.
func OwnTLS13(each func(*rfc8998.Config)) Subject {
	config := func(s Setup) rfc8998.Config {
		c := rfc8998.Config{Random: s.Random, Host: s.Host, Now: s.Now, Suites: s.Suites, ALPN: s.ALPN, Roots: s.roots()}
		if s.Identity != nil {
			c.Identity = s.Identity.Sign
		}
		if each != nil {
			each(&c)
		}
		return c
	}
	return Subject{
		Name: "own", Version: wire.TLS13, Suites: []wire.CipherSuite{wire.TLS_SM4_GCM_SM3, wire.TLS_SM4_CCM_SM3},
		Client: func(raw net.Conn, s Setup) (io.ReadWriter, error) { return rfc8998.Client(raw, config(s)) },
		Server: func(raw net.Conn, s Setup) (io.ReadWriter, error) { return rfc8998.Server(raw, config(s)) },
	}
}

// roots holds the root; nil where there is none.
func (s Setup) roots() *smx509.CertPool {
	if s.Root == nil {
		return nil
	}
	return s.Root.Pool()
}
