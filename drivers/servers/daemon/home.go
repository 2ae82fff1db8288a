package daemon

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// homePrefix begins the name of every directory that this package makes, and so of everything it may remove.
const homePrefix = "xcmatrix-server-"

// Home is the directory a server lives in. It is written down, with the server's process, in a list that the next
// start reads: what a killed harness left behind is removed then.
type Home struct {
	Path    string
	account Account
	entry   *os.File // the list's line about this home, locked as long as this process lives
}

// NewHome makes a home inside dir, or in a temporary directory when the account cannot reach dir. It first
// removes the homes that dead processes left.
func NewHome(dir string, a Account) (*Home, error) {
	list, err := listDir()
	if err != nil {
		return nil, err
	}
	if err := sweep(list); err != nil {
		return nil, err
	}
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if a.credential != nil {
		if err := os.Chmod(dir, 0o711); err != nil {
			return nil, err
		}
	}
	// A temporary directory of the process's own, as payloads have, may be closed to others; the system's is not.
	places := []string{dir, os.TempDir(), "/tmp"}
	at := slices.IndexFunc(places, a.reaches)
	if at < 0 {
		return nil, fmt.Errorf("account %s reaches none of the directories %s", a.name, strings.Join(places, ", "))
	}
	dir = places[at]
	h := &Home{Path: filepath.Join(dir, homePrefix+rand.Text()), account: a}
	// It is written down before it is made, so that it is found wherever this process is killed.
	if err := h.enlist(list); err != nil {
		return nil, err
	}
	if err := errors.Join(os.Mkdir(h.Path, 0o700), a.own(h.Path)); err != nil {
		h.Remove()
		return nil, err
	}
	return h, nil
}

// listDir returns where the homes of this user are written down.
func listDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = filepath.Join(os.TempDir(), "xcmatrix-"+strconv.Itoa(os.Getuid()))
	}
	list := filepath.Join(cache, "xcmatrix", "servers")
	return list, os.MkdirAll(list, 0o700)
}

// enlist writes the home down. The lock on the entry ends with this process, however it ends.
func (h *Home) enlist(list string) error {
	path := filepath.Join(list, filepath.Base(h.Path))
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		if err := retry.Lock(f.Fd(), syscall.LOCK_EX); err != nil {
			f.Close()
			return err
		}
		// Somebody who sweeps may have taken the entry for a dead one's before it was locked.
		mine, errMine := f.Stat()
		there, errThere := os.Stat(path)
		if errMine == nil && errThere == nil && os.SameFile(mine, there) {
			h.entry = f
			_, err = fmt.Fprintln(f, h.Path)
			return err
		}
		f.Close()
	}
}

// note adds the server's process to the home's entry.
func (h *Home) note(pid int) error {
	started, err := startTime(pid)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(h.entry, pid, started)
	return err
}

// Remove removes the home and its entry.
func (h *Home) Remove() {
	os.RemoveAll(h.Path)
	if h.entry != nil {
		os.Remove(h.entry.Name())
		h.entry.Close()
	}
}

// sweep removes the homes whose owner is dead, and ends what still runs in them.
func sweep(list string) error {
	entries, err := os.ReadDir(list)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := sweepOne(filepath.Join(list, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("what an earlier run left (%s): %w", e.Name(), err)
		}
	}
	return nil
}

func sweepOne(entry string) error {
	f, err := os.Open(entry)
	if err != nil {
		return err
	}
	defer f.Close()
	if retry.Lock(f.Fd(), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil // its owner lives
	}
	text, err := os.ReadFile(entry)
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for _, line := range lines[1:] {
		endProcess(line)
	}
	if home := lines[0]; filepath.IsAbs(home) && strings.HasPrefix(filepath.Base(home), homePrefix) {
		if err := removed(home); err != nil {
			return err
		}
		// The dead owner's own directories around it go too, once they are empty.
		for dir := filepath.Dir(home); strings.Contains(dir, "xcmatrix-") && os.Remove(dir) == nil; dir = filepath.Dir(dir) {
		}
	}
	return os.Remove(entry)
}

// removed removes a directory in which a process that was just ended may still write.
func removed(dir string) (err error) {
	for range 100 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// endProcess kills the process of an entry's line "pid start", unless the number has passed to another process.
func endProcess(line string) {
	id, started, _ := strings.Cut(line, " ")
	pid, err := strconv.Atoi(id)
	if err != nil || pid <= 1 {
		return
	}
	if now, err := startTime(pid); err == nil && now == started {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// startTime returns the 22nd field of /proc/PID/stat, which with the number names a process for good (proc(5)).
func startTime(pid int) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	_, rest, _ := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
	fields := strings.Fields(rest)
	if len(fields) < 20 {
		return "", fmt.Errorf("/proc/%d/stat: %d fields", pid, len(fields))
	}
	return fields[19], nil
}

// WriteFile writes a file that only the home's account can read.
func (h *Home) WriteFile(name string, text []byte) error {
	path := filepath.Join(h.Path, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	return h.account.own(path)
}

// MkdirAll makes a directory that only the home's account can read.
func (h *Home) MkdirAll(name string) error {
	path := filepath.Join(h.Path, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return h.account.own(path)
}
