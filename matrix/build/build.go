package build

import (
	"bytes"
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Module is the module path of this project, in the go.mod of a checkout.
const Module = "github.com/xcmatrix/xcmatrix"

// Payload is the file of a payload.
type Payload struct {
	Path   string
	Digest string // "sha256:…"
	Here   bool   // it is a program for this machine, also if the test binaries in it run under an emulator
}

// Builder builds payloads from a checkout and keeps them in a cache.
type Builder struct {
	Source string // root directory of the checkout; "" if there is none
	Cache  string
	Given  *Payload // the payload for every key, if another machine has sent it here; nil otherwise

	dm      driverProbe
	command goCommand

	stamp bool // has the go command record version and commit in files, see Release
}

// Here returns a Builder for the checkout around the working directory.
func Here() (*Builder, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	return New(dir)
}

// New returns a Builder for the checkout around dir, if there is one, and the user's cache. It returns an error if the cache
// directory cannot be created.
func New(dir string) (*Builder, error) {
	cache, err := CacheDir()
	if err != nil {
		return nil, err
	}
	return &Builder{Source: moduleRoot(dir), Cache: filepath.Join(cache, "payloads")}, nil
}

// CacheDir returns the directory for files that can be made again, and creates it: $XDG_CACHE_HOME/xcmatrix or ~/.cache/xcmatrix.
// It returns a *record.Problem if it cannot be created.
func CacheDir() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = filepath.Join(os.TempDir(), fmt.Sprintf("cache-%d", os.Getuid()))
	}
	dir = filepath.Join(dir, "xcmatrix")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", record.Wrongf(dir, "the cache cannot be made: %v; set XDG_CACHE_HOME to a directory of yours",
			"无法创建缓存目录：%v；请把 XDG_CACHE_HOME 设为可写目录", err)
	}
	return dir, nil
}

// moduleRoot returns the root of the checkout around dir; "" if there is none.
func moduleRoot(dir string) string {
	for {
		raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(bytes.TrimSpace(raw), []byte("module "+Module)) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

// Build returns the payload for a key. The same source gives the same digest in any directory. Without a checkout or a Go
// toolchain, the payload for this platform is this program; for another platform Build returns a *record.Missing. It returns
// any other error if the payload does not compile.
func (b *Builder) Build(ctx context.Context, k Key) (Payload, error) {
	if b.Given != nil {
		return *b.Given, nil
	}
	if err := b.CheckGo(ctx); err != nil {
		return b.ownPayload(k, err)
	}
	if k.DM {
		if err := b.CheckDM(ctx); err != nil {
			return Payload{}, err // only a resumed run has such a key when the driver is absent
		}
	}
	stage := filepath.Join(b.Cache, "stage", shortHash(b.Source), k.String())
	if b.stamp {
		stage += "-stamped"
	}
	if err := os.MkdirAll(stage, 0o755); err != nil {
		return Payload{}, err
	}
	unlock, err := Lock(ctx, stage)
	if err != nil {
		return Payload{}, err
	}
	defer unlock()
	// The file in stage is kept: the go command does not link again if it is up to date.
	out := filepath.Join(stage, "xcmatrix")
	if err := b.compile(ctx, k, "build", "-o", out, "."); err != nil {
		return Payload{}, err
	}
	return b.store(out)
}

// Test builds the test binary of a package of the checkout, with the same flags as payloads, to the file out.
func (b *Builder) Test(ctx context.Context, k Key, pkg, out string) error {
	if err := b.CheckGo(ctx); err != nil {
		return err
	}
	return b.compile(ctx, k, "test", "-c", "-o", out, pkg)
}

// compile runs `go build` or `go test` for a key. It returns the first lines of the go command's output as an error if it fails.
func (b *Builder) compile(ctx context.Context, k Key, command string, args ...string) error {
	link := "-ldflags=-s -w"
	if k.Layout != 0 {
		link += " -randlayout=" + strconv.Itoa(k.Layout)
	}
	flags := []string{command, "-trimpath", "-buildvcs=" + strconv.FormatBool(b.stamp), link}
	if tags := k.tags(); tags != "" {
		flags = append(flags, "-tags="+tags)
	}
	g := editedGo{command: "go", env: k.environ(b.command.env)}
	if k.World == BothWorlds {
		var err error
		if g, err = worldsGo(ctx, b.module(k), g.env, filepath.Join(b.Cache, "worlds")); err != nil {
			return err
		}
		flags = append(flags, "-overlay="+g.overlay)
	}
	cmd := exec.CommandContext(ctx, g.command, append(flags, args...)...)
	cmd.Dir, cmd.Env = b.module(k), g.env
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	killGroupOnCancel(cmd)
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := unknownExperiment(k, output.String()); err != nil {
			return err
		}
		return fmt.Errorf("payload %s does not build: %w: %s", k, err, firstLines(output.String(), 5))
	}
	return nil
}

var remedy = record.Say("run from a checkout, with Go 1.26 or newer in PATH", "请在源码目录中运行，并确保 PATH 中有 Go 1.26 或更新版本")

// ownPayload returns this program as the payload of its own platform, or the one beside it that was built for the key. For another
// key it returns why nothing can be built.
func (b *Builder) ownPayload(k Key, cause error) (Payload, error) {
	path, err := ownProgram(k, cause)
	if err != nil {
		return Payload{}, err
	}
	return b.store(path)
}

// ownProgram returns the path of this program if it is the payload of a key, or of a program of the same bundle that is, and cause is
// a *record.Missing: why nothing can be built. For another key it returns a *record.Missing with that reason, for another cause the
// cause itself.
func ownProgram(k Key, cause error) (string, error) {
	var missing *record.Missing
	if !errors.As(cause, &missing) {
		return "", cause
	}
	exe, err := os.Executable()
	if err != nil {
		return "", err
	}
	if k.isOwn() {
		return exe, nil
	}
	if k.Experiment != "" {
		if path := beside(filepath.Dir(exe), k); path != "" {
			return path, nil
		}
		return "", &record.Missing{
			Reason: record.Sayf("no payload for %s: %s", "没有 %s 的测试程序：%s", k, missing.Reason),
			Remedy: record.Sayf("%s; or take a bundle that was made with --target naming such a target", "%s；或使用以 --target 指明此类目标制作的运行包", missing.Remedy),
		}
	}
	return "", &record.Missing{
		Reason: record.Sayf("no payload for %s: %s", "没有 %s 的测试程序：%s", k, missing.Reason),
		Remedy: missing.Remedy,
	}
}

// isOwn reports whether this program is the payload of a key.
func (k Key) isOwn() bool {
	return k.GOOS == runtime.GOOS && k.GOARCH == runtime.GOARCH && k.Tags == withoutWorlds(ownTags()) && (k.World == "" || OwnWorlds() != "") &&
		k.Layout == 0 && (!k.DM || OwnDM()) && k.Experiment == OwnExperiment()
}

// CheckStatic returns a *record.Missing if the payload needs a dynamic loader and a C library, as programs do that were built with
// cgo: neither a virtual machine nor an emulator has them.
func (p Payload) CheckStatic() error {
	f, err := elf.Open(p.Path)
	if err != nil {
		return fmt.Errorf("payload cannot be read: %w", err)
	}
	defer f.Close()
	if !slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return nil
	}
	return &record.Missing{
		Reason: record.Say("this program was built with cgo, and needs a C library that is not there", "本程序以 cgo 构建，所需的 C 库在那里不存在"),
		Remedy: record.Say("build it with CGO_ENABLED=0, or run from a checkout with Go in PATH", "请以 CGO_ENABLED=0 构建，或在源码目录中运行并确保 PATH 中有 Go"),
	}
}

// ownTags returns the build tags that this program was built with.
func ownTags() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "-tags" {
			return s.Value
		}
	}
	return ""
}

// firstLines returns the first n lines of a text.
func firstLines(s string, n int) string {
	lines := strings.SplitN(strings.TrimSpace(s), "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "\n")
}

// Commit returns the revision of the checkout, with "+dirty" if files differ from it; "" without a checkout or without git.
func (b *Builder) Commit() string {
	if b.Source == "" {
		return ""
	}
	git := func(args ...string) (string, error) {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = b.Source, environ.Own()
		out, err := cmd.Output()
		return strings.TrimSpace(string(out)), err
	}
	commit, err := git("rev-parse", "HEAD")
	if err != nil {
		return ""
	}
	if changed, err := git("status", "--porcelain"); err != nil || changed != "" {
		commit += "+dirty"
	}
	return commit
}
