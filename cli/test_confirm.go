package cli

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// confirmers returns what gives the matrix's virtual machines of an architecture: those with pages of 4 KiB first, as the
// emulator has them on this machine, so that pages are no difference. It is nil where nothing is to be confirmed.
func confirmers(by string, m *matrix.Matrix) (func(goarch string) []store.Target, error) {
	switch by {
	case "":
		return nil, nil
	case "vm":
	default:
		return nil, record.Wrongf("--confirm", "%.40q confirms nothing: write --confirm vm", "%.40q 无法用于确认：请写 --confirm vm", by)
	}
	return func(goarch string) []store.Target {
		var found []matrix.Target
		for _, t := range m.Targets {
			if t.GOARCH == goarch && t.World == "" && t.Guest != nil && slices.Contains(t.Launchers, "vm") {
				t.Run = "vm"
				found = append(found, t)
			}
		}
		slices.SortStableFunc(found, func(a, b matrix.Target) int { return pagesRank(a) - pagesRank(b) })
		var all []store.Target
		for _, t := range found {
			all = append(all, t.Recorded(t.Key(false)))
		}
		return all
	}, nil
}

func pagesRank(t matrix.Target) int {
	if strings.HasSuffix(t.Guest.Kernel, "-4k") {
		return 0
	}
	return 1
}
