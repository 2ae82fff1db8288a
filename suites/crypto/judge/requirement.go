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

// Requirement is a requirement of a standard that a single vector cannot express. Check gets the subject and the spec's random
// source, and returns an error if the subject does not meet it.
type Requirement struct {
	Name     string // as in finding ids
	Text     string
	Severity record.Severity
	Standard string // the clause
	Check    func(subject.Subject, *rand.Rand) error
}

// refused returns an error if a call that must refuse has succeeded or crashed.
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

// source reads random bytes from a spec's random source.
type source struct{ r *rand.Rand }

func (s source) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s.r.Uint32())
	}
	return len(b), nil
}

// Stuck is a reader that always gives the same byte.
type Stuck byte

func (s Stuck) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s)
	}
	return len(b), nil
}

// Bounded passes on a number of reads. After that it panics, which is the only way to stop a subject that reads for ever.
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

// broken is a reader that returns an error.
type broken struct{}

var errBroken = errors.New("the source of randomness failed")

func (broken) Read([]byte) (int, error) { return 0, errBroken }

// randomKey returns a private key, and its public key by the formulas.
func randomKey(r *rand.Rand) (key, pub []byte) {
	key = make([]byte, 32)
	source{r}.Read(key[1:]) // below n − 1
	return key, formulas.G.Mul(number(key)).Bytes()
}

// randomBytes returns n bytes from r.
func randomBytes(r *rand.Rand, n int) []byte {
	b := make([]byte, n)
	source{r}.Read(b)
	return b
}

func scalar(n int64) []byte { return big32(bigInt(n)) }

// below returns n − k in 32 bytes.
func below(k int64) []byte { return big32(bigInt(0).Sub(formulas.N, bigInt(k))) }

// offPoints are points that are not on the curve, so that they are not public keys.
var offPoints = map[string]formulas.Point{
	"a point of order two":       {X: bigInt(7), Y: bigInt(0)},
	"1, 1":                       {X: bigInt(1), Y: bigInt(1)},
	"the base point, y plus one": {X: formulas.G.X, Y: bigInt(0).Add(formulas.G.Y, bigInt(1))},
}

var zeroPoint = formulas.Point{X: bigInt(0), Y: bigInt(0)}

// orNothing returns err, or an error to print if err is nil.
func orNothing(err error) error {
	if err == nil {
		return errNoError
	}
	return err
}
