package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// Writer writes events, each in one Write call. Several goroutines may use it.
type Writer struct {
	mu   sync.Mutex
	out  io.Writer
	now  func() time.Time
	held []byte
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) *Writer { return &Writer{out: w, now: time.Now} }

// Write sets the version and the time of an event and writes it. Each event begins with a newline too, so that text which
// other code left on the descriptor without one cannot swallow it. It returns an error, and writes nothing, for an event
// over MaxLine.
func (w *Writer) Write(e Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := w.line(e); err != nil {
		return err
	}
	return w.flush()
}

// Hold is Write for an event that another one follows at once: both are written in one call, which halves the cost if
// each write leaves a virtual machine. If none follows, [Writer.Flush] writes it.
func (w *Writer) Hold(e Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.line(e)
}

// Flush writes the event that is held.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.flush()
}

// line appends an event to those held.
func (w *Writer) line(e Event) error {
	e.V = Version
	if e.Time.IsZero() {
		e.Time = w.now().UTC()
	}
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("event %s: %w", e.Kind, err)
	}
	if len(body)+1 > MaxLine {
		return fmt.Errorf("event %s of %d bytes is over %d: %w", e.Kind, len(body), MaxLine, ErrTooLong)
	}
	w.held = append(w.held, '\n')
	w.held = append(w.held, body...)
	w.held = append(w.held, '\n')
	return nil
}

// flush does what Flush does; the caller holds the lock.
func (w *Writer) flush() error {
	if len(w.held) == 0 {
		return nil
	}
	_, err := w.out.Write(w.held)
	w.held = w.held[:0]
	return err
}

// ErrTooLong is the error for a line over MaxLine.
var ErrTooLong = errors.New("line too long")

// LineError is the error for a line that is no event: text of other code on the descriptor, or an event that this version
// cannot read.
type LineError struct {
	Line int   // from 1
	Err  error // ErrTooLong, ErrNewer, or the reason why it is no event
	Text []byte
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }
func (e *LineError) Unwrap() error { return e.Err }

// ErrNewer is the error for an event of a newer version of the format.
var ErrNewer = errors.New("written by a newer version")

// Reader reads events from any sequence of bytes, in bounded memory.
type Reader struct {
	in   *bufio.Reader
	line int
}

// NewReader returns a Reader of r.
func NewReader(r io.Reader) *Reader { return &Reader{in: bufio.NewReaderSize(r, 64<<10)} }

// Next returns the next event and a copy of its line. It returns a *LineError for a line that is no event, after which
// the caller may go on, and io.EOF at the end. It skips blank lines.
func (r *Reader) Next() (Event, []byte, error) {
	for {
		line, err := r.readLine()
		if len(bytes.TrimSpace(line)) == 0 && err == nil {
			continue
		}
		if err != nil {
			return Event{}, nil, err
		}
		e, err := Parse(line)
		if err != nil {
			return Event{}, nil, &LineError{Line: r.line, Err: err, Text: line}
		}
		return e, line, nil
	}
}

// readLine returns one line without its newline. It returns a *LineError for a line over MaxLine, which it skips.
func (r *Reader) readLine() ([]byte, error) {
	var line []byte
	long := false
	r.line++
	for {
		part, err := r.in.ReadSlice('\n')
		if long = long || len(line)+len(part) > MaxLine; long {
			line = append(line, part...)[:min(len(line)+len(part), 200)]
		} else {
			line = append(line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil && (!errors.Is(err, io.EOF) || len(line) == 0):
			return nil, err
		case long:
			return nil, &LineError{Line: r.line, Err: ErrTooLong, Text: line}
		default:
			return bytes.TrimSuffix(line, []byte("\n")), nil
		}
	}
}

// Parse reads one line. It does not panic for any bytes, and returns an error for a line that another reader of JSON
// could understand differently (see [Strict]).
func Parse(line []byte) (Event, error) {
	if e, ok := quick(line); ok {
		return e, nil
	}
	return parse(line)
}

// parse reads any event.
func parse(line []byte) (Event, error) {
	var e Event
	err := json.Unmarshal(line, &e)
	if e.V > Version { // before all else: in a newer version a field may have another type
		return Event{}, fmt.Errorf("version %d: %w", e.V, ErrNewer)
	}
	if err != nil {
		return Event{}, fmt.Errorf("not an event: %w", err)
	}
	if tooDeep(line) {
		return Event{}, errors.New("not an event: nested too deeply")
	}
	if err := strict(line, eventKeys); err != nil {
		return Event{}, fmt.Errorf("not an event: %w", err)
	}
	if err := e.valid(); err != nil {
		return Event{}, err
	}
	return e, nil
}

// tooDeep reports whether a line is nested so deeply that it could not be read as a part of another value, such as an
// entry of a journal: encoding/json accepts a depth of 10,000.
func tooDeep(line []byte) bool {
	const harmless = 9000
	if bytes.Count(line, []byte("["))+bytes.Count(line, []byte("{")) < harmless {
		return false
	}
	wrapped := slices.Concat([]byte("[[[["), line, []byte("]]]]"))
	return !json.Valid(wrapped)
}

// valid returns an error if the event is not valid: no version, an unknown kind or verdict, no body, or a field that the
// kind needs is absent.
func (e *Event) valid() error {
	filled, known := e.filled()
	switch {
	case e.V < 1:
		return errors.New(`not an event: no "v"`)
	case !known:
		return fmt.Errorf("not an event: unknown kind %.40q", e.Kind)
	case !filled:
		return fmt.Errorf("event %s without its body", e.Kind)
	case e.Kind == KindSpecEnd && !e.End.Verdict.Valid():
		return fmt.Errorf("unknown verdict %.40q", e.End.Verdict)
	case e.Kind == KindSpecEnd && !e.End.Verdict.Reported():
		return fmt.Errorf("verdict %q is given by triage alone, never by an event", e.End.Verdict)
	case e.Kind == KindLaunch && !e.Launch.Provenance.Valid():
		return fmt.Errorf("unknown provenance %.40q", e.Launch.Provenance)
	case e.Kind == KindMachine && e.Machine.Provenance != "" && !e.Machine.Provenance.Valid():
		return fmt.Errorf("unknown provenance %.40q", e.Machine.Provenance)
	case (e.Kind == KindSpecStart || e.Kind == KindSpecEnd) && e.Spec == "":
		return fmt.Errorf("event %s without a spec", e.Kind)
	}
	return nil
}

// filled reports whether the body that Kind names is set, and whether this version knows Kind.
func (e *Event) filled() (filled, known bool) {
	switch e.Kind {
	case KindPlan:
		return e.Plan != nil, true
	case KindLaunch:
		return e.Launch != nil, true
	case KindMachine:
		return e.Machine != nil, true
	case KindSpecStart:
		return e.Start != nil, true
	case KindSpecEnd:
		return e.End != nil, true
	case KindSample:
		return e.Sample != nil, true
	case KindObservation:
		return e.Observation != nil, true
	case KindFinding:
		return e.Finding != nil, true
	case KindLog:
		return e.Log != nil, true
	case KindNoise:
		return e.Noise != nil, true
	case KindFile:
		return e.File != nil, true
	case KindCellEnd:
		return e.CellEnd != nil, true
	}
	return false, false
}
