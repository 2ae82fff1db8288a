package machine

import (
	"slices"
	"strings"
)

// hypervisorVendors are texts in the firmware's description of a virtual machine, and the hypervisors that they mean.
var hypervisorVendors = []struct{ text, hypervisor string }{
	{"qemu", "qemu"}, {"kvm", "kvm"}, {"vmware", "vmware"}, {"virtualbox", "virtualbox"}, {"innotek", "virtualbox"},
	{"microsoft corporation virtual machine", "hyper-v"}, {"xen", "xen"}, {"amazon ec2", "kvm"}, {"alibaba cloud", "kvm"},
	{"openstack", "kvm"}, {"google compute engine", "kvm"}, {"linux,dummy-virt", "qemu"}, {"bochs", "qemu"},
}

// virtual returns the kind of virtualisation: "qemu-user" if /proc/cpuinfo is of another architecture, the name of a hypervisor,
// "qemu-tcg" for QEMU's software emulation, "vm" for an unknown hypervisor, "none" for real hardware, or "" if unknown. It is a
// guess; the launcher records the truth.
func virtual(t tree, hw firmware, p processor, goarch string) string {
	if p.otherArchitecture {
		return "qemu-user"
	}
	clocks := strings.Fields(t.firstLine("sys/devices/system/clocksource/clocksource0/available_clocksource"))
	for _, c := range clocks {
		switch {
		case c == "kvm-clock":
			return "kvm"
		case strings.HasPrefix(c, "hyperv"):
			return "hyper-v"
		}
	}
	if kind := t.firstLine("sys/hypervisor/type"); kind != "" {
		return kind
	}
	guest := goarch == "amd64" && slices.Contains(p.features, "hypervisor")
	board := strings.ToLower(hw.board)
	for _, m := range hypervisorVendors {
		if !strings.Contains(board, m.text) {
			continue
		}
		// Under KVM amd64 guests have the kvm-clock; without it QEMU emulates.
		if m.hypervisor == "qemu" && goarch == "amd64" && len(clocks) > 0 {
			return "qemu-tcg"
		}
		return m.hypervisor
	}
	switch {
	case guest:
		return "vm"
	case goarch == "amd64" && len(p.features) > 0, board != "":
		return "none"
	}
	return ""
}
