package opengauss

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/kingbase"
)

// TestAuthenticationIsAskedFirst has a server ask for each method, and looks for the remedy.
func TestAuthenticationIsAskedFirst(t *testing.T) {
	sha256 := append(binary.BigEndian.AppendUint32(nil, 2), strings.Repeat("0a", 36)...)
	for _, c := range []struct {
		name     string
		code     uint32
		body     []byte
		unspoken bool
	}{
		{"openGauss' SHA-256", 10, sha256, true},
		{"openGauss' MD5 and SHA-256", 11, sha256, true},
		{"openGauss' SM3", 13, sha256, true},
		{"SCRAM with SM3", 10, []byte("SCRAM-SM3\x00\x00"), true},
		{"SCRAM", 10, []byte("SCRAM-SHA-256\x00\x00"), false},
		{"MD5", 5, []byte("salt"), false},
		{"a password", 3, nil, false},
		{"nothing", 0, nil, false},
	} {
		dsn := "postgres://u:s3cret@" + asking(t, c.code, c.body) + "/d?sslmode=disable"
		began := time.Now()
		reason, remedy := Dialect.Refused(dsn, errors.New("received unexpected message"))
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%s: %v", c.name, took)
		}
		if got := strings.Contains(remedy.En, "password_encryption_type=1") && strings.Contains(remedy.Zh, "ALTER USER"); got != c.unspoken {
			t.Errorf("%s: %s: %s", c.name, reason.En, remedy.En)
		}
		_, other := kingbase.Dialect.Refused(dsn, errors.New("received unexpected message"))
		if got := strings.Contains(other.En, "sys_hba.conf"); got != c.unspoken {
			t.Errorf("%s at KingbaseES: %s", c.name, other.En)
		}
		for _, text := range []string{reason.En, reason.Zh, remedy.En, remedy.Zh} {
			if strings.Contains(text, "s3cret") {
				t.Errorf("%s: %q holds the password", c.name, text)
			}
		}
	}
}

// asking is the address of a server that answers each start-up message with a request for authentication.
func asking(t *testing.T, code uint32, body []byte) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	answer := binary.BigEndian.AppendUint32([]byte{'R'}, uint32(8+len(body)))
	answer = append(binary.BigEndian.AppendUint32(answer, code), body...)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			var length [4]byte
			if _, err := io.ReadFull(conn, length[:]); err == nil {
				io.CopyN(io.Discard, conn, int64(binary.BigEndian.Uint32(length[:]))-4)
				conn.Write(answer)
			}
			conn.Close()
		}
	}()
	return l.Addr().String()
}
