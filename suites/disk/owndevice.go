package disk

import (
	"errors"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
	"github.com/xcmatrix/xcmatrix/suites/disk/mounting"
)

// needsDevice ends the spec if err says that this process can make no block device of a file.
func needsDevice(err error) {
	GinkgoHelper()
	switch {
	case errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM):
		if os.Geteuid() == 0 {
			check.SkipUnlessKernelAnswered(err)
		}
		check.Miss(record.Say("only root may make a block device of a file", "只有 root 可以将文件设为块设备"), record.Say("run as root", "以 root 身份运行"))
	case errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENOTTY) || errors.Is(err, unix.ENOSYS):
		check.Skip(record.Sayf("the kernel makes no block devices of files here: %v", "此处内核不能将文件设为块设备：%v", err))
	}
}

// ownDevice makes a block device of a new file with a size, until the end of the spec.
func ownDevice(bytes int64, o loop.Options) (*loop.Device, *os.File) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("requests to a device would be the host's", "对设备的请求由宿主机内核处理"))
	f := fresh()
	check.NoError(f.Truncate(bytes))
	return attached(f, o), f
}

// attached makes a block device of a file, until the end of the spec.
func attached(f *os.File, o loop.Options) *loop.Device {
	GinkgoHelper()
	d, err := loop.Add()
	needsDevice(err)
	check.NoError(err)
	DeferCleanup(d.Close)
	err = d.Attach(f, o)
	needsDevice(err)
	if errors.Is(err, unix.EINVAL) && o.Block != 0 {
		check.Skip(record.Sayf("the kernel makes no block device with blocks of %d bytes of this file: %v", "内核不支持以 %d 字节为块的此类设备：%v", o.Block, err))
	}
	check.NoError(err)
	return d
}

// mounted mounts a file system that only this spec sees, and calls f with its directory on a thread of its own: f must not end the
// spec, and returns errors instead.
func mounted(kind, options string, f func(dir string) error) {
	GinkgoHelper()
	check.NeedsKernel(record.Say("the file system would be the host's", "文件系统由宿主机内核提供"))
	dir := filepath.Join(check.TempDir(), "mounted")
	needsMount(mounting.Within(func() error { return mounting.Mount("none", kind, options, 0, dir, f) }))
}

// needsMount ends the spec if err says that this process may not mount, or that the kernel lacks the file system.
func needsMount(err error) {
	GinkgoHelper()
	var namespace *mounting.NoNamespace
	var system *mounting.NoFileSystem
	switch {
	case errors.As(err, &namespace):
		if os.Geteuid() == 0 {
			check.SkipUnlessKernelAnswered(err)
		}
		if errors.Is(err, unix.EPERM) {
			check.Miss(record.Say("only root may mount a file system", "只有 root 可以挂载文件系统"), record.Say("run as root", "以 root 身份运行"))
		}
	case errors.As(err, &system):
		check.SkipUnlessKernelAnswered(err)
		if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL) {
			check.Skip(record.Sayf("this kernel does not mount %s so: %v", "此内核不能这样挂载 %s：%v", system.Kind, err))
		}
	}
	check.NoError(err)
}
