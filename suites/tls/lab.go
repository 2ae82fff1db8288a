package tls

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/emmansun/gmsm/smx509"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/tls/rfc8998"
	"github.com/xcmatrix/xcmatrix/suites/tls/tlcp"
	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// labPeers are what a laboratory may have: each by the title of its specs, and the variable that holds its address.
var labPeers = []struct{ title, variable string }{{"Tongsuo", "XCMATRIX_TLS_TONGSUO"}, {"GmSSL", "XCMATRIX_TLS_GMSSL"},
	{"Kona", "XCMATRIX_TLS_KONA"}, {"gateway", "XCMATRIX_TLS_GATEWAY"}}

// rootsVariable names the file with the root certificates of the laboratory's servers, in PEM.
const rootsVariable = "XCMATRIX_TLS_ROOTS"

const rootsFile = "roots.pem"

// labReads returns the variables that name servers.
func labReads() (names []string) {
	for _, p := range labPeers {
		names = append(names, p.variable)
	}
	return append(names, rootsVariable)
}

// labFiles reads the laboratory's root certificates, and checks its addresses; see check.Suite.
func labFiles(v check.Variables) (map[string][]byte, error) {
	for _, p := range labPeers {
		address := v.Get(p.variable)
		if address == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(address); err != nil {
			return nil, record.Wrongf(p.variable, "%.60q is not HOST:PORT", "%.60q 不是 主机:端口", address)
		}
	}
	name := v.Get(rootsVariable)
	if name == "" {
		return nil, nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, record.Wrongf(rootsVariable, "the root certificates cannot be read: %v", "无法读取根证书：%v", err)
	}
	if !smx509.NewCertPool().AppendCertsFromPEM(text) {
		return nil, record.Wrongf(rootsVariable, "%s holds no certificate in PEM", "%s 中没有 PEM 格式的证书", name)
	}
	return map[string][]byte{rootsFile: text}, nil
}

// lab registers a spec for each cipher suite of each server that is named, and one for each that is not.
func lab() {
	for _, p := range labPeers {
		address := check.Env().Get(p.variable)
		if address == "" {
			It("own to "+p.title+": a server is named", check.Optional(), func() {
				check.Gather("tls/interoperation/"+p.title, func() Tally {
					check.Miss(record.Sayf("no %[1]s server: %[2]s is not set", "没有 %[1]s 服务器：未设置 %[2]s", p.title, p.variable),
						record.Sayf("%[1]s=HOST:PORT %[2]s=ROOTS.pem xcmatrix run --suite tls", "%[1]s=主机:端口 %[2]s=根证书.pem xcmatrix run --suite tls", p.variable, rootsVariable))
					return Tally{}
				}).judge()
			})
			continue
		}
		for _, suite := range []wire.CipherSuite{wire.TLS_SM4_GCM_SM3, wire.TLS_SM4_CCM_SM3, wire.ECC_SM4_GCM_SM3, wire.ECC_SM4_CBC_SM3} {
			c := combination{"own", p.title, suite, false, func(c combination) (string, error) { return "", shakeLab(address, c.suite) }}
			It(c.text(), check.Optional(), check.Within(2*time.Minute), func() { c.judge(3) })
		}
	}
}

// shakeLab shakes hands with a server at an address.
func shakeLab(address string, suite wire.CipherSuite) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	roots := smx509.NewCertPool()
	if !roots.AppendCertsFromPEM(check.Files()[rootsFile]) {
		check.Miss(record.Say("there is no root certificate to verify the server's with", "没有用于验证服务器证书的根证书"),
			record.Sayf("%s=ROOTS.pem, the certificates of its authority in PEM", "%s=根证书.pem，即其签发者证书（PEM 格式）", rootsVariable))
	}
	patience := check.ScaledTimeout(10 * time.Second)
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		check.Miss(record.Sayf("%[1]s does not answer: %[2]v", "%[1]s 无应答：%[2]v", address, err), record.Say("start the server, or name another address", "请启动该服务器，或指定其他地址"))
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	suites := []wire.CipherSuite{suite}
	if suite == wire.TLS_SM4_GCM_SM3 || suite == wire.TLS_SM4_CCM_SM3 {
		tls, err := rfc8998.Client(conn, rfc8998.Config{Random: rand.Reader, Roots: roots, Host: host, Suites: suites})
		return ended(err, func() error { return tls.Close() })
	}
	tls, err := tlcp.Client(conn, tlcp.Config{Random: rand.Reader, Roots: roots, Host: host, Suites: suites})
	return ended(err, func() error { return tls.Close() })
}

// ended closes a connection whose handshake went well. What is no TLS at all is said so: its first bytes make no record.
func ended(err error, closing func() error) error {
	if err == nil {
		return closing()
	}
	var refusal *wire.Refusal
	if errors.As(err, &refusal) && refusal.Alert == wire.RecordOverflow && strings.Contains(err.Error(), "a record of") {
		return fmt.Errorf("what answers is no TLS: %w", err)
	}
	return err
}
