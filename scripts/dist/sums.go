package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// openSigner opens the key that the lists are signed with; nil where none is given.
func openSigner(o options) (*identity.Signer, error) {
	if o.key == "" {
		return nil, nil
	}
	passphrase := []byte(os.Getenv("XCMATRIX_PASSPHRASE"))
	if o.passphraseFile != "" {
		text, err := regular.ReadNamed(o.passphraseFile, 4<<10)
		if err != nil {
			return nil, err
		}
		passphrase = bytes.TrimRight(text, "\r\n")
	}
	if len(passphrase) == 0 {
		return nil, record.Wrongf("-key", "the key's passphrase is not given: set XCMATRIX_PASSPHRASE, or name -passphrase-file",
			"未给出密钥口令：请设置 XCMATRIX_PASSPHRASE 或用 -passphrase-file 指定")
	}
	defer clear(passphrase)
	signer, err := identity.Open(o.key, passphrase, time.Now())
	return &signer, err
}

// writeSums writes the lists of digests of all files in dir and, where there is a signer, each list's signature (SM2 with
// SM3, in DER) and the certificates that it is verified with.
func writeSums(ctx context.Context, dir string, signer *identity.Signer) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, l := range []struct {
		name string
		hash func() hash.Hash
	}{{"SHA256SUMS", sha256.New}, {"SM3SUMS", sm3.New}} {
		var list bytes.Buffer
		for _, e := range entries {
			raw, err := os.ReadFile(filepath.Join(dir, e.Name()))
			if err != nil {
				return err
			}
			h := l.hash()
			h.Write(raw)
			fmt.Fprintf(&list, "%s  %s\n", hex.EncodeToString(h.Sum(nil)), e.Name())
		}
		if err := os.WriteFile(filepath.Join(dir, l.name), list.Bytes(), 0o644); err != nil {
			return err
		}
		if signer == nil {
			continue
		}
		signature, err := signer.Sign(ctx, list.Bytes())
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, l.name+".sig"), signature, 0o644); err != nil {
			return err
		}
	}
	if signer == nil {
		return nil
	}
	return os.WriteFile(filepath.Join(dir, identity.ChainFile), signer.Chain.PEM(), 0o644)
}
