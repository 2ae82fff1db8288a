package toolchain

import (
	"bytes"
	"context"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// goCommand returns the path of the go command. If there is none, the spec is skipped: no target needs it.
func goCommand() string {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it runs commands of the host", "它运行的是宿主机的命令"))
	path, err := exec.LookPath("go")
	if err != nil {
		check.Skip(record.Say("there is no go command on this machine, and none is needed", "本机没有 go 命令，也不需要"))
	}
	return path
}

// worksOnce returns the output of `go env GOROOT`, and the error if the go command does not run.
var worksOnce = sync.OnceValues(func() (output string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), check.ScaledTimeout(commandTime))
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Env = append(environ.Own("GOCACHE"), "GOFLAGS=", "GOTOOLCHAIN=local", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
})

// needsGo ends the spec if the go command does not run, for example because it does not find its own files.
func needsGo() {
	GinkgoHelper()
	goCommand()
	output, err := worksOnce()
	if err != nil {
		check.Miss(record.Sayf("the go command in PATH does not run: %.200s (%v)", "PATH 中的 go 命令无法运行：%.200s（%v）", output, err),
			record.Say("repair it, or remove it from PATH", "请修复它，或将其移出 PATH"))
	}
}

// run runs go in a directory, without the user's settings except for the build cache, and without network.
func run(dir string, args ...string) (stdout, stderr string, err error) {
	GinkgoHelper()
	needsGo()
	// How long the compiler takes depends on the machine: a time limit says nothing about Go.
	limit := check.ScaledTimeout(commandTime)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, goCommand(), args...)
	cmd.WaitDelay = time.Second
	var out, errOut bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errOut
	cmd.Env = append(environ.Own("GOCACHE"), "GOENV="+filepath.Join(dir, "env"), "GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=off", "CGO_ENABLED=0")
	if cache, err := os.UserCacheDir(); os.Getenv("GOCACHE") == "" && (err != nil || unix.Access(cache, unix.W_OK) != nil) {
		cmd.Env = append(cmd.Env, "GOCACHE="+filepath.Join(dir, "cache"))
	}
	err = cmd.Run()
	switch said := errOut.String(); {
	case ctx.Err() != nil:
		check.Error(record.Sayf("go %s did not finish within %v: the machine is slow or busy", "go %s 在 %v 后仍未完成：机器缓慢或繁忙", args[0], limit))
	case err != nil && (strings.Contains(said, "signal: killed") || err.Error() == "signal: killed"):
		check.Error(record.Sayf("go %s was killed: memory may have run out", "go %s 被终止：可能是内存耗尽", args[0]))
	}
	return out.String(), errOut.String(), err
}

// commandTime is the time limit of one go command. Two commands of a spec take less than the spec's deadline.
const commandTime = 80 * time.Second

// built checks the answer of a go command that must succeed.
func built(output string, err error) {
	GinkgoHelper()
	check.NoCommandError(err, output)
}

// needsExec skips the spec if programs in the temporary directory may not be executed.
func needsExec(dir string) {
	GinkgoHelper()
	var st unix.Statfs_t
	check.NoError(unix.Statfs(dir, &st))
	if st.Flags&unix.ST_NOEXEC != 0 {
		check.Skip(record.Say("the temporary directory is mounted noexec", "临时目录以 noexec 挂载"))
	}
}

// module returns a directory with a Go module that has one program.
func module(program string) string {
	GinkgoHelper()
	dir := check.TempDir()
	check.NoError(os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/probe\n\ngo 1.21\n"), 0o600))
	check.NoError(os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600))
	return dir
}

const hello = `package main

import "runtime"

func main() { println(runtime.GOARCH) }
`

func command() {
	It("is of this machine's architecture", func() {
		Expect(check.Gather("architecture of the go command", func() string {
			out, said, err := run(check.TempDir(), "env", "GOHOSTARCH")
			built(said, err)
			return strings.TrimSpace(out)
		})).To(Equal(runtime.GOARCH))
	})
	It("builds the same program to the same bytes, in any directory", func() {
		programs := check.Gather("one program built in two directories", func() (programs [2][]byte) {
			for i := range programs {
				dir := module(hello)
				_, said, err := run(dir, "build", "-trimpath", "-o", "probe", ".")
				built(said, err)
				programs[i], err = os.ReadFile(filepath.Join(dir, "probe"))
				check.NoError(err)
			}
			return programs
		})
		Expect(bytes.Equal(programs[0], programs[1])).To(BeTrue())
	})
	It("builds a program that runs", func() {
		Expect(check.Gather("architecture that a built program prints", func() string {
			dir := module(hello)
			needsExec(dir)
			_, said, err := run(dir, "build", "-o", "probe", ".")
			built(said, err)
			out, err := exec.Command(filepath.Join(dir, "probe")).CombinedOutput()
			check.NoCommandError(err, string(out)) // what may not be executed from there is forbidden by the machine
			return strings.TrimSpace(string(out))
		})).To(Equal(runtime.GOARCH))
	})
	It("names the place of an error", func() {
		a := check.Gather("answer of go vet to an error in line 3", func() answer {
			_, said, err := run(module("package main\n\nfunc main() { undefined() }\n"), "vet", ".")
			return answer{said, err}
		})
		Expect(a.err).To(HaveOccurred())
		Expect(a.said).To(ContainSubstring("main.go:3:15"))
	})
	It("refuses to keep PATH among its settings", func() {
		a := check.Gather("answer of go env to a PATH to keep", func() answer {
			_, said, err := run(check.TempDir(), "env", "-w", "PATH=/nowhere")
			return answer{said, err}
		})
		Expect(a.err).To(HaveOccurred())
		Expect(a.said).To(ContainSubstring("PATH"))
	})
	It("puts its own bin directory first in the PATH of what it runs", func() {
		paths := check.Gather("PATH of what the go command runs, and its own bin directory", pathsOfRun)
		Expect(filepath.SplitList(paths[0])[0]).To(Equal(paths[1]))
	})
}

// answer is what a go command writes to standard error, and whether it failed.
type answer struct {
	said string
	err  error
}

// pathsOfRun returns the PATH of a program that go run runs, and the go command's own bin directory.
func pathsOfRun() [2]string {
	GinkgoHelper()
	dir := module("package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(os.Getenv(\"PATH\")) }\n")
	needsExec(dir)
	release, _, err := run(dir, "env", "GOVERSION")
	if release = strings.TrimSpace(release); err != nil || version.IsValid(release) && version.Compare(release, "go1.21") < 0 {
		check.Skip(record.Sayf("%q is older than Go 1.21", "%q 早于 Go 1.21", release))
	}
	root, said, err := run(dir, "env", "GOROOT")
	built(said, err)
	path, said, err := run(dir, "run", ".")
	built(said, err)
	return [2]string{path, filepath.Join(strings.TrimSpace(root), "bin")}
}
