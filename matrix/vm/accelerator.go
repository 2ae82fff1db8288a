package vm

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"
)

// QEMU's accelerators: software emulation with one thread per guest processor or with one thread for all, and KVM.
const (
	tcg       = "tcg,thread=multi"
	tcgSingle = "tcg,thread=single"
	kvmName   = "kvm"
)

// kvm caches whether KVM works on this machine; /dev/kvm can exist and still not work.
var kvm struct {
	sync.Mutex
	tried, works bool
}

// accelerator returns KVM if probe has booted a guest with it, else emulation.
func (m *Machine) accelerator() string {
	kvm.Lock()
	defer kvm.Unlock()
	if kvm.works && m.GOARCH == runtime.GOARCH {
		return kvmName
	}
	return chooseTCG(m.Cores, runtime.NumCPU())
}

// chooseTCG returns the emulation for a guest with guestCPUs processors on a host with hostCPUs. With more than eight guest
// processors per host processor, all of them run in one thread: otherwise processors that wait for a lock take the time of
// the one that holds it, and Linux reports a stall for processors that do not run for half a minute.
func chooseTCG(guestCPUs, hostCPUs int) string {
	if guestCPUs > 8*hostCPUs {
		return tcgSingle
	}
	return tcg
}

// kvmBootTime is how long a guest may take to boot under KVM: it takes about a second.
const kvmBootTime = 15 * time.Second

// probe finds out whether KVM works: once per process it boots a guest with it.
func (m *Machine) probe(ctx context.Context, payload string) {
	if m.GOARCH != runtime.GOARCH {
		return
	}
	kvm.Lock()
	defer kvm.Unlock()
	if kvm.tried {
		return
	}
	kvm.tried = true
	f, err := os.OpenFile("/dev/kvm", os.O_RDWR, 0)
	if err != nil {
		return
	}
	f.Close()
	ctx, cancel := context.WithTimeout(ctx, kvmBootTime)
	defer cancel()
	trial := *m
	trial.Network = nil // their servers answer one client
	if g, err := trial.boot(ctx, payload, kvmName); err == nil {
		kvm.works = true
		g.Close()
	}
}
