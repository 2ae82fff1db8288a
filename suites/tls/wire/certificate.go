package wire

import (
	"errors"
	"time"

	"github.com/emmansun/gmsm/smx509"
)

// VerifyCertificate refuses a certificate that does not lead to a root by way of others, or is not for the host or the use.
// host "" stands for any.
func (c Checks) VerifyCertificate(x *smx509.Certificate, above []*smx509.Certificate, roots *smx509.CertPool, host string, use smx509.ExtKeyUsage, now time.Time) error {
	pool := smx509.NewCertPool()
	for _, a := range above {
		pool.AddCert(a)
	}
	_, err := x.Verify(smx509.VerifyOptions{Roots: roots, Intermediates: pool, CurrentTime: now, DNSName: host, KeyUsages: []smx509.ExtKeyUsage{use}})
	alert := BadCertificate
	var unknown smx509.UnknownAuthorityError
	var invalid smx509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown):
		alert = UnknownCA
	case errors.As(err, &invalid) && invalid.Reason == smx509.Expired:
		alert = CertificateExpired
	}
	return c.Must("certificate verifies", err == nil, alert, "%v", err)
}
