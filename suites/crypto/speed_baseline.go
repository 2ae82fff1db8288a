package crypto

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// ciphersInAssembly reports whether the standard library has AES and P-256 in assembly. It has SHA-256 in assembly everywhere.
const ciphersInAssembly = runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64"

// standardSpeed registers the benchmarks of the standard library that others are compared with.
func standardSpeed() {
	for _, size := range sizes {
		speedOf{"SHA-256/" + size.name + "/" + standard, size.bytes, "", path(true, forSHA256)}.register(func() func() error {
			msg := make([]byte, size.bytes)
			return func() error { sha256.Sum256(msg); return nil }
		})
	}
	speedOf{"AES-GCM/16KiB/" + standard, bulk, "", path(ciphersInAssembly, forAES)}.register(func() func() error {
		b, err := aes.NewCipher(make([]byte, 16))
		mustPrepare(err)
		c, err := cipher.NewGCM(b)
		mustPrepare(err)
		return seal(c)
	})
	generate := func() error { return errorOf(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)) }
	key := func() *ecdsa.PrivateKey {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		mustPrepare(err)
		return k
	}
	digest := make([]byte, 32)
	speedOf{"ECDSA-P256-keygen/" + standard, 0, "", path(ciphersInAssembly, forCurves)}.register(func() func() error { return generate })
	speedOf{"ECDSA-P256-sign/" + standard, 0, "", path(ciphersInAssembly, forCurves)}.register(func() func() error {
		k := key()
		return func() error { return errorOf(ecdsa.SignASN1(rand.Reader, k, digest)) }
	})
	speedOf{"ECDSA-P256-verify/" + standard, 0, "", path(ciphersInAssembly, forCurves)}.register(func() func() error {
		k := key()
		sig, err := ecdsa.SignASN1(rand.Reader, k, digest)
		mustPrepare(err)
		return func() error { ecdsa.VerifyASN1(&k.PublicKey, digest, sig); return nil }
	})
}

// opensslSpeed registers the benchmarks of the machine's OpenSSL, by `openssl speed`, for one second each.
func opensslSpeed() {
	for _, size := range sizes[2:] {
		registerOpenSSL("SM3/"+size.name, size.bytes, "SHA-256/"+size.name, "sm3")
	}
	for _, mode := range []string{"ECB", "CBC", "CTR", "GCM", "CCM"} {
		registerOpenSSL("SM4-"+mode+"/16KiB", bulk, "AES-GCM/16KiB", "sm4-"+strings.ToLower(mode))
	}
	ginkgo.It("SM2-sign, SM2-verify/openssl", check.Bench(), check.Optional(), check.Within(2*time.Minute), func(ctx ginkgo.SpecContext) {
		o := openssl(ctx)
		sign, verify, err := o.SpeedSM2(ctx)
		missIfUnable(o, err)
		for i, ns := range []float64{sign, verify} {
			op := []string{"sign", "verify"}[i]
			check.Sample(record.Sample{Name: "SM2-" + op + "/openssl", Value: ns, Unit: "ns/op", Better: record.Lower,
				Reference: "ECDSA-P256-" + op + "/" + standard, Path: o.version})
		}
	})
}

// registerOpenSSL registers a benchmark of OpenSSL's.
func registerOpenSSL(what string, size int, baseline, algorithm string) {
	ginkgo.It(what+"/openssl", check.Bench(), check.Optional(), check.Within(2*time.Minute), func(ctx ginkgo.SpecContext) {
		o := openssl(ctx)
		rate, err := o.Speed(ctx, algorithm, size)
		missIfUnable(o, err)
		s := record.Sample{Name: what + "/openssl", Reference: baseline + "/" + standard, Path: o.version}
		s.Value, s.Unit, s.Better = float64(size)/rate*1e9, "ns/op", record.Lower
		check.Sample(s)
		s.Value, s.Unit, s.Better = rate/1e6, "MB/s", record.Higher
		check.Sample(s)
	})
}

// openssl returns the machine's OpenSSL. An emulated process would run the host's, so the spec is skipped there.
func openssl(ctx context.Context) oracle {
	if check.Emulated() {
		check.Skip(record.Say("the program would be the host's", "该程序属于宿主机"))
	}
	return findOracle(ctx, "openssl")
}

// Instructions beyond the architecture's base that implementations are known to use, by the operation.
var (
	forSHA256 = []string{"sha_ni", "avx2", "sha2"}
	forSM3    = []string{"avx2", "avx", "ssse3", "sm3", "lsx", "lasx"}
	forAES    = []string{"aes", "pclmulqdq", "pmull"}
	forSM4    = []string{"gfni", "aes", "pclmulqdq", "avx2", "avx", "ssse3", "sm4", "pmull", "lsx", "lasx"}
	forCurves = []string{"bmi2", "adx", "avx2"}
)

// path returns a function that names the code that a library runs here: "Go", or "assembly" and which of the instructions
// this processor has.
func path(assembly bool, instructions []string) func() string {
	return func() string {
		if !assembly || strings.Contains(check.Launch().BuildKey, "purego") {
			return "Go"
		}
		var have []string
		for _, f := range instructions {
			if slices.Contains(check.Machine().Features, f) {
				have = append(have, f)
			}
		}
		return strings.TrimSpace("assembly " + strings.Join(have, " "))
	}
}
