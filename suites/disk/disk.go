// Package disk checks what programs rely on about disks: the block devices in /sys/block, the figures that gopsutil computes
// from the kernel's, and the behaviour of files on the temporary directory's file system.
package disk

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/raw"
)

// Suite is the item disk.
var Suite = check.Suite{Item: "disk", Specs: specs, Slots: 1, Waits: true, Reads: []string{record.CutVariable, raw.Variable}} // a kernel lets a disk go after five seconds

func specs() {
	Context("block device", blocks)
	Context("plug", check.Within(2*time.Minute), plugs)
	Context("replacement", check.Within(5*time.Minute), replugSpecs)
	Context("removal of a device", removalSpecs)
	Context("size of a device", sizeSpecs)
	Context("kind", kindSpecs)
	Context("error", errorSpecs)
	Context("sysfs", sysfsSpecs)
	Context("usage", usages)
	Context("mapped device", mappedSpecs)
	Context("file system", ownSystemSpecs)
	Context("quota", quotaSpecs)
	Context("mounts", mounts)
	Context("file", onLocal(files))
	Context("direct access", onLocal(alignments))
	Context("name", onLocal(names))
	Context("queue", onLocal(queues))
	Context("space", onLocal(spaces))
	Context("lock", onLocal(locks))
	Context("mapping", onLocal(mappings))
	Context("speed", check.Within(time.Minute), speeds)
	Context("time", check.Within(time.Minute), jobSpecs)
	Context("queue time", queueSpeeds)
	Context(rawContext, rawSpecs)
	check.UnplannedSection("power cut", cutSpecs)
}

// fresh creates a file in a new directory. Both are removed at the end of the spec.
func fresh() *os.File { return freshIn(check.TempDir()) }

func freshIn(dir string) *os.File {
	GinkgoHelper()
	f, err := os.OpenFile(filepath.Join(dir, "file"), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	check.NoError(err)
	DeferCleanup(func() { _ = f.Close() }) // a spec may have closed it
	return f
}

// needsFileSystem skips the spec if err says that the file system does not support the operation.
func needsFileSystem(err error, what string) {
	GinkgoHelper()
	check.SkipUnlessKernelAnswered(err)
	for _, lacks := range []error{unix.EOPNOTSUPP, unix.ENOSYS, unix.EINVAL, unix.ENOLCK, unix.EISDIR, unix.ENODEV, unix.ENOTTY} {
		if errors.Is(err, lacks) {
			check.Skip(record.Sayf("the temporary directory's file system has no %[1]s: %[2]v",
				"临时目录所在文件系统不支持 %[1]s：%[2]v", what, err))
		}
	}
	check.NoError(err)
}

// random returns random bytes, the same for the same plan.
func random(n int) []byte {
	r, bytes := check.Rand(), make([]byte, n)
	for i := range bytes {
		bytes[i] = byte(r.Uint32())
	}
	return bytes
}
