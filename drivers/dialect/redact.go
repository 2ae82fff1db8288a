package dialect

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
)

var (
	scheme = pattern.Of(`^(?:\w+:)*\w+:/+`)
	// secret matches a key that may have a password, and its quoted or bare value, also after a semicolon or in JSON.
	secret = pattern.Of(`(?i)((?:^|[\s?&;,{"'])(?:[\w.-]*(?:password|passwd|secret|token)|pwd|pass)["']?\s*[=:]\s*)` +
		`(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\{[^}]*\}?|[^\s&;,}]*)`)
	// option matches options of databases' clients with their value: -p and --password of MySQL, -W of openGauss. A value that
	// begins with a dash is the next option.
	option      = pattern.Of(`((?:^|\s)(?:--password|--passwd|-W|-p)(?:\s+|=))(?:'[^']*'?|"[^"]*"?|[^\s-]\S*)`)
	shortOption = pattern.Of(`((?:^|\s)-[pW])(?:'[^']*'?|"[^"]*"?|[^\s=]\S*)`)
	// slashAccount matches an account in the form of Oracle's clients: user/password@host.
	slashAccount = pattern.Of(`^((?:jdbc:(?:[\w-]+:)*)?[^/@:\s=?;]+/)\S*(@)`)
)

// hidden replaces a password.
const hidden = "***"

// Redact returns a data source name, in the form of any database or client, with "***" instead of passwords. The name need not be
// well formed: everything between the first colon and the last @ is replaced, so that a password with a missing escape is
// hidden too. A name without a password is returned unchanged.
func Redact(dsn string) string {
	start := scheme().FindString(dsn)
	rest := dsn[len(start):]
	colon, at := strings.IndexByte(rest, ':'), strings.LastIndexByte(rest, '@')
	switch {
	case start == "" && slashAccount().MatchString(rest):
		rest = slashAccount().ReplaceAllString(rest, "${1}"+hidden+"${2}")
	case colon >= 0 && colon < at && !strings.ContainsAny(rest[:colon], " \t="):
		rest = rest[:colon+1] + hidden + rest[at:]
	}
	text := secret().ReplaceAllString(start+rest, "${1}"+hidden)
	text = option().ReplaceAllString(text, "${1}"+hidden)
	return shortOption().ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasSuffix(found, hidden) {
			return found
		}
		return shortOption().ReplaceAllString(found, "${1}"+hidden)
	})
}
