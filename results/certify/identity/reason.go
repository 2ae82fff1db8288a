package identity

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"fmt"

	"github.com/emmansun/gmsm/pkcs"
	"github.com/emmansun/gmsm/pkcs8"
	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// algorithm returns the name of a public key's algorithm, for people.
func algorithm(public any) string {
	switch k := public.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == sm2.P256() {
			return "SM2"
		}
		return "ECDSA " + k.Curve.Params().Name
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return "unknown"
}

// checkRoot returns a *record.Problem with the reason why a certificate at place cannot be a root here: another
// algorithm, no CA, not its own issuer, or not signed by itself with SM2's default ID.
func checkRoot(place string, c *smx509.Certificate) error {
	name := c.Subject.CommonName
	switch {
	case algorithm(c.PublicKey) != "SM2":
		return record.Wrongf(place, "the root certificate %q is of a key for %s, not for SM2", "根证书 %q 的密钥算法为 %s，而非 SM2", name, algorithm(c.PublicKey))
	case !bytes.Equal(c.RawIssuer, c.RawSubject):
		return record.Wrongf(place, "the certificate %q was issued by %q: a root certificate is its own issuer", "证书 %q 由 %q 签发：根证书须由其自身签发", name, c.Issuer.CommonName)
	case !c.BasicConstraintsValid || !c.IsCA:
		return record.Wrongf(place, "the certificate %q is of no certification authority (its basic constraints say CA:FALSE, or are missing)",
			"证书 %q 不是 CA 证书（基本约束为 CA:FALSE 或没有）", name)
	case c.KeyUsage != 0 && c.KeyUsage&smx509.KeyUsageCertSign == 0:
		return record.Wrongf(place, "the root certificate %q is not for signing certificates (its key usage lacks keyCertSign)", "根证书 %q 不允许签发证书（密钥用途缺少 keyCertSign）", name)
	case c.SignatureAlgorithm != smx509.SM2WithSM3:
		return record.Wrongf(place, "the root certificate %q is signed with %s, not with SM2 and SM3", "根证书 %q 的签名算法为 %s，而非 SM2 与 SM3", name, c.SignatureAlgorithm)
	}
	if err := c.CheckSignatureFrom(c); err != nil {
		return record.Wrongf(place, "the root certificate %q does not sign itself with the SM2 ID 1234567812345678: it was signed with another ID (openssl: -sigopt distid:1234567812345678), or it was changed",
			"根证书 %q 按 SM2 标识 1234567812345678 验证自签名失败：签名时使用了其他标识（openssl 须加 -sigopt distid:1234567812345678），或证书被改动", name)
	}
	return nil
}

// checkLeaf returns a *record.Problem with the reason why a certificate at place is no signer's certificate that root
// issued.
func checkLeaf(place string, leaf, root *smx509.Certificate) error {
	name := leaf.Subject.CommonName
	switch {
	case algorithm(leaf.PublicKey) != "SM2":
		return record.Wrongf(place, "the signer's certificate %q is of a key for %s, not for SM2", "签发者证书 %q 的密钥算法为 %s，而非 SM2", name, algorithm(leaf.PublicKey))
	case !bytes.Equal(leaf.RawIssuer, root.RawSubject):
		return record.Wrongf(place, "the signer's certificate %q was not issued by the root certificate %q but by %q", "签发者证书 %q 不是由根证书 %q 签发的，而是由 %q 签发",
			name, root.Subject.CommonName, leaf.Issuer.CommonName)
	}
	if err := leaf.CheckSignatureFrom(root); err != nil {
		return record.Wrongf(place, "the signer's certificate %q was not issued by the root certificate %q: the signature in it is not the root's for the SM2 ID 1234567812345678",
			"签发者证书 %q 不是由根证书 %q 签发的：其签名按 SM2 标识 1234567812345678 验证失败", name, root.Subject.CommonName)
	}
	if leaf.KeyUsage&smx509.KeyUsageDigitalSignature == 0 {
		return record.Wrongf(place, "the signer's certificate %q is not for signing (its key usage lacks digitalSignature)", "签发者证书 %q 不允许用于数字签名（密钥用途缺少 digitalSignature）", name)
	}
	return nil
}

// Limits of the work that a key file may ask for to derive a key from a passphrase: rounds of PBKDF2, and bytes of
// scrypt.
const (
	maxRounds = 10_000_000
	maxScrypt = 256 << 20
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidPKCS12 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 1}
)

const again = "openssl pkcs8 -topk8 -v2 aes-256-cbc"

// decrypt returns the key in an encrypted PKCS#8 file; path is its name in errors.
func decrypt(path string, der, passphrase []byte) (*sm2.PrivateKey, error) {
	var file struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	if rest, err := asn1.Unmarshal(der, &file); err != nil || len(rest) > 0 {
		return nil, record.Wrongf(path, "the key file is damaged: it is no encrypted key of PKCS #8", "密钥文件已损坏：不是 PKCS #8 加密密钥")
	}
	oid := file.Algorithm.Algorithm
	switch {
	case pkcs.IsPBES1(file.Algorithm) || len(oid) > len(oidPKCS12) && oid[:len(oidPKCS12)].Equal(oidPKCS12):
		return nil, record.Wrongf(path, "the key is encrypted with PBES1, which is broken and not read here: encrypt it anew with `%s -in OLD -out %s`",
			"密钥以 PBES1 加密，该方式已不安全，本程序不读取：请用 `%s -in 旧文件 -out %s` 重新加密", again, KeyFile)
	case !oid.Equal(oidPBES2):
		return nil, record.Wrongf(path, "the key is encrypted with a method that is not known here (%v): encrypt it anew with `%s`", "密钥的加密方式未知（%v）：请用 `%s` 重新加密", oid, again)
	case tooMuchWork(file.Algorithm.Parameters.FullBytes):
		return nil, record.Wrongf(path, "the key file asks for more work than any passphrase needs: more than %d rounds of PBKDF2, or %d MiB of scrypt",
			"密钥文件要求的口令派生计算量过大：超过 PBKDF2 %d 轮或 scrypt %d MiB", maxRounds, maxScrypt>>20)
	}
	key, _, err := pkcs8.ParsePrivateKey(der, passphrase)
	if err != nil {
		return nil, record.Wrongf(path, "the passphrase is wrong, or the key file is damaged", "口令错误，或密钥文件已损坏")
	}
	private, ok := key.(*sm2.PrivateKey)
	if !ok {
		var public any
		switch k := key.(type) {
		case *ecdsa.PrivateKey:
			public = &k.PublicKey
		case *rsa.PrivateKey:
			public = &k.PublicKey
		case ed25519.PrivateKey:
			public = k.Public()
		}
		return nil, record.Wrongf(path, "the key is for %s, not for SM2", "密钥算法为 %s，而非 SM2", algorithm(public))
	}
	return private, nil
}

// tooMuchWork reports whether the parameters of PBES2 (RFC 8018 A.4) ask for more than the limits.
func tooMuchWork(parameters []byte) bool {
	var pbes2 struct{ KDF, Cipher pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(parameters, &pbes2); err != nil {
		return false // decrypting fails for parameters that cannot be read
	}
	raw := pbes2.KDF.Parameters.FullBytes
	switch {
	case pbes2.KDF.Algorithm.Equal(oidPBKDF2):
		var p struct {
			Salt   asn1.RawValue
			Rounds int
			Length int                      `asn1:"optional"`
			Hash   pkix.AlgorithmIdentifier `asn1:"optional"`
		}
		_, err := asn1.Unmarshal(raw, &p)
		return err != nil || p.Rounds > maxRounds
	case pbes2.KDF.Algorithm.Equal(oidScrypt):
		var p struct {
			Salt    []byte
			N, R, P int
			Length  int `asn1:"optional"`
		}
		_, err := asn1.Unmarshal(raw, &p)
		return err != nil || p.N < 0 || p.R < 0 || p.P < 0 || p.N > maxScrypt || p.R > 1024 || p.P > 64 || 128*p.N*p.R > maxScrypt
	}
	return false
}

// keyBlock returns the encrypted key in a PEM file; path is its name in errors.
func keyBlock(path string, text []byte) ([]byte, error) {
	for rest := text; ; {
		block, after := pem.Decode(rest)
		if block == nil {
			return nil, record.Wrongf(path, "this is no encrypted key in PEM", "这不是 PEM 格式的加密密钥")
		}
		switch block.Type {
		case pemKey:
			return block.Bytes, nil
		case "PRIVATE KEY", "EC PRIVATE KEY", "SM2 PRIVATE KEY", "RSA PRIVATE KEY":
			return nil, record.Wrongf(path, "this is no encrypted key: whoever reads the file can sign; encrypt it with `%s -in OLD -out %s`",
				"密钥未加密：任何能读取该文件的人都可签名；请用 `%s -in 旧文件 -out %s` 加密", again, KeyFile)
		case pemCertificate:
			return nil, record.Wrongf(path, "this is a certificate, no encrypted key in PEM", "这是证书，不是 PEM 格式的加密密钥")
		}
		rest = after
	}
}
