package gotest

import (
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/gotest/list"
)

func TestSplitPattern(t *testing.T) {
	for pattern, want := range map[string][2]string{"TestA": {"TestA", ""}, "TestA/x/y": {"TestA", "x/y"}, "Test[/]A/b": {"Test[/]A", "b"},
		"(A|B)/c": {"(A|B)", "c"}, "A|B": {"A|B", ""}} {
		top, sub, err := splitPattern(pattern)
		if err != nil || top != want[0] || sub != want[1] {
			t.Errorf("%s: %q %q %v", pattern, top, sub, err)
		}
	}
	if _, _, err := splitPattern("A|B/c"); err == nil {
		t.Error("A|B/c cannot be split, and is")
	}
}

func TestLayout(t *testing.T) {
	work := &list.Module{Path: "example.com/a", Dir: "/w/a", Main: true}
	other := &list.Module{Path: "example.com/b", Dir: "/w/b", Main: true}
	cached := &list.Module{Path: "example.com/c", Version: "v1.0.0", Dir: "/mod/example.com/c@v1.0.0"}
	packages := []*list.Package{
		{ImportPath: "example.com/a/x", Dir: "/w/a/x", Module: work},
		{ImportPath: "example.com/b", Dir: "/w/b", Module: other},
		{ImportPath: "example.com/c/y", Dir: "/mod/example.com/c@v1.0.0/y", Module: cached},
		{ImportPath: "compress/flate", Dir: "/go/src/compress/flate", Standard: true},
	}
	all := roots(packages)
	for i, want := range []string{"main/w/a/x", "main/w/b", "mod/example.com/c@v1.0.0/y", "std/compress/flate"} {
		if got := place(packages[i], all); got != want {
			t.Errorf("%s stands at %s, want %s", packages[i].ImportPath, got, want)
		}
	}
	if within := all[len(all)-1].within; len(within) != 3 || within[2] != "/go/src/testdata" {
		t.Errorf("of the standard library: %v", within)
	}
}
