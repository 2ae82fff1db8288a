package vm

import (
	"context"
	"os"
	"runtime"
	"sync"
	"time"
)

// The accelerators: emulation on all processors or in turn on one, and the host's own virtualisation.
const (
	tcg     = "tcg,thread=multi"
	tcgTurn = "tcg,thread=single"
	kvmName = "kvm"
)

// kvm remembers, for this process, whether KVM works here: a /dev/kvm that is there can still fail.
var kvm struct {
	sync.Mutex
	tried, works bool
}

// accelerator is KVM where a probe guest has booted with it, else emulation.
func (m *Machine) accelerator() string {
	kvm.Lock()
	defer kvm.Unlock()
	if kvm.works && m.GOARCH == runtime.GOARCH {
		return kvmName
	}
	return emulation(m.Cores, runtime.NumCPU())
}

// emulation lets a guest's processors run beside each other; where they are many more than this machine has, one after the
// other: a processor that waits for a lock would otherwise take the time of the one that holds it, and Linux takes
// processors for dead that get none for half a minute.
func emulation(guests, here int) string {
	if guests > 8*here {
		return tcgTurn
	}
	return tcg
}

// probeTime is how long a guest may take to boot under KVM: it takes about a second.
const probeTime = 15 * time.Second

// probe boots a guest under KVM, once.
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
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if g, err := m.boot(ctx, payload, kvmName); err == nil {
		kvm.works = true
		g.Close()
	}
}
