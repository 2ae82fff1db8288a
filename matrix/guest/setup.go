package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/retry"
)

// mounts in their order. What a kernel was built without is left out.
var mounts = []struct {
	kind, at, data string
	must           bool
}{
	{"proc", "/proc", "", true},
	{"sysfs", "/sys", "", true},
	{"devtmpfs", "/dev", "", true},
	{"devpts", "/dev/pts", "ptmxmode=0666", false},
	{"tmpfs", "/dev/shm", "", false},
	{"tmpfs", "/run", "", false},
	{"tmpfs", "/tmp", "mode=1777", false},
	{"cgroup2", "/sys/fs/cgroup", "", false},
	{"securityfs", "/sys/kernel/security", "", false},
	{"debugfs", "/sys/kernel/debug", "", false},
	{"configfs", "/sys/kernel/config", "", false},
	{"mqueue", "/dev/mqueue", "", false},
}

// setUp makes of a bare kernel a machine that programs can live on, but for the modules that it gives. It goes on past
// what does not work.
func setUp() (problems []error, rest []string) {
	note := func(what string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", what, err))
		}
	}
	for _, m := range mounts {
		if err := os.MkdirAll(m.at, 0o755); err != nil && !m.must {
			continue // a kernel without the file system has no place for it either
		}
		err := retry.Call(func() error { return unix.Mount(m.kind, m.at, m.kind, 0, m.data) })
		if errors.Is(err, unix.EBUSY) || !m.must && errors.Is(err, unix.ENODEV) {
			continue
		}
		note("mount "+m.at, err)
	}
	first, rest, err := moduleOrder("/modules")
	note("modules", err)
	note("modules", loadModules("/modules", first))
	note("entropy", addEntropy("/seed"))
	note("loopback", loopbackUp())
	note("cgroup", enableControllers("/sys/fs/cgroup"))
	note("hostname", unix.Sethostname([]byte("guest")))
	for name, value := range map[string]string{"PATH": "/bin:/sbin:/usr/bin:/usr/sbin", "HOME": "/root", "TMPDIR": "/tmp", "TERM": "dumb"} {
		note(name, os.Setenv(name, value))
	}
	for name, to := range map[string]string{"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		if err := os.Symlink(to, filepath.Join("/dev", name)); err != nil && !errors.Is(err, os.ErrExist) {
			note(name, err)
		}
	}
	return problems, rest
}

// addEntropy gives the kernel the host's random bytes and credits them: a virtual machine at its start has none, and
// programs would wait for them (random(4), RNDADDENTROPY).
func addEntropy(path string) error {
	seed, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	pool := struct {
		bits, size int32
		bytes      [64]byte
	}{}
	pool.size = int32(copy(pool.bytes[:], seed))
	pool.bits = pool.size * 8
	f, err := os.OpenFile("/dev/urandom", os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, f.Fd(), unix.RNDADDENTROPY, uintptr(unsafe.Pointer(&pool)))
	if errno != 0 {
		return errno
	}
	return os.Remove(path)
}

// loopbackUp is `ip link set lo up`.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

// enableControllers gives the children of the root group every controller that the kernel has.
func enableControllers(root string) error {
	raw, err := os.ReadFile(filepath.Join(root, "cgroup.controllers"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range strings.Fields(string(raw)) {
		if err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("+"+name), 0); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
