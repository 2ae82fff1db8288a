package abi

import (
	"encoding/binary"
	"errors"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"unsafe"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// figures are the size of a structure, and the offsets of some of its fields.
type figures []uintptr

// layout is the layout of a structure, by architecture; "" is any architecture.
type layout struct {
	name, source string
	here         figures
	want         map[string]figures
}

// structures returns structures whose layout the kernel's headers define. The sources are paths in Linux.
func structures() []layout {
	var (
		st unix.Stat_t
		ev unix.EpollEvent
		ts unix.Timespec
		un unix.Utsname
		su unix.RawSockaddrUnix
		s6 unix.RawSockaddrInet6
		fs unix.Statfs_t
		fl unix.Flock_t
		mh unix.Msghdr
		si unix.Sysinfo_t
		ru unix.Rusage
		de unix.Dirent
	)
	all := func(f ...uintptr) map[string]figures { return map[string]figures{"": f} }
	return []layout{
		{"stat: size; st_mode, st_nlink, st_size, st_blksize, st_blocks, st_atim", "arch/x86/include/uapi/asm/stat.h, include/uapi/asm-generic/stat.h",
			figures{unsafe.Sizeof(st), unsafe.Offsetof(st.Mode), unsafe.Offsetof(st.Nlink), unsafe.Offsetof(st.Size),
				unsafe.Offsetof(st.Blksize), unsafe.Offsetof(st.Blocks), unsafe.Offsetof(st.Atim)},
			map[string]figures{"amd64": {144, 24, 16, 48, 56, 64, 72}, "arm64": {128, 16, 20, 48, 56, 64, 72}, "loong64": {128, 16, 20, 48, 56, 64, 72}}},
		{"epoll_event: size; data", "include/uapi/linux/eventpoll.h (packed on x86-64 only)",
			figures{unsafe.Sizeof(ev), unsafe.Offsetof(ev.Fd)},
			map[string]figures{"amd64": {12, 4}, "arm64": {16, 8}, "loong64": {16, 8}}},
		{"timespec: size; tv_nsec", "include/uapi/linux/time.h",
			figures{unsafe.Sizeof(ts), unsafe.Offsetof(ts.Nsec)}, all(16, 8)},
		{"new_utsname: size; release, machine", "include/uapi/linux/utsname.h",
			figures{unsafe.Sizeof(un), unsafe.Offsetof(un.Release), unsafe.Offsetof(un.Machine)}, all(390, 130, 260)},
		{"sockaddr_un: size; sun_path", "include/uapi/linux/un.h",
			figures{unsafe.Sizeof(su), unsafe.Offsetof(su.Path)}, all(110, 2)},
		{"sockaddr_in6: size; sin6_addr, sin6_scope_id", "include/uapi/linux/in6.h",
			figures{unsafe.Sizeof(s6), unsafe.Offsetof(s6.Addr), unsafe.Offsetof(s6.Scope_id)}, all(28, 8, 24)},
		{"statfs: size; f_bsize, f_bavail, f_frsize", "include/uapi/asm-generic/statfs.h",
			figures{unsafe.Sizeof(fs), unsafe.Offsetof(fs.Bsize), unsafe.Offsetof(fs.Bavail), unsafe.Offsetof(fs.Frsize)}, all(120, 8, 32, 72)},
		{"flock: size; l_start, l_pid", "include/uapi/asm-generic/fcntl.h",
			figures{unsafe.Sizeof(fl), unsafe.Offsetof(fl.Start), unsafe.Offsetof(fl.Pid)}, all(32, 8, 24)},
		{"user_msghdr: size; msg_iov, msg_controllen, msg_flags", "include/linux/socket.h",
			figures{unsafe.Sizeof(mh), unsafe.Offsetof(mh.Iov), unsafe.Offsetof(mh.Controllen), unsafe.Offsetof(mh.Flags)}, all(56, 16, 40, 48)},
		{"sysinfo: size; totalram, procs, mem_unit", "include/uapi/linux/sysinfo.h",
			figures{unsafe.Sizeof(si), unsafe.Offsetof(si.Totalram), unsafe.Offsetof(si.Procs), unsafe.Offsetof(si.Unit)}, all(112, 32, 80, 104)},
		{"rusage: size; ru_maxrss", "include/uapi/linux/resource.h",
			figures{unsafe.Sizeof(ru), unsafe.Offsetof(ru.Maxrss)}, all(144, 32)},
		{"linux_dirent64: d_reclen, d_type, d_name", "include/linux/dirent.h",
			figures{unsafe.Offsetof(de.Reclen), unsafe.Offsetof(de.Type), unsafe.Offsetof(de.Name)}, all(16, 18, 19)},
	}
}

func layouts() {
	for _, s := range structures() {
		It("of "+s.name, func() {
			want, known := s.want[""]
			if !known {
				want, known = s.want[runtime.GOARCH]
			}
			if !known {
				check.Skip(record.Sayf("no layout is listed for %s", "未列出 %s 的结构布局", runtime.GOARCH))
			}
			Expect(check.Fact("layout of "+s.name, s.here)).To(Equal(want), s.source)
		})
	}
	It("of a mixed Go structure is the same everywhere", func() {
		type mixed struct {
			a bool
			b int64
			c uint16
			d float32
			e byte
			f complex128
			g [3]byte
			h uintptr
		}
		var m mixed
		here := []uintptr{unsafe.Sizeof(m), unsafe.Alignof(m), unsafe.Offsetof(m.a), unsafe.Offsetof(m.b), unsafe.Offsetof(m.c), unsafe.Offsetof(m.d),
			unsafe.Offsetof(m.e), unsafe.Offsetof(m.f), unsafe.Offsetof(m.g), unsafe.Offsetof(m.h)}
		here = check.Fact("layout of a Go structure", here)
		check.Observe("Go structure layout", here)
		Expect(here).To(Equal([]uintptr{64, 8, 0, 8, 16, 20, 24, 32, 48, 56}))
	})
}

// filled has the specs on structures that the kernel fills. They read bytes, not fields, at the places where its headers put them.
func filled() {
	It("stat holds size, mode and links where the layout says", func() {
		f := tempFile(make([]byte, 12345))
		names := 1
		if os.Link(f.Name(), f.Name()+".second") == nil { // FAT and some views of a host's directories have no links
			names = 2
		}
		var st unix.Stat_t
		check.NoError(unix.Fstat(int(f.Fd()), &st))
		raw := unsafe.Slice((*byte)(unsafe.Pointer(&st)), unsafe.Sizeof(st))
		mode, links := 16, 20
		if runtime.GOARCH == "amd64" {
			mode, links = 24, 16
		}
		raw = check.Fact("bytes of stat", raw)
		Expect(binary.LittleEndian.Uint64(raw[48:])).To(BeEquivalentTo(12345))
		Expect(binary.LittleEndian.Uint32(raw[mode:]) & unix.S_IFMT).To(BeEquivalentTo(unix.S_IFREG))
		Expect(binary.LittleEndian.Uint32(raw[links:])).To(BeEquivalentTo(names))
	})
	It("epoll gives back the data it was given", func() {
		var pipe [2]int
		check.NoError(unix.Pipe2(pipe[:], unix.O_CLOEXEC))
		DeferCleanup(func() { unix.Close(pipe[0]); unix.Close(pipe[1]) })
		ep, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
		check.NoError(err)
		DeferCleanup(unix.Close, ep)
		ask := unix.EpollEvent{Events: unix.EPOLLIN, Fd: 0x11223344, Pad: 0x55667788}
		check.NoError(unix.EpollCtl(ep, unix.EPOLL_CTL_ADD, pipe[0], &ask))
		_, err = unix.Write(pipe[1], []byte{1})
		check.NoError(err)
		events := make([]unix.EpollEvent, 2) // two: a wrong element size would show in the second
		n := 0
		check.NoError(check.RetryEINTR(func() (err error) { n, err = unix.EpollWait(ep, events, -1); return err }))
		Expect(check.Fact("events of epoll", n)).To(Equal(1))
		events = check.Fact("data of two events of epoll", events)
		Expect(events[0]).To(Equal(ask))
		Expect(events[1]).To(BeZero())
	})
	It("sockaddr_un holds the path after the family", func() {
		seen := check.Gather("path of a socket, and the kernel's address of it", socketAddress)
		Expect(binary.LittleEndian.Uint16(seen.address)).To(BeEquivalentTo(unix.AF_UNIX))
		Expect(string(seen.address[2 : len(seen.address)-1])).To(Equal(seen.path))
	})
	writtenSpecs()
	It("getdents64 lists what a directory holds", func() {
		dir := check.TempDir()
		check.NoError(os.WriteFile(filepath.Join(dir, "one"), nil, 0o600))
		fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		check.NoError(err)
		DeferCleanup(unix.Close, fd)
		buf := make([]byte, 4096)
		n, err := unix.Getdents(fd, buf)
		check.NoError(err)
		_, _, names := unix.ParseDirent(buf[:n], -1, nil)
		Expect(check.Fact("names by getdents64", names)).To(ConsistOf("one"))
	})
}

// bound is the path that a socket was bound to, and the address that the kernel gives.
type bound struct {
	path    string
	address []byte
}

// socketAddress binds a socket to a path; the spec is skipped where the file system holds none.
func socketAddress() bound {
	GinkgoHelper()
	path := filepath.Join(check.TempDir(), "s")
	if len(path) > 107 {
		check.Skip(record.Say("the temporary directory's path is too long for a socket", "临时目录路径过长，无法创建套接字"))
	}
	l, err := net.Listen("unix", path)
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.EINVAL) {
		check.Skip(record.Sayf("the temporary directory's file system holds no sockets: %v", "临时目录所在文件系统不支持套接字文件：%v", err))
	}
	check.NoError(err)
	DeferCleanup(l.Close)
	raw, err := l.(*net.UnixListener).SyscallConn()
	check.NoError(err)
	buf := make([]byte, 110)
	size := uint32(len(buf))
	check.NoError(raw.Control(func(fd uintptr) {
		_, _, errno := unix.Syscall(unix.SYS_GETSOCKNAME, fd, uintptr(unsafe.Pointer(&buf[0])), uintptr(unsafe.Pointer(&size)))
		Expect(errno).To(BeZero())
	}))
	return bound{path, buf[:size]}
}
