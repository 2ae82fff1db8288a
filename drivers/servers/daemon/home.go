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

	"github.com/xcmatrix/xcmatrix/drivers/child"
	"github.com/xcmatrix/xcmatrix/results/retry"
)

// homePrefix is the prefix of the names of directories that this package creates. It removes no others.
const homePrefix = "xcmatrix-server-"

// Home is the directory of a server. A list holds its path and the id of the server's process; the next start reads the list and
// removes what a killed process has left behind.
type Home struct {
	Path    string
	Env     []string // variables of its programs, beside those that every program gets
	account Account
	entry   *os.File // its file in the list, locked while this process lives
}

// NewHome creates a home in dir, or in a temporary directory if the account cannot enter dir. It first removes the homes of
// processes that have ended.
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
	// A payload's own temporary directory may be closed to other accounts; /tmp is not.
	places := []string{dir, os.TempDir(), "/tmp"}
	at := slices.IndexFunc(places, a.reaches)
	if at < 0 {
		return nil, fmt.Errorf("account %s reaches none of the directories %s", a.name, strings.Join(places, ", "))
	}
	dir = places[at]
	h := &Home{Path: filepath.Join(dir, homePrefix+rand.Text()), account: a}
	// The entry is written first, so that the home is found whenever this process is killed.
	if err := h.enlist(list); err != nil {
		return nil, err
	}
	if err := errors.Join(os.Mkdir(h.Path, 0o700), a.own(h.Path)); err != nil {
		h.Remove()
		return nil, err
	}
	return h, nil
}

// listDir returns the directory of the list of homes of this user, and creates it.
func listDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = filepath.Join(os.TempDir(), "xcmatrix-"+strconv.Itoa(os.Getuid()))
	}
	list := filepath.Join(cache, "xcmatrix", "servers")
	return list, os.MkdirAll(list, 0o700)
}

// enlist writes the entry of the home. The kernel releases its lock when this process ends for any reason.
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
		// Another process may have removed the entry before it was locked.
		opened, errOpened := f.Stat()
		current, errCurrent := os.Stat(path)
		if errOpened == nil && errCurrent == nil && os.SameFile(opened, current) {
			h.entry = f
			_, err = fmt.Fprintln(f, h.Path)
			return err
		}
		f.Close()
	}
}

// addProcess adds the server's process to the entry.
func (h *Home) addProcess(pid int) error {
	_, err := fmt.Fprintln(h.entry, child.Identity(pid))
	return err
}

// Remove removes the home and its entry. It ignores errors.
func (h *Home) Remove() {
	os.RemoveAll(h.Path)
	if h.entry != nil {
		os.Remove(h.entry.Name())
		h.entry.Close()
	}
}

// sweep removes the homes whose owners have ended, and kills processes that still run in them.
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

// sweepOne removes the home of an entry whose owner has ended.
func sweepOne(entry string) error {
	f, err := os.Open(entry)
	if err != nil {
		return err
	}
	defer f.Close()
	if retry.Lock(f.Fd(), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return nil // its owner is alive
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
		if err := removeAll(home); err != nil {
			return err
		}
		// The owner's directories above it are removed too if they are empty.
		for dir := filepath.Dir(home); strings.Contains(dir, "xcmatrix-") && os.Remove(dir) == nil; dir = filepath.Dir(dir) {
		}
	}
	return os.Remove(entry)
}

// removeAll removes a directory in which a process that was just killed may still write.
func removeAll(dir string) (err error) {
	for range 100 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return err
}

// endProcess kills the process in a line of an entry, unless another process has its id now.
func endProcess(line string) {
	id, _, _ := strings.Cut(line, ".")
	pid, err := strconv.Atoi(id)
	if err == nil && pid > 1 && child.Identity(pid) == line {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

// WriteFile writes a file in the home that only its account can read.
func (h *Home) WriteFile(name string, text []byte) error {
	path := filepath.Join(h.Path, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return err
	}
	return h.account.own(path)
}

// MkdirAll creates a directory in the home that only its account can read.
func (h *Home) MkdirAll(name string) error {
	path := filepath.Join(h.Path, name)
	if err := os.MkdirAll(path, 0o700); err != nil {
		return err
	}
	return h.account.own(path)
}
