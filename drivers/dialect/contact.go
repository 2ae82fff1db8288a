package dialect

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// ContactTime bounds each step of looking at what stands at an address: one of connecting, one of waiting for bytes.
const ContactTime = 1500 * time.Millisecond

// Protocol is how the first bytes of a server tell what it speaks.
type Protocol struct {
	Hello []byte                   // what a client sends first; nil where the server speaks first
	Mine  func(answer []byte) bool // reports whether the server's first bytes are of the protocol
	Waits bool                     // neither is: a server waits for a login, and its silence says nothing
}

// Contact is what came of reaching for a server below any session, in a sentence and what to do about it.
type Contact struct{ Reason, Remedy record.Sentence }

// Reach connects to an address, without logging in, and says what is wrong there; nil where a server speaks the protocol.
func (p Protocol) Reach(network, address string) *Contact {
	conn, err := net.DialTimeout(network, address, ContactTime)
	if err != nil {
		return unconnected(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(ContactTime))
	if p.Hello != nil {
		conn.Write(p.Hello)
	}
	answer := make([]byte, 256)
	n, err := conn.Read(answer)
	switch answer = answer[:n]; {
	case n > 0 && p.Mine(answer):
		return nil
	case n > 0:
		return stranger(banner(answer))
	case errors.Is(err, os.ErrDeadlineExceeded) && p.Waits && !asksForTLS(network, address):
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		if p.Hello == nil && asksForTLS(network, address) {
			return stranger("PostgreSQL")
		}
		return &Contact{record.Say("what listens there takes the connection and says nothing", "对方接受连接后没有任何应答"),
			record.Say("check that host and port in the DSN are the server's, and that it is up", "请检查 DSN 中的主机和端口是否属于该服务器，以及服务器是否已就绪")}
	default:
		return &Contact{record.Say("what listens there ends the connection at once", "对方立即断开连接"),
			record.Say("check host and port in the DSN, whether the server is up, and whether it lets this machine in", "请检查 DSN 中的主机和端口、服务器是否已就绪，以及是否允许本机连接")}
	}
}

// unconnected returns why there is no connection.
func unconnected(err error) *Contact {
	var unknown *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &unknown):
		return &Contact{record.Say("the host that the DSN names is not known here", "本机无法解析 DSN 中的主机名"),
			record.Say("correct the host name, or write its address", "请更正主机名，或直接写 IP 地址")}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &Contact{record.Say("the server cannot be reached: nothing listens at that host and port", "无法连接到服务器：该主机和端口上没有服务在监听"),
			record.Say("check host and port in the DSN, the address that the server listens on and the firewall", "请检查 DSN 中的主机和端口、服务器的监听地址以及防火墙")}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &Contact{record.Say("the server cannot be reached: the host does not answer", "无法连接到服务器：主机没有响应"),
			record.Say("check the host in the DSN, the route to it and the firewall", "请检查 DSN 中的主机、到该主机的网络以及防火墙")}
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return &Contact{record.Say("the server cannot be reached: there is no route to the host", "无法连接到服务器：没有到该主机的路由"),
			record.Say("check the host in the DSN, the network and the firewall", "请检查 DSN 中的主机、网络以及防火墙")}
	default:
		return &Contact{record.Say("the server cannot be reached", "无法连接到服务器"),
			record.Say("check host and port in the DSN, and the firewall", "请检查 DSN 中的主机和端口以及防火墙")}
	}
}

// banners are the beginnings of what servers of other protocols say.
var banners = []struct {
	name  string
	begin string
}{{"SSH", "SSH-"}, {"HTTP", "HTTP/"}, {"FTP or SMTP", "220"}, {"VNC", "RFB "}, {"Redis", "-ERR"}, {"TLS", "\x15\x03"}, {"POP3", "+OK"}}

// banner names the protocol of a server's first bytes; "" where it is not known.
func banner(answer []byte) string {
	for _, b := range banners {
		if bytes.HasPrefix(answer, []byte(b.begin)) {
			return b.name
		}
	}
	switch {
	case GreetsAsMySQL(answer):
		return "MySQL"
	case len(answer) == 1 && (answer[0] == 'S' || answer[0] == 'N'):
		return "PostgreSQL"
	}
	return ""
}

// GreetsAsMySQL reports whether bytes begin a server's greeting in MySQL's protocol, or its refusal of one.
func GreetsAsMySQL(answer []byte) bool {
	return len(answer) > 4 && answer[2] == 0 && answer[3] == 0 && (answer[4] == 9 || answer[4] == 10 || answer[4] == 0xff)
}

func stranger(name string) *Contact {
	reason := record.Say("what listens there speaks another protocol", "对方使用的是其他协议")
	if name != "" {
		reason = record.Sayf("what listens there speaks another protocol: %s", "对方使用的是其他协议：%s", name)
	}
	return &Contact{reason, record.Say("correct the port in the DSN", "请更正 DSN 中的端口")}
}

// TLSRequest is a client's first message in PostgreSQL's protocol, if it wants TLS: length and code (PostgreSQL
// documentation, 55.7, SSLRequest). A server answers with one letter.
var TLSRequest = []byte{0, 0, 0, 8, 4, 210, 22, 47}

// asksForTLS reports whether a server that waits for its client to speak first answers as PostgreSQL does.
func asksForTLS(network, address string) bool {
	conn, err := net.DialTimeout(network, address, ContactTime)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(ContactTime))
	conn.Write(TLSRequest)
	answer := make([]byte, 2)
	n, _ := conn.Read(answer)
	return n == 1 && (answer[0] == 'S' || answer[0] == 'N')
}

// untrusted returns what is wrong with a server's certificate, where err is about that; else it is nil.
func untrusted(err error) *Contact {
	var (
		unknown   x509.UnknownAuthorityError
		wrongHost x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
	)
	remedy := record.Say("name the root that signed it, and the host as the certificate does, in the DSN; or ask for no TLS there",
		"请在 DSN 中指定签发它的根证书，并按证书写主机名；或在 DSN 中不启用 TLS")
	switch {
	case errors.As(err, &unknown):
		return &Contact{record.Say("TLS: no root that is trusted here has signed the server's certificate", "TLS：服务器证书不是由本机信任的根签发的"), remedy}
	case errors.As(err, &wrongHost):
		return &Contact{record.Say("TLS: the server's certificate is for another host", "TLS：服务器证书属于其他主机"), remedy}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &Contact{record.Say("TLS: the server's certificate has expired, or is not valid yet", "TLS：服务器证书已过期或尚未生效"),
			record.Say("renew the certificate at the server, and check the clocks of both machines", "请更新服务器证书，并检查两台机器的时钟")}
	case errors.As(err, &invalid), errors.As(err, &verify):
		return &Contact{record.Say("TLS: the server's certificate cannot be verified", "TLS：无法验证服务器证书"), remedy}
	}
	return nil
}

// handshaken returns that a handshake failed, where err is about that; else it is nil.
func handshaken(err error) *Contact {
	var alert tls.AlertError
	var header tls.RecordHeaderError
	if errors.As(err, &alert) || errors.As(err, &header) {
		return &Contact{record.Say("TLS: the handshake with the server fails", "TLS：与服务器握手失败"),
			record.Say("check the server's TLS versions and cipher suites, and whether it wants a client's certificate", "请检查服务器的 TLS 版本和密码套件，以及是否要求客户端证书")}
	}
	return nil
}

// withoutTLS returns that the server takes no TLS, which the data source name asks for.
func withoutTLS() *Contact {
	return &Contact{record.Say("TLS: the DSN asks for it, and the server offers none", "TLS：DSN 要求启用，而服务器不支持"),
		record.Say("switch TLS on at the server, or ask for none in the DSN", "请在服务器上启用 TLS，或在 DSN 中不启用")}
}

// NeedsTLS returns that the server takes nobody without TLS.
func NeedsTLS() *Contact {
	return &Contact{record.Say("TLS: the server takes no connection without it, and the DSN does not ask for it", "TLS：服务器只接受 TLS 连接，而 DSN 未启用"),
		record.Say("ask for TLS in the DSN", "请在 DSN 中启用 TLS")}
}

// Explain returns why a driver made no session with what stands at an address, by an error that no server sent. NoTLS is
// whether the driver says that the server offers no TLS.
func (p Protocol) Explain(network, address string, err error, noTLS bool) *Contact {
	if c := untrusted(err); c != nil {
		return c
	}
	if c := p.Reach(network, address); c != nil {
		return c
	}
	if c := handshaken(err); c != nil {
		return c
	}
	if noTLS {
		return withoutTLS()
	}
	return sessionless(err)
}

// sessionless returns that a server speaks the protocol, and no session comes about.
func sessionless(err error) *Contact {
	if errors.Is(err, context.DeadlineExceeded) {
		return &Contact{record.Say("the server answers, and lets nobody in in time", "服务器有应答，但未能及时建立会话"),
			record.Say("see the server's log, and what it waits for", "请查看服务器日志，了解其在等待什么")}
	}
	return &Contact{record.Say("the server answers, and the driver makes no session with it", "服务器有应答，但驱动未能建立会话"),
		record.Say("see the server's log, and check the parameters in the DSN", "请查看服务器日志，并检查 DSN 中的参数")}
}

// OtherError says that the server is another database than its variable names. Says is what it calls itself.
type OtherError struct{ Says string }

func (e *OtherError) Error() string { return "the server is another: " + strconv.Quote(e.Says) }
