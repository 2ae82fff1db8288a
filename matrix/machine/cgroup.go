package machine

import (
	"math"
	"path"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// maxDepth of control groups that are looked at on the way up.
const maxDepth = 64

// cgroup reads the control groups of this process and their limits. A limit is the smallest on the way from the
// process's group to the root. Within a container the path may be one that only its host sees: directories that are
// not there are passed over, and the mount's root is the container's own group.
func cgroup(t tree) record.Cgroup {
	own := t.read("proc/self/cgroup")
	if t.has("sys/fs/cgroup/cgroup.controllers") {
		return unified(t, own)
	}
	return legacy(t, own)
}

// unified is version 2: one tree, in the line "0::/path" (cgroups(7)).
func unified(t tree, own string) record.Cgroup {
	g := record.Cgroup{Version: 2}
	group := ""
	for line := range strings.Lines(own) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			group = rest
		}
	}
	for dir := range upwards("sys/fs/cgroup", group) {
		if f := strings.Fields(t.line(dir + "/cpu.max")); len(f) == 2 {
			g.CPULimit = lower(g.CPULimit, finite(f[0])/finite(f[1]))
		}
		g.MemoryMax = lower(g.MemoryMax, limit(t, dir+"/memory.max"))
		g.PidsMax = lower(g.PidsMax, limit(t, dir+"/pids.max"))
	}
	return g
}

// legacy is version 1: a tree for each controller, in lines "4:memory:/path".
func legacy(t tree, own string) record.Cgroup {
	var g record.Cgroup
	for line := range strings.Lines(own) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 || parts[1] == "" {
			continue
		}
		g.Version = 1
		for controller := range strings.SplitSeq(parts[1], ",") {
			for dir := range upwards("sys/fs/cgroup/"+controller, parts[2]) {
				switch controller {
				case "cpu":
					quota, period := limit(t, dir+"/cpu.cfs_quota_us"), limit(t, dir+"/cpu.cfs_period_us")
					g.CPULimit = lower(g.CPULimit, float64(quota)/float64(period))
				case "memory":
					g.MemoryMax = lower(g.MemoryMax, limit(t, dir+"/memory.limit_in_bytes"))
				case "pids":
					g.PidsMax = lower(g.PidsMax, limit(t, dir+"/pids.max"))
				default:
				}
			}
		}
	}
	return g
}

// upwards gives the directories from a group up to the root of its tree.
func upwards(root, group string) func(yield func(string) bool) {
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

// limit is a limit's number, 0 for none: "max", -1, or version 1's number close to the largest.
func limit(t tree, name string) uint64 {
	n, err := strconv.ParseUint(t.line(name), 10, 64)
	if err != nil || n >= math.MaxInt64/2 {
		return 0
	}
	return n
}

// lower is the lower of two limits, where 0, infinity and not-a-number are no limit.
func lower[N uint64 | float64](a, b N) N {
	switch f := float64(b); {
	case f <= 0 || math.IsInf(f, 0) || math.IsNaN(f):
		return a
	case a == 0 || b < a:
		return b
	}
	return a
}
