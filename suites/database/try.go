package database

import (
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// CheckNamed refuses a data source name in the environment that its driver does not read as it was meant, with the variable
// as its place: a *record.Problem, which shows no password. It refuses a variable of no database, too. Nil where there is
// no such name.
func CheckNamed() error {
	if unknown := Unknown(); len(unknown) > 0 {
		return unknown[0]
	}
	for _, s := range ServersNamed() {
		_, err := s.dialect.Read(os.Getenv(s.Variable()))
		var unreadable *dialect.UnreadableError
		if errors.As(err, &unreadable) {
			return record.Wrongf(s.Variable(), "%[1]s", "%[2]s", unreadable.In("en"), unreadable.In("zh"))
		}
	}
	return nil
}

// Unknown are the variables in the environment that are called as those of servers are, but of no database: misspelt
// ones, whose server would not be looked at.
func Unknown() (all []*record.Problem) {
	var names []string
	for _, d := range slices.Concat(served, lab) {
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

// ServerNamed is a server that the environment names.
type ServerNamed struct{ dialect *dialect.Dialect }

// ServersNamed are all servers that the environment names.
func ServersNamed() (all []ServerNamed) {
	for _, d := range slices.Concat(served, lab) {
		if dsn := os.Getenv(d.Env()); dsn != "" && dsn != dialect.StandIn {
			all = append(all, ServerNamed{d})
		}
	}
	return all
}

// Name is the database's name, as services are called.
func (s ServerNamed) Name() string { return s.dialect.Name }

// Title is the database's name for people.
func (s ServerNamed) Title() string { return s.dialect.Title }

// Variable is where the server is named.
func (s ServerNamed) Variable() string { return s.dialect.Env() }

// Try logs in to the server, makes a table and drops it, as a run would. It returns what the server is. What hinders a run
// is a *check.Missing.
func (s ServerNamed) Try() (dialect.Server, error) {
	dsn, err := s.dialect.Read(os.Getenv(s.Variable()))
	var server dialect.Server
	if err == nil {
		server, err = knocking(s.dialect, dsn, patient(knockTime))
	}
	if err != nil {
		reason, remedy := hindrance(s.dialect, dsn, err)
		return server, &check.Missing{Reason: reason, Remedy: remedy}
	}
	return server, nil
}
