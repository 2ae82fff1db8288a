package claim

import "time"

// The types of version 1 as released. They must not change: the claims of that version are compared with them.
type (
	claim1 struct {
		V          int            `json:"v"`
		Run        string         `json:"run"`
		Created    time.Time      `json:"created"`
		Issued     time.Time      `json:"issued"`
		Signer     string         `json:"signer"`
		Target     target1        `json:"target"`
		Provenance string         `json:"provenance"`
		Launcher   launcher1      `json:"launcher"`
		Payloads   []string       `json:"payloads"`
		Machine    *machine1      `json:"machine"`
		Profile    source1        `json:"profile"`
		Waivers    source1        `json:"waivers"`
		Level      string         `json:"level"`
		Rules      []rule1        `json:"rules"`
		Verdicts   map[string]int `json:"verdicts"`
		Journal    journal1       `json:"journal"`
		Inherits   *inheritance1  `json:"inherits,omitempty"`
	}
	source1 struct {
		Name string `json:"name"`
		SM3  string `json:"sm3"`
	}
	journal1 struct {
		Entries int    `json:"entries"`
		Head    string `json:"head"`
	}
	inheritance1 struct {
		Run    string   `json:"run"`
		Target string   `json:"target"`
		Claim  string   `json:"claim"`
		Chip   string   `json:"chip"`
		System string   `json:"system"`
		Rules  []string `json:"rules"`
	}
	rule1 struct {
		Rule      string    `json:"rule"`
		Level     string    `json:"level"`
		Met       bool      `json:"met"`
		Inherited bool      `json:"inherited,omitempty"`
		Value     string    `json:"value"`
		Objective string    `json:"objective"`
		Evidence  sentence1 `json:"evidence"`
	}
	sentence1 struct {
		En string `json:"en"`
		Zh string `json:"zh,omitempty"`
	}
	target1 struct {
		ID       string  `json:"id"`
		GOOS     string  `json:"goos"`
		GOARCH   string  `json:"goarch"`
		Chip     string  `json:"chip,omitempty"`
		System   string  `json:"system,omitempty"`
		Launcher string  `json:"launcher"`
		CPU      string  `json:"cpu,omitempty"`
		BuildKey string  `json:"build_key"`
		Guest    *guest1 `json:"guest,omitempty"`
	}
	guest1 struct {
		Kernel   string  `json:"kernel"`
		SHA256   string  `json:"sha256,omitempty"`
		Firmware string  `json:"firmware,omitempty"`
		Cores    int     `json:"cores,omitempty"`
		Memory   int     `json:"memory,omitempty"`
		Nodes    int     `json:"nodes,omitempty"`
		Disks    []disk1 `json:"disks,omitempty"`
		Slots    int     `json:"slots,omitempty"`
	}
	disk1 struct {
		Bus  string `json:"bus"`
		Size int    `json:"size"`
	}
	launcher1 struct {
		Name     string   `json:"name"`
		Version  string   `json:"version,omitempty"`
		CPU      string   `json:"cpu,omitempty"`
		Command  []string `json:"command,omitempty"`
		Kernel   *kernel1 `json:"kernel,omitempty"`
		Firmware *kernel1 `json:"firmware,omitempty"`
	}
	kernel1 struct {
		Release string `json:"release,omitempty"`
		Source  string `json:"source,omitempty"`
		SHA256  string `json:"sha256"`
	}
	machine1 struct {
		Chip       string      `json:"chip"`
		Model      string      `json:"model,omitempty"`
		CPUInfo    string      `json:"cpuinfo,omitempty"`
		GOARCH     string      `json:"goarch"`
		GOOS       string      `json:"goos"`
		Features   []string    `json:"features,omitempty"`
		Level      string      `json:"level,omitempty"`
		Cores      int         `json:"cores"`
		Sockets    int         `json:"sockets,omitempty"`
		NUMA       int         `json:"numa_nodes,omitempty"`
		Caches     []cache1    `json:"caches,omitempty"`
		Memory     uint64      `json:"memory_bytes"`
		PageSize   int         `json:"page_size"`
		Kernel     string      `json:"kernel"`
		System     string      `json:"system"`
		OSRelease  release1    `json:"os_release"`
		ABIWorld   string      `json:"abi_world,omitempty"`
		Libc       string      `json:"libc,omitempty"`
		Governor   string      `json:"governor,omitempty"`
		Microcode  string      `json:"microcode,omitempty"`
		Firmware   string      `json:"firmware,omitempty"`
		Board      string      `json:"board,omitempty"`
		Cgroup     cgroup1     `json:"cgroup"`
		Virtual    string      `json:"virtualisation,omitempty"`
		Load       load1       `json:"load"`
		GoVersion  string      `json:"go_version"`
		GOMAXPROCS int         `json:"gomaxprocs"`
		Payload    string      `json:"payload,omitempty"`
		Drivers    []string    `json:"drivers,omitempty"`
		Launcher   *launcher1  `json:"launcher,omitempty"`
		Provenance string      `json:"provenance,omitempty"`
		Warnings   []sentence1 `json:"warnings,omitempty"`
	}
	cache1 struct {
		Level int    `json:"level"`
		Type  string `json:"type"`
		Bytes uint64 `json:"bytes"`
	}
	release1 struct {
		ID         string `json:"id,omitempty"`
		VersionID  string `json:"version_id,omitempty"`
		PrettyName string `json:"pretty_name,omitempty"`
	}
	cgroup1 struct {
		Version   int     `json:"version"`
		CPULimit  float64 `json:"cpu_limit,omitempty"`
		MemoryMax uint64  `json:"memory_max_bytes,omitempty"`
		PidsMax   uint64  `json:"pids_max,omitempty"`
	}
	load1 struct {
		One   float64 `json:"load1"`
		Steal float64 `json:"steal_s,omitempty"`
	}
)
