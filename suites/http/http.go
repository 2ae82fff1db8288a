// Package http is the item http: Go's client and server against the suite's own raw peers, which send each byte and frame right
// or wrong, and against middleware.
package http

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/http/behind"
	"github.com/xcmatrix/xcmatrix/suites/http/capacity"
	"github.com/xcmatrix/xcmatrix/suites/http/client"
	"github.com/xcmatrix/xcmatrix/suites/http/lookup"
	"github.com/xcmatrix/xcmatrix/suites/http/proxy"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
	"github.com/xcmatrix/xcmatrix/suites/http/server"
	"github.com/xcmatrix/xcmatrix/suites/http/stream"
)

// Suite is the item http.
var Suite = check.Suite{Item: "http", Specs: specs, Waits: true}

func specs() {
	for _, g := range groups() {
		g.Register()
	}
	capacity.Specs()
}

// groups returns the rules for each implementation.
func groups() []rule.Group {
	return slices.Concat([]rule.Group{client.Group(), server.Group(), lookup.Group()}, []rule.Group{stream.Group()}, proxy.Groups(), behind.Groups())
}
