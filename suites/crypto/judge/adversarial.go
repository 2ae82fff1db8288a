package judge

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// Verify requires that a valid signature is accepted and an invalid one refused, with an error or with false.
func Verify(s subject.Signature, t vectors.Test) error {
	var ok bool
	err := Attempt(func() (err error) {
		if !t.Has("digest") {
			ok, err = s.Verify(t.Bytes("public"), t.Bytes("id"), t.Bytes("msg"), t.Bytes("sig"))
			return err
		}
		d, can := s.(subject.DigestSigner)
		if !can {
			return &Unsupported{"a given digest"}
		}
		ok, err = d.VerifyDigest(t.Bytes("public"), t.Bytes("digest"), t.Bytes("sig"))
		return err
	})
	var unsupported *Unsupported
	switch {
	case crashed(err) || errors.As(err, &unsupported):
		return err
	case ok && t.Result == vectors.Invalid:
		return fmt.Errorf("accepted the signature %s under the public key %s", short(t.Bytes("sig")), short(t.Bytes("public")))
	case !ok && t.Result == vectors.Valid:
		return fmt.Errorf("refused a valid signature %s under the public key %s (%v)", short(t.Bytes("sig")), short(t.Bytes("public")), err)
	}
	return nil
}

// Decrypt requires the plaintext of a valid ciphertext and an error for an invalid one.
func Decrypt(e subject.Encryption, t vectors.Test) error {
	msg, err := decrypt(e, t)
	switch {
	case crashed(err):
		return fmt.Errorf("%w on %d bytes: %s", err, len(t.Bytes("ct")), short(t.Bytes("ct")))
	case t.Result == vectors.Acceptable:
		return nil
	case t.Result == vectors.Invalid && err == nil:
		return fmt.Errorf("opened %s as %q", short(t.Bytes("ct")), msg)
	case t.Result == vectors.Valid && err != nil:
		return fmt.Errorf("refused a valid ciphertext %s: %w", short(t.Bytes("ct")), err)
	case t.Result == vectors.Valid && !bytes.Equal(msg, t.Bytes("msg")):
		return differs("the plaintext", msg, t.Bytes("msg"))
	}
	return nil
}

// Withhold requires that the refusal of an invalid ciphertext returns no bytes: its decryption is an oracle for attackers.
func Withhold(e subject.Encryption, t vectors.Test) error {
	msg, err := decrypt(e, t)
	if err != nil && !crashed(err) && len(msg) > 0 {
		return fmt.Errorf("the refusal (%w) came with %q", err, msg)
	}
	return nil
}

func decrypt(e subject.Encryption, t vectors.Test) (msg []byte, err error) {
	open := e.Decrypt
	if o, can := e.(subject.Opener); can {
		open = o.Open
	}
	err = Attempt(func() (err error) {
		msg, err = open(t.Bytes("d"), t.Bytes("ct"), subject.Layout(t.Text("layout")))
		return err
	})
	return msg, err
}
