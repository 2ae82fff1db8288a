package wire

import "fmt"

// AlertDescription is what an alert says. RFC 8446 §6, GB/T 38636-2020 §6.3.6.
type AlertDescription uint8

// The alerts that the peers send or expect.
const (
	CloseNotify          AlertDescription = 0
	UnexpectedMessage    AlertDescription = 10
	BadRecordMAC         AlertDescription = 20
	RecordOverflow       AlertDescription = 22
	HandshakeFailure     AlertDescription = 40
	BadCertificate       AlertDescription = 42
	CertificateExpired   AlertDescription = 45
	IllegalParameter     AlertDescription = 47
	UnknownCA            AlertDescription = 48
	DecodeError          AlertDescription = 50
	DecryptError         AlertDescription = 51
	ProtocolVersion      AlertDescription = 70
	InternalError        AlertDescription = 80
	MissingExtension     AlertDescription = 109
	UnsupportedExtension AlertDescription = 110
	CertificateRequired  AlertDescription = 116
	NoApplicationProto   AlertDescription = 120
)

// The levels of an alert. TLS 1.3 ignores them (RFC 8446 §6).
const (
	warning = 1
	fatal   = 2
)

// PeerAlert is the error for an alert that the peer sent.
type PeerAlert struct {
	Level       uint8
	Description AlertDescription
}

func (a *PeerAlert) Error() string { return fmt.Sprintf("the peer sent alert %d", a.Description) }

// Refusal is the error for what the peer sent and this side does not take; this side answers with the alert.
type Refusal struct {
	Check string // that does not hold
	Alert AlertDescription
	Why   string
}

func (r *Refusal) Error() string { return fmt.Sprintf("%s (alert %d)", r.Why, r.Alert) }
