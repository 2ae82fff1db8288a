package serve

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// every is the time between two looks at a journal.
const every = time.Second

// patience is the time that a browser has to read an event; the stream ends for one that does not.
const patience = 10 * time.Second

// progress is the content of an event for a live page.
type progress struct {
	Done     int                    `json:"done"`
	Pending  int                    `json:"pending"` // specs without a verdict yet
	Verdicts map[record.Verdict]int `json:"verdicts"`
	Counts   record.Sentence        `json:"counts"` // the numbers of verdicts for people, the worst first
	Last     string                 `json:"last"`   // target, item and spec
	Cells    []cellCounts           `json:"cells"`  // those that changed since the last event
}

// cellCounts has the verdicts of an item on a target, and the number of pending specs.
type cellCounts struct {
	Cell  string      `json:"cell"` // item and target, with a blank between
	Parts []cellCount `json:"parts"`
}

type cellCount struct {
	Class string `json:"class"`
	N     int    `json:"n"`
	En    string `json:"en"`
	Zh    string `json:"zh"`
}

// events sends a run's verdicts as they are written, as server-sent events: "progress" with a progress, and "end" after
// the run is sealed (https://html.spec.whatwg.org/multipage/server-sent-events.html).
func (s Site) events(w http.ResponseWriter, r *http.Request) {
	dir, ok := s.dir(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	in, err := store.OpenJournal(dir)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer in.Close()
	tail, err := s.tail(dir, in)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	tick := time.NewTicker(every)
	defer tick.Stop()
	for told := -1; ; {
		sealed, err := store.Sealed(dir)
		if err != nil || tail.read() != nil || out.SetWriteDeadline(time.Now().Add(patience)) != nil {
			return
		}
		if tail.Done != told {
			told = tail.Done
			body, err := json.Marshal(tail.soFar())
			if err != nil {
				return
			}
			fmt.Fprintf(w, "event: progress\ndata: %s\n\n", body)
		}
		if sealed {
			fmt.Fprint(w, "event: end\ndata: {}\n\n")
		}
		if out.Flush() != nil || sealed {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// tail reads a journal that grows. It only counts: a page that shows more loads the run and checks its chain.
type tail struct {
	in       *bufio.Reader
	half     []byte // the beginning of a line whose end is not there yet
	waivers  waiver.List
	manifest store.Manifest
	labels   map[place][]string // of each planned spec
	found    map[place][]string // ids of the findings that a spec reported in its last process
	cells    map[string]*tally  // by item and target
	progress
}

// tally counts the verdicts of an item on a target.
type tally struct {
	verdicts map[record.Verdict]int
	pending  int
	changed  bool
}

// place identifies a planned spec.
type place struct {
	target, item, spec string
	round              int
}

// tail returns a tail for the journal of a run.
func (s Site) tail(dir string, journal io.Reader) (*tail, error) {
	m, err := store.Planned(dir)
	if err != nil {
		return nil, err
	}
	t := &tail{manifest: m, in: bufio.NewReaderSize(journal, 64<<10), labels: map[place][]string{}, found: map[place][]string{}, cells: map[string]*tally{},
		progress: progress{Verdicts: map[record.Verdict]int{}}}
	if s.Waivers != nil {
		if t.waivers, err = s.Waivers(); err != nil {
			return nil, err
		}
	}
	for _, c := range m.Cells {
		for _, p := range c.Specs {
			t.labels[place{c.Target, c.Item, p.ID, c.Round}] = p.Labels
			t.cell(c.Target, c.Item).pending++
		}
	}
	return t, nil
}

// cell returns the tally of an item on a target.
func (t *tail) cell(target, item string) *tally {
	key := item + " " + target
	if t.cells[key] == nil {
		t.cells[key] = &tally{verdicts: map[record.Verdict]int{}}
	}
	return t.cells[key]
}

// changes returns the cells that changed since the last call.
func (t *tail) changes() []cellCounts {
	list := []cellCounts{}
	for _, key := range slices.Sorted(maps.Keys(t.cells)) {
		c := t.cells[key]
		if !c.changed {
			continue
		}
		c.changed = false
		counts := cellCounts{Cell: key}
		for _, v := range record.Verdicts {
			if n := c.verdicts[v]; n > 0 {
				name := render.VerdictName(v)
				counts.Parts = append(counts.Parts, cellCount{string(v), n, name.En, name.In("zh")})
			}
		}
		if c.pending > 0 {
			counts.Parts = append(counts.Parts, cellCount{"soft", c.pending, "pending", "待运行"})
		}
		list = append(list, counts)
	}
	return list
}

// soFar returns the progress so far.
func (t *tail) soFar() progress {
	p := t.progress
	p.Cells = t.changes()
	p.Pending = max(0, len(t.labels)-p.Done)
	var en, zh []string
	count := func(n int, name record.Sentence) {
		if n > 0 {
			en, zh = append(en, fmt.Sprint(n, " ", name.En)), append(zh, fmt.Sprint(n, " ", name.In("zh")))
		}
	}
	for _, v := range record.Verdicts {
		count(p.Verdicts[v], render.VerdictName(v))
	}
	count(p.Pending, record.Say("pending", "待运行"))
	p.Counts = record.Say(strings.Join(en, "  "), strings.Join(zh, "  "))
	return p
}

// read reads the lines that were written since the last call.
func (t *tail) read() error {
	for {
		part, err := t.in.ReadSlice('\n')
		if len(t.half)+len(part) > 2*record.MaxLine {
			return bufio.ErrTooLong
		}
		t.half = append(t.half, part...)
		switch {
		case err == nil:
			t.add(t.half)
			t.half = t.half[:0]
		case errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

// add counts the event of a line.
func (t *tail) add(line []byte) {
	var e store.Entry
	if json.Unmarshal(line, &e) != nil || e.Cell == nil {
		return
	}
	event, err := record.Parse(e.Event)
	if err != nil {
		return
	}
	at := place{e.Cell.Target, e.Cell.Item, event.Spec, e.Cell.Round}
	labels, planned := t.labels[at]
	if !planned {
		return
	}
	switch event.Kind {
	case record.KindSpecStart:
		delete(t.found, at)
	case record.KindFinding:
		t.found[at] = append(t.found[at], event.Finding.ID)
	case record.KindSpecEnd:
		verdict := t.waivers.Verdict(at.item, t.manifest.Names(at.target), at.spec, labels, t.found[at], event.End.Verdict, time.Now())
		t.Done++
		t.Verdicts[verdict]++
		cell := t.cell(at.target, at.item)
		cell.verdicts[verdict]++
		cell.pending, cell.changed = max(0, cell.pending-1), true
		t.Last = at.target + " · " + at.item + " · " + at.spec
	}
}
