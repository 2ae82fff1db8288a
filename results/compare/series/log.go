package series

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"regexp"
	"sync"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// log is the text of a benchmark's output as logs have it: `go test -json` puts it in events, terminals colour it, and what
// collects the output of jobs puts the time before each line. The zero value is ready for a file.
type log struct {
	around  stamps // of the lines
	inside  stamps // of what events say
	pending []byte // of a line whose end is in another event, of the package
	pkg     string
	hidden  int    // the first line that has a result behind something else
	before  string // which is this
	broken  bool   // the last event is not whole
}

// stamps tells whether the time stands before each line.
type stamps struct {
	begun bool // there was a line
	all   bool // the time stands before the first line, and so before all
}

var (
	// escapes are what colours text on a terminal, moves its cursor or sets its title.
	escapes = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile("\x1b(?:\\[[0-9:;<=>?]*[ -/]*[@-~]|\\][^\a\x1b]*(?:\a|\x1b\\\\)|[()][0-9A-B])")
	})
	// stamp is a date and a time, a time alone, or the seconds since something, as logs begin their lines.
	stamp = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^\[?(?:\d{4}[-/.]\d\d[-/.]\d\d[T _]?\d\d:\d\d:\d\d|\d\d:\d\d:\d\d|\s*\d+\.\d{3,})` +
			`(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?[:|]?[ \t]+`)
	})
	// behind is a result with something before it.
	behind = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(.{1,200}?[^\w/])Benchmark\S*\s+\d+\s+[0-9.]+ [\w/-]+`)
	})
)

// plain returns what a line of a log says: without colour and time, and of an event the output, once its line is whole. It
// is nil where nothing is left. In place of a line that may be it the line itself comes back.
func (l *log) plain(line []byte, number int) []byte {
	if line = l.around.bare(line); bytes.HasPrefix(line, []byte(`{"`)) {
		if line = l.output(line); line == nil {
			return nil
		}
		line = l.inside.bare(line)
	}
	if l.hidden == 0 && bytes.Contains(line, benchmarkPrefix) && !bytes.HasPrefix(line, benchmarkPrefix) {
		if found := behind().FindSubmatch(line); found != nil {
			l.hidden, l.before = number, string(found[1])
		}
	}
	return line
}

// bare returns a line without colour and time.
func (s *stamps) bare(line []byte) []byte {
	if bytes.IndexByte(line, '\x1b') >= 0 {
		line = escapes().ReplaceAll(line, nil)
	}
	first := !s.begun && len(bytes.TrimSpace(line)) > 0
	s.begun = s.begun || first
	if length := stampLength(line); length > 0 {
		s.all = s.all || first
		if rest := line[length:]; s.all || bytes.HasPrefix(rest, benchmarkPrefix) {
			return rest
		}
	}
	return line
}

// stampLength is how long the time is that stands before a line, with the blanks behind it.
func stampLength(line []byte) int {
	if len(line) == 0 || line[0] != '[' && (line[0] < '0' || line[0] > '9') {
		return 0
	}
	return len(stamp().Find(line))
}

// output returns the output of one event of `go test -json`, if it ends a line, with what of that line came before.
func (l *log) output(line []byte) []byte {
	var event struct{ Action, Package, Output string }
	err := json.Unmarshal(line, &event)
	if l.broken = err != nil && line[len(line)-1] != '\n'; err != nil || event.Action == "" {
		return line // it is something else
	}
	if event.Action != "output" {
		return nil
	}
	if event.Package != l.pkg || len(l.pending) > maxLine {
		l.pkg, l.pending = event.Package, nil
	}
	l.pending = append(l.pending, event.Output...)
	if !bytes.HasSuffix(l.pending, newline) {
		return nil
	}
	whole := l.pending
	l.pending = nil
	return whole
}

// unusual reports whether a line may be one that plain changes.
func unusual(line []byte) bool {
	switch c := line[0]; {
	case c == '{', c == '[', c == '\x1b', c >= '0' && c <= '9':
		return true
	default:
		return false
	}
}

// decoded returns the text of a file in UTF-8 without its byte order mark; what PowerShell redirects is in UTF-16. What
// it was read from is not to be used any more.
func decoded(in *bufio.Reader) *bufio.Reader {
	head, _ := in.Peek(4)
	order, ok := unicode.LittleEndian, true
	switch {
	case len(head) < 4:
		ok = false
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
		return in
	case bytes.HasPrefix(head, []byte("\xff\xfe")) && !bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")):
	case head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
	case bytes.HasPrefix(head, []byte("\xfe\xff")), head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		order = unicode.BigEndian
	default:
		ok = false
	}
	if !ok {
		return in
	}
	var out io.Reader = transform.NewReader(in, unicode.UTF16(order, unicode.UseBOM).NewDecoder())
	return bufio.NewReaderSize(out, maxLine)
}
