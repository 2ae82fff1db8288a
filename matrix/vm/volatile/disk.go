// Package volatile is a disk with a write cache that a power cut empties. Programs that ask for nothing else lose what they wrote:
// only what was flushed is certainly on the medium. QEMU reaches the disk by the NBD protocol (doc/proto.md of the project NBD), over
// a socket that it inherits.
package volatile

import (
	"math/rand/v2"
	"sync"
)

// Sector is what a disk writes whole or not at all, in bytes.
const Sector = 512

// Disk is a disk in memory.
type Disk struct {
	IgnoresFlush bool // it says that it has flushed, and has not: a defect that some disks have

	mu      sync.Mutex
	medium  []byte
	cache   map[int64]*[Sector]byte // by the number of the sector: written, and not flushed
	flushes int
}

// New returns a disk that has the image's content, and takes the image over. Its size must be a multiple of Sector.
func New(image []byte) *Disk { return &Disk{medium: image, cache: map[int64]*[Sector]byte{}} }

// Size returns the size in bytes.
func (d *Disk) Size() int64 { return int64(len(d.medium)) }

// Flushes returns how often the disk was told to flush.
func (d *Disk) Flushes() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.flushes
}

// within reports whether a request is whole sectors of the disk.
func (d *Disk) within(at int64, n int) bool {
	return at >= 0 && n >= 0 && at%Sector == 0 && n%Sector == 0 && at <= d.Size() && int64(n) <= d.Size()-at
}

// read reads what was written last, flushed or not.
func (d *Disk) read(p []byte, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	copy(p, d.medium[at:])
	for i := 0; i < len(p); i += Sector {
		if sector, is := d.cache[at/Sector+int64(i/Sector)]; is {
			copy(p[i:], sector[:])
		}
	}
}

// write writes into the cache, or, with force, onto the medium.
func (d *Disk) write(p []byte, at int64, force bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := 0; i < len(p); i += Sector {
		sector := at/Sector + int64(i/Sector)
		if force && !d.IgnoresFlush {
			copy(d.medium[at+int64(i):], p[i:i+Sector])
			delete(d.cache, sector)
			continue
		}
		d.cache[sector] = (*[Sector]byte)(append([]byte(nil), p[i:i+Sector]...))
	}
}

// flush writes the cache onto the medium.
func (d *Disk) flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flushes++
	if d.IgnoresFlush {
		return
	}
	for sector, content := range d.cache {
		copy(d.medium[sector*Sector:], content[:])
	}
	clear(d.cache)
}

// Cut cuts the power: of the sectors in the cache some have just been written, in any order, and the others are lost. It returns
// how many of each there were.
func (d *Disk) Cut(r *rand.Rand) (kept, lost int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	share := r.Float64()
	for sector, content := range d.cache {
		if r.Float64() < share {
			copy(d.medium[sector*Sector:], content[:])
			kept++
		} else {
			lost++
		}
	}
	clear(d.cache)
	return kept, lost
}
