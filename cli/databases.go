package cli

import (
	"maps"
	"slices"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/suites/check"
	"github.com/xcmatrix/xcmatrix/suites/database/servers"
)

// databaseServers returns the data source names of the servers that the matrix names, by the variables in which the suites
// look for them.
func databaseServers(m *matrix.Matrix) (check.Variables, error) {
	var declared []servers.Declared
	for _, name := range slices.Sorted(maps.Keys(m.Databases)) {
		declared = append(declared, servers.Declared{Database: name, DSN: m.Databases[name].DSN, Place: m.Databases[name].Place,
			Password: func() (string, error) { return m.Secret(name) }})
	}
	return servers.DeclaredVariables(declared)
}
