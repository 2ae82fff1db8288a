// Package carriers builds the program that carries tests to a machine of another architecture, where there is no checkout: the
// sources of that program are within this one, and Go is there, because tests are built with it. It needs no network.
package carriers

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/catalog"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Source is the root of this project's sources, as far as Packages names them; nil in a program that has none.
var Source fs.FS

// Packages are the directories whose sources the program is built from: command and all that it imports.
var Packages = []string{
	"drivers/child", "matrix/build", "matrix/catalog", "matrix/gotest/carrier", "matrix/gotest/carrier/command", "matrix/gotest/image",
	"matrix/gotest/stream", "matrix/gotest/tree", "matrix/guest", "matrix/guest/channel", "matrix/machine", "results/cgroup",
	"results/environ", "results/pattern", "results/plain", "results/record", "results/retry",
}

// catalogDir is the one of Packages that embeds data.
const catalogDir = "matrix/catalog/"

// goLine is the oldest Go that builds the program.
const goLine = "1.26"

// Build returns the path of the program for a platform. It returns a *record.Missing where it cannot be built here, with what to
// do.
func Build(ctx context.Context, source fs.FS, key build.Key, cache string) (string, error) {
	if source == nil || key.World != "" || key.GOOS != "linux" {
		return "", missing(key, record.Say("this program has no sources of it", "本程序不含其源码"))
	}
	files, digest, err := collect(source)
	if err != nil {
		return "", err
	}
	dir := filepath.Join(cache, "carriers", digest)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	unlock, err := build.Lock(ctx, dir)
	if err != nil {
		return "", err
	}
	defer unlock()
	src := filepath.Join(dir, "src")
	if err := write(src, files); err != nil {
		return "", err
	}
	if err := copySys(ctx, src); err != nil {
		return "", missing(key, record.Sayf("the Go installation lacks the package that programs of Linux need: %v", "Go 安装中缺少 Linux 程序所需的包：%v", err))
	}
	out := filepath.Join(dir, "xcmatrix-"+key.String())
	said, err := command(ctx, src, key, "build", "-trimpath", "-buildvcs=false", "-tags=carrier", "-ldflags=-s -w", "-o", out, "./matrix/gotest/carrier/command")
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	if err != nil {
		return "", missing(key, record.Sayf("it does not build with this Go: %s", "无法用此 Go 构建：%s", said))
	}
	return out, nil
}

func missing(key build.Key, why record.Sentence) error {
	return &record.Missing{
		Reason: record.Sayf("no program for %s that could carry the tests there: %s", "没有可携带测试的 %s 程序：%s", key, why),
		Remedy: record.Sayf("install Go %[2]s or newer, or put xcmatrix-%[1]s of a bundle (`xcmatrix bundle`) beside this file", "请安装 Go %[2]s 或更新版本，或将运行包（`xcmatrix bundle`）中的 xcmatrix-%[1]s 放在本文件旁", key, goLine),
	}
}

// collect returns the program's files by their paths, and a digest of them.
func collect(source fs.FS) (files map[string][]byte, digest string, err error) {
	files = map[string][]byte{
		"go.mod":     []byte("module " + build.Module + "\n\ngo " + goLine + "\n\nrequire golang.org/x/sys v0.0.0\n\nreplace golang.org/x/sys => ./sys\n"),
		"sys/go.mod": []byte("module golang.org/x/sys\n\ngo " + goLine + "\n"),
	}
	for _, dir := range Packages {
		err := fs.WalkDir(source, dir, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && path != dir && (d.Name() == "testdata" || slices.Contains(Packages, path) || !strings.HasPrefix(path, catalogDir)):
				return fs.SkipDir
			case d.IsDir() || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			files[path], err = fs.ReadFile(source, path)
			return err
		})
		if err != nil {
			return nil, "", err
		}
	}
	if err := inJSON(files); err != nil {
		return nil, "", err
	}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(sum, "%s %d\n%s", name, len(files[name]), files[name])
	}
	return files, hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// inJSON puts JSON in place of the catalogue's YAML files.
func inJSON(files map[string][]byte) error {
	texts, err := catalog.InJSON()
	for name, text := range texts {
		if _, ok := files[catalogDir+name]; !ok {
			return fmt.Errorf("the catalogue has no %s", name)
		}
		files[catalogDir+name] = text
	}
	return err
}

// write writes the files below a directory, as far as they are not there already.
func write(dir string, files map[string][]byte) error {
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, text) {
			continue
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// copySys copies golang.org/x/sys/unix from the Go installation, which has it for its own commands.
func copySys(ctx context.Context, src string) error {
	root, err := command(ctx, src, build.Key{}, "env", "GOROOT")
	if err != nil {
		return errors.New(root)
	}
	from := filepath.Join(root, "src", "cmd", "vendor", "golang.org", "x", "sys", "unix")
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if name := e.Name(); e.Type().IsRegular() && (strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".s")) {
			if files["sys/unix/"+name], err = os.ReadFile(filepath.Join(from, name)); err != nil {
				return err
			}
		}
	}
	return write(src, files)
}

// command runs the go command for a platform in a directory, and returns what it said.
func command(ctx context.Context, dir string, key build.Key, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(environ.Own("GOPATH", "GOCACHE", "GOMODCACHE", "GOTOOLCHAIN", "GOSUMDB", "XDG_CACHE_HOME"),
		"GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off", "CGO_ENABLED=0", "PWD="+dir)
	if key.GOARCH != "" {
		cmd.Env = append(cmd.Env, "GOOS="+key.GOOS, "GOARCH="+key.GOARCH)
	}
	out, err := cmd.CombinedOutput()
	said := strings.TrimSpace(string(out))
	if len(said) > maxSaid {
		said = said[:maxSaid]
	}
	return said, err
}

// maxSaid bounds what is kept of what the go command says, in bytes.
const maxSaid = 400
