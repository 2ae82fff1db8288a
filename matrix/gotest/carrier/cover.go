package carrier

import (
	"os"
	"path/filepath"
)

// maxCoverage bounds what is kept of the coverage of one cell, in bytes. In a virtual machine it is an event, in base64.
const maxCoverage = 24 << 20

// keepCoverage takes in the profiles that a package's processes wrote. One that ended early has written none.
func (c *carrier) keepCoverage(dir string) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.coverage"))
	if err != nil {
		return
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		c.mu.Lock()
		if len(c.covered)+len(raw) < maxCoverage {
			c.covered = append(c.covered, raw...)
		}
		c.mu.Unlock()
	}
}
