package launch

import (
	"bytes"
	"fmt"
	"regexp"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Why says in one sentence how the process ended.
func (e Exit) Why() record.Sentence {
	said := lastWords(e.Output)
	switch {
	case e.Killed != nil:
		return *e.Killed
	case e.Signal != "" && said != "":
		return record.Sayf("the process was ended by %s (%s)", "进程因 %s 终止（%s）", e.Signal, said)
	case e.Signal != "":
		return record.Sayf("the process was ended by %s", "进程因 %s 终止", e.Signal)
	case said != "":
		return record.Sayf("the process ended: exit status %d (%s)", "进程退出：状态码 %d（%s）", e.Code, said)
	}
	return record.Sayf("the process ended: exit status %d", "进程退出：状态码 %d", e.Code)
}

func signalName(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}

// The Go runtime catches a fatal signal, prints it and exits with status 2: "SIGILL: illegal instruction" or
// "[signal SIGSEGV: segmentation violation code=…".
var saidPattern = regexp.MustCompile(`(?m)^(?:\[signal )?(SIG[A-Z]+): [a-z ]+`)

func saidSignal(output []byte) string {
	if m := saidPattern.FindSubmatch(output); m != nil {
		return string(m[1])
	}
	return ""
}

// What the Go runtime says of the reason, before the stacks.
var wordsPattern = regexp.MustCompile(`(?m)^(?:fatal error|panic|runtime|SIG[A-Z]+): .*`)

func lastWords(output []byte) string {
	words := bytes.TrimSpace(wordsPattern.Find(output))
	return string(bytes.ToValidUTF8(words[:min(len(words), 200)], []byte("\uFFFD")))
}
