// Package ssh reaches machines by the system's OpenSSH client with the user's own configuration, and looks at them before
// anything is sent there. It never asks for a password, and never accepts a host key that is not known already.
package ssh

import (
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Host is a machine as a target names it.
type Host struct {
	Target string // the target's id, for sentences
	Place  string // file:line where the matrix names it
	Name   string // as ssh takes it: user@host, or a name in the user's configuration
	Config string // a configuration file, as ssh -F takes it; "" for the user's own

	Forward []string // addresses of this machine that are to be reached from the host, each by a port of its loopback address
}

// namePattern is what can be the name of a host: nothing that ssh or a shell would take for an option or a command.
var namePattern = pattern.Of(`^(?:[A-Za-z0-9_.][A-Za-z0-9_.@-]*@)?(?:[A-Za-z0-9_.][A-Za-z0-9_.-]*|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.]+)?)$`)

// ValidName reports whether a text can be the name of a host.
func ValidName(name string) bool { return len(name) <= 255 && namePattern().MatchString(name) }

// clearForwardings drops what the user's configuration forwards, and what the command line does.
const clearForwardings = "ClearAllForwardings=yes"

// options come before those of every configuration file. They keep ssh from asking anybody anything, from taking a
// connection that another process has made (no host key would be checked by this one), from running anything else than
// the given command, and from a host key that is unknown or has changed.
var options = []string{
	"BatchMode=yes",
	"StrictHostKeyChecking=yes",
	"NoHostAuthenticationForLocalhost=no",
	"UpdateHostKeys=no",
	"VisualHostKey=yes", // has ssh say the fingerprint
	"FingerprintHash=sha256",
	"LogLevel=INFO",
	"ControlMaster=no",
	"ControlPath=none",
	"RemoteCommand=none",
	"PermitLocalCommand=no",
	clearForwardings,
	"ConnectTimeout=20",
	"ConnectionAttempts=1",
	"ServerAliveInterval=10",
	"ServerAliveCountMax=3",
}

// arguments of ssh for one command on the host. What ssh itself has to say goes to log: neither a login banner nor the
// command over there can write into that.
func (h Host) arguments(log string, compress bool, command string) []string {
	args := []string{"-T", "-x", "-a", "-E", log}
	if h.Config != "" {
		args = append(args, "-F", h.Config)
	}
	if compress {
		args = append(args, "-C")
	}
	for _, address := range h.Forward {
		args = append(args, "-R", "127.0.0.1:0:"+address)
	}
	for _, o := range options {
		if o == clearForwardings && len(h.Forward) > 0 {
			continue
		}
		args = append(args, "-o", o)
	}
	return append(args, "--", h.Name, command)
}

// Resolved returns the host with the path of its configuration file, if that is relative, resolved from the directory of the matrix
// file.
func (h Host) Resolved(matrix string) Host {
	if h.Config != "" && !filepath.IsAbs(h.Config) && !strings.HasPrefix(h.Config, "~") {
		h.Config = filepath.Join(filepath.Dir(matrix), h.Config)
	}
	return h
}

// wrong returns a *record.Problem for a mistake in the user's configuration, with the target and its place in the matrix file.
func (h Host) wrong(en, zh string, args ...any) *record.Problem {
	said := record.Sayf(en, zh, args...)
	return record.Wrongf(h.Place, "target %s: %s", "目标 %s：%s", h.Target, said)
}

// missing returns a *record.Missing for something that the machine lacks.
func (h Host) missing(reason, remedy record.Sentence) *record.Missing {
	return &record.Missing{Reason: record.Sayf("%s: %s", "%s：%s", h.Name, reason), Remedy: remedy}
}
