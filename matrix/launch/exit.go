package launch

import (
	"bytes"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Reason returns a sentence that says how the process ended.
func (e Exit) Reason() record.Sentence {
	message := runtimeMessage(e.Output)
	switch {
	case e.Killed != nil:
		return *e.Killed
	case e.Signal != "" && message != "":
		return record.Sayf("the process was ended by %s (%s)", "进程因 %s 终止（%s）", e.Signal, message)
	case e.Signal != "":
		return record.Sayf("the process was ended by %s", "进程因 %s 终止", e.Signal)
	case message != "":
		return record.Sayf("the process ended: exit status %d (%s)", "进程退出：状态码 %d（%s）", e.Code, message)
	}
	return record.Sayf("the process ended: exit status %d", "进程退出：状态码 %d", e.Code)
}

// signalName returns the name of a signal, such as "SIGILL", or "signal 34" for one without a name.
func signalName(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}

// The Go runtime catches a fatal signal, prints it and exits with status 2: "SIGILL: illegal instruction" or
// "[signal SIGSEGV: segmentation violation code=…".
var signalPattern = pattern.Of(`(?m)^(?:\[signal )?(SIG[A-Z]+): [a-z ]+`)

// printedSignal returns the name of the signal that the Go runtime printed; "" if there is none.
func printedSignal(output []byte) string {
	if m := signalPattern().FindSubmatch(output); m != nil {
		return string(m[1])
	}
	return ""
}

// The line in which the Go runtime says why it ends, before the stacks.
var messagePattern = pattern.Of(`(?m)^(?:fatal error|panic|runtime|SIG[A-Z]+): .*`)

// runtimeMessage returns the line in which the Go runtime says why it ends, at most 200 bytes of it; "" if there is none.
func runtimeMessage(output []byte) string {
	message := bytes.TrimSpace(messagePattern().Find(output))
	return string(bytes.ToValidUTF8(message[:min(len(message), 200)], []byte("\uFFFD")))
}
