package http

import (
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/suites/http/rule"
	"github.com/xcmatrix/xcmatrix/suites/http/stream"
)

const greeting = `200 "hello"`

// wrongStream are outcomes of HTTP/2 clients that do not keep to a rule. A rule that is not here is about an answer that is refused,
// about a connection that is ended, or about an answer that is taken.
var wrongStream = map[string][]string{
	"value-chinese":   {greeting + "; ??", "error"},
	"sends":           {`GET http server.test /a?b "keep-alive" "timeout=5" "c"`, "sends X-Upper", `GET http 127.0.0.1 /a?b "" "" "c"`},
	"trailer":         {greeting + "; []", "error"},
	"reset":           {`200 ""; 1 connections`, greeting + "; 2 connections"},
	"reset-post":      {greeting + "; 2 connections", `200 ""; 1 connections`},
	"refused":         {"error; sent 1 times", greeting + "; sent 3 times"},
	"refused-post":    {"error; sent 1 times"},
	"away-below":      {"error; 1 connections"},
	"away-below-post": {"error; 1 connections"},
	"away-answered":   {"error; 1 connections", greeting + "; 2 connections"},
	"away-warning":    {"error; 1 connections", greeting + "; 2 connections"},
	"away-next":       {greeting + "; error; 1 connections", greeting + "; " + greeting + "; 1 connections"},
	"cut":             {`200 "hel"; 1 connections`},
	"window-kept":     {"30 bytes, then 30", "0 bytes, then 0"},
	"window-large":    {`200 "65535 bytes"`, "error"},
	"streams":         {"all are answered, 8 at a time", "some are never answered"},
}

// streamOutcomes returns the wrong outcomes of an HTTP/2 rule.
func streamOutcomes(r rule.Rule) []string {
	switch own := wrongStream[r.ID]; {
	case own != nil:
		return own
	case strings.HasSuffix(r.Want[0], "; the connection ends"):
		return []string{"error; the connection stays", greeting + "; the connection stays"}
	case slices.Contains(r.Want, "error"):
		return []string{greeting, `200 ""`}
	}
	return []string{"error", "200, then error"}
}

func streamTable() map[string][]string {
	all := map[string][]string{}
	for g := stream.Group(); len(g.Rules) > 0; g.Rules = g.Rules[1:] {
		all[g.Name+"/"+g.Rules[0].ID] = streamOutcomes(g.Rules[0])
	}
	return all
}
