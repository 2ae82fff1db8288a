// Package daemon runs a throw-away server program: under an account without privileges, in a directory of its own, and
// never longer than the process that started it.
package daemon

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// AbsentError says that a program is not installed.
type AbsentError struct{ Program string }

func (e *AbsentError) Error() string { return e.Program + " is not installed" }

// Account is who a server runs as. Database servers refuse to run as root.
type Account struct {
	name       string
	credential *syscall.Credential // nil: the account of this process
}

// Unprivileged returns this process's own account, or, when that is root, the first of names that the system knows.
func Unprivileged(names ...string) (Account, error) {
	if os.Geteuid() != 0 {
		return Account{}, nil
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return Account{}, fmt.Errorf("account %s: %w", name, err)
		}
		return Account{name: name, credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
	}
	return Account{}, fmt.Errorf("none of the accounts %s exists", strings.Join(names, ", "))
}

// own makes the account the owner of everything under path.
func (a Account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return filepath.WalkDir(path, func(p string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(p, int(a.credential.Uid), int(a.credential.Gid))
	})
}

// reaches reports whether the account may pass through every directory above and including path.
func (a Account) reaches(path string) bool {
	if a.credential == nil {
		return true
	}
	for p := path; ; p = filepath.Dir(p) {
		info, err := os.Stat(p)
		if err != nil || info.Mode().Perm()&1 == 0 {
			return false
		}
		if p == filepath.Dir(p) {
			return true
		}
	}
}
