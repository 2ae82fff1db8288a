package postgres

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// iterations is the number of hash iterations of each login. PostgreSQL's default, 4096, makes it hard to guess a password from a
// stolen verifier, but takes most of the time of a connection under an emulator. One is enough here: the password is random and
// is used for one run on the loopback address.
const iterations = 1

// verifier returns the text that PostgreSQL stores for a password (PostgreSQL documentation, 53.5 pg_authid; RFC 5802 §3).
func verifier(password string) (string, error) {
	salt := make([]byte, 16)
	rand.Read(salt)
	salted, err := pbkdf2.Key(sha256.New, password, salt, iterations, sha256.Size)
	if err != nil {
		return "", err
	}
	stored := sha256.Sum256(keyed(salted, "Client Key"))
	text := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$%d:%s$%s:%s", iterations, text(salt), text(stored[:]), text(keyed(salted, "Server Key"))), nil
}

// keyed returns the HMAC-SHA-256 of a text.
func keyed(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}
