package dialect

import (
	"regexp"
	"strings"
)

var (
	scheme = regexp.MustCompile(`^\w+:/*`)
	secret = regexp.MustCompile(`(?i)((?:^|[\s?&])(?:ssl)?password\s*=\s*)(?:'(?:[^'\\]|\\.)*'?|[^\s&]*)`)
)

// Redact hides the password of a data source name. The name need not be well formed: whatever stands between the
// first colon and the last @ is hidden, so that a password with a forgotten escape is too.
func Redact(dsn string) string {
	start := scheme.FindString(dsn)
	if !strings.Contains(start, "/") {
		start = ""
	}
	rest := dsn[len(start):]
	if colon, at := strings.IndexByte(rest, ':'), strings.LastIndexByte(rest, '@'); colon >= 0 && colon < at {
		rest = rest[:colon+1] + "***" + rest[at:]
	}
	return start + secret.ReplaceAllString(rest, "${1}***")
}
