package load

import (
	"errors"
	"math/rand/v2"
	"time"

	"golang.org/x/sys/unix"

	"github.com/xcmatrix/xcmatrix/suites/disk/uring"
)

// ringWork is a job that one thread does by io_uring: as soon as an operation ends, the next one is given to the kernel.
type ringWork struct {
	job    Job
	fd     int
	ring   *uring.Ring
	memory []byte // outside Go's heap, on a page of its own, as O_DIRECT needs it
	random *rand.Rand
	next   int64
	began  []time.Time // of the operation under way in each place
}

// newRingWork opens the ring. The caller must close the work.
func newRingWork(j Job, fd int) (*ringWork, error) {
	if j.Sync {
		return nil, errors.New("load: a job by io_uring has no fsync")
	}
	ring, err := uring.Open(j.Depth)
	if err != nil {
		return nil, err
	}
	memory, err := unix.Mmap(-1, 0, j.Depth*j.Block, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_POPULATE)
	if err != nil {
		return nil, errors.Join(err, ring.Close())
	}
	w := &ringWork{job: j, fd: fd, ring: ring, memory: memory, random: rand.New(rand.NewPCG(0, 1)), began: make([]time.Time, j.Depth)}
	for i := range memory {
		memory[i] = byte(w.random.Uint32())
	}
	return w, nil
}

func (w *ringWork) close() error { return errors.Join(w.ring.Close(), unix.Munmap(w.memory)) }

// do runs the job until a time, and waits for what is under way then. Operations after an error are not begun.
func (w *ringWork) do(end time.Time) (took []time.Duration, failed error) {
	for place := range w.began {
		failed = errors.Join(failed, w.queue(place))
	}
	for under := w.job.Depth; under > 0; {
		if err := w.ring.Wait(1); err != nil {
			return took, errors.Join(failed, err)
		}
		now := time.Now()
		for a, is := w.ring.Next(); is; a, is = w.ring.Next() {
			under--
			took = append(took, now.Sub(w.began[a.Tag]))
			if a.Err == nil && a.N != w.job.Block {
				a.Err = errShort
			}
			failed = errors.Join(failed, a.Err)
			if failed == nil && now.Before(end) {
				if failed = w.queue(a.Tag); failed == nil {
					under++
				}
			}
		}
	}
	return took, failed
}

// queue begins the next operation in a place.
func (w *ringWork) queue(place int) error {
	block := w.job.at(w.next, w.random)
	w.next++
	q := uring.Request{Op: uring.Read, FD: w.fd, Buffer: w.memory[place*w.job.Block:][:w.job.Block], At: block * int64(w.job.Block), Tag: place}
	if w.job.Write {
		q.Op = uring.Write
	}
	w.began[place] = time.Now()
	return w.ring.Queue(q)
}
