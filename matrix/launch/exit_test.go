package launch

import (
	"strings"
	"syscall"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestWhy(t *testing.T) {
	killed := record.Say("it was asked to", "奉命终止")
	for name, c := range map[string]struct {
		exit   Exit
		en, zh string
	}{
		"status":            {Exit{Code: 7}, "the process ended: exit status 7", "进程退出：状态码 7"},
		"signal":            {Exit{Code: -1, Signal: "SIGKILL"}, "the process was ended by SIGKILL", "进程因 SIGKILL 终止"},
		"killed by us":      {Exit{Code: -1, Signal: "SIGKILL", Killed: &killed}, "it was asked to", "奉命终止"},
		"panic":             {Exit{Code: 2, Output: []byte("noise\npanic: planted\n\ngoroutine 1 [running]:\n")}, "the process ended: exit status 2 (panic: planted)", "进程退出：状态码 2（panic: planted）"},
		"signal with words": {Exit{Code: 2, Signal: "SIGSEGV", Output: []byte("fatal error: fault\n[signal SIGSEGV: x")}, "the process was ended by SIGSEGV (fatal error: fault)", "进程因 SIGSEGV 终止（fatal error: fault）"},
	} {
		if why := c.exit.Reason(); why.En != c.en || why.Zh != c.zh {
			t.Errorf("%s: %q, %q", name, why.En, why.Zh)
		}
	}
}

// The texts are what Go 1.26 prints.
func TestSaidSignal(t *testing.T) {
	for output, want := range map[string]string{
		"SIGILL: illegal instruction\nPC=0xc08780 m=6 sigcode=2\ninstruction bytes: 0xf 0xb\n":                                             "SIGILL",
		"unexpected fault address 0x7f0000000000\nfatal error: fault\n[signal SIGSEGV: segmentation violation code=0x2 addr=0x0 pc=0x1]\n": "SIGSEGV",
		"panic: runtime error: invalid memory address or nil pointer dereference\n[signal SIGSEGV: segmentation violation code=0x1 addr]":  "SIGSEGV",
		"SIGQUIT: quit\nPC=0x4\n":                              "SIGQUIT",
		"SIGBUS: bus error\nPC=0x4\n":                          "SIGBUS",
		"SIGTRAP: trace trap\n":                                "SIGTRAP",
		"SIGFPE: floating-point exception\n":                   "SIGFPE",
		"fatal error: all goroutines are asleep - deadlock!\n": "",
		"a test says SIGILL: in the middle of a line\n":        "",
		"": "",
	} {
		if got := printedSignal([]byte(output)); got != want {
			t.Errorf("%q: %q, want %q", output, got, want)
		}
	}
}

func TestSignalName(t *testing.T) {
	for signal, want := range map[syscall.Signal]string{syscall.SIGILL: "SIGILL", syscall.SIGKILL: "SIGKILL", 63: "signal 63"} {
		if got := signalName(signal); got != want {
			t.Errorf("%d: %q", signal, got)
		}
	}
}

func TestLastWordsAreShort(t *testing.T) {
	words := runtimeMessage([]byte("panic: " + strings.Repeat("长", 5000) + "\x1b[2J\n"))
	if len(words) > 300 || !strings.HasPrefix(words, "panic: 长") || strings.ToValidUTF8(words, "?") != words {
		t.Errorf("%d bytes: %q", len(words), words)
	}
}
