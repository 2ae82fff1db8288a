package kingbase

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// inMode returns the answers of a cluster in a compatibility mode: pg, oracle, mysql or sqlserver. In Oracle mode they depend on
// parameters of the session. For an unknown mode, the answers of all modes are right.
func inMode(mode string) map[string]dialect.Answer {
	const (
		empty  = "KingbaseES reference manual, ora_input_emptystr_isnull: in Oracle mode an empty string is NULL, unless it is off"
		length = "KingbaseES reference manual, char_default_type and nls_length_semantics: lengths count characters or bytes"
	)
	either := map[string]dialect.Answer{
		"empty string": {Value: "false ", Or: []any{"true "}, Source: empty},
		"empty bytes":  {Value: false, Or: []any{true}, Source: empty},
		"VARCHAR(20), 20 Chinese characters": {Value: "一二三四五六七八九十一二三四五六七八九十", Or: []any{"error 22001"},
			Source: length},
	}
	switch strings.ToLower(mode) {
	case "pg":
		return nil
	case "mysql":
		return map[string]dialect.Answer{
			"CHAR(8) 'ab'":             {Value: "ab      ", Or: []any{"ab"}, Source: "KingbaseES in MySQL mode: trailing spaces as MySQL 8.0 Reference Manual, The CHAR and VARCHAR Types"},
			"code of division by zero": {Value: "22012", Or: []any{""}, Source: "KingbaseES in MySQL mode: as MySQL 8.0 Reference Manual, Arithmetic Operators"},
		}
	case "sqlserver": // lengths of VARCHAR count bytes there
		return map[string]dialect.Answer{"VARCHAR(20), 20 Chinese characters": either["VARCHAR(20), 20 Chinese characters"]}
	default:
		return either
	}
}
