// Package supervisor is the other side of package remote: what runs on a machine that is reached by SSH. A supervisor, a
// process of its own there, carries the cells by the same code as a coordinator does, with that machine's lock, noise and
// servers, and writes a journal. What serves a connection only reads that journal: when the connection breaks, nothing else
// ends.
package supervisor

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/retry"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Session is what a machine keeps of a target's cells, in a directory below the cache there.
type Session struct{ dir string }

// Files of a session.
const (
	runsDir      = "runs"         // with one run
	lockFile     = "lock"         // held by the supervisor; says its process
	attemptsFile = "attempts"     // that cells had before the session
	waitingFile  = "waiting.json" // who has the machine, while the run waits for it
	endFile      = "end.json"     // there once the run has ended
	logFile      = "log"          // what the supervisor says, of use only where it goes wrong
)

// namePattern is what a session can be called: one part of a path, of at most maxName bytes. A counted repetition would cost
// each start of the program half a millisecond.
var namePattern = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

const maxName = 251

// Open names a session, which may not be there yet.
func Open(name string) (Session, error) {
	if len(name) > maxName || !namePattern().MatchString(name) {
		return Session{}, record.Wrongf("", "%.80q cannot be a session: a coordinator names it", "%.80q 不能作为会话名：应由协调者给出", name)
	}
	cache, err := build.CacheDir()
	if err != nil {
		return Session{}, err
	}
	return Session{filepath.Join(cache, "sessions", name)}, nil
}

func (s Session) path(name string) string { return filepath.Join(s.dir, name) }

// begun reports whether there is a run.
func (s Session) begun() bool { return s.run() != "" }

// run returns the directory of the session's run, "" if there is none yet.
func (s Session) run() string {
	found, err := filepath.Glob(s.path(filepath.Join(runsDir, "*", "manifest.json")))
	if err != nil || len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[0])
}

// items returns those of the session's run; none where there is none yet.
func (s Session) items() []string {
	var m store.Manifest
	raw, err := os.ReadFile(filepath.Join(s.run(), "manifest.json"))
	if err != nil || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m.Items
}

// hold takes the session for a supervisor; false where another has it.
func (s Session) hold() (*os.File, bool, error) {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return nil, false, err
	}
	f, err := os.OpenFile(s.path(lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, false, err
	}
	err = retry.Lock(f.Fd(), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = nil
		}
		return nil, false, err
	}
	return f, true, nil
}

// keepTime is how long a session is kept that nobody asks for.
const keepTime = 14 * 24 * time.Hour

// sweep removes sessions that nobody has asked for in a long time. What cannot be removed harms nobody but the disk.
func sweep(but Session) {
	all, _ := filepath.Glob(filepath.Join(filepath.Dir(but.dir), "*"))
	for _, dir := range all {
		s := Session{dir}
		info, err := os.Stat(s.path(lockFile))
		if errors.Is(err, fs.ErrNotExist) {
			info, err = os.Stat(dir)
		}
		if err != nil || dir == but.dir || time.Since(info.ModTime()) < keepTime {
			continue
		}
		if f, free, err := s.hold(); err == nil && free {
			os.RemoveAll(dir)
			f.Close()
		}
	}
}
