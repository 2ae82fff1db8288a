// Package ssh reaches machines by the system's OpenSSH client with the user's own configuration, and examines them before
// it sends anything. It never asks for a password, and never accepts a host key that is not known already.
package ssh

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Host is a machine as named by a target.
type Host struct {
	Target string // the target's id, for sentences
	Place  string // file:line where the matrix names it
	Name   string // argument of ssh: user@host, or a name in the user's configuration
	Config string // argument of ssh -F: a configuration file; "" for the user's own

	Forward []string // addresses of this machine that the host reaches, each by a port of its loopback address

	patience time.Duration // in tests: in place of answerTime and startTime
}

// namePattern matches names of hosts that neither ssh nor a shell would read as an option or a command.
var namePattern = pattern.Of(`^(?:[A-Za-z0-9_.][A-Za-z0-9_.@-]*@)?(?:[A-Za-z0-9_.][A-Za-z0-9_.-]*|[0-9A-Fa-f]*:[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.]+)?)$`)

// ValidName reports whether a text can be the name of a host.
func ValidName(name string) bool { return len(name) <= 255 && namePattern().MatchString(name) }

// clearForwardings removes the forwardings of the user's configuration, and also those of the command line.
const clearForwardings = "ClearAllForwardings=yes"

// options precede those of every configuration file. They prevent ssh from asking questions, from using a connection of
// another process (whose host key this one would not check), from running another command, and from accepting a host key
// that is unknown or has changed.
var options = []string{
	"BatchMode=yes",
	"StrictHostKeyChecking=yes",
	"NoHostAuthenticationForLocalhost=no",
	"UpdateHostKeys=no",
	"VisualHostKey=yes", // ssh prints the fingerprint
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

// arguments returns the arguments of ssh for one command on the host. ssh writes its own messages to the file log, into
// which neither a login banner nor the command can write.
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
