package opengauss

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

// compatibility is the source of the answers in modes: in A an empty string is NULL; in PG lengths count characters, in the others
// bytes.
const compatibility = "openGauss documentation, CREATE DATABASE, DBCOMPATIBILITY"

// inMode returns the answers of a database in a compatibility mode: A (Oracle), B (MySQL), C (Teradata) or PG. For an unknown mode,
// the answers of all modes are right.
func inMode(mode string) map[string]dialect.Answer {
	const (
		length = "VARCHAR(20), 20 Chinese characters"
		full   = "一二三四五六七八九十一二三四五六七八九十"
		long   = "error 22001"
	)
	either := map[string]dialect.Answer{
		"empty string": {Value: "true ", Or: []any{"false "}, Source: compatibility},
		"empty bytes":  {Value: false, Or: []any{true}, Source: compatibility},
		length:         {Value: full, Or: []any{long}, Source: compatibility},
	}
	switch strings.ToUpper(mode) {
	case "A", "ORA":
		return map[string]dialect.Answer{
			"empty string": {Value: "false ", Source: compatibility},
			"empty bytes":  either["empty bytes"],
			length:         {Value: long, Source: compatibility},
		}
	case "B", "MYSQL": // with the plug-in dolphin lengths count characters, as MySQL's do, and CHAR gives no trailing spaces
		return map[string]dialect.Answer{
			length:                     either[length],
			"CHAR(8) 'ab'":             {Value: "ab      ", Or: []any{"ab"}, Source: "openGauss documentation, dolphin, character types"},
			"code of division by zero": {Value: "22012", Or: []any{""}, Source: "openGauss documentation, dolphin, sql_mode"},
		}
	case "C", "TD":
		return map[string]dialect.Answer{length: {Value: long, Source: compatibility}, "empty string": either["empty string"],
			"empty bytes": either["empty bytes"]}
	case "PG":
		return nil
	default:
		return either
	}
}
