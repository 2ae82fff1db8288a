package tls

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/asn1"
	"errors"
	"io"
	"math/big"

	"github.com/emmansun/gmsm/sm2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// entropyRules returns the rules of both protocols and both sides on a random source that is bad: the subject fails, or at least gives
// its key not away.
func entropyRules() []rule {
	const clause = "GB/T 32918.2-2016 §6.1 A3"
	source := func(make func() io.Reader) func(*scene) {
		return func(s *scene) { signs(s); s.setup.Random = make() }
	}
	// twice has two conversations, in which the source gives the same: the own side's part differs
	twice := func(make func() io.Reader) func(certified) []func(*scene) {
		return func(certified) []func(*scene) {
			seen := map[string][]byte{}
			one := func(s *scene) { source(make)(s); nonces(s, seen) }
			return []func(*scene){one, one}
		}
	}
	return []rule{
		{id: "random-fails", text: "fails where its random source fails", clause: clause, severity: record.Critical, stage: source(func() io.Reader { return failing{} })},
		{id: "random-short", text: "fails where its random source ends after eight bytes", clause: clause, severity: record.Critical,
			stage: source(func() io.Reader { return bytes.NewReader(make([]byte, 8)) })},
		{id: "random-counts", text: "ends where its random source counts", clause: clause, severity: record.Medium, either: true, stage: source(counting)},
		{id: "random-zero", text: "gives its key not away where its random source gives zeros", clause: clause, severity: record.High, either: true, each: twice(zeros)},
		{id: "random-repeats", text: "gives its key not away where its random source repeats", clause: clause, severity: record.High, either: true, each: twice(repeating)},
	}
}

// signs has a client asked for its certificate: then both sides sign.
func signs(s *scene) {
	if !s.asServer {
		s.mutualOwn()
	}
}

// failing is a random source that fails.
type failing struct{}

var errSource = errors.New("the random source fails")

func (failing) Read([]byte) (int, error) { return 0, errSource }

// enough is more bytes than a handshake needs: a subject that throws away what it draws comes to an end.
const enough = 1 << 20

// counting gives 0, 1, 2 and so on.
func counting() io.Reader {
	b := make([]byte, enough)
	for i := range b {
		b[i] = byte(i)
	}
	return bytes.NewReader(b)
}

func zeros() io.Reader { return bytes.NewReader(make([]byte, enough)) }

// repeating gives the same 32 bytes for ever.
func repeating() io.Reader {
	block := make([]byte, 32)
	_, _ = io.ReadFull(seeded(7), block) // it does not fail
	return bytes.NewReader(bytes.Repeat(block, enough/len(block)))
}

// nonces has the scene look at the nonce of what the subject signs. seen has those of other scenes, each with the content: whoever
// knows two contents under one nonce computes the key.
func nonces(s *scene, seen map[string][]byte) {
	var leaked string
	s.own.Verified = func(key *ecdsa.PublicKey, content, signature []byte) {
		id := tlcp.DefaultID
		if s.version == wire.TLS13 {
			id = "TLSv1.3+GM+Cipher+Suite"
		}
		point, err := noncePoint(key, []byte(id), content, signature)
		if err != nil {
			return // such a signature does not verify
		}
		if before, is := seen[point.String()]; is && !bytes.Equal(before, content) {
			leaked = "it signs two contents with one nonce, which gives its key away"
		}
		seen[point.String()] = content
	}
	s.leak = func() string { return leaked }
}

// noncePoint is x1 of a signature, which only the nonce decides: r = e + x1. GB/T 32918.2-2016 §6.1 A5.
func noncePoint(key *ecdsa.PublicKey, id, content, signature []byte) (*big.Int, error) {
	var parts struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(signature, &parts); err != nil {
		return nil, err
	}
	e, err := sm2.CalculateSM2Hash(key, content, id)
	if err != nil {
		return nil, err
	}
	x := new(big.Int).Sub(parts.R, new(big.Int).SetBytes(e))
	return x.Mod(x, sm2.P256().Params().N), nil
}
