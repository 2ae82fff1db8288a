package launch

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/gotest/carrier"
	"github.com/xcmatrix/xcmatrix/matrix/qemu"
	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// emulated starts payloads under QEMU's user-mode emulator: the target's instructions on this machine's kernel.
type emulated struct {
	once    sync.Once
	path    string
	version string
	err     error
}

// qemuArch are QEMU's names of architectures, by GOARCH.
var qemuArch = map[string]string{"arm64": "aarch64", "loong64": "loongarch64", "amd64": "x86_64"}

func (l *emulated) Ready(ctx context.Context, t Target) error {
	l.once.Do(func() {
		if l.path, l.version, l.err = findQEMU(ctx, t.Key.GOARCH); l.err == nil {
			l.err = l.probe(ctx, t)
		}
	})
	return l.err
}

// probe returns a *record.Missing if the emulator cannot emulate the target's CPU model. It starts the emulator with this
// program, which is of another architecture: an emulator that has the model gets as far as refusing the program. QEMU 10.0,
// for example, aborts on la132.
func (l *emulated) probe(ctx context.Context, t Target) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, l.path, append(cpuArgs(t), self)...)
	cmd.Env = environ.Own()
	out, err := cmd.CombinedOutput()
	if err == nil || bytes.Contains(out, []byte("Invalid ELF image")) {
		return nil
	}
	message, _, _ := strings.Cut(strings.Trim(string(out), "*\n "), "\n")
	return &record.Missing{
		Reason: record.Sayf("%s %s cannot be the CPU %s: %s", "%s %s 无法模拟处理器 %s：%s", filepath.Base(l.path), l.version, t.CPU, message),
		Remedy: record.Say("name another cpu in the target, or install another version of QEMU", "请为目标指定其他 cpu，或安装其他版本的 QEMU"),
	}
}

// findQEMU returns the path and version of the first emulator that is new enough, in PATH and in the directory where `make
// setup` unpacks it. It returns a *record.Missing if there is none, and a *record.Problem for an unknown GOARCH.
func findQEMU(ctx context.Context, goarch string) (path, version string, err error) {
	arch, ok := qemuArch[goarch]
	if !ok {
		return "", "", record.Wrongf("", "no emulator for GOARCH %s is known: amd64, arm64 or loong64",
			"没有适用于 GOARCH %s 的模拟器：可用 amd64、arm64 或 loong64", goarch)
	}
	name := "qemu-" + arch
	var old string
	for _, candidate := range candidates(name) {
		v, major := qemu.Version(ctx, candidate)
		if major >= qemu.MinMajor {
			return candidate, v, nil
		}
		if v != "" {
			old = v
		}
	}
	reason := record.Sayf("%s %d or newer is not installed", "未安装 %s %d 或更新版本", name, qemu.MinMajor)
	if old != "" {
		reason = record.Sayf("%s is version %s; %d or newer is needed, older ones answer wrongly and hang",
			"%s 的版本是 %s；需要 %d 或更新版本，旧版本结果有误且会卡死", name, old, qemu.MinMajor)
	}
	return "", "", &record.Missing{Reason: reason,
		Remedy: record.Say("run `make setup`, or install the package qemu-user 10 or newer",
			"运行 `make setup`，或安装 qemu-user 10 以上版本的软件包")}
}

// candidates returns the paths where an emulator may be.
func candidates(name string) []string {
	var found []string
	for _, n := range []string{name, name + "-static"} {
		if path, err := exec.LookPath(n); err == nil {
			found = append(found, path)
		}
	}
	if cache, err := build.CacheDir(); err == nil {
		found = append(found, filepath.Join(cache, "tools", "qemu-user", "usr", "bin", name))
	}
	return found
}

func (l *emulated) Describe(t Target, p build.Payload) record.Launch {
	return record.Launch{Provenance: record.Emulated, BuildKey: t.Key.String(), Payload: p.Digest,
		Launcher: record.Launcher{Name: "qemu-user", Version: l.version, CPU: t.CPU,
			Command: command(append([]string{filepath.Base(l.path)}, cpuArgs(t)...)...)}}
}

// cpuArgs returns the emulator's arguments for the target's CPU model.
func cpuArgs(t Target) []string {
	if t.CPU == "" {
		return nil
	}
	return []string{"-cpu", t.CPU}
}

func (l *emulated) Environment(o Options) []string { return native{}.Environment(o) }

func (l *emulated) Start(ctx context.Context, t Target, p build.Payload, o Options) (Process, error) {
	if p.Here {
		return l.startHere(ctx, t, p, o)
	}
	args := append(cpuArgs(t), p.Path)
	cmd := exec.Command(l.path, append(args, payloadArgs...)...)
	// This keeps the emulator from dumping its own core, which is gigabytes, when a signal kills the payload.
	cmd.Env = []string{"QEMU_LOG_FILENAME=" + os.DevNull}
	return start(ctx, cmd, o)
}

// startHere starts a payload that runs on this machine, and starts by the emulator what it carries.
func (l *emulated) startHere(ctx context.Context, t Target, p build.Payload, o Options) (Process, error) {
	command, err := json.Marshal(append([]string{l.path}, cpuArgs(t)...))
	if err != nil {
		return nil, err
	}
	o.Env = append(slices.Clone(o.Env), carrier.ExecVariable+"="+string(command))
	return start(ctx, exec.Command(p.Path, payloadArgs...), o)
}
