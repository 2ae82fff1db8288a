package machine

import (
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/cgroup"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// maxDepth is the largest number of parent groups that are read.
const maxDepth = 64

// controlGroup returns the version of control groups and the limits of this process. A limit is the smallest of those of the process's
// group and all its parents. In a container the path may exist only on its host: absent directories are ignored, and the
// root of the mount is the container's own group.
func controlGroup(t tree) record.Cgroup {
	own := t.read("proc/self/cgroup")
	if t.exists("sys/fs/cgroup/cgroup.controllers") {
		return unified(t, own)
	}
	return legacy(t, own)
}

// unified reads version 2 of control groups: one tree, in the line "0::/path" of own, which is /proc/self/cgroup (cgroups(7)).
func unified(t tree, own string) record.Cgroup {
	g := record.Cgroup{Version: 2}
	group := ""
	for _, m := range cgroup.Memberships(own) {
		if m.Unified() {
			group = m.Path
		}
	}
	for dir := range groupAndParents("sys/fs/cgroup", group) {
		if f := strings.Fields(t.firstLine(dir + "/cpu.max")); len(f) == 2 {
			g.CPULimit = lowerLimit(g.CPULimit, parseNumber(f[0])/parseNumber(f[1]))
		}
		g.MemoryMax = lowerLimit(g.MemoryMax, readLimit(t, dir+"/memory.max"))
		g.PidsMax = lowerLimit(g.PidsMax, readLimit(t, dir+"/pids.max"))
	}
	return g
}

// legacy reads version 1 of control groups: a tree for each controller, in lines such as "4:memory:/path" of own, which is
// /proc/self/cgroup.
func legacy(t tree, own string) record.Cgroup {
	var g record.Cgroup
	for _, m := range cgroup.Memberships(own) {
		if m.Unified() {
			continue
		}
		g.Version = 1
		for _, controller := range m.Controllers {
			for dir := range groupAndParents("sys/fs/cgroup/"+controller, m.Path) {
				switch controller {
				case "cpu":
					quota, period := readLimit(t, dir+"/cpu.cfs_quota_us"), readLimit(t, dir+"/cpu.cfs_period_us")
					g.CPULimit = lowerLimit(g.CPULimit, float64(quota)/float64(period))
				case "memory":
					g.MemoryMax = lowerLimit(g.MemoryMax, readLimit(t, dir+"/memory.limit_in_bytes"))
				case "pids":
					g.PidsMax = lowerLimit(g.PidsMax, readLimit(t, dir+"/pids.max"))
				default:
				}
			}
		}
	}
	return g
}

// groupAndParents yields the directory of a group and those of its parents, up to the root of the tree.
func groupAndParents(root, group string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		group = path.Clean("/" + clean(group, 4096))
		for range maxDepth {
			if !yield(path.Join(root, group)) || group == "/" {
				return
			}
			group = path.Dir(group)
		}
	}
}

// readLimit returns the limit in a file. It is 0 if there is no limit: "max", -1, or a number near the largest in version 1.
func readLimit(t tree, name string) uint64 {
	n, err := strconv.ParseUint(t.firstLine(name), 10, 64)
	if err != nil || n >= math.MaxInt64/2 {
		return 0
	}
	return n
}

// lowerLimit returns the lower of two limits; 0, infinity and NaN mean no limit.
func lowerLimit[N uint64 | float64](a, b N) N {
	switch f := float64(b); {
	case f <= 0 || math.IsInf(f, 0) || math.IsNaN(f):
		return a
	case a == 0 || b < a:
		return b
	}
	return a
}
