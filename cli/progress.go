package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// progress shows a run while it goes: one line that changes on a terminal, one line a finished cell in a log.
type progress struct {
	app      *app
	width    int // of the terminal; 0 for a log
	waivers  waiver.List
	manifest store.Manifest
	mu       sync.Mutex
	drawn    time.Time
	cells    map[string]map[record.Verdict]int
}

func newProgress(a *app, waivers waiver.List) *progress {
	p := &progress{app: a, waivers: waivers, cells: map[string]map[record.Verdict]int{}}
	p.width, _ = terminal(a.err)
	return p
}

// begin says which run this is, because building the payloads takes a while where they were never built.
func (p *progress) begin(m store.Manifest) {
	p.manifest = m
	if p.app.quiet {
		return
	}
	line := fmt.Sprintf(p.app.say("run %s: %d cells; payloads that are not there yet are built first", "运行 %s：%d 个单元；先构建尚未构建的测试程序"),
		m.Run, len(m.Cells))
	if p.width > 0 {
		printf(p.app.err, "\r\x1b[K%s", text.Trim(line, p.width-1))
	} else {
		printf(p.app.err, "%s\n", line)
	}
}

// redraw is how often a terminal's line changes at most.
const redraw = 100 * time.Millisecond

func (p *progress) step(s run.Step) {
	if p.app.quiet {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	name := s.Cell.Target + " " + s.Cell.Item
	if s.Cell.Round > 1 {
		name += fmt.Sprintf(" %d", s.Cell.Round)
	}
	if p.cells[name] == nil {
		p.cells[name] = map[record.Verdict]int{}
	}
	p.cells[name][p.waivers.Verdict(s.Cell.Item, p.manifest.Names(s.Cell.Target), s.Spec, s.Labels, s.Findings, s.Verdict, time.Now())]++
	switch {
	case p.width > 0 && (time.Since(p.drawn) > redraw || s.Done == s.Total):
		p.drawn = time.Now()
		line := fmt.Sprintf("[%d/%d] %s: %s", s.Done, s.Total, name, render.Plain(s.Spec, 200))
		printf(p.app.err, "\r\x1b[K%s", text.Trim(line, p.width-1))
	case p.width == 0 && s.CellDone:
		printf(p.app.err, "[%d/%d] %s:", s.Done, s.Total, name)
		for _, v := range record.Verdicts {
			if n := p.cells[name][v]; n > 0 {
				printf(p.app.err, " %d %s", n, render.VerdictName(v).In(p.app.lang))
			}
		}
		printf(p.app.err, "\n")
	}
}

// end leaves the terminal's line empty.
func (p *progress) end() {
	if p.width > 0 && !p.app.quiet {
		printf(p.app.err, "\r\x1b[K")
	}
}
