// Package tls checks TLCP (GB/T 38636-2020) and TLS 1.3 with SM cipher suites (RFC 8998): the suite's own peer, which can
// send every message wrong, talks to each implementation as its client and as its server.
package tls

import (
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/rerun"
	"github.com/xcmatrix/xcmatrix/suites/tls/outside"
)

// Suite is the item tls.
var Suite = check.Suite{Item: "tls", Specs: specs, Services: outside.Services(),
	Reads: append(outside.Reads(), labReads()...), Files: labFiles}

func specs() {
	for _, r := range roles() {
		check.Section(r.section(), func() {
			for _, one := range r.rules {
				r.spec(one)
			}
		})
	}
	check.Section(interoperationSection, interoperation)
	check.Section("cost", cost)
	check.Section("speed", speed)
	rerun.Section(firsts)
}
