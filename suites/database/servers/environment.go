package servers

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// CheckNames returns a *record.Problem for the first data source name in v or the environment that its driver does not read
// as it was meant, or whose variable belongs to no database; nil if there is none. The problem's place is the variable. It
// shows no password.
func CheckNames(v check.Variables) error {
	if unknown := UnknownVariables(); len(unknown) > 0 {
		return unknown[0]
	}
	for _, s := range NamedIn(v) {
		_, err := s.dialect.Read(s.dsn)
		var unreadable *dialect.UnreadableError
		if errors.As(err, &unreadable) {
			return record.Wrongf(s.Variable(), "%[1]s", "%[2]s", unreadable.In("en"), unreadable.In("zh"))
		}
	}
	return nil
}

// UnknownVariables returns a problem for each variable in the environment whose name begins as those of servers do, but
// belongs to no database. It is probably misspelt, and no specs would run on its server.
func UnknownVariables() (all []*record.Problem) {
	var names []string
	for _, d := range All() {
		names = append(names, d.Env())
	}
	for _, variable := range os.Environ() {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "XCMATRIX_DSN_") && value != "" && !slices.Contains(names, name) {
			all = append(all, record.Wrongf(name, "no database has this variable: take one of %s", "没有数据库使用此变量：请使用 %s 之一",
				strings.Join(names, ", ")))
		}
	}
	return all
}

// Server is a server that the user names.
type Server struct {
	dialect *dialect.Dialect
	dsn     string // as the user wrote it
}

// NamedIn returns all servers that v or the environment names.
func NamedIn(v check.Variables) (all []Server) {
	for _, d := range All() {
		if dsn := v.Get(d.Env()); dsn != "" && dsn != dialect.StandIn {
			all = append(all, Server{d, dsn})
		}
	}
	return all
}

// Selected returns the databases that have a server in v or the environment, for the manifest of a run: a stand-in, or a
// server, without its data source name.
func Selected(v check.Variables) (all []store.Server) {
	for _, name := range Names() {
		if dsn := Source(Find(name), v); dsn != "" {
			all = append(all, store.Server{Database: name, StandIn: dsn == dialect.StandIn})
		}
	}
	return all
}

// Source returns the data source name of a dialect's server, as v or the environment has it. If neither has the variable, and
// the dialect's stand-in is built into this program, it is dialect.StandIn; "" if there is no server.
func Source(d *dialect.Dialect, v check.Variables) string {
	dsn, set := v.Lookup(d.Env())
	if !set && d.StandIn != nil {
		return dialect.StandIn
	}
	return dsn
}

// Name returns the database's name, which is also the name of the service.
func (s Server) Name() string { return s.dialect.Name }

// Title returns the database's name for people.
func (s Server) Title() string { return s.dialect.Title }

// Variable returns the variable that names the server.
func (s Server) Variable() string { return s.dialect.Env() }

// Try logs in to the server, creates a table and drops it, as a run would. It returns what the server says of itself. If a
// run could not use the server, the error is a *check.Missing.
func (s Server) Try() (dialect.Server, error) {
	dsn, err := s.dialect.Read(s.dsn)
	var server dialect.Server
	if err == nil {
		server, err = connect(s.dialect, dsn, dbtest.ScaleByLoad(connectTime))
	}
	if err != nil {
		reason, remedy := explain(s.dialect, dsn, err)
		return server, &check.Missing{Reason: reason, Remedy: remedy}
	}
	return server, nil
}
