package report

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/sheet"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// interoperationSection begins the ids of specs in which two implementations talk to each other:
// "interoperation / CLIENT to SERVER: WHAT, AUTHENTICATION", and behind that ", N times" where the spec tries it so often.
const interoperationSection = "interoperation / "

// Pairing is a client and a server, and how they got on with each other on each target, in the targets' order.
type Pairing struct {
	Client, Server, What, Auth string
	Met                        []Meeting
}

// Meeting is what one target says of a pairing: the verdict of the spec that tries it most often.
type Meeting struct {
	Target  string
	Verdict record.Verdict // "" if the target has not tried
	Times   string         // how often, if the id says so
	Version string         // of the implementation that is not the suite's own
}

// interoperation adds a row for each pairing.
func (r *Report) interoperation(run *store.Run) {
	for _, c := range run.Cells {
		for _, s := range c.Specs {
			p, times, is := pairingOf(s.ID)
			if !is || !s.Ended {
				continue
			}
			met := r.meeting(p, c.Target)
			if met == nil || met.Verdict != "" && times == "" {
				continue
			}
			*met = Meeting{Target: c.Target, Verdict: s.Verdict, Times: times, Version: versionIn(c, s.ID)}
		}
	}
}

// pairingOf reads the id of a spec.
func pairingOf(id string) (p Pairing, times string, is bool) {
	text, is := strings.CutPrefix(id, interoperationSection)
	if !is {
		return p, "", false
	}
	who, how, is := strings.Cut(text, ": ")
	words := strings.Split(how, ", ")
	if !is || len(words) < 2 || len(words) > 3 {
		return p, "", false
	}
	if len(words) == 3 {
		if times, is = strings.CutSuffix(words[2], " times"); !is {
			return p, "", false
		}
	}
	p.What, p.Auth = words[0], words[1]
	p.Client, p.Server, is = strings.Cut(who, " to ")
	return p, times, is && (p.Auth == "server" || p.Auth == "mutual")
}

// meeting returns the place for a pairing on a target, which it makes; nil if the report does not have the target.
func (r *Report) meeting(p Pairing, target string) *Meeting {
	same := func(q Pairing) bool {
		return q.Client == p.Client && q.Server == p.Server && q.What == p.What && q.Auth == p.Auth
	}
	i := slices.IndexFunc(r.Pairings, same)
	if i < 0 {
		for _, t := range r.Targets {
			p.Met = append(p.Met, Meeting{Target: t.ID})
		}
		i = len(r.Pairings)
		r.Pairings = append(r.Pairings, p)
	}
	at := slices.IndexFunc(r.Pairings[i].Met, func(m Meeting) bool { return m.Target == target })
	if at < 0 {
		return nil
	}
	return &r.Pairings[i].Met[at]
}

// versionIn returns the version that a spec has observed; "" if it has observed none.
func versionIn(c *store.CellRun, spec string) (version string) {
	for _, o := range c.Observations {
		if o.Spec == spec && o.Name == "version" {
			_ = json.Unmarshal(o.Value, &version) // no text is no version
		}
	}
	return version
}

// pairingSheet returns a sheet with a row for each pairing and machine.
func (r Report) pairingSheet(say sayer, lang string) sheet.Table {
	t := sheet.Table{Name: say("interoperation", "互操作"), Widths: []float64{18, 18, 24, 12, 24, 12, 10, 36}, Rows: [][]any{{say("client", "客户端"), say("server", "服务端"),
		say("cipher suite", "密码套件"), say("authentication", "鉴别"), say("machine", "机器"), say("verdict", "结论"), say("times", "次数"), say("version", "版本")}}}
	for _, p := range r.Pairings {
		for _, m := range p.Met {
			if m.Verdict != "" {
				t.Rows = append(t.Rows, []any{p.Client, p.Server, p.What, p.Auth, m.Target, render.VerdictName(m.Verdict).In(lang), m.Times, m.Version})
			}
		}
	}
	return t
}
