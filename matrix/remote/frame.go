// Package remote follows cells that another machine carries: a supervisor there runs them and keeps its own journal, and
// this side fetches that, over connections that may break, until all of it is here.
//
// What travels are frames, one JSON object a line, compressed with zstd in each direction. The machine is not trusted: what
// it says is bounded here, and whoever takes its entries checks what they are about.
package remote

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Version of the frames. The payload is built from the coordinator's own source, or was when the run began.
const Version = 1

// Frame is one message. One of its fields is filled.
type Frame struct {
	// From the coordinator.
	Open *Open `json:"open,omitempty"` // the first
	Stop bool  `json:"stop,omitempty"` // end what runs, and keep the session
	Done bool  `json:"done,omitempty"` // all has come: the session can be removed

	// From the machine.
	Hello      *Hello       `json:"hello,omitempty"` // the first
	Entry      *Entry       `json:"entry,omitempty"`
	Attachment *Attachment  `json:"attachment,omitempty"`
	Waiting    *lock.Holder `json:"waiting,omitempty"` // for who has that machine's lock
	Ping       bool         `json:"ping,omitempty"`
	End        *End         `json:"end,omitempty"` // the last
}

// Open asks for a session: to begin it, or to go on with it.
type Open struct {
	V     int `json:"v"`
	After int `json:"after"` // the last entry that the coordinator has; 0 begins the session
	Job   Job `json:"job"`
}

// Job is what a machine is to run. It holds what servers' data source names hold, and is never written to a disk there.
type Job struct {
	Manifest store.Manifest               `json:"manifest"` // of the run there: one target, and the cells that are left
	Attempts []int                        `json:"attempts"` // that each cell has had already
	Launcher record.Launcher              `json:"launcher"`
	Payload  string                       `json:"payload"` // digest
	Memory   uint64                       `json:"memory"`
	Jobs     int                          `json:"jobs"` // 0 for one on each processor there
	Noise    noise.Limits                 `json:"noise"`
	Files    map[string]map[string][]byte `json:"files,omitempty"` // by item and name
	Env      []string                     `json:"env,omitempty"`
	Bound    bool                         `json:"bound,omitempty"` // to this connection, which leads to servers: the run ends with it
}

// Hello answers Open.
type Hello struct {
	V    int  `json:"v"`
	Lost bool `json:"lost,omitempty"` // the session was begun, and is not there any more

	// Without are items that are asked for and not in the session, for whose servers no program is there. Nothing has begun.
	Without []string `json:"without,omitempty"`
}

// Entry is an entry of the journal there.
type Entry struct {
	N     int             `json:"n"`
	Cell  *store.Cell     `json:"cell,omitempty"`
	Event json.RawMessage `json:"event"` // as it stands there
}

// Attachment is a piece of a file of an attempt, as it is kept there: compressed with gzip.
type Attachment struct {
	Cell store.Cell `json:"cell"`
	Name string     `json:"name"`
	Data []byte     `json:"data"`
	Last bool       `json:"last,omitempty"`
}

// End says that all has been said.
type End struct {
	Entries int              `json:"entries"`         // in the journal there
	Why     *record.Sentence `json:"error,omitempty"` // what kept the run there from its end
}

// Bounds of a frame in bytes, in each direction.
const (
	maxAsked = 64 << 20 // a job holds files that the user gives
	maxTold  = record.MaxLine + 64<<10
	MaxPiece = 256 << 10 // of an attachment

	window = 1 << 20 // what the compression looks back
)

// Writer writes frames. Its methods may be called from any goroutine.
type Writer struct {
	mu   sync.Mutex
	zip  *zstd.Encoder
	line []byte
}

// NewWriter returns a Writer on w.
func NewWriter(w io.Writer) (*Writer, error) {
	zip, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	if err != nil {
		return nil, err
	}
	return &Writer{zip: zip}, nil
}

// Write writes a frame, which is underway when Write returns.
func (w *Writer) Write(f Frame) error {
	if err := w.Hold(f); err != nil {
		return err
	}
	return w.Flush()
}

// Hold writes a frame that others follow at once.
func (w *Writer) Hold(f Frame) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var err error
	if f.Entry != nil {
		w.line, err = f.Entry.append(w.line[:0])
	} else {
		w.line, err = json.Marshal(f)
	}
	if err != nil {
		return err
	}
	_, err = w.zip.Write(append(w.line, '\n'))
	return err
}

// Flush sends what is held.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.zip.Flush()
}

// append writes an entry's frame with its event as it is: encoding/json would spell it anew.
func (e *Entry) append(line []byte) ([]byte, error) {
	line = fmt.Appendf(line, `{"entry":{"n":%d`, e.N)
	if e.Cell != nil {
		cell, err := json.Marshal(e.Cell)
		if err != nil {
			return nil, err
		}
		line = append(append(line, `,"cell":`...), cell...)
	}
	line = append(append(line, `,"event":`...), e.Event...)
	return append(line, '}', '}'), nil
}

// Reader reads frames, in bounded memory.
type Reader struct {
	zip *zstd.Decoder
	in  *bufio.Reader
	max int
}

// NewReader reads what a machine says.
func NewReader(r io.Reader) (*Reader, error) { return newReader(r, maxTold) }

// NewAskedReader reads what a coordinator says.
func NewAskedReader(r io.Reader) (*Reader, error) { return newReader(r, maxAsked) }

func newReader(r io.Reader, limit int) (*Reader, error) {
	zip, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8*window), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return &Reader{zip: zip, in: bufio.NewReaderSize(zip, 64<<10), max: limit}, nil
}

// Close lets go of what the reader holds.
func (r *Reader) Close() { r.zip.Close() }

// errFrame says that what comes is no frame.
var errFrame = errors.New("what comes is not of this program")

// Next returns the next frame; io.EOF at the end.
func (r *Reader) Next() (Frame, error) {
	var f Frame
	var line []byte
	for {
		part, err := r.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > r.max:
			return f, fmt.Errorf("%w: a frame of more than %d bytes", errFrame, r.max)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return f, err
		}
		break
	}
	if err := json.Unmarshal(line, &f); err != nil {
		return f, fmt.Errorf("%w: %w", errFrame, err)
	}
	return f, nil
}
