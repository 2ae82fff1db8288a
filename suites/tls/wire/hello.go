package wire

import (
	"bytes"
	"cmp"
)

// The extensions that the peers use. RFC 8446 §4.2.
const (
	ExtServerName          = 0
	ExtSupportedGroups     = 10
	ExtSignatureAlgorithms = 13
	ExtALPN                = 16
	ExtPreSharedKey        = 41
	ExtEarlyData           = 42
	ExtSupportedVersions   = 43
	ExtCookie              = 44
	ExtPSKModes            = 45
	ExtKeyShare            = 51
)

// Extension is an extension of a hello.
type Extension struct {
	Type uint16
	Data []byte
}

// Hello is a ClientHello or a ServerHello. A ServerHello has one cipher suite and one compression method.
type Hello struct {
	Version     uint16
	Random      [32]byte
	SessionID   []byte
	Suites      []CipherSuite
	Compression []byte
	Extensions  []Extension // nil for none
}

// RetryRandom is the Random of a ServerHello that is a HelloRetryRequest: RFC 8446 §4.1.3.
var RetryRandom = [32]byte{0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91,
	0xC2, 0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C}

// Extension returns the data of an extension, and whether it is there.
func (h *Hello) Extension(t uint16) ([]byte, bool) {
	for _, e := range h.Extensions {
		if e.Type == t {
			return e.Data, true
		}
	}
	return nil, false
}

// MarshalClient is the body of a ClientHello.
func (h *Hello) MarshalClient() []byte {
	b := h.begin()
	b = append(b, Vector16(Uint16s(h.Suites...))...)
	b = append(b, Vector8(h.Compression)...)
	return append(b, h.extensions()...)
}

// MarshalServer is the body of a ServerHello.
func (h *Hello) MarshalServer() []byte {
	b := append(h.begin(), Uint16s(h.Suites[0])...)
	b = append(b, h.Compression[0])
	return append(b, h.extensions()...)
}

// begin returns the fields with which both hellos begin: version, random and session id.
func (h *Hello) begin() []byte {
	b := Uint16s(h.Version)
	b = append(b, h.Random[:]...)
	return append(b, Vector8(h.SessionID)...)
}

// extensions returns the list of extensions; nil where the hello has no such list.
func (h *Hello) extensions() []byte {
	if h.Extensions == nil {
		return nil
	}
	return Vector16(MarshalExtensions(h.Extensions))
}

// MarshalExtensions is a list of extensions without the list's length.
func MarshalExtensions(list []Extension) []byte {
	var b []byte
	for _, e := range list {
		b = append(append(b, Uint16s(e.Type)...), Vector16(e.Data)...)
	}
	return b
}

// ParseClientHello returns the fields of a ClientHello, or a Refusal.
func (c Checks) ParseClientHello(body []byte) (*Hello, error) {
	f := Read(body)
	h := parseBegin(f)
	suites, even := ParseUint16s[CipherSuite](f.Vector16())
	h.Suites, h.Compression = suites, f.Vector8()
	if err := c.parseExtensions(h, f, ClientHello); err != nil {
		return nil, err
	}
	return h, cmp.Or(
		c.Must("even list of suites", even, DecodeError, "ClientHello: the list of cipher suites is odd"),
		c.Must("suites offered", len(suites) > 0, DecodeError, "ClientHello: the list of cipher suites is empty"),
		c.Must("null compression offered", bytes.Contains(h.Compression, []byte{0}), IllegalParameter, "ClientHello does not offer the null compression"))
}

// ParseServerHello returns the fields of a ServerHello, or a Refusal.
func (c Checks) ParseServerHello(body []byte) (*Hello, error) {
	f := Read(body)
	h := parseBegin(f)
	h.Suites, h.Compression = []CipherSuite{CipherSuite(f.Uint16())}, []byte{f.Uint8()}
	if err := c.parseExtensions(h, f, ServerHello); err != nil {
		return nil, err
	}
	return h, c.Must("null compression selected", h.Compression[0] == 0, IllegalParameter, "ServerHello selects compression %d", h.Compression[0])
}

func parseBegin(f *Fields) *Hello {
	h := &Hello{Version: f.Uint16()}
	copy(h.Random[:], f.Bytes(len(h.Random)))
	h.SessionID = f.Vector8()
	return h
}

func (c Checks) parseExtensions(h *Hello, f *Fields, t MessageType) error {
	if err := c.Must("session id of 32 bytes at most", len(h.SessionID) <= 32, DecodeError, "%v has a session id of %d bytes", t, len(h.SessionID)); err != nil {
		return err
	}
	if f.More() {
		list, err := c.ParseExtensions(f.Vector16(), t)
		if err != nil {
			return err
		}
		h.Extensions = list
	}
	return c.End(f, t)
}

// ParseExtensions returns the extensions of a list, or a Refusal where one is there twice (RFC 8446 §4.2).
func (c Checks) ParseExtensions(list []byte, t MessageType) ([]Extension, error) {
	f, seen := Read(list), map[uint16]bool{}
	extensions := []Extension{}
	for f.More() {
		e := Extension{Type: f.Uint16()}
		e.Data = f.Vector16()
		if err := c.Must("extension once", !seen[e.Type], IllegalParameter, "%v has extension %d twice", t, e.Type); err != nil {
			return nil, err
		}
		seen[e.Type] = true
		extensions = append(extensions, e)
	}
	return extensions, c.End(f, t)
}

// ServerName returns the data of a server_name extension: RFC 6066 §3.
func ServerName(host string) []byte {
	return Vector16(append([]byte{0}, Vector16([]byte(host))...))
}
