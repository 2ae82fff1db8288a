package judge

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// Requirement is something that a standard asks for and that a single vector cannot put. Check gets the subject and the
// spec's source of randomness, and returns what was not met.
type Requirement struct {
	Name     string // as in finding ids
	Text     string
	Severity record.Severity
	Standard string // the clause
	Check    func(subject.Subject, *rand.Rand) error
}

// refused turns the outcome of a call that must refuse into the requirement's.
func refused(what string, call func() error) error {
	err := Attempt(call)
	switch {
	case err == nil:
		return fmt.Errorf("%s: accepted", what)
	case crashed(err):
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// source is a spec's randomness as a reader.
type source struct{ r *rand.Rand }

func (s source) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s.r.Uint32())
	}
	return len(b), nil
}

// Stuck is a source that gives the same byte for ever.
type Stuck byte

func (s Stuck) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s)
	}
	return len(b), nil
}

// Bounded passes reads on, a number of times. After that it panics: a subject that asks on and on would hang, and this
// is the only way to stop it.
type Bounded struct {
	Reader io.Reader
	Left   int
}

func (b *Bounded) Read(p []byte) (int, error) {
	if b.Left--; b.Left < 0 {
		panic(errEndless)
	}
	return b.Reader.Read(p)
}

var errEndless = errors.New("asked for randomness without end")

// broken is a source that fails at once.
type broken struct{}

var errBroken = errors.New("the source of randomness failed")

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// randomKey is a private key, and its public key by the formulas.
func randomKey(r *rand.Rand) (key, pub []byte) {
	key = make([]byte, 32)
	source{r}.Read(key[1:]) // below n − 1
	return key, formulas.G.Mul(number(key)).Bytes()
}

func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	source{r}.Read(b)
	return b
}

func scalar(n int64) []byte { return big32(bigInt(n)) }

// below is n − k in 32 bytes.
func below(k int64) []byte { return big32(bigInt(0).Sub(formulas.N, bigInt(k))) }

// offPoints are public keys that are none.
var offPoints = map[string]formulas.Point{
	"a point of order two":       {X: bigInt(7), Y: bigInt(0)},
	"1, 1":                       {X: bigInt(1), Y: bigInt(1)},
	"the base point, y plus one": {X: formulas.G.X, Y: bigInt(0).Add(formulas.G.Y, bigInt(1))},
}

var zeroPoint = formulas.Point{X: bigInt(0), Y: bigInt(0)}

// orNothing makes a nil error printable.
func orNothing(err error) error {
	if err == nil {
		return errNoError
	}
	return err
}
