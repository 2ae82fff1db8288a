package record

import "testing"

func TestStandInIsSaid(t *testing.T) {
	spec := SpecPlan{Labels: []string{"bench", LabelStandIn + "DM8"}}
	if got := spec.StandIn(); got != "DM8" {
		t.Errorf("a stand-in for %q", got)
	}
	if got := (SpecPlan{Labels: []string{"bench"}}).StandIn(); got != "" {
		t.Errorf("a stand-in for %q", got)
	}
	name := Say("Databases", "数据库")
	if got := name.Beside([]string{"DM8"}); got != Say("Databases (DM8: stand-in, not a server)", "数据库（DM8：替身，非真实服务器）") {
		t.Errorf("%+v", got)
	}
	if got := name.Beside(nil); got != name {
		t.Errorf("%+v", got)
	}
}
