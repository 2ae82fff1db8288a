package supervisor

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// pingTime is the longest time between two frames, so that the machine notices a lost coordinator.
const pingTime = 30 * time.Second

// send sends the entries after the entry number after as they are written, and then the attachments.
func (c *connection) send(after int) error {
	dir := c.run()
	if dir == "" {
		return c.finish(&remote.End{Entries: after, Why: c.why()})
	}
	w, err := newWatch(c.dir, dir)
	if err != nil {
		return err
	}
	defer w.close()
	journal, err := store.OpenJournal(dir)
	if err != nil {
		return err
	}
	defer journal.Close()
	t := &tail{connection: c, in: bufio.NewReaderSize(journal, 64<<10), after: after}
	gone := c.gone()
	ping := time.NewTicker(pingTime)
	defer ping.Stop()
	for {
		ended, holder := c.ended(), c.holder() // read before the journal, so that the journal is complete
		if err := t.catchUp(); err != nil {
			return err
		}
		if ended {
			if err := c.attachments(dir); err != nil {
				return err
			}
			return c.finish(&remote.End{Entries: t.n, Why: c.why()})
		}
		if holder != nil && (t.told == nil || *t.told != *holder) {
			t.told = holder
			if err := c.out.Write(remote.Frame{Waiting: holder}); err != nil {
				return err
			}
		}
		select {
		case <-w.changed:
		case <-gone:
			if !c.ended() {
				return errors.New("the supervisor has ended") // the coordinator connects again, and another one begins
			}
			gone = nil
		case <-ping.C:
			if err := c.out.Write(remote.Frame{Ping: true}); err != nil {
				return err
			}
		}
	}
}

// finish sends the last frame, and waits for the coordinator's answer.
func (c *connection) finish(e *remote.End) error {
	if err := c.out.Write(remote.Frame{End: e}); err != nil {
		return err
	}
	select {} // listen ends the process
}

// ended reports whether the run has ended.
func (c *connection) ended() bool {
	_, err := os.Stat(c.path(endFile))
	return err == nil
}

// gone returns a channel that is closed when no supervisor has the session.
func (c *connection) gone() <-chan struct{} {
	gone := make(chan struct{})
	go func() {
		f, err := os.Open(c.path(lockFile))
		if err != nil {
			return // the session is being removed
		}
		defer f.Close()
		if retry.Lock(f.Fd(), syscall.LOCK_SH) == nil {
			close(gone)
		}
	}()
	return gone
}

// why returns the reason why the run did not end normally.
func (c *connection) why() *record.Sentence {
	raw, err := os.ReadFile(c.path(endFile))
	var e remote.End
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		said := record.Sayf("%v", "%v", err)
		return &said
	}
	return e.Why
}

// holder returns the holder of the machine lock for which the run waits; nil if it does not wait.
func (c *connection) holder() *lock.Holder {
	raw, err := os.ReadFile(c.path(waitingFile))
	var h lock.Holder
	if err != nil || json.Unmarshal(raw, &h) != nil {
		return nil
	}
	return &h
}

// attachments sends the compressed files of all attempts.
func (c *connection) attachments(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "attachments", "*", "*", "*.gz"))
	if err != nil {
		return err
	}
	for _, path := range files {
		cell, name, ok := store.Attached(dir, path)
		if !ok {
			continue
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for {
			piece := raw[:min(len(raw), remote.MaxPiece)]
			raw = raw[len(piece):]
			if err := c.out.Hold(remote.Frame{Attachment: &remote.Attachment{Cell: cell, Name: name, Data: piece, Last: len(raw) == 0}}); err != nil {
				return err
			}
			if len(raw) == 0 {
				break
			}
		}
	}
	return c.out.Flush()
}
