package serve

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// every is how often a journal is looked at for more.
const every = time.Second

// progress is what a live page is told.
type progress struct {
	Done     int                    `json:"done"`
	Verdicts map[record.Verdict]int `json:"verdicts"`
	Last     string                 `json:"last"` // target, item and spec
}

// events tells of a run's verdicts as they come, as server-sent events: "progress" with a progress, and "end" once
// the run is sealed (https://html.spec.whatwg.org/multipage/server-sent-events.html).
func (s Site) events(w http.ResponseWriter, r *http.Request) {
	dir, ok := s.dir(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	in, err := os.Open(filepath.Join(dir, "journal.ndjson"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer in.Close()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	out := http.NewResponseController(w)
	tail := &tail{in: bufio.NewReaderSize(in, 64<<10), progress: progress{Verdicts: map[record.Verdict]int{}}}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for told := -1; ; {
		sealed, err := store.Sealed(dir)
		if err != nil || tail.read() != nil {
			return
		}
		if tail.Done != told {
			told = tail.Done
			body, err := json.Marshal(tail.progress)
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

// tail reads a journal that grows. It trusts it no further than to count: a page loads the run through its chain.
type tail struct {
	in   *bufio.Reader
	half []byte // a line that has not ended yet
	progress
}

func (t *tail) read() error {
	for {
		part, err := t.in.ReadSlice('\n')
		t.half = append(t.half, part...)
		switch {
		case err == nil:
			t.take(t.half)
			t.half = t.half[:0]
		case errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

func (t *tail) take(line []byte) {
	var e store.Entry
	if json.Unmarshal(line, &e) != nil || e.Cell == nil {
		return
	}
	event, err := record.Parse(e.Event)
	if err != nil || event.Kind != record.KindSpecEnd {
		return
	}
	t.Done++
	t.Verdicts[event.End.Verdict]++
	t.Last = e.Cell.Target + " · " + e.Cell.Item + " · " + event.Spec
}
