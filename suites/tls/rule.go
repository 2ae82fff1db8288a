package tls

import (
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
)

// rule is a requirement on one side of TLCP, and the conversation that shows whether a subject keeps to it.
type rule struct {
	id       string          // the last part of a finding's id
	text     string          // the spec's text
	clause   string          // of GB/T 38636-2020 where no other standard is named
	severity record.Severity // of the finding
	accepts  bool            // the subject must complete the handshake; else it must refuse, without a panic or a hang
	slow     bool            // takes seconds
	stage    func(*scene)    // changes the sane conversation; nil leaves it as it is
	// each returns several conversations, of which the subject must treat each alike; nil: one, of stage
	each func(c certified) []func(*scene)
}

// stages are the conversations of a rule.
func (r rule) stages(c certified) []func(*scene) {
	switch {
	case r.each != nil:
		return r.each(c)
	case r.stage == nil:
		return []func(*scene){func(*scene) {}}
	}
	return []func(*scene){r.stage}
}

// breach is the first outcome that does not keep to the rule, or ok.
func (r rule) breach(outcomes []Outcome) (Outcome, int, bool) {
	for i, o := range outcomes {
		if o.Panicked != "" || o.Hung || o.Completed != r.accepts {
			return o, i, true
		}
	}
	return Outcome{}, 0, false
}

// identities are made once a process, from a fixed seed: certificates cost signatures.
var identities = sync.OnceValues(func() (certified, error) { return issueIdentities(seeded(0x5EED), time.Now()) })

// spec registers a rule for a subject.
func (r rule) spec(s subject.Subject, asServer bool) {
	side := "client"
	if asServer {
		side = "server"
	}
	finding := "tls/" + s.Name + "/" + side + "/" + r.id
	It(r.text, check.Finding(finding), func() {
		outcomes := check.Gather(finding, func() []Outcome { return r.play(s, asServer) })
		o, i, broken := r.breach(outcomes)
		if !broken {
			return
		}
		again := o
		if len(outcomes) > 0 {
			again = check.Gather(finding+" again", func() []Outcome { return r.play(s, asServer) })[i]
		}
		if _, _, twice := r.breach([]Outcome{again}); !twice {
			check.Error(record.Sayf("not seen twice: %v, then %v", "未能重现：先是 %v，后是 %v", o, again))
		}
		evidence := o.String()
		if len(outcomes) > 1 {
			evidence = fmt.Sprintf("case %d of %d: %v", i+1, len(outcomes), o)
		}
		check.Report(record.Finding{ID: finding, Subject: s.Module, Version: check.ModuleVersion(s.Module), Severity: r.severity, Clause: r.clause, Evidence: evidence})
		check.Finish(record.SpecEnd{Verdict: record.Fail, Detail: &record.Sentence{En: evidence}})
	})
}

// play has the subject take part in each conversation of the rule, between two sane ones: where these fail, nothing is said
// about the subject.
func (r rule) play(s subject.Subject, asServer bool) []Outcome {
	GinkgoHelper()
	c, err := identities()
	check.NoError(err)
	side := s.Client
	if asServer {
		side = s.Server
	}
	converse := func(seed uint64, stage func(*scene)) Outcome {
		sc := newScene(c, s, asServer, seed)
		stage(sc)
		o, err := sc.play(side, asServer)
		check.NoError(err)
		return o
	}
	sane := func(when string) {
		if o := converse(1, func(*scene) {}); !o.Completed {
			check.Error(record.Sayf("the sane conversation %[1]s fails: %[2]v", "正常会话（%[1]s）失败：%[2]v", when, o))
		}
	}
	sane("before")
	var outcomes []Outcome
	for i, stage := range r.stages(c) {
		outcomes = append(outcomes, converse(uint64(100+2*i), stage))
	}
	sane("after")
	return outcomes
}
