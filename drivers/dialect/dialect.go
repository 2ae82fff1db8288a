// Package dialect says what a database under test has of its own: how it is addressed, what its types are called, how
// its errors are numbered, and what it answers otherwise than the others, with the source that documents it.
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

// Dialect is one database with the driver that Go programs reach it by.
type Dialect struct {
	Name    string // stable, in spec ids: "postgres"
	Title   string // for people: "PostgreSQL"
	Library string // the driver under test: "pgx"
	Module  string // its Go module path, whose version findings carry
	Example string // a data source name, for remedies: "postgres://user:password@host:5432/database"

	// Read is the data source name as the driver takes it, of one as people write it: vendors' own schemes and ports are
	// known. What it does not take for one is an *UnreadableError. The functions below take what Read returns.
	Read func(dsn string) (string, error)
	// Open makes a pool on a data source name without connecting. Settings are added to the name's own.
	Open func(dsn string, settings ...Setting) (*sql.DB, error)
	// Address is where the data source name points, as net.Dial takes it.
	Address func(dsn string) (network, address string, err error)
	// Via is the same data source name pointing at another host:port.
	Via func(dsn, address string) (string, error)
	// As is the same data source name for another user.
	As func(dsn, user, password string) (string, error)
	// Plain is the same data source name without TLS where the server is a throw-away one, which takes both; else it is
	// what it was. Nil where no server is started.
	Plain func(dsn string) string
	// Secure opens a pool that uses TLS, and only with a server whose certificate a root in the PEM file has signed
	// for the host that the data source name names.
	Secure func(dsn, rootFile string) (*sql.DB, error)
	// StandIn starts what speaks the server's protocol in this very process, and returns its data source name; nil
	// where there is none. It stands in for a server that nobody has: what it answers is no server's.
	StandIn func() (dsn string, err error)
	// StartTLS speaks the server's part of the protocol on a new connection, up to where TLS begins.
	StartTLS func(net.Conn) error
	// Server asks the server what it is.
	Server func(ctx context.Context, db *sql.DB) (Server, error)
	// Refused says what a person can do when no connection can be made.
	Refused func(dsn string, err error) (reason, remedy record.Sentence)
	// Code is the error's stable number: "23505", "1062/23000"; "client" for an error that the driver itself made,
	// "" for none.
	Code func(err error) string

	Encodings []string          // of a database that has all characters; empty for any
	Modes     []Setting         // the driver's other ways to send a statement with arguments
	Numbered  bool              // placeholders are $1, $2 … instead of ?
	Quote     string            // encloses an identifier
	Words     map[string]string // what a type ("timestamp") or another phrase ("sleep 2") is called
	Answers   map[string]Answer // what differs from the suite's own expectation, by observation

	// InMode is what differs besides in a server's compatibility mode, as Server tells it; nil where there are no modes.
	InMode func(mode string) map[string]Answer
	// Troubled reports whether a code says that the server itself is in trouble: out of disk, memory or connections, or
	// broken inside. Nil where no codes are known for that.
	Troubled func(code string) bool
}

// Setting is one parameter of a data source name.
type Setting struct{ Key, Value string }

// Server is what a server says of itself.
type Server struct {
	Version  string `json:"version"`
	Encoding string `json:"encoding"`
	Mode     string `json:"mode,omitempty"` // compatibility mode or SQL mode
	Zone     string `json:"zone"`
}

// Answer is what a database is documented to give where others give something else. What was only seen on some version,
// and no document promises, is no expectation: then Any is set, and the value is recorded without being judged.
type Answer struct {
	Value  any
	Or     []any  // what the document allows besides, or other servers that speak the same protocol give
	Any    bool   // whatever it gives is right
	Source string // the document, or the source code, that says so; with Any, why no document can say
}

// StandIn is the data source name that asks for the dialect's stand-in.
const StandIn = "stand-in"

// In returns the dialect of a server in a compatibility mode.
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

// Env returns the environment variable that holds the data source name.
func (d *Dialect) Env() string { return "XCMATRIX_DSN_" + strings.ToUpper(d.Name) }

// Clear returns the data source name without TLS, where that is for the suite to decide.
func (d *Dialect) Clear(dsn string) string {
	if d.Plain == nil {
		return dsn
	}
	return d.Plain(dsn)
}

// SQL turns the suite's way of writing statements into the dialect's: the dialect's words stand in braces
// ("{timestamp}"), parameters are question marks, quoted identifiers stand in back quotes.
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
