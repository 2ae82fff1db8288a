package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"time"

	"github.com/emmansun/gmsm/sm2"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// shows has the own server show other certificates.
func shows(change func(*scene) error) func(*scene) {
	return func(s *scene) {
		if err := change(s); err != nil {
			panic(err) // keys and templates of the scene
		}
	}
}

// issued replaces the signature or the encryption certificate.
func issued(encrypt bool, from func(*scene) *pki.Authority, change func(*scene, *pki.Leaf)) func(*scene) {
	return shows(func(s *scene) error {
		leaf := pki.Leaf{Host: serverHost}
		if encrypt {
			leaf.Usage = encryption
		}
		if change != nil {
			change(s, &leaf)
		}
		i, err := from(s).Issue(leaf)
		if err != nil {
			return err
		}
		if encrypt {
			s.own.Identity.Encrypt = i
		} else {
			s.own.Identity.Sign = i
		}
		return nil
	})
}

// chain changes the list of certificates that the own peer shows.
func chain(change func(list [][]byte) [][]byte) func(*scene) {
	return func(s *scene) {
		edit(wire.Certificate, func(body []byte) []byte {
			f, context := wire.Read(body), []byte(nil)
			if s.version == wire.TLS13 {
				context = wire.Vector8(f.Vector8())
			}
			var list [][]byte
			for each := wire.Read(f.Vector24()); each.More(); {
				list = append(list, each.Vector24())
				if s.version == wire.TLS13 {
					each.Vector16() // extensions
				}
			}
			var out []byte
			for _, der := range change(list) {
				if out = append(out, wire.Vector24(der)...); s.version == wire.TLS13 {
					out = append(out, wire.Vector16(nil)...)
				}
			}
			return append(context, wire.Vector24(out)...)
		})(s)
	}
}

// decryptsWith has the own server decrypt with another key than that of its encryption certificate.
func decryptsWith(s *scene, i *pki.Identity) {
	s.own.Decrypt = func(_ *sm2.PrivateKey, encrypted []byte) ([]byte, error) { return sm2.Decrypt(i.Key, encrypted) }
}

// issuedKeyless is issued for a public key that is not SM2: the own server goes on signing with its old key.
func issuedKeyless(encrypt bool, change func(*scene, *pki.Leaf)) func(*scene) {
	return shows(func(s *scene) error {
		before := *s.own.Identity
		issued(encrypt, func(s *scene) *pki.Authority { return s.root }, change)(s)
		i := s.own.Identity
		if encrypt {
			keyed := *i.Encrypt
			keyed.Key, i.Encrypt = before.Encrypt.Key, &keyed
		} else {
			keyed := *i.Sign
			keyed.Key, i.Sign = before.Sign.Key, &keyed
		}
		return nil
	})
}

// leafAsAuthority signs the server's certificates with the key of a certificate that is no authority's.
func leafAsAuthority(s *scene) error {
	victim, err := s.root.Issue(pki.Leaf{Host: "victim.test"})
	if err != nil {
		return err
	}
	false := pki.Below(s.root, victim)
	sign, err1 := false.Issue(pki.Leaf{Host: serverHost})
	encrypt, err2 := false.Issue(pki.Leaf{Host: serverHost, Usage: encryption})
	s.own.Identity = &tlcp.Identity{Sign: sign, Encrypt: encrypt}
	return errors.Join(err1, err2)
}

// The authorities of a scene.
func root(s *scene) *pki.Authority     { return s.root }
func below(s *scene) *pki.Authority    { return s.below }
func stranger(s *scene) *pki.Authority { return s.stranger }

// expired and notYet change when a certificate is valid.
func expired(s *scene, l *pki.Leaf) {
	l.NotBefore, l.NotAfter = s.now.Add(-48*time.Hour), s.now.Add(-24*time.Hour)
}
func notYet(s *scene, l *pki.Leaf) { l.NotBefore = s.now.Add(2 * time.Hour) }

// otherHost changes whose a certificate is.
func otherHost(_ *scene, l *pki.Leaf) { l.Host = "other.test" }

// foreign gives a certificate a key that is not SM2.
func foreign(key func() (any, error)) func(*scene, *pki.Leaf) {
	return func(_ *scene, l *pki.Leaf) {
		k, err := key()
		if err != nil {
			panic(err)
		}
		l.PublicKey = k
	}
}

func rsaKey() (any, error) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	return &k.PublicKey, err
}

func p256Key() (any, error) {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return &k.PublicKey, err
}

// large gives a certificate an extension of 60,000 bytes that nobody knows.
func large(_ *scene, l *pki.Leaf) {
	l.Extensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 156, 10197, 99, 99}, Value: make([]byte, 60_000)}}
}

// deep issues the server's certificates below 100 authorities.
func deep(s *scene) error {
	a := s.root
	for i := range 100 {
		next, err := a.Intermediate(fmt.Sprint("authority ", i+1))
		if err != nil {
			return err
		}
		a = next
	}
	sign, err1 := a.Issue(pki.Leaf{Host: serverHost})
	encrypt, err2 := a.Issue(pki.Leaf{Host: serverHost, Usage: encryption})
	s.own.Identity = &tlcp.Identity{Sign: sign, Encrypt: encrypt}
	return errors.Join(err1, err2)
}
