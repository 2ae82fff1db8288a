package selftest

import (
	"bytes"
	"os"
	"strconv"
	"syscall"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// noises write what nobody asked for, and are right all the same.
func noises() []act {
	return []act{
		{does: "prints garbage to every open descriptor", right: record.Pass, body: garbage},
		{does: "floods standard output with 100 MiB", right: record.Pass, body: flood, with: []any{slow}},
		{does: "writes a line of 100 MiB to the event channel", right: record.Error, body: endlessLine, with: []any{slow}},
	}
}

// rubbish holds binary, half lines, and lines that are nearly events but for one thing each.
var rubbish = []byte("\x00\x00\xff\xfe half a line" +
	"\n{\"v\":1,\"event\":\"spec-end\",\"spec\":\"no body\"}" +
	"\n{\"v\":1,\"event\":\"spec-end\",\"spec\":\"no such verdict\",\"end\":{\"verdict\":\"excellent\"}}" +
	"\n{\"event\":\"cell-end\",\"cell_end\":{\"specs\":0}}" +
	"\n[1,2,{\"json\":true}]\r\n\x1b[2J\n\n{\"v\":1,\"event\":\"spec-e")

// garbage writes rubbish to all that is open, the descriptor of the events among it, and leaves a half line behind.
func garbage() {
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		Fail(err.Error())
	}
	for _, entry := range open {
		fd, err := strconv.Atoi(entry.Name())
		if err != nil {
			continue
		}
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) != nil || !takesBytes(st.Mode) {
			continue
		}
		_, _ = syscall.Write(fd, rubbish) // what is open for reading only refuses, which is as well
	}
}

// takesBytes leaves out what only the runtime has open, such as the poller's eventfd.
func takesBytes(mode uint32) bool {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFREG, syscall.S_IFIFO, syscall.S_IFCHR, syscall.S_IFSOCK:
		return true
	}
	return false
}

// endlessLine writes to the event channel, which launchers put on descriptor 3, a line that no reader should keep.
func endlessLine() {
	const events = 3
	line := bytes.Repeat([]byte("x"), 100<<20)
	line[len(line)-1] = '\n'
	for len(line) > 0 {
		n, err := syscall.Write(events, line)
		if err != nil {
			Fail(err.Error())
		}
		line = line[n:]
	}
}

func flood() {
	line := append(bytes.Repeat([]byte("x"), 1<<20-1), '\n')
	for range 100 {
		if _, err := os.Stdout.Write(line); err != nil {
			Fail(err.Error())
		}
	}
}
