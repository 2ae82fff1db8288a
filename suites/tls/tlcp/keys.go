package tlcp

import (
	"bytes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"io"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"

	"github.com/xcmatrix/xcmatrix/suites/tls/wire"
)

// Lengths in bytes.
const (
	preMasterBytes  = 48
	masterBytes     = 48
	verifyDataBytes = 12
	macBytes        = 32
	fixedIVBytes    = 4 // of GCM
	explicitBytes   = 8 // of GCM's nonce
	tagBytes        = 16
)

// PRF is P_SM3(secret, label + seed): n bytes. GB/T 38636-2020 §5.2.
func PRF(secret []byte, label string, seed []byte, n int) []byte {
	labelled := append([]byte(label), seed...)
	mac := func(parts ...[]byte) []byte {
		m := hmac.New(sm3.New, secret)
		for _, p := range parts {
			m.Write(p)
		}
		return m.Sum(nil)
	}
	var out []byte
	for a := mac(labelled); len(out) < n; a = mac(a) {
		out = append(out, mac(a, labelled)...)
	}
	return out[:n]
}

// Master is the master secret: GB/T 38636-2020 §6.5.1.
func Master(preMaster, clientRandom, serverRandom []byte) []byte {
	return PRF(preMaster, "master secret", bytes.Join([][]byte{clientRandom, serverRandom}, nil), masterBytes)
}

// VerifyData is the content of Finished: GB/T 38636-2020 §6.4.5.10.
func VerifyData(master []byte, client bool, digest []byte) []byte {
	label := "server finished"
	if client {
		label = "client finished"
	}
	return PRF(master, label, digest, verifyDataBytes)
}

// protections are those of the client's and of the server's records: GB/T 38636-2020 §6.5.2.
func protections(suite wire.CipherSuite, master, clientRandom, serverRandom []byte, random io.Reader) (client, server wire.Protection, err error) {
	seed := bytes.Join([][]byte{serverRandom, clientRandom}, nil)
	gcm := suite == wire.ECC_SM4_GCM_SM3 || suite == wire.ECDHE_SM4_GCM_SM3
	macs, ivs := macBytes, sm4.BlockSize
	if gcm {
		macs, ivs = 0, fixedIVBytes
	}
	f := wire.Read(PRF(master, "key expansion", seed, 2*(macs+sm4.BlockSize+ivs)))
	macClient, macServer := f.Bytes(macs), f.Bytes(macs)
	keyClient, keyServer := f.Bytes(sm4.BlockSize), f.Bytes(sm4.BlockSize)
	ivClient, ivServer := f.Bytes(ivs), f.Bytes(ivs)
	protection := func(mac, key, iv []byte) (wire.Protection, error) {
		block, err := sm4.NewCipher(key)
		if err != nil || !gcm {
			return &cbc{block: block, mac: mac, random: random}, err
		}
		aead, err := cipher.NewGCM(block)
		return &aeadGCM{aead: aead, block: block, iv: iv}, err
	}
	client, errClient := protection(macClient, keyClient, ivClient)
	server, errServer := protection(macServer, keyServer, ivServer)
	return client, server, errors.Join(errClient, errServer)
}

// authenticated is what a MAC or tag covers beside the content: GB/T 38636-2020 §6.3.3.4.2.
func authenticated(sequence uint64, t wire.ContentType, version uint16, contentBytes int) []byte {
	b := binary.BigEndian.AppendUint64(nil, sequence)
	b = append(b, byte(t))
	b = binary.BigEndian.AppendUint16(b, version)
	return binary.BigEndian.AppendUint16(b, uint16(contentBytes))
}

// cbc is wire.Protection with SM4-CBC and HMAC-SM3, MAC first: GB/T 38636-2020 §6.3.3.4.3.
type cbc struct {
	block    cipher.Block
	mac      []byte
	sequence uint64
	random   io.Reader
}

// sum returns the MAC of a record, and counts the record.
func (p *cbc) sum(t wire.ContentType, version uint16, content []byte) []byte {
	m := hmac.New(sm3.New, p.mac)
	m.Write(authenticated(p.sequence, t, version, len(content)))
	m.Write(content)
	p.sequence++
	return m.Sum(nil)
}

func (p *cbc) Seal(t wire.ContentType, version uint16, content []byte) (wire.ContentType, []byte, error) {
	body := make([]byte, sm4.BlockSize, sm4.BlockSize+len(content)+macBytes+sm4.BlockSize)
	if _, err := io.ReadFull(p.random, body); err != nil {
		return 0, nil, err
	}
	body = append(append(body, content...), p.sum(t, version, content)...)
	padding := sm4.BlockSize - (len(body)+1)%sm4.BlockSize
	if padding == sm4.BlockSize {
		padding = 0
	}
	body = append(body, bytes.Repeat([]byte{byte(padding)}, padding+1)...)
	cipher.NewCBCEncrypter(p.block, body[:sm4.BlockSize]).CryptBlocks(body[sm4.BlockSize:], body[sm4.BlockSize:])
	return t, body, nil
}

var errRecord = errors.New("its MAC or padding is wrong")

func (p *cbc) Open(t wire.ContentType, version uint16, body []byte) (wire.ContentType, []byte, error) {
	if len(body)%sm4.BlockSize != 0 || len(body) < sm4.BlockSize+macBytes+sm4.BlockSize {
		return t, body, errRecord
	}
	plain := make([]byte, len(body)-sm4.BlockSize)
	cipher.NewCBCDecrypter(p.block, body[:sm4.BlockSize]).CryptBlocks(plain, body[sm4.BlockSize:])
	padding := int(plain[len(plain)-1])
	right := subtle.ConstantTimeLessOrEq(padding+1+macBytes, len(plain))
	if right == 0 {
		padding = 0
	}
	for _, b := range plain[len(plain)-1-padding:] {
		right &= subtle.ConstantTimeByteEq(b, byte(padding))
	}
	content := plain[:len(plain)-1-padding-macBytes]
	got := plain[len(content) : len(content)+macBytes]
	padded := right
	if right &= subtle.ConstantTimeCompare(got, p.sum(t, version, content)); right == 1 {
		return t, content, nil
	}
	if padded == 0 {
		content = plain
	}
	return t, content, errRecord
}

// aeadGCM is wire.Protection with SM4-GCM: GB/T 38636-2020 §6.3.3.4.4.
type aeadGCM struct {
	aead     cipher.AEAD
	block    cipher.Block
	iv       []byte
	sequence uint64
}

func (p *aeadGCM) Seal(t wire.ContentType, version uint16, content []byte) (wire.ContentType, []byte, error) {
	explicit := binary.BigEndian.AppendUint64(nil, p.sequence)
	additional := authenticated(p.sequence, t, version, len(content))
	p.sequence++
	return t, p.aead.Seal(explicit, append(p.iv[:fixedIVBytes:fixedIVBytes], explicit...), content, additional), nil
}

func (p *aeadGCM) Open(t wire.ContentType, version uint16, body []byte) (wire.ContentType, []byte, error) {
	if len(body) < explicitBytes+tagBytes {
		return t, body, errors.New("it is too short")
	}
	nonce := append(p.iv[:fixedIVBytes:fixedIVBytes], body[:explicitBytes]...)
	additional := authenticated(p.sequence, t, version, len(body)-explicitBytes-tagBytes)
	p.sequence++
	content, err := p.aead.Open(nil, nonce, body[explicitBytes:], additional)
	if err != nil { // what a peer sees that does not look at the tag
		content = make([]byte, len(body)-explicitBytes-tagBytes)
		cipher.NewCTR(p.block, append(nonce, 0, 0, 0, 2)).XORKeyStream(content, body[explicitBytes:explicitBytes+len(content)])
	}
	return t, content, err
}
