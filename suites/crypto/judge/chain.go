package judge

import (
	"bytes"

	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// Links returns the messages and digests of one round of the Monte Carlo test (NIST SHAVS §6.4): 1,000 digests, each over the
// last three, from three times the seed.
func Links(sum func([]byte) []byte, seed []byte) (messages, digests [][]byte) {
	last := [3][]byte{seed, seed, seed}
	for range 1000 {
		msg := bytes.Join(last[:], nil)
		digest := sum(msg)
		last = [3][]byte{last[1], last[2], digest}
		messages, digests = append(messages, msg), append(digests, digest)
	}
	return messages, digests
}

// Chain requires the value at the end of a vector's rounds: in one call each, and by one state that is reset.
func Chain(h subject.Hash, t vectors.Test) error {
	state := h.New()
	ways := []struct {
		name string
		sum  func([]byte) []byte
	}{{"one call each", h.Sum}, {"a state that is reset", func(msg []byte) []byte {
		state.Reset()
		state.Write(msg)
		return state.Sum(nil)
	}}}
	for _, w := range ways {
		end := t.Bytes("seed")
		for range max(t.Number("rounds"), 1) {
			_, digests := Links(w.sum, end)
			end = digests[len(digests)-1]
		}
		if !bytes.Equal(end, t.Bytes("digest")) {
			return differs("the chain's end by "+w.name, end, t.Bytes("digest"))
		}
	}
	return nil
}
