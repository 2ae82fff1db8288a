package mysql

import (
	"fmt"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// Sources of the answers. Sections are named by their titles, because their numbers change within a version of the manual.
const (
	errorNumbers = "MySQL 8.0 Error Message Reference; MariaDB Error Codes"
	driverReadme = "go-sql-driver/mysql README"
	manual       = "MySQL 8.0 Reference Manual"
	columns      = driverReadme + ", ColumnType Support; MySQL source documentation, Column Definition: type and NOT_NULL_FLAG"
	unspecified  = "the server converts it, and no document says to what"
)

var answers = join(codes, kinds, behaviour, clocks())

var codes = map[string]dialect.Answer{
	"uint64 2^63 into BIGINT":          {Value: "1264/22003", Source: errorNumbers},
	"DECIMAL(5,2) overflow":            {Value: "1264/22003", Source: errorNumbers},
	"VARCHAR(20), 21 characters":       {Value: "1406/22001", Source: errorNumbers},
	"invalid UTF-8":                    {Value: "error 1366/22007", Or: []any{"error 1366/HY000"}, Source: errorNumbers},
	"65536 parameters":                 {Value: "1390/HY000", Source: errorNumbers},
	"two statements in one query":      {Value: "1064/42000", Source: driverReadme + ", multiStatements"},
	"violated unique":                  {Value: "1062/23000", Source: errorNumbers},
	"violated not null":                {Value: "1048/23000", Source: errorNumbers},
	"violated foreign key":             {Value: "1452/23000", Source: errorNumbers},
	"violated check":                   {Value: "4025/23000", Or: []any{"3819/HY000"}, Source: errorNumbers},
	"code of syntax":                   {Value: "1064/42000", Source: errorNumbers},
	"code of no such table":            {Value: "1146/42S02", Source: errorNumbers},
	"code of no such column":           {Value: "1054/42S22", Source: errorNumbers},
	"write in a read-only transaction": {Value: "1792/25006", Source: errorNumbers},
	"insert that fails":                {Value: "1062/23000", Source: errorNumbers},
	"multi-row insert with a bad row":  {Value: "1062/23000", Source: errorNumbers},
	"login with a wrong password":      {Value: "1045/28000", Source: errorNumbers},
	// The password is accepted; the new user has no right on the database in the DSN.
	"login with a difficult password": {Value: "1044/42000", Source: errorNumbers},
}

var kinds = map[string]dialect.Answer{
	"BOOLEAN as any": {Value: "int64 1", Source: manual + ", Numeric Data Type Syntax: BOOLEAN is TINYINT(1)"},
	"DECIMAL as any": {Value: "[]uint8", Source: driverReadme + ", []byte for text"},
	"VARCHAR as any": {Value: "[]uint8", Source: driverReadme + ", []byte for text"},
	"column labels":  {Value: []string{"列名", "MiXed"}, Source: manual + ", SELECT Statement: an alias is the name of the column"},
	"column type i":  {Value: "INT nullable=false", Source: columns},
	"column type d":  {Value: "DECIMAL (38,10) nullable=true", Source: columns},
	"column type s":  {Value: "VARCHAR nullable=true", Source: columns},
	"column type x":  {Value: "TEXT nullable=true", Or: []any{"LONGTEXT nullable=true"}, Source: columns + "; a server may send every BLOB type as one"},
}

var behaviour = map[string]dialect.Answer{
	"CHAR(8) 'ab'":                  {Value: "ab", Source: manual + ", The CHAR and VARCHAR Types: trailing spaces are removed on reading"},
	"U+0000":                        {Value: "a\x00b", Source: manual + ", String Literals: \\0 is the character NUL"},
	"LastInsertId":                  {Value: 1, Source: manual + ", Information Functions, LAST_INSERT_ID(): the first of the statement"},
	"rows affected by a no-op":      {Value: 0, Source: driverReadme + ", clientFoundRows"},
	"code of division by zero":      {Value: "", Source: manual + ", Arithmetic Operators: division by zero gives NULL"},
	"statement after an error":      {Value: "", Source: manual + ", InnoDB Error Handling: the statement alone is rolled back"},
	"commit after an error":         {Value: "", Source: manual + ", InnoDB Error Handling: the statement alone is rolled back"},
	"rows after an error":           {Value: 2, Source: manual + ", InnoDB Error Handling: the statement alone is rolled back"},
	"table after rollback":          {Value: "", Source: manual + ", Statements That Cause an Implicit Commit: DDL"},
	"isolation Snapshot":            {Value: false, Source: manual + ", SET TRANSACTION Statement: the levels that exist"},
	"first query after ALTER TABLE": {Value: "", Source: manual + ", Caching of Prepared Statements and Stored Programs: the server prepares again"},
	"second writer of a value read before": {Value: "", Or: []any{"1020/HY000"},
		Source: "MariaDB innodb_snapshot_isolation, off before 11.6.2: a locking write reads the latest row"},
	"rows written by a statement that was given up": {Value: 1, Or: []any{0},
		Source: driverReadme + ", context: the connection is closed; the server goes on until it sees that"},
	"float64 NaN": {Value: "error 1264/22003", Or: []any{"error 1366/22007", "error 1366/HY000", "error 1367/22007"},
		Source: "no document names the error for NaN, which no type of MySQL can store"},
	"float64 +Inf": {Value: "error 1264/22003", Source: manual + ", Out-of-Range and Overflow Handling"},
	"float64 -Inf": {Value: "error 1264/22003", Source: manual + ", Out-of-Range and Overflow Handling"},
	"float64 -0": {Value: "0000000000000000", Or: []any{"8000000000000000"},
		Source: "no document says whether the sign of zero is kept, and versions of MariaDB 10.11 differ; equal by IEEE 754-2019, 5.11"},
	"float64 2^63 into BIGINT": {Any: true, Source: unspecified},
	"float64 NaN into BIGINT":  {Any: true, Source: unspecified},
	"float64 NaN into INT":     {Any: true, Source: unspecified},
	"year -1":                  {Value: "error client", Source: manual + ", The DATE, DATETIME, and TIMESTAMP Types: DATETIME begins with 1000"},
	"year 10000":               {Value: "error client", Source: manual + ", The DATE, DATETIME, and TIMESTAMP Types: DATETIME ends with 9999"},
	"Shanghai 1900-12-31T23:59:59+08:05:43": {Value: "error 1292/22007",
		Source: manual + ", The DATE, DATETIME, and TIMESTAMP Types: TIMESTAMP begins with 1970"},
}

// lenient returns the answers of a server whose sql_mode is not strict: instead of an error it stores another value with a warning.
func lenient() map[string]dialect.Answer {
	all := map[string]dialect.Answer{}
	for _, name := range []string{"uint64 2^63 into BIGINT", "DECIMAL(5,2) overflow", "VARCHAR(20), 21 characters", "invalid UTF-8",
		"float64 NaN", "float64 +Inf", "float64 -Inf", "Shanghai 1900-12-31T23:59:59+08:05:43"} {
		all[name] = dialect.Answer{Any: true, Source: manual + ", Server SQL Modes: without strict mode the server adjusts values"}
	}
	return all
}

// inMode returns the answers that depend on a server's sql_mode.
func inMode(mode string) map[string]dialect.Answer {
	if strings.Contains(mode, "STRICT_TRANS_TABLES") || strings.Contains(mode, "STRICT_ALL_TABLES") || mode == "" {
		return nil
	}
	return lenient()
}

// clocks returns the answers for times that are written to a column without zone: they are converted to the connection's zone first
// (go-sql-driver/mysql README, loc).
func clocks() map[string]dialect.Answer {
	all := map[string]dialect.Answer{}
	days := []int{31, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30} // of the month before, 2024
	for i, day := range days {
		year, before := 2024, i
		if i == 0 {
			year, before = 2023, 12
		}
		for zone, clock := range map[string]string{"+08:00": "16:30:00", "+14:00": "10:30:00"} {
			all[fmt.Sprintf("wall clock of 2024-%02d-01T00:30:00%s", i+1, zone)] = dialect.Answer{
				Value: fmt.Sprintf("%d-%02d-%02d %s", year, before, day, clock), Source: driverReadme + ", loc"}
		}
	}
	return all
}

// join returns the union of maps.
func join(all ...map[string]dialect.Answer) map[string]dialect.Answer {
	joined := map[string]dialect.Answer{}
	for _, answers := range all {
		for name, answer := range answers {
			joined[name] = answer
		}
	}
	return joined
}
