package selftest

import (
	"bytes"
	"os"
	"strconv"
	"syscall"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// noises print bytes that are no events, and pass nevertheless.
func noises() []act {
	return []act{
		{does: "prints garbage to every open descriptor", right: record.Pass, body: garbage},
		{does: "floods standard output with 100 MiB", right: record.Pass, body: flood, with: []any{slow}},
		{does: "writes a line of 100 MiB to the event channel", right: record.Error, body: endlessLine, with: []any{slow}},
	}
}

// rubbish has binary data, half lines, and lines that differ from an event in one point each.
var rubbish = []byte("\x00\x00\xff\xfe half a line" +
	"\n{\"v\":1,\"event\":\"spec-end\",\"spec\":\"no body\"}" +
	"\n{\"v\":1,\"event\":\"spec-end\",\"spec\":\"no such verdict\",\"end\":{\"verdict\":\"excellent\"}}" +
	"\n{\"event\":\"cell-end\",\"cell_end\":{\"specs\":0}}" +
	"\n[1,2,{\"json\":true}]\r\n\x1b[2J\n\n{\"v\":1,\"event\":\"spec-e")

// garbage writes rubbish and a half line to all open descriptors, also to that of the events.
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
		_, _ = syscall.Write(fd, rubbish) // a descriptor for reading only refuses the write
	}
}

// takesBytes reports whether bytes may be written to a descriptor. It excludes those of the runtime, such as the poller's eventfd.
func takesBytes(mode uint32) bool {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFREG, syscall.S_IFIFO, syscall.S_IFCHR, syscall.S_IFSOCK:
		return true
	}
	return false
}

// endlessLine writes a line to the event channel, descriptor 3, that is too long for any reader to keep.
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
