package tls

import (
	"encoding/asn1"
	"errors"
	"io"
	"math/big"
	"net"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

type wrapped = net.Conn

// wrapped has a side of a subject use another connection in place of its own.
func (m mutation) wrapped(side func(net.Conn, subject.Setup) (io.ReadWriter, error)) func(net.Conn, subject.Setup) (io.ReadWriter, error) {
	return func(raw net.Conn, s subject.Setup) (io.ReadWriter, error) { return side(m.wrap(raw), s) }
}

var errStrict = errors.New("a wrong peer refuses it")

// strict refuses messages of a type that are so, which a right peer takes.
func strict(t wire.MessageType, so func(body []byte) bool) mutation {
	return mutation{inspect: func(m wire.Message) error {
		if m.Type == t && so(m.Body) {
			return errStrict
		}
		return nil
	}}
}

// panics panics over messages of a type that are so.
func panics(t wire.MessageType, so func(body []byte) bool) mutation {
	return mutation{inspect: func(m wire.Message) error {
		if m.Type == t && so(m.Body) {
			panic("planted")
		}
		return nil
	}}
}

func always([]byte) bool { return true }

// clientHello gives the fields of a ClientHello to a condition.
func clientHello(so func(h *wire.Hello) bool) func([]byte) bool {
	return func(body []byte) bool {
		h, err := wire.Checks{}.ParseClientHello(body)
		return err == nil && so(h)
	}
}

// certificates gives the number of certificates to a condition.
func certificates(so func(n int) bool) func([]byte) bool {
	return func(body []byte) bool {
		n := 0
		for f := wire.Read(wire.Read(body).Vector24()); f.More(); n++ {
			f.Vector24()
		}
		return so(n)
	}
}

// waits goes on waiting where its peer has gone.
var waits = mutation{wrap: func(c net.Conn) net.Conn { return waiting{c} }}

type waiting struct{ net.Conn }

func (w waiting) Read(b []byte) (int, error) {
	for {
		n, err := w.Conn.Read(b)
		if err != io.EOF {
			return n, err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// records lets a function change each record that a peer reads; it refuses by an error.
func records(change func(record []byte) ([]byte, error)) mutation {
	return mutation{wrap: func(c net.Conn) net.Conn { return &recordwise{Conn: c, change: change} }}
}

type recordwise struct {
	net.Conn
	change func([]byte) ([]byte, error)
	unread []byte
}

func (r *recordwise) Read(b []byte) (int, error) {
	for len(r.unread) == 0 {
		header := make([]byte, 5)
		if _, err := io.ReadFull(r.Conn, header); err != nil {
			return 0, err
		}
		record := append(header, make([]byte, int(header[3])<<8|int(header[4]))...)
		if _, err := io.ReadFull(r.Conn, record[5:]); err != nil {
			return 0, err
		}
		changed, err := r.change(record)
		if err != nil {
			return 0, err
		}
		r.unread = changed
	}
	n := copy(b, r.unread)
	r.unread = r.unread[n:]
	return n, nil
}

// impatient refuses a hello that goes on in another record.
func impatient() mutation {
	return records(func(r []byte) ([]byte, error) {
		content := r[5:]
		hello := len(content) > 0 && (content[0] == byte(wire.ClientHello) || content[0] == byte(wire.ServerHello))
		if r[0] == byte(wire.Handshake) && hello && (len(content) < 4 || int(content[2])<<8+int(content[3]) > len(content)-4) {
			return nil, errStrict
		}
		return r, nil
	})
}

// hasty refuses what does not come at once.
var hasty = mutation{wrap: func(c net.Conn) net.Conn { return reading{c} }}

type reading struct{ net.Conn }

func (r reading) Read(b []byte) (int, error) {
	n, err := r.Conn.Read(b)
	if err == nil && n < len(b) {
		return 0, errStrict
	}
	return n, err
}

// decrypts has a server of TLCP decrypt otherwise.
func decrypts(how func(key *sm2.PrivateKey, c *cipherASN1) ([]byte, error)) mutation {
	return mutation{tlcp: func(c *tlcp.Config) {
		c.Decrypt = func(key *sm2.PrivateKey, encrypted []byte) ([]byte, error) {
			var parts cipherASN1
			if _, err := asn1.Unmarshal(encrypted, &parts); err != nil {
				return nil, err
			}
			return how(key, &parts)
		}
	}}
}

// careless decrypts without a look at C3 and at the point: it takes X, and computes Y where there is none such.
func careless(key *sm2.PrivateKey, c *cipherASN1) ([]byte, error) {
	curve := sm2.P256()
	x := new(big.Int).Mod(c.X, curve.Params().P)
	shared := make([]byte, 64)
	if x.Sign() != 0 {
		y := c.Y
		if !curve.IsOnCurve(x, y) { //lint:ignore SA1019 what a careful library does not give
			y = new(big.Int).Sub(y, big.NewInt(1))
		}
		x, y = curve.ScalarMult(x, y, key.D.Bytes()) //lint:ignore SA1019 a library's own ECDH gives x alone
		x.FillBytes(shared[:32])
		y.FillBytes(shared[32:])
	}
	secret := sm3.Kdf(shared, 48)
	for i := range secret {
		if i < len(c.Text) {
			secret[i] ^= c.Text[i]
		} else {
			secret[i] = 0
		}
	}
	return secret, nil
}

// mutations are those of a role's peer that leaving checks out does not make.
func (r role) mutations() map[string]mutation {
	switch {
	case r.Version == wire.TLS13 && r.asServer:
		return nil
	case r.Version == wire.TLS13:
		return nil
	case r.asServer:
		return serverMutations()
	}
	return clientMutations()
}

// recordMutations are those for both sides of TLCP.
func recordMutations() map[string]mutation {
	return map[string]mutation{
		"split-bytes":        impatient(),
		"split-seven":        impatient(),
		"fatal-alert":        {omit: []string{"alert"}},
		"close-in-handshake": {omit: []string{"alert"}},
		"retyped-record": records(func(r []byte) ([]byte, error) {
			if r[0] == byte(wire.Alert) {
				r[0] = byte(wire.ApplicationData)
			}
			return r, nil
		}),
		"empty-data": records(func(r []byte) ([]byte, error) { // nothing but what protects it, of GCM or of CBC
			if r[0] == byte(wire.ApplicationData) && (len(r) == 5+24 || len(r) == 5+16+48) {
				return nil, errStrict
			}
			return r, nil
		}),
	}
}

// timeless has no time in its Random.
var timeless = mutation{tlcp: func(c *tlcp.Config) { c.Timeless = true }}

func serverMutations() map[string]mutation {
	all := recordMutations()
	noText := func(b []byte) bool { return len(b) < 100 || b[2] != 0x30 || int(b[0])<<8+int(b[1]) != len(b)-2 }
	for id, m := range map[string]mutation{
		"handshake":           strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return len(h.Suites) == 1 })),
		"unknown-suites":      strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return h.Suites[0] == 0x0A0A })),
		"unknown-session":     strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return len(h.SessionID) > 0 })),
		"compression-choice":  strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return len(h.Compression) > 1 })),
		"unknown-extension":   strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return len(h.Extensions) > 0 })),
		"mutual":              strict(wire.CertificateVerify, always),
		"client-intermediate": strict(wire.Certificate, certificates(func(n int) bool { return n > 1 })),
		"leading-zeros": strict(wire.ClientKeyExchange, func(b []byte) bool {
			var c cipherASN1
			_, err := asn1.Unmarshal(b[2:], &c)
			return err == nil && min(c.X.BitLen(), c.Y.BitLen()) <= 248
		}),
		"slow-client":         hasty,
		"random-time":         timeless,
		"silence":             waits,
		"half-hello":          waits,
		"only-finished":       waits.without("ClientKeyExchange is due", "message length"),
		"other-secret":        waits.without("record authentic", "handshake record has bytes", "message length"),
		"client-server-hello": panics(wire.ServerHello, always),
		"no-asn1":             panics(wire.ClientKeyExchange, noText),
		"exchange-length":     panics(wire.ClientKeyExchange, noText),
		"one-byte-exchange":   panics(wire.ClientKeyExchange, noText),
		"empty-exchange":      panics(wire.ClientKeyExchange, noText),
		"cut-exchange":        panics(wire.ClientKeyExchange, noText),
		"no-exchange": {omit: []string{"handshake record", "ClientKeyExchange is due", "ClientKeyExchange is whole", "pre-master version"}, tlcp: func(c *tlcp.Config) {
			c.Decrypt = func(key *sm2.PrivateKey, encrypted []byte) ([]byte, error) {
				if len(encrypted) == 0 {
					return make([]byte, 48), nil
				}
				return sm2.Decrypt(key, encrypted)
			}
		}},
		"secret-version":    {omit: []string{"pre-master version"}},
		"short-secret":      {omit: []string{"pre-master length"}},
		"long-secret":       {omit: []string{"pre-master length"}},
		"point-at-zero":     decrypts(careless),
		"point-off-curve":   decrypts(careless),
		"coordinate-over-p": decrypts(careless),
		"wrong-hash":        decrypts(careless),
		"changed-text":      decrypts(careless),
		"empty-text":        decrypts(careless).without("pre-master version"),
	} {
		all[id] = m
	}
	return all
}

func clientMutations() map[string]mutation {
	all := recordMutations()
	several := strict(wire.Certificate, certificates(func(n int) bool { return n > 2 }))
	for id, m := range map[string]mutation{
		"handshake":           strict(wire.ServerHello, always),
		"no-session":          strict(wire.ServerHello, func(b []byte) bool { return b[34] == 0 }),
		"mutual":              strict(wire.CertificateRequest, always),
		"intermediate":        several,
		"root-in-chain":       several,
		"deep-chain":          several,
		"random-time":         timeless,
		"no-done":             waits,
		"server-client-hello": panics(wire.ClientHello, always),
		"no-server-finished":  {omit: []string{"Finished comes", "application data is due"}},
	} {
		all[id] = m
	}
	return all
}

// without leaves checks out too.
func (m mutation) without(checks ...string) mutation {
	m.omit = checks
	return m
}
