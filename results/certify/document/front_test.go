package document

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// A machine on a hypervisor is not called a physical one, nor is a virtual machine of this program's a real one.
func TestProvenance(t *testing.T) {
	for _, c := range []struct {
		p       record.Provenance
		virtual string
		en, zh  string
	}{
		{record.Native, "none", "native, from the machine itself", "实机（物理机）"},
		{record.Native, "kvm", "native, from the machine itself, which runs on a hypervisor (kvm)", "实机（虚拟化环境：kvm）"},
		{record.VM, "qemu-tcg", "from a virtual machine: a real kernel, no real speed", "虚拟机：内核真实，速度不真实"},
	} {
		got := Provenance(claim.Claim{Provenance: c.p, Machine: &record.Machine{Virtual: c.virtual}})
		if got.En != c.en || got.In("zh") != c.zh {
			t.Errorf("%s on %q: %s / %s", c.p, c.virtual, got.En, got.In("zh"))
		}
	}
}
