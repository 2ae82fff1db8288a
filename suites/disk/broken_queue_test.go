package disk

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/check"
)

// blocks32 returns a file of 32 blocks with their numbers, but for what change does.
func blocks32(change func(b []byte) []byte) []byte {
	var b []byte
	for i := range 32 {
		b = append(b, bytes.Repeat([]byte{byte(i + 1)}, queueBlock)...)
	}
	if change != nil {
		b = change(b)
	}
	return b
}

const (
	queueRead    = "blocks that were not in their buffers, of 32 at once"
	queueWritten = "a file that 32 writes at once made"
	queueEnd     = "bytes read before, across and behind the end of a file"
	queueWrong   = "answers of a ring to a good descriptor, a wrong one, and the good one again"
	queueLinked  = "answers to a write that fails, and to the fsync that is linked to it"
	rawRead      = "blocks of a raw device that read back as they were written"
	queueSynced  = "a write and the fsync that is linked to it"
)

// brokenQueues are of what has several operations under way at once, and of a device that the user gave.
var brokenQueues = check.BrokenFacts{
	"queue / of reads has each block in its own buffer, 32 at once": {sound(check.Facts{queueRead: []int(nil)}), {queueRead: []int{7}}},
	"queue / of writes is what the file reads, 32 at once": {
		sound(check.Facts{queueWritten: blocks32(nil)}), {queueWritten: blocks32(func(b []byte) []byte { b[5*queueBlock] = 9; return b })},
		{queueWritten: blocks32(func(b []byte) []byte { return append(b[queueBlock:], b[:queueBlock]...) })},
	},
	"queue / of reads ends short at the end of the file, and with nothing behind it": {
		sound(check.Facts{queueEnd: []int{queueBlock, 100, 0}}), {queueEnd: []int{queueBlock, queueBlock, 0}}, {queueEnd: []int{queueBlock, 100, queueBlock}},
	},
	"queue / answers a descriptor that is not open with EBADF, and goes on": {
		sound(check.Facts{queueWrong: []error{nil, unix.EBADF, nil}}), {queueWrong: []error{nil, nil, nil}}, {queueWrong: []error{nil, unix.EBADF, unix.ECANCELED}},
	},
	"queue / does not sync what could not be written: a linked fsync is cancelled": {
		sound(check.Facts{queueLinked: []error{unix.EBADF, unix.ECANCELED}}), {queueLinked: []error{unix.EBADF, nil}}, {queueLinked: []error{nil, nil}},
	},
	"queue / syncs what was written, when an fsync is linked to the write": {
		sound(check.Facts{queueSynced: linked{Count: queueBlock, Same: true}}), {queueSynced: linked{Count: queueBlock}}, {queueSynced: linked{Count: 100, Same: true}},
		{queueSynced: linked{Count: queueBlock, Same: true, Synced: unix.ECANCELED}}, {queueSynced: linked{Count: queueBlock, Same: true, Written: errors.New("no")}},
	},

	"raw device / holds what is written at its beginning, in its middle and at its end": {
		sound(check.Facts{rawRead: [3]bool{true, true, true}}), {rawRead: [3]bool{true, true, false}}, {rawRead: [3]bool{false, true, true}},
	},
}
