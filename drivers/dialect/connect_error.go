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

// ProbeTime bounds each step of a probe: connecting, and waiting for the first bytes.
const ProbeTime = 1500 * time.Millisecond

// Protocol says how the first bytes of a server identify its protocol.
type Protocol struct {
	Hello      []byte                   // sent by the client first; nil if the server sends first
	IsProtocol func(answer []byte) bool // reports whether the server's first bytes are of this protocol
	Silent     bool                     // the server sends nothing before a login, so that silence is no error
}

// ConnectError says why a server cannot be reached, and what to do about it.
type ConnectError struct{ Reason, Remedy record.Sentence }

// Probe connects to an address without logging in. It returns nil if a server of this protocol answers, and the reason if not.
func (p Protocol) Probe(network, address string) *ConnectError {
	conn, err := net.DialTimeout(network, address, ProbeTime)
	if err != nil {
		return dialReason(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(ProbeTime))
	if p.Hello != nil {
		conn.Write(p.Hello)
	}
	answer := make([]byte, 256)
	n, err := conn.Read(answer)
	switch answer = answer[:n]; {
	case n > 0 && p.IsProtocol(answer):
		return nil
	case n > 0:
		return otherProtocol(banner(answer))
	case errors.Is(err, os.ErrDeadlineExceeded) && p.Silent && !answersAsPostgres(network, address):
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		if p.Hello == nil && answersAsPostgres(network, address) {
			return otherProtocol("PostgreSQL")
		}
		return &ConnectError{record.Say("what listens there takes the connection and says nothing", "对方接受连接后没有任何应答"),
			record.Say("check that host and port in the DSN are the server's, and that it is up", "请检查 DSN 中的主机和端口是否属于该服务器，以及服务器是否已就绪")}
	default:
		return &ConnectError{record.Say("what listens there ends the connection at once", "对方立即断开连接"),
			record.Say("check host and port in the DSN, whether the server is up, and whether it lets this machine in", "请检查 DSN 中的主机和端口、服务器是否已就绪，以及是否允许本机连接")}
	}
}

// dialReason returns the reason for an error of net.Dial.
func dialReason(err error) *ConnectError {
	var unknown *net.DNSError
	var timeout net.Error
	switch {
	case errors.As(err, &unknown):
		return &ConnectError{record.Say("the host that the DSN names is not known here", "本机无法解析 DSN 中的主机名"),
			record.Say("correct the host name, or write its address", "请更正主机名，或直接写 IP 地址")}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &ConnectError{record.Say("the server cannot be reached: nothing listens at that host and port", "无法连接到服务器：该主机和端口上没有服务在监听"),
			record.Say("check host and port in the DSN, the address that the server listens on and the firewall", "请检查 DSN 中的主机和端口、服务器的监听地址以及防火墙")}
	case errors.As(err, &timeout) && timeout.Timeout():
		return &ConnectError{record.Say("the server cannot be reached: the host does not answer", "无法连接到服务器：主机没有响应"),
			record.Say("check the host in the DSN, the route to it and the firewall", "请检查 DSN 中的主机、到该主机的网络以及防火墙")}
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return &ConnectError{record.Say("the server cannot be reached: there is no route to the host", "无法连接到服务器：没有到该主机的路由"),
			record.Say("check the host in the DSN, the network and the firewall", "请检查 DSN 中的主机、网络以及防火墙")}
	default:
		return &ConnectError{record.Say("the server cannot be reached", "无法连接到服务器"),
			record.Say("check host and port in the DSN, and the firewall", "请检查 DSN 中的主机和端口以及防火墙")}
	}
}

// banners are the first bytes of servers of other protocols.
var banners = []struct {
	name  string
	begin string
}{{"SSH", "SSH-"}, {"HTTP", "HTTP/"}, {"FTP or SMTP", "220"}, {"VNC", "RFB "}, {"Redis", "-ERR"}, {"TLS", "\x15\x03"}, {"POP3", "+OK"}}

// banner returns the name of the protocol by a server's first bytes; "" if it is unknown.
func banner(answer []byte) string {
	for _, b := range banners {
		if bytes.HasPrefix(answer, []byte(b.begin)) {
			return b.name
		}
	}
	switch {
	case IsMySQLGreeting(answer):
		return "MySQL"
	case len(answer) == 1 && (answer[0] == 'S' || answer[0] == 'N'):
		return "PostgreSQL"
	}
	return ""
}

// IsMySQLGreeting reports whether bytes begin a server's greeting, or its error packet, in MySQL's protocol.
func IsMySQLGreeting(answer []byte) bool {
	return len(answer) > 4 && answer[2] == 0 && answer[3] == 0 && (answer[4] == 9 || answer[4] == 10 || answer[4] == 0xff)
}

// otherProtocol returns the reason for a server of another protocol, whose name may be "".
func otherProtocol(name string) *ConnectError {
	reason := record.Say("what listens there speaks another protocol", "对方使用的是其他协议")
	if name != "" {
		reason = record.Sayf("what listens there speaks another protocol: %s", "对方使用的是其他协议：%s", name)
	}
	return &ConnectError{reason, record.Say("correct the port in the DSN", "请更正 DSN 中的端口")}
}

// TLSRequest is the message by which a client requests TLS in PostgreSQL's protocol: length and code (PostgreSQL documentation,
// 55.7, SSLRequest). A server answers with one letter.
var TLSRequest = []byte{0, 0, 0, 8, 4, 210, 22, 47}

// answersAsPostgres reports whether a server that sends nothing first answers a TLSRequest as PostgreSQL does.
func answersAsPostgres(network, address string) bool {
	conn, err := net.DialTimeout(network, address, ProbeTime)
	if err != nil {
		return false
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(ProbeTime))
	conn.Write(TLSRequest)
	answer := make([]byte, 2)
	n, _ := conn.Read(answer)
	return n == 1 && (answer[0] == 'S' || answer[0] == 'N')
}

// certificateError returns the reason if err is about the server's certificate; nil if it is not.
func certificateError(err error) *ConnectError {
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
		return &ConnectError{record.Say("TLS: no root that is trusted here has signed the server's certificate", "TLS：服务器证书不是由本机信任的根签发的"), remedy}
	case errors.As(err, &wrongHost):
		return &ConnectError{record.Say("TLS: the server's certificate is for another host", "TLS：服务器证书属于其他主机"), remedy}
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return &ConnectError{record.Say("TLS: the server's certificate has expired, or is not valid yet", "TLS：服务器证书已过期或尚未生效"),
			record.Say("renew the certificate at the server, and check the clocks of both machines", "请更新服务器证书，并检查两台机器的时钟")}
	case errors.As(err, &invalid), errors.As(err, &verify):
		return &ConnectError{record.Say("TLS: the server's certificate cannot be verified", "TLS：无法验证服务器证书"), remedy}
	}
	return nil
}

// handshakeError returns the reason if err is a failed TLS handshake; nil if it is not.
func handshakeError(err error) *ConnectError {
	var alert tls.AlertError
	var header tls.RecordHeaderError
	if errors.As(err, &alert) || errors.As(err, &header) {
		return &ConnectError{record.Say("TLS: the handshake with the server fails", "TLS：与服务器握手失败"),
			record.Say("check the server's TLS versions and cipher suites, and whether it wants a client's certificate", "请检查服务器的 TLS 版本和密码套件，以及是否要求客户端证书")}
	}
	return nil
}

// noServerTLS returns the reason for a server without TLS, when the data source name requires TLS.
func noServerTLS() *ConnectError {
	return &ConnectError{record.Say("TLS: the DSN asks for it, and the server offers none", "TLS：DSN 要求启用，而服务器不支持"),
		record.Say("switch TLS on at the server, or ask for none in the DSN", "请在服务器上启用 TLS，或在 DSN 中不启用")}
}

// TLSRequired returns the reason for a server that requires TLS, when the data source name has none.
func TLSRequired() *ConnectError {
	return &ConnectError{record.Say("TLS: the server takes no connection without it, and the DSN does not ask for it", "TLS：服务器只接受 TLS 连接，而 DSN 未启用"),
		record.Say("ask for TLS in the DSN", "请在 DSN 中启用 TLS")}
}

// Explain returns why a driver made no session with the server at an address. err is the driver's error, which no server sent;
// noTLS says that the driver found that the server offers no TLS.
func (p Protocol) Explain(network, address string, err error, noTLS bool) *ConnectError {
	if c := certificateError(err); c != nil {
		return c
	}
	if c := p.Probe(network, address); c != nil {
		return c
	}
	if c := handshakeError(err); c != nil {
		return c
	}
	if noTLS {
		return noServerTLS()
	}
	return noSession(err)
}

// noSession returns the reason for a server that speaks the protocol but with which the driver makes no session.
func noSession(err error) *ConnectError {
	if errors.Is(err, context.DeadlineExceeded) {
		return &ConnectError{record.Say("the server answers, and lets nobody in in time", "服务器有应答，但未能及时建立会话"),
			record.Say("see the server's log, and what it waits for", "请查看服务器日志，了解其在等待什么")}
	}
	return &ConnectError{record.Say("the server answers, and the driver makes no session with it", "服务器有应答，但驱动未能建立会话"),
		record.Say("see the server's log, and check the parameters in the DSN", "请查看服务器日志，并检查 DSN 中的参数")}
}

// WrongServerError is the error for a server of another database than the variable names. Name is the version text of the server.
type WrongServerError struct{ Name string }

func (e *WrongServerError) Error() string { return "the server is another: " + strconv.Quote(e.Name) }
