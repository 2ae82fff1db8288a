package check

import (
	"cmp"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"

	"github.com/xcmatrix/xcmatrix/results/deadline"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// run is the state of this process's one run: Ginkgo allows only one, and its hooks take no receiver.
var run bridge

// bridge turns Ginkgo's reports into events. A spec starts in the outermost BeforeEach and ends in the outermost
// ReportAfterEach, so that a spec's own set-up and clean-up count as the spec's.
type bridge struct {
	options Options
	asked   map[string]bool // by id; nil where all specs are
	unread  bool            // nobody reads Ginkgo's own report
	ended   int
	bare    uint64      // bytes that the heap held before Ginkgo's tree
	given   *givenFacts // in a test of broken facts; else nil

	mu           sync.Mutex
	current      string          // the spec that has started and not ended
	said         *record.SpecEnd // what the spec itself said of its end
	observations int             // how many the spec recorded
	drew         bool            // the spec has asked for the plan's seed
	began        time.Time
	watch        *deadline.Timer
	middle       *time.Timer
	half         taken // when half of the deadline had passed
	over         bool  // a spec was given up, and the process ends
	err          error // the first event that could not be written
}

func (b *bridge) begin(o Options) {
	*b = bridge{options: o}
	if len(o.Asked.Specs) > 0 {
		b.ask(o.Asked.Specs)
	}
}

// ask names what is asked for.
func (b *bridge) ask(ids []string) {
	b.asked = make(map[string]bool, len(ids))
	for _, id := range ids {
		b.asked[id] = true
	}
}

// asks reports whether a spec is asked for.
func (b *bridge) asks(p record.SpecPlan) bool {
	if b.asked == nil {
		return b.options.Asked.Selected == nil || b.options.Asked.Selected(p)
	}
	return b.asked[p.ID]
}

// asksWithin reports whether a spec may be asked for whose id begins so.
func (b *bridge) asksWithin(prefix string) bool {
	specs := b.options.Asked.Specs
	return len(specs) == 0 || slices.ContainsFunc(specs, func(id string) bool { return strings.HasPrefix(id, prefix) })
}

// hook registers the nodes that every spec passes through. It calls grown before the first of them.
func hook(grown func()) {
	grown = sync.OnceFunc(grown)
	ginkgo.BeforeEach(func() {
		grown()
		report := ginkgo.CurrentSpecReport()
		p := specPlan(report)
		if !run.asks(p) {
			run.tell((*record.Writer).Flush) // many of them may take their time
			ginkgo.Skip("not selected")
		}
		run.start(p)
	})
	ginkgo.ReportAfterEach(func(r types.SpecReport) { run.end(specID(r), r) })
}

func (b *bridge) start(p record.SpecPlan) {
	most := b.options.stretched(p)
	b.mu.Lock()
	if b.over {
		b.mu.Unlock()
		select {} // the process is ending: nothing may start that would be taken for what ended it
	}
	b.current, b.said, b.observations, b.drew, b.began = p.ID, nil, 0, false, time.Now()
	b.watch = deadline.AfterFunc(most, func() { b.giveUp(p.ID, most) })
	b.middle = time.AfterFunc(most/2, func() { b.halfTime(p.ID) })
	b.mu.Unlock()
	endSpin(most + spinRest)
	b.emit(record.Event{Kind: record.KindSpecStart, Spec: p.ID, Start: &record.SpecStart{Deadline: most.Seconds()}})
}

// end writes the verdict of a spec, and returns it. It reports false for a spec that did not start.
func (b *bridge) end(id string, r types.SpecReport) (end record.SpecEnd, started bool) {
	b.mu.Lock()
	if b.current != id {
		b.mu.Unlock()
		return end, false
	}
	endSpin(0)
	b.watch.Stop()
	b.middle.Stop()
	b.current = ""
	said, seconds := b.said, time.Since(b.began).Seconds()
	b.ended++
	b.mu.Unlock()
	end = verdict(r)
	if said != nil && (end.Verdict == record.Pass || end.Verdict == record.Skip || end.Verdict == record.Fail && said.Verdict == record.Error) {
		end = *said
	}
	end.Seconds = seconds
	ended := record.Event{Kind: record.KindSpecEnd, Spec: id, End: &end}
	b.tell(func(w *record.Writer) error { return w.Hold(ended) }) // the next spec starts now
	return end, true
}

// halfTime looks at what the process has had of the processors, so that at its deadline it can be told whether a spec hangs
// or the machine is busy.
func (b *bridge) halfTime(id string) {
	now := takenNow()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == id {
		b.half = now
	}
}

// tellingDeadline is the shortest that is long enough for a spec on a busy machine too. Shorter ones are for specs that are
// meant to pass them.
const tellingDeadline = 10 * time.Second

// spinRest is how long a process may go on computing after its deadline before the kernel ends it.
const spinRest = 5 * time.Second

// giveUp ends the process under a spec that has passed its deadline: nothing can stop a goroutine from outside, and a
// hung one would disturb the specs after it.
func (b *bridge) giveUp(id string, most time.Duration) {
	b.mu.Lock()
	if b.current != id {
		b.mu.Unlock()
		return
	}
	b.current, b.over = "", true
	b.mu.Unlock()
	endBy(spinRest)
	stack := make([]byte, 64<<10)
	stack = stack[:runtime.Stack(stack, true)]
	detail := record.Sayf("not done after %v", "超过时限 %v 仍未结束", most)
	end := record.SpecEnd{Verdict: record.Timeout, Seconds: most.Seconds(), Detail: &detail, Stack: string(stack)}
	if busy := b.half.starved(takenNow()); busy != nil && most >= tellingDeadline { // a hung spec waits for no processor
		detail = record.Sayf("%s; %s", "%s；%s", detail, *busy)
		end.Verdict = record.Error
	}
	b.emit(record.Event{Kind: record.KindSpecEnd, Spec: id, End: &end})
	fmt.Fprintf(os.Stderr, "%s: not done after %v\n", id, most)
	os.Exit(ExitRestart)
}

// say keeps what the spec says of its own end until Ginkgo reports it.
func (b *bridge) say(end record.SpecEnd) {
	b.mu.Lock()
	b.said = &end
	b.mu.Unlock()
}

// observed counts an observation of the spec, and reports whether the spec has asked for the plan's seed before.
func (b *bridge) observed() (drew bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.observations++
	return b.drew
}

// draws notes that the spec has asked for the plan's seed.
func (b *bridge) draws() {
	b.mu.Lock()
	b.drew = true
	b.mu.Unlock()
}

// emit writes an event that belongs to the current spec, if there is one.
func (b *bridge) emit(e record.Event) error {
	b.mu.Lock()
	if e.Spec == "" {
		e.Spec = b.current
	}
	b.mu.Unlock()
	return b.tell(func(w *record.Writer) error { return w.Write(e) })
}

// endBy has the kernel end this process when it has used so much processor time more. Where goroutines cannot be
// preempted (GODEBUG=asyncpreemptoff=1) one that spins stops all that Go could do about it.
func endBy(d time.Duration) {
	most := uint64((CPUTime() + d + time.Second) / time.Second)
	_ = syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: most, Max: most}) // one below it is there already
}

// tell does something to the events, if anybody reads them, and keeps the first error. The time in which nobody reads
// them is not the spec's.
func (b *bridge) tell(what func(*record.Writer) error) error {
	if b.options.Events == nil {
		return nil
	}
	b.mu.Lock()
	watch := b.watch
	b.mu.Unlock()
	watch.Pause()
	err := what(b.options.Events)
	watch.Resume()
	if err != nil {
		b.mu.Lock()
		b.err = cmp.Or(b.err, err)
		b.mu.Unlock()
	}
	return err
}

// maxText bounds what a single failure may add to an event, well below record.MaxLine.
const maxText = 64 << 10

// verdict is what Ginkgo's report says, in record's words.
func verdict(r types.SpecReport) record.SpecEnd {
	detail := record.Sentence{En: bounded(r.Failure.Message)}
	switch r.State {
	case types.SpecStatePassed:
		return record.SpecEnd{Verdict: record.Pass}
	case types.SpecStateSkipped, types.SpecStatePending:
		return record.SpecEnd{Verdict: record.Skip, Detail: &detail}
	case types.SpecStatePanicked:
		detail.En = bounded("panic: " + r.Failure.ForwardedPanic)
		return record.SpecEnd{Verdict: record.Fail, Detail: &detail, Stack: bounded(r.Failure.Location.FullStackTrace)}
	case types.SpecStateTimedout:
		return record.SpecEnd{Verdict: record.Timeout, Detail: &detail, Stack: bounded(r.Failure.Location.String())}
	default:
		return record.SpecEnd{Verdict: record.Fail, Detail: &detail, Stack: bounded(r.Failure.Location.String())}
	}
}

func bounded(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) > maxText {
		return text[:maxText] + "…"
	}
	return text
}
