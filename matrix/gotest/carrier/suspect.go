package carrier

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/stream"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// result is the result of one test in a process of its own.
type result struct {
	name   string
	test   *stream.Test
	end    record.SpecEnd
	cause  record.Cause
	passed bool // or was skipped
}

// alone runs one test in a process of its own.
func (p *pkg) alone(name string) result {
	x := p.start([]string{name}, nil, p.flags([]string{name})...)
	t := x.parser.Tests[name]
	r := result{name: name, test: t}
	switch {
	case x.err != nil:
		r.end = x.unstartable()
	case !t.Started():
		r.end = p.silence(x)
	case x.abnormal():
		r.end = p.crash(x, name)
	case t.Outcome == stream.Fail:
		r.end, r.cause = p.failure(t)
	default:
		r.passed = true
	}
	return r
}

// deliver gives a test the verdict that it has alone.
func (p *pkg) deliver(r result) {
	if r.passed {
		p.ended(r.test)
		return
	}
	p.report(r.name, r.end, r.cause)
}

// crashed finds out who ended a process, and gives verdicts to those that were under way.
func (p *pkg) crashed(x *process, started []*stream.Test) {
	if x.hung {
		p.mainEnds(p.hang(x))
		return
	}
	suspects := x.late
	if len(suspects) == 0 {
		for _, t := range started {
			if t.Runs() {
				suspects = append(suspects, t.Name)
			}
		}
	}
	last := started[len(started)-1]
	if len(suspects) == 1 && (len(started) == 1 || len(x.late) > 0 && x.runningAlone()) {
		p.report(suspects[0], p.crash(x, suspects[0]), "")
		return
	}
	if len(suspects) == 0 && last.Outcome == stream.Fail && x.panicked() { // it ended the process in its own goroutine
		p.report(last.Name, p.crash(x, last.Name), "")
		return
	}
	if culprit := x.leftBehind(started); culprit != "" && !slices.Contains(suspects, culprit) {
		p.blame(x, culprit, suspects)
		return
	}
	p.confront(x, started, suspects)
}

// runningAlone reports whether no more than one test was under way when the process ended.
func (x *process) runningAlone() bool {
	n := 0
	for _, t := range x.started() {
		if t.Runs() {
			n++
		}
	}
	return n == 1
}

// confront runs each suspect alone.
func (p *pkg) confront(x *process, started []*stream.Test, suspects []string) {
	var results []result
	guilty := false
	for _, name := range suspects {
		r := p.alone(name)
		guilty = guilty || !r.passed
		results = append(results, r)
	}
	if !guilty {
		p.nobodyAlone(x, started, suspects)
	}
	for _, r := range results {
		p.deliver(r)
	}
}

// blame gives a test that had ended the verdict on the end of the process: what it left behind did it.
func (p *pkg) blame(x *process, culprit string, suspects []string) {
	why := record.Sayf("a goroutine that it left behind ended the process after the test itself had ended (%s)",
		"该测试结束之后，其遗留的 goroutine 终止了进程（%s）", x.words())
	end := record.SpecEnd{Verdict: record.Crash, Detail: &why, Stack: x.stack()}
	if !p.has(culprit) {
		p.report(culprit, end, "")
		return // the others get their turn again, in a fresh process
	}
	if len(suspects) == 0 {
		p.mainEnds(end)
		return
	}
	// The test that crashed has its verdict already: the crash must not be lost.
	said := record.Sayf("%s, which had passed, left a goroutine behind that ended the process: %s", "已通过的 %s 遗留的 goroutine 终止了进程：%s", culprit, x.words())
	end.Detail = &said
	p.report(suspects[0], end, record.CauseOrder)
}

// nobodyAlone judges the end of a process that none of those under way brings about alone: together once more.
func (p *pkg) nobodyAlone(x *process, started []*stream.Test, suspects []string) {
	var names []string
	for _, t := range started {
		names = append(names, t.Name)
	}
	again := p.start(names, nil, p.flags(names)...)
	end := record.SpecEnd{Verdict: record.Crash, Stack: x.stack()}
	why := record.Sayf("together with others of its package it ended the process once, and not again, nor alone: %s",
		"与同包其他测试一起运行时曾终止进程，再次运行及单独运行均未出现：%s", x.words())
	cause := record.CauseFlaky
	if again.err == nil && again.abnormal() {
		why = record.Sayf("together with others of its package it ends the process, alone it does not: %s", "与同包其他测试一起运行时会终止进程，单独运行不会：%s", x.words())
		cause = record.CauseOrder
	}
	end.Detail = &why
	for _, name := range suspects {
		p.report(name, end, cause)
		return
	}
	for _, t := range slices.Backward(started) { // the last one that has no verdict yet is the likeliest
		if !p.has(t.Name) {
			p.report(t.Name, end, cause)
			return
		}
	}
	p.mainEnds(end)
}
