package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/launch"
	"github.com/xcmatrix/xcmatrix/matrix/noise"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
)

// shot is one process of one cell, from its start to the last verdict that it leaves behind.
type shot struct {
	*dispatcher
	cell   *cell
	target *target
	wanted []record.SpecPlan

	process launch.Process
	dir     string   // the process's own, for its temporary files and reports
	reports *os.Root // the same, whatever the process puts in its place

	open          string           // the spec that has started and not ended
	came          int              // verdicts
	finished      bool             // the payload came to its end
	late          bool             // the open spec's deadline passed, and the payload did not say so itself
	protocolError *record.Sentence // how the payload broke the event protocol; no event is journaled after that
	heard         int              // bytes of events
	garbage       int              // lines that are no events
	unplanned     int              // events about specs that were not asked for
	features      []string         // the CPU's, as the payload found them
	deadline      map[string]time.Duration
	clock         *clock
}

// maxEvents bounds what one process may say, in bytes: many times what the largest suite does.
const maxEvents = 64 << 20

// stretch says how many times longer things may take than natively.
func stretch(p record.Provenance) float64 {
	if p == record.Native {
		return 1
	}
	return 5
}

// fire starts the process, journals what it says, and gives the specs it leaves without a verdict theirs.
func (s *shot) fire(ctx context.Context) error {
	var err error
	if s.dir, err = s.scratch.make("shot"); err != nil {
		return err
	}
	defer os.RemoveAll(s.dir)
	if s.reports, err = os.OpenRoot(s.dir); err != nil {
		return err
	}
	defer s.reports.Close()
	ask := s.ask(s.target.launcher.Describe(s.target.Target, s.target.payload))
	launched, key := ask.Request.Launch, s.cell.key()
	if err := s.journal.AppendEvent(&key, record.Event{Kind: record.KindLaunch, Launch: &launched}); err != nil {
		return err
	}
	s.process, err = s.target.launcher.Start(ctx, s.target.Target, s.target.payload, ask)
	if err != nil {
		why := record.Sayf("the payload did not start: %v", "载荷未能启动：%v", err)
		return s.recordVerdicts(s.cell, s.wanted, record.SpecEnd{Verdict: record.Error, Detail: &why})
	}
	err = s.listen(stretch(launched.Provenance))
	if err != nil {
		s.process.Kill(record.Sayf("%v", "%v", err))
	}
	exit := s.process.Wait()
	if err == nil && ctx.Err() == nil {
		err = s.conclude(exit)
	}
	return errors.Join(err, s.attach(exit))
}

// ask is what the payload is told.
func (s *shot) ask(l record.Launch) launch.Shot {
	s.deadline = map[string]time.Duration{}
	r := record.Request{Item: s.cell.Item, Round: s.cell.Round, Seed: s.Manifest.Seed, Stretch: stretch(l.Provenance), ReportDir: s.dir}
	for _, p := range s.wanted {
		r.Specs = append(r.Specs, p.ID)
		s.deadline[p.ID] = time.Duration(p.Deadline * r.Stretch * float64(time.Second))
	}
	r.Without = slices.DeleteFunc([]string{record.LabelBench, record.LabelLogic}, func(label string) bool {
		return slices.ContainsFunc(s.wanted, func(p record.SpecPlan) bool { return slices.Contains(p.Labels, label) })
	})
	if s.Files != nil {
		r.Files = s.Files(s.cell.Item)
	}
	shot := launch.Shot{Memory: s.Memory, Env: append([]string{"TMPDIR=" + s.dir, "GOTRACEBACK=all"}, s.services.env[s.cell.Item]...)}
	if s.Reads != nil {
		shot.Reads = s.Reads(s.cell.Item)
	}
	l.Environment = s.target.launcher.Environment(shot)
	r.Launch = l
	shot.Request = r
	return shot
}

// line is one line of the event channel.
type line struct {
	event record.Event
	raw   []byte
	err   error
}

// listen journals events until the channel ends, and ends a process that does not keep its deadlines.
func (s *shot) listen(stretch float64) error {
	lines := s.lines()
	defer func() { // the reader must not hang on a full channel when this gives up early
		go func() {
			for range lines {
			}
		}()
	}()
	s.clock = newClock(s.wanted, s.deadline, stretch)
	defer s.clock.stop()
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				return nil
			}
			if err := s.take(l); err != nil {
				return err
			}
		case <-s.clock.due:
			if s.clock.lookAgain() {
				continue
			}
			s.late, s.clock.due = true, nil
			s.process.Kill(record.Say("the deadline passed, and the payload did not answer", "已超过时限，且载荷没有响应"))
		case <-s.clock.over:
			s.late, s.clock.over = true, nil
			s.process.Kill(record.Say("the payload took longer than all its specs may", "载荷用时超过其全部检查项的时限"))
		}
	}
}

// lines reads the event channel until it ends.
func (s *shot) lines() <-chan line {
	lines := make(chan line, 64)
	go func() {
		defer close(lines)
		in := record.NewReader(s.process.Events())
		for {
			e, raw, err := in.Next()
			if err != nil && !errors.As(err, new(*record.LineError)) {
				return // io.EOF, or the channel was closed
			}
			lines <- line{e, raw, err}
		}
	}()
	return lines
}

// take journals one line, if it is an event that this payload may send.
func (s *shot) take(l line) error {
	s.heard += len(l.raw)
	s.clock.heard()
	switch {
	case s.protocolError != nil: // a verdict that was on its way already would lay the blame on the next spec
		return nil
	case s.heard > maxEvents:
		s.refuse(record.Sayf("it wrote more than %d bytes of events", "写入的事件超过 %d 字节", maxEvents))
		return nil
	case errors.Is(l.err, record.ErrTooLong):
		s.refuse(record.Sayf("it wrote a line of more than %d bytes into its event channel",
			"向事件通道写入了超过 %d 字节的一行", record.MaxLine))
		fallthrough
	case l.err != nil:
		s.garbage++
		return nil
	}
	e := l.event
	_, asked := s.deadline[e.Spec]
	switch {
	case e.Kind == record.KindPlan || e.Kind == record.KindLaunch || e.Kind == record.KindNoise:
		return nil // the manifest has the plan; how it was launched is not the payload's to say
	case e.Spec != "" && (!asked || s.cell.ended[e.Spec]):
		s.unplanned++
		return nil
	}
	key := s.cell.key()
	if err := s.journal.Append(&key, l.raw); err != nil {
		return err
	}
	switch e.Kind {
	case record.KindSpecStart:
		s.open = e.Spec
		s.clock.start(e.Spec)
		delete(s.cell.found, e.Spec)
	case record.KindFinding:
		s.cell.found[e.Spec] = append(s.cell.found[e.Spec], e.Finding.ID)
	case record.KindSpecEnd:
		s.open = ""
		s.clock.pause()
		s.came++
		s.ended(s.cell, e.Spec, e.End.Verdict)
	case record.KindMachine:
		s.features = e.Machine.Features
		s.clock.begin()
	case record.KindCellEnd:
		s.finished = true
	}
	return nil
}

// refuse ends a process that abuses its event channel.
func (s *shot) refuse(why record.Sentence) {
	s.protocolError = &why
	s.process.Kill(why)
}

// conclude gives the specs that the process leaves without a verdict theirs, where a fresh process could not.
func (s *shot) conclude(exit launch.Exit) error {
	if s.garbage > 0 || s.unplanned > 0 {
		if err := s.warn(); err != nil {
			return err
		}
	}
	if s.open != "" && exit.Signal == "SIGKILL" && exit.Killed == nil && !s.cell.killed[s.open] {
		s.cell.killed[s.open] = true // the kernel or a person may have done it; a spec that does it itself does it again
		return nil
	}
	if s.open != "" {
		return s.give(s.cell, s.open, s.culprit(exit))
	}
	left := slices.DeleteFunc(slices.Clone(s.wanted), func(p record.SpecPlan) bool { return s.cell.ended[p.ID] })
	switch {
	case len(left) == 0:
		return nil
	case s.finished:
		why := record.Say("the payload came to its end without a verdict on this spec", "载荷已结束，但没有给出此项的结论")
		return s.recordVerdicts(s.cell, left, record.SpecEnd{Verdict: record.Error, Detail: &why})
	case s.came > 0:
		s.cell.futile = 0
	case s.cell.futile < 1: // somebody may have killed it; a second one is no accident
		s.cell.futile++
	default:
		if end := s.oldWorldEnd(exit); end != nil {
			return s.recordVerdicts(s.cell, left, *end)
		}
		why := record.Sayf("the payload ended before its first spec: %s", "载荷在第一个检查项之前就结束了：%s", s.why(exit))
		return s.recordVerdicts(s.cell, left, record.SpecEnd{Verdict: record.Error, Detail: &why, Stack: tail(exit.Output)})
	}
	return nil
}

// culprit is the verdict on the spec under which the process ended.
func (s *shot) culprit(exit launch.Exit) record.SpecEnd {
	if end := refused(exit); end != nil && s.protocolError == nil {
		return *end
	}
	why := s.why(exit)
	end := record.SpecEnd{Verdict: record.Crash, Detail: &why, Stack: tail(exit.Output)}
	switch {
	case s.protocolError != nil: // it may have ended by itself before it could be killed
		end.Verdict, end.Detail = record.Error, s.protocolError
	case s.late:
		end.Verdict, end.Seconds = record.Timeout, s.deadline[s.open].Seconds()
		if busy := noise.Crowded(); busy != nil && s.deadline[s.open] >= tellingDeadline {
			crowded := record.Sayf("%s; %s", "%s；%s", why, *busy)
			end.Verdict, end.Detail = record.Error, &crowded
		}
	}
	return end
}

// tellingDeadline is the shortest that is long enough for a spec on a busy machine too. Shorter ones are for specs that are
// meant to pass them.
const tellingDeadline = 10 * time.Second

// maxStack bounds what of a process's output goes into a verdict; the rest is in the attachment.
const maxStack = 8 << 10

func tail(output []byte) string {
	return string(output[:min(len(output), maxStack)])
}

func (s *shot) warn() error {
	return s.log(record.Sayf("%d lines on the event channel were no events, %d were about specs that were not asked for: left out",
		"事件通道中有 %d 行不是事件，%d 行涉及未要求的检查项：已忽略", s.garbage, s.unplanned))
}

// log writes a warning about the process.
func (s *shot) log(text record.Sentence) error {
	key := s.cell.key()
	return s.journal.AppendEvent(&key, record.Event{Kind: record.KindLog, Log: &record.Log{Level: "warn", Text: text}})
}

// attach keeps what the process printed and Ginkgo's own reports.
func (s *shot) attach(exit launch.Exit) error {
	key := s.cell.key()
	errs := []error{s.journal.Attach(key, "log", exit.Output)}
	for _, name := range []string{"report.json", "junit.xml"} {
		content, err := s.report(name)
		switch {
		case errors.Is(err, fs.ErrNotExist): // a process that crashed has written none
		case err != nil:
			errs = append(errs, s.log(record.Sayf("a report of Ginkgo's is left out: %v", "略去一份 Ginkgo 报告：%v", err)))
		default:
			errs = append(errs, s.journal.Attach(key, name, content))
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("attachments of %s %s: %w", key.Target, key.Item, err)
	}
	return nil
}

// maxReport bounds a report that a payload wrote, in bytes.
const maxReport = 64 << 20

// report reads a report that the payload wrote: a regular file, in the directory that it was given.
func (s *shot) report(name string) ([]byte, error) {
	f, err := regular.OpenIn(s.reports, name, maxReport)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(regular.AtMost(f, name, maxReport))
}
