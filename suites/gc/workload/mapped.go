package workload

import "golang.org/x/sys/unix"

const mappedBytes = 64 << 20

// startMapped starts requests beside memory that the runtime neither allocates nor counts, and which is resident.
func startMapped() program {
	r := newRequests()
	mapped, err := unix.Mmap(-1, 0, mappedBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS)
	if err != nil {
		return r
	}
	for at := 0; at < len(mapped); at += 4096 {
		mapped[at] = 1
	}
	r.mapped = mapped
	return r
}

// unmap gives the mapped memory back and returns how many of its pages have changed.
func (r *requests) unmap() (changed int) {
	for at := 0; at < len(r.mapped); at += 4096 {
		if r.mapped[at] != 1 {
			changed++
		}
	}
	if r.mapped != nil {
		_ = unix.Munmap(r.mapped)
		r.mapped = nil
	}
	return changed
}
