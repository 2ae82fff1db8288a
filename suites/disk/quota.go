package disk

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

const (
	// limitedSystem are the options of a file system in memory of 32 MiB, of which each user may have one, in ten inodes. Root has no limit.
	limitedSystem = "size=32m,mode=1777,usrquota,usrquota_block_hardlimit=1m,usrquota_inode_hardlimit=10"

	oneUser, otherUser = 64001, 64002
)

// quotaSpecs are about users who have used what they may have, on a file system that is not full: Linux 6.6, with CONFIG_TMPFS_QUOTA.
func quotaSpecs() {
	It("that is used up says EDQUOT, although the file system has space, and keeps what was written", func() {
		f := check.Gather("a quota that was used up", func() filled { return limited(oneUser, fill) })
		Expect(f.err).To(MatchError(unix.EDQUOT))
		Expect(f.free).To(BeNumerically(">=", 30<<20), "bytes free on the file system")
		Expect(f.kept).To(BeTrue(), "what was written before reads back")
	})
	It("gives as much again when the file is removed", func() {
		f := check.Gather("a quota that was used up", func() filled { return limited(oneUser, fill) })
		Expect(f.wrote).To(BeNumerically(">", 0))
		Expect(f.again).To(Equal(f.wrote))
	})
	It("of inodes that is used up says EDQUOT, although there is space", func() {
		f := check.Gather("a quota of inodes that was used up", func() filled { return limited(oneUser, fillInodes) })
		Expect(f.err).To(MatchError(unix.EDQUOT))
	})
	It("of one user leaves another her own", func() {
		Expect(check.Gather("writes of a second user when the first has used up her quota", secondUser)).To(Equal([2]error{unix.EDQUOT, nil}))
	})
	It("that is used up leaves a file as long as it was when more is asked for by fallocate", func() {
		f := check.Gather("a file for which more was allocated than its user may have", func() filled { return limited(oneUser, allocateTooMuch) })
		Expect(f.err).To(MatchError(unix.EDQUOT))
		Expect(f.wrote).To(BeEquivalentTo(3))
	})
}

// limited returns what look finds as a user with a quota.
func limited[T any](user int, look func(dir string) (T, error)) (seen T) {
	GinkgoHelper()
	mounted("tmpfs", limitedSystem, func(dir string) (err error) {
		if err := become(user); err != nil {
			return err
		}
		seen, err = look(dir)
		return err
	})
	return seen
}

// become makes this thread a user as far as files go, and one whom quotas bind: the thread ends with the mount namespace.
func become(user int) error {
	head := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&head, &data[0]); err != nil {
		return err
	}
	data[0].Effective &^= 1 << unix.CAP_SYS_RESOURCE
	if err := unix.Capset(&head, &data[0]); err != nil {
		return err
	}
	if _, err := unix.SetfsuidRetUid(user); err != nil {
		return err
	}
	if is, err := unix.SetfsuidRetUid(-1); err != nil || is != user {
		return fmt.Errorf("this thread is user %d for files, not %d: %v", is, user, err)
	}
	return nil
}

// secondUser returns the answers to writes of 2 MiB by a user, and of 64 KiB by another.
func secondUser() (answers [2]error) {
	GinkgoHelper()
	mounted("tmpfs", limitedSystem, func(dir string) error {
		for i, user := range []int{oneUser, otherUser} {
			if err := become(user); err != nil {
				return err
			}
			size := []int{2 << 20, 64 << 10}[i]
			err := os.WriteFile(filepath.Join(dir, fmt.Sprint(user)), bytes.Repeat([]byte{1}, size), 0o600)
			var errno unix.Errno
			if errors.As(err, &errno) {
				err = errno
			}
			answers[i] = err
		}
		return nil
	})
	return answers
}
