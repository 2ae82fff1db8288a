package tls

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// bulkSchemes are the schemes whose records are measured, each by its cipher. crypto/tls chooses AES where the processor has
// instructions for it.
var bulkSchemes = []struct{ cipher, scheme string }{{"SM4-GCM", "RFC8998-GCM"}, {"SM4-CBC", "TLCP-CBC"}, {"SM4-CBC-tjfoc", tjfocScheme}, {baseCipher, baseScheme}}

const baseCipher = "AES-128-GCM"

// bulkBytes is what each connection carries in one operation.
const bulkBytes = 256 << 10

// bulk measures application data: all connections of a scheme send at the same time, in one direction.
func bulk() {
	for _, connections := range []int{1, 4, 16, 64} {
		for _, b := range bulkSchemes {
			It(fmt.Sprintf("application data %s, %d connections", b.cipher, connections), check.Bench(), func() {
				bulkOf(b.cipher, b.scheme, check.IfNative(connections, 1))
			})
		}
	}
}

// bulkOf measures the application data of one scheme.
func bulkOf(cipher, scheme string, connections int) {
	GinkgoHelper()
	name := func(cipher string) string { return fmt.Sprintf("bulk/%s/connections=%d", cipher, connections) }
	about := record.Sample{Name: name(cipher), Path: cryptoFeatures(check.Machine().Features)}
	if cipher != baseCipher {
		about.Reference = name(baseCipher)
	}
	s := schemeOf(scheme)
	var all []*channel
	for range connections {
		c, err := s.connected()
		check.NoError(err)
		defer c.close()
		all = append(all, c)
	}
	check.BenchmarkAs(about, func(b *testing.B) {
		b.SetBytes(int64(bulkBytes * connections))
		check.BeforeLoop(b)
		for b.Loop() {
			done := make(chan error, connections)
			for _, c := range all {
				go func() { done <- c.carry() }()
			}
			var err error
			for range all {
				err = errors.Join(err, <-done)
			}
			if err != nil {
				check.Fatal(b, err)
			}
		}
		check.AfterLoop(b)
	})
}

// channel is both ends of a connection after its handshake.
type channel struct {
	client, server io.ReadWriter
	raw            [2]net.Conn
	out, in        []byte
}

// connected makes a handshake over loopback.
func (s scheme) connected() (*channel, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer l.Close()
	c := &channel{out: make([]byte, bulkBytes), in: make([]byte, bulkBytes)}
	if c.raw[0], err = net.Dial("tcp", l.Addr().String()); err != nil {
		return nil, err
	}
	if c.raw[1], err = l.Accept(); err != nil {
		c.raw[0].Close()
		return nil, err
	}
	done := make(chan error, 1)
	go func() {
		var err error
		c.server, err = s.server(c.raw[1])
		done <- err
	}()
	c.client, err = s.client(c.raw[0], nil)
	if err != nil {
		c.raw[0].Close()
	}
	if err = errors.Join(err, <-done); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// carry sends from the client to the server.
func (c *channel) carry() error {
	done := make(chan error, 1)
	go func() {
		_, err := c.client.Write(c.out)
		done <- err
	}()
	_, err := io.ReadFull(c.server, c.in)
	return errors.Join(err, <-done)
}

func (c *channel) close() {
	c.raw[0].Close()
	c.raw[1].Close()
}

// cryptoFeatures are the instructions among a processor's features that decide how fast ciphers and hashes are.
func cryptoFeatures(features []string) string {
	var some []string
	for _, f := range features {
		if slices.Contains([]string{"aes", "pclmulqdq", "pmull", "vaes", "vpclmulqdq", "gfni", "avx2", "avx512f", "sha_ni", "sha2", "sm3", "sm4", "lsx", "lasx"}, strings.ToLower(f)) {
			some = append(some, strings.ToLower(f))
		}
	}
	if len(some) == 0 {
		return "none"
	}
	return strings.Join(some, " ")
}
