package main

import (
	"github.com/xcmatrix/xcmatrix/suites/crypto/formulas"
	"github.com/xcmatrix/xcmatrix/suites/crypto/vectors"
)

// chainSM3 returns the Monte Carlo test of the NIST's validation systems, with SM3: each digest is that of the last three.
func chainSM3() *file {
	f := newFile("SM3-MONTE-CARLO", "digest_chain_test_schema.json", "Chains of SM3.",
		"The standards give no values. These come from the standard's formulas; the suite holds both libraries, and the",
		"machine's OpenSSL where it is installed, to them: all three agree.")
	f.Notes["Chain"] = vectors.Note{BugType: "BASIC", Severity: "critical", Clause: "GB/T 32905-2016 §5; NIST SHAVS §6.4",
		Description: "1,000 digests a round, each over the last three; the last one is the next round's seed."}
	for _, c := range []struct {
		comment string
		seed    []byte
		rounds  int
	}{{"a round from the digest of abc", digest("abc"), 1}, {"a round from zeros", make([]byte, 32), 1}, {"10 rounds from the digest of abc", digest("abc"), 10}} {
		end := c.seed
		for range c.rounds {
			end = formulas.Chain(end)
		}
		f.add(vectors.Valid, "Chain", c.comment, "seed", c.seed, "rounds", c.rounds, "digest", end)
	}
	return f
}

func digest(msg string) []byte {
	d := formulas.SM3([]byte(msg))
	return d[:]
}
