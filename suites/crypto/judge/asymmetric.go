package judge

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// Sign requires that the example's signature is accepted, and that the subject makes it if it can be given the random number.
func Sign(s subject.Signature, t vectors.Test) error {
	ok, err := s.Verify(t.Bytes("public"), t.Bytes("id"), t.Bytes("msg"), t.Bytes("sig"))
	if err != nil || !ok {
		return fmt.Errorf("the example's signature is refused (%v)", err)
	}
	n, can := s.(subject.NonceSigner)
	if !can {
		return nil
	}
	got, err := n.SignNonce(t.Bytes("d"), t.Bytes("id"), t.Bytes("msg"), t.Bytes("nonce"))
	if err != nil {
		return fmt.Errorf("signing: %w", err)
	}
	if !bytes.Equal(got, t.Bytes("sig")) {
		return differs("the signature", got, t.Bytes("sig"))
	}
	return nil
}

// Encrypt requires the example's ciphertext in both directions.
func Encrypt(e subject.Encryption, t vectors.Test) error {
	layout := subject.Layout(t.Text("layout"))
	got, err := e.Encrypt(t.Bytes("public"), t.Bytes("msg"), layout, e.Nonce(t.Bytes("nonce")))
	if err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	if !bytes.Equal(got, t.Bytes("ct")) {
		return differs("the ciphertext", got, t.Bytes("ct"))
	}
	back, err := e.Decrypt(t.Bytes("d"), t.Bytes("ct"), layout)
	if err != nil {
		return fmt.Errorf("decryption: %w", err)
	}
	if !bytes.Equal(back, t.Bytes("msg")) {
		return differs("the plaintext", back, t.Bytes("msg"))
	}
	return nil
}

// sides returns both sides of an example of the key exchange: the initiator A and the responder B.
func sides(t vectors.Test) [2]subject.Side {
	public := func(field string) []byte { return formulas.G.Mul(number(t.Bytes(field))).Bytes() }
	return [2]subject.Side{
		{Initiator: true, Key: t.Bytes("dA"), Ephemeral: t.Bytes("rA"), Peer: public("dB"), PeerEphemeral: public("rB"), ID: t.Bytes("idA"), PeerID: t.Bytes("idB")},
		{Key: t.Bytes("dB"), Ephemeral: t.Bytes("rB"), Peer: public("dA"), PeerEphemeral: public("rA"), ID: t.Bytes("idB"), PeerID: t.Bytes("idA")},
	}
}

// ExchangeKey requires the example's key from both sides.
func ExchangeKey(x subject.Exchange, t vectors.Test) error {
	for _, side := range sides(t) {
		key, _, _, err := x.Agree(side, len(t.Bytes("key")))
		if err != nil {
			return fmt.Errorf("initiator %v: %w", side.Initiator, err)
		}
		if !bytes.Equal(key, t.Bytes("key")) {
			return differs(fmt.Sprintf("initiator %v: the key", side.Initiator), key, t.Bytes("key"))
		}
	}
	return nil
}

// ExchangeConfirmation requires the example's check values S1 and S2 from both sides.
func ExchangeConfirmation(x subject.Exchange, t vectors.Test) error {
	for _, side := range sides(t) {
		_, s1, s2, err := x.Agree(side, len(t.Bytes("key")))
		if err != nil {
			return fmt.Errorf("initiator %v: %w", side.Initiator, err)
		}
		if s1 == nil && s2 == nil {
			return &Unsupported{"key confirmation"}
		}
		if !bytes.Equal(s1, t.Bytes("s1")) {
			return differs(fmt.Sprintf("initiator %v: S1", side.Initiator), s1, t.Bytes("s1"))
		}
		if !bytes.Equal(s2, t.Bytes("s2")) {
			return differs(fmt.Sprintf("initiator %v: S2", side.Initiator), s2, t.Bytes("s2"))
		}
	}
	return nil
}

// Interoperate requires that one subject verifies the other's signature, and decrypts its ciphertext in each of the layouts.
func Interoperate(from, to subject.Subject, key, msg []byte, layouts []subject.Layout, r *rand.Rand) error {
	pub := formulas.G.Mul(number(key)).Bytes()
	sig, err := from.Signature.Sign(key, formulas.DefaultID, msg, source{r})
	if err != nil {
		return fmt.Errorf("%s signs: %w", from.Name, err)
	}
	if ok, err := to.Signature.Verify(pub, formulas.DefaultID, msg, sig); err != nil || !ok {
		return fmt.Errorf("%s refuses the signature %x (%v)", to.Name, sig, err)
	}
	for _, layout := range layouts {
		if err := crossDecrypt(from.Encryption, to.Encryption, key, msg, layout, source{r}); err != nil {
			return fmt.Errorf("from %s to %s as %s: %w", from.Name, to.Name, layout, err)
		}
	}
	return nil
}

func crossDecrypt(from, to subject.Encryption, key, msg []byte, layout subject.Layout, random io.Reader) error {
	ct, err := from.Encrypt(formulas.G.Mul(number(key)).Bytes(), msg, layout, random)
	if err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	back, err := to.Decrypt(key, ct, layout)
	if err != nil {
		return fmt.Errorf("decryption of %x: %w", ct, err)
	}
	if !bytes.Equal(back, msg) {
		return differs("the plaintext", back, msg)
	}
	return nil
}
