package cli

import (
	"errors"
	"maps"
	"os"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// nameDatabases tells the suites of the servers that the matrix names, by the variables in which they look for them.
// What the environment itself names comes first.
func nameDatabases(m *matrix.Matrix) error {
	for _, name := range slices.Sorted(maps.Keys(m.Databases)) {
		variable := servers.Variable(name)
		if variable != "" && os.Getenv(variable) != "" {
			continue
		}
		password, err := m.Secret(name)
		if err != nil {
			return err
		}
		dsn, err := servers.WithPassword(name, m.Databases[name].DSN, password)
		var problem *record.Problem
		if errors.As(err, &problem) {
			problem.Place = m.Databases[name].Place
			return problem
		}
		if err != nil {
			return err
		}
		if err := os.Setenv(variable, dsn); err != nil {
			return err
		}
	}
	return nil
}
