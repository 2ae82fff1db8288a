// Command carries a product's tests to a machine of another architecture: it is a payload without suites, which package carriers
// builds where there is no checkout. A virtual machine starts it as its first process.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"syscall"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/carrier"
	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/machine"
	"github.com/xcmatrix/xcmatrix/results/record"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "guest" {
		guest.Main()
	}
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "xcmatrix:", err)
		os.Exit(3)
	}
}

// run reads the request from standard input, as the launcher gives it, and runs what it asks for.
func run(args []string) error {
	if len(args) == 0 || args[0] != "exec" {
		return fmt.Errorf("this program carries tests: `xcmatrix test` starts it")
	}
	flags := flag.NewFlagSet("exec", flag.ContinueOnError)
	fd := flags.Int("events-fd", 1, "descriptor to write events to")
	flags.String("request", "-", "- for standard input")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	var req record.Request
	if err := json.NewDecoder(os.Stdin).Decode(&req); err != nil {
		return fmt.Errorf("not a request: %w", err)
	}
	syscall.CloseOnExec(*fd)
	events, err := guest.Events(*fd)
	if err != nil {
		return err
	}
	return carrier.Serve(req, events, machine.Detect(), machine.Load)
}
