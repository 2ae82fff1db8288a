package disk

import (
	"errors"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk/sysfs"
	"github.com/xcmatrix/xcmatrix/suites/disk/unplug"
)

// removalsOf returns what removals show that went as they should, but for what change does.
func removalsOf(fact string, change func(r *unplug.Report)) check.Facts {
	r := unplug.Report{Cycles: 5, Reads: 100, Sequences: map[string]int{"reader there, node EIO, size 0, reader ENOENT, reader there": 5},
		Kept: map[string]int{"removed ENODEV": 5, "back ENODEV": 5}, Descriptors: [2]int{9, 9}, Goroutines: [2]int{4, 4}}
	if change != nil {
		change(&r)
	}
	return check.Facts{fact: r}
}

func few(change func(r *unplug.Report)) check.Facts {
	return removalsOf("removals of a device that is read", change)
}
func many(change func(r *unplug.Report)) check.Facts {
	return removalsOf("a thousand removals", change)
}

// bytesBy are the broken facts of a device's size: one in sectors, one in KiB, one of nothing.
func bytesBy(fact string) []check.Facts {
	return []check.Facts{{check.Sound: nil, fact: uint64(ownBytes)}, {fact: uint64(ownBytes / sectorBytes)}, {fact: uint64(ownBytes >> 10)}, {fact: uint64(0)}}
}

// answers are the broken facts of an error: none, and the given ones.
func answers(fact string, right error, wrong ...error) []check.Facts {
	all := []check.Facts{{check.Sound: nil, fact: right}, {fact: nil}}
	for _, err := range wrong {
		all = append(all, check.Facts{fact: err})
	}
	return all
}

// replacedOn are the broken facts of a disk that was pulled out and replaced.
func replacedOn(bus string) []check.Facts {
	of := func(change func(r *replugged)) check.Facts {
		r := replugged{sizes: [2]uint64{plugSize << 20, 2 * plugSize << 20}, steps: []string{"there", "away", "there"}, right: true, kept: unix.ENODEV}
		if change != nil {
			change(&r)
		}
		return check.Facts{"a disk on " + bus + " that was pulled out and replaced": r}
	}
	return []check.Facts{sound(of(nil)), of(func(r *replugged) { r.sizes[1] = r.sizes[0] }), of(func(r *replugged) { r.right = false }), of(func(r *replugged) { r.kept = nil })}
}

// cards are the broken facts of an SD card that was taken out and put back.
func cards() []check.Facts {
	of := func(change func(r *replugged)) check.Facts {
		r := replugged{sizes: [2]uint64{32 << 20, 32 << 20}, steps: []string{"there", "away", "there"}, right: true, kept: unix.ENODEV}
		change(&r)
		return check.Facts{"an SD card that was taken out and put back": r}
	}
	return []check.Facts{sound(of(func(*replugged) {})), of(func(r *replugged) { r.sizes[1] = 0 }), of(func(r *replugged) { r.sizes = [2]uint64{} }),
		of(func(r *replugged) { r.right = false }), of(func(r *replugged) { r.kept = nil })}
}

var brokenDevices = check.BrokenFacts{
	"replacement / SD card that is taken out and put back is found by its identity, and has its size again": cards(),
	"replacement / disk on virtio that comes back with another size is found by its identity":               replacedOn("virtio"),
	"replacement / disk on nvme that comes back with another size is found by its identity":                 replacedOn("nvme"),
	"replacement / disk on scsi that comes back with another size is found by its identity":                 replacedOn("scsi"),

	"removal of a device / shows EIO, no size, ENODEV or ENOENT in this order, and then the device again": {sound(few(nil)), few(func(r *unplug.Report) { r.Wrong = 1 })},
	"removal of a device / shows the same order to a reader that never stops": {
		sound(few(nil)), few(func(r *unplug.Report) { r.Beside = map[string]int{"away, then EIO": 1} }), few(func(r *unplug.Report) { r.Reads = 0 }),
	},
	"removal of a device / is overcome by a reader that looks for the device by its identity": {sound(few(nil)), few(func(r *unplug.Report) { r.NotSeen = 1 })},
	"removal of a device / leaves a reader with the size of the device that came back":        {sound(few(nil)), few(func(r *unplug.Report) { r.WrongSizes = 1 })},
	"removal of a device / is final for a descriptor of its size: ENODEV, also when the device is back": {
		sound(few(nil)), few(func(r *unplug.Report) { r.KeptSize = 1 }), few(func(r *unplug.Report) { r.Kept = nil }),
		few(func(r *unplug.Report) { r.Kept = map[string]int{"removed ENODEV": 5, "back 0": 5} }),
	},
	"removal of a device / is not undone by a reader of sizes":          {sound(few(nil)), few(func(r *unplug.Report) { r.Revived = 1 })},
	"removal of a device / does not pass the name on to another device": {sound(few(nil)), few(func(r *unplug.Report) { r.Stranger = 1 })},
	"removal of a device / leaves no descriptor open":                   {sound(few(nil)), few(func(r *unplug.Report) { r.Descriptors[1]++ })},
	"removal of a device / leaves no goroutine behind":                  {sound(few(nil)), few(func(r *unplug.Report) { r.Goroutines[1]++ })},
	"removal of a device / is overcome a thousand times, and leaves nothing behind": {
		sound(many(nil)), many(func(r *unplug.Report) { r.Wrong = 1 }), many(func(r *unplug.Report) { r.NotSeen = 1 }), many(func(r *unplug.Report) { r.WrongSizes = 1 }),
		many(func(r *unplug.Report) { r.KeptSize = 1 }), many(func(r *unplug.Report) { r.Revived = 1 }), many(func(r *unplug.Report) { r.Stranger = 1 }),
		many(func(r *unplug.Report) { r.Descriptors[1]++ }), many(func(r *unplug.Report) { r.Goroutines[1]++ }),
		many(func(r *unplug.Report) { r.Beside = map[string]int{"away, then EIO": 1} }),
	},

	"size of a device / in sysfs is in sectors of 512 bytes":    bytesBy("bytes of a device by sysfs"),
	"size of a device / by BLKGETSIZE64 is in bytes":            bytesBy("bytes of a device by BLKGETSIZE64"),
	"size of a device / by seeking to the end is in bytes":      bytesBy("bytes of a device by its end"),
	"size of a device / in /proc/partitions is in KiB":          bytesBy("bytes of a device by /proc/partitions"),
	"size of a device / by blockdev is in sectors of 512 bytes": bytesBy("bytes of a device by blockdev"),
	"size of a device / by busybox fdisk -l is in bytes":        bytesBy("bytes of a device by busybox fdisk"),
	"size of a device / by stat is none: a node has no length":  {{check.Sound: nil, "length of a device's node by stat": int64(0)}, {"length of a device's node by stat": int64(ownBytes)}},
	"size of a device / in sysfs stays in sectors of 512 bytes where blocks have 4096": {
		{check.Sound: nil, blocksOf4096: [2]uint64{ownBytes / 512, 4096}}, {blocksOf4096: [2]uint64{ownBytes / 4096, 4096}}, {blocksOf4096: [2]uint64{ownBytes / 512, 512}},
	},
	"size of a device / leaves out what does not fill the last sector": {{check.Sound: nil, oddSize: uint64(1953)}, {oddSize: uint64(1954)}},
	"size of a device / of a part of a file is that part's":            {{check.Sound: nil, partOfFile: uint64(128)}, {partOfFile: uint64(ownBytes / 512)}, {partOfFile: uint64((ownBytes - 1<<20) / 512)}},
	"size of a device / that grows is seen by whoever has it open": {
		{check.Sound: nil, grownBy: [3]uint64{ownBytes / 512, 2 * ownBytes / 512, 2 * ownBytes}},
		{grownBy: [3]uint64{ownBytes / 512, ownBytes / 512, 2 * ownBytes}}, {grownBy: [3]uint64{ownBytes / 512, 2 * ownBytes / 512, ownBytes}},
	},
	"size of a device / of no medium is 0, and its node can be opened": {{check.Sound: nil, noMedium: [2]uint64{}}, {noMedium: [2]uint64{8, 0}}, {noMedium: [2]uint64{0, 4096}}},
	"size of a device / of partitions is their own, and start is counted from the device's beginning": {
		{check.Sound: nil, twoParts: [4]uint64{64, 1000, 2048, 3000}}, {twoParts: [4]uint64{64, 6144, 2048, 6144}}, {twoParts: [4]uint64{0, 1000, 984, 3000}},
	},
	"size of a device / of a partition by BLKGETSIZE64 is the partition's": {{check.Sound: nil, partBytes: uint64(512000)}, {partBytes: uint64(ownBytes)}, {partBytes: uint64(1000)}},
	"size of a device / read by the reader without allocation is that of package os": {
		{check.Sound: nil, bothRead: map[string][2]uint64{"sda": {8, 8}}}, {bothRead: map[string][2]uint64{"sda": {8, 0x8000}}},
	},

	"kind / of each device fits the driver that has its number": {
		{check.Sound: nil, kindsSeen: map[string][2]string{"sda": {"scsi", "sd"}, "nvme0n1": {"nvme", "blkext"}, "pmem0": {"unknown", "pmem"}}},
		{kindsSeen: map[string][2]string{"sda": {"scsi", "virtblk"}}}, {kindsSeen: map[string][2]string{"loop0": {"loop", "sd"}}},
	},
	"kind / of a device that shows a file is loop, and the file is named": {
		{check.Sound: nil, fileKind: [2]string{"loop", "the file"}}, {fileKind: [2]string{"scsi", "the file"}}, {fileKind: [2]string{"loop", "another"}},
	},
	"kind / of a partition is partition, and its device is the directory above": {
		{check.Sound: nil, partKind: [3]string{"partition", "2", "its device"}}, {partKind: [3]string{"loop", "2", "its device"}},
		{partKind: [3]string{"partition", "1", "its device"}}, {partKind: [3]string{"partition", "2", "another"}},
	},
	"kind / of a partition is no disk in /sys/block": {{check.Sound: nil, "partitions in /sys/block": []string(nil)}, {"partitions in /sys/block": []string{"loop900p1"}}},

	"error / ENOENT says that a name is not there":                     answers("answer of the reader to an attribute that is not there", unix.ENOENT, unix.ENODEV, sysfs.ErrSyntax),
	"error / ENODEV says that what was opened has gone":                answers("answer of an attribute that was opened before its device was removed", unix.ENODEV, unix.ENOENT, unix.EIO),
	"error / ENXIO says that no driver stands behind a node":           answers("answer of a node whose number no driver has", unix.ENXIO, unix.ENODEV, unix.ENOENT),
	"error / EIO says that the device could not read":                  answers("answer of a device that cannot read", unix.EIO, unix.ENXIO),
	"error / EACCES says that an attribute is for writing only":        answers("answer of the reader to an attribute for writing only", unix.EACCES, unix.EIO),
	"error / EINVAL says that a value is of the wrong kind":            answers("answer of the kernel to a value of the wrong kind", unix.EINVAL, unix.ERANGE),
	"error / EBUSY says that a device in use cannot be removed":        answers("answer to the removal of a device in use", unix.EBUSY, unix.ENODEV),
	"error / EROFS says that a device takes no writes":                 answers("answer of a device that is read-only", unix.EROFS, unix.EIO),
	"error / ENOSPC says that a write is beyond the end of the device": answers("answer to a write at the end of a device", unix.ENOSPC, unix.EIO, unix.EFBIG),
	"error / of the reader are those of package os": {
		{check.Sound: nil, bothErrors: map[string][2]string{"/sys": {"is a directory", "is a directory"}}}, {bothErrors: map[string][2]string{"/sys": {"is a directory", "no such file or directory"}}},
	},
}

const (
	blocksOf4096 = "sectors and logical block of a device with blocks of 4096 bytes"
	oddSize      = "sectors of a device of 1,000,001 bytes"
	partOfFile   = "sectors of a device that shows a part of a file"
	grownBy      = "sectors before and after a device grew, by one descriptor, and bytes by another"
	noMedium     = "sectors and bytes of a device without a medium"
	twoParts     = "start and sectors of two partitions"
	partBytes    = "bytes of a partition by BLKGETSIZE64"
	bothRead     = "size of each device by both readers"
	kindsSeen    = "kind of each device, and driver of its number"
	fileKind     = "kind of a device that shows a file, and the file"
	partKind     = "kind of a partition, its number, and its directory"
	bothErrors   = "errors of the reader and of package os"
)

// A file system of one MiB that was used as it should be, but for what change does.

func full(change func(f *filled)) check.Facts {
	f := filled{wrote: 1 << 20, again: 1 << 20, err: unix.ENOSPC, kept: true}
	if change != nil {
		change(&f)
	}
	return check.Facts{"a file system that was filled up": f}
}

func twice(change func(b *bound)) check.Facts {
	b := bound{sameDevice: true, seen: "written at the first place", root: "/first", totals: [2]uint64{1 << 20, 1 << 20}}
	if change != nil {
		change(&b)
	}
	return check.Facts{"a file system that is mounted at a second place": b}
}

func layers(change func(o *overlaid)) check.Facts {
	o := overlaid{shown: []string{"below", "changed", "own"}, below: "as it was", upper: "as it is", removedBelow: true, kind: unix.OVERLAYFS_SUPER_MAGIC, total: 1 << 20}
	if change != nil {
		change(&o)
	}
	return check.Facts{"a file system that is laid over another": o}
}

func vain(change func(l *lost)) check.Facts {
	l := lost{first: unix.EIO, other: unix.EIO}
	if change != nil {
		change(&l)
	}
	return check.Facts{"a device on a file system that is full": l}
}

const (
	oneMiB    = "bytes of a file system of one MiB by statfs and by gopsutil"
	hundred   = "inodes of a file system of 100, and how many three files and a second name took"
	noInodes  = "a file system whose inodes are all taken"
	tooMuch   = "a file for which more was allocated than the file system has"
	rofs      = "answers of a file system that is read-only"
	rofsRead  = "what a file system reads that is read-only"
	rofsInUse = "answer to read-only while a file is open for writing"
)

// refusals are the answers of a read-only file system to five changes, one of which is err.
func refusals(err error) map[string]error {
	return map[string]error{"open for writing": unix.EROFS, "create": unix.EROFS, "rename": err, "truncate": unix.EROFS, "mode": unix.EROFS}
}

var brokenSystems = check.BrokenFacts{
	"file system / of one MiB has one MiB, by statfs and by gopsutil": {
		{check.Sound: nil, oneMiB: [2]uint64{1 << 20, 1 << 20}}, {oneMiB: [2]uint64{1 << 20, 1 << 19}}, {oneMiB: [2]uint64{1 << 11, 1 << 20}},
	},
	"file system / of 100 inodes has 100, and loses one for each file": {
		{check.Sound: nil, hundred: [2]uint64{100, 3}}, {hundred: [2]uint64{0, 3}}, {hundred: [2]uint64{100, 4}},
	},
	"file system / that is full says ENOSPC and keeps what was written before": {
		sound(full(nil)), full(func(f *filled) { f.err = unix.EIO }), full(func(f *filled) { f.err = nil }), full(func(f *filled) { f.kept = false }), full(func(f *filled) { f.free = 4096 }),
	},
	"file system / that was full takes as much again when the file is removed": {sound(full(nil)), full(func(f *filled) { f.again = 0 })},
	"file system / without a free inode says ENOSPC, although it has space": {
		{check.Sound: nil, noInodes: filled{err: unix.ENOSPC, free: 1 << 20}}, {noInodes: filled{free: 1 << 20}}, {noInodes: filled{err: unix.ENOSPC}},
	},
	"file system / that cannot allocate says ENOSPC and leaves the file as long as it was": {
		{check.Sound: nil, tooMuch: filled{err: unix.ENOSPC, wrote: 3}}, {tooMuch: filled{err: unix.ENOSPC, wrote: 16 << 20}}, {tooMuch: filled{wrote: 3}},
	},
	"file system / that is mounted read-only says EROFS to each change": {
		{check.Sound: nil, rofs: refusals(unix.EROFS)}, {rofs: refusals(nil)}, {rofs: refusals(unix.EACCES)}, {rofs: map[string]error{}},
	},
	"file system / that is read-only is still read":                            {{check.Sound: nil, rofsRead: "before"}, {rofsRead: ""}},
	"file system / does not become read-only while a file is open for writing": answers(rofsInUse, unix.EBUSY, unix.EROFS),
	"file system / that is mounted at a second place is the same one": {
		sound(twice(nil)), twice(func(b *bound) { b.sameDevice = false }), twice(func(b *bound) { b.seen = "" }),
	},
	"file system / that is mounted at a second place says from which directory":     {sound(twice(nil)), twice(func(b *bound) { b.root = "/" })},
	"file system / that is mounted at a second place is counted once by its device": {sound(twice(nil)), twice(func(b *bound) { b.totals[1] *= 2 })},
	"file system / laid over another shows both, and writes to its own layer alone": {
		sound(layers(nil)), layers(func(o *overlaid) { o.shown = o.shown[1:] }), layers(func(o *overlaid) { o.below = "as it is" }), layers(func(o *overlaid) { o.upper = "as it was" }),
	},
	"file system / laid over another hides what was removed, and keeps it below": {
		sound(layers(nil)), layers(func(o *overlaid) { o.removedShown = true }), layers(func(o *overlaid) { o.removedBelow = false }),
	},
	"file system / laid over another is of its own kind, and as large as the layer on top": {
		sound(layers(nil)), layers(func(o *overlaid) { o.kind = unix.TMPFS_MAGIC }), layers(func(o *overlaid) { o.total = 0 }),
	},
	"file system / that is full loses no write in silence: fsync of the device on it says so": {
		sound(vain(nil)), sound(vain(func(l *lost) { l.first = unix.ENOSPC })), vain(func(l *lost) { l.first = nil }),
	},
	"file system / that is full says so to each descriptor that was open": {sound(vain(nil)), vain(func(l *lost) { l.other = nil })},
	"file system / that is full says so once to each descriptor":          {sound(vain(nil)), vain(func(l *lost) { l.again = errors.Join(unix.EIO) })},
}
