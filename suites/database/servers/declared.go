package servers

import (
	"encoding/json"
	"errors"
	"os"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// Declared is a server that a matrix file names.
type Declared struct {
	Database string                 // name of the dialect
	DSN      string                 // without a password
	Place    string                 // file:line
	Password func() (string, error) // "" if there is none
}

// DeclaredVariables returns the data source names of servers with their passwords, by the variables in which the suites look for
// them. A database whose variable is set in the environment is left out, because the environment takes precedence. The error
// is that of Password, or a *record.Problem that shows no password.
func DeclaredVariables(declared []Declared) (check.Variables, error) {
	vars := check.Variables{}
	for _, server := range declared {
		variable := Variable(server.Database)
		if variable != "" && os.Getenv(variable) != "" {
			continue
		}
		password, err := server.Password()
		if err != nil {
			return nil, err
		}
		dsn, err := WithPassword(server.Database, server.DSN, password)
		var problem *record.Problem
		if errors.As(err, &problem) {
			problem.Place = server.Place
			return nil, problem
		}
		if err != nil {
			return nil, err
		}
		vars[variable] = dsn
	}
	return vars, nil
}

// SetDM sets in vars which DM8 server payloads connect to: the one that vars or the environment names. If none is named, it is
// the stand-in if the driver is built into payloads (missing is nil), and else none; then vars has the reason, missing, too.
func SetDM(vars check.Variables, missing *record.Missing) error {
	variable := dameng.Dialect.Env()
	dsn := vars.Get(variable)
	switch {
	case missing != nil:
		raw, err := json.Marshal(missing)
		if err != nil {
			return err
		}
		vars[record.MissingEnv(dameng.Dialect.Name)] = string(raw)
		if dsn == dialect.StandIn {
			dsn = ""
		}
	case dsn == "":
		dsn = dialect.StandIn
	}
	vars[variable] = dsn
	return nil
}
