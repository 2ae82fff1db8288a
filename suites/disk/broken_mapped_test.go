package disk

import (
	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// failedOnce are the broken facts of a device that failed between write and fsync, but for what change does.
func failedOnce(changes ...func(f *failedBetween)) []check.Facts {
	all := []check.Facts{}
	for _, change := range append([]func(f *failedBetween){func(*failedBetween) {}}, changes...) {
		f := failedBetween{synced: unix.EIO, kept: true}
		change(&f)
		all = append(all, check.Facts{"a mapped device that fails between write and fsync, and works again": f})
	}
	all[0] = sound(all[0])
	return all
}

// overQuota are the broken facts of a quota that was used up, but for what change does.
func overQuota(fact string, changes ...func(f *filled)) []check.Facts {
	all := []check.Facts{}
	for _, change := range append([]func(f *filled){func(*filled) {}}, changes...) {
		f := filled{wrote: 1 << 20, again: 1 << 20, err: unix.EDQUOT, kept: true, free: 31 << 20}
		change(&f)
		all = append(all, check.Facts{fact: f})
	}
	all[0] = sound(all[0])
	return all
}

// is are the broken facts of a value: the right one, which is sound, and wrong ones.
func is[T any](fact string, right T, wrong ...T) []check.Facts {
	all := []check.Facts{{check.Sound: nil, fact: right}}
	for _, w := range wrong {
		all = append(all, check.Facts{fact: w})
	}
	return all
}

const alignedReads = "reads past the page cache, aligned as statx says and by half of that"

var brokenMapped = check.BrokenFacts{
	"mapped device / of one MiB has one MiB, by sysfs and by the device": is("bytes of a mapped device of one MiB", [2]uint64{1 << 20, 1 << 20},
		[2]uint64{mappedBytes, 1 << 20}, [2]uint64{1 << 20, mappedBytes}),
	"mapped device / shows the part of the other device that its table names": is("what a mapped device reads that begins at the second MiB", "the second MiB", string(make([]byte, 14))),
	"mapped device / names the device below it":                               is("devices below a mapped one, and whether that is named", []string{"the one below"}, nil, []string{"another"}),
	"mapped device / is of the kind mapper, with the name and identity that it was given": is("kind, name and identity of a mapped device", [3]string{"mapper", "its name", "LVM-xcmatrix"},
		[3]string{"unknown", "its name", "LVM-xcmatrix"}, [3]string{"mapper", "another name", "LVM-xcmatrix"}, [3]string{"mapper", "its name", ""}),
	"mapped device / with the identity of several paths to one disk is of the kind multipath": is("kind of a mapped device with the identity of a multipath one", "multipath", "mapper"),
	"mapped device / that gets a longer table is larger to who has it open":                   is("bytes of a mapped device before and behind a longer table", [2]uint64{1 << 20, mappedBytes}, [2]uint64{1 << 20, 1 << 20}),
	"mapped device / that is suspended lets a read wait, and goes on with it":                 is("a read of a mapped device that is suspended", waited{true, true}, waited{}, waited{waits: true}),
	"mapped device / that fails ends a read past the page cache with EIO":                     answers("a read of a mapped device that fails", unix.EIO, unix.ENXIO),
	"mapped device / that fails ends a write past the page cache with EIO":                    answers("a write to a mapped device that fails", unix.EIO, unix.ENXIO),
	"mapped device / that fails behind a write says so at fsync":                              failedOnce(func(f *failedBetween) { f.synced = nil }, func(f *failedBetween) { f.written = unix.EIO }),
	"mapped device / that failed does not have what fsync refused, and fsync does not say so again": failedOnce(func(f *failedBetween) { f.there = true },
		func(f *failedBetween) { f.again = unix.EIO }),
	"mapped device / that failed keeps what is written when it works again": failedOnce(func(f *failedBetween) { f.kept = false }, func(f *failedBetween) { f.after = unix.EIO }),
	"mapped device / that loses writes in silence is seen by reading past the page cache, and not by fsync": is("what a device has that loses writes in silence", durable{},
		durable{there: true}, durable{written: unix.EIO}, durable{read: unix.EIO}),
	"mapped device / that refuses writes alone still reads what it has": is("what a device has that refuses writes", durable{written: unix.EIO}, durable{}, durable{written: unix.EIO, read: unix.EIO}),

	"direct access / past the page cache is read where it is aligned as statx says": is(alignedReads, alignedAccess{memory: 4, offset: 512}, alignedAccess{memory: 4, offset: 512, kept: unix.EINVAL}),
	"direct access / past the page cache is refused, or read rightly, where it is aligned to half of what statx says": is(alignedReads, alignedAccess{memory: 4, offset: 512, oddOffset: unix.EINVAL},
		alignedAccess{memory: 4, offset: 512, oddOffset: unix.EIO}),
	"direct access / is aligned by statx to powers of two, and no more than a MiB": is(alignedReads, alignedAccess{memory: 4, offset: 512},
		alignedAccess{memory: 4, offset: 513}, alignedAccess{memory: 3, offset: 512}, alignedAccess{memory: 4, offset: 1 << 30}),

	"quota / that is used up says EDQUOT, although the file system has space, and keeps what was written": overQuota("a quota that was used up",
		func(f *filled) { f.err = unix.ENOSPC }, func(f *filled) { f.free = 0 }, func(f *filled) { f.kept = false }),
	"quota / gives as much again when the file is removed": overQuota("a quota that was used up", func(f *filled) { f.again = 0 }, func(f *filled) { f.wrote, f.again = 0, 0 }),
	"quota / of inodes that is used up says EDQUOT, although there is space": overQuota("a quota of inodes that was used up", func(f *filled) { f.err = unix.ENOSPC },
		func(f *filled) { f.err = nil }),
	"quota / of one user leaves another her own": is("writes of a second user when the first has used up her quota", [2]error{unix.EDQUOT, nil}, [2]error{unix.EDQUOT, unix.EDQUOT}, [2]error{nil, nil}),
	"quota / that is used up leaves a file as long as it was when more is asked for by fallocate": overAllocated("a file for which more was allocated than its user may have",
		func(f *filled) { f.wrote = 16 << 20 }, func(f *filled) { f.wrote, f.err = 3, nil }),
}

// overAllocated is overQuota for a file of three bytes.
func overAllocated(fact string, changes ...func(f *filled)) []check.Facts {
	short := func(f *filled) { f.wrote = 3 }
	all := overQuota(fact, append([]func(f *filled){short}, changes...)...)
	all[1] = sound(all[1])
	return all[1:]
}
