package cli

import (
	"errors"
	"maps"
	"os"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// databaseServers returns the data source names of the servers that the matrix names, by the variables in which the suites
// look for them. A server that the environment names is left out: it comes first.
func databaseServers(m *matrix.Matrix) (check.Variables, error) {
	vars := check.Variables{}
	for _, name := range slices.Sorted(maps.Keys(m.Databases)) {
		variable := servers.Variable(name)
		if variable != "" && os.Getenv(variable) != "" {
			continue
		}
		password, err := m.Secret(name)
		if err != nil {
			return nil, err
		}
		dsn, err := servers.WithPassword(name, m.Databases[name].DSN, password)
		var problem *record.Problem
		if errors.As(err, &problem) {
			problem.Place = m.Databases[name].Place
			return nil, problem
		}
		if err != nil {
			return nil, err
		}
		vars[variable] = dsn
	}
	return vars, nil
}
