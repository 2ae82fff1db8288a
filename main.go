// Xcmatrix shows whether Go software behaves the same on China's domestic platforms, and how fast. See README.md.
package main

import (
	"embed"
	"os"

	"github.com/xcmatrix/xcmatrix/cli"
)

// sources are those of the program that carries tests to other architectures: see package carriers.
//
//go:embed drivers/child/*.go matrix/build/*.go matrix/catalog/*.go matrix/catalog/*.yaml matrix/catalog/chips/*.yaml
//go:embed matrix/gotest/carrier/*.go matrix/gotest/carrier/command/*.go matrix/gotest/image/*.go matrix/gotest/stream/*.go
//go:embed matrix/gotest/tree/*.go matrix/guest/*.go matrix/guest/channel/*.go matrix/machine/*.go
//go:embed results/cgroup/*.go results/environ/*.go results/pattern/*.go results/plain/*.go results/record/*.go results/retry/*.go
var sources embed.FS

func main() {
	cli.SetSources(sources)
	os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
