package crypto

import (
	"crypto/cipher"
	"errors"
	"hash"
	"io"
	"testing"

	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// lie is a wrong answer to one of the calls.
type lie struct{ at, calls int }

func (l *lie) now() bool {
	l.calls++
	return l.calls == l.at
}

func twisted(b []byte) []byte {
	c := append([]byte(nil), b...)
	if len(c) > 0 {
		c[len(c)-1] ^= 1
	}
	return c
}

type lyingHash struct {
	subject.Hash
	*lie
}

func (l lyingHash) Sum(msg []byte) []byte {
	if l.now() {
		return twisted(l.Hash.Sum(msg))
	}
	return l.Hash.Sum(msg)
}

func (l lyingHash) New() hash.Hash { return lyingState{l.Hash.New(), l.lie} }

type lyingState struct {
	hash.Hash
	*lie
}

func (l lyingState) Sum(b []byte) []byte {
	if l.now() {
		return twisted(l.Hash.Sum(b))
	}
	return l.Hash.Sum(b)
}

type lyingBlock struct {
	subject.Block
	*lie
}

func (l lyingBlock) NewCipher(key []byte) (cipher.Block, error) {
	if l.now() {
		key = twisted(key)
	}
	return l.Block.NewCipher(key)
}

type lyingSignature struct {
	subject.Signature
	*lie
}

func (l lyingSignature) Verify(pub, id, msg, sig []byte) (bool, error) {
	ok, err := l.Signature.Verify(pub, id, msg, sig)
	if l.now() {
		return !ok, nil
	}
	return ok, err
}

func (l lyingSignature) VerifyDigest(pub, digest, sig []byte) (bool, error) {
	ok, err := l.Signature.(subject.DigestSigner).VerifyDigest(pub, digest, sig)
	if l.now() {
		return !ok, nil
	}
	return ok, err
}

type lyingEncryption struct {
	subject.Encryption
	*lie
}

func (l lyingEncryption) Encrypt(pub, msg []byte, layout subject.Layout, random io.Reader) ([]byte, error) {
	ct, err := l.Encryption.Encrypt(pub, msg, layout, random)
	if l.now() {
		return twisted(ct), nil
	}
	return ct, err
}

func (l lyingEncryption) Decrypt(key, ct []byte, layout subject.Layout) ([]byte, error) {
	msg, err := l.Encryption.Decrypt(key, ct, layout)
	if !l.now() {
		return msg, err
	}
	if err != nil {
		return []byte("anything"), nil
	}
	return nil, errors.New("refused")
}

type lyingExchange struct {
	subject.Exchange
	*lie
}

func (l lyingExchange) Agree(side subject.Side, length int) (key, s1, s2 []byte, err error) {
	key, s1, s2, err = l.Exchange.Agree(side, length)
	if l.now() {
		key, s1 = twisted(key), twisted(s1)
	}
	return key, s1, s2, err
}

type lyingEnvelope struct {
	subject.Envelope
	*lie
}

func (l lyingEnvelope) Open(recipient, der []byte) ([]byte, error) {
	key, err := l.Envelope.Open(recipient, der)
	if !l.now() {
		return key, err
	}
	if err != nil {
		return make([]byte, 32), nil
	}
	return nil, errors.New("refused")
}

func lyingModes(modes []subject.Mode, l *lie) []subject.Mode {
	var all []subject.Mode
	for _, m := range modes {
		honest := m.Crypt
		m.Crypt = func(key, iv, msg []byte, decrypt bool) ([]byte, error) {
			out, err := honest(key, iv, msg, decrypt)
			if l.now() {
				out = twisted(out)
			}
			return out, err
		}
		all = append(all, m)
	}
	return all
}

func lyingAEADs(aeads []subject.AEAD, l *lie) []subject.AEAD {
	var all []subject.AEAD
	for _, a := range aeads {
		honest := a.New
		a.New = func(key []byte, nonceSize, tagSize int) (cipher.AEAD, error) {
			if l.now() {
				key = twisted(key)
			}
			return honest(key, nonceSize, tagSize)
		}
		all = append(all, a)
	}
	return all
}

func TestWrongAnswersFail(t *testing.T) {
	for part, wrap := range map[string]func(*subject.Subject, *lie){
		"hash":       func(s *subject.Subject, l *lie) { s.Hash = lyingHash{s.Hash, l} },
		"block":      func(s *subject.Subject, l *lie) { s.Block = lyingBlock{s.Block, l} },
		"modes":      func(s *subject.Subject, l *lie) { s.Modes = lyingModes(s.Modes, l) },
		"AEADs":      func(s *subject.Subject, l *lie) { s.AEADs = lyingAEADs(s.AEADs, l) },
		"signature":  func(s *subject.Subject, l *lie) { s.Signature = lyingSignature{s.Signature, l} },
		"encryption": func(s *subject.Subject, l *lie) { s.Encryption = lyingEncryption{s.Encryption, l} },
		"envelope":   func(s *subject.Subject, l *lie) { s.Envelope = lyingEnvelope{s.Envelope, l} },
		"exchange":   func(s *subject.Subject, l *lie) { s.Exchange = lyingExchange{s.Exchange, l} },
	} {
		t.Run(part, func(t *testing.T) {
			counter := &lie{}
			honest := lyingSubject(wrap, counter)
			baseline := unmetBy(honest)
			for _, at := range []int{1, counter.calls / 2, counter.calls} {
				if got := unmetBy(lyingSubject(wrap, &lie{at: at})); got == baseline {
					t.Errorf("a lie at call %d of %d went unnoticed", at, counter.calls)
				}
			}
		})
	}
}

func lyingSubject(wrap func(*subject.Subject, *lie), l *lie) subject.Subject {
	s := subject.Emmansun()
	wrap(&s, l)
	return s
}

// unmetBy returns how many vectors a subject does not meet, without the slow ones.
func unmetBy(s subject.Subject) (failed int) {
	for _, k := range knownFiles {
		for _, v := range vectors.Own(k.file).Tests {
			if v.Number("rounds") <= 1 && v.Number("repeat") <= 16 {
				failed += verdicts(k, s, v)
			}
		}
	}
	for _, h := range adversarialFiles {
		for _, v := range vectors.Own(h.file).Tests {
			if v.Result != vectors.Acceptable && v.Flags[0] != "Truncated" {
				failed += unmet(func() error { return h.put(s, v) })
			}
		}
	}
	return failed
}
