// Package statement has the document that a certificate's signer signs: an in-toto statement with a test-result
// predicate, in a DSSE envelope. It names every file of the folder by two digests, so that nobody can change, remove or
// add a file unnoticed.
//
// https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
package statement

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"

	"github.com/emmansun/gmsm/sm3"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/record"
)

const (
	statementType = "https://in-toto.io/Statement/v1"
	predicateType = "https://in-toto.io/attestation/test-result/v0.1"
	payloadType   = "application/vnd.in-toto+json"
)

// Statement is an in-toto statement (v1).
type Statement struct {
	Type          string    `json:"_type"`
	Subject       []File    `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Predicate `json:"predicate"`
}

// File names one file of the folder by its digest.
type File struct {
	Name   string `json:"name"`
	Digest Digest `json:"digest"`
}

// Digest has the SHA-256 and SM3 hashes of some bytes, in hexadecimal.
type Digest struct {
	SHA256 string `json:"sha256"`
	SM3    string `json:"sm3"`
}

// DigestOf returns the digest of everything that r has. It returns an error of r.
func DigestOf(r io.Reader) (Digest, error) {
	a, b := sha256.New(), sm3.New()
	if _, err := io.Copy(io.MultiWriter(a, b), r); err != nil {
		return Digest{}, err
	}
	return Digest{SHA256: hex.EncodeToString(a.Sum(nil)), SM3: hex.EncodeToString(b.Sum(nil))}, nil
}

// Predicate is a test result (v0.1): the tests are a profile's rules. Claim is a field of this project; readers of
// in-toto ignore fields that they do not know.
type Predicate struct {
	Result        string          `json:"result"` // PASSED, WARNED or FAILED
	Configuration []File          `json:"configuration"`
	PassedTests   []string        `json:"passedTests"`
	WarnedTests   []string        `json:"warnedTests"`
	FailedTests   []string        `json:"failedTests"`
	Claim         json.RawMessage `json:"xcmatrixClaim"`
}

// New returns a statement about files.
func New(files []File, p Predicate) Statement {
	return Statement{Type: statementType, Subject: files, PredicateType: predicateType, Predicate: p}
}

// Sign returns a file with a statement in a signed envelope.
func Sign(s Statement, by identity.Signer) ([]byte, error) {
	payload, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	signer, err := dsse.NewEnvelopeSigner(by)
	if err != nil {
		return nil, err
	}
	e, err := signer.SignPayload(context.Background(), payloadType, payload)
	if err != nil {
		return nil, err
	}
	return encode(e)
}

// encode returns the one encoding of an envelope.
func encode(e *dsse.Envelope) ([]byte, error) {
	raw, err := json.MarshalIndent(e, "", " ")
	return append(raw, '\n'), err
}

// Open returns the statement of an envelope that the chain's leaf has signed. It returns an error if the signature is
// wrong, and also for another encoding of envelope or statement than that of Sign, so that every byte counts.
func Open(envelope []byte, chain identity.Chain) (Statement, error) {
	var s Statement
	var e dsse.Envelope
	if err := json.Unmarshal(envelope, &e); err != nil {
		return s, record.Wrongf("", "this is no DSSE envelope: %v", "这不是 DSSE 信封：%v", err)
	}
	if again, err := encode(&e); err != nil || !bytes.Equal(again, envelope) ||
		len(e.Signatures) != 1 || e.PayloadType != payloadType || !canonicalBase64(e.Payload) || !canonicalBase64(e.Signatures[0].Sig) {
		return s, record.Wrongf("", "the envelope was changed", "信封被改动")
	}
	id, err := chain.KeyID()
	if err != nil {
		return s, err
	}
	if e.Signatures[0].KeyID != id {
		return s, record.Wrongf("", "the signature names another key than the certificate's", "签名注明的密钥不是证书的密钥")
	}
	verifier, err := dsse.NewEnvelopeVerifier(chain)
	if err != nil {
		return s, err
	}
	_, payload, err := verifier.VerifyAndDecode(context.Background(), &e)
	if err != nil {
		return s, record.Wrongf("", "the signature is not that of the certificate in the chain", "签名与证书链中的证书不符")
	}
	if err := checkEncoding(payload); err != nil {
		return s, err
	}
	if err := json.Unmarshal(payload, &s); err != nil || s.Type != statementType || s.PredicateType != predicateType {
		return s, record.Wrongf("", "what was signed is no test result", "所签内容不是测试结果声明")
	}
	return s, nil
}

// Version of the claim in a statement of this program, which package claim defines.
const Version = 2

// checkEncoding returns an error if a statement differs from the encoding of Sign for the same values.
func checkEncoding(payload []byte) error {
	var newer struct {
		Predicate struct {
			Claim struct{ V int } `json:"xcmatrixClaim"`
		} `json:"predicate"`
	}
	if err := json.Unmarshal(payload, &newer); err == nil && newer.Predicate.Claim.V > Version {
		return record.Wrongf("", "made by a newer version (claim %d, this one reads %d): update xcmatrix",
			"由更新的版本生成（声明版本 %d，本程序支持 %d）：请升级 xcmatrix", newer.Predicate.Claim.V, Version)
	}
	var s Statement
	err := record.CheckText(payload)
	if err == nil {
		err = json.Unmarshal(payload, &s)
	}
	if err != nil {
		return record.Wrongf("", "what was signed is no test result: %v", "所签内容不是测试结果声明：%v", err)
	}
	if again, err := json.Marshal(s); err != nil || !bytes.Equal(again, payload) {
		return record.Wrongf("", "what was signed is not spelt as this program spells it: other readers may see something else",
			"所签内容的写法与本程序不符：其他程序读到的内容可能不同")
	}
	return nil
}

// canonicalBase64 reports whether a text is what an encoder of base64 writes: decoders also accept newlines and spare
// bits.
func canonicalBase64(text string) bool {
	raw, err := base64.StdEncoding.DecodeString(text)
	return err == nil && base64.StdEncoding.EncodeToString(raw) == text
}

// OpenSSL are shell commands that verify the envelope in the current folder with OpenSSL 3 alone; root.pem is the root
// certificate that the reader trusts. They rely on the one encoding of envelopes, and rebuild the signed text
// (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md#signature-definition).
var OpenSSL = []string{
	`openssl verify -vfyopt distid:1234567812345678 -CAfile root.pem chain.pem`,
	`openssl x509 -in chain.pem -noout -pubkey > signer.pem`,
	`sed -n 's/^ "payload": "\(.*\)",$/\1/p' statement.dsse.json | base64 -d > statement.json`,
	`sed -n 's/^   "sig": "\(.*\)"$/\1/p' statement.dsse.json | base64 -d > statement.sig`,
	`{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < statement.json)"; cat statement.json; } > statement.pae`,
	`openssl dgst -sm3 -verify signer.pem -sigopt distid:1234567812345678 -signature statement.sig statement.pae`,
}
