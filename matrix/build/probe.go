package build

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Check is the result of a check of one thing that builds need. Err is nil or a *record.Missing.
type Check struct {
	What record.Sentence
	Err  error
}

// Probe checks everything that Build needs for the keys, without compiling: the go command, its compiler, the modules and the
// caches. It downloads modules only if Build would need to; with network, it also tries to download a module. If this program
// is the payload of every key, there is nothing to check, and Probe returns nil.
func (b *Builder) Probe(ctx context.Context, keys []Key, network bool) []Check {
	var out []Check
	check := func(what record.Sentence, err error) bool {
		out = append(out, Check{what, err})
		return err == nil
	}
	if err := b.CheckGo(ctx); err != nil {
		for _, k := range keys {
			if _, err := ownProgram(k, err); err != nil {
				check(record.Sayf("payload %s", "测试程序 %s", k), err)
			}
		}
		return out
	}
	if !check(record.Say("the Go compiler", "Go 编译器"), b.compiler(ctx)) {
		return out
	}
	for _, k := range keys {
		if !check(record.Sayf("the packages of payload %s", "测试程序 %s 的依赖包", k), b.packages(ctx, k)) {
			break // the other keys would fail in the same way
		}
	}
	check(record.Say("Go's build cache", "Go 构建缓存"), writable(b.setting("GOCACHE"),
		record.Say("make it writable, or set GOCACHE to a directory of yours", "请使其可写，或把 GOCACHE 设为自己的目录")))
	check(record.Say("the cache of payloads", "测试程序缓存"), writable(b.Cache,
		record.Say("make it writable, or set XDG_CACHE_HOME to a directory of yours", "请使其可写，或把 XDG_CACHE_HOME 设为自己的目录")))
	if network {
		check(record.Say("modules can be downloaded", "可以下载模块"), b.download(ctx))
	}
	return out
}

// CheckShell returns nil if the go command works in the user's shell, with all of its variables, and a *record.Missing if not. It
// also runs `go list`, because `go env` succeeds with an invalid GOFLAGS or GOWORK.
func (b *Builder) CheckShell(ctx context.Context) error {
	if _, err := exec.LookPath("go"); err != nil {
		return missingGo(record.Say("there is no go command in PATH", "PATH 中没有 go 命令"))
	}
	for _, args := range [][]string{{"env", "GOROOT", "GOVERSION"}, {"list", "errors"}} {
		if output, err := runGo(ctx, localTimeout, b.Source, os.Environ(), args...); err != nil {
			return commandError(record.Sayf("`go %s` fails", "`go %s` 失败", args[0]), output, err)
		}
	}
	return nil
}

// localTimeout is for go commands that only read local files, and downloadTimeout for those that may download.
var localTimeout, downloadTimeout = 10 * time.Second, 20 * time.Second

// compiler checks that the compiler, the assembler and the linker start. Some distributions have them in separate packages.
func (b *Builder) compiler(ctx context.Context) error {
	for _, tool := range []string{"compile", "asm", "link"} {
		if output, err := runGo(ctx, localTimeout, b.Source, hostKey().environ(b.command.env), "tool", tool, "-V=full"); err != nil {
			return commandError(record.Sayf("`go tool %s` fails", "`go tool %s` 失败", tool), output, err)
		}
	}
	return nil
}

// packages checks that the packages of a key can be loaded: from the module cache, or else from the network as Build would.
func (b *Builder) packages(ctx context.Context, k Key) error {
	list := func(timeout time.Duration, variables ...string) (string, error) {
		args := []string{"list", "-deps"}
		if tags := k.tags(); tags != "" {
			args = append(args, "-tags="+tags)
		}
		return runGo(ctx, timeout, b.module(k), append(k.environ(b.command.env), variables...), append(args, ".")...)
	}
	output, err := list(localTimeout, "GOPROXY=off")
	if err != nil && strings.Contains(output, "GOPROXY=off") && b.setting("GOPROXY") != "off" {
		output, err = list(downloadTimeout)
	}
	if err != nil {
		return commandError(record.Say("`go list` fails", "`go list` 失败"), output, err)
	}
	return nil
}

// probeModule is the module that download tries: a small dependency of this program.
const probeModule = "github.com/spf13/pflag"

// download checks that a module can be downloaded into an empty module cache.
func (b *Builder) download(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "xcmatrix-modules-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	env := append(hostKey().environ(b.command.env), "GOMODCACHE="+dir, "GOFLAGS=-modcacherw")
	if output, err := runGo(ctx, downloadTimeout, b.Source, env, "mod", "download", probeModule); err != nil {
		return commandError(record.Say("`go mod download` fails", "`go mod download` 失败"), output, err)
	}
	return nil
}

// hostKey returns the key of this platform.
func hostKey() Key { return Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH} }

// setting returns the value of a variable in the environment of builds; "" if it is not set.
func (b *Builder) setting(name string) string {
	for _, e := range b.command.env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}

// writable returns a *record.Missing with the remedy if no file can be created in dir.
func writable(dir string, remedy record.Sentence) error {
	err := os.MkdirAll(dir, 0o755)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(dir, ".probe-*"); err == nil {
			_, err = f.Write(make([]byte, 4096))
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		return &record.Missing{Reason: record.Sayf("%s cannot be written: %v", "%s 无法写入：%v", filepath.Clean(dir), err), Remedy: remedy}
	}
	return nil
}

// errTimeout is the error of a command that takes too long.
var errTimeout = errors.New("it did not end in time")

// runGo runs a go command in a directory and returns its standard error. The command and its children are killed after the
// timeout; err is then errTimeout.
func runGo(ctx context.Context, timeout time.Duration, dir string, env []string, args ...string) (output string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stderr = &out
	if err = cmd.Run(); err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return out.String(), err
}

// remedies are the remedies for failures of the go command, by words in its message.
var remedies = []struct {
	words  []string // one of them is in the message
	remedy record.Sentence
}{
	{[]string{"GOROOT"}, record.Say("unset GOROOT: the go command knows where it is installed", "请取消 GOROOT：go 命令知道自己的安装位置")},
	{[]string{"$GOFLAGS", "GOFLAGS"}, record.Say("correct GOFLAGS, or `unset GOFLAGS` and `go env -u GOFLAGS`", "请改正 GOFLAGS，或执行 `unset GOFLAGS` 与 `go env -u GOFLAGS`")},
	{[]string{"GOENV", "/go/env"}, record.Say("correct the file that `go env GOENV` names", "请改正 `go env GOENV` 指出的文件")},
	{[]string{"GOWORK", "go.work"}, record.Say("`unset GOWORK`, or correct the file it names", "请执行 `unset GOWORK`，或改正其所指文件")},
	{[]string{"x509:", "certificate"}, record.Say("have the proxy's certificate authority trusted: SSL_CERT_FILE names a file with it and the system's own", "请信任代理的证书颁发机构：SSL_CERT_FILE 应指向包含它与系统根证书的文件")},
	{[]string{"toolchain not available", "requires go >=", "GOTOOLCHAIN"}, remedy},
	{[]string{"checksum mismatch", "SECURITY ERROR"}, record.Say("the proxy gives another module than go.sum has: use another GOPROXY", "代理提供的模块与 go.sum 不符：请更换 GOPROXY")},
	{[]string{"GOPROXY=off"}, record.Say("set GOPROXY to a proxy that has the modules, or fill the module cache by `go mod download` where there is one", "请将 GOPROXY 设为提供这些模块的代理，或在有网络处用 `go mod download` 填充模块缓存")},
	{[]string{"dial ", "proxyconnect", "connection refused", "no such host", "timeout", "i/o timeout", "did not end in time", "502 ", "503 ", "403 ", "407 ", "404 ", "EOF", "network is unreachable", "reading http", "insecure URL"},
		record.Say("set GOPROXY (`go env -w GOPROXY=…`) to a proxy that this machine reaches, and HTTPS_PROXY if it needs one", "请将 GOPROXY（`go env -w GOPROXY=…`）设为本机可达的代理；如需经过 HTTP 代理，请设置 HTTPS_PROXY")},
	{[]string{"not in std", "no such tool", "no such file or directory"}, record.Say("install the whole of Go 1.26 or newer: a part of it is not here", "请完整安装 Go 1.26 或更新版本：缺少其中一部分")},
	{[]string{"no space left"}, record.Say("make room", "请清理磁盘空间")},
}

// commandError returns a *record.Missing for a go command that failed, with its message and the remedy.
func commandError(action record.Sentence, output string, err error) error {
	words := strings.Join(strings.Fields(firstLines(errorLines(output), 1)), " ")
	if errors.Is(err, errTimeout) || words == "" {
		words = strings.TrimSpace(words + " " + err.Error())
	}
	remedy := record.Say("mend what the go command says; `go list -deps .` in the checkout shows it again", "请按 go 命令所述修正；在源码目录中执行 `go list -deps .` 可复现")
search:
	for _, r := range remedies {
		for _, w := range r.words {
			if strings.Contains(words, w) {
				remedy = r.remedy
				break search
			}
		}
	}
	return &record.Missing{Reason: record.Sayf("%s: %s", "%s：%s", action, words), Remedy: remedy}
}

// sourcePlace matches the position of an import of a package that was not found.
var sourcePlace = pattern.Of(`^\S+\.go:\d+:\d+: `)

// errorLines returns the lines of the go command's output with errors, without those on progress.
func errorLines(output string) string {
	var kept []string
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "go: downloading ") && strings.TrimSpace(line) != "" {
			kept = append(kept, sourcePlace().ReplaceAllString(strings.TrimSpace(line), ""))
		}
	}
	return strings.Join(kept, "\n")
}
