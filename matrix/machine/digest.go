package machine

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"sync"
)

// live is the root of this machine.
func live() tree { return tree{os.DirFS("/")} }

// Digest is "sha256:…" of the file that is running. It is computed when first asked for, since the file is tens of
// megabytes; /proc/self/exe is the file itself, also when another has taken its name.
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
