// Package supervisor is the counterpart of package remote on a machine that is reached by SSH. A supervisor, a process of
// its own there, runs the cells by the same code as a coordinator, with that machine's lock, noise and servers, and
// writes a journal. The process that serves a connection only reads the journal, so a broken connection ends nothing
// else.
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

// Session is the directory, below the cache of a machine, with the state of a target's cells.
type Session struct{ dir string }

// Files of a session.
const (
	runsDir      = "runs"         // with one run
	lockFile     = "lock"         // locked by the supervisor; has its process number
	attemptsFile = "attempts"     // numbers of attempts of cells before the session
	waitingFile  = "waiting.json" // who has the machine, while the run waits for it
	endFile      = "end.json"     // there once the run has ended
	logFile      = "log"          // messages of the supervisor, for errors
)

// namePattern matches the names of sessions: one part of a path. The length is limited to maxName separately, because a
// counted repetition would cost each start of the program half a millisecond.
var namePattern = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

const maxName = 251

// Open returns the session with a name, which may not exist yet. It returns an error for a wrong name.
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

// path returns the path of a file of the session.
func (s Session) path(name string) string { return filepath.Join(s.dir, name) }

// begun reports whether there is a run.
func (s Session) begun() bool { return s.run() != "" }

// run returns the directory of the session's run; "" if there is none yet.
func (s Session) run() string {
	found, err := filepath.Glob(s.path(filepath.Join(runsDir, "*", "manifest.json")))
	if err != nil || len(found) == 0 {
		return ""
	}
	return filepath.Dir(found[0])
}

// items returns the items of the session's run; nil if there is none yet.
func (s Session) items() []string {
	var m store.Manifest
	raw, err := os.ReadFile(filepath.Join(s.run(), "manifest.json"))
	if err != nil || json.Unmarshal(raw, &m) != nil {
		return nil
	}
	return m.Items
}

// hold locks the session for a supervisor; false if another one has it.
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

// keepTime is how long a session stays that no coordinator continues.
const keepTime = 14 * 24 * time.Hour

// sweep removes sessions, except but, that no coordinator has continued for keepTime. A session that cannot be removed
// only takes disk space.
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
