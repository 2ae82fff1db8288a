// Package raw opens a block device that may be written over, and only the one that the user means: it is given by its path, and again
// by its serial number or its size in bytes. A device that the kernel uses, such as one of a mounted file system, is never opened.
package raw

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/results/record"
)

const (
	// Variable names the environment variable by which a payload is told what the user gave.
	Variable = "XCMATRIX_DESTRUCTIVE"

	flag        = "--destructive"
	sectorBytes = 512
	leastBytes  = 16 << 20
)

// Device is an open block device. Nobody can mount it, or open it in the same way, until it is closed.
type Device struct {
	*os.File
	Bytes int64
}

// Open opens the device that was given as PATH=SERIAL or PATH=BYTES for reading and writing; it writes nothing. It returns a
// *record.Problem for what is no block device, is another one, is in use, or cannot be written.
func Open(given string) (*Device, error) {
	path, identity, is := strings.Cut(given, "=")
	if !is || path == "" || identity == "" {
		return nil, record.Wrongf(flag, "%q does not say twice which device is meant: give its path and its serial number or size in bytes, such as /dev/sdb=WD-WX11A or /dev/sdb=500107862016",
			"%q 未对设备作两次指明：请给出路径以及序列号或字节数，例如 /dev/sdb=WD-WX11A 或 /dev/sdb=500107862016", given)
	}
	var before, after unix.Stat_t
	if err := unix.Stat(path, &before); err != nil {
		return nil, record.Wrongf(flag, "%s: %v: give the path of a block device", "%s：%v：请给出块设备的路径", path, err)
	}
	if before.Mode&unix.S_IFMT != unix.S_IFBLK {
		return nil, record.Wrongf(flag, "%s is not a block device: files are measured without this flag", "%s 不是块设备：测量文件无须此选项", path)
	}
	if err := identified(path, identity, uint64(before.Rdev)); err != nil {
		return nil, err
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_EXCL|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, refused(path, err)
	}
	d := &Device{File: os.NewFile(uintptr(fd), path)}
	if err := unix.Fstat(fd, &after); err == nil && after.Rdev == before.Rdev {
		err = identified(path, identity, uint64(after.Rdev)) // it is held now: no other can take its place
		if err == nil {
			d.Bytes, err = d.Seek(0, 2)
		}
		if readOnly, failed := unix.IoctlGetUint32(fd, unix.BLKROGET); err == nil && failed == nil && readOnly != 0 {
			err = refused(path, unix.EROFS) // root may open such a device for writing
		}
		if err == nil && d.Bytes < leastBytes {
			err = record.Wrongf(flag, "%s has %d bytes, and at least %d are measured", "%s 只有 %d 字节，至少需要 %d 字节", path, d.Bytes, leastBytes)
		}
		if err != nil {
			return nil, errors.Join(err, d.Close())
		}
		return d, nil
	}
	return nil, errors.Join(record.Wrongf(flag, "%s became another device meanwhile: look at it again with lsblk", "%s 在此期间变为另一设备：请用 lsblk 重新查看", path), d.Close())
}

// refused is the problem of a device that could not be opened.
func refused(path string, err error) error {
	switch {
	case errors.Is(err, unix.EBUSY):
		return record.Wrongf(flag, "%s is in use: it, or a part of it, is mounted, or is swap, or belongs to LVM, RAID or another device: release it first, see lsblk",
			"%s 正在使用：其本身或某个分区已挂载，或用作交换区，或属于 LVM、RAID 等设备：请先解除占用（见 lsblk）", path)
	case errors.Is(err, unix.EACCES) || errors.Is(err, unix.EPERM):
		return record.Wrongf(flag, "%s may not be written by this user: run as root", "当前用户无权写入 %s：请以 root 身份运行", path)
	case errors.Is(err, unix.EROFS):
		return record.Wrongf(flag, "%s is read-only: give another device", "%s 为只读设备：请换一个设备", path)
	}
	return record.Wrongf(flag, "%s cannot be opened: %v: give another device", "无法打开 %s：%v：请换一个设备", path, err)
}

// identified returns a problem unless the device with a number has the serial number or the size.
func identified(path, identity string, number uint64) error {
	dir := fmt.Sprintf("/sys/dev/block/%d:%d", unix.Major(number), unix.Minor(number))
	sectors, err := strconv.ParseUint(attribute(dir, "size"), 10, 64)
	if err == nil && identity == strconv.FormatUint(sectors*sectorBytes, 10) {
		return nil
	}
	for _, name := range []string{"serial", "device/serial", "device/vpd_pg80"} { // virtio; NVMe and MMC; SCSI
		if serial := attribute(dir, name); serial != "" && serial == identity {
			return nil
		}
	}
	return record.Wrongf(flag, "%s has neither the serial number nor the size in bytes %q: compare with lsblk -b -o PATH,SERIAL,SIZE",
		"%s 的序列号与字节数均不是 %q：请与 lsblk -b -o PATH,SERIAL,SIZE 的输出核对", path, identity)
}

// attribute returns the text of an attribute without spaces around it; "" if there is none.
func attribute(dir, name string) string {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return ""
	}
	if filepath.Base(name) == "vpd_pg80" && len(text) > 4 {
		text = text[4:] // the page's header
	}
	return strings.Trim(string(text), " \n\x00")
}
