// Package servers knows the databases under test and their servers: which server the environment names, which can be started
// for a run, which has a stand-in, and why one cannot be connected to.
package servers

import (
	"slices"

	"github.com/xcmatrix/xcmatrix/drivers/dameng"
	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/drivers/kingbase"
	"github.com/xcmatrix/xcmatrix/drivers/mysql"
	"github.com/xcmatrix/xcmatrix/drivers/oceanbase"
	"github.com/xcmatrix/xcmatrix/drivers/opengauss"
	"github.com/xcmatrix/xcmatrix/drivers/postgres"
)

var (
	// Startable are the databases whose servers can be started for a run.
	Startable = []*dialect.Dialect{postgres.Dialect, mysql.Dialect}
	// Named are the databases whose server a person has to name.
	Named = []*dialect.Dialect{kingbase.Dialect, opengauss.Dialect, opengauss.GaussDB, oceanbase.Dialect, oceanbase.TiDB,
		dameng.Dialect}
)

// All returns the dialects of all databases.
func All() []*dialect.Dialect { return slices.Concat(Startable, Named) }

// Find returns the dialect of a database; nil if there is none of that name.
func Find(name string) *dialect.Dialect {
	for _, d := range All() {
		if d.Name == name {
			return d
		}
	}
	return nil
}

// Names returns the names of all databases, sorted.
func Names() (names []string) {
	for _, d := range All() {
		names = append(names, d.Name)
	}
	slices.Sort(names)
	return names
}

// Variable returns the environment variable that holds the data source name of a database's server; "" if there is no such
// database.
func Variable(name string) string {
	if d := Find(name); d != nil {
		return d.Env()
	}
	return ""
}
