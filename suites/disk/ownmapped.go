package disk

import (
	"bytes"
	"errors"
	"os"

	. "github.com/onsi/ginkgo/v2"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/loop"
	"github.com/xcmatrix/xcmatrix/suites/disk/mapper"
)

// mappedBytes is the size of the device that ours are made of.
const mappedBytes = 2 << 20

// needsMapper ends the spec if err says that the kernel has no device mapper, or lacks a kind of target, or that this process may not
// use it.
func needsMapper(err error) {
	GinkgoHelper()
	switch {
	case errors.Is(err, unix.EINVAL):
		check.Skip(record.Sayf("the kernel's device mapper has no such target: %v", "此内核的设备映射器不支持该目标类型：%v", err))
	case errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENXIO) || errors.Is(err, unix.ENOTTY):
		check.Skip(record.Say("the kernel has no device mapper, or has not loaded dm_mod", "此内核没有设备映射器，或未加载 dm_mod 模块"))
	}
	needsDevice(err)
	check.NoError(err)
}

// table makes a device's table over the device at a path.
type table func(node string) mapper.Target

func one(node string) mapper.Target   { return mapper.Linear(1<<20/sectorBytes, node, 0) }
func whole(node string) mapper.Target { return mapper.Linear(mappedBytes/sectorBytes, node, 0) }
func failing(string) mapper.Target    { return mapper.Error(1 << 20 / sectorBytes) }

// over is a mapped device, and the one that it is made of.
type over struct {
	*mapper.Device
	under *loop.Device
	file  *os.File // what the device below shows
}

// set gives the device another table.
func (o *over) set(t table) { needsMapper(o.Load(t(o.under.Node()))) }

// mapped makes a device with a table over a file, until the end of the spec.
func mapped(uuid string, t table) *over {
	GinkgoHelper()
	under, file := ownDevice(mappedBytes, loop.Options{})
	m, err := mapper.Create(uuid)
	needsMapper(err)
	o := &over{m, under, file}
	DeferCleanup(m.Remove)
	o.set(t)
	return o
}

// begins reports whether the first block of the device, read past the page cache, is full of a byte.
func (o *over) begins(fill byte) bool {
	GinkgoHelper()
	b, err := readBlock(o.Node())
	check.NoError(err)
	return bytes.Count(b, []byte{fill}) == len(b)
}

// block returns a block that is full of a byte, at an address that O_DIRECT takes.
func block(fill byte) []byte {
	b := aligned(4096, 4096)
	copy(b, bytes.Repeat([]byte{fill}, len(b)))
	return b
}

// readPast reads a device's first block past the page cache.
func readPast(node string) error {
	_, err := readBlock(node)
	return err
}

func readBlock(node string) ([]byte, error) {
	fd, err := unix.Open(node, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_DIRECT, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	b := block(0)
	_, err = unix.Pread(fd, b, 0)
	return b, err
}

// writePast writes a device's first block past the page cache.
func writePast(node string) error { return writeBlock(node, 1) }

func writeBlock(node string, fill byte) error {
	fd, err := unix.Open(node, unix.O_WRONLY|unix.O_CLOEXEC|unix.O_DIRECT, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, err = unix.Pwrite(fd, block(fill), 0)
	return err
}
