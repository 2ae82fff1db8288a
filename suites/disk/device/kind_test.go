package device

import (
	"os"
	"path/filepath"
	"testing"
)

// TestKindOf has a device of each kind, with the attributes that Linux gives it.
func TestKindOf(t *testing.T) {
	root := t.TempDir()
	for name, c := range map[string]struct {
		attributes map[string]string
		want       Kind
		disk       bool
	}{
		"sda":               {map[string]string{"size": "8"}, SCSI, true},
		"sdaa":              {nil, SCSI, true},
		"sda/sda1":          {map[string]string{"partition": "1"}, Partition, false},
		"vdb":               {map[string]string{"serial": "x"}, VirtIO, true},
		"vdb/vdb1":          {map[string]string{"partition": "1"}, Partition, false},
		"nvme0n1":           {map[string]string{"hidden": "0"}, NVMe, true},
		"nvme0c0n1":         {map[string]string{"hidden": "1"}, Path, false},
		"nvme0n1/nvme0n1p1": {map[string]string{"partition": "1"}, Partition, false},
		"mmcblk0":           {map[string]string{"device/type": "MMC"}, EMMC, true},
		"mmcblk0boot0":      {map[string]string{"device/type": "MMC"}, Boot, false},
		"mmcblk1":           {map[string]string{"device/type": "SD"}, SD, true},
		"dm-0":              {map[string]string{"dm/uuid": "LVM-abc"}, Mapper, false},
		"dm-1":              {map[string]string{"dm/uuid": "mpath-3600508b400105e210000900000490000"}, Multipath, false},
		"dm-2":              {map[string]string{"dm/uuid": ""}, Mapper, false},
		"md127":             {map[string]string{"md/level": "raid1"}, RAID, false},
		"loop0":             {map[string]string{"loop/backing_file": "/disk.img"}, Loop, false},
		"loop1":             {nil, Loop, false},
		"zram0":             {nil, ZRAM, false},
		"ram15":             {nil, RAM, false},
		"nbd0":              {nil, Network, false},
		"nullb0":            {nil, Null, false},
		"sr0":               {nil, Optical, true},
		"sdx9":              {nil, Unknown, false},
		"pmem0":             {nil, Unknown, false},
	} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o700); err != nil {
			t.Fatal(err)
		}
		for attribute, text := range c.attributes {
			path := filepath.Join(root, name, attribute)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := KindOf(root, name); err != nil || got != c.want || got.Disk() != c.disk {
			t.Errorf("%s: %s (a disk: %t), %v; want %s", name, got, got.Disk(), err, c.want)
		}
	}
	if _, err := KindOf(root, "none"); err == nil {
		t.Error("a device that is not there has a kind")
	}
}
