package cli

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/run"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/results/triage/waiver"
)

// progress shows a run in progress: on a terminal one line that changes, in a log one line for each finished cell.
type progress struct {
	app      *app
	width    int // of the terminal; 0 for a log
	waivers  waiver.List
	manifest store.Manifest
	began    time.Time
	expected time.Duration // of the whole run; 0 where nothing tells
	mu       sync.Mutex
	drawn    time.Time
	cells    map[string]map[record.Verdict]int
	waited   string // what was said last of who has the machine
}

func newProgress(a *app, waivers waiver.List, expected time.Duration) *progress {
	p := &progress{app: a, waivers: waivers, began: time.Now(), expected: expected, cells: map[string]map[record.Verdict]int{}}
	p.width, _ = terminal(a.err)
	return p
}

// begin prints the id of the run, because building payloads for the first time takes a while.
func (p *progress) begin(m store.Manifest) {
	p.manifest = m
	if p.app.quiet {
		return
	}
	line := fmt.Sprintf(p.app.say("run %s: %d cells", "运行 %s：%d 个单元"),
		m.Run, len(m.Cells))
	if p.width > 0 {
		printf(p.app.err, "\r\x1b[K%s", text.Trim(line, p.width-1))
	} else {
		printf(p.app.err, "%s\n", line)
	}
}

// silence is how long a payload may be built before a log says so: most are there already.
const silence = time.Second

// building says which payload is being built: on a terminal at once, in a log where it takes its time.
func (p *progress) building(key string, n, of int) (built func()) {
	if p.app.quiet {
		return func() {}
	}
	line := fmt.Sprintf(p.app.say("building payload %s (%d/%d)", "正在构建测试程序 %s（%d/%d）"), key, n, of)
	if p.width > 0 {
		p.mu.Lock()
		defer p.mu.Unlock()
		printf(p.app.err, "\r\x1b[K%s", text.Trim(line, p.width-1))
		return func() {}
	}
	timer := time.AfterFunc(silence, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		printf(p.app.err, "%s\n", line)
	})
	return func() { timer.Stop() }
}

// left says how long it will take until the end: by how long the same took before, else by what is done.
func (p *progress) left(done, total int) string {
	took := time.Since(p.began)
	left := p.expected - took
	if p.expected == 0 || left <= 0 {
		if done*10 < total || took < 5*time.Second {
			return ""
		}
		left = took * time.Duration(total-done) / time.Duration(done)
	}
	if done == total {
		return ""
	}
	return fmt.Sprintf(p.app.say(", about %s left", "，约剩 %s"), rounded(left))
}

// rounded is a duration as people say it.
func rounded(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "10s"
	case d < 2*time.Minute:
		return d.Round(10 * time.Second).String()
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}

// redraw is the shortest time between two changes of the terminal's line.
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
		line := fmt.Sprintf("[%d/%d%s] %s: %s", s.Done, s.Total, p.left(s.Done, s.Total), name, render.Plain(s.Spec, 200))
		printf(p.app.err, "\r\x1b[K%s", text.Trim(line, p.width-1))
	case p.width == 0 && s.CellDone:
		printf(p.app.err, "[%d/%d%s] %s:", s.Done, s.Total, p.left(s.Done, s.Total), name)
		for _, v := range record.Verdicts {
			if n := p.cells[name][v]; n > 0 {
				printf(p.app.err, " %d %s", n, render.VerdictName(v).In(p.app.lang))
			}
		}
		printf(p.app.err, "\n")
	}
}

// waiting says once for whom the run waits: every cell that is due waits for the same holder.
func (p *progress) waiting(h lock.Holder) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if said := h.In(p.app.lang); said != p.waited {
		p.waited = said
		p.clear()
		p.app.runWaiting(h)
	}
}

// notice says what happens to the connection to a target's machine, on a line of its own.
func (p *progress) notice(target string, what record.Sentence) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	p.app.notice(target, what)
}

// clear makes room on a terminal for a line that stays.
func (p *progress) clear() {
	if p.width > 0 && !p.app.quiet {
		printf(p.app.err, "\r\x1b[K")
	}
}

// end clears the terminal's line.
func (p *progress) end() { p.clear() }
