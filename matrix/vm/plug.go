package vm

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Disks are the disks that the guest's kernel shows.
func (g *Guest) Disks() ([]guest.Disk, error) {
	s, err := guest.Header{Kind: guest.KindDisks}.Open(g.conn)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return readDisks(s)
}

// pluggable are QEMU's devices for the buses on which a disk can be plugged in while the machine runs.
var pluggable = map[string]string{"virtio": "virtio-blk-pci", "nvme": "nvme"}

// driver is QEMU's device for a bus on which disks can be plugged in.
func driver(bus string) (string, error) {
	name, ok := pluggable[bus]
	if !ok {
		return "", record.Wrongf("disks", "a disk on the bus %.20q cannot be plugged in while the machine runs: virtio or nvme", "总线 %.20q 上的磁盘不能热插拔：可用 virtio 或 nvme", bus)
	}
	return name, nil
}

// Plug plugs a disk into a slot, from 0. Its kernel takes a moment to see it.
func (g *Guest) Plug(slot int, d record.Disk) error {
	driver, err := driver(d.Bus)
	if err != nil {
		return err
	}
	fd, err := unix.MemfdCreate("disk", unix.MFD_CLOEXEC)
	if err != nil {
		return err
	}
	media := os.NewFile(uintptr(fd), "disk")
	defer media.Close()
	if err := media.Truncate(int64(d.Size) << 20); err != nil {
		return err
	}
	set := mostDisks + slot
	if err := g.monitor.do("add-fd", map[string]any{"fdset-id": set}, media); err != nil {
		return err
	}
	node := fmt.Sprintf("plugged%d", slot)
	if err := g.monitor.do("blockdev-add", map[string]any{"driver": "file", "node-name": node, "locking": "off",
		"filename": fmt.Sprintf("/dev/fdset/%d", set)}, nil); err != nil {
		return err
	}
	device := map[string]any{"driver": driver, "id": hotID(slot), "bus": slotID(slot), "drive": node}
	if driver == "nvme" {
		device["serial"] = node
	}
	return g.monitor.do("device_add", device, nil)
}

// unplugTime is how long a guest may take to let a device go: five seconds are the standard's own, for a person who
// presses the button again.
const unplugTime = 60 * time.Second

// Unplug asks the guest to let the disk in a slot go, and takes it away.
func (g *Guest) Unplug(slot int) error {
	if err := g.monitor.do("device_del", map[string]any{"id": hotID(slot)}, nil); err != nil {
		return err
	}
	for end := time.After(unplugTime); ; {
		select {
		case id := <-g.monitor.deleted:
			if id != hotID(slot) {
				continue
			}
			if err := g.monitor.do("blockdev-del", map[string]any{"node-name": fmt.Sprintf("plugged%d", slot)}, nil); err != nil {
				return err
			}
			return g.monitor.do("remove-fd", map[string]any{"fdset-id": mostDisks + slot}, nil)
		case <-g.done:
			return fmt.Errorf("slot %d: the machine has ended", slot)
		case <-end:
			return fmt.Errorf("slot %d: the guest did not let the disk go within %v", slot, unplugTime)
		}
	}
}

func slotID(slot int) string { return fmt.Sprintf("slot%d", slot) }
func hotID(slot int) string  { return fmt.Sprintf("hot%d", slot) }

// slots are the places that disks can be plugged into while the machine runs.
func (m *Machine) slots() []string {
	var args []string
	for i := range m.Slots {
		args = append(args, "-device", fmt.Sprintf("pcie-root-port,id=%s,chassis=%d", slotID(i), i+1))
	}
	return args
}

// seenTime is how long a kernel that is up may take to find its disks.
const seenTime = 20 * time.Second

// complete makes the monitor take commands, and waits for the kernel to show every disk.
func (m *Machine) complete(ctx context.Context, g *Guest) error {
	if len(m.Disks) == 0 && m.Slots == 0 {
		return nil
	}
	if err := g.monitor.arrange(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, seenTime)
	defer cancel()
	for {
		found, err := g.Disks()
		if err != nil {
			return err
		}
		if len(found) >= len(m.Disks) {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return record.Wrongf("disks", "the kernel shows %d of %d disks: it may have no driver for one of them", "内核只识别到 %d 块磁盘（共 %d 块）：可能缺少驱动", len(found), len(m.Disks))
		}
	}
}
