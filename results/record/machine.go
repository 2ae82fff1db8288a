package record

// Machine is the fingerprint of the machine as the payload sees it. Fields that cannot be read stay empty. How the
// payload was launched is not taken from here (see Launch); Launcher repeats what the launcher passed to the payload, so
// that the output of `detect --json` is complete.
type Machine struct {
	Chip       string     `json:"chip"`              // catalogue id; "" when not recognised
	Model      string     `json:"model,omitempty"`   // the CPU's name
	CPUInfo    string     `json:"cpuinfo,omitempty"` // text of the first processor in /proc/cpuinfo
	GOARCH     string     `json:"goarch"`
	GOOS       string     `json:"goos"`
	Features   []string   `json:"features,omitempty"`
	Level      string     `json:"level,omitempty"` // GOAMD64 or GOARM64 level the CPU can run
	Cores      int        `json:"cores"`           // logical processors this process may use
	Sockets    int        `json:"sockets,omitempty"`
	NUMA       int        `json:"numa_nodes,omitempty"`
	Caches     []Cache    `json:"caches,omitempty"`
	Memory     uint64     `json:"memory_bytes"`
	PageSize   int        `json:"page_size"`
	Kernel     string     `json:"kernel"`
	System     string     `json:"system"` // catalogue id; "" when not recognised
	OSRelease  OSRelease  `json:"os_release"`
	ABIWorld   string     `json:"abi_world,omitempty"` // loong64: "new" or "old"; "" where nothing tells
	Libc       string     `json:"libc,omitempty"`
	Governor   string     `json:"governor,omitempty"`
	Microcode  string     `json:"microcode,omitempty"`
	Firmware   string     `json:"firmware,omitempty"`
	Board      string     `json:"board,omitempty"` // maker and product of the machine
	Cgroup     Cgroup     `json:"cgroup"`
	Virtual    string     `json:"virtualisation,omitempty"` // "none", "kvm", "qemu-tcg", …
	Load       Load       `json:"load"`
	GoVersion  string     `json:"go_version"`
	GoModified string     `json:"go_modified,omitempty"` // digest of the edits for the old ABI world in Go's runtime; "" for Go's own
	GOMAXPROCS int        `json:"gomaxprocs"`
	Payload    string     `json:"payload,omitempty"` // "sha256:…" of the running file
	Drivers    []string   `json:"drivers,omitempty"` // of database/sql that the payload was built with: "dm", "mysql", "pgx"
	Launcher   *Launcher  `json:"launcher,omitempty"`
	Provenance Provenance `json:"provenance,omitempty"`
	Warnings   []Sentence `json:"warnings,omitempty"` // contradictions between fields
}

// Runtime returns the version of Go, and whether its runtime was modified.
func (m Machine) Runtime() Sentence {
	if m.GoModified == "" {
		return Say(m.GoVersion, m.GoVersion)
	}
	return Sayf("%s; Go runtime modified for the old world (edits %s)", "%s；Go 运行时已为旧世界修改（补丁 %s）", m.GoVersion, m.GoModified)
}

// Cache is one CPU cache of the first processor.
type Cache struct {
	Level int    `json:"level"`
	Type  string `json:"type"` // "Data", "Instruction", "Unified"
	Bytes uint64 `json:"bytes"`
}

// OSRelease holds the fields of os-release(5) that tell systems apart.
type OSRelease struct {
	ID         string `json:"id,omitempty"`
	VersionID  string `json:"version_id,omitempty"`
	PrettyName string `json:"pretty_name,omitempty"`
}

// Cgroup holds the control groups of this process.
type Cgroup struct {
	Version   int     `json:"version"` // 1, 2, or 0 for none
	CPULimit  float64 `json:"cpu_limit,omitempty"`
	MemoryMax uint64  `json:"memory_max_bytes,omitempty"`
	PidsMax   uint64  `json:"pids_max,omitempty"`
}

// Load is the load of the machine.
type Load struct {
	One   float64 `json:"load1"`             // /proc/loadavg, 1 minute
	Steal float64 `json:"steal_s,omitempty"` // seconds since boot that the hypervisor used for others, all processors
}
