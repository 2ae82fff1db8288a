// Package subject has the TLCP implementations that the tls suite examines, behind one interface: each shakes hands on a
// connection, as a client or as a server, and reports how that went.
package subject

import (
	"fmt"
	"io"
	"net"
	"runtime/debug"
	"time"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
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
}

// Subject is an implementation of TLCP.
type Subject struct {
	Name   string // as findings call it
	Module string
	Suites []wire.CipherSuite // that its documentation says it has
	Client func(net.Conn, Setup) (io.ReadWriter, error)
	Server func(net.Conn, Setup) (io.ReadWriter, error)
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

// Own is the suite's own implementation, with which each check is proved.
func Own() Subject {
	config := func(s Setup) tlcp.Config {
		c := tlcp.Config{Random: s.Random, Identity: s.Identity, Host: s.Host, Now: s.Now, Suites: s.Suites}
		if s.Root != nil {
			c.Roots = s.Root.Pool()
		}
		return c
	}
	return Subject{
		Name: "own", Suites: []wire.CipherSuite{wire.ECC_SM4_CBC_SM3, wire.ECC_SM4_GCM_SM3},
		Client: func(raw net.Conn, s Setup) (io.ReadWriter, error) { return tlcp.Client(raw, config(s)) },
		Server: func(raw net.Conn, s Setup) (io.ReadWriter, error) { return tlcp.Server(raw, config(s)) },
	}
}
