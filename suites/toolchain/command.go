package toolchain

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/environ"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// goCommand is the path of the go command. The harness needs none on the target, so that its absence is no miss.
func goCommand() string {
	GinkgoHelper()
	check.NeedsKernel(record.Say("it runs commands of the host", "它运行的是宿主机的命令"))
	path, err := exec.LookPath("go")
	if err != nil {
		check.Skip(record.Say("there is no go command on this machine, nor need there be", "本机没有 go 命令，也不需要"))
	}
	return path
}

// run runs go in a directory, with nothing of the user's own settings but the build cache, and without network.
func run(dir string, args ...string) (stdout, stderr string, err error) {
	GinkgoHelper()
	cmd := exec.CommandContext(GinkgoT().Context(), goCommand(), args...)
	var out, errOut bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errOut
	cmd.Env = append(environ.Own("GOCACHE"), "GOENV="+filepath.Join(dir, "env"), "GOFLAGS=", "GOPROXY=off", "GOTOOLCHAIN=local", "GOWORK=off", "CGO_ENABLED=0")
	if cache, err := os.UserCacheDir(); os.Getenv("GOCACHE") == "" && (err != nil || unix.Access(cache, unix.W_OK) != nil) {
		cmd.Env = append(cmd.Env, "GOCACHE="+filepath.Join(dir, "cache"))
	}
	err = cmd.Run()
	return out.String(), errOut.String(), err
}

// needsExec skips the spec where programs may not run from the temporary directory.
func needsExec(dir string) {
	GinkgoHelper()
	var st unix.Statfs_t
	Expect(unix.Statfs(dir, &st)).To(Succeed())
	if st.Flags&unix.ST_NOEXEC != 0 {
		check.Skip(record.Say("the temporary directory is mounted noexec", "临时目录以 noexec 挂载"))
	}
}

// module is a directory with a program.
func module(program string) string {
	GinkgoHelper()
	dir := GinkgoT().TempDir()
	Expect(os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/probe\n\ngo 1.21\n"), 0o600)).To(Succeed())
	Expect(os.WriteFile(filepath.Join(dir, "main.go"), []byte(program), 0o600)).To(Succeed())
	return dir
}

const hello = `package main

import "runtime"

func main() { println(runtime.GOARCH) }
`

func command() {
	It("is of this machine's architecture", func() {
		out, said, err := run(GinkgoT().TempDir(), "env", "GOHOSTARCH")
		Expect(err).NotTo(HaveOccurred(), said)
		Expect(strings.TrimSpace(out)).To(Equal(runtime.GOARCH))
	})
	It("builds the same program to the same bytes, in any directory", func() {
		var built [2][]byte
		for i := range built {
			dir := module(hello)
			_, said, err := run(dir, "build", "-trimpath", "-o", "probe", ".")
			Expect(err).NotTo(HaveOccurred(), said)
			built[i], err = os.ReadFile(filepath.Join(dir, "probe"))
			Expect(err).NotTo(HaveOccurred())
		}
		Expect(bytes.Equal(built[0], built[1])).To(BeTrue())
	})
	It("builds a program that runs", func() {
		dir := module(hello)
		needsExec(dir)
		_, said, err := run(dir, "build", "-o", "probe", ".")
		Expect(err).NotTo(HaveOccurred(), said)
		out, err := exec.CommandContext(GinkgoT().Context(), filepath.Join(dir, "probe")).CombinedOutput()
		Expect(err).NotTo(HaveOccurred())
		Expect(strings.TrimSpace(string(out))).To(Equal(runtime.GOARCH))
	})
	It("names the place of an error", func() {
		_, said, err := run(module("package main\n\nfunc main() { undefined() }\n"), "vet", ".")
		Expect(err).To(HaveOccurred())
		Expect(said).To(ContainSubstring("main.go:3:15"))
	})
	It("refuses to keep PATH among its settings", func() {
		_, said, err := run(GinkgoT().TempDir(), "env", "-w", "PATH=/nowhere")
		Expect(err).To(HaveOccurred())
		Expect(said).To(ContainSubstring("PATH"))
	})
	It("puts its own bin directory first in the PATH of what it runs", func() {
		dir := module("package main\n\nimport \"os\"\n\nfunc main() { os.Stdout.WriteString(os.Getenv(\"PATH\")) }\n")
		needsExec(dir)
		root, said, err := run(dir, "env", "GOROOT")
		Expect(err).NotTo(HaveOccurred(), said)
		path, said, err := run(dir, "run", ".")
		Expect(err).NotTo(HaveOccurred(), said)
		Expect(filepath.SplitList(path)[0]).To(Equal(filepath.Join(strings.TrimSpace(root), "bin")))
	})
}
