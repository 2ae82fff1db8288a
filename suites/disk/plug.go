package disk

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// plugSize is the size of the disk that is plugged in, in MiB.
const plugSize = 24

// seenTime is how long the kernel may take to show a disk that has been plugged in, or to remove one that has been unplugged.
const seenTime = 10 * time.Second

func plugs() {
	It("disk plugged in shows its size and holds what is written; pulled out, it ends what uses it", func() {
		p := check.Gather("a disk that is plugged in, written, read and pulled out", pluggedAndPulled)
		Expect(p.sectors*sectorBytes).To(BeEquivalentTo(plugSize<<20), "by sysfs")
		Expect(p.bytes).To(BeEquivalentTo(plugSize << 20))
		Expect(p.readBack).To(BeTrue())
		Expect(p.ended).To(BeTrue(), "what reads the disk goes on, or hangs")
		check.ObserveDiffers("read of a disk pulled out", said(p.last), record.Say("a driver may end it by an error or by an end of file",
			"驱动可能返回错误，也可能返回文件结尾"))
		Expect(p.last).To(Or(Succeed(), MatchError(unix.EIO), MatchError(unix.ENXIO), MatchError(unix.ENODEV)))
		Expect(p.written).NotTo(Succeed(), "a write to what is not there")
		Expect(p.size).To(MatchError(unix.ENODEV), "its size, held open")
		Expect(p.stays).To(BeFalse(), "its directory in sysfs is there")
		Expect(p.opened).To(Or(MatchError(unix.ENOENT), MatchError(unix.ENXIO)))
	})
}

// plugged is what became of a disk that was plugged in and pulled out again.
type plugged struct {
	sectors, bytes uint64 // by sysfs, and by the device
	readBack       bool   // what was written is read
	ended          bool   // a read ends when the disk is pulled out, as last
	last           error
	written        error // a write to the disk that is not there any more
	size           error // a read of its size in sysfs, held open
	stays          bool  // its directory in sysfs
	opened         error // its node
}

func pluggedAndPulled() (p plugged) {
	GinkgoHelper()
	before := devices()
	slot := ask(record.Plug{In: &record.Disk{Bus: "virtio", Size: plugSize}})
	in := true
	DeferCleanup(func() {
		if in {
			ask(record.Plug{Out: slot})
		}
	})
	disk := appeared(before)
	p.sectors = number(disk, "size")
	node := filepath.Join("/dev", disk)
	bytes, err := deviceBytes(node)
	check.NoError(err)
	p.bytes = bytes
	fd, same := writtenAndRead(node)
	p.readBack = same

	size, err := os.Open(filepath.Join("/sys/block", disk, "size"))
	check.NoError(err)
	DeferCleanup(size.Close)
	ended := used(fd)
	ask(record.Plug{Out: slot})
	in = false
	select {
	case p.last = <-ended:
		p.ended = true
	case <-time.After(check.ScaledTimeout(seenTime)):
		return p
	}
	p.written = write(fd)
	_, p.size = size.ReadAt(make([]byte, 32), 0)
	_, err = os.Stat(filepath.Join("/sys/block", disk))
	p.stays = err == nil
	_, p.opened = unix.Open(node, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	return p
}

// ask asks the host of this virtual machine to plug a disk in or out, and waits for the answer.
func ask(p record.Plug) (slot int) {
	GinkgoHelper()
	address := os.Getenv(record.PlugVariable)
	switch {
	case check.Launch().Provenance != record.VM:
		check.Skip(record.Say("a disk can be plugged only into a running virtual machine", "只有虚拟机能在运行中插入磁盘"))
	case address == "":
		check.Miss(record.Say("this virtual machine has no slot for a disk", "此虚拟机没有磁盘插槽"),
			record.Say("start it by `xcmatrix run`", "请用 `xcmatrix run` 启动"))
	}
	conn, err := net.Dial("unix", address)
	check.NoError(err)
	defer conn.Close()
	check.NoError(json.NewEncoder(conn).Encode(p))
	var told record.Plugged
	check.NoError(json.NewDecoder(conn).Decode(&told))
	if told.Problem != nil {
		check.Error(*told.Problem)
	}
	return told.Slot
}

// appeared waits for a device that was not there before, and returns its name. Linux creates its node some time before the node
// can be opened.
func appeared(before []string) (name string) {
	GinkgoHelper()
	Eventually(func() string {
		for _, d := range devices() {
			if slices.Contains(before, d) {
				continue
			}
			f, err := os.Open(filepath.Join("/dev", d))
			if err == nil {
				f.Close()
			}
			if !errors.Is(err, unix.ENXIO) && !errors.Is(err, unix.ENOENT) {
				name = d
			}
		}
		return name
	}, check.ScaledTimeout(seenTime)).ShouldNot(BeEmpty(), "the kernel shows no new disk")
	return name
}

const plugBlock = 4096

// writtenAndRead writes to a disk without the page cache, reads the bytes back, and leaves the disk open. It reports whether what it
// read is the same.
func writtenAndRead(node string) (fd int, same bool) {
	GinkgoHelper()
	fd, err := unix.Open(node, unix.O_RDWR|unix.O_CLOEXEC|unix.O_DIRECT, 0)
	check.NoError(err)
	DeferCleanup(unix.Close, fd)
	wrote, read := aligned(plugBlock, plugBlock), aligned(plugBlock, plugBlock)
	copy(wrote, random(plugBlock))
	same = true
	for _, at := range []int64{0, plugSize<<20 - plugBlock} {
		_, err = unix.Pwrite(fd, wrote, at)
		check.NoError(err)
		n, err := unix.Pread(fd, read, at)
		check.NoError(err)
		same = same && bytes.Equal(read[:n], wrote)
	}
	return fd, same
}

// used reads a disk again and again until a read fails, and returns the error; nil at an end of file.
func used(fd int) <-chan error {
	ended := make(chan error, 1)
	go func() {
		buffer := aligned(plugBlock, plugBlock)
		for {
			n, err := unix.Pread(fd, buffer, 0)
			if errors.Is(err, unix.EINTR) {
				continue
			}
			if err != nil || n == 0 {
				ended <- err
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return ended
}

func write(fd int) error {
	_, err := unix.Pwrite(fd, aligned(plugBlock, plugBlock), 0)
	return err
}

func said(err error) string {
	if err == nil {
		return "end of file"
	}
	return err.Error()
}
