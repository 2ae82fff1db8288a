package disk

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/device"
)

// replugSpecs pull out a disk on each bus and plug in another of the same serial number: minutes, because PCI waits five seconds for
// each.
func replugSpecs() {
	for _, bus := range []struct{ name, attribute, prefix string }{
		{"virtio", "serial", ""}, {"nvme", "device/serial", ""}, {"scsi", "device/wwid", "naa."},
	} {
		It("disk on "+bus.name+" that comes back with another size is found by its identity", check.Deep(), func() {
			r := check.Gather("a disk on "+bus.name+" that was pulled out and replaced", func() replugged { return replug(bus.name, bus.attribute, bus.prefix) })
			Expect(r.sizes).To(Equal([2]uint64{plugSize << 20, 2 * plugSize << 20}))
			Expect(r.right).To(BeTrue(), "%v", r.steps)
			Expect(r.kept).To(MatchError(unix.ENODEV), "its size, held open all the time")
			check.ObserveDiffers("removal", r.steps, record.Say("drivers and kernels may leave out steps", "驱动和内核可能跳过某些阶段"))
		})
	}
	It("SD card that is taken out and put back is found by its identity, and has its size again", func() {
		r := check.Gather("an SD card that was taken out and put back", card)
		Expect(r.sizes[0]).To(BeNumerically(">", 0))
		Expect(r.sizes[1]).To(Equal(r.sizes[0]))
		Expect(r.right).To(BeTrue(), "%v", r.steps)
		Expect(r.kept).To(MatchError(unix.ENODEV), "its size, held open all the time")
	})
}

// replugged is what became of a disk that was pulled out, and in whose place another was plugged in.
type replugged struct {
	sizes [2]uint64 // of the first and of the second, by a reader that knows the identity
	steps []string  // what the reader saw in between
	right bool      // they are those of a removal and a return
	kept  error     // of a descriptor of the size, held open all the time
}

const plugSerial = "5000c500a1b2c3d4"

// watcher reads the size of a device, and keeps what it sees.
type watcher struct {
	reader *device.Reader
	steps  []device.Step
}

// await reads until the device is as is says, and fails the spec if that takes longer than seenTime.
func (w *watcher) await(what string, is func(error) bool) device.State {
	GinkgoHelper()
	for end := time.Now().Add(check.ScaledTimeout(seenTime)); ; time.Sleep(time.Millisecond) {
		state, err := w.reader.Read()
		if step := device.StepOf(state.Bytes, err); len(w.steps) == 0 || w.steps[len(w.steps)-1] != step {
			w.steps = append(w.steps, step)
		}
		if is(err) {
			return state
		}
		if time.Now().After(end) {
			Fail("the disk is not " + what + " after " + seenTime.String())
		}
	}
}

// replaced returns what a reader sees while a disk is taken out and one is put in its place.
func replaced(identity device.Identity, out, in func()) (r replugged) {
	GinkgoHelper()
	w := watcher{reader: device.NewReader(identity)}
	there := func(err error) bool { return err == nil }
	first := w.await("there", there)
	w.steps = []device.Step{device.There}
	size, err := os.Open(filepath.Join("/sys/block", first.Name, "size"))
	check.NoError(err)
	DeferCleanup(size.Close)
	out()
	w.await("gone", func(err error) bool { return err != nil })
	in()
	second := w.await("back", there)
	_, r.kept = size.ReadAt(make([]byte, 32), 0)
	r.sizes = [2]uint64{first.Bytes, second.Bytes}
	right, back := device.Removal(w.steps)
	r.right = right && back
	for _, s := range w.steps {
		r.steps = append(r.steps, s.String())
	}
	return r
}

// replug has a disk on a bus, and then one of another size with the same serial number.
func replug(bus, attribute, prefix string) replugged {
	GinkgoHelper()
	slot := ask(record.Plug{In: &record.Disk{Bus: bus, Size: plugSize}, Serial: plugSerial})
	in := true
	DeferCleanup(func() {
		if in {
			ask(record.Plug{Out: slot})
		}
	})
	return replaced(device.Identity{Attribute: attribute, Value: prefix + plugSerial}, func() {
		ask(record.Plug{Out: slot})
		in = false
	}, func() {
		slot = ask(record.Plug{In: &record.Disk{Bus: bus, Size: 2 * plugSize}, Serial: plugSerial})
		in = true
	})
}

// card takes the machine's SD card out, and puts it back.
func card() replugged {
	GinkgoHelper()
	check.NeedsKernel(record.Say("devices are the host's", "设备属于宿主机"))
	if check.Launch().Provenance != record.VM {
		check.Skip(record.Say("a card is taken out of a virtual machine alone", "只对虚拟机拔插存储卡"))
	}
	at := slices.IndexFunc(devices(), func(d string) bool {
		kind, err := device.KindOf("/sys/block", d)
		return err == nil && kind == device.SD
	})
	if at < 0 {
		check.Skip(record.Say("this virtual machine has no SD card; disks: [{bus: sd, size: 32}] of the matrix gives it one, where the kernel has a controller for cards",
			"此虚拟机没有 SD 卡；内核具备卡控制器时，可在矩阵中以 disks: [{bus: sd, size: 32}] 添加"))
	}
	id := strings.TrimSuffix(attribute(devices()[at], "device/cid"), "\n")
	out := false
	DeferCleanup(func() {
		if out {
			ask(record.Plug{Card: record.PutCard})
		}
	})
	return replaced(device.Identity{Attribute: "device/cid", Value: id}, func() {
		ask(record.Plug{Card: record.TakeCard})
		out = true
	}, func() {
		ask(record.Plug{Card: record.PutCard})
		out = false
	})
}
