// Xcmatrix shows whether Go software behaves the same on China's domestic platforms, and how fast. See README.md.
package main

import (
	"os"

	"github.com/xcmatrix/xcmatrix/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
