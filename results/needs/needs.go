// Package needs ends tests that need something which is absent on the machine: with a skip, or with a failure if the
// variable XCMATRIX_TEST_REQUIRE names the need. Tests that skip for another reason begin the reason with "-short: ",
// "long form: " or "does not apply: ".
package needs

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// Variable names the environment variable that lists, joined by commas, the needs that must not be absent, or "all".
const Variable = "XCMATRIX_TEST_REQUIRE"

// Need is something that a machine may lack.
type Need string

const (
	Go         Need = "go"         // the go command
	Emulators  Need = "emulators"  // QEMU's user-mode emulators, by scripts/setup
	PostgreSQL Need = "postgresql" // a PostgreSQL server, by scripts/setup
	MariaDB    Need = "mariadb"    // a MariaDB server, by scripts/setup
	Kernels    Need = "kernels"    // kernels and system emulators for virtual machines, by scripts/kernel
	Releases   Need = "releases"   // servers of other Debian releases, by scripts/servers
	Font       Need = "font"       // a font with Chinese, by scripts/setup --font
	Tools      Need = "tools"      // other programs; the reason names the one
	TinyGo     Need = "tinygo"     // the TinyGo compiler, which Debian does not have
	Root       Need = "root"       // a user who may mount and confine
	SSH        Need = "ssh"        // an SSH server for tests, by scripts/setup --sshd, and a client
	Kernel     Need = "kernel"     // something that this machine's kernel, or its container, does not give
	Conditions Need = "conditions" // what a spec of a suite needs; its miss names it
)

// all are the names that Variable may list.
var all = []Need{Go, Emulators, PostgreSQL, MariaDB, Kernels, Releases, Font, Tools, TinyGo, Root, SSH, Kernel, Conditions}

// Absent ends the test because the need what is absent, for the reason: as a failure if Variable names the need, else as
// a skip.
func Absent(t testing.TB, what Need, reason any) {
	t.Helper()
	if !failed(t, what, reason) {
		t.Skip(reason)
	}
}

// Partly does what Absent does for a test that goes on without the need: it fails the test, or logs the reason.
func Partly(t testing.TB, what Need, reason any) {
	t.Helper()
	if !failed(t, what, reason) {
		t.Log(reason)
	}
}

// failed ends the test as a failure and returns true if Variable names the need, or contains a word that is no need.
func failed(t testing.TB, what Need, reason any) bool {
	t.Helper()
	required, wrong := listed(os.Getenv(Variable), what)
	switch {
	case wrong != "":
		t.Fatalf("%s: there is no %q: name some of %v, or all", Variable, wrong, all)
	case required:
		t.Fatalf("%s is absent, which %s requires: %v", what, Variable, reason)
	}
	return required || wrong != ""
}

// Server returns the need of a database server, by the name of its program or protocol.
func Server(name string) Need {
	if strings.Contains(name, "maria") || strings.Contains(name, "mysql") {
		return MariaDB
	}
	return PostgreSQL
}

// listed reports whether a list names a need, and returns a word of the list that is no need.
func listed(list string, what Need) (is bool, wrong string) {
	for word := range strings.SplitSeq(list, ",") {
		switch word = strings.TrimSpace(word); {
		case word == "":
		case word == "all" || Need(word) == what:
			is = true
		case !slices.Contains(all, Need(word)):
			return false, word
		}
	}
	return is, ""
}
