package tls

import (
	"errors"
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// rule is a requirement on one side of a protocol, and the conversation that shows whether a subject keeps to it.
type rule struct {
	id       string                // the last part of a finding's id
	text     string                // the spec's text
	clause   string                // of GB/T 38636-2020, and for TLS 1.3 of RFC 8446, where no other standard is named
	severity record.Severity       // of the finding
	accepts  bool                  // the subject must complete the handshake; else it must refuse, without a panic or a hang
	either   bool                  // it may do both, but without a panic or a hang
	alert    wire.AlertDescription // with which it must refuse; 0: any, or none
	stage    func(*scene)          // changes the sane conversation; nil leaves it as it is
	// each returns several conversations, of which the subject must treat each alike; nil: one, of stage
	each func(c certified) []func(*scene)
}

// stages are the conversations of a rule.
func (r rule) stages(c certified) []func(*scene) {
	switch {
	case r.each != nil:
		return r.each(c)
	case r.stage == nil:
		return []func(*scene){sane}
	}
	return []func(*scene){r.stage}
}

// sane leaves a conversation as it is.
func sane(*scene) {}

// breach says in what the first outcome that does not keep to the rule fails, and which that is; "" where all keep to it.
func (r rule) breach(outcomes []Outcome) (evidence string, at int) {
	for i, o := range outcomes {
		switch {
		case o.Panicked != "" || o.Hung || o.Leaked != "" || !r.either && o.Completed != r.accepts:
			return o.String(), i
		case !o.Completed && r.alert != 0 && o.Alert != r.alert:
			return fmt.Sprintf("%v; it must send alert %d", o, r.alert), i
		}
	}
	return "", 0
}

// identities are made once a process, from a fixed seed: certificates cost signatures.
var identities = sync.OnceValues(func() (certified, error) { return issueIdentities(seeded(0x5EED), time.Now()) })

// role is one side of a subject, and the rules for it.
type role struct {
	subject.Subject
	asServer bool
	rules    []rule
}

// roles are those of all subjects.
func roles() (all []role) {
	for _, s := range []subject.Subject{subject.Gmtls(), subject.Own(nil)} {
		all = append(all, role{s, true, serverRules()}, role{s, false, clientRules()})
	}
	s := subject.OwnTLS13(nil)
	return append(all, role{s, true, serverRules13()}, role{s, false, clientRules13()})
}

// section is where a plan has the role's specs.
func (r role) section() string {
	protocol, side := "TLCP", "client"
	if r.Version == wire.TLS13 {
		protocol = "RFC 8998"
	}
	if r.asServer {
		side = "server"
	}
	return protocol + " " + side + " " + r.Name
}

// finding is the id of the finding that the role breaks the rule.
func (r role) finding(broken rule) string {
	side := "client"
	if r.asServer {
		side = "server"
	}
	if r.Version == wire.TLS13 {
		side = "rfc8998-" + side
	}
	return "tls/" + r.Name + "/" + side + "/" + broken.id
}

// spec registers a rule of the role.
func (r role) spec(one rule) {
	finding := r.finding(one)
	It(one.text, check.Finding(finding), func() {
		outcomes := check.Gather(finding, func() []Outcome { return r.mustPlay(one) })
		evidence, i := one.breach(outcomes)
		if evidence == "" {
			return
		}
		again := check.Gather(finding+" again", func() []Outcome { return r.mustPlay(one) })
		if twice, _ := one.breach(again); twice == "" {
			check.Error(record.Sayf("not seen twice: %s, then %v", "未能重现：先是 %s，后是 %v", evidence, again[i]))
		}
		if len(outcomes) > 1 {
			evidence = fmt.Sprintf("case %d of %d: %s", i+1, len(outcomes), evidence)
		}
		check.Report(record.Finding{ID: finding, Subject: r.Module, Version: check.ModuleVersion(r.Module), Severity: one.severity, Clause: one.clause, Evidence: evidence})
		check.Finish(record.SpecEnd{Verdict: record.Fail, Detail: &record.Sentence{En: evidence}})
	})
}

// mustPlay is play, whose error ends the spec.
func (r role) mustPlay(one rule) []Outcome {
	GinkgoHelper()
	outcomes, err := r.play(one)
	if failed := (&insane{}); errors.As(err, &failed) {
		check.Error(record.Sayf("the sane conversation %[1]s fails: %[2]v", "正常会话（%[1]s）失败：%[2]v", failed.when, failed.Outcome))
	}
	check.NoError(err)
	return outcomes
}

// insane is the error for a sane conversation that fails: then nothing is said about the subject.
type insane struct {
	when string
	Outcome
}

func (i *insane) Error() string {
	return fmt.Sprintf("the sane conversation %s fails: %v", i.when, i.Outcome)
}

// play has the subject take part in each conversation of the rule, between two sane ones. A rule that is the sane conversation
// needs none beside it.
func (r role) play(one rule) ([]Outcome, error) {
	c, err := identities()
	if err != nil {
		return nil, err
	}
	sanely := func(when string) error {
		if one.stage == nil && one.each == nil {
			return nil
		}
		o, err := newScene(c, r, 1).played(r.Subject, sane, true)
		if err == nil && !o.Completed {
			err = &insane{when, o}
		}
		return err
	}
	if err := sanely("before"); err != nil {
		return nil, err
	}
	var outcomes []Outcome
	for i, stage := range one.stages(c) {
		o, err := newScene(c, r, uint64(100+2*i)).played(r.Subject, stage, one.accepts)
		if err != nil {
			return nil, err
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, sanely("after")
}
