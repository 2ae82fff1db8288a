package record

// Guest is the virtual machine that a target asks for.
type Guest struct {
	// Kernel is a series that scripts/kernel gets ("loong64", "arm64-16k"), or the path of a kernel image; a directory
	// beside it named modules is loaded too.
	Kernel string `yaml:"kernel" json:"kernel"`
	SHA256 string `yaml:"sha256" json:"sha256,omitempty"` // of the kernel's file, where a lab pins it

	// Firmware is "uefi" for a loong64 machine that is to boot by it, and have PCI; one with disks or slots does anyway.
	Firmware string `yaml:"firmware" json:"firmware,omitempty"`

	Cores  int    `yaml:"cores" json:"cores,omitempty"`   // 2 by default
	Memory int    `yaml:"memory" json:"memory,omitempty"` // MiB, 2048 by default
	Nodes  int    `yaml:"nodes" json:"nodes,omitempty"`   // NUMA nodes, which share cores and memory equally; 1 by default
	Disks  []Disk `yaml:"disks" json:"disks,omitempty"`   // empty ones, beside the root file system in memory
	Slots  int    `yaml:"slots" json:"slots,omitempty"`   // places for disks that are plugged in while it runs

	World string `yaml:"-" json:"world,omitempty"` // the target's, "old" where payloads run in a simulated old ABI world
}

// Disk is a disk of a guest.
type Disk struct {
	Bus  string `yaml:"bus" json:"bus"`   // "virtio", "scsi", "nvme", "sd"
	Size int    `yaml:"size" json:"size"` // MiB
}

// Kernel is the kernel that a launcher started.
type Kernel struct {
	Release string `json:"release,omitempty"` // as its package names it
	Source  string `json:"source,omitempty"`  // the package and its version
	SHA256  string `json:"sha256"`
}
