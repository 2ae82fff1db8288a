// Package tls checks TLCP (GB/T 38636-2020) and TLS 1.3 with SM cipher suites (RFC 8998): the suite's own peer, which can
// send every message wrong, talks to each implementation as its client and as its server.
package tls

import (
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
)

// Suite is the item tls.
var Suite = check.Suite{Item: "tls", Specs: specs}

func specs() {
	for _, s := range subjects() {
		check.Section("TLCP server "+s.Name, func() {
			for _, r := range serverRules() {
				r.spec(s, true)
			}
		})
		check.Section("TLCP client "+s.Name, func() {
			for _, r := range clientRules() {
				r.spec(s, false)
			}
		})
	}
	check.Section("speed", speed)
}

// subjects are the implementations of TLCP. The suite's own shows that each rule can be kept.
func subjects() []subject.Subject { return []subject.Subject{subject.Gmtls(), subject.Own()} }
