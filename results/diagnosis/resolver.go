package diagnosis

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
)

// resolve returns the addresses of a host, sorted as texts, by the resolver at HOST:PORT, or by the system's if that is "". An address is its
// own answer. It returns an error if the resolver fails or knows no address.
func resolve(ctx context.Context, host, resolver string) ([]string, error) {
	if _, err := netip.ParseAddr(host); err == nil {
		return []string{host}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, networkTime)
	defer cancel()
	r := net.DefaultResolver
	if resolver != "" {
		r = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, resolver)
		}}
	}
	all, err := r.LookupHost(ctx, host)
	if err == nil && len(all) == 0 {
		err = errors.New("no address")
	}
	slices.Sort(all)
	return all, err
}

// Lookup is a host's addresses by several resolvers.
type Lookup struct {
	Host      string
	Resolvers []string // HOST:PORT
}

// Try asks each resolver.
func (l Lookup) Try(ctx context.Context) Evidence {
	e := Evidence{"host": l.Host}
	for _, r := range l.Resolvers {
		all, err := resolve(ctx, l.Host, r)
		if err != nil {
			e["failed "+r] = err.Error()
			continue
		}
		e["answer "+r] = strings.Join(all, " ")
	}
	return e
}

// JudgeLookup returns what is wrong by the evidence of Lookup.Try: a resolver that knows no such host where others do, or that leads to an
// address within this network or to none where others lead outside.
func JudgeLookup(e Evidence) *Fault {
	var inside, outside, failed []string
	for name, value := range e {
		resolver, answered := strings.CutPrefix(name, "answer ")
		switch {
		case strings.HasPrefix(name, "failed "):
			failed = append(failed, strings.TrimPrefix(name, "failed ")+": "+value)
		case answered && local(value):
			inside = append(inside, resolver+": "+value)
		case answered:
			outside = append(outside, resolver+": "+value)
		}
	}
	slices.Sort(inside)
	slices.Sort(failed)
	switch {
	case len(inside) > 0 && len(outside) > 0:
		return fault(e["host"]+" "+strings.Join(append(inside, outside...), "; "), "resolvers disagree: one leads to an address within this network or to none", "各解析器结果不一致：有的指向内网地址或空地址", "take the first resolver in /etc/resolv.conf that answers right, or ask who runs the other", "请在 /etc/resolv.conf 中优先使用正确的解析器，或询问其管理者")
	case len(failed) > 0 && len(outside)+len(inside) > 0:
		return fault(e["host"]+" "+strings.Join(failed, "; "), "a resolver does not know the host, or does not answer", "有解析器不认识该主机或无应答", "take it out of /etc/resolv.conf", "请将其从 /etc/resolv.conf 中去掉")
	}
	return nil
}

// local reports whether one of the addresses is of no public host.
func local(addresses string) bool {
	for _, text := range strings.Fields(addresses) {
		if a, err := netip.ParseAddr(text); err == nil && (a.IsPrivate() || a.IsLoopback() || a.IsUnspecified() || a.IsLinkLocalUnicast() || netip.MustParsePrefix("198.18.0.0/15").Contains(a)) {
			return true
		}
	}
	return false
}
