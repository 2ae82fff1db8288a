package record

// Guest describes the virtual machine of a target.
type Guest struct {
	// Kernel is a series that scripts/kernel downloads ("loong64", "arm64-16k"), or the path of a kernel image; a
	// directory named modules beside the image is loaded too.
	Kernel string `yaml:"kernel" json:"kernel"`
	SHA256 string `yaml:"sha256" json:"sha256,omitempty"` // of the kernel's file, if the matrix file pins it

	// Firmware is "uefi" for a loong64 machine that boots by it and has PCI. A machine with disks or slots always does.
	Firmware string `yaml:"firmware" json:"firmware,omitempty"`

	Cores   int    `yaml:"cores" json:"cores,omitempty"`     // 2 by default
	Offline int    `yaml:"offline" json:"offline,omitempty"` // further cores that are there and that the kernel does not start
	Memory  int    `yaml:"memory" json:"memory,omitempty"`   // MiB, 2048 by default
	Nodes   int    `yaml:"nodes" json:"nodes,omitempty"`     // NUMA nodes, which share all cores and memory equally; 1 by default
	Disks   []Disk `yaml:"disks" json:"disks,omitempty"`     // empty disks, in addition to the root file system in memory
	Slots   int    `yaml:"slots" json:"slots,omitempty"`     // slots for disks that are plugged in while the machine runs

	World string `yaml:"-" json:"world,omitempty"` // the target's, "old" where payloads run in a simulated old ABI world
}

// Disk is a disk of a guest.
type Disk struct {
	Bus  string `yaml:"bus" json:"bus"`   // "virtio", "scsi", "nvme", "sd"
	Size int    `yaml:"size" json:"size"` // MiB
}

// Kernel is the kernel that a launcher started.
type Kernel struct {
	Release string `json:"release,omitempty"` // as in its package
	Source  string `json:"source,omitempty"`  // the package and its version
	SHA256  string `json:"sha256"`
}
