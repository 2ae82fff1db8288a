package run

import (
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// maxEventBytes bounds the events of one process: it is many times what the largest suite writes.
const maxEventBytes = 64 << 20

// line is one line of the event channel.
type line struct {
	event record.Event
	raw   []byte
	err   error // a *record.LineError if the line is no event
}

// journalEvents journals the payload's events until the event channel ends, and kills a payload that is late. It returns an
// error only if the journal cannot be written. A timeFactor above 1 extends the time between specs.
func (p *process) journalEvents(timeFactor float64) error {
	lines := p.readLines()
	defer func() { // readLines must not block for ever when this function returns early
		go func() {
			for range lines {
			}
		}()
	}()
	p.watchdog = newWatchdog(p.specs, p.deadlines, timeFactor)
	defer p.watchdog.stop()
	for {
		select {
		case l, ok := <-lines:
			if !ok {
				return nil
			}
			if err := p.journalLine(l); err != nil {
				return err
			}
		case <-p.watchdog.late:
			if p.watchdog.recheck() {
				continue
			}
			p.deadlineExceeded, p.watchdog.late = true, nil
			p.launched.Kill(record.Say("the deadline passed, and the payload did not answer", "已超过时限，且测试程序没有响应"))
		case <-p.watchdog.expired:
			p.deadlineExceeded, p.watchdog.expired = true, nil
			p.launched.Kill(record.Say("the payload took longer than all its specs may", "测试程序用时超过其全部检查项的时限"))
		}
	}
}

// readLines returns a channel with the lines of the event channel; it is closed when the event channel ends.
func (p *process) readLines() <-chan line {
	lines := make(chan line, 64)
	go func() {
		defer close(lines)
		in := record.NewReader(p.launched.Events())
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

// journalLine journals a line if it is an event that this payload may send; it counts and drops every other line. It
// returns an error if the journal cannot be written.
func (p *process) journalLine(l line) error {
	p.eventBytes += len(l.raw)
	p.watchdog.eventArrived()
	switch {
	case p.protocolError != nil: // events that arrive after it could blame the next spec
		return nil
	case p.eventBytes > maxEventBytes:
		p.stopForProtocolError(record.Sayf("it wrote more than %d bytes of events", "写入的事件超过 %d 字节", maxEventBytes))
		return nil
	case errors.Is(l.err, record.ErrTooLong):
		p.stopForProtocolError(record.Sayf("it wrote a line of more than %d bytes into its event channel",
			"向事件通道写入了超过 %d 字节的一行", record.MaxLine))
		fallthrough
	case l.err != nil:
		p.invalidLines++
		return nil
	}
	e := l.event
	if e.Kind == record.KindFile {
		p.receiveFile(*e.File)
		return nil
	}
	_, requested := p.deadlines[e.Spec]
	switch {
	case e.Kind == record.KindPlan || e.Kind == record.KindLaunch || e.Kind == record.KindNoise:
		return nil // only the coordinator records these
	case e.Spec != "" && (!requested || p.cell.ended[e.Spec]):
		p.unexpectedEvents++
		return nil
	}
	key := p.cell.key()
	if err := p.journal.Append(&key, l.raw); err != nil {
		return err
	}
	p.update(e)
	return nil
}

// update changes the state of the process and its cell by an event that was journaled.
func (p *process) update(e record.Event) {
	switch e.Kind {
	case record.KindSpecStart:
		p.openSpec = e.Spec
		if !slices.Contains(p.open, e.Spec) {
			p.open = append(p.open, e.Spec)
		}
		p.watchdog.specStarted(e.Spec)
		delete(p.cell.findings, e.Spec)
	case record.KindFinding:
		p.cell.causes[e.Spec] = e.Finding.Cause
		p.cell.findings[e.Spec] = append(p.cell.findings[e.Spec], e.Finding.ID)
	case record.KindSpecEnd:
		p.openSpec = ""
		if p.open = slices.DeleteFunc(p.open, func(id string) bool { return id == e.Spec }); len(p.open) > 0 {
			p.openSpec = p.open[len(p.open)-1]
		}
		p.watchdog.specEnded(e.Spec)
		p.verdicts++
		p.countVerdict(p.cell, e.Spec, e.End.Verdict)
	case record.KindMachine:
		p.cpuFeatures = e.Machine.Features
		p.watchdog.machineReported()
	case record.KindCellEnd:
		p.cellEnded = true
	}
}

// stopForProtocolError kills the payload and makes journalLine drop the rest of its events.
func (p *process) stopForProtocolError(reason record.Sentence) {
	p.protocolError = &reason
	p.launched.Kill(reason)
}
