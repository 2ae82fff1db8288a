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

// mounts are the file systems to mount, in this order. Those that are not required are left out if the kernel lacks them.
var mounts = []struct {
	kind, path, options string
	required            bool
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

// setUp mounts file systems, loads the modules of the connection to the host, and sets up everything else that programs need.
// It continues after an error, and returns all of them. The other modules, laterModules, still have to be loaded.
func setUp() (problems []error, laterModules []string) {
	note := func(action string, err error) {
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", action, err))
		}
	}
	for _, m := range mounts {
		if err := os.MkdirAll(m.path, 0o755); err != nil && !m.required {
			continue // a kernel without the file system has no directory for it in /sys
		}
		err := retry.Call(func() error { return unix.Mount(m.kind, m.path, m.kind, 0, m.options) })
		if errors.Is(err, unix.EBUSY) || !m.required && errors.Is(err, unix.ENODEV) {
			continue
		}
		note("mount "+m.path, err)
	}
	first, later, err := moduleOrder("/modules")
	note("modules", err)
	note("modules", loadModules("/modules", first))
	note("entropy", addEntropy("/seed"))
	note("loopback", loopbackUp())
	note("cgroup", enableControllers("/sys/fs/cgroup"))
	note("hostname", unix.Sethostname([]byte("guest")))
	for name, to := range map[string]string{"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"} {
		if err := os.Symlink(to, filepath.Join("/dev", name)); err != nil && !errors.Is(err, os.ErrExist) {
			note(name, err)
		}
	}
	return problems, later
}

// addEntropy adds the host's random bytes at path to the kernel's entropy pool (RNDADDENTROPY, random(4)) and removes the file. A
// guest has no entropy when it has booted, and programs would wait for it.
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

// loopbackUp enables the loopback interface, as `ip link set lo up` does.
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

// enableControllers enables every cgroup controller of the kernel for the children of the root group.
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
