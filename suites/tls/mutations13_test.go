package tls

import (
	"maps"
	"net"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// certificates13 gives the number of certificates in a Certificate of TLS 1.3 to a condition.
func certificates13(so func(n int) bool) func([]byte) bool {
	return func(body []byte) bool {
		f, n := wire.Read(body), 0
		f.Vector8()
		for list := wire.Read(f.Vector24()); list.More(); n++ {
			list.Vector24()
			list.Vector16()
		}
		return so(n)
	}
}

// answered gives the fields of a ServerHello to a condition.
func answered(so func(h *wire.Hello) bool) func([]byte) bool {
	return func(body []byte) bool {
		h, err := wire.Checks{}.ParseServerHello(body)
		return err == nil && so(h)
	}
}

// has is the condition that a ClientHello has an extension of this type, and its data is so.
func has(t uint16, so func(data []byte) bool) func([]byte) bool {
	return clientHello(func(h *wire.Hello) bool {
		data, is := h.Extension(t)
		return is && so(data)
	})
}

// first is the condition that a list of numbers behind its length of n bytes begins with one that nobody knows.
func first(n int) func([]byte) bool {
	return func(data []byte) bool { return data[n] == greased>>8 && data[n+1] == greased&0xFF }
}

// refusesLength refuses protected records of a length.
func refusesLength(n int) mutation {
	return records(func(r []byte) ([]byte, error) {
		if r[0] == byte(wire.ApplicationData) && len(r) == 5+n {
			return nil, errStrict
		}
		return r, nil
	})
}

// needsSwitch refuses a protected record before any ChangeCipherSpec.
var needsSwitch = mutation{wrap: func(c net.Conn) net.Conn {
	seen := false
	return &recordwise{Conn: c, change: func(r []byte) ([]byte, error) {
		seen = seen || r[0] == byte(wire.ChangeCipherSpec)
		if r[0] == byte(wire.ApplicationData) && !seen {
			return nil, errStrict
		}
		return r, nil
	}}
}}

// panicsTwice panics over a second record with a ClientHello.
var panicsTwice = mutation{wrap: func(c net.Conn) net.Conn {
	seen := 0
	return &recordwise{Conn: c, change: func(r []byte) ([]byte, error) {
		if r[0] == byte(wire.Handshake) && r[5] == byte(wire.ClientHello) {
			if seen++; seen == 2 {
				panic("planted")
			}
		}
		return r, nil
	}}
}}

// recordMutations13 are those for both sides of TLS 1.3.
func recordMutations13() map[string]mutation {
	alerts := mutation{omit: []string{"alert"}}
	return map[string]mutation{
		"split-bytes":    impatient(),
		"split-anywhere": impatient(),
		"slow-peer":      hasty,
		"empty-record": records(func(r []byte) ([]byte, error) {
			if len(r) == 5 {
				panic("planted")
			}
			return r, nil
		}),
		"fatal-alert":        alerts,
		"warning-alert":      alerts,
		"close-in-handshake": alerts,
		"data-behind-close":  alerts,
		"empty-data":         refusesLength(1 + 16),
		"padded":             refusesLength(len(line) + 200 + 1 + 16),
		"padded-whole":       refusesLength(1<<14 + 1 + 16),
		"no-switch":          needsSwitch,
		"key-update":         strict(wire.KeyUpdate, always),
		"key-updates":        strict(wire.KeyUpdate, always),
		"key-update-asked":   strict(wire.KeyUpdate, func(b []byte) bool { return b[0] == 1 }),
		"retyped-record": records(func(r []byte) ([]byte, error) {
			if r[0] == byte(wire.Handshake) && r[5] != byte(wire.ClientHello) && r[5] != byte(wire.ServerHello) {
				r[0] = byte(wire.ApplicationData)
			}
			return r, nil
		}),
	}
}

func serverMutations13() map[string]mutation {
	all := recordMutations13()
	any := func([]byte) bool { return true }
	maps.Copy(all, map[string]mutation{
		"handshake":           strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return len(h.Suites) == 1 })),
		"ccm":                 strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return h.Suites[0] == wire.TLS_SM4_CCM_SM3 })),
		"unknown-suites":      strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return h.Suites[0] == greased })),
		"unknown-extension":   strict(wire.ClientHello, has(greased, any)),
		"unknown-group":       strict(wire.ClientHello, has(wire.ExtSupportedGroups, first(2))),
		"unknown-scheme":      strict(wire.ClientHello, has(wire.ExtSignatureAlgorithms, first(2))),
		"unknown-version":     strict(wire.ClientHello, has(wire.ExtSupportedVersions, first(1))),
		"unknown-share":       strict(wire.ClientHello, has(wire.ExtKeyShare, first(2))),
		"legacy-version":      strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return h.Version != wire.TLS12 })),
		"no-session":          strict(wire.ClientHello, clientHello(func(h *wire.Hello) bool { return len(h.SessionID) == 0 })),
		"unknown-key":         strict(wire.ClientHello, has(wire.ExtPreSharedKey, any)),
		"early-data":          strict(wire.ClientHello, has(wire.ExtEarlyData, any)),
		"padded-hello":        strict(wire.ClientHello, has(21, any)),
		"protocol":            strict(wire.ClientHello, has(wire.ExtALPN, any)),
		"retry":               strict(wire.ClientHello, has(wire.ExtKeyShare, func(data []byte) bool { return len(data) == 2 })),
		"retry-other-share":   strict(wire.ClientHello, has(wire.ExtKeyShare, func(data []byte) bool { return data[3] == 29 })),
		"two-hellos":          panicsTwice,
		"share-twice":         panics(wire.ClientHello, has(wire.ExtKeyShare, func(data []byte) bool { return len(data) == 2+2*(4+65) })),
		"share-missing":       panics(wire.ClientHello, clientHello(func(h *wire.Hello) bool { _, is := h.Extension(wire.ExtKeyShare); return !is })),
		"mutual":              strict(wire.CertificateVerify, always),
		"client-intermediate": strict(wire.Certificate, certificates13(func(n int) bool { return n > 1 })),
		"client-server-hello": panics(wire.ServerHello, always),
		"silence":             waits,
		"half-hello":          waits,
		"no-client-finished":  waits.without("record authentic", "handshake record"),
		"cut-hello":           panics(wire.ClientHello, func(b []byte) bool { _, err := wire.Checks{}.ParseClientHello(b); return err != nil }),
	})
	return all
}

func clientMutations13() map[string]mutation {
	all := recordMutations13()
	several := strict(wire.Certificate, certificates13(func(n int) bool { return n > 1 }))
	extended := strict(wire.EncryptedExtensions, func(body []byte) bool { return len(body) > 2 })
	maps.Copy(all, map[string]mutation{
		"handshake":           strict(wire.ServerHello, always),
		"ccm":                 strict(wire.ServerHello, answered(func(h *wire.Hello) bool { return h.Suites[0] == wire.TLS_SM4_CCM_SM3 })),
		"cookie":              strict(wire.ServerHello, answered(func(h *wire.Hello) bool { return h.Random == wire.RetryRandom })),
		"groups":              extended,
		"name":                extended,
		"protocol":            extended,
		"mutual":              strict(wire.CertificateRequest, always),
		"request-context":     panics(wire.CertificateRequest, func(b []byte) bool { return b[0] > 0 }),
		"ticket":              strict(wire.NewSessionTicket, always),
		"intermediate":        several,
		"root-in-chain":       several,
		"deep-chain":          several,
		"large-certificate":   strict(wire.Certificate, func(b []byte) bool { return len(b) > 50_000 }),
		"deep-authorities":    panics(wire.Certificate, certificates13(func(n int) bool { return n > 99 })),
		"server-client-hello": panics(wire.ClientHello, always),
		"cut-server-hello":    panics(wire.ServerHello, func(b []byte) bool { _, err := wire.Checks{}.ParseServerHello(b); return err != nil }),
		"two-server-hellos":   waits.without("record authentic", "handshake record"),
		"no-server":           waits.without("handshake record"),
		"no-server-finished":  waits,
	})
	return all
}
