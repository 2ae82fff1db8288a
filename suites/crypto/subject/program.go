package subject

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Program is a command-line program of the machine that serves as a further voice.
type Program struct {
	Name string // "openssl", "botan"
	path string
}

// ErrAbsent says that a program is not installed.
var ErrAbsent = errors.New("not installed")

// FindProgram looks for a program on the PATH.
func FindProgram(name string) (Program, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return Program{}, ErrAbsent
	}
	return Program{name, path}, nil
}

// run gives the program's standard output.
func (p Program) run(ctx context.Context, in []byte, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, p.path, args...)
	cmd.Stdin = bytes.NewReader(in)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w: %.200s", p.Name, args[0], err, strings.TrimSpace(complaint.String()))
	}
	return out, nil
}

// SM3 is the digest of msg.
func (p Program) SM3(ctx context.Context, msg []byte) ([]byte, error) {
	if p.Name == "openssl" {
		return p.run(ctx, msg, "dgst", "-sm3", "-binary")
	}
	out, err := p.run(ctx, msg, "hash", "--algo=SM3", "--no-fsname", "-")
	if err != nil {
		return nil, err
	}
	return hex.DecodeString(strings.TrimSpace(string(out)))
}

// SM3Files are the digests of many messages by one process of OpenSSL, which reads them from files in dir.
func (p Program) SM3Files(ctx context.Context, dir string, msgs [][]byte) ([][]byte, error) {
	args := []string{"dgst", "-sm3", "-r"}
	for i, msg := range msgs {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, msg, 0o600); err != nil {
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
		digest, err := hex.DecodeString(text)
		if err != nil {
			return nil, fmt.Errorf("%s says %.80q: %w", p.Name, line, err)
		}
		digests = append(digests, digest)
	}
	if len(digests) != len(msgs) {
		return nil, fmt.Errorf("%s gave %d digests of %d messages", p.Name, len(digests), len(msgs))
	}
	return digests, nil
}

// SM4 encrypts whole blocks in a mode, without padding.
func (p Program) SM4(ctx context.Context, mode string, key, iv, msg []byte) ([]byte, error) {
	if p.Name != "openssl" {
		return nil, fmt.Errorf("%s: SM4 on the command line is not used", p.Name)
	}
	args := []string{"enc", "-sm4-" + strings.ToLower(mode), "-K", hex.EncodeToString(key), "-nopad"}
	if mode != "ECB" {
		args = append(args, "-iv", hex.EncodeToString(iv))
	}
	return p.run(ctx, msg, args...)
}

// VerifySM2 checks a signature under the default ID, with the public key as SubjectPublicKeyInfo.
func (p Program) VerifySM2(ctx context.Context, dir string, pkix, msg, sig []byte) error {
	key, signature := filepath.Join(dir, "public.pem"), filepath.Join(dir, "signature")
	if err := errors.Join(os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: pkix}), 0o600),
		os.WriteFile(signature, sig, 0o600)); err != nil {
		return err
	}
	_, err := p.run(ctx, msg, "dgst", "-sm3", "-verify", key, "-sigopt", "distid:1234567812345678", "-signature", signature)
	return err
}

// SignSM2 signs under the default ID, with the private key as PKCS #8.
func (p Program) SignSM2(ctx context.Context, dir string, pkcs8, msg []byte) ([]byte, error) {
	key := filepath.Join(dir, "private.pem")
	if err := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600); err != nil {
		return nil, err
	}
	return p.run(ctx, msg, "dgst", "-sm3", "-sign", key, "-sigopt", "distid:1234567812345678")
}
