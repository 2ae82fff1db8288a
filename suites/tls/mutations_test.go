package tls

import (
	"encoding/asn1"
	"errors"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

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

// secondForeign is the condition that the second certificate has no SM2 key.
func secondForeign(body []byte) bool {
	list := wire.Read(wire.Read(body).Vector24())
	list.Vector24()
	second, err := pki.Parse([][]byte{list.Vector24()})
	if err != nil {
		return false
	}
	_, isSM2 := pki.PublicKey(second[0])
	return !isSM2
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
		//lint:ignore SA1019 what a careful library does not give
		if !curve.IsOnCurve(x, y) {
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
		return serverMutations13()
	case r.Version == wire.TLS13:
		return clientMutations13()
	case r.asServer:
		return serverMutations()
	}
	return clientMutations()
}

// recordMutations are those for both sides of TLCP.
func recordMutations() map[string]mutation {
	return map[string]mutation{
		"split-bytes":    impatient(),
		"split-seven":    impatient(),
		"split-anywhere": impatient(),
		"stub-record": records(func(r []byte) ([]byte, error) {
			if len(r) == 5+3 {
				return nil, nil // as if it had not come
			}
			return r, nil
		}),
		"slow-peer":          hasty,
		"data-behind-close":  {omit: []string{"alert"}},
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
		"large-certificate":   strict(wire.Certificate, func(b []byte) bool { return len(b) > 50_000 }),
		"deep-authorities":    panics(wire.Certificate, certificates(func(n int) bool { return n > 99 })),
		"p256-encryption":     panics(wire.Certificate, secondForeign),
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
