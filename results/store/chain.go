package store

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	stdhash "hash"
	"io"
	"time"

	"github.com/emmansun/gmsm/sm3"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Cell names the place in the matrix that an event belongs to. The coordinator writes it: a payload cannot speak for
// another cell.
type Cell struct {
	Target  string `json:"target"`
	Item    string `json:"item"`
	Round   int    `json:"round"`
	Attempt int    `json:"attempt"` // the how-many-th process of the cell, from 1
}

// Entry is one line of the journal. The event stands in it as it came. H, which ends the line, is the hash of the
// entry before (of the manifest, for the first) and of this line up to H.
type Entry struct {
	N     int             `json:"n"`
	At    time.Time       `json:"at"` // the coordinator's clock
	Cell  *Cell           `json:"cell,omitempty"`
	From  *Position       `json:"from,omitempty"` // where it was fetched from another machine's journal
	Event json.RawMessage `json:"event"`
	H     string          `json:"h"`
}

// Position is a place in the journal that another machine keeps of the cells that it carries for this run. A target's last
// one says what is still to be fetched.
type Position struct {
	Session int `json:"session"` // the how-many-th of the target, from 1: a machine that has lost one begins another
	Entry   int `json:"entry"`
}

// maxEntry is the longest line of a journal in bytes.
const maxEntry = record.MaxLine + 4096

// hash is one link of the chain.
type hash [sm3.Size]byte

func (h hash) String() string { return hex.EncodeToString(h[:]) }

func (h hash) next(body []byte) hash { return h.nextBy(sm3.New(), body) }

// nextBy is next with a digest that is used again and again.
func (h hash) nextBy(s stdhash.Hash, body []byte) hash {
	s.Reset()
	s.Write(h[:])
	s.Write(body)
	var out hash
	s.Sum(out[:0])
	return out
}

const hashField = `,"h":"`

// entryBody is an entry without its hash: a JSON object without its closing brace. event is one line of JSON.
func entryBody(n int, at time.Time, cell *Cell, from *Position, event []byte) ([]byte, error) {
	b := make([]byte, 0, len(event)+256)
	b = fmt.Appendf(b, `{"n":%d,"at":"%s"`, n, at.UTC().Format(time.RFC3339Nano))
	if cell != nil {
		raw, err := json.Marshal(cell)
		if err != nil {
			return nil, err
		}
		b = append(append(b, `,"cell":`...), raw...)
	}
	if from != nil {
		b = fmt.Appendf(b, `,"from":{"session":%d,"entry":%d}`, from.Session, from.Entry)
	}
	b = append(b, eventField...)
	return append(b, event...), nil
}

const eventField = `,"event":`

// readEntry is what entryBody was given. The event is not looked at: it stands last, behind a field name that cannot
// occur before it, as quotes inside a string are escaped. q may be nil.
func readEntry(body []byte, q *quickEntries) (Entry, error) {
	before, event, ok := bytes.Cut(body, []byte(eventField))
	if !ok {
		return Entry{}, errors.New("the line is not an entry")
	}
	if e, ok := q.entry(before, event); ok {
		return e, nil
	}
	var e Entry
	if err := json.Unmarshal(append(bytes.Clone(before), '}'), &e); err != nil {
		return Entry{}, errors.New("the line is not an entry")
	}
	e.Event = event
	if again, err := entryBody(e.N, e.At, e.Cell, e.From, event); err != nil || !bytes.Equal(again, body) {
		return Entry{}, errors.New("the entry is not as this program writes it")
	}
	return e, nil
}

// ReadEntry reads a line of a journal that this program writes. Its chain is not checked.
func ReadEntry(line []byte) (Entry, error) {
	body, ok := unlink(line)
	if !ok {
		return Entry{}, errors.New("the line is not an entry")
	}
	return readEntry(body, nil)
}

// link turns an entry's body into its line.
func link(body []byte, h hash) []byte {
	line := make([]byte, 0, len(body)+len(hashField)+2*len(h)+3)
	line = append(line, body...)
	line = append(line, hashField...)
	line = hex.AppendEncode(line, h[:])
	return append(line, '"', '}', '\n')
}

// unlink is what link was given, or false.
func unlink(line []byte) ([]byte, bool) {
	n := len(line) - len(hashField) - 2*sm3.Size - 2
	if n < 1 || !bytes.HasPrefix(line[n:], []byte(hashField)) {
		return nil, false
	}
	return line[:n], true
}

// chain walks a journal and checks each link.
type chain struct {
	path   string
	in     *bufio.Reader
	digest stdhash.Hash
	head   hash
	n      int
	bytes  int64 // length of the sound part
}

func newChain(path string, r io.Reader, manifest []byte) *chain {
	return &chain{path: path, in: bufio.NewReaderSize(r, 256<<10), digest: sm3.New(), head: hash{}.next(manifest)}
}

// next appends the next entry's body to room and returns both; io.EOF at the end, where a last line without a newline, which a killed coordinator
// leaves, does not count; or a *record.Problem naming the line that is not what was written.
func (c *chain) next(room []byte) (body, rest []byte, err error) {
	rest, err = c.readLine(room)
	if err != nil {
		return nil, room, err
	}
	line := rest[len(room):len(rest):len(rest)]
	body, ok := unlink(line)
	if !ok {
		return nil, room, c.wrong("the line is damaged", "该行已损坏")
	}
	head := c.head.nextBy(c.digest, body)
	var end [2*sm3.Size + 2]byte
	copy(end[hex.Encode(end[:], head[:]):], `"}`)
	if !bytes.Equal(line[len(line)-len(end):], end[:]) {
		return nil, room, c.wrong("the hash does not follow from the lines before: something was changed, removed or added here or above",
			"哈希与前文不符：此处或之前有内容被修改、删除或添加")
	}
	c.head, c.n = head, c.n+1
	c.bytes += int64(len(line)) + 1
	return body, rest, nil
}

// wrong is what is wrong with the line behind those that were sound.
func (c *chain) wrong(en, zh string) error {
	return record.Wrongf(c.place(c.n+1), "%[1]s", "%[2]s", en, zh)
}

func (c *chain) place(line int) string { return fmt.Sprintf("%s:%d", c.path, line) }

// readLine appends the next line, without its end, to room.
func (c *chain) readLine(room []byte) ([]byte, error) {
	line := room
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case err == nil:
			return line[:len(line)-1], nil
		case err == io.EOF:
			return nil, io.EOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(line)-len(room) > maxEntry:
			return nil, c.wrong("the line is longer than any entry", "该行超出日志条目的最大长度")
		}
	}
}
