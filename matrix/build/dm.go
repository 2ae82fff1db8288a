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

	"github.com/xcmatrix/xcmatrix/results/record"
)

// dmDriver is the driver that only the module drivers/dm requires, because not everybody can download it.
const dmDriver = "gitee.com/chunanyong/dm"

// dmPatience is how long the driver is looked for. A proxy that does not answer must not hold up the matrix.
var dmPatience = 4 * time.Second

// driverProbe remembers what came of looking for the driver.
type driverProbe struct {
	once sync.Once
	err  error
}

// DM says whether payloads can be built with the DM8 driver: nil, or a *record.Missing with why not. The driver is
// looked for once: in the module cache, and where GOPROXY says. Where payloads cannot be built this program is the
// payload, and has the driver or not.
func (b *Builder) DM(ctx context.Context) error {
	b.dm.once.Do(func() { b.dm.err = b.lookForDM(ctx) })
	return b.dm.err
}

// DMHere is DM without the network: whether the driver is in the module cache, or in this program.
func (b *Builder) DMHere(ctx context.Context) error { return b.findDM(ctx, "GOPROXY=off") }

func (b *Builder) lookForDM(ctx context.Context) error { return b.findDM(ctx) }

// findDM looks for the driver with more settings than a build has.
func (b *Builder) findDM(ctx context.Context, more ...string) error {
	if b.Go(ctx) != nil {
		if OwnDM() {
			return nil
		}
		return withoutDM(record.Say("this program was built without its driver", "本程序未编入其驱动"))
	}
	ctx, cancel := context.WithTimeout(ctx, dmPatience)
	defer cancel()
	// What the driver imports is looked for with it: payloads need both.
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", dmDriver)
	cmd.Dir = b.module(Key{DM: true})
	cmd.Env = append(Key{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}.environ(b.command.env), more...)
	var said bytes.Buffer
	cmd.Stderr = &said
	inGroup(cmd)
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return withoutDM(record.Sayf("%s was not found within %v", "%s 在 %v 内未能找到", dmDriver, dmPatience))
	}
	return withoutDM(record.Sayf("%s could not be had (%s)", "无法获取 %s（%s）", dmDriver, reason(said.String())))
}

// withoutDM says it, and what to do.
func withoutDM(why record.Sentence) error {
	return &record.Missing{
		Reason: record.Sayf("DM8: not built in: %s", "达梦 DM8：未编入：%s", why),
		Remedy: record.Say("set GOPROXY to a proxy that has the module and run `make dm` once, which downloads it",
			"请将 GOPROXY 设为提供该模块的代理，并运行一次 `make dm` 下载"),
	}
}

// reason returns the go command's own, without what it says while it works and the module that it is about.
func reason(said string) string {
	lines := strings.Split(strings.TrimSpace(said), "\n")
	last := strings.TrimSpace(lines[len(lines)-1])
	if module, why, found := strings.Cut(last, ": "); found && strings.HasPrefix(module, dmDriver) {
		return why
	}
	return last
}

// module returns the directory of the program that is built for a key.
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
