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

// goCommand holds the result of the search for the go command.
type goCommand struct {
	once sync.Once
	env  []string // environment of builds
	err  error
}

// moduleVariables are the settings of Go that decide where modules come from and where files are kept. They do not change payloads.
var moduleVariables = []string{"GOAUTH", "GOCACHE", "GOCACHEPROG", "GOINSECURE", "GOMODCACHE", "GONOPROXY", "GONOSUMDB", "GOPATH", "GOPRIVATE",
	"GOPROXY", "GOSUMDB", "GOTMPDIR", "GOTOOLCHAIN", "GOVCS"}

// networkVariables are the variables that the go command needs to reach and to trust a proxy.
var networkVariables = []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "ALL_PROXY", "all_proxy",
	"SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC"}

// CheckGo returns nil if payloads can be built, and a *record.Missing if Go or the checkout is absent, Go is too old, or the go
// command does not work. It looks once.
func (b *Builder) CheckGo(ctx context.Context) error {
	b.command.once.Do(func() { b.command.env, b.command.err = b.goEnvironment(ctx) })
	return b.command.err
}

// goEnvironment returns the environment of builds: the variables for the network, and the user's settings of proxies and caches, by
// variables or by `go env -w`. Other settings of the user do not reach builds. It returns a *record.Missing as CheckGo does.
func (b *Builder) goEnvironment(ctx context.Context) ([]string, error) {
	_, err := exec.LookPath("go")
	switch {
	case err != nil && b.Source == "":
		return nil, missingGo(record.Say("neither Go nor a checkout is here", "这里既没有 Go，也没有源码"))
	case err != nil:
		return nil, missingGo(record.Say("no go command is in PATH", "PATH 中没有 go 命令"))
	case b.Source == "":
		return nil, missingGo(record.Say("no checkout is here", "这里没有源码"))
	}
	env := environ.Own(slices.Concat(moduleVariables, networkVariables)...)
	settings, err := b.settings(ctx, append(environ.Of(os.Environ(), "GOENV", "XDG_CONFIG_HOME"), env...))
	if err != nil { // the user's settings file may be invalid
		settings, err = b.settings(ctx, append(slices.Clone(env), "GOENV=off"))
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, err
		}
		return nil, missingGo(record.Sayf("the go command does not work: %v", "go 命令不可用：%v", err))
	}
	needs, has := goVersion(filepath.Join(b.Source, "go.mod")), settings["GOVERSION"]
	if version.IsValid(has) && version.Compare(has, needs) < 0 {
		return nil, missingGo(record.Sayf("the go command is %s, and %s or newer is needed", "go 命令的版本是 %s，需要 %s 或更新版本", has, needs))
	}
	env = append(env, "GOENV=off")
	for _, name := range moduleVariables {
		if settings[name] != "" {
			env = append(env, name+"="+settings[name])
		}
	}
	return env, nil
}

// settings returns the version and the settings that `go env` prints.
func (b *Builder) settings(ctx context.Context, env []string) (map[string]string, error) {
	cmd := exec.CommandContext(ctx, "go", append([]string{"env", "-json", "GOVERSION"}, moduleVariables...)...)
	cmd.Dir, cmd.Env = b.Source, append(env, "GOFLAGS=", "GOWORK=off")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return nil, errors.New(firstLines(string(exit.Stderr), 2))
	}
	if err != nil {
		return nil, err
	}
	var settings map[string]string
	if err := json.Unmarshal(out, &settings); err != nil {
		return nil, fmt.Errorf("go env: %w", err)
	}
	return settings, nil
}

// goVersion returns the version of Go that a go.mod requires, such as "go1.26"; "" if it names none.
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

// missingGo returns a *record.Missing with the reason why nothing can be built.
func missingGo(reason record.Sentence) error { return &record.Missing{Reason: reason, Remedy: remedy} }

// killGroupOnCancel makes the cancellation of a command kill all processes that it has started, such as compilers and git: they
// would survive it and keep its standard error open.
func killGroupOnCancel(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
}
