// Package wire has what TLS 1.3 with SM cipher suites (RFC 8998) and TLCP (GB/T 38636-2020) share: records, handshake
// messages, alerts, and the transcript. A peer that is built on it can send every message wrong on purpose.
package wire

import "fmt"

// Versions, as they stand in records and hellos.
const (
	TLCP  = 0x0101 // GB/T 38636-2020 §6.3.2
	TLS10 = 0x0301 // of the first record, RFC 8446 §5.1
	TLS12 = 0x0303 // legacy_version, RFC 8446 §4.1.2
	TLS13 = 0x0304
)

// ContentType is a record's type. RFC 8446 §5.1, GB/T 38636-2020 §6.3.3.1.
type ContentType uint8

// The content types.
const (
	ChangeCipherSpec ContentType = 20
	Alert            ContentType = 21
	Handshake        ContentType = 22
	ApplicationData  ContentType = 23
)

// MessageType is a handshake message's type. RFC 8446 §4, GB/T 38636-2020 §6.4.4.
type MessageType uint8

// The handshake messages.
const (
	HelloRequest        MessageType = 0
	ClientHello         MessageType = 1
	ServerHello         MessageType = 2
	NewSessionTicket    MessageType = 4
	EncryptedExtensions MessageType = 8
	Certificate         MessageType = 11
	ServerKeyExchange   MessageType = 12
	CertificateRequest  MessageType = 13
	ServerHelloDone     MessageType = 14
	CertificateVerify   MessageType = 15
	ClientKeyExchange   MessageType = 16
	Finished            MessageType = 20
	KeyUpdate           MessageType = 24
	messageHash         MessageType = 254 // of a transcript with HelloRetryRequest, RFC 8446 §4.4.1
	Switched            MessageType = 255 // no message: where ChangeCipherSpec stands among messages; see Conn.Expect
)

var messageNames = map[MessageType]string{HelloRequest: "HelloRequest", ClientHello: "ClientHello", ServerHello: "ServerHello",
	NewSessionTicket: "NewSessionTicket", EncryptedExtensions: "EncryptedExtensions", Certificate: "Certificate",
	ServerKeyExchange: "ServerKeyExchange", CertificateRequest: "CertificateRequest", ServerHelloDone: "ServerHelloDone",
	CertificateVerify: "CertificateVerify", ClientKeyExchange: "ClientKeyExchange", Finished: "Finished", KeyUpdate: "KeyUpdate"}

func (t MessageType) String() string {
	if name := messageNames[t]; name != "" {
		return name
	}
	return fmt.Sprintf("message %d", uint8(t))
}

// CipherSuite is a cipher suite's number.
type CipherSuite uint16

// The cipher suites. RFC 8998 §2, GB/T 38636-2020 §6.4.5.2.1 table 2.
const (
	TLS_SM4_GCM_SM3   CipherSuite = 0x00C6
	TLS_SM4_CCM_SM3   CipherSuite = 0x00C7
	ECDHE_SM4_CBC_SM3 CipherSuite = 0xE011
	ECC_SM4_CBC_SM3   CipherSuite = 0xE013
	ECDHE_SM4_GCM_SM3 CipherSuite = 0xE051
	ECC_SM4_GCM_SM3   CipherSuite = 0xE053
)

var suiteNames = map[CipherSuite]string{TLS_SM4_GCM_SM3: "TLS_SM4_GCM_SM3", TLS_SM4_CCM_SM3: "TLS_SM4_CCM_SM3",
	ECDHE_SM4_CBC_SM3: "ECDHE_SM4_CBC_SM3", ECC_SM4_CBC_SM3: "ECC_SM4_CBC_SM3", ECDHE_SM4_GCM_SM3: "ECDHE_SM4_GCM_SM3",
	ECC_SM4_GCM_SM3: "ECC_SM4_GCM_SM3"}

func (s CipherSuite) String() string {
	if name := suiteNames[s]; name != "" {
		return name
	}
	return fmt.Sprintf("0x%04X", uint16(s))
}

// CurveSM2 is the group, and SM2SigSM3 the signature scheme of RFC 8998 §3.2.
const (
	CurveSM2  = 41
	SM2SigSM3 = 0x0708
)

// Message is a handshake message.
type Message struct {
	Type MessageType
	Body []byte // without type and length
}

// Marshal is the message with its header of four bytes.
func (m Message) Marshal() []byte {
	n := len(m.Body)
	return append([]byte{byte(m.Type), byte(n >> 16), byte(n >> 8), byte(n)}, m.Body...)
}
