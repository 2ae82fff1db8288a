package lookup

import (
	"net/http"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// forged returns an answer of another address to a query.
func forged(query []byte, change func(*dnsmessage.Message)) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	m.Response, m.Additionals = true, nil
	if m.Questions[0].Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{Header: dnsmessage.ResourceHeader{Name: m.Questions[0].Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET, TTL: 60},
			Body: &dnsmessage.AResource{A: [4]byte{127, 0, 0, 2}}}}
	}
	change(&m)
	b, err := m.Pack()
	if err != nil {
		return nil
	}
	return b
}

// loop is an answer whose name is a pointer to itself.
func loop(query []byte) []byte {
	b := append([]byte(nil), query[:12]...)
	b[2] |= 0x80                           // an answer
	b[4], b[5], b[6], b[7] = 0, 1, 0, 1    // one question, one record
	b[8], b[9], b[10], b[11] = 0, 0, 0, 0  // no others
	return append(b, 0xc0, 12, 0, 1, 0, 1) // the question's name is a pointer to itself
}

// answerRules are about DNS messages.
func answerRules() []rule.Rule {
	before := func(wrong func(query, right []byte) []byte) func(*rule.Scene) rule.Outcome {
		return found(zone{addresses: live, before: wrong})
	}
	unknown, broken := []string{"lookup fails: not found true, temporary false, timeout false"}, []string{"lookup fails: not found false, temporary true, timeout false"}
	found1 := []string{hello}
	return []rule.Rule{
		{ID: "alias", Text: "follows a chain of aliases in an answer", Clause: "RFC 1034 §3.6.2", Severity: record.High, Want: found1,
			Play: found(zone{addresses: live, aliases: map[string]string{name: "one.test.", "one.test.": "two.test.", "two.test.": "three.test."}})},
		{ID: "alias-loop", Text: "ends a loop of aliases", Clause: "RFC 1034 §5.2.2", Severity: record.High, Want: []string{"error", unknown[0], broken[0]},
			Play: found(zone{addresses: live, aliases: map[string]string{name: "one.test.", "one.test.": name}})},
		{ID: "no-name", Text: "tells its caller that a name does not exist", Clause: "Go net DNSError.IsNotFound; RFC 1035 §4.1.1", Severity: record.High, Want: unknown,
			Play: found(zone{code: dnsmessage.RCodeNameError})},
		{ID: "no-data", Text: "tells its caller that a name has no address", Clause: "Go net DNSError.IsNotFound; RFC 2308 §2.2", Severity: record.High, Want: unknown, Play: found(zone{})},
		{ID: "failed", Text: "tells its caller that the DNS server failed, and not that the name does not exist", Clause: "Go net DNSError.IsTemporary; RFC 1035 §4.1.1", Severity: record.High, Want: broken,
			Play: found(zone{code: dnsmessage.RCodeServerFailure})},
		{ID: "cut", Text: "asks over TCP where an answer over UDP is cut", Clause: "RFC 7766 §5", Severity: record.High, Want: []string{hello + "; asks by TCP"}, Play: cut},
		{ID: "many", Text: "reads an answer of 300 addresses over TCP", Clause: "RFC 7766 §8", Severity: record.High, Want: []string{hello}, Play: found(zone{addresses: append(many(), live...), overTCP: true})},
		{ID: "wrong-number", Text: "passes over an answer with another query's number", Clause: "RFC 5452 §9.1", Severity: record.Critical, Want: []string{hello + "; tried 127.0.0.1"},
			Play: spoofed(func(query, _ []byte) []byte { return forged(query, func(m *dnsmessage.Message) { m.ID ^= 0x5555 }) })},
		{ID: "wrong-question", Text: "passes over an answer to another question", Clause: "RFC 5452 §9.1", Severity: record.Critical, Want: []string{hello + "; tried 127.0.0.1"},
			Play: spoofed(func(query, _ []byte) []byte {
				return forged(query, func(m *dnsmessage.Message) { m.Questions[0].Name = dnsmessage.MustNewName("other.test.") })
			})},
		{ID: "no-answer", Text: "passes over a query in the place of an answer", Clause: "RFC 1035 §4.1.1", Severity: record.High, Want: []string{hello + "; tried 127.0.0.1"},
			Play: spoofed(func(query, _ []byte) []byte { return forged(query, func(m *dnsmessage.Message) { m.Response = false }) })},
		{ID: "short", Text: "passes over five bytes in the place of an answer", Clause: "RFC 1035 §4.1", Severity: record.High, Want: found1, Play: before(func(_, right []byte) []byte { return right[:5] })},
		{ID: "empty", Text: "passes over an empty datagram", Clause: "RFC 1035 §4.1", Severity: record.High, Want: found1, Play: before(func(_, _ []byte) []byte { return nil })},
		{ID: "question-loop", Text: "passes over a message whose name points to itself", Clause: "RFC 1035 §4.1.4", Severity: record.Critical, Want: found1, Play: before(func(query, _ []byte) []byte { return loop(query) })},
		{ID: "silent", Text: "gives up a DNS server that says nothing when the request's time is over", Clause: "Go net/http Client.Timeout", Severity: record.High, Want: []string{"timeout"},
			Play: func(s *rule.Scene) rule.Outcome {
				p := at(s, zone{addresses: live, silent: true})
				c := s.Client(func(t *http.Transport) { t.DialContext = p.dialer.DialContext })
				c.Timeout = patience
				o := p.ask(c, name)
				if o.Did == "lookup fails: not found false, temporary true, timeout true" {
					o.Did = "timeout"
				}
				return o
			}},
		{ID: "both", Text: "asks for IPv4 and IPv6 addresses", Clause: "RFC 8305 §3", Severity: record.Medium, Want: []string{hello + "; asks A, AAAA"}, Play: both},
		{ID: "literal", Text: "asks nothing about an address", Clause: "RFC 3986 §3.2.2", Severity: record.High, Want: []string{hello + "; asks nothing"}, Play: asking("127.0.0.1")},
		{ID: "chinese", Text: "asks for a Chinese name in its ASCII form", Clause: "RFC 5891 §4.4", Severity: record.High, Want: []string{hello + "; asks xn--fsqu00a.xn--0zwm56d."}, Play: asking("例子.测试.")},
		{ID: "long-label", Text: "asks nothing about a name with a label of 64 bytes", Clause: "RFC 1035 §2.3.4", Severity: record.Medium, Want: []string{unknown[0] + "; asks nothing", "error; asks nothing"},
			Play: asking("x" + long63 + ".test.")},
	}
}

// long63 is the longest label that a name can have.
const long63 = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

// cut is a conversation with a DNS server whose answers over UDP are cut.
func cut(s *rule.Scene) rule.Outcome {
	p := at(s, zone{addresses: live, overTCP: true})
	o := p.get(name)
	if p.names.questions(" by TCP") > 0 {
		return rule.Join(o, rule.Did("asks by TCP"))
	}
	return rule.Join(o, rule.Did("asks by UDP alone"))
}

// spoofed returns a conversation in which somebody sends a wrong answer, which leads to 127.0.0.2, before the right one.
func spoofed(wrong func(query, right []byte) []byte) func(*rule.Scene) rule.Outcome {
	return trying(zone{addresses: live, before: wrong})
}

// both tells which kinds of addresses are asked for.
func both(s *rule.Scene) rule.Outcome {
	p := at(s, zone{addresses: live})
	o := p.get(name)
	kinds := ""
	if p.names.questions("A "+name) > p.names.questions("AAAA ") {
		kinds = "A"
	}
	if p.names.questions("AAAA ") > 0 {
		kinds += ", AAAA"
	}
	return rule.Join(o, rule.Did("asks %s", kinds))
}

// asking returns a conversation that tells which name the DNS server was asked for.
func asking(host string) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		p := at(s, zone{addresses: live})
		o := p.get(host)
		p.names.mu.Lock()
		defer p.names.mu.Unlock()
		if len(p.names.asked) == 0 {
			return rule.Join(o, rule.Did("asks nothing"))
		}
		return rule.Join(o, rule.Did("asks %s", lastWord(p.names.asked[0])))
	}
}
