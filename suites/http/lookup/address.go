package lookup

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// many returns 300 addresses at which nobody listens.
func many() (all []string) {
	for i := range 300 {
		all = append(all, fmt.Sprintf("127.1.%d.%d", i/200, 1+i%200))
	}
	return all
}

// lastWord returns what is behind a text's last blank.
func lastWord(text string) string { return text[strings.LastIndexByte(text, ' ')+1:] }

// addressRules are about the addresses of a name.
func addressRules() []rule.Rule {
	const dialer = "Go net Dialer"
	return []rule.Rule{
		{ID: "next", Text: "tries the next address where one refuses", Clause: dialer, Severity: record.High, Want: []string{hello + "; tried 127.0.0.2, 127.0.0.1"}, Play: trying(zone{addresses: append(dead[:1:1], live...)})},
		{ID: "last", Text: "tries all addresses up to the last, which answers", Clause: dialer, Severity: record.High, Want: []string{hello + "; tried 127.0.0.2, 127.0.0.3, 127.0.0.4, 127.0.0.1"},
			Play: trying(zone{addresses: append(dead[:3:3], live...)})},
		{ID: "none", Text: "reports a name all of whose addresses refuse, once it has tried each once", Clause: dialer, Severity: record.High, Want: []string{"error; tried 127.0.0.2, 127.0.0.3, 127.0.0.4"}, Play: trying(zone{addresses: dead})},
		{ID: "first", Text: "tries no other address where the first answers", Clause: dialer, Severity: record.Medium, Want: []string{hello + "; tried 127.0.0.1"}, Play: trying(zone{addresses: append(live[:1:1], dead...)})},
		{ID: "silent-next", Text: "leaves time for the next address where one says nothing", Clause: dialer + ".Timeout", Severity: record.High, Want: []string{hello}, Play: silentFirst([]string{"127.0.0.2", "127.0.0.1"}, 0)},
		{ID: "ipv6-dead", Text: "takes the IPv4 address where the IPv6 one refuses", Clause: "RFC 8305 §5", Severity: record.High, Want: []string{hello}, Play: found(zone{addresses: []string{"::1", "127.0.0.1"}})},
		{ID: "ipv6-silent", Text: "tries the IPv4 address too, after FallbackDelay, where the IPv6 one says nothing", Clause: "RFC 8305 §5; Go net Dialer.FallbackDelay", Severity: record.High, Want: []string{hello}, Play: fallsBack},
		{ID: "ipv6-only", Text: "tries no IPv4 address where it is to use IPv6 alone", Clause: "Go net Dialer.DialContext", Severity: record.Medium, Want: []string{"error; tried ::1"}, Play: onlyIPv6},
	}
}

// trying returns a conversation that tells which addresses were tried.
func trying(z zone) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		p := at(s, z)
		return rule.Join(p.get(name), p.tried())
	}
}

// silence makes connections to an address get no answer: they wait until the dialer gives them up.
func (p *place) silence(address string) {
	p.dialer.ControlContext = func(ctx context.Context, _, to string, _ syscall.RawConn) error {
		if host, _, err := net.SplitHostPort(to); err != nil || host != address {
			return err
		}
		<-ctx.Done()
		return ctx.Err()
	}
}

// silentFirst returns a conversation in which the first address of a name says nothing.
func silentFirst(addresses []string, fallback time.Duration) func(*rule.Scene) rule.Outcome {
	return func(s *rule.Scene) rule.Outcome {
		p := at(s, zone{addresses: addresses})
		p.silence(addresses[0])
		p.dialer.Timeout, p.dialer.FallbackDelay = 4*time.Second, fallback
		return p.get(name)
	}
}

// fallsBack is a conversation in which the IPv6 address says nothing.
func fallsBack(s *rule.Scene) rule.Outcome {
	needsIPv6()
	return silentFirst([]string{"::1", "127.0.0.1"}, 10*time.Millisecond)(s)
}

// onlyIPv6 is a conversation with a client that may not use IPv4.
func onlyIPv6(s *rule.Scene) rule.Outcome {
	needsIPv6()
	p := at(s, zone{addresses: []string{"127.0.0.1", "::1"}})
	c := s.Client(func(t *http.Transport) {
		t.DialContext = func(ctx context.Context, _, address string) (net.Conn, error) {
			return p.dialer.DialContext(ctx, "tcp6", address)
		}
	})
	return rule.Join(p.ask(c, name), p.tried())
}
