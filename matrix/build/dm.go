package build

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// dmDriver is the module path of the DM8 driver. Only the module drivers/dm requires it, because not everybody can download it.
const dmDriver = "gitee.com/chunanyong/dm"

// dmTimeout bounds the time to find the driver: a proxy that does not answer must not delay a run.
var dmTimeout = 4 * time.Second

// driverProbe holds the result of the search for the driver.
type driverProbe struct {
	once sync.Once
	err  error
}

// CheckDM returns nil if payloads can be built with the DM8 driver, and a *record.Missing with the reason if not. It looks once, in
// the module cache and at GOPROXY. If payloads cannot be built, this program is the payload, and CheckDM reports whether it
// has the driver.
func (b *Builder) CheckDM(ctx context.Context) error {
	b.dm.once.Do(func() { b.dm.err = b.findDMOnline(ctx) })
	return b.dm.err
}

// CheckDMOffline is CheckDM without the network: it looks only in the module cache, or in this program.
func (b *Builder) CheckDMOffline(ctx context.Context) error { return b.listDM(ctx, "GOPROXY=off") }

func (b *Builder) findDMOnline(ctx context.Context) error { return b.listDM(ctx) }

// listDM looks for the driver by `go list`, with the environment of a build and additional variables.
func (b *Builder) listDM(ctx context.Context, variables ...string) error {
	if b.CheckGo(ctx) != nil {
		if OwnDM() {
			return nil
		}
		return missingDM(record.Say("this program was built without its driver", "本程序未编入其驱动"))
	}
	ctx, cancel := context.WithTimeout(ctx, dmTimeout)
	defer cancel()
	// -deps also looks for the packages that the driver imports.
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", dmDriver)
	cmd.Dir = b.module(Key{DM: true})
	cmd.Env = append(Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}.environ(b.command.env), variables...)
	var output bytes.Buffer
	cmd.Stderr = &output
	killGroupOnCancel(cmd)
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return missingDM(record.Sayf("%s was not found within %v", "%s 在 %v 内未能找到", dmDriver, dmTimeout))
	}
	return missingDM(record.Sayf("%s could not be had (%s)", "无法获取 %s（%s）", dmDriver, reason(output.String())))
}

// missingDM returns a *record.Missing for the driver, with the remedy.
func missingDM(cause record.Sentence) error {
	return &record.Missing{
		Reason: record.Sayf("DM8: not built in: %s", "达梦 DM8：未编入：%s", cause),
		Remedy: record.Say("set GOPROXY to a proxy that has the module and run `make dm` once, which downloads it",
			"请将 GOPROXY 设为提供该模块的代理，并运行一次 `make dm` 下载"),
	}
}

// reason returns the reason in the last line of the go command's output, without the name of the module.
func reason(output string) string {
	last := plain.LastLines([]byte(output), 1)
	if module, message, found := strings.Cut(last, ": "); found && strings.HasPrefix(module, dmDriver) {
		return message
	}
	return last
}

// module returns the directory of the main package for a key.
func (b *Builder) module(k Key) string {
	if k.DM {
		return filepath.Join(b.Source, "drivers", "dm")
	}
	return b.Source
}

// OwnDM reports whether this program was built with the DM8 driver.
func OwnDM() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.ContainsFunc(info.Deps, func(m *debug.Module) bool { return m.Path == dmDriver })
}
