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

// featureSets are CPU features that Go programs can be told to leave alone. A name that the architecture has not got is
// passed over by Go.
var featureSets = []struct{ name, godebug string }{
	{"all", "cpu.all=off"},
	{"256-bit vectors", "cpu.avx2=off,cpu.avx=off,cpu.lasx=off"},
	{"all vectors", "cpu.avx2=off,cpu.avx=off,cpu.ssse3=off,cpu.lasx=off,cpu.lsx=off"},
	{"cipher instructions", "cpu.aes=off,cpu.pclmulqdq=off,cpu.pmull=off,cpu.sm3=off,cpu.sm4=off"},
}

// paths runs the known answers again, in a process of their own, with CPU features switched off: each set takes the
// subjects down another path of code.
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
		// Go's flag of this mode lies beside the flags of CPU features, and assembly that reads more than a flag sees it.
		knownOn(s, "known answers in the FIPS 140 mode of Go", "fips-140-mode", "fips140=on")
	}
}

// knownOn registers the known answers under a GODEBUG setting.
func knownOn(s subject.Subject, text, name, godebug string) {
	d := defect{"cpu", name, record.Critical, "the same value on every path of code"}
	ginkgo.It(text+": "+s.Name, check.Finding(d.id(s)), func(ctx ginkgo.SpecContext) {
		settle(s, d, restricted(ctx, godebug, shortAnswers+" / "+s.Name))
	})
}

// restricted runs a spec in a child process under a GODEBUG setting.
func restricted(ctx context.Context, godebug, spec string) error {
	if check.Emulated() {
		check.Skip(record.Say("under an emulator the processor's model decides: see targets such as loong64-la132 and arm64-a72",
			"模拟器下由处理器型号决定：见 loong64-la132、arm64-a72 等目标"))
	}
	self, err := os.Executable()
	if err != nil || len(os.Args) < 2 || os.Args[1] != "exec" {
		check.Skip(record.Say("only a payload can start itself again", "仅载荷可再次启动自身"))
	}
	request, err := json.Marshal(record.Request{Item: "crypto", Round: 1, Seed: check.Seed(), Specs: []string{spec}, Stretch: 1, Launch: check.Launch()})
	must(err)
	cmd := exec.CommandContext(ctx, self, "exec", "--request", "-")
	cmd.Stdin = bytes.NewReader(request)
	cmd.Env = append(environ.Own(), "GODEBUG="+godebug)
	complaints, err := notepad()
	must(err)
	defer complaints.Close()
	var events bytes.Buffer
	cmd.Stdout, cmd.Stderr = &events, complaints
	ended := cmd.Run()
	if _, ran := errors.AsType[*exec.ExitError](ended); ended != nil && !ran {
		check.Error(record.Sayf("the payload cannot start itself again: %v", "载荷无法再次启动自身：%v", ended))
	}
	said, err := io.ReadAll(io.NewSectionReader(complaints, 0, 1<<20))
	must(err)
	if why := outside(string(said), ended); why != "" {
		check.Error(record.Sayf("the payload could not run again here: %s", "载荷无法在此环境中再次运行：%s", why))
	}
	if err := outcome(&events, string(said), ended); err != nil {
		return fmt.Errorf("with GODEBUG=%s: %w; features %v", godebug, err, check.Machine().Features)
	}
	return nil
}

// notepad is a file without a name, in memory where the kernel lets a process have that. A pipe would wake this process at
// each of hundreds of answers.
func notepad() (*os.File, error) {
	if fd, err := unix.MemfdCreate("xcmatrix-at", unix.MFD_CLOEXEC); err == nil {
		return os.NewFile(uintptr(fd), "xcmatrix-at"), nil
	}
	f, err := os.CreateTemp("", "xcmatrix-at-")
	if err != nil {
		return nil, err
	}
	return f, os.Remove(f.Name())
}

// ofTheMachine are words of the Go runtime and of the kernel for what a machine or its limits refuse to a process.
var ofTheMachine = []string{"failed to create new OS thread", "cannot allocate memory", "out of memory", "too many open files",
	"no space left on device", "disk quota exceeded", "resource temporarily unavailable"}

// outside is what ended a child that no code of a subject brings about, "" where nothing did: a limit of the machine, or
// SIGKILL, which comes from a person or from a kernel without memory.
func outside(complaints string, ended error) string {
	exit, ran := errors.AsType[*exec.ExitError](ended)
	if !ran {
		return ""
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signal() == syscall.SIGKILL {
		return exit.Error()
	}
	for _, words := range ofTheMachine {
		if strings.Contains(complaints, words) {
			return words
		}
	}
	return ""
}

// outcome is what became of a child's one spec. A child that dies is named by what it was at, and by what ended it.
func outcome(events io.Reader, complaints string, ended error) error {
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

// orEnd makes the end of a child that died of nothing printable.
func orEnd(ended error) error {
	if ended == nil {
		return io.EOF
	}
	return ended
}
