// Package cgroup reads which control groups a process is in: cgroups(7).
package cgroup

import (
	"slices"
	"strings"
)

// Membership is a line of /proc/PID/cgroup: the group of a process in one hierarchy.
type Membership struct {
	Controllers []string // of a hierarchy of version 1, or its name, as in "name=systemd"; none of version 2
	Path        string   // below the mount point of the hierarchy; in a container it may exist on the host alone
}

// Unified reports whether the hierarchy is that of version 2.
func (m Membership) Unified() bool { return len(m.Controllers) == 0 }

// Has reports whether a controller of version 1 works in the hierarchy.
func (m Membership) Has(controller string) bool { return slices.Contains(m.Controllers, controller) }

// Memberships returns the lines of the text of /proc/PID/cgroup. Lines of another form are left out.
func Memberships(text string) (all []Membership) {
	for line := range strings.Lines(text) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		m := Membership{Path: parts[2]}
		switch {
		case parts[1] != "":
			m.Controllers = strings.Split(parts[1], ",")
		case parts[0] != "0":
			continue // version 2 has the number 0
		}
		all = append(all, m)
	}
	return all
}
