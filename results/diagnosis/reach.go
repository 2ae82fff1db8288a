package diagnosis

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// networkTime is how long one step on the network may take.
const networkTime = 5 * time.Second

// Reach is how one address is reached.
type Reach struct {
	Target *url.URL
	Proxy  *url.URL       // an HTTP proxy on the way; nil for none
	Roots  *x509.CertPool // nil for the system's
	DNS    string         // HOST:PORT of a resolver; "" for the system's
}

// Try reaches the address step by step, and returns where that ends: "step" is "dns", "dial", "proxy", "sni", "tls", "certificate",
// "http" or "done".
func (r Reach) Try(ctx context.Context) Evidence {
	e := Evidence{"target": r.Target.Scheme + "://" + r.Target.Host, "proxy": ""}
	if r.Proxy != nil {
		e["proxy"] = r.Proxy.Host
	}
	end := func(step, said string) Evidence {
		e["step"], e["said"] = step, redacted(said)
		return e
	}
	conn, step, err := r.connect(ctx)
	if err != nil {
		return end(step, err.Error())
	}
	defer func() { conn.Close() }()
	if r.Target.Scheme == "https" {
		client, err := handshake(ctx, conn, r.Target.Hostname())
		if err != nil {
			if cut(err) && r.withoutName(ctx) {
				return end("sni", err.Error())
			}
			return end("tls", err.Error())
		}
		if problem, said := verify(client.ConnectionState().PeerCertificates, r.Target.Hostname(), r.Roots); problem != "" {
			e["problem"] = problem
			return end("certificate", said)
		}
		conn = client
	}
	status, err := ask(conn, r.Target)
	if err != nil {
		return end("http", err.Error())
	}
	e["status"] = strconv.Itoa(status)
	return end("done", "")
}

// connect returns a connection to the target, through the proxy if there is one; step says where it fails.
func (r Reach) connect(ctx context.Context) (conn net.Conn, step string, err error) {
	at := r.Target
	if r.Proxy != nil {
		at = r.Proxy
	}
	addresses, err := resolve(ctx, at.Hostname(), r.DNS)
	if err != nil {
		return nil, "dns", err
	}
	dialer := net.Dialer{Timeout: networkTime}
	if conn, err = dialer.DialContext(ctx, "tcp", net.JoinHostPort(addresses[0], port(at))); err != nil {
		return nil, "dial", err
	}
	conn.SetDeadline(time.Now().Add(networkTime))
	if r.Proxy == nil {
		return conn, "", nil
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: net.JoinHostPort(r.Target.Hostname(), port(r.Target))}, Host: net.JoinHostPort(r.Target.Hostname(), port(r.Target)), Header: http.Header{}}
	if user := r.Proxy.User; user != nil {
		password, _ := user.Password()
		request.Header.Set("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	if err := request.Write(conn); err != nil {
		conn.Close()
		return nil, "proxy", err
	}
	response, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 1<<16)), request)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%d %s", response.StatusCode, http.StatusText(response.StatusCode))
	}
	if err != nil {
		conn.Close()
		return nil, "proxy", err
	}
	return conn, "", nil
}

// withoutName reports whether a TLS handshake gets further if it does not name the host: then somebody on the way reads the name.
func (r Reach) withoutName(ctx context.Context) bool {
	conn, _, err := r.connect(ctx)
	if err != nil {
		return false
	}
	defer conn.Close()
	_, err = handshake(ctx, conn, "")
	return err == nil || !cut(err)
}

// handshake does a TLS handshake without judging the certificate.
func handshake(ctx context.Context, conn net.Conn, name string) (*tls.Conn, error) {
	client := tls.Client(conn, &tls.Config{ServerName: name, InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}) // verify judges it
	return client, client.HandshakeContext(ctx)
}

// cut reports whether a connection was cut off, instead of answered.
func cut(err error) bool {
	var timeout net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.As(err, &timeout) && timeout.Timeout()
}

// verify judges a chain of certificates: problem is "" where it is good, else "missing", "authority", "expired" or "name".
func verify(chain []*x509.Certificate, host string, roots *x509.CertPool) (problem, said string) {
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	leaf := chain[0]
	_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: host})
	var invalid x509.CertificateInvalidError
	var name x509.HostnameError
	switch {
	case err == nil:
		return "", ""
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "expired", err.Error()
	case errors.As(err, &name):
		return "name", err.Error()
	}
	last := chain[len(chain)-1]
	if string(last.RawIssuer) != string(last.RawSubject) && !last.IsCA {
		return "missing", last.Issuer.String()
	}
	return "authority", last.Issuer.String()
}

// ask sends a request for the target, and returns the status.
func ask(conn net.Conn, target *url.URL) (int, error) {
	request := &http.Request{Method: http.MethodGet, URL: target, Host: target.Host, Header: http.Header{"User-Agent": {"xcmatrix"}, "Connection": {"close"}}}
	if err := request.Write(conn); err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(bufio.NewReader(io.LimitReader(conn, 1<<20)), request)
	if err != nil {
		return 0, err
	}
	response.Body.Close()
	return response.StatusCode, nil
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// JudgeReach returns what is wrong by the evidence of Try.
func JudgeReach(e Evidence) *Fault {
	shown := strings.TrimSpace(e["target"] + " " + e["said"])
	proxyEn, proxyZh := "", ""
	if e["proxy"] != "" {
		proxyEn, proxyZh = " by way of the proxy "+e["proxy"], "（经代理 "+e["proxy"]+"）"
	}
	switch e["step"] {
	case "dns":
		return fault(shown, "its name is not known to the resolver"+proxyEn, "解析器不认识其名称"+proxyZh, "correct the name, or /etc/resolv.conf", "请改正名称或 /etc/resolv.conf")
	case "dial":
		return fault(shown, "nothing answers at its address"+proxyEn, "其地址无应答"+proxyZh, "set GOPROXY to one that this machine reaches, and HTTPS_PROXY if it needs one", "请将 GOPROXY 设为本机可达的代理；如需经过 HTTP 代理，请设置 HTTPS_PROXY")
	case "proxy":
		if strings.HasPrefix(e["said"], "407") {
			return fault(shown, "the HTTP proxy "+e["proxy"]+" asks for a password", "HTTP 代理 "+e["proxy"]+" 要求口令", "put it into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT", "请写入 HTTPS_PROXY：http://用户:口令@主机:端口")
		}
		return fault(shown, "the HTTP proxy "+e["proxy"]+" refuses the way there", "HTTP 代理 "+e["proxy"]+" 拒绝连接", "have its administrator allow the host, or put it into NO_PROXY", "请管理员放行该主机，或将其加入 NO_PROXY")
	case "sni":
		return fault(shown, "a firewall cuts connections that name this host (SNI); without the name they pass", "防火墙按主机名（SNI）切断连接；不带名称时可通过", "use a GOPROXY with another name, such as a mirror within the network", "请使用其他名称的 GOPROXY，例如网内镜像")
	case "tls":
		return fault(shown, "no TLS connection comes about"+proxyEn, "无法建立 TLS 连接"+proxyZh, "see whether the port speaks TLS, and whether something on the way breaks it", "请检查该端口是否使用 TLS，途中是否有设备破坏连接")
	case "certificate":
		switch e["problem"] {
		case "missing":
			return fault(shown, "the server does not send the intermediate certificate of "+e["said"], "服务器未发送中间证书："+e["said"], "have the server send the whole chain (nginx: put the intermediate behind its own certificate in ssl_certificate)", "请让服务器发送完整证书链（nginx：把中间证书接在 ssl_certificate 的自身证书之后）")
		case "expired":
			return fault(shown, "its certificate has expired, or the clock here is wrong", "其证书已过期，或本机时钟有误", "renew the certificate, or set the clock", "请更新证书或校准时钟")
		case "name":
			return fault(shown, "its certificate is another host's", "其证书属于其他主机", "use the name in the certificate", "请使用证书中的名称")
		}
		return fault(shown, "nobody here trusts the authority of its certificate", "本机不信任其证书的颁发机构", "SSL_CERT_FILE names a file with that authority and the system's own", "SSL_CERT_FILE 应指向包含该机构与系统根证书的文件")
	case "http":
		return fault(shown, "what answers speaks no HTTP", "应答方使用的不是 HTTP", "correct the address", "请改正地址")
	}
	switch status, _ := strconv.Atoi(e["status"]); {
	case status == 401 || status == 403 || status == 407:
		return fault(shown+" "+e["status"], "it refuses: what is asked for needs a login, or a firewall answers for it", "对方拒绝：需要登录，或由防火墙代答", "put the login into ~/.netrc, or use another GOPROXY", "请把登录信息写入 ~/.netrc，或更换 GOPROXY")
	case status >= 500:
		return fault(shown+" "+e["status"], "it answers with an error of its own", "对方返回自身错误", "try later, or use another GOPROXY", "请稍后再试，或更换 GOPROXY")
	}
	return nil
}
