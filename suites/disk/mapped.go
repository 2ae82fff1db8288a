package disk

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/device"
	"github.com/xcmatrix/xcmatrix/suites/disk/mapper"
)

// mappedSpecs make devices that show a part of another, fail, or lose writes, as disks do that are worn out.
func mappedSpecs() {
	It("of one MiB has one MiB, by sysfs and by the device", func() {
		Expect(check.Gather("bytes of a mapped device of one MiB", func() [2]uint64 {
			m := mapped("", one)
			bytes, err := deviceBytes(m.Node())
			check.NoError(err)
			return [2]uint64{number(m.Name(), "size") * sectorBytes, bytes}
		})).To(Equal([2]uint64{1 << 20, 1 << 20}))
	})
	It("shows the part of the other device that its table names", func() {
		Expect(check.Gather("what a mapped device reads that begins at the second MiB", secondPart)).To(Equal("the second MiB"))
	})
	It("names the device below it", func() {
		Expect(check.Gather("devices below a mapped one, and whether that is named", below)).To(Equal([]string{"the one below"}))
	})
	It("is of the kind mapper, with the name and identity that it was given", func() {
		Expect(check.Gather("kind, name and identity of a mapped device", func() [3]string { return identity("LVM-xcmatrix") })).
			To(Equal([3]string{string(device.Mapper), "its name", "LVM-xcmatrix"}))
	})
	It("with the identity of several paths to one disk is of the kind multipath", func() {
		Expect(check.Gather("kind of a mapped device with the identity of a multipath one", func() string { return identity("mpath-xcmatrix")[0] })).
			To(Equal(string(device.Multipath)))
	})
	It("that gets a longer table is larger to who has it open", func() {
		Expect(check.Gather("bytes of a mapped device before and behind a longer table", longerTable)).To(Equal([2]uint64{1 << 20, mappedBytes}))
	})
	It("that is suspended lets a read wait, and goes on with it", func() {
		Expect(check.Gather("a read of a mapped device that is suspended", suspendedRead)).To(Equal(waited{waits: true, read: true}))
	})
	It("that fails ends a read past the page cache with EIO", func() {
		Expect(check.Gather("a read of a mapped device that fails", func() error { return fail(readPast) })).To(MatchError(unix.EIO))
	})
	It("that fails ends a write past the page cache with EIO", func() {
		Expect(check.Gather("a write to a mapped device that fails", func() error { return fail(writePast) })).To(MatchError(unix.EIO))
	})
	It("that fails behind a write says so at fsync", func() {
		f := check.Gather("a mapped device that fails between write and fsync, and works again", failsBetween)
		Expect(f.written).To(Succeed(), "the write, which the page cache takes")
		Expect(f.synced).To(MatchError(unix.EIO))
	})
	It("that failed does not have what fsync refused, and fsync does not say so again", func() {
		f := check.Gather("a mapped device that fails between write and fsync, and works again", failsBetween)
		Expect(f.again).To(Succeed(), "fsync once more: who asks twice must not take that for a success")
		Expect(f.there).To(BeFalse(), "what fsync refused is on the device")
	})
	It("that failed keeps what is written when it works again", func() {
		f := check.Gather("a mapped device that fails between write and fsync, and works again", failsBetween)
		Expect(f.after).To(Succeed())
		Expect(f.kept).To(BeTrue())
	})
	It("that loses writes in silence is seen by reading past the page cache, and not by fsync", func() {
		Expect(check.Gather("what a device has that loses writes in silence", func() durable { return flaky("drop_writes") })).
			To(Equal(durable{there: false}))
	})
	It("that refuses writes alone still reads what it has", func() {
		d := check.Gather("what a device has that refuses writes", func() durable { return flaky("error_writes") })
		Expect(d.written).To(MatchError(unix.EIO))
		Expect(d.read).To(Succeed())
	})
}

func secondPart() string {
	GinkgoHelper()
	m := mapped("", func(node string) mapper.Target { return mapper.Linear(1<<20/sectorBytes, node, 1<<20/sectorBytes) })
	_, err := m.file.WriteAt([]byte("the second MiB"), 1<<20)
	check.NoError(err)
	f, err := os.Open(m.Node())
	check.NoError(err)
	defer f.Close()
	read := make([]byte, len("the second MiB"))
	_, err = io.ReadFull(f, read)
	check.NoError(err)
	return string(read)
}

func below() (names []string) {
	GinkgoHelper()
	m := mapped("", one)
	entries, err := os.ReadDir(filepath.Join("/sys/block", m.Name(), "slaves"))
	check.NoError(err)
	for _, e := range entries {
		name := "another"
		if e.Name() == m.under.Name() {
			name = "the one below"
		}
		names = append(names, name)
	}
	return names
}

func identity(uuid string) [3]string {
	GinkgoHelper()
	m := mapped(uuid+"-"+fmt.Sprint(os.Getpid()), one)
	kind, err := device.KindOf("/sys/block", m.Name())
	check.NoError(err)
	text := func(name string) string {
		return string(bytes.TrimSuffix([]byte(attribute(m.Name(), name)), []byte("\n")))
	}
	name := "another name"
	if text("dm/name") == m.Mapped() {
		name = "its name"
	}
	return [3]string{string(kind), name, string(bytes.TrimSuffix([]byte(text("dm/uuid")), []byte("-"+fmt.Sprint(os.Getpid()))))}
}

func longerTable() (bytes [2]uint64) {
	GinkgoHelper()
	m := mapped("", one)
	f, err := os.Open(m.Node())
	check.NoError(err)
	defer f.Close()
	for i := range bytes {
		end, err := f.Seek(0, io.SeekEnd)
		check.NoError(err)
		bytes[i] = uint64(end)
		m.set(whole)
	}
	return bytes
}

// waited is what became of a read of a device that was suspended.
type waited struct{ waits, read bool }

func suspendedRead() (w waited) {
	GinkgoHelper()
	m := mapped("", one)
	check.NoError(m.Suspend())
	ended := make(chan error, 1)
	go func() { ended <- readPast(m.Node()) }()
	select {
	case <-ended:
	case <-time.After(100 * time.Millisecond):
		w.waits = true
	}
	check.NoError(m.Resume())
	if w.waits {
		w.read = <-ended == nil
	}
	return w
}

// fail returns the answer of a device that fails.
func fail(do func(node string) error) error {
	GinkgoHelper()
	return do(mapped("", failing).Node())
}

// failedBetween is what became of a write to a device that failed before fsync, and worked again behind it.
type failedBetween struct {
	written, synced, again error // again: fsync a second time, when the device works
	there                  bool  // what was written is on the device
	after                  error // another write with fsync
	kept                   bool  // that is on the device
}

func failsBetween() (f failedBetween) {
	GinkgoHelper()
	m := mapped("", one)
	node, err := os.OpenFile(m.Node(), os.O_RDWR, 0)
	check.NoError(err)
	defer node.Close()
	_, f.written = node.WriteAt(bytes.Repeat([]byte{2}, 4096), 0)
	m.set(failing)
	f.synced = node.Sync()
	m.set(one)
	f.again = node.Sync()
	f.there = m.begins(2)
	if _, f.after = node.WriteAt(bytes.Repeat([]byte{3}, 4096), 0); f.after == nil {
		f.after = node.Sync()
	}
	f.kept = m.begins(3)
	return f
}

// durable is what a device has of a write past the page cache.
type durable struct {
	written, read error
	there         bool
}

// flaky writes to a device that does with writes what feature says, and with fsync nothing.
func flaky(feature string) (d durable) {
	GinkgoHelper()
	m := mapped("", func(node string) mapper.Target { return mapper.Flakey(1<<20/sectorBytes, node, feature) })
	d.written = writeBlock(m.Node(), 4)
	if d.written == nil {
		node, err := os.OpenFile(m.Node(), os.O_RDWR, 0)
		check.NoError(err)
		d.written = node.Sync()
		check.NoError(node.Close())
	}
	m.set(one)
	b, err := readBlock(m.Node())
	d.read, d.there = err, bytes.Count(b, []byte{4}) == len(b)
	return d
}
