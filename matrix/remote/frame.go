// Package remote fetches the results of cells that run on another machine: a supervisor there runs them and writes its
// own journal, and this package fetches the journal, over connections that may break, until all of it is here.
//
// The two sides exchange frames, one JSON object a line, compressed with zstd in each direction. The machine is not
// trusted: the size of its frames is limited, and the receiver of its entries checks their content.
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

// Version of the frames. The payload is built from the coordinator's own source, or was at the start of the run.
const Version = 1

// Frame is one message. One of its fields is set.
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

// Open requests to begin a session, or to continue it.
type Open struct {
	V     int `json:"v"`
	After int `json:"after"` // the last entry that the coordinator has; 0 begins the session
	Job   Job `json:"job"`
}

// Job is the work for a machine. It contains data source names with passwords, so the machine never writes it to a disk.
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

// Hello is the answer to Open.
type Hello struct {
	V    int  `json:"v"`
	Lost bool `json:"lost,omitempty"` // the session was begun, and is not there any more

	// Without are requested items that the session leaves out, because the machine lacks the programs of their servers.
	// Nothing has begun then.
	Without []string `json:"without,omitempty"`
}

// Entry is an entry of the machine's journal.
type Entry struct {
	N     int             `json:"n"`
	Cell  *store.Cell     `json:"cell,omitempty"`
	Event json.RawMessage `json:"event"` // as it stands there
}

// Attachment is a piece of a file of an attempt, compressed with gzip as on the machine.
type Attachment struct {
	Cell store.Cell `json:"cell"`
	Name string     `json:"name"`
	Data []byte     `json:"data"`
	Last bool       `json:"last,omitempty"`
}

// End is the last frame of a session.
type End struct {
	Entries int              `json:"entries"`         // in the journal there
	Why     *record.Sentence `json:"error,omitempty"` // what kept the run there from its end
}

// Size limits of frames in bytes, for each direction.
const (
	maxAsked = 64 << 20 // a job contains the user's files
	maxTold  = record.MaxLine + 64<<10
	MaxPiece = 256 << 10 // of an attachment

	window = 1 << 20 // window of the compression
)

// Writer writes frames. Several goroutines may use it.
type Writer struct {
	mu   sync.Mutex
	zip  *zstd.Encoder
	line []byte
}

// NewWriter returns a Writer to w.
func NewWriter(w io.Writer) (*Writer, error) {
	zip, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(window))
	if err != nil {
		return nil, err
	}
	return &Writer{zip: zip}, nil
}

// Write writes a frame and sends it.
func (w *Writer) Write(f Frame) error {
	if err := w.Hold(f); err != nil {
		return err
	}
	return w.Flush()
}

// Hold writes a frame that others follow at once, without sending it.
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

// Flush sends the frames that are held.
func (w *Writer) Flush() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.zip.Flush()
}

// append appends an entry's frame with its event unchanged; encoding/json would encode it again.
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

// NewReader returns a reader for the frames of a machine.
func NewReader(r io.Reader) (*Reader, error) { return newReader(r, maxTold) }

// NewAskedReader returns a reader for the frames of a coordinator.
func NewAskedReader(r io.Reader) (*Reader, error) { return newReader(r, maxAsked) }

// newReader returns a reader for frames of at most limit bytes.
func newReader(r io.Reader, limit int) (*Reader, error) {
	zip, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(8*window), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, err
	}
	return &Reader{zip: zip, in: bufio.NewReaderSize(zip, 64<<10), max: limit}, nil
}

// Close releases the resources of the reader.
func (r *Reader) Close() { r.zip.Close() }

// errFrame is the error for data that is no frame.
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
