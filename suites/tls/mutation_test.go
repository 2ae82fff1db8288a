package tls

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/subject"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// TestMutations: the suite's own peer keeps to each rule, and one that is wrong on purpose breaks it, although its sane
// conversations go well. How it is wrong stands in the tables of mutations; where it does not, the checks that refuse what the
// rule sends are left out, one after another. A rule that no peer breaks is an error.
func TestMutations(t *testing.T) {
	for _, r := range roles() {
		if r.Name != "own" {
			continue
		}
		mutations := r.mutations()
		maps.Copy(mutations, entropyMutations())
		known := map[string]bool{}
		for _, one := range r.rules {
			known[one.id] = true
			t.Run(r.finding(one), func(t *testing.T) {
				t.Parallel()
				outcomes, err := r.play(one)
				if err != nil {
					t.Fatal(err)
				}
				if evidence, i := one.breach(outcomes); evidence != "" {
					t.Fatalf("the right peer breaks it in case %d of %d: %s", i+1, len(outcomes), evidence)
				}
				if m, is := mutations[one.id]; is {
					err = r.wrong(m, one)
				} else {
					err = r.withoutChecks(t, one)
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		for id := range mutations {
			if !known[id] {
				t.Errorf("%s: there is a mutation for %s, which is no rule", r.section(), id)
			}
		}
	}
}

// wrong plays the rule with a wrong peer, which must break it in one of five tries: a hasty peer may come late on a busy machine.
func (r role) wrong(m mutation, one rule) error {
	r.Subject = m.subject(r.Version)
	var outcomes []Outcome
	for range 5 {
		var err error
		if outcomes, err = r.play(one); err != nil {
			return err
		}
		if evidence, _ := one.breach(outcomes); evidence != "" {
			return nil
		}
	}
	return fmt.Errorf("the wrong peer keeps to it: %v", outcomes[len(outcomes)-1])
}

// withoutChecks leaves out the check that refuses the rule's last conversation, then the next that does, until the rule is broken.
func (r role) withoutChecks(t *testing.T, one rule) error {
	last := one
	last.each = func(c certified) []func(*scene) { all := one.stages(c); return all[len(all)-1:] }
	var omit []string
	for {
		r.Subject = mutation{omit: omit}.subject(r.Version)
		outcomes, err := r.play(last)
		if err != nil {
			return fmt.Errorf("without %q: %w", omit, err)
		}
		if evidence, _ := one.breach(outcomes); evidence != "" {
			t.Logf("without %q: %s", omit, evidence)
			return nil
		}
		var refused *wire.Refusal
		if !errors.As(outcomes[0].cause, &refused) || slices.Contains(omit, refused.Check) {
			return fmt.Errorf("no mutation: without %q the peer keeps to it nevertheless: %v", omit, outcomes[0])
		}
		omit = append(omit, refused.Check)
	}
}

// mutation is in what a peer is wrong.
type mutation struct {
	omit    []string                  // checks that it leaves out
	inspect func(wire.Message) error  // what it does with each message that it reads
	wrap    func(net.Conn) net.Conn   // what it does with its connection
	random  func(io.Reader) io.Reader // what it draws from in place of its random source
	sign    signing                   // how it signs
	tlcp    func(*tlcp.Config)        // what else a peer of TLCP does
}

// signing returns an SM2 signature of content.
type signing func(key *sm2.PrivateKey, id, content []byte) ([]byte, error)

// subject is the suite's own peer with the mutation.
func (m mutation) subject(version uint16) subject.Subject {
	if m.random == nil {
		m.random = func(r io.Reader) io.Reader { return r }
	}
	s := subject.OwnTLS13(func(c *rfc8998.Config) {
		c.Omit, c.Inspect, c.Random, c.Sign = m.omit, m.inspect, m.random(c.Random), m.sign
	})
	if version == wire.TLCP {
		s = subject.Own(func(c *tlcp.Config) {
			c.Omit, c.Inspect, c.Random, c.Sign = m.omit, m.inspect, m.random(c.Random), m.sign
			if m.tlcp != nil {
				m.tlcp(c)
			}
		})
	}
	if m.wrap != nil {
		client, server := s.Client, s.Server
		s.Client = m.wrapped(client)
		s.Server = m.wrapped(server)
	}
	return s
}
