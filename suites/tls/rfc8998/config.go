package rfc8998

import (
	"crypto/ecdsa"
	"io"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Config says how a peer behaves. The zero value of a field is what the standard wants.
type Config struct {
	Random   io.Reader          // of everything that is random; required
	Identity *pki.Identity      // of a server, or of a client that may be asked
	Roots    *smx509.CertPool   // that the peer's certificate must lead to; a server that has them asks for a certificate
	Host     string             // of the server, for a client
	Now      time.Time          // when certificates must be valid; zero: the present
	Suites   []wire.CipherSuite // in order of preference; nil: GCM, CCM
	ALPN     []string           // application protocols in order of preference

	SignatureID  string                            // of this side's CertificateVerify, to send a wrong one
	KeyShares    []uint16                          // of a client: groups to send a share for, made up but for curveSM2; nil: curveSM2
	Signed       func(content []byte) []byte       // changes what this side signs
	Shared       func(secret []byte) []byte        // changes the result of ECDH
	Cookie       []byte                            // of a server, which asks for it by HelloRetryRequest
	SessionBytes int                               // of a client's session id; 0: 32, less: none
	Alter        func(wire.Message) []wire.Message // see wire.Conn
	AlterRecord  func([]byte) []byte
	Lap          wire.Lap // called at the end of each stage

	Omit    []string                 // checks that this side leaves out; see wire.Checks
	Inspect func(wire.Message) error // see wire.Conn
	// Verified is called with what the peer has signed, and its signature, which verifies.
	Verified func(key *ecdsa.PublicKey, content, signature []byte)
	// Sign replaces this side's signing.
	Sign func(key *sm2.PrivateKey, id, content []byte) ([]byte, error)
}

// suites returns the cipher suites in the order of preference; both of the protocol where none are given.
func (c *Config) suites() []wire.CipherSuite {
	if c.Suites == nil {
		return []wire.CipherSuite{wire.TLS_SM4_GCM_SM3, wire.TLS_SM4_CCM_SM3}
	}
	return c.Suites
}

func (c *Config) signatureID() []byte {
	if c.SignatureID == "" {
		return []byte(SignatureID)
	}
	return []byte(c.SignatureID)
}

// sign returns the SM2 signature of content under the configured identifier.
func (c *Config) sign(key *sm2.PrivateKey, content []byte) ([]byte, error) {
	if c.Sign != nil {
		return c.Sign(key, c.signatureID(), content)
	}
	return key.SignWithSM2(c.Random, c.signatureID(), content)
}
