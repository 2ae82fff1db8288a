package outside

import (
	"bytes"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/suites/tls/pki"
)

// files is a file of certificates or of a key.
type files struct {
	Name string `json:"name"`
	PEM  []byte `json:"pem"`
}

// Certificates are those of a service: both sides of each handshake use them.
type Certificates struct {
	Roots          *smx509.CertPool
	Server, Client *pki.Identity
}

// issue makes the certificates of a service, as files.
func issue() ([]files, error) {
	root, err := pki.NewRoot(rand.Reader, time.Now(), "root")
	if err != nil {
		return nil, err
	}
	all := []files{{"root.pem", encode("CERTIFICATE", root.Leaf.Raw)}}
	for _, side := range []pki.Leaf{{Host: Host}, {Host: "client.test", Client: true}} {
		i, err := root.Issue(side)
		if err != nil {
			return nil, err
		}
		key, err := smx509.MarshalPKCS8PrivateKey(i.Key)
		if err != nil {
			return nil, err
		}
		name := AsServer
		if side.Client {
			name = AsClient
		}
		all = append(all, files{name + ".pem", encode("CERTIFICATE", i.Chain...)}, files{name + "-key.pem", encode("PRIVATE KEY", key)})
	}
	return all, nil
}

func encode(kind string, parts ...[]byte) []byte {
	var text []byte
	for _, der := range parts {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})...)
	}
	return text
}

// write puts the files into a directory.
func write(dir string, all []files) error {
	for _, f := range all {
		if err := os.WriteFile(filepath.Join(dir, f.Name), f.PEM, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Get returns the certificates of the service at address, and the version of its implementation.
func Get(address string, patience time.Duration) (c Certificates, version string, err error) {
	conn, reply, err := Dial(address, Request{Role: Identities}, patience)
	if err != nil {
		return c, "", err
	}
	conn.Close()
	text := map[string][]byte{}
	for _, f := range reply.Files {
		text[f.Name] = f.PEM
	}
	c.Roots = smx509.NewCertPool()
	if !c.Roots.AppendCertsFromPEM(text["root.pem"]) {
		return c, "", errors.New("the service has no root certificate")
	}
	var errServer, errClient error
	c.Server, errServer = decode(text[AsServer+".pem"], text[AsServer+"-key.pem"])
	c.Client, errClient = decode(text[AsClient+".pem"], text[AsClient+"-key.pem"])
	return c, reply.Version, errors.Join(errServer, errClient)
}

// decode returns the identity of a chain and a key.
func decode(chain, key []byte) (*pki.Identity, error) {
	i := &pki.Identity{}
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		i.Chain = append(i.Chain, bytes.Clone(block.Bytes))
	}
	parsed, err := pki.Parse(i.Chain)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(key)
	if len(parsed) == 0 || block == nil {
		return nil, errors.New("the service has no certificate for a side")
	}
	private, err := smx509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	own, ok := private.(*sm2.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the service has a key of type %T", private)
	}
	i.Leaf, i.Key = parsed[0], own
	return i, nil
}
