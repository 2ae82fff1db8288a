package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
)

// hostRoot returns the root directory of this machine.
func hostRoot() tree { return tree{os.DirFS("/")} }

// Digest returns the SHA-256 of the running program's file, as "sha256:…". It is computed at the first call, because the file has
// tens of megabytes. It reads /proc/self/exe, which is the file even if it has been replaced. It returns an error if the file
// cannot be read.
func Digest() (string, error) { return digest() }

var digest = sync.OnceValues(func() (string, error) {
	f, err := os.Open("/proc/self/exe")
	if err != nil {
		name, nameErr := os.Executable()
		if nameErr != nil {
			return "", fmt.Errorf("the running file: %w", nameErr)
		}
		if f, err = os.Open(name); err != nil {
			return "", fmt.Errorf("the running file: %w", err)
		}
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("the running file: %w", err)
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
})
