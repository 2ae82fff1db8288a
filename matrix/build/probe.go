package build

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Check is one thing that building takes, and what is wrong with it: nil, or a *record.Missing with a remedy.
type Check struct {
	What record.Sentence
	Err  error
}

// Probe tries what Build would do for keys, up to the first compiler: the go command, its compiler, the modules, the
// caches. It downloads only what Build would have to, or, with network, one module to see whether that can be done. Where
// this program is the payload of every key, nothing has to be built and there is nothing to check.
func (b *Builder) Probe(ctx context.Context, keys []Key, network bool) []Check {
	var out []Check
	check := func(what record.Sentence, err error) bool {
		out = append(out, Check{what, err})
		return err == nil
	}
	if err := b.Go(ctx); err != nil {
		for _, k := range keys {
			if why := b.unserved(k, err); why != nil {
				check(record.Sayf("payload %s", "载荷 %s", k), why)
			}
		}
		return out
	}
	if !check(record.Say("the Go compiler", "Go 编译器"), b.compiler(ctx)) {
		return out
	}
	for _, k := range keys {
		if !check(record.Sayf("the packages of payload %s", "载荷 %s 的依赖包", k), b.packages(ctx, k)) {
			break // the next key would say the same
		}
	}
	check(record.Say("Go's build cache", "Go 构建缓存"), writable(b.setting("GOCACHE"),
		record.Say("make it writable, or set GOCACHE to a directory of yours", "请使其可写，或把 GOCACHE 设为自己的目录")))
	check(record.Say("the cache of payloads", "载荷缓存"), writable(b.Cache,
		record.Say("make it writable, or set XDG_CACHE_HOME to a directory of yours", "请使其可写，或把 XDG_CACHE_HOME 设为自己的目录")))
	if network {
		check(record.Say("modules can be downloaded", "可以下载模块"), b.download(ctx))
	}
	return out
}

// Shell has the go command in PATH answer as it would a person in this directory: nil, or a *record.Missing. `go env`
// answers whatever GOFLAGS and GOWORK say, so that it is also asked for a package.
func (b *Builder) Shell(ctx context.Context) error {
	if _, err := exec.LookPath("go"); err != nil {
		return withoutGo(record.Say("there is no go command in PATH", "PATH 中没有 go 命令"))
	}
	for _, args := range [][]string{{"env", "GOROOT", "GOVERSION"}, {"list", "errors"}} {
		if said, err := goes(ctx, shellPatience, b.Source, os.Environ(), args...); err != nil {
			return explain(record.Sayf("`go %s` fails", "`go %s` 失败", args[0]), said, err)
		}
	}
	return nil
}

// shellPatience is for what answers from this machine, downloadPatience for what may have to download.
var shellPatience, downloadPatience = 10 * time.Second, 20 * time.Second

// compiler starts the compiler and the linker, which some distributions have in packages of their own.
func (b *Builder) compiler(ctx context.Context) error {
	for _, tool := range []string{"compile", "asm", "link"} {
		if said, err := goes(ctx, shellPatience, b.Source, hostKey().environ(b.command.env), "tool", tool, "-V=full"); err != nil {
			return explain(record.Sayf("`go tool %s` fails", "`go tool %s` 失败", tool), said, err)
		}
	}
	return nil
}

// packages loads the packages of a key from what is here, and where that is not enough as Build would, from the network.
func (b *Builder) packages(ctx context.Context, k Key) error {
	list := func(patience time.Duration, more ...string) (string, error) {
		args := []string{"list", "-deps"}
		if tags := k.tags(); tags != "" {
			args = append(args, "-tags="+tags)
		}
		return goes(ctx, patience, b.module(k), append(k.environ(b.command.env), more...), append(args, ".")...)
	}
	said, err := list(shellPatience, "GOPROXY=off")
	if err != nil && strings.Contains(said, "GOPROXY=off") && b.setting("GOPROXY") != "off" {
		said, err = list(downloadPatience)
	}
	if err != nil {
		return explain(record.Say("`go list` fails", "`go list` 失败"), said, err)
	}
	return nil
}

// probed is the module that a trial download gets: a small one of those that this program is made of.
const probed = "github.com/spf13/pflag"

// download gets a module into an empty module cache.
func (b *Builder) download(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "xcmatrix-modules-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	env := append(hostKey().environ(b.command.env), "GOMODCACHE="+dir, "GOFLAGS=-modcacherw")
	if said, err := goes(ctx, downloadPatience, b.Source, env, "mod", "download", probed); err != nil {
		return explain(record.Say("`go mod download` fails", "`go mod download` 失败"), said, err)
	}
	return nil
}

// hostKey returns the key of this platform.
func hostKey() Key { return Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH} }

// setting returns what the go command was told, as its builds get it.
func (b *Builder) setting(name string) string {
	for _, e := range b.command.env {
		if value, ok := strings.CutPrefix(e, name+"="); ok {
			return value
		}
	}
	return ""
}

// writable makes a file in a directory, and removes it again.
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

// errPatience ends a command that takes too long.
var errPatience = errors.New("it did not end in time")

// goes runs a go command in a directory, and returns what it printed to its standard error. The command ends with its
// children when its time is over.
func goes(ctx context.Context, patience time.Duration, dir string, env []string, args ...string) (said string, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errPatience)
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

// remedies are what to do, by what the go command says.
var remedies = []struct {
	words  []string // any of them
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

// explain is what a go command said, with what to do about it.
func explain(what record.Sentence, said string, err error) error {
	words := strings.Join(strings.Fields(firstLines(reasons(said), 1)), " ")
	if errors.Is(err, errPatience) || words == "" {
		words = strings.TrimSpace(words + " " + err.Error())
	}
	do := record.Say("mend what the go command says; `go list -deps .` in the checkout shows it again", "请按 go 命令所述修正；在源码目录中执行 `go list -deps .` 可复现")
search:
	for _, r := range remedies {
		for _, w := range r.words {
			if strings.Contains(words, w) {
				do = r.remedy
				break search
			}
		}
	}
	return &record.Missing{Reason: record.Sayf("%s: %s", "%s：%s", what, words), Remedy: do}
}

// sourcePlace is where in the source a package is imported that cannot be had.
var sourcePlace = regexp.MustCompile(`^\S+\.go:\d+:\d+: `)

// reasons returns the lines that say why, without those that say what goes on.
func reasons(said string) string {
	var kept []string
	for line := range strings.Lines(said) {
		if !strings.HasPrefix(line, "go: downloading ") && strings.TrimSpace(line) != "" {
			kept = append(kept, sourcePlace.ReplaceAllString(strings.TrimSpace(line), ""))
		}
	}
	return strings.Join(kept, "\n")
}
