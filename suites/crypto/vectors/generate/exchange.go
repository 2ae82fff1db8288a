package main

import (
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// rareExchange returns a file with key exchanges in which a coordinate begins with a zero byte, as one in 128 does.
func rareExchange() *file {
	f := newFile("SM2-EXCHANGE-RARE", "sm2_exchange_test_schema.json", "Key exchanges that uniform testing meets once in a hundred tries.")
	f.Notes["Ordinary"] = note("BASIC", "critical", "GB/T 32918.3-2016 §6.1", "A key exchange with user IDs of their own.")
	f.Notes["LeadingZero"] = note("EDGE_CASE", "high", "GB/T 32918.1-2016 §4.2.6", "A coordinate of the shared point begins with a zero byte, which belongs into the key's derivation.")
	exchange(f, "Ordinary", "two users", func([]byte) bool { return true })
	exchange(f, "LeadingZero", "x of the shared point begins with a zero byte", func(v []byte) bool { return v[0] == 0 })
	exchange(f, "LeadingZero", "y of the shared point begins with a zero byte", func(v []byte) bool { return v[32] == 0 })
	return f
}

// exchange adds the first key exchange, from the comment's numbers on, whose shared point satisfies the condition.
func exchange(f *file, flag, comment string, want func(shared []byte) bool) {
	dA, dB, rB := scalar(comment+" dA"), scalar(comment+" dB"), scalar(comment+" rB")
	p := formulas.Party{Initiator: true, Key: dA, Ephemeral: scalar(comment + " rA"), Peer: formulas.G.Mul(dB),
		PeerEphemeral: formulas.G.Mul(rB), ID: []byte("ALICE123@YAHOO.COM"), PeerID: []byte("BILL456@YAHOO.COM")}
	for !want(p.Shared().Bytes()[1:]) {
		p.Ephemeral.Add(p.Ephemeral, number([]byte{1}))
	}
	a, err := p.Exchange(48)
	must(err == nil, comment)
	f.add(vectors.Valid, flag, comment, "dA", pad(dA), "dB", pad(dB), "rA", pad(p.Ephemeral), "rB", pad(rB),
		"idA", p.ID, "idB", p.PeerID, "key", a.Key, "s1", a.S1, "s2", a.S2)
}
