package store

import "time"

// The types of layout 1 as released. They must not change: runs and certificates of that version are compared with them.
type (
	manifest1 struct {
		V        int         `json:"v"`
		Run      string      `json:"run"`
		Created  time.Time   `json:"created"`
		Seed     uint64      `json:"seed"`
		Tool     string      `json:"tool"`
		Commit   string      `json:"commit,omitempty"`
		Go       string      `json:"go"`
		Matrix   string      `json:"matrix"`
		Targets  []target1   `json:"targets"`
		Items    []string    `json:"items"`
		Cells    []cell1     `json:"cells"`
		Excluded []excluded1 `json:"excluded,omitempty"`
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
	cell1 struct {
		Target   string  `json:"target"`
		Item     string  `json:"item"`
		Round    int     `json:"round"`
		BuildKey string  `json:"build_key"`
		Specs    []spec1 `json:"specs"`
	}
	spec1 struct {
		ID       string   `json:"id"`
		Labels   []string `json:"labels,omitempty"`
		Deadline float64  `json:"deadline_s"`
	}
	excluded1 struct {
		Target string    `json:"target"`
		Item   string    `json:"item"`
		Why    sentence1 `json:"why"`
	}
	sentence1 struct {
		En string `json:"en"`
		Zh string `json:"zh,omitempty"`
	}
	seal1 struct {
		Entries int       `json:"entries"`
		Head    string    `json:"head"`
		At      time.Time `json:"at"`
	}
)
