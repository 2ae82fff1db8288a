package machine

import (
	"slices"
	"strings"
)

// makers are what virtual machines' firmware calls the machine, and the hypervisor that each means.
var makers = []struct{ text, is string }{
	{"qemu", "qemu"}, {"kvm", "kvm"}, {"vmware", "vmware"}, {"virtualbox", "virtualbox"}, {"innotek", "virtualbox"},
	{"microsoft corporation virtual machine", "hyper-v"}, {"xen", "xen"}, {"amazon ec2", "kvm"}, {"alibaba cloud", "kvm"},
	{"openstack", "kvm"}, {"google compute engine", "kvm"}, {"linux,dummy-virt", "qemu"}, {"bochs", "qemu"},
}

// virtual is what the machine runs in: "qemu-user" where the processor's text is of another architecture, a
// hypervisor's name, "qemu-tcg" for a virtual machine without hardware behind it, "vm" for an unknown hypervisor,
// "none" for hardware, or "" where nothing tells. A best effort: the launcher knows, the payload guesses.
func virtual(t tree, hw firmware, p processor, goarch string) string {
	if p.foreign {
		return "qemu-user"
	}
	clocks := strings.Fields(t.line("sys/devices/system/clocksource/clocksource0/available_clocksource"))
	for _, c := range clocks {
		switch {
		case c == "kvm-clock":
			return "kvm"
		case strings.HasPrefix(c, "hyperv"):
			return "hyper-v"
		}
	}
	if kind := t.line("sys/hypervisor/type"); kind != "" {
		return kind
	}
	guest := goarch == "amd64" && slices.Contains(p.features, "hypervisor")
	board := strings.ToLower(hw.board)
	for _, m := range makers {
		if !strings.Contains(board, m.text) {
			continue
		}
		// KVM gives amd64 guests its clock; QEMU without it translates.
		if m.is == "qemu" && goarch == "amd64" && len(clocks) > 0 {
			return "qemu-tcg"
		}
		return m.is
	}
	switch {
	case guest:
		return "vm"
	case goarch == "amd64" && len(p.features) > 0, board != "":
		return "none"
	}
	return ""
}
