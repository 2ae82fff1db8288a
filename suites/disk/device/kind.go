package device

import (
	"path/filepath"
	"strings"

	"github.com/xcmatrix/xcmatrix/suites/disk/sysfs"
)

// Kind says what a block device is.
type Kind string

const (
	Unknown   Kind = "unknown"
	Partition Kind = "partition" // a part of a disk
	Loop      Kind = "loop"      // shows a file
	Mapper    Kind = "mapper"    // device-mapper: LVM, dm-crypt and others
	Multipath Kind = "multipath" // device-mapper: one disk over several paths
	Path      Kind = "path"      // one path to an NVMe disk that has several: not a disk of its own
	RAID      Kind = "raid"      // md
	NVMe      Kind = "nvme"
	EMMC      Kind = "emmc" // soldered
	SD        Kind = "sd"   // a card
	Boot      Kind = "boot" // a boot or RPMB area of an eMMC: no part of its size
	VirtIO    Kind = "virtio"
	SCSI      Kind = "scsi" // also SATA and USB
	ZRAM      Kind = "zram"
	RAM       Kind = "ram"
	Network   Kind = "network" // nbd
	Null      Kind = "null"    // null_blk: for tests
	Optical   Kind = "optical"
)

// numbered are kinds that the kernel's names tell, by what stands before the number; lettered, by what stands before the letter.
var (
	numbered = map[string]Kind{"zram": ZRAM, "ram": RAM, "nbd": Network, "nullb": Null, "sr": Optical}
	lettered = map[string]Kind{"vd": VirtIO, "xvd": VirtIO, "sd": SCSI, "hd": SCSI}
)

// Disk reports whether the kind is a disk of its own, whose size counts when the disks of a machine are added up.
func (k Kind) Disk() bool {
	switch k {
	case NVMe, EMMC, SD, VirtIO, SCSI, Optical:
		return true
	}
	return false
}

// KindOf returns the kind of a device below root, which is /sys/block; a partition's name is that of its device, a slash, and its
// own. It returns the kernel's errno if the device is not there.
func KindOf(root, name string) (Kind, error) {
	dir, err := sysfs.OpenDir(filepath.Join(root, name))
	if err != nil {
		return Unknown, err
	}
	defer dir.Close()
	var buffer [256]byte
	text := func(attribute string) (string, bool) {
		read, err := dir.Text(attribute, buffer[:])
		return string(read), err == nil
	}
	if _, is := text("partition"); is {
		return Partition, nil
	}
	if uuid, is := text("dm/uuid"); is {
		if strings.HasPrefix(uuid, "mpath-") {
			return Multipath, nil
		}
		return Mapper, nil
	}
	if _, is := text("md/level"); is {
		return RAID, nil
	}
	base := filepath.Base(name)
	switch {
	case strings.HasPrefix(base, "loop"): // without a file it has no directory loop
		return Loop, nil
	case strings.HasPrefix(base, "nvme"):
		if hidden, _ := text("hidden"); hidden == "1" {
			return Path, nil
		}
		return NVMe, nil
	case strings.HasPrefix(base, "mmcblk"):
		if strings.Contains(base, "boot") || strings.Contains(base, "rpmb") {
			return Boot, nil
		}
		if card, _ := text("device/type"); card == "MMC" {
			return EMMC, nil
		}
		return SD, nil
	}
	if kind, is := numbered[letters(base)]; is {
		return kind, nil
	}
	for prefix, kind := range lettered {
		if strings.HasPrefix(base, prefix) && letters(base) == base {
			return kind, nil
		}
	}
	return Unknown, nil
}

// letters returns the letters before the first digit.
func letters(name string) string {
	if i := strings.IndexAny(name, "0123456789"); i >= 0 {
		return name[:i]
	}
	return name
}
