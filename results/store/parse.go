package store

import (
	"errors"
	"io"
	"runtime"
	"sync"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// batchSize is the number of entries that are parsed together, so that passing them on costs little.
const batchSize = 256

// batch is a part of the journal. The chain reads batches in order, all processors parse them, since that takes the time,
// and the builder takes them in order again.
type batch struct {
	first  int    // line of the first entry
	room   []byte // memory of the entries
	bodies [][]byte
	parsed []parsed
	done   chan struct{}
	err    error // error of the chain after the batch's entries
}

// parsed is one entry, or the reason why it cannot be read.
type parsed struct {
	entry Entry
	event record.Event
	err   error
}

// addAll adds all entries of a journal.
func (b *builder) addAll(c *chain) error {
	batches := make(chan *batch, runtime.GOMAXPROCS(0))
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(batches)
		for {
			p := c.batch()
			go p.parse()
			select {
			case batches <- p:
			case <-stop:
				return
			}
			if p.err != nil {
				return
			}
		}
	}()
	for p := range batches {
		<-p.done
		for i, x := range p.parsed {
			if err := b.addParsed(p.first+i, x); err != nil {
				return record.Wrongf(c.place(p.first+i), "%[1]v", "日志内容不合理：%[1]v", err)
			}
		}
		if p.err != nil && !errors.Is(p.err, io.EOF) {
			return p.err
		}
		rooms.Put(&p.room) // entries are copies
	}
	return nil
}

// rooms are reused, because a journal may have more entries than fit in memory.
var rooms = sync.Pool{New: func() any { return new([]byte) }}

// batch reads the next entries of the chain.
func (c *chain) batch() *batch {
	p := &batch{first: c.n + 1, bodies: make([][]byte, 0, batchSize), done: make(chan struct{})}
	p.room = (*rooms.Get().(*[]byte))[:0]
	for len(p.bodies) < batchSize && p.err == nil {
		var body []byte
		var err error
		body, p.room, err = c.next(p.room)
		if err == nil {
			p.bodies = append(p.bodies, body)
		}
		p.err = err
	}
	return p
}

// parse parses the entries of a batch.
func (p *batch) parse() {
	defer close(p.done)
	p.parsed = make([]parsed, len(p.bodies))
	var q quickEntries
	for i, body := range p.bodies {
		x := &p.parsed[i]
		if x.entry, x.err = readEntry(body, &q); x.err == nil {
			x.event, x.err = record.Parse(x.entry.Event)
		}
	}
}

// addParsed adds a parsed entry; line is its line in errors.
func (b *builder) addParsed(line int, x parsed) error {
	switch {
	case x.err != nil:
		return x.err
	case x.entry.N != line:
		return errors.New("the line is out of sequence")
	case x.entry.Cell == nil:
		return nil
	}
	b.fetched(x.entry)
	return b.add(*x.entry.Cell, x.event)
}
