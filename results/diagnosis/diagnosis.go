// Package diagnosis checks a Go installation, its settings and what a build reaches: the command doctor and the item toolchain share
// these checks. Each gathers evidence from a host, and judges that alone, so that a test can give it any evidence.
package diagnosis

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Check is one thing that must hold of a host.
type Check struct {
	ID      string
	Holds   record.Sentence // what holds where nothing is wrong
	Network bool            // it reaches other hosts
	NeedsGo bool            // it has nothing to look at where there is no go command
	Hints   bool            // whatever it finds is a hint

	gather func(context.Context, *Host) Evidence
	judge  func(Evidence) *Fault
}

// Evidence is what a check has found, by name. It holds no passwords.
type Evidence map[string]string

// Fault is what a check finds wrong.
type Fault struct {
	Cause  record.Sentence `json:"cause"`
	Shown  string          `json:"evidence"` // what shows it
	Remedy record.Sentence `json:"remedy"`
	Hint   bool            `json:"hint,omitempty"`  // builds work all the same
	Unset  string          `json:"unset,omitempty"` // the setting of Go that --fix may take out of the file GOENV
	Make   string          `json:"make,omitempty"`  // the directory that --fix may make
}

// Gather returns the evidence of a check.
func (c Check) Gather(ctx context.Context, h *Host) Evidence { return c.gather(ctx, h) }

// Judge returns what is wrong by the evidence; nil if nothing is.
func (c Check) Judge(e Evidence) *Fault { return c.judge(e) }

// Result is a check and what it found; Fault is nil where nothing is wrong.
type Result struct {
	Check Check
	Fault *Fault
}

// Run runs checks at the same time. Those that need a go command are left out where there is none; those of the network where network is
// false.
func Run(ctx context.Context, h *Host, checks []Check, network bool) []Result {
	var chosen []Check
	for _, c := range checks {
		if (network || !c.Network) && (!c.NeedsGo || h.Go() != "") {
			chosen = append(chosen, c)
		}
	}
	results := make([]Result, len(chosen))
	var all sync.WaitGroup
	for i, c := range chosen {
		all.Go(func() { results[i] = Result{c, c.Judge(c.Gather(ctx, h))} })
	}
	all.Wait()
	return results
}

// Checks returns all checks that need nothing but the host.
func Checks() []Check {
	all := hostChecks()
	for i := range all {
		all[i].Hints = slices.Contains(hints, all[i].ID)
	}
	return all
}

// hints are the checks whose faults keep no build from working.
var hints = []string{"go-present", "go-release", "goexperiment-none", "goproxy-reached", "goproxy-insecure", "goproxy-password", "gosumdb-on", "proxy-https", "cc-works"}

// hostChecks returns the checks of all files of this package, before those whose faults are hints are marked.
func hostChecks() []Check {
	return slices.Concat(goChecks(), gorootChecks(), releaseChecks(), clockChecks(), pathChecks(), flagChecks(), toolchainChecks(), platformChecks(),
		goenvChecks(), pathSettingChecks(), directoryChecks(), goproxyChecks(), checksumChecks(), moduleChecks(), httpProxyChecks(), certificateChecks(),
		compilerChecks())
}

// Variables returns the environment variables that decide what a check finds, and that hold no password.
func Variables() []string {
	return []string{"GOROOT", "GOPATH", "GOBIN", "GOFLAGS", "GOTOOLCHAIN", "GOEXPERIMENT", "GOENV", "GOMODCACHE", "GOTMPDIR", "GOWORK", "GO111MODULE", "GOOS", "GOARCH",
		"GOAMD64", "GOARM64", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE", "NO_PROXY", "no_proxy", "CGO_ENABLED", "CC", "CGO_CFLAGS", "CGO_LDFLAGS", "SSL_CERT_FILE", "SSL_CERT_DIR"}
}

// Host is what is looked at.
type Host struct {
	Env []string // of the user's shell
	Dir string   // where builds run; "" for none

	Resolvers string // a file such as /etc/resolv.conf, which it stands for if it is ""
	DNS       string // HOST:PORT of the resolver that is asked; "" for the system's

	once     sync.Once
	settings map[string]string // what `go env` answers
	said     string            // what it writes to standard error, if it fails
	failed   error
}

// Here returns the host that this process runs on, with a directory for builds.
func Here(dir string) *Host { return &Host{Env: os.Environ(), Dir: dir} }

// goTimeout is the time limit of a go command that only reads local files.
const goTimeout = 10 * time.Second

// Get returns a variable of the environment.
func (h *Host) Get(name string) string {
	for i := len(h.Env) - 1; i >= 0; i-- {
		if value, is := strings.CutPrefix(h.Env[i], name+"="); is {
			return value
		}
	}
	return ""
}

// Look returns the path of a program in PATH; "" if it is not there.
func (h *Host) Look(program string) string {
	for _, dir := range filepath.SplitList(h.Get("PATH")) {
		path := filepath.Join(dir, program)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return ""
}

// Go returns the path of the go command; "" if there is none.
func (h *Host) Go() string { return h.Look("go") }

// run runs a program in the host's environment with more variables.
func (h *Host) run(ctx context.Context, limit time.Duration, env []string, program string, args ...string) (stdout, stderr string, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = h.Dir, append(slices.Clone(h.Env), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interactive shell must not take the terminal
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	err = cmd.Run()
	if ctx.Err() != nil {
		err = errors.New("it did not end in time")
	}
	return out.String(), errOut.String(), err
}

// ask reads the settings of Go from `go env`, once. h.failed is why that failed, h.said what it wrote to standard error.
func (h *Host) ask(ctx context.Context) {
	h.once.Do(func() {
		path := h.Go()
		if path == "" {
			h.failed = errors.New("no go command")
			return
		}
		out, said, err := h.run(ctx, goTimeout, nil, path, "env", "-json")
		if err == nil {
			err = json.Unmarshal([]byte(out), &h.settings)
		}
		h.said, h.failed = said, err
	})
}

// setting returns what the go command takes a setting for; that of the environment where it cannot answer.
func (h *Host) setting(ctx context.Context, name string) string {
	h.ask(ctx)
	if value, is := h.settings[name]; is {
		return value
	}
	return h.Get(name)
}

// gathers returns a function that gathers settings of Go.
func gathers(names ...string) func(context.Context, *Host) Evidence {
	return func(ctx context.Context, h *Host) Evidence {
		e := Evidence{}
		for _, name := range names {
			e[name] = h.setting(ctx, name)
		}
		return e
	}
}

// newCheck returns a check.
func newCheck(id, en, zh string, gather func(context.Context, *Host) Evidence, judge func(Evidence) *Fault) Check {
	return Check{ID: id, Holds: record.Say(en, zh), gather: gather, judge: judge}
}

// withGo returns a check that is left out where there is no go command.
func withGo(c Check) Check { c.NeedsGo = true; return c }

// fault returns a fault. cause and remedy are pairs of English and Chinese.
func fault(shown string, causeEn, causeZh, remedyEn, remedyZh string) *Fault {
	return &Fault{Cause: record.Say(causeEn, causeZh), Shown: shown, Remedy: record.Say(remedyEn, remedyZh)}
}

// hint, unset and making set a field of the fault, and return it.
func (f *Fault) hint() *Fault              { f.Hint = true; return f }
func (f *Fault) unset(name string) *Fault  { f.Unset = name; return f }
func (f *Fault) making(path string) *Fault { f.Make = path; return f }

// firstLine returns the first line of a text that is not blank.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return line
}

// yes is the evidence that something is so.
const yes = "yes"

// says returns the evidence of whether something is so: "yes" or "no".
func says(so bool) string {
	if so {
		return yes
	}
	return "no"
}
