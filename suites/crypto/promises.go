package crypto

import (
	"crypto/cipher"

	gmcipher "github.com/emmansun/gmsm/cipher"

	"github.com/xcmatrix/xcmatrix/suites/crypto/contract"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// contracts registers the documented properties of the Go interfaces that the subjects implement.
func contracts() {
	for _, s := range subject.All() {
		promise("hash.Hash", s, "sm3", "hash-", contract.HashClauses, contract.Hash{New: s.Hash.New, Sum: s.Hash.Sum})
		promise("cipher.Block", s, "sm4", "block-", contract.BlockClauses, contract.NewBlock(s.Block.NewCipher))
		for _, m := range blockModes(s) {
			promise("cipher.BlockMode ("+m.name+")", s, "sm4", m.name+"-", contract.BlockModeClauses, m.mode)
		}
		for _, m := range streams(s) {
			promise("cipher.Stream ("+m.name+")", s, "sm4", m.name+"-", contract.StreamClauses, m.stream)
		}
		for _, a := range s.AEADs {
			nonce := 12
			promise("cipher.AEAD ("+a.Via+")", s, "sm4", way(a.Via)+"-", contract.AEADClauses, contract.NewAEAD(func() (cipher.AEAD, error) {
				return a.New([]byte("0123456789abcdef"), nonce, 16)
			}))
		}
	}
}

var contractIV = []byte("an IV of 16 byte")

// keyed returns the subject's block cipher with a fixed key.
func keyed(s subject.Subject) cipher.Block {
	b, err := s.Block.NewCipher([]byte("0123456789abcdef"))
	if err != nil {
		panic(err)
	}
	return b
}

type namedMode struct {
	name string
	mode contract.BlockMode
}

// blockModes returns the block modes of a subject. Those of crypto/cipher use faster code if the block cipher has it.
func blockModes(s subject.Subject) []namedMode {
	modes := []namedMode{{"cbc", contract.BlockMode{
		Encrypter: func() cipher.BlockMode { return cipher.NewCBCEncrypter(keyed(s), contractIV) },
		Decrypter: func() cipher.BlockMode { return cipher.NewCBCDecrypter(keyed(s), contractIV) }}}}
	if s.Name != "emmansun" {
		return modes
	}
	return append(modes, namedMode{"ecb", contract.BlockMode{
		Encrypter: func() cipher.BlockMode { return gmcipher.NewECBEncrypter(keyed(s)) },
		Decrypter: func() cipher.BlockMode { return gmcipher.NewECBDecrypter(keyed(s)) }}},
		namedMode{"bc", contract.BlockMode{
			Encrypter: func() cipher.BlockMode { return gmcipher.NewBCEncrypter(keyed(s), contractIV) },
			Decrypter: func() cipher.BlockMode { return gmcipher.NewBCDecrypter(keyed(s), contractIV) }}})
}

type namedStream struct {
	name   string
	stream contract.Stream
}

func streams(s subject.Subject) []namedStream {
	return []namedStream{
		{"ctr", func() cipher.Stream { return cipher.NewCTR(keyed(s), contractIV) }},
		//lint:ignore SA1019 GB/T 17964 still has the mode
		{"ofb", func() cipher.Stream { return cipher.NewOFB(keyed(s), contractIV) }},
		//lint:ignore SA1019 GB/T 17964 still has the mode
		{"cfb", func() cipher.Stream { return cipher.NewCFBEncrypter(keyed(s), contractIV) }},
	}
}
