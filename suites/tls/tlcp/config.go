package tlcp

import (
	"crypto/ecdsa"
	"encoding/binary"
	"io"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Config says how a peer behaves. The zero value of a field is what the standard wants.
type Config struct {
	Random   io.Reader          // of everything that is random; required
	Identity *Identity          // of a server, or of a client that may be asked
	Roots    *smx509.CertPool   // that the peer's certificates must lead to; a server that has them asks for a certificate
	Host     string             // of the server, for a client
	Now      time.Time          // in Random and for certificates; zero: the present
	Suites   []wire.CipherSuite // in order of preference; nil: ECC_SM4_GCM_SM3, ECC_SM4_CBC_SM3

	SignatureID      string                            // of what this side signs, to send a wrong one
	PreMasterVersion uint16                            // of a client, to send a wrong one
	PreMaster        func(encrypted []byte) []byte     // changes a client's encrypted pre-master secret
	Secret           []byte                            // a client's pre-master secret; nil: a random one
	Derived          []byte                            // the secret that a client makes its keys of; nil: the one that it sends
	OtherRandoms     bool                              // a server signs over Randoms that are not this handshake's
	Timeless         bool                              // Random does not begin with the time
	LeadingZero      bool                              // a client encrypts until a coordinate of C1 begins with a zero byte
	Alter            func(wire.Message) []wire.Message // see wire.Conn
	AlterRecord      func([]byte) []byte
	Lap              wire.Lap // called at the end of each stage

	Omit    []string                 // checks that this side leaves out; see wire.Checks
	Inspect func(wire.Message) error // see wire.Conn
	// Verified is called with what the peer has signed, and its signature, which verifies.
	Verified func(key *ecdsa.PublicKey, content, signature []byte)
	// Sign replaces this side's signing.
	Sign func(key *sm2.PrivateKey, id, content []byte) ([]byte, error)
	// Decrypt replaces a server's decryption of the pre-master secret.
	Decrypt func(key *sm2.PrivateKey, encrypted []byte) ([]byte, error)
}

// suites returns the cipher suites in the order of preference; both of the protocol where none are given.
func (c *Config) suites() []wire.CipherSuite {
	if c.Suites == nil {
		return []wire.CipherSuite{wire.ECC_SM4_GCM_SM3, wire.ECC_SM4_CBC_SM3}
	}
	return c.Suites
}

func (c *Config) now() time.Time {
	if c.Now.IsZero() {
		return time.Now()
	}
	return c.Now
}

// sign returns the SM2 signature of content under the configured identifier.
func (c *Config) sign(key *sm2.PrivateKey, content []byte) ([]byte, error) {
	id := c.SignatureID
	if id == "" {
		id = DefaultID
	}
	if c.Sign != nil {
		return c.Sign(key, []byte(id), content)
	}
	return key.SignWithSM2(c.Random, []byte(id), content)
}

// random fills a Random: the seconds since 1970 in four bytes, then random bytes. GB/T 38636-2020 §6.4.5.2.1.
func (c *Config) random(to *[32]byte) error {
	if !c.Timeless {
		binary.BigEndian.PutUint32(to[:], uint32(c.now().Unix()))
	}
	_, err := io.ReadFull(c.Random, to[4:])
	return err
}
