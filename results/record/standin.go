package record

import "strings"

// LabelStandIn begins the label of a spec that uses a stand-in; the name of the replaced product follows.
const LabelStandIn = "stand-in="

// LabelServer begins the label of a spec that uses one server; its name follows.
const LabelServer = "server="

// StandIn returns the product that the spec's stand-in replaces ("DM8"); "" if the spec uses none.
func (p SpecPlan) StandIn() string {
	for _, l := range p.Labels {
		if what, ok := strings.CutPrefix(l, LabelStandIn); ok {
			return what
		}
	}
	return ""
}

// Beside returns a name followed by the stand-ins of the results below it: "Databases (DM8: stand-in, not a server)".
func (s Sentence) Beside(standIns []string) Sentence {
	for _, what := range standIns {
		s = Sayf("%s ("+NotAServer.En+")", "%s（"+NotAServer.Zh+"）", s, what)
	}
	return s
}

// NotAServer is the note of every table on results from a stand-in.
var NotAServer = Say("%s: stand-in, not a server", "%s：替身，非真实服务器")
