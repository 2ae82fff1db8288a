package run

import (
	"context"
	"encoding/json"
	"errors"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

func (d *dispatcher) newFetch(t *target, cells []*cell) *fetch {
	return &fetch{dispatcher: d, target: t, cells: cells, launch: record.Launch{Provenance: record.Native,
		Launcher: t.machine.Launcher(), BuildKey: t.Key.String(), Payload: t.payload.Digest}}
}

// conclude records verdicts on what is left when no more comes from a machine.
func (f *fetch) conclude(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return nil // what has no verdict is left for Resume
	case f.journalError != nil:
		return f.journalError
	}
	reason := record.Say("the machine came to its end without a verdict on this spec", "该机器已结束，但没有给出此项的结论")
	end := record.SpecEnd{Verdict: record.Error, Detail: &reason}
	var missing *record.Missing
	if errors.As(err, &missing) {
		end = record.SpecEnd{Verdict: record.Miss, Detail: &missing.Reason, Remedy: &missing.Remedy}
	} else if err != nil {
		reason = remote.Sentence(err)
	}
	for _, c := range f.cells {
		if err := f.recordVerdicts(c, c.remaining(f.runsThere(c)), end); err != nil {
			return err
		}
	}
	return nil
}

// fetch takes what a machine says of a target's cells. The machine is not trusted with more than those.
type fetch struct {
	*dispatcher
	target *target
	cells  []*cell
	launch record.Launch

	forwarded map[string][]string // environment of each item's payloads, where their servers are on this machine; nil elsewhere

	whole bool // the events come as one result, which another machine may have to make again: no position continues them

	bytes        int   // of events
	attached     int   // bytes of attachments, unpacked
	journalError error // the journal here cannot be written
}

var errTooMuch = errors.New("it has sent more than the cells can have")

// least is the number of bytes that an entry or an attachment counts for at least, so that none is free.
const least = 256

// maxAttempts is the largest number of an attempt: a later one can still be counted.
const maxAttempts = 1 << 20

// Entry journals an entry of the machine's journal, if it may be in there.
func (f *fetch) Entry(at store.Position, e remote.Entry) error {
	if f.bytes += max(least, len(e.Event)); f.bytes > maxEventBytes*(1+len(f.cells)) {
		return errTooMuch
	}
	event, err := record.Parse(e.Event)
	if e.Cell == nil || err != nil || len(e.Event) >= record.MaxLine {
		return nil
	}
	c := f.cell(*e.Cell)
	if c == nil || !f.allowed(c, event) {
		return nil
	}
	raw := []byte(e.Event)
	if event.Kind == record.KindLaunch {
		if raw, err = f.relaunched(event); err != nil || len(raw) >= record.MaxLine {
			return err
		}
	}
	c.attempts = max(c.attempts, e.Cell.Attempt)
	from := &at
	if f.forwarded != nil || f.whole {
		from = nil // no other connection goes on from there
	}
	if err := f.journal.AppendFrom(e.Cell, from, raw); err != nil {
		f.journalError = err
		return err
	}
	switch event.Kind {
	case record.KindSpecStart:
		delete(c.findings, event.Spec)
	case record.KindFinding:
		c.findings[event.Spec] = append(c.findings[event.Spec], event.Finding.ID)
	case record.KindSpecEnd:
		f.countVerdict(c, event.Spec, event.End.Verdict)
	}
	return nil
}

// cell returns the cell that an entry is of; nil if it is none of the target's.
func (f *fetch) cell(of store.Cell) *cell {
	i := slices.IndexFunc(f.cells, func(c *cell) bool {
		return c.Target == of.Target && c.Item == of.Item && c.Round == of.Round && of.Attempt > 0 && of.Attempt <= maxAttempts
	})
	if i < 0 {
		return nil
	}
	return f.cells[i]
}

// allowed reports whether a machine may say such an event of a cell.
func (f *fetch) allowed(c *cell, e record.Event) bool {
	if e.Kind == record.KindPlan {
		return false
	}
	return e.Spec == "" || c.planned[e.Spec] && !c.ended[e.Spec]
}

// relaunched returns the launch event that is journaled: how a payload was launched is not for the machine to say, but what
// variables it was given.
func (f *fetch) relaunched(e record.Event) ([]byte, error) {
	if e.Launch.Payload != f.launch.Payload {
		return nil, errors.New("it runs another payload than it was sent")
	}
	launch := f.launch
	launch.Environment = e.Launch.Environment
	e.Launch = &launch
	return json.Marshal(e)
}

// RanOn sets the launcher of what follows: the machine that took a fleet's job.
func (f *fetch) RanOn(l record.Launcher) { f.launch.Launcher = l }

// attachmentNames are the files of an attempt that attach keeps.
var attachmentNames = append([]string{"log"}, reportNames...)

// Attachment keeps a file of an attempt.
func (f *fetch) Attachment(of store.Cell, name string, content []byte) error {
	if f.attached += max(least, len(content)); f.attached > maxEventBytes*(1+len(f.cells)) {
		return errTooMuch
	}
	c := f.cell(of)
	if c == nil || of.Attempt > c.attempts || !slices.Contains(attachmentNames, name) {
		return nil
	}
	if err := f.journal.Attach(of, name, content); err != nil {
		f.journalError = err
		return err
	}
	return nil
}

// Waiting tells for whom the run on the machine waits.
func (f *fetch) Waiting(h lock.Holder) { f.Notice(record.Say(h.In("en"), h.In("zh"))) }

// Notice tells what happens to the connection.
func (f *fetch) Notice(what record.Sentence) {
	if f.dispatcher.Notice != nil {
		f.dispatcher.Notice(f.target.ID, what)
	}
}
