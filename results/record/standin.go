package record

import "strings"

// LabelStandIn begins the label of a spec that talks to a stand-in; what it stands in for follows.
const LabelStandIn = "stand-in="

// LabelServer begins the label of a spec that talks to one server; which one follows.
const LabelServer = "server="

// StandIn is what the spec's stand-in stands in for ("DM8"), "" where the spec needs none.
func (p SpecPlan) StandIn() string {
	for _, l := range p.Labels {
		if what, ok := strings.CutPrefix(l, LabelStandIn); ok {
			return what
		}
	}
	return ""
}

// Beside is a name with what the results under it were got with: "Databases (DM8: stand-in, not a server)".
func (s Sentence) Beside(standIns []string) Sentence {
	for _, what := range standIns {
		s = Sayf("%s ("+NotAServer.En+")", "%s（"+NotAServer.Zh+"）", s, what)
	}
	return s
}

// NotAServer is what every table says of a stand-in's results.
var NotAServer = Say("%s: stand-in, not a server", "%s：替身，非真实服务器")
