package disk

import (
	"os"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// foreign are file systems of another machine or another operating system, by the magic number of statfs. POSIX and Linux do
// not define how these treat holes, names, locks, and files that are removed while open.
var foreign = map[int64]string{
	unix.NFS_SUPER_MAGIC: "NFS", unix.SMB_SUPER_MAGIC: "SMB", unix.CIFS_SUPER_MAGIC: "SMB", unix.SMB2_SUPER_MAGIC: "SMB",
	unix.V9FS_MAGIC: "9P", unix.FUSE_SUPER_MAGIC: "FUSE", unix.MSDOS_SUPER_MAGIC: "FAT", unix.EXFAT_SUPER_MAGIC: "exFAT",
	unix.AFS_SUPER_MAGIC: "AFS", unix.AFS_FS_MAGIC: "AFS", unix.CODA_SUPER_MAGIC: "Coda", unix.HOSTFS_SUPER_MAGIC: "hostfs",
	unix.ECRYPTFS_SUPER_MAGIC: "eCryptfs", unix.CEPH_SUPER_MAGIC: "Ceph", unix.ISOFS_SUPER_MAGIC: "ISO 9660",
	0x5346544e: "NTFS", 0x7366746e: "NTFS", 0x786f4256: "vboxsf", 0xbacbacbc: "vmhgfs", 0x0bd00bd0: "Lustre", 0x47504653: "GPFS",
	0x6a656a63: "virtiofs", 0x482b: "HFS+", 0x19830326: "BeeGFS",
}

// counting are the file systems whose st_blocks is the space of a file right after fsync. Others count later (ZFS), compress,
// or share blocks.
var counting = []int64{unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.TMPFS_MAGIC, unix.F2FS_SUPER_MAGIC}

// subvolumes are the file systems whose subvolumes have device numbers that are not in the list of mounts.
var subvolumes = []int64{unix.BTRFS_SUPER_MAGIC, 0xca451a4e} // the latter is bcachefs

// kindOf returns the magic number of the file system that holds a path.
func kindOf(path string) int64 {
	GinkgoHelper()
	var st unix.Statfs_t
	check.NoError(check.RetryEINTR(func() error { return unix.Statfs(path, &st) }))
	return magic(&st)
}

// magic returns the 32 bits of a file system's magic number; some architectures sign-extend it.
func magic(st *unix.Statfs_t) int64 { return int64(uint32(st.Type)) }

// onLocal registers specs that are skipped if temporary files are on a foreign file system.
func onLocal(specs func()) func() {
	return func() {
		BeforeEach(func() {
			var st unix.Statfs_t
			if check.Proving() || unix.Statfs(os.TempDir(), &st) != nil {
				return // the spec itself reports that the directory does not exist
			}
			if name, is := foreign[magic(&st)]; is {
				check.Skip(record.Sayf("the temporary directory is on %s, which guarantees less than a local disk: set TMPDIR to a directory on one",
					"临时目录位于 %s 上，其语义弱于本地磁盘：请将 TMPDIR 指向本地磁盘目录", name))
			}
		})
		specs()
	}
}
