package crypto

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/crypto/subject"
)

// featureSets are the CPU features that Go programs can be told not to use, by architecture. Go ignores names that the
// architecture does not have.
var featureSets = []struct{ name, godebug string }{
	{"all", "cpu.all=off"},
	{"256-bit vectors", "cpu.avx2=off,cpu.avx=off,cpu.lasx=off"},
	{"all vectors", "cpu.avx2=off,cpu.avx=off,cpu.ssse3=off,cpu.lasx=off,cpu.lsx=off"},
	{"cipher instructions", "cpu.aes=off,cpu.pclmulqdq=off,cpu.pmull=off,cpu.sm3=off,cpu.sm4=off"},
}

// paths registers the known answers again, in child processes with CPU features switched off: for each set the subjects run
// other code.
func paths() {
	ginkgo.It("what this machine's processor offers", func() {
		m := check.Machine()
		check.ObserveDiffers("code-path", map[string]any{"goarch": m.GOARCH, "chip": m.Chip, "features": m.Features, "build": check.Launch().BuildKey},
			record.Say("processors differ", "处理器不同"))
	})
	for _, s := range subject.All() {
		if !s.Assembly {
			continue // one path for every processor
		}
		for _, f := range featureSets {
			knownOn(s, "known answers without "+f.name, "without-"+slug(f.name), f.godebug)
		}
		// In memory, Go's flag of this mode is next to the flags of CPU features. Assembly that reads more than one flag reads it, too.
		knownOn(s, "known answers in the FIPS 140 mode of Go", "fips-140-mode", "fips140=on")
	}
}

// knownOn registers the known answers with a GODEBUG setting.
func knownOn(s subject.Subject, text, name, godebug string) {
	d := defect{"cpu", name, record.Critical, "the same value on every path of code"}
	ginkgo.It(text+": "+s.Name, check.Finding(d.id(s)), func(ctx ginkgo.SpecContext) {
		endSpec(s, d, runInChild(ctx, godebug, shortAnswers+" / "+s.Name))
	})
}

// runInChild runs a spec in a child process with a GODEBUG setting.
func runInChild(ctx context.Context, godebug, spec string) error {
	if check.Emulated() {
		check.Skip(record.Say("under an emulator the processor's model decides: see targets such as loong64-la132 and arm64-a72",
			"模拟器下由处理器型号决定：见 loong64-la132、arm64-a72 等目标"))
	}
	self, err := os.Executable()
	if err != nil || len(os.Args) < 2 || os.Args[1] != "exec" {
		check.Skip(record.Say("only a payload can start itself again", "仅测试程序可再次启动自身"))
	}
	request, err := json.Marshal(record.Request{Item: "crypto", Round: 1, Seed: check.Seed(), Specs: []string{spec}, Stretch: 1, Launch: check.Launch()})
	mustPrepare(err)
	cmd := exec.CommandContext(ctx, self, "exec", "--request", "-")
	cmd.Stdin = bytes.NewReader(request)
	cmd.Env = append(environ.Own(), "GODEBUG="+godebug)
	complaints, err := memoryFile()
	mustPrepare(err)
	defer complaints.Close()
	var events bytes.Buffer
	cmd.Stdout, cmd.Stderr = &events, complaints
	ended := cmd.Run()
	if _, ran := errors.AsType[*exec.ExitError](ended); ended != nil && !ran {
		check.Error(record.Sayf("the payload cannot start itself again: %v", "测试程序无法再次启动自身：%v", ended))
	}
	said, err := io.ReadAll(io.NewSectionReader(complaints, 0, 1<<20))
	mustPrepare(err)
	if why := machineReason(string(said), ended); why != "" {
		check.Error(record.Sayf("the payload could not run again here: %s", "测试程序无法在此环境中再次运行：%s", why))
	}
	if err := childResult(&events, string(said), ended); err != nil {
		return fmt.Errorf("with GODEBUG=%s: %w; features %v", godebug, err, check.Machine().Features)
	}
	return nil
}

// memoryFile creates a file without a name, in memory if the kernel allows it. A pipe would wake this process at each of
// hundreds of answers.
func memoryFile() (*os.File, error) {
	if fd, err := unix.MemfdCreate("xcmatrix-at", unix.MFD_CLOEXEC); err == nil {
		return os.NewFile(uintptr(fd), "xcmatrix-at"), nil
	}
	f, err := os.CreateTemp("", "xcmatrix-at-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// machineMessages are messages of the Go runtime and of the kernel for a resource that the machine, or its limits, refuse to
// a process.
var machineMessages = []string{"failed to create new OS thread", "cannot allocate memory", "out of memory", "too many open files",
	"no space left on device", "disk quota exceeded", "resource temporarily unavailable"}

// machineReason returns why a child ended, if not because of a subject: a limit of the machine, or SIGKILL, which a person
// or a kernel without memory sends. It returns "" for all other ends.
func machineReason(complaints string, ended error) string {
	exit, ran := errors.AsType[*exec.ExitError](ended)
	if !ran {
		return ""
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return exit.Error()
	}
	for _, words := range machineMessages {
		if strings.Contains(complaints, words) {
			return words
		}
	}
	return ""
}

// childResult returns the verdict of the one spec that a child ran, as an error if it did not pass. If the child died, the
// error says at which answer, and how it ended.
func childResult(events io.Reader, complaints string, ended error) error {
	reader := record.NewReader(events)
	for {
		e, _, err := reader.Next()
		var garbage *record.LineError
		switch {
		case errors.As(err, &garbage):
		case err != nil:
			return fmt.Errorf("no verdict (%w) on %q", orEnd(ended), lastAt(complaints))
		case e.Kind != record.KindSpecEnd:
		case e.End.Verdict == record.Pass:
			return ended
		default:
			return fmt.Errorf("%s: %v, last at %q", e.End.Verdict, e.End.Detail, lastAt(complaints))
		}
	}
}

// orEnd returns ended, or io.EOF if it is nil.
func orEnd(ended error) error {
	if ended == nil {
		return io.EOF
	}
	return ended
}
