package subject

import (
	"context"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// The errors of these methods are *Unable.

// SM3 returns the digest of msg.
func (p Program) SM3(ctx context.Context, msg []byte) ([]byte, error) {
	if p.Name == "openssl" {
		out, err := p.run(ctx, msg, "dgst", "-sm3", "-binary")
		if err != nil {
			return nil, err
		}
		return answered("dgst -sm3", out, 32)
	}
	out, err := p.run(ctx, msg, "hash", "--algo=SM3", "--no-fsname", "-")
	if err != nil {
		return nil, err
	}
	return digest("hash --algo=SM3", string(out))
}

// digest parses a digest in hexadecimal.
func digest(what, text string) ([]byte, error) {
	d, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return nil, &Unable{What: record.Sayf("%s: %.40q is not a digest", "%s：%.40q 不是摘要", what, text)}
	}
	return answered(what, d, 32)
}

// SM3Files returns the digests of many messages by one process of OpenSSL, which reads them from files in dir.
func (p Program) SM3Files(ctx context.Context, dir string, msgs [][]byte) ([][]byte, error) {
	args := []string{"dgst", "-sm3", "-r"}
	for i, msg := range msgs {
		name := filepath.Join(dir, strconv.Itoa(i))
		if err := keep(name, msg); err != nil {
			return nil, err
		}
		args = append(args, name)
	}
	out, err := p.run(ctx, nil, args...)
	if err != nil {
		return nil, err
	}
	var digests [][]byte
	for line := range strings.Lines(string(out)) { // "66c7… *file"
		text, _, _ := strings.Cut(line, " ")
		d, err := digest("dgst -sm3", text)
		if err != nil {
			return nil, err
		}
		digests = append(digests, d)
	}
	if len(digests) != len(msgs) {
		return nil, &Unable{What: record.Sayf("dgst -sm3: %d digests of %d messages", "dgst -sm3：返回 %d 个摘要，应为 %d 个", len(digests), len(msgs))}
	}
	return digests, nil
}

// SM4 encrypts whole blocks in a mode with an IV, without padding.
func (p Program) SM4(ctx context.Context, mode string, key, iv, msg []byte) ([]byte, error) {
	cipher := "-sm4-" + strings.ToLower(mode)
	out, err := p.run(ctx, msg, "enc", cipher, "-K", hex.EncodeToString(key), "-iv", hex.EncodeToString(iv), "-nopad")
	if err != nil {
		return nil, err
	}
	return answered("enc "+cipher, out, len(msg))
}

// VerifySM2 returns nil if the program accepts a signature with the default ID. The public key is a SubjectPublicKeyInfo. It writes
// files into dir. A program accepts by printing so; one that prints nothing does not accept.
func (p Program) VerifySM2(ctx context.Context, dir string, pkix, msg, sig []byte) error {
	key, signature := filepath.Join(dir, "public.pem"), filepath.Join(dir, "signature")
	if err := keep(key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix})); err != nil {
		return err
	}
	if err := keep(signature, sig); err != nil {
		return err
	}
	out, err := p.run(ctx, msg, "dgst", "-sm3", "-verify", key, "-sigopt", "distid:1234567812345678", "-signature", signature)
	if err == nil && !strings.Contains(string(out), "OK") {
		return &Unable{What: record.Sayf("dgst -sm3 -verify: it says %.40q, not \"Verified OK\"", "dgst -sm3 -verify：输出 %.40q，而非 Verified OK", said(out))}
	}
	return err
}

// SignSM2 returns a signature with the default ID. The private key is in PKCS #8. It writes files into dir.
func (p Program) SignSM2(ctx context.Context, dir string, pkcs8, msg []byte) ([]byte, error) {
	key := filepath.Join(dir, "private.pem")
	if err := keep(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})); err != nil {
		return nil, err
	}
	sig, err := p.run(ctx, msg, "dgst", "-sm3", "-sign", key, "-sigopt", "distid:1234567812345678")
	if err == nil && len(sig) == 0 {
		return nil, &Unable{What: record.Say("dgst -sm3 -sign: it printed nothing", "dgst -sm3 -sign：无输出")}
	}
	return sig, err
}

// Scratch creates a directory for the files that a program reads; remove removes it. The error is an *Unable.
func Scratch() (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "xcmatrix-oracle-")
	if err != nil {
		return "", nil, &Unable{What: record.Sayf("no directory can be created for its files: %v", "无处存放供其读取的文件：%v", reason(err))}
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// keep writes a file for a program.
func keep(name string, content []byte) error {
	if err := os.WriteFile(name, content, 0o600); err != nil {
		return &Unable{What: record.Sayf("the question cannot be written to a file: %v", "无法写入供其读取的文件：%v", reason(err))}
	}
	return nil
}
