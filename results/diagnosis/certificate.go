package diagnosis

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
)

// certificateChecks returns the checks of the authorities that Go trusts.
func certificateChecks() []Check {
	return []Check{
		newCheck("ca-file", "SSL_CERT_FILE has certificates, or is not set", "SSL_CERT_FILE 含证书，或未设置", func(_ context.Context, h *Host) Evidence {
			path := h.Get("SSL_CERT_FILE")
			n := 0
			for rest := []byte(text(path)); ; {
				block, more := pem.Decode(rest)
				if block == nil {
					break
				}
				if _, err := x509.ParseCertificate(block.Bytes); err == nil {
					n++
				}
				rest = more
			}
			return Evidence{"SSL_CERT_FILE": path, "some": says(n > 0)}
		}, func(e Evidence) *Fault {
			if e["SSL_CERT_FILE"] == "" || e["some"] == yes {
				return nil
			}
			return fault("SSL_CERT_FILE="+e["SSL_CERT_FILE"], "SSL_CERT_FILE has no certificate: no host is trusted", "SSL_CERT_FILE 中没有证书：任何主机都不被信任", "unset it, or name a file with your authority's and the system's certificates", "请取消该变量，或指向含自有与系统证书的文件")
		}),
		newCheck("ca-dir", "SSL_CERT_DIR names directories, or is not set", "SSL_CERT_DIR 为目录，或未设置", func(_ context.Context, h *Host) Evidence {
			e := Evidence{"SSL_CERT_DIR": h.Get("SSL_CERT_DIR")}
			for _, dir := range filepath.SplitList(e["SSL_CERT_DIR"]) {
				if !isDir(dir) {
					e["absent"] = dir
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["absent"] == "" {
				return nil
			}
			return fault("SSL_CERT_DIR="+e["SSL_CERT_DIR"], "SSL_CERT_DIR names no directory: "+e["absent"], "SSL_CERT_DIR 不是目录："+e["absent"], "unset it, or name the directory with your certificates", "请取消该变量，或指向证书目录")
		}),
		newCheck("ca-system", "the system has certificates of authorities", "系统有证书颁发机构的证书", func(_ context.Context, h *Host) Evidence {
			e := Evidence{"GOPROXY": redacted(h.setting(context.Background(), "GOPROXY")), "own": h.Get("SSL_CERT_FILE") + h.Get("SSL_CERT_DIR")}
			for _, path := range systemCAs {
				if info, err := os.Stat(path); err == nil && info.Size() > 0 {
					e["found"] = path
				}
			}
			return e
		}, func(e Evidence) *Fault {
			if e["found"] != "" || e["own"] != "" || !strings.Contains(e["GOPROXY"], "https://") {
				return nil
			}
			return fault(strings.Join(systemCAs[:2], ", "), "the system has no certificates of authorities, and GOPROXY is https://", "系统没有根证书，而 GOPROXY 为 https://", "install ca-certificates", "请安装 ca-certificates")
		}),
	}
}

// systemCAs are the files and directories in which Go looks for certificates: crypto/x509, root_linux.go.
var systemCAs = []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem",
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem"}
