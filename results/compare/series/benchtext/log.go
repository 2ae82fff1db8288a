package benchtext

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/xcmatrix/xcmatrix/results/pattern"
)

// log removes what logs put around a benchmark's output: the events of `go test -json`, the colours of terminals, and the
// time that a collector of logs puts before each line. The zero value is ready for a file.
type log struct {
	around  stamps // of the lines
	inside  stamps // of the output within events
	pending []byte // the beginning of a line of pkg, whose end is in a later event
	pkg     string
	hidden  int    // the first line that has a result behind other text; 0 for none
	before  string // that text
	broken  bool   // the last event is not whole
}

// stamps reports whether the time stands before each line.
type stamps struct {
	begun bool // there was a line
	all   bool // the time stands before the first line, and so before all
}

var (
	// escapes are what colours text on a terminal, moves its cursor or sets its title.
	escapes = pattern.Of("\x1b(?:\\[[0-9:;<=>?]*[ -/]*[@-~]|\\][^\a\x1b]*(?:\a|\x1b\\\\)|[()][0-9A-B])")
	// stamp is a date and a time, a time alone, or the seconds since something, as logs begin their lines.
	stamp = pattern.Of(`^\[?(?:\d{4}[-/.]\d\d[-/.]\d\d[T _]?\d\d:\d\d:\d\d|\d\d:\d\d:\d\d|\s*\d+\.\d{3,})` +
		`(?:[.,]\d+)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?\]?[:|]?[ \t]+`)
	// behind is a result with something before it.
	behind = pattern.Of(`^(.{1,200}?[^\w/])Benchmark\S*\s+\d+\s+[0-9.]+ [\w/-]+`)
)

// plain returns a line of a log without colour and time; of an event its output, once the output ends a line. It returns nil
// if nothing is left, and the line itself if nothing had to be removed.
func (l *log) plain(line []byte, number int) []byte {
	if line = l.around.bare(line); bytes.HasPrefix(line, []byte(`{"`)) {
		if line = l.output(line); line == nil {
			return nil
		}
		line = l.inside.bare(line)
	}
	if l.hidden == 0 && bytes.Contains(line, Prefix) && !bytes.HasPrefix(line, Prefix) {
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
		if rest := line[length:]; s.all || bytes.HasPrefix(rest, Prefix) {
			return rest
		}
	}
	return line
}

// stampLength returns the length in bytes of the time at the beginning of a line and of the blanks behind it; 0 for none.
func stampLength(line []byte) int {
	if len(line) == 0 || line[0] != '[' && (line[0] < '0' || line[0] > '9') {
		return 0
	}
	return len(stamp().Find(line))
}

// output returns the line that an event of `go test -json` ends, with what earlier events had of it. It returns nil if the
// event ends no line, and the input itself if it is no event.
func (l *log) output(line []byte) []byte {
	var event struct{ Action, Package, Output string }
	err := json.Unmarshal(line, &event)
	if l.broken = err != nil && line[len(line)-1] != '\n'; err != nil || event.Action == "" {
		return line
	}
	if event.Action != "output" {
		return nil
	}
	if event.Package != l.pkg || len(l.pending) > MaxLine {
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

// Decode returns the text of a file in UTF-8 without its byte order mark; PowerShell's > writes UTF-16. in must not be used
// afterwards.
func Decode(in *bufio.Reader) *bufio.Reader {
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
	return bufio.NewReaderSize(out, MaxLine)
}
