// Package dialect describes how databases under test differ: their data source names, names of types, error codes, and answers
// that differ from those of other databases, each with the source that documents it.
package dialect

import (
	"context"
	"database/sql"
	"maps"
	"net"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// Dialect describes a database and its Go driver.
type Dialect struct {
	Name    string // part of spec ids, never changed: "postgres"
	Title   string // for people: "PostgreSQL"
	Library string // the driver under test: "pgx"
	Module  string // module path of the driver, whose version findings name
	Example string // a data source name, for remedies: "postgres://user:password@host:5432/database"

	// Read converts a data source name as people write it, with vendors' schemes and default ports, to one that the driver
	// accepts. It returns an *UnreadableError for other texts. The functions below need a result of Read.
	Read func(dsn string) (string, error)
	// Open returns a pool for a data source name, with additional settings. It does not connect.
	Open func(dsn string, settings ...Setting) (*sql.DB, error)
	// Address returns the server's address for net.Dial.
	Address func(dsn string) (network, address string, err error)
	// Via returns the data source name with another host:port.
	Via func(dsn, address string) (string, error)
	// As returns the data source name with another user.
	As func(dsn, user, password string) (string, error)
	// Plain returns the data source name without TLS if it is of a server that this program has started, and otherwise
	// unchanged. It is nil if this program starts no server of the dialect.
	Plain func(dsn string) string
	// Secure returns a pool that uses TLS and accepts only a certificate for the host in the data source name, signed by a
	// root in the PEM file.
	Secure func(dsn, rootFile string) (*sql.DB, error)
	// StandIn starts a stand-in for the server in this process and returns its data source name. It is nil if the dialect
	// has none. Its answers say nothing about the real server.
	StandIn func() (dsn string, err error)
	// StartTLS plays the server's part of the protocol on a new connection until the TLS handshake begins.
	StartTLS func(net.Conn) error
	// Server returns the server's version and settings, or a *WrongServerError if it is of another database.
	Server func(ctx context.Context, db *sql.DB) (Server, error)
	// Refused returns the reason for an error in connecting, and the remedy.
	Refused func(dsn string, err error) (reason, remedy record.Sentence)
	// Code returns the server's error code, such as "23505" or "1062/23000"; "client" for an error of the driver itself, and
	// "" for no error.
	Code func(err error) string

	Encodings []string          // encodings of databases that can store all characters; empty if all can
	Modes     []Setting         // settings for the driver's other ways to send a statement with arguments
	Numbered  bool              // placeholders are $1, $2 … instead of ?
	Quote     string            // encloses identifiers
	Words     map[string]string // SQL for a type ("timestamp") or another phrase ("sleep 2")
	Answers   map[string]Answer // answers that differ from the suite's expectation, by observation

	// InMode returns further answers for a compatibility mode of the server, from Server. It is nil if there are no modes.
	InMode func(mode string) map[string]Answer
	// Troubled reports whether an error code means a problem of the server itself: no disk space, memory or connections, or
	// an internal error. It is nil if no such codes are known.
	Troubled func(code string) bool
}

// Setting is a parameter of a data source name.
type Setting struct{ Key, Value string }

// Server holds the version and settings that a server reports.
type Server struct {
	Version  string `json:"version"`
	Encoding string `json:"encoding"`
	Mode     string `json:"mode,omitempty"` // compatibility mode or SQL mode
	Zone     string `json:"zone"`
}

// Answer is the documented answer of a database that differs from that of others. If no document defines the answer, Any is set:
// the value is then recorded and not judged.
type Answer struct {
	Value  any
	Or     []any  // other values that the document allows, or that other servers of the protocol give
	Any    bool   // every value is right
	Source string // the document or source code; with Any, why no document defines it
}

// StandIn is the data source name that selects the dialect's stand-in.
const StandIn = "stand-in"

// In returns the dialect with the answers of a server in a compatibility mode.
func (d *Dialect) In(mode string) *Dialect {
	if d.InMode == nil {
		return d
	}
	copied := *d
	copied.Answers = maps.Clone(d.Answers)
	if copied.Answers == nil {
		copied.Answers = map[string]Answer{}
	}
	maps.Copy(copied.Answers, d.InMode(mode))
	return &copied
}

// Env returns the name of the environment variable with the data source name.
func (d *Dialect) Env() string { return "XCMATRIX_DSN_" + strings.ToUpper(d.Name) }

// Clear returns the data source name without TLS if this program has started the server; otherwise it returns it unchanged.
func (d *Dialect) Clear(dsn string) string {
	if d.Plain == nil {
		return dsn
	}
	return d.Plain(dsn)
}

// SQL translates a statement into the dialect. In the statement, words in braces ("{timestamp}") stand for entries of Words,
// question marks for parameters, and back quotes enclose identifiers.
func (d *Dialect) SQL(query string) string {
	var out strings.Builder
	n, text := 0, false
	for i := 0; i < len(query); i++ {
		c := query[i]
		switch {
		case c == '\'':
			text = !text
			out.WriteByte(c)
		case text:
			out.WriteByte(c)
		case c == '?' && d.Numbered:
			n++
			out.WriteString("$" + strconv.Itoa(n))
		case c == '`':
			out.WriteString(d.Quote)
		case c == '{':
			word, _, _ := strings.Cut(query[i+1:], "}")
			out.WriteString(d.Words[word])
			i += len(word) + 1
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
