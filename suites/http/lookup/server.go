package lookup

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

// zone are a DNS server's answers. Where a field is nil or zero, that fault does not occur.
type zone struct {
	addresses []string                         // of every name
	aliases   map[string]string                // CNAME records; names end in a dot
	code      dnsmessage.RCode                 // of every answer
	before    func(query, right []byte) []byte // makes what is sent over UDP before the right answer
	silent    bool                             // says nothing over UDP
	overTCP   bool                             // answers over UDP are cut, and say so
}

// server is a DNS server on loopback, over UDP and TCP.
type server struct {
	zone
	udp net.PacketConn
	tcp net.Listener

	mu    sync.Mutex
	asked []string // questions, such as "A origin.test."; with " by TCP" behind those that came so
}

// serve starts a server.
func serve(s *rule.Scene, z zone) *server {
	tcp := s.Listen()
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	s.Must(err)
	d := &server{zone: z, udp: udp, tcp: tcp}
	var serving sync.WaitGroup
	serving.Go(d.serveUDP)
	serving.Go(d.serveTCP)
	s.AtEnd(func() {
		_ = udp.Close()
		_ = tcp.Close()
		serving.Wait()
	})
	return d
}

func (d *server) serveUDP() {
	b := make([]byte, 4<<10)
	for {
		n, from, err := d.udp.ReadFrom(b)
		if err != nil {
			return
		}
		query := b[:n]
		right, err := d.answer(query, d.overTCP, "")
		if err != nil {
			continue
		}
		if d.silent {
			continue
		}
		if d.before != nil {
			_, _ = d.udp.WriteTo(d.before(query, right), from)
		}
		_, _ = d.udp.WriteTo(right, from)
	}
}

func (d *server) serveTCP() {
	for {
		c, err := d.tcp.Accept()
		if err != nil {
			return
		}
		length := make([]byte, 2)
		if _, err := io.ReadFull(c, length); err == nil {
			query := make([]byte, binary.BigEndian.Uint16(length))
			if _, err := io.ReadFull(c, query); err == nil {
				if right, err := d.answer(query, false, " by TCP"); err == nil {
					_, _ = c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(right))), right...))
				}
			}
		}
		_ = c.Close()
	}
}

// answer returns the right answer to a query, without records if it is cut.
func (d *server) answer(query []byte, cut bool, way string) ([]byte, error) {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		return nil, err
	}
	if len(m.Questions) != 1 {
		return nil, fmt.Errorf("%d questions", len(m.Questions))
	}
	q := m.Questions[0]
	d.mu.Lock()
	d.asked = append(d.asked, fmt.Sprintf("%s %s%s", strings.TrimPrefix(q.Type.String(), "Type"), q.Name, way))
	d.mu.Unlock()
	r := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionDesired: m.RecursionDesired, RecursionAvailable: true, RCode: d.code, Truncated: cut},
		Questions: m.Questions}
	if !cut && d.code == dnsmessage.RCodeSuccess {
		r.Answers = d.records(q)
	}
	return r.Pack()
}

// records returns a question's aliases, and the addresses at their end. A loop of aliases has no end.
func (d *server) records(q dnsmessage.Question) (all []dnsmessage.Resource) {
	name := q.Name
	header := func(t dnsmessage.Type) dnsmessage.ResourceHeader {
		return dnsmessage.ResourceHeader{Name: name, Type: t, Class: dnsmessage.ClassINET, TTL: 60}
	}
	for to, is := d.aliases[name.String()]; is; to, is = d.aliases[name.String()] {
		next := dnsmessage.MustNewName(to)
		all = append(all, dnsmessage.Resource{Header: header(dnsmessage.TypeCNAME), Body: &dnsmessage.CNAMEResource{CNAME: next}})
		if name = next; len(all) > 20 {
			return all
		}
	}
	for _, text := range d.addresses {
		switch a := netip.MustParseAddr(text); {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			all = append(all, dnsmessage.Resource{Header: header(dnsmessage.TypeA), Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			all = append(all, dnsmessage.Resource{Header: header(dnsmessage.TypeAAAA), Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	return all
}

// questions returns how often a server was asked in a way that a text tells, such as " by TCP".
func (d *server) questions(text string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, q := range d.asked {
		if strings.Contains(q, text) {
			n++
		}
	}
	return n
}
