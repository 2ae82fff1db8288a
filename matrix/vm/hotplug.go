package vm

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// Disks returns the disks that the guest's kernel has found.
func (g *Guest) Disks() ([]guest.Disk, error) {
	s, err := guest.Header{Kind: guest.KindDisks}.Open(g.conn)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return readDisks(s)
}

// pluggable are the names of QEMU's devices, by the buses on which a disk can be plugged in while the guest runs.
var pluggable = map[string]string{"virtio": "virtio-blk-pci", "nvme": "nvme", "scsi": "scsi-hd"}

// driver returns the name of QEMU's device for a bus, or a *record.Problem if disks cannot be plugged in on that bus.
func driver(bus string) (string, error) {
	name, ok := pluggable[bus]
	if !ok {
		return "", record.Wrongf("disks", "a disk on the bus %.20q cannot be plugged in while the machine runs: virtio, nvme or scsi", "总线 %.20q 上的磁盘不能热插拔：可用 virtio、nvme 或 scsi", bus)
	}
	return name, nil
}

// Plug plugs an empty disk into a slot, counted from 0, with a serial number unless that is "". On SCSI a controller comes with the
// disk. The guest's kernel finds the disk some time after Plug returns.
func (g *Guest) Plug(slot int, d record.Disk, serial string) error {
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
	set := maxDisksPerGuest + slot
	if err := g.monitor.execute("add-fd", map[string]any{"fdset-id": set}, media); err != nil {
		return err
	}
	node := fmt.Sprintf("plugged%d", slot)
	if err := g.monitor.execute("blockdev-add", map[string]any{"driver": "file", "node-name": node, "locking": "off",
		"filename": fmt.Sprintf("/dev/fdset/%d", set)}, nil); err != nil {
		return err
	}
	device := map[string]any{"driver": driver, "id": hotID(slot), "bus": slotID(slot), "drive": node}
	switch {
	case d.Bus == "scsi":
		controller := map[string]any{"driver": "virtio-scsi-pci", "id": controllerID(slot), "bus": slotID(slot)}
		if err := g.monitor.execute("device_add", controller, nil); err != nil {
			return err
		}
		device["bus"] = controllerID(slot) + ".0"
		if serial != "" {
			if device["wwn"], err = strconv.ParseUint(serial, 16, 64); err != nil {
				return err
			}
		}
	case serial != "":
		device["serial"] = serial
	case d.Bus == "nvme": // it must have one
		device["serial"] = node
	}
	g.slots.controllers[slot] = d.Bus == "scsi"
	return g.monitor.execute("device_add", device, nil)
}

// unplugTime is how long a guest may take to release a device. The PCI standard itself waits five seconds, in which a person
// may cancel by pressing the button again.
const unplugTime = 60 * time.Second

// Unplug asks the guest to release the disk in a slot, counted from 0, and removes it. It returns an error if the guest does
// not release it within unplugTime.
func (g *Guest) Unplug(slot int) error {
	if err := g.remove(slot, hotID(slot)); err != nil {
		return err
	}
	if g.slots.controllers[slot] {
		if err := g.remove(slot, controllerID(slot)); err != nil {
			return err
		}
	}
	if err := g.monitor.execute("blockdev-del", map[string]any{"node-name": fmt.Sprintf("plugged%d", slot)}, nil); err != nil {
		return err
	}
	return g.monitor.execute("remove-fd", map[string]any{"fdset-id": maxDisksPerGuest + slot}, nil)
}

// remove asks the guest to release one device of a slot, and waits until it has.
func (g *Guest) remove(slot int, device string) error {
	if err := g.monitor.execute("device_del", map[string]any{"id": device}, nil); err != nil {
		return err
	}
	for end := time.After(unplugTime); ; {
		select {
		case id := <-g.monitor.deleted:
			if id == device {
				return nil
			}
		case <-g.done:
			return fmt.Errorf("slot %d: the machine has ended", slot)
		case <-end:
			return fmt.Errorf("slot %d: the guest did not let the disk go within %v", slot, unplugTime)
		}
	}
}

// TakeCard takes the SD card of the target's disk i out, counted from 0, as a person does, and does not ask the guest.
func (g *Guest) TakeCard(i int) error {
	return g.monitor.execute("blockdev-remove-medium", map[string]any{"id": diskID(i)}, nil)
}

// PutCard puts the card back that TakeCard has taken out.
func (g *Guest) PutCard(i int) error {
	return g.monitor.execute("blockdev-insert-medium", map[string]any{"id": diskID(i), "node-name": mediaID(i)}, nil)
}

// diskID and mediaID return the ids of the target's disk i, counted from 0, and of what it stores.
func diskID(i int) string  { return fmt.Sprintf("disk%d", i) }
func mediaID(i int) string { return fmt.Sprintf("media%d", i) }

func slotID(slot int) string { return fmt.Sprintf("slot%d", slot) }
func hotID(slot int) string  { return fmt.Sprintf("hot%d", slot) }

// controllerID returns the id of the controller that comes with a SCSI disk.
func controllerID(slot int) string { return fmt.Sprintf("controller%d", slot) }

// slots returns QEMU's arguments for the slots into which disks can be plugged while the guest runs.
func (m *Machine) slots() []string {
	var args []string
	for i := range m.Slots {
		args = append(args, "-device", fmt.Sprintf("pcie-root-port,id=%s,chassis=%d", slotID(i), i+1))
	}
	return args
}

// withNetwork returns the guest with a virtio disk for each of Network.
func (m *Machine) withNetwork() record.Guest {
	g := m.Guest
	for range m.Network {
		g.Disks = append(g.Disks[:len(g.Disks):len(g.Disks)], record.Disk{Bus: "virtio"})
	}
	return g
}

// diskTime is how long a booted kernel may take to find its disks.
const diskTime = 20 * time.Second

// waitForDisks waits until the guest's kernel has found every disk. It returns a *record.Problem if that takes longer than
// diskTime.
func (m *Machine) waitForDisks(ctx context.Context, g *Guest) error {
	disks := len(m.withNetwork().Disks)
	if disks == 0 && m.Slots == 0 {
		return nil
	}
	if err := g.monitor.enableCommands(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, diskTime)
	defer cancel()
	for {
		found, err := g.Disks()
		if err != nil {
			return err
		}
		if len(found) >= disks {
			return nil
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return record.Wrongf("disks", "the kernel shows %d of %d disks: it may have no driver for one of them", "内核只识别到 %d 块磁盘（共 %d 块）：可能缺少驱动", len(found), disks)
		}
	}
}
