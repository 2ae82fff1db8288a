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

// Cell identifies the part of the matrix that an event belongs to. The coordinator writes it, so that a payload cannot
// write events of another cell.
type Cell struct {
	Target  string `json:"target"`
	Item    string `json:"item"`
	Round   int    `json:"round"`
	Attempt int    `json:"attempt"` // number of the cell's process, from 1
}

// Entry is one line of the journal, with the event as it was received. H, at the end of the line, is the hash of the
// previous hash (at the first entry, of the manifest) and of this line up to H.
type Entry struct {
	N     int             `json:"n"`
	At    time.Time       `json:"at"` // by the coordinator's clock
	Cell  *Cell           `json:"cell,omitempty"`
	From  *Position       `json:"from,omitempty"` // its position in another machine's journal, if it was fetched from there
	Event json.RawMessage `json:"event"`
	H     string          `json:"h"`
}

// Position is a position in the journal that another machine writes for this run. A target's last one says from where to
// continue fetching.
type Position struct {
	Session int `json:"session"` // number of the target's session, from 1: a machine that has lost one begins another
	Entry   int `json:"entry"`
}

// maxEntry is the longest line of a journal, in bytes.
const maxEntry = record.MaxLine + 4096

// hash is one link of the chain.
type hash [sm3.Size]byte

func (h hash) String() string { return hex.EncodeToString(h[:]) }

func (h hash) next(body []byte) hash { return h.nextBy(sm3.New(), body) }

// nextBy returns the hash of h and body, by a digest that the caller reuses.
func (h hash) nextBy(s stdhash.Hash, body []byte) hash {
	s.Reset()
	s.Write(h[:])
	s.Write(body)
	var out hash
	s.Sum(out[:0])
	return out
}

const hashField = `,"h":"`

// entryBody returns an entry without its hash: a JSON object without the closing brace. event is one line of JSON.
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

// readEntry reads the result of entryBody. It does not parse the event, which is last, after a field name that cannot
// occur before it because quotes within a string are escaped. q may be nil.
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

// ReadEntry reads a line of a journal that this program writes. It does not check the chain.
func ReadEntry(line []byte) (Entry, error) {
	body, ok := unlink(line)
	if !ok {
		return Entry{}, errors.New("the line is not an entry")
	}
	return readEntry(body, nil)
}

// link returns the line of an entry: its body and h.
func link(body []byte, h hash) []byte {
	line := make([]byte, 0, len(body)+len(hashField)+2*len(h)+3)
	line = append(line, body...)
	line = append(line, hashField...)
	line = hex.AppendEncode(line, h[:])
	return append(line, '"', '}', '\n')
}

// unlink returns the body of a line that link made; false for another line.
func unlink(line []byte) ([]byte, bool) {
	n := len(line) - len(hashField) - 2*sm3.Size - 2
	if n < 1 || !bytes.HasPrefix(line[n:], []byte(hashField)) {
		return nil, false
	}
	return line[:n], true
}

// chain reads a journal and checks each link.
type chain struct {
	path   string
	in     *bufio.Reader
	digest stdhash.Hash
	head   hash
	n      int
	bytes  int64 // length of the valid part
}

// newChain returns the chain of a journal, which begins at the manifest.
func newChain(path string, r io.Reader, manifest []byte) *chain {
	return &chain{path: path, in: bufio.NewReaderSize(r, 256<<10), digest: sm3.New(), head: hash{}.next(manifest)}
}

// next appends the body of the next entry to room and returns both. It returns io.EOF at the end, where a last line
// without a newline does not count, because a killed coordinator leaves one; or a *record.Problem for the first line
// whose hash does not match.
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

// wrong returns the problem of the line after the valid ones.
func (c *chain) wrong(en, zh string) error {
	return record.Wrongf(c.place(c.n+1), "%[1]s", "%[2]s", en, zh)
}

// place returns "file:line".
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
