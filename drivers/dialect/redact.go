package dialect

import (
	"regexp"
	"strings"
)

var (
	scheme = regexp.MustCompile(`^(?:\w+:)*\w+:/+`)
	// quoted or bare values of what may hold a password, also behind a semicolon or in JSON.
	secret = regexp.MustCompile(`(?i)((?:^|[\s?&;,{"'])(?:[\w.-]*(?:password|passwd|secret|token)|pwd|pass)["']?\s*[=:]\s*)` +
		`(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\{[^}]*\}?|[^\s&;,}]*)`)
	// options of the databases' own clients: -p and --password of MySQL's, -W of openGauss'. A value that begins with a
	// dash is the next option.
	option      = regexp.MustCompile(`((?:^|\s)(?:--password|--passwd|-W|-p)(?:\s+|=))(?:'[^']*'?|"[^"]*"?|[^\s-]\S*)`)
	shortOption = regexp.MustCompile(`((?:^|\s)-[pW])(?:'[^']*'?|"[^"]*"?|[^\s=]\S*)`)
	// slashed is an account as Oracle's kind of client has it: user/password@host.
	slashed = regexp.MustCompile(`^((?:jdbc:(?:[\w-]+:)*)?[^/@:\s=?;]+/)\S*(@)`)
)

// hidden stands for a password.
const hidden = "***"

// Redact hides the passwords of a data source name, in the forms of all databases and of their clients. The name need not
// be well formed: whatever stands between the first colon and the last @ is hidden, so that a password with a forgotten
// escape is too. What holds none comes back as it is.
func Redact(dsn string) string {
	start := scheme.FindString(dsn)
	rest := dsn[len(start):]
	colon, at := strings.IndexByte(rest, ':'), strings.LastIndexByte(rest, '@')
	switch {
	case start == "" && slashed.MatchString(rest):
		rest = slashed.ReplaceAllString(rest, "${1}"+hidden+"${2}")
	case colon >= 0 && colon < at && !strings.ContainsAny(rest[:colon], " \t="):
		rest = rest[:colon+1] + hidden + rest[at:]
	}
	text := secret.ReplaceAllString(start+rest, "${1}"+hidden)
	text = option.ReplaceAllString(text, "${1}"+hidden)
	return shortOption.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasSuffix(found, hidden) {
			return found
		}
		return shortOption.ReplaceAllString(found, "${1}"+hidden)
	})
}
