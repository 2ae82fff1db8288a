package cli

import (
	"maps"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/disk"
	"github.com/xcmatrix/xcmatrix/suites/disk/raw"
)

// mayDestroy returns the variables with the block device that --destructive gives. It returns a *record.Problem if the device may not be
// written over, if the plan is for another machine than this one, or if nothing would use the device.
func mayDestroy(given string, plan matrix.Plan, vars check.Variables, keep func(record.SpecPlan) bool) (check.Variables, error) {
	for _, t := range plan.Targets {
		if t.Run != "native" {
			return nil, record.Wrongf("--destructive", "the device is of this machine alone, and %s is another target: add --target native", "该设备仅属于本机，而 %s 是另一目标：请加上 --target native", t.ID)
		}
	}
	specs, err := check.List(disk.Suite, nil)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(plan.Items, disk.Suite.Item) || !slices.ContainsFunc(specs.Specs, func(p record.SpecPlan) bool { return disk.UsesDevice(p.ID) && keep(p) }) {
		return nil, record.Wrongf("--destructive", "no selected spec uses a device: add --suite disk --label deep", "所选检查项均不使用设备：请加上 --suite disk --label deep")
	}
	d, err := raw.Open(given)
	if err != nil {
		return nil, err
	}
	if err := d.Close(); err != nil {
		return nil, err
	}
	all := check.Variables{raw.Variable: given}
	maps.Copy(all, vars)
	return all, nil
}
