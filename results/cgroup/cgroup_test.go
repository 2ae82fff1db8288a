package cgroup

import (
	"reflect"
	"testing"
)

func TestMemberships(t *testing.T) {
	got := Memberships("12:cpu,cpuacct:/a/b\n4:memory:/c:d\n1:name=systemd:/init\nnonsense\n7::/not/unified\n0::/user.slice\n")
	want := []Membership{{[]string{"cpu", "cpuacct"}, "/a/b"}, {[]string{"memory"}, "/c:d"}, {[]string{"name=systemd"}, "/init"}, {nil, "/user.slice"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if !got[0].Has("cpuacct") || got[0].Has("memory") || got[0].Unified() || !got[3].Unified() || got[3].Has("") {
		t.Errorf("controllers of %v", got)
	}
}
