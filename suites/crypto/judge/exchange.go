package judge

import (
	"bytes"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

const exchangeClause = "GB/T 32918.3-2016 §6.1"

// ExchangeRequirements are about the key exchange.
var ExchangeRequirements = []Requirement{
	{"exchange-off-curve-ephemeral", "a peer's ephemeral point off the curve is refused", record.High, exchangeClause + " A5, B3", exchangeOff(false)},
	{"exchange-off-curve-static", "a peer's public key off the curve is refused", record.High, "GB/T 32918.1-2016 §6.2.1", exchangeOff(true)},
	{"exchange-zero-ephemeral", "the ephemeral point 0, 0 is refused", record.High, exchangeClause + " A5, B3", exchangeZero(false)},
	{"exchange-zero-static", "the public key 0, 0 is refused", record.High, "GB/T 32918.1-2016 §6.2.1", exchangeZero(true)},
	{"exchange-infinity", "a shared point at infinity is refused", record.High, exchangeClause + " A6, B5", exchangeInfinity},
	{"exchange-random", "both sides of 2 exchanges get the key of the formulas", record.Critical, exchangeClause, exchangeRandom},
	{"exchange-ids", "the key depends on who is who", record.High, exchangeClause + " A7", exchangeIDs},
	{"exchange-lengths", "keys of 16 to 200 bytes are those of the formulas", record.High, exchangeClause + " A7", exchangeLengths},
}

// pairing returns both sides of an exchange.
func pairing(r *rand.Rand) (a, b subject.Side) {
	dA, pA := randomKey(r)
	dB, pB := randomKey(r)
	rA, qA := randomKey(r)
	rB, qB := randomKey(r)
	idA, idB := []byte("ALICE123@YAHOO.COM"), []byte("BILL456@YAHOO.COM")
	a = subject.Side{Initiator: true, Key: dA, Ephemeral: rA, Peer: pB, PeerEphemeral: qB, ID: idA, PeerID: idB}
	b = subject.Side{Key: dB, Ephemeral: rB, Peer: pA, PeerEphemeral: qA, ID: idB, PeerID: idA}
	return a, b
}

func exchangeRefuses(s subject.Subject, side subject.Side, what string) error {
	return refused(what, func() error {
		key, _, _, err := s.Exchange.Agree(side, 16)
		if err == nil && len(key) == 0 {
			return errNothing
		}
		return err
	})
}

func exchangeOff(static bool) func(subject.Subject, *rand.Rand) error {
	return func(s subject.Subject, r *rand.Rand) error {
		for _, name := range slices.Sorted(maps.Keys(offPoints)) {
			if err := exchangeWith(s, r, offPoints[name], static); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	}
}

func exchangeZero(static bool) func(subject.Subject, *rand.Rand) error {
	return func(s subject.Subject, r *rand.Rand) error { return exchangeWith(s, r, zeroPoint, static) }
}

func exchangeWith(s subject.Subject, r *rand.Rand, p formulas.Point, static bool) error {
	a, b := pairing(r)
	for _, side := range []subject.Side{a, b} {
		if static {
			side.Peer = p.Bytes()
		} else {
			side.PeerEphemeral = p.Bytes()
		}
		if err := exchangeRefuses(s, side, fmt.Sprintf("initiator %v", side.Initiator)); err != nil {
			return err
		}
	}
	return nil
}

// exchangeInfinity gives a peer's public key P = −[x̄]R, so that P + [x̄]R is infinity for any key of this side.
func exchangeInfinity(s subject.Subject, r *rand.Rand) error {
	a, _ := pairing(r)
	e, err := formulas.ParsePoint(a.PeerEphemeral)
	if err != nil {
		return err
	}
	w := new(big.Int).Lsh(bigInt(1), 127)
	bar := new(big.Int).Add(w, new(big.Int).Mod(e.X, w))
	a.Peer = e.Mul(bar).Neg().Bytes()
	return exchangeRefuses(s, a, "a peer's key that cancels its ephemeral point")
}

func agreeWithFormulas(s subject.Subject, side subject.Side, length int) error {
	want, _, _, err := subject.Formulas().Exchange.Agree(side, length)
	if err != nil {
		return err
	}
	got, _, _, err := s.Exchange.Agree(side, length)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return differs(fmt.Sprintf("initiator %v, own secrets %x and %x: the key", side.Initiator, side.Key, side.Ephemeral), got, want)
	}
	return nil
}

// exchangeRandom uses shared points without leading zero bytes. The others have vectors of their own.
func exchangeRandom(s subject.Subject, r *rand.Rand) error {
	for range 2 {
		a, b := pairing(r)
		for sharedLeadsWithZero(a) {
			a, b = pairing(r)
		}
		for _, side := range []subject.Side{a, b} {
			if err := agreeWithFormulas(s, side, 32); err != nil {
				return err
			}
		}
	}
	return nil
}

// sharedLeadsWithZero reports whether a coordinate of the shared point begins with a zero byte.
func sharedLeadsWithZero(side subject.Side) bool {
	peer, err := formulas.ParsePoint(side.Peer)
	if err != nil {
		return false
	}
	ephemeral, err := formulas.ParsePoint(side.PeerEphemeral)
	if err != nil {
		return false
	}
	v := formulas.Party{Key: number(side.Key), Ephemeral: number(side.Ephemeral), Peer: peer, PeerEphemeral: ephemeral}.Shared().Bytes()
	return v[1] == 0 || v[33] == 0
}

func exchangeIDs(s subject.Subject, r *rand.Rand) error {
	a, _ := pairing(r)
	first, _, _, err := s.Exchange.Agree(a, 16)
	if err != nil {
		return err
	}
	a.ID, a.PeerID = a.PeerID, a.ID
	second, _, _, err := s.Exchange.Agree(a, 16)
	if err == nil && bytes.Equal(first, second) {
		err = fmt.Errorf("the same key %x with the IDs exchanged", first)
	}
	return err
}

func exchangeLengths(s subject.Subject, r *rand.Rand) error {
	a, _ := pairing(r)
	for sharedLeadsWithZero(a) {
		a, _ = pairing(r)
	}
	for _, length := range []int{16, 32, 33, 200} {
		if err := agreeWithFormulas(s, a, length); err != nil {
			return err
		}
	}
	return nil
}
