package build

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// goCommand is what is known of the go command in PATH.
type goCommand struct {
	once sync.Once
	env  []string // for its builds
	err  error
}

// fetching are Go's settings that decide where modules come from and where files are kept, and nothing in a payload.
var fetching = []string{"GOAUTH", "GOCACHE", "GOCACHEPROG", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH", "GOPRIVATE",
	"GOPROXY", "GOSUMDB", "GOTMPDIR", "GOTOOLCHAIN", "GOVCS"}

// network are variables by which the go command reaches a proxy, and trusts it.
var network = []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "ALL_PROXY", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC"}

// Go returns nil where payloads can be built, and a *record.Missing where Go or a checkout is absent, too old, or does
// not work. It looks once.
func (b *Builder) Go(ctx context.Context) error {
	b.command.once.Do(func() { b.command.env, b.command.err = b.lookForGo(ctx) })
	return b.command.err
}

// lookForGo returns the environment of the go command's builds: the network, and what the user has told Go of proxies and
// caches, be it by variables or by `go env -w`. Nothing else that is set for other builds reaches these.
func (b *Builder) lookForGo(ctx context.Context) ([]string, error) {
	_, err := exec.LookPath("go")
	switch {
	case err != nil && b.Source == "":
		return nil, withoutGo(record.Say("neither Go nor a checkout is here", "这里既没有 Go，也没有源码"))
	case err != nil:
		return nil, withoutGo(record.Say("no go command is in PATH", "PATH 中没有 go 命令"))
	case b.Source == "":
		return nil, withoutGo(record.Say("no checkout is here", "这里没有源码"))
	}
	env := environ.Own(slices.Concat(fetching, network)...)
	told, err := b.settings(ctx, append(environ.Of(os.Environ(), "GOENV", "XDG_CONFIG_HOME"), env...))
	if err != nil { // the user's file of settings may be what is wrong
		told, err = b.settings(ctx, append(slices.Clone(env), "GOENV=off"))
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, withoutGo(record.Sayf("the go command does not work: %v", "go 命令不可用：%v", err))
	}
	needs, has := goVersion(filepath.Join(b.Source, "go.mod")), told["GOVERSION"]
	if version.IsValid(has) && version.Compare(has, needs) < 0 {
		return nil, withoutGo(record.Sayf("the go command is %s, and %s or newer is needed", "go 命令的版本是 %s，需要 %s 或更新版本", has, needs))
	}
	env = append(env, "GOENV=off")
	for _, name := range fetching {
		if told[name] != "" {
			env = append(env, name+"="+told[name])
		}
	}
	return env, nil
}

// settings asks the go command for its version and what it has been told.
func (b *Builder) settings(ctx context.Context, env []string) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"env", "-json", "GOVERSION"}, fetching...)...)
	cmd.Dir, cmd.Env = b.Source, append(env, "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return nil, errors.New(firstLines(string(exit.Stderr), 2))
	}
	if err != nil {
		return nil, err
	}
	var told map[string]string
	if err := json.Unmarshal(out, &told); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	return told, nil
}

// goVersion returns the version of Go that a module asks for; "" where it does not say.
func goVersion(mod string) string {
	raw, err := os.ReadFile(mod)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(raw)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "go "); ok {
			return "go" + strings.TrimSpace(v)
		}
	}
	return ""
}

// withoutGo says why nothing can be built, and what to do.
func withoutGo(why record.Sentence) error { return &record.Missing{Reason: why, Remedy: remedy} }

// inGroup has a go command end with all that it started: compilers, and version control, which would outlive it and keep
// its standard error open.
func inGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
}
