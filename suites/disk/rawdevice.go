package disk

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/load"
	"github.com/xcmatrix/xcmatrix/suites/disk/raw"
)

// rawContext is the first part of their ids.
const rawContext = "raw device"

// rawWindow is how much of a device is written over at most, from its beginning.
const rawWindow = 1 << 30

// rawSpecs write over a device that the user gave by `run --destructive`, and over no other one.
func rawSpecs() {
	It("holds what is written at its beginning, in its middle and at its end", check.Deep(), func() {
		read := check.Gather("blocks of a raw device that read back as they were written", rawBlocks)
		Expect(read).To(Equal([3]bool{true, true, true}))
	})
	for _, way := range []struct {
		text, name string
		job        load.Job
	}{
		{"of reading one MiB after the other", "read/1MiB/depth1", load.Job{Block: 1 << 20, Depth: 1}},
		{"of writing one MiB after the other", "write/1MiB/depth1", load.Job{Block: 1 << 20, Depth: 1, Write: true}},
		{"of reading 4 KiB at random", "random-read/4KiB/depth1", load.Job{Block: 4 << 10, Depth: 1, Random: true}},
		{"of writing 4 KiB at random", "random-write/4KiB/depth1", load.Job{Block: 4 << 10, Depth: 1, Random: true, Write: true}},
		{"of reading 4 KiB at random, 32 at once", "random-read/4KiB/depth32", load.Job{Block: 4 << 10, Depth: 32, Random: true}},
		{"of writing 4 KiB at random, 32 at once", "random-write/4KiB/depth32", load.Job{Block: 4 << 10, Depth: 32, Random: true, Write: true}},
	} {
		It(fmt.Sprintf("%s past the page cache", way.text), check.Bench(), check.Deep(), check.Within(2*time.Minute), func() {
			d := givenDevice()
			way.job.Path, way.job.Size, way.job.Direct, way.job.Time = d.Name(), min(d.Bytes, rawWindow), true, deepJob
			for range samples {
				r, err := way.job.Run()
				check.NoError(err)
				recordJob("device/direct/"+way.name, r)
			}
		})
	}
}

// givenDevice returns the device that the user gave, held until the end of the spec, which is skipped if there is none.
func givenDevice() *raw.Device {
	GinkgoHelper()
	if !check.Native() {
		check.Skip(record.Say("a device is written over on the machine itself alone", "仅在实机上改写设备"))
	}
	given := check.Env().Get(raw.Variable)
	if given == "" {
		check.Skip(record.Say("no device was given that may be written over: run --destructive PATH=SERIAL", "未给出可改写的设备：run --destructive 路径=序列号"))
	}
	d, err := raw.Open(given)
	var p *record.Problem
	if errors.As(err, &p) { // it has changed since the run began
		check.Miss(record.Say(p.In("en"), p.In("zh")), record.Say("give the device again", "请重新给出设备"))
	}
	check.NoError(err)
	DeferCleanup(d.Close)
	return d
}

// rawBlocks writes three blocks of a device past the page cache, syncs each, and reads it again.
func rawBlocks() (same [3]bool) {
	GinkgoHelper()
	d := givenDevice()
	fd, err := unix.Open(d.Name(), unix.O_RDWR|unix.O_CLOEXEC|unix.O_DIRECT, 0)
	check.NoError(err)
	defer unix.Close(fd)
	last := d.Bytes/queueBlock - 1
	for i, n := range []int64{0, last / 2, last} {
		written, read := block(byte(check.Rand().Uint32())), block(0)
		_, err := unix.Pwrite(fd, written, n*queueBlock)
		check.NoError(err)
		check.NoError(unix.Fsync(fd))
		_, err = unix.Pread(fd, read, n*queueBlock)
		check.NoError(err)
		same[i] = bytes.Equal(read, written)
	}
	return same
}

// UsesDevice reports whether the spec with an id writes over a device that the user gave.
func UsesDevice(id string) bool { return strings.HasPrefix(id, rawContext+" / ") }
