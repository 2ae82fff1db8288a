package disk

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/shirou/gopsutil/v4/disk"
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

func TestSpecsCanFail(t *testing.T) {
	all := maps.Clone(broken)
	maps.Copy(all, brokenDevices)
	maps.Copy(all, brokenMapped)
	maps.Copy(all, brokenSystems)
	maps.Copy(all, brokenQueues)
	check.ProveFailures(t, Suite, all, "kind / of what the root directory is on is recorded: a disk, or a file system without one, as in a container")
}

// aDisk returns a disk that was plugged in and pulled out as it should be, but for what change does.
func aDisk(change func(p *plugged)) check.Facts {
	p := plugged{sectors: plugSize << 20 / sectorBytes, bytes: plugSize << 20, readBack: true, ended: true, last: unix.EIO,
		written: unix.EIO, size: unix.ENODEV, opened: unix.ENXIO}
	if change != nil {
		change(&p)
	}
	return check.Facts{"a disk that is plugged in, written, read and pulled out": p}
}

// space returns an account of a file system of 1000 blocks, 100 of which are root's, but for what change does.
func space(change func(a *account)) check.Facts {
	a := account{UsageStat: disk.UsageStat{Total: 1000 * 4096, Free: 400 * 4096, Used: 500 * 4096, UsedPercent: 100 * 500.0 / 900, InodesTotal: 100, InodesFree: 50}}
	a.kernel = unix.Statfs_t{Bsize: 4096, Frsize: 4096, Blocks: 1000, Bfree: 500, Bavail: 400, Files: 100, Ffree: 50}
	if change != nil {
		change(&a)
	}
	return check.Facts{"usage by gopsutil and by statfs": a}
}

func sound(f check.Facts) check.Facts {
	f[check.Sound] = nil
	return f
}

// passing returns what was written, as change leaves it.
func passing(change func(p *past)) check.Facts {
	content := bytes.Repeat([]byte("x"), 100)
	p := past{wrote: content, read: content, cached: content, odd: unix.EINVAL}
	if change != nil {
		change(&p)
	}
	return check.Facts{"what was written past the page cache, and read past it and through it": p}
}

const (
	sizes     = "logical and physical block of each device"
	listedAs  = "sectors of each device, and KiB in /proc/partitions"
	byItself  = "sectors of each device, and bytes by the device itself"
	parts     = "start and size of each partition, and size of its device"
	nodes     = "number of each device in sysfs, and of its node"
	beside    = "answers to flock beside a lock, and after it"
	readers   = "answers to a reader's flock beside another's, and to a writer's"
	ranges    = "answers to locks within a locked range, behind and before it"
	advance   = "file after fallocate"
	kept      = "file after FALLOC_FL_KEEP_SIZE"
	back      = "bytes that a hole of half a MiB gave back"
	withHole  = "what a file with a hole reads"
	dataAt    = "where data begin and end, that were written at 2 MiB"
	growing   = "file system before and after a file of a MiB, and what the file takes"
	counted   = "bytes read by gopsutil, and sectors before and after"
	mountedAt = "mount points of mountinfo and of gopsutil"
)

// holed returns a file of a MiB with a hole of zeros in it.
func holed(zeros int) []byte {
	b := bytes.Repeat([]byte{1}, 1<<20)
	clear(b[256<<10 : 256<<10+zeros])
	return b
}

var broken = check.BrokenFacts{
	"block device / size is one decimal number and a newline": {
		{check.Sound: nil, "text of each device's size": map[string]string{"sda": "8\n"}},
		{"text of each device's size": map[string]string{"sda": "8"}}, {"text of each device's size": map[string]string{"sda": "0x8\n"}},
	},
	"block device / size is twice the 1 KiB blocks of /proc/partitions": {
		{check.Sound: nil, listedAs: map[string][2]uint64{"sda": {8, 4}}}, {listedAs: map[string][2]uint64{"sda": {8, 8}}},
	},
	"block device / size in 512-byte sectors is what the device itself says": {
		{check.Sound: nil, byItself: map[string][2]uint64{"sda": {8, 4096}}}, {byItself: map[string][2]uint64{"sda": {1, 4096}}},
	},
	"block device / size of a partition lies within its device": {
		{check.Sound: nil, parts: map[string][3]uint64{"sda1": {8, 8, 16}}}, {parts: map[string][3]uint64{"sda1": {8, 9, 16}}},
	},
	"block device / range is one number of minors, not a range of sectors": {{"range of each device": map[string]uint64{"sda": 1 << 30}}},
	"block device / logical block is a power of two from 512 bytes on, and divides the physical one": {
		{check.Sound: nil, sizes: map[string][2]uint64{"sda": {512, 4096}}},
		{sizes: map[string][2]uint64{"sda": {256, 4096}}}, {sizes: map[string][2]uint64{"sda": {520, 4160}}}, {sizes: map[string][2]uint64{"sda": {4096, 512}}},
	},
	"block device / number in dev is the node's in /dev": {
		{check.Sound: nil, nodes: map[string][2]string{"sda": {"8:0\n", "8:0"}}}, {nodes: map[string][2]string{"sda": {"8:0\n", "8:16"}}},
	},

	"plug / disk plugged in shows its size and holds what is written; pulled out, it ends what uses it": {
		sound(aDisk(nil)), sound(aDisk(func(p *plugged) { p.last = nil })),
		aDisk(func(p *plugged) { p.sectors /= 8 }), aDisk(func(p *plugged) { p.bytes-- }), aDisk(func(p *plugged) { p.readBack = false }),
		aDisk(func(p *plugged) { p.ended = false }), aDisk(func(p *plugged) { p.last = unix.EBADF }), aDisk(func(p *plugged) { p.written = nil }),
		aDisk(func(p *plugged) { p.size = nil }), aDisk(func(p *plugged) { p.stays = true }), aDisk(func(p *plugged) { p.opened = nil }),
	},

	"sysfs / attribute that is not there is ENOENT":                      {{"answer to an attribute that is not there": nil}, {"answer to an attribute that is not there": unix.EACCES}},
	"sysfs / attribute for writing only is EACCES to read, for root too": {{"answer to a read of an attribute for writing only": nil}, {"answer to a read of an attribute for writing only": unix.EIO}},
	"sysfs / attribute refuses a value of the wrong kind with EINVAL":    {{"answer to a value of the wrong kind": nil}, {"answer to a value of the wrong kind": unix.ERANGE}},
	"sysfs / directory read as a file is EISDIR":                         {{"answer to a directory of sysfs read as a file": nil}, {"answer to a directory of sysfs read as a file": unix.EINVAL}},

	"usage / total is the blocks of statfs":                                  {sound(space(nil)), space(func(a *account) { a.Total /= 8 })},
	"usage / free is what others than root may have":                         {sound(space(nil)), space(func(a *account) { a.Free += 100 * 4096 })},
	"usage / used and free leave out what is reserved for root, and no more": {sound(space(nil)), space(func(a *account) { a.Used += 100 * 4096 })},
	"usage / percentage is of used and free, as df has it":                   {sound(space(nil)), space(func(a *account) { a.UsedPercent = 50 })},
	"usage / inodes are those of statfs": {
		sound(space(nil)), space(func(a *account) { a.InodesTotal++ }), space(func(a *account) { a.InodesFree-- }),
	},
	"usage / grows by what a file takes": {
		{check.Sound: nil, growing: grown{1 << 30, 1 << 30, 1 << 20}},
		{growing: grown{1 << 30, 1 << 29, 1 << 20}}, {growing: grown{1 << 30, 1 << 30, 1 << 17}},
	},
	"usage / of a path that is not there is ENOENT": {{"answer of gopsutil to a path that is not there": nil}, {"answer of gopsutil to a path that is not there": errors.New("none")}},
	"usage / counters are those of /proc/diskstats, in bytes": {
		{check.Sound: nil, counted: map[string][3]uint64{"sda": {1024, 1, 3}}},
		{counted: map[string][3]uint64{"sda": {2, 1, 3}}}, {counted: map[string][3]uint64{"sda": {2048, 1, 3}}},
	},

	"mounts / of gopsutil are those of mountinfo": {
		{check.Sound: nil, mountedAt: [2][]string{{"/", "/a b"}, {"/", "/a b"}}}, {mountedAt: [2][]string{{"/", "/a b"}, {"/", `/a\040b`}}},
	},
	"mounts / of real devices are kinds that need a device": {
		{check.Sound: nil, "/proc/filesystems": "nodev\tproc\n\text4\n", "real devices of gopsutil": []disk.PartitionStat{{Fstype: "ext4"}}},
		{"/proc/filesystems": "nodev\tproc\n\text4\n", "real devices of gopsutil": []disk.PartitionStat{{Fstype: "proc"}}},
	},
	"mounts / name the device of the temporary directory": {
		{check.Sound: nil, "devices of mountinfo": []string{"8:1", "0:22"}, "device of the temporary directory": "0:22"},
		{"devices of mountinfo": []string{"8:1", "0:22"}, "device of the temporary directory": "22:0"},
	},

	"file / written and synced reads back the same": {{"what was written and synced": func(b []byte) []byte { b[7] ^= 1; return b }}},
	"file / written past the page cache reads back the same": {
		sound(passing(nil)), sound(passing(func(p *past) { p.odd = nil })),
		passing(func(p *past) { p.read = p.read[1:] }), passing(func(p *past) { p.cached = p.cached[1:] }), passing(func(p *past) { p.odd = unix.EFAULT }),
	},
	"file / appended to from four sides has every record whole": {
		{"what four sides appended": strings.Repeat("a", 99) + "\n"},
		{"what four sides appended": strings.Repeat(strings.Repeat("a", 99)+"\n", 399) + strings.Repeat("a", 50) + strings.Repeat("b", 49) + "\n"},
	},
	"file / cut short and made long again is zero behind the cut": {{"what was cut and made long again": bytes.Repeat([]byte{1}, 10000)}},
	"file / removed while open can still be written and read":     {{"what a removed file reads": "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}},
	"file / copied in the kernel is the same":                     {{"what was copied in the kernel": make([]byte, 300000)}, {"what was copied in the kernel": []byte{}}},
	"file / on a full device is ENOSPC":                           {{"answer of a full device": nil}, {"answer of a full device": unix.EIO}},

	"name / renamed over another replaces it at once":           {{"reads of neither version": int64(1)}},
	"name / renamed with RENAME_NOREPLACE spares what is there": {{"answer to RENAME_NOREPLACE over another": nil}, {"answer to RENAME_NOREPLACE over another": unix.EINVAL}},
	"name / created with O_EXCL has one creator":                {{"creators with O_EXCL": int64(2)}, {"creators with O_EXCL": int64(0)}},
	"name / given late to a nameless file":                      {{"content of a file that was given its name late": ""}},
	"name / in Chinese comes back as it was given":              {{"names in a directory of one in Chinese": []string{"?? ??-??.txt"}}, {"names in a directory of one in Chinese": []string{}}},
	"name / of 255 bytes is the longest":                        {{"answer to a name of 256 bytes": nil}, {"answer to a name of 256 bytes": unix.EINVAL}},

	"space / is not taken by a hole, which reads as zero": {
		{"bytes taken by a hole are counted": true, "bytes taken by a hole": int64(1 << 30)}, {"what a hole reads": bytes.Repeat([]byte{1}, 4096)},
	},
	"space / goes on past 4 GiB": {
		{"end of a file past 5 GiB": int64(1<<30 + 6)}, {"what was written past 5 GiB": "\x00\x00\x00"}, {"what stands where 32 bits would have put it": []byte("far")},
	},
	"space / is taken in advance by fallocate": {
		{check.Sound: nil, advance: allocated{1 << 20, 1 << 20}}, {check.Sound: nil, advance: allocated{1 << 20, uncounted}},
		{advance: allocated{1 << 20, 0}}, {advance: allocated{0, 1 << 20}},
	},
	"space / is taken without a change of size by FALLOC_FL_KEEP_SIZE": {
		{check.Sound: nil, kept: allocated{0, 1 << 20}}, {kept: allocated{1 << 20, 1 << 20}}, {kept: allocated{0, 0}},
	},
	"space / is given back by a punched hole, which reads as zero": {
		{check.Sound: nil, back: int64(512 << 10), withHole: holed(512 << 10)},
		{back: int64(0), withHole: holed(512 << 10)}, {back: int64(512 << 10), withHole: holed(512<<10 - 1)},
		{back: int64(512 << 10), withHole: make([]byte, 512<<10)[:0]},
	},
	"space / with data and without is told apart by SEEK_DATA": {
		{check.Sound: nil, dataAt: [2]int64{2 << 20, 2<<20 + 4096}}, {dataAt: [2]int64{2<<20 + 1, 3 << 20}}, {dataAt: [2]int64{2 << 20, 2 << 20}},
	},

	"lock / of flock keeps another out until it is closed": {
		{check.Sound: nil, beside: [2]error{unix.EWOULDBLOCK, nil}}, {beside: [2]error{nil, nil}}, {beside: [2]error{unix.EWOULDBLOCK, unix.EWOULDBLOCK}},
	},
	"lock / of flock is shared by readers": {
		{check.Sound: nil, readers: [2]error{nil, unix.EWOULDBLOCK}}, {readers: [2]error{unix.EWOULDBLOCK, unix.EWOULDBLOCK}}, {readers: [2]error{nil, nil}},
	},
	"lock / of an open file description covers its range and no more": {
		{check.Sound: nil, ranges: [3]error{unix.EAGAIN, nil, nil}}, {ranges: [3]error{nil, nil, nil}},
		{ranges: [3]error{unix.EAGAIN, unix.EAGAIN, nil}}, {ranges: [3]error{unix.EAGAIN, nil, unix.EAGAIN}},
	},

	"mapping / written to is what the file reads":                 {{"what a file reads that was written through a mapping": strings.Repeat("\x00", 19)}},
	"mapping / shows what is written to the file":                 {{"what a mapping shows that was written to the file": strings.Repeat("\x00", 16)}},
	"mapping / longer than the file shows what the file grows by": {{"what a mapping shows of what a file grew by": "\x00\x00\x00\x00\x00"}},
}
