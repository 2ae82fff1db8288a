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
var run suiteRun

// suiteRun turns Ginkgo's reports into events. A spec starts in the outermost BeforeEach and ends in the outermost
// ReportAfterEach, so that its own set-up and clean-up count as part of the spec.
type suiteRun struct {
	options   Options
	selected  map[string]bool // the selected specs, by id; nil: see Selection.Match
	noReport  bool            // nobody reads Ginkgo's own report
	ended     int             // how many specs have ended
	emptyHeap uint64          // bytes in use on the heap before Ginkgo's tree was built
	given     *givenFacts     // in a test of broken facts; else nil

	mu           sync.Mutex
	current      string          // the spec that has started and not ended
	reported     *record.SpecEnd // the verdict that the spec itself has given
	observations int             // how many the spec recorded
	drew         bool            // the spec has read the plan's seed
	began        time.Time
	watch        *deadline.Timer
	middle       *time.Timer
	half         cpuTimes // when half of the deadline had passed
	ending       bool     // a spec has passed its deadline, and the process ends
	err          error    // the first event that could not be written
}

func (b *suiteRun) begin(o Options) {
	*b = suiteRun{options: o}
	if len(o.Selection.IDs) > 0 {
		b.selectIDs(o.Selection.IDs)
	}
}

// selectIDs selects the specs with the ids, and no others.
func (b *suiteRun) selectIDs(ids []string) {
	b.selected = make(map[string]bool, len(ids))
	for _, id := range ids {
		b.selected[id] = true
	}
}

// selects reports whether a spec is selected.
func (b *suiteRun) selects(p record.SpecPlan) bool {
	if b.selected == nil {
		return b.options.Selection.Match == nil || b.options.Selection.Match(p)
	}
	return b.selected[p.ID]
}

// selectsWithin reports whether a selected spec may have an id that begins with the prefix.
func (b *suiteRun) selectsWithin(prefix string) bool {
	specs := b.options.Selection.IDs
	return len(specs) == 0 || slices.ContainsFunc(specs, func(id string) bool { return strings.HasPrefix(id, prefix) })
}

// hook registers the nodes that run before and after every spec. It calls grown before the first spec.
func hook(grown func()) {
	grown = sync.OnceFunc(grown)
	ginkgo.BeforeEach(func() {
		grown()
		report := ginkgo.CurrentSpecReport()
		p := specPlan(report)
		if !run.selects(p) {
			run.withEvents((*record.Writer).Flush) // skipping thousands of specs takes time
			ginkgo.Skip("not selected")
		}
		run.start(p)
	})
	ginkgo.ReportAfterEach(func(r types.SpecReport) { run.end(specID(r), r) })
}

func (b *suiteRun) start(p record.SpecPlan) {
	most := b.options.deadline(p)
	b.mu.Lock()
	if b.ending {
		b.mu.Unlock()
		select {} // the process ends: a spec that started now would seem to be the reason
	}
	b.current, b.reported, b.observations, b.drew, b.began = p.ID, nil, 0, false, time.Now()
	b.watch = deadline.AfterFunc(most, func() { b.abandonSpec(p.ID, most) })
	b.middle = time.AfterFunc(most/2, func() { b.halfTime(p.ID) })
	b.mu.Unlock()
	limitCPUTime(most + extraCPUTime)
	b.emit(record.Event{Kind: record.KindSpecStart, Spec: p.ID, Start: &record.SpecStart{Deadline: most.Seconds()}})
}

// end writes the verdict of a spec, and returns it. It reports false for a spec that did not start.
func (b *suiteRun) end(id string, r types.SpecReport) (end record.SpecEnd, started bool) {
	b.mu.Lock()
	if b.current != id {
		b.mu.Unlock()
		return end, false
	}
	limitCPUTime(0)
	b.watch.Stop()
	b.middle.Stop()
	b.current = ""
	said, seconds := b.reported, time.Since(b.began).Seconds()
	b.ended++
	b.mu.Unlock()
	end = verdict(r)
	if said != nil && (end.Verdict == record.Pass || end.Verdict == record.Skip || end.Verdict == record.Fail && said.Verdict == record.Error) {
		end = *said
	}
	end.Seconds = seconds
	ended := record.Event{Kind: record.KindSpecEnd, Spec: id, End: &end}
	b.withEvents(func(w *record.Writer) error { return w.Hold(ended) }) // written with the start of the next spec
	return end, true
}

// halfTime reads the process's CPU times in the middle of a spec's deadline, so that at the deadline it is known whether the
// spec hangs or the machine is busy.
func (b *suiteRun) halfTime(id string) {
	now := readCPUTimes()
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == id {
		b.half = now
	}
}

// busyDeadline is the shortest deadline that is long enough for a spec on a busy machine, too. Shorter deadlines are for specs
// that are meant to exceed them.
const busyDeadline = 10 * time.Second

// extraCPUTime is how much CPU time a process may use after its deadline before the kernel ends it.
const extraCPUTime = 5 * time.Second

// abandonSpec ends the process because a spec has passed its deadline: nothing can stop a goroutine from outside, and a
// hanging goroutine would disturb the specs after it.
func (b *suiteRun) abandonSpec(id string, most time.Duration) {
	b.mu.Lock()
	if b.current != id {
		b.mu.Unlock()
		return
	}
	b.current, b.ending = "", true
	b.mu.Unlock()
	limitRemainingCPUTime(extraCPUTime)
	stack := make([]byte, 64<<10)
	stack = stack[:runtime.Stack(stack, true)]
	detail := record.Sayf("not done after %v", "超过时限 %v 仍未结束", most)
	end := record.SpecEnd{Verdict: record.Timeout, Seconds: most.Seconds(), Detail: &detail, Stack: string(stack)}
	if busy := b.half.starved(readCPUTimes()); busy != nil && most >= busyDeadline { // a hung spec waits for no processor
		detail = record.Sayf("%s; %s", "%s；%s", detail, *busy)
		end.Verdict = record.Error
	}
	b.emit(record.Event{Kind: record.KindSpecEnd, Spec: id, End: &end})
	fmt.Fprintf(os.Stderr, "%s: not done after %v\n", id, most)
	os.Exit(ExitRestart)
}

// report keeps the verdict that the spec gives itself until Ginkgo reports the end of the spec.
func (b *suiteRun) report(end record.SpecEnd) {
	b.mu.Lock()
	b.reported = &end
	b.mu.Unlock()
}

// observed counts an observation of the spec, and reports whether the spec has read the plan's seed before.
func (b *suiteRun) observed() (drew bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.observations++
	return b.drew
}

// draws notes that the spec has read the plan's seed.
func (b *suiteRun) draws() {
	b.mu.Lock()
	b.drew = true
	b.mu.Unlock()
}

// emit writes an event that belongs to the current spec, if there is one.
func (b *suiteRun) emit(e record.Event) error {
	b.mu.Lock()
	if e.Spec == "" {
		e.Spec = b.current
	}
	b.mu.Unlock()
	return b.withEvents(func(w *record.Writer) error { return w.Write(e) })
}

// limitRemainingCPUTime has the kernel end this process when it has used d more of CPU time. If goroutines cannot be preempted
// (GODEBUG=asyncpreemptoff=1), one that loops without calls stops everything else in the process.
func limitRemainingCPUTime(d time.Duration) {
	most := uint64((CPUTime() + d + time.Second) / time.Second)
	_ = syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: most, Max: most}) // a lower limit is in force already
}

// withEvents calls use with the writer of the events, if there is one, and keeps the first error. The time that it takes does
// not count for the spec's deadline: the coordinator may be slow to read.
func (b *suiteRun) withEvents(use func(*record.Writer) error) error {
	if b.options.Events == nil {
		return nil
	}
	b.mu.Lock()
	watch := b.watch
	b.mu.Unlock()
	watch.Pause()
	err := use(b.options.Events)
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

// verdict converts Ginkgo's report of a spec into a record.SpecEnd.
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
