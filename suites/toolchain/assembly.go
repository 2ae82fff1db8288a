package toolchain

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/hex"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"hash/crc64"
	"math/big"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// The functions here are assembly on some architectures and Go on others, with different code for short and long, aligned and
// unaligned data. So each is compared with a loop, for every length and alignment up to a size that uses all of the code.
const longest = 130

// noise returns n random bytes without zeros, the same for the same plan.
func noise(n int) []byte {
	r, b := check.Rand(), make([]byte, n)
	for i := range b {
		b[i] = byte(1 + r.IntN(255))
	}
	return b
}

func assembly() {
	It("are copied and moved over themselves, at every length and start", func() {
		source := noise(longest + 16)
		for from := range 9 {
			for to := range 9 {
				for n := 0; n <= longest; n++ {
					moved := bytes.Clone(source)
					copy(moved[to:to+n], moved[from:from+n])
					moved = check.Fact("bytes that were moved over themselves", moved)
					for i := range moved {
						want := source[i]
						if i >= to && i < to+n {
							want = source[i-to+from]
						}
						if moved[i] != want {
							Fail("a byte is wrong")
						}
					}
				}
			}
		}
	})
	It("are cleared, at every length and start", func() {
		for from := range 17 {
			for n := 0; n <= longest; n++ {
				b := bytes.Repeat([]byte{0xff}, longest+32)
				clear(b[from : from+n])
				b = check.Fact("bytes of which some were cleared", b)
				if bytes.Count(b, []byte{0}) != n || bytes.IndexByte(b, 0) != from && n > 0 {
					Fail("not the bytes that were to be cleared")
				}
			}
		}
	})
	It("are compared, with the difference at every place", func() {
		one := noise(longest)
		for n := 1; n <= longest; n++ {
			for at := range n {
				other := bytes.Clone(one[:n])
				other[at]--
				order := check.Fact("order of the greater and the lesser, and the other way round", [2]int{bytes.Compare(one[:n], other), bytes.Compare(other, one[:n])})
				equal := check.Fact("differing bytes are equal, and in constant time", [2]bool{bytes.Equal(one[:n], other), subtle.ConstantTimeCompare(one[:n], other) != 0})
				if order != [2]int{1, -1} || equal != [2]bool{} {
					Fail("a difference is overlooked")
				}
			}
			if !check.Fact("equal bytes are equal", bytes.Equal(one[:n], bytes.Clone(one[:n]))) {
				Fail("a difference is made up")
			}
		}
	})
	It("are found, first and last, at every place", func() {
		for n := 1; n <= longest; n++ {
			for at := range n {
				b := bytes.Repeat([]byte{'x'}, n)
				b[at] = 'y'
				found := check.Fact("places of a byte from where it is, its number, and its place before itself", [4]int{bytes.IndexByte(b, 'y') - at,
					bytes.LastIndexByte(b, 'y') - at, bytes.Count(b, []byte{'y'}), bytes.IndexByte(b[:at], 'y')})
				if found != [4]int{0, 0, 1, -1} {
					Fail("a byte is not where it is")
				}
			}
		}
	})
	It("in a row are found at every place", func() {
		for n := 1; n <= 64; n++ {
			needle := noise(n)
			for at := range 70 {
				b := append(append(make([]byte, at), needle...), make([]byte, 70)...)
				if check.Fact("place of a row of bytes from where it is", bytes.Index(b, needle)-at) != 0 {
					Fail("a row of bytes is not where it is")
				}
			}
		}
	})
	It("are combined by exclusive or, at every length", func() {
		one, two := noise(longest), bytes.Repeat([]byte{0x5a}, longest)
		for n := 0; n <= longest; n++ {
			out := make([]byte, longest)
			Expect(check.Fact("bytes combined, fewer than asked", n-subtle.XORBytes(out, one[:n], two[:n]))).To(BeZero())
			for i, b := range check.Fact("bytes combined by exclusive or", out) {
				want := byte(0)
				if i < n {
					want = one[i] ^ 0x5a
				}
				if b != want {
					Fail("a byte is wrong")
				}
			}
		}
	})
}

// sum returns the digest of data in hexadecimal.
func sum(h hash.Hash, data []byte) string {
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}

// abc is the first message of FIPS 180-4's and RFC 1321's examples.
var abc = []byte("abc")

func digests() {
	for _, d := range []struct {
		name, source, want string
		h                  func() hash.Hash
	}{
		{"MD5", "RFC 1321 A.5", "900150983cd24fb0d6963f7d28e17f72", md5.New},
		{"SHA-1", "FIPS 180-4 example", "a9993e364706816aba3e25717850c26c9cd0d89d", sha1.New},
		{"SHA-256", "FIPS 180-4 example", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sha256.New},
		{"SHA-512", "FIPS 180-4 example", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f", sha512.New},
		{"SHA3-256", "FIPS 202 example", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532", func() hash.Hash { return sha3.New256() }},
	} {
		It(d.name+" of abc is the standard's", func() { Expect(check.Fact(d.name+" of abc", sum(d.h(), abc))).To(Equal(d.want), d.source) })
		It(d.name+" is the same in one piece and in many", func() {
			data := noise(1000)
			whole, parts := sum(d.h(), data), d.h()
			for from, n := 0, 1; from < len(data); from, n = from+n, n+7 {
				parts.Write(data[from:min(from+n, len(data))])
			}
			Expect(check.Fact(d.name+" of many pieces", hex.EncodeToString(parts.Sum(nil)))).To(Equal(whole))
		})
	}
	It("CRC-32 and others of 123456789 are the catalogue's", func() {
		digits := []byte("123456789") // the check value of Koopman's and Cook's catalogues
		Expect(check.Fact("CRC-32 of digits", crc32.ChecksumIEEE(digits))).To(Equal(uint32(0xcbf43926)))
		Expect(check.Fact("CRC-32C of digits", crc32.Checksum(digits, crc32.MakeTable(crc32.Castagnoli)))).To(Equal(uint32(0xe3069283)))
		Expect(check.Fact("CRC-64 of digits", crc64.Checksum(digits, crc64.MakeTable(crc64.ECMA)))).To(Equal(uint64(0x995dc9bbdf1939fa)))
		Expect(check.Fact("Adler-32 of digits", adler32.Checksum(digits))).To(Equal(uint32(0x091e01de)))
	})
	It("CRC-32 is the same bit by bit, at every length", func() {
		data := noise(300)
		for _, polynomial := range []uint32{crc32.IEEE, crc32.Castagnoli} {
			table := crc32.MakeTable(polynomial)
			slow := ^uint32(0)
			for n, b := range data {
				if check.Fact("CRC-32 of noise", crc32.Checksum(data[:n], table)) != ^slow {
					Fail("a checksum is wrong")
				}
				slow ^= uint32(b)
				for range 8 {
					slow = slow>>1 ^ polynomial&-(slow&1)
				}
			}
		}
	})
	It("AES-128 of FIPS 197 and AES-GCM both ways", func() {
		key, _ := hex.DecodeString("000102030405060708090a0b0c0d0e0f")
		plain, _ := hex.DecodeString("00112233445566778899aabbccddeeff")
		block, err := aes.NewCipher(key)
		Expect(err).NotTo(HaveOccurred())
		out := make([]byte, 16)
		block.Encrypt(out, plain)
		Expect(check.Fact("AES-128 of FIPS 197", hex.EncodeToString(out))).To(Equal("69c4e0d86a7b0430d8cdb78070b4c55a")) // appendix C.1
		sealed, err := cipher.NewGCM(block)
		Expect(err).NotTo(HaveOccurred())
		data, nonce := noise(longest), make([]byte, 12)
		for n := range data {
			box := sealed.Seal(nil, nonce, data[:n], plain)
			got, err := sealed.Open(nil, nonce, box, plain)
			Expect(check.Fact("answer of AES-GCM to what it sealed", err)).NotTo(HaveOccurred())
			Expect(check.Fact("AES-GCM gives back what it sealed", bytes.Equal(got, data[:n]))).To(BeTrue())
			box[n]++
			_, err = sealed.Open(nil, nonce, box, plain)
			Expect(check.Fact("answer of AES-GCM to what was changed", err)).To(HaveOccurred())
		}
	})
	It("signatures and key agreement of the library hold", func() {
		seed := sha256.Sum256(abc)
		key := ed25519.NewKeyFromSeed(seed[:])
		signature := ed25519.Sign(key, abc)
		check.Observe("Ed25519", hex.EncodeToString(signature))
		public := key.Public().(ed25519.PublicKey)
		holds := []bool{ed25519.Verify(public, abc, signature), ed25519.Verify(public, []byte("abd"), signature)}
		Expect(check.Fact("a signature holds for its message, and for another", holds)).To(Equal([]bool{true, false}))
		other := sha256.Sum256(seed[:])
		one, err := ecdh.P256().NewPrivateKey(seed[:])
		Expect(err).NotTo(HaveOccurred())
		two, err := ecdh.P256().NewPrivateKey(other[:])
		Expect(err).NotTo(HaveOccurred())
		there, err := one.ECDH(two.PublicKey())
		Expect(err).NotTo(HaveOccurred())
		back, err := two.ECDH(one.PublicKey())
		Expect(err).NotTo(HaveOccurred())
		Expect(there).To(Equal(check.Fact("the key that the other side agreed on", back)))
		check.Observe("ECDH P-256", hex.EncodeToString(there))
	})
	It("big numbers multiply, divide and raise", func() {
		a := new(big.Int).Exp(big.NewInt(3), big.NewInt(1000), nil)
		b := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 521), big.NewInt(1)) // a Mersenne prime
		product := new(big.Int).Mul(a, b)
		quotient, rest := new(big.Int).QuoRem(new(big.Int).Add(product, big.NewInt(42)), b, new(big.Int))
		Expect(check.Fact("order of a quotient and its factor", quotient.Cmp(a))).To(BeZero())
		Expect(check.Fact("rest of a division", rest.Int64())).To(BeEquivalentTo(42))
		Expect(check.Fact("2^521-1 is prime", b.ProbablyPrime(0))).To(BeTrue())
		fermat := new(big.Int).Exp(a, new(big.Int).Sub(b, big.NewInt(1)), b)
		Expect(check.Fact("order of a power by Fermat's theorem and 1", fermat.Cmp(big.NewInt(1)))).To(BeZero())
		check.Observe("3^1000", sum(sha256.New(), a.Bytes()))
	})
}
