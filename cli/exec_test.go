package cli

import (
	"strings"
	"testing"
)

func TestExecOfNoSuchSpec(t *testing.T) {
	for _, lang := range []struct{ name, want string }{{"en", `selftest has no spec "nonsense"`}, {"zh", `selftest 没有检查项 "nonsense"`}} {
		did := call("exec", "--suite", "selftest", "--spec", "nonsense", "--lang", lang.name)
		if did.code != exitUsage || !strings.Contains(did.err, lang.want) || did.out != "" {
			t.Errorf("status %d, output %q, %s", did.code, did.out, did.err)
		}
	}
}
