// Package daemon runs a temporary server program under an account without privileges and in its own directory. The server ends with
// the process that has started it.
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

// AbsentError is the error for a program that is not installed.
type AbsentError struct{ Program string }

func (e *AbsentError) Error() string { return e.Program + " is not installed" }

// Account is the account under which a server runs. Database servers refuse to run as root.
type Account struct {
	name       string
	credential *syscall.Credential // nil: the account of this process
}

// Unprivileged returns the account of this process, or, if that is root, the first account of names that exists. It returns an
// error if none exists. Without names it is the account of this process, for programs that root may run.
func Unprivileged(names ...string) (Account, error) {
	if os.Geteuid() != 0 || len(names) == 0 {
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

// own makes the account the owner of path and everything below it.
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

// reaches reports whether the account may enter path and all directories above it.
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
