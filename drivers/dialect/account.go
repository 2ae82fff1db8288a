package dialect

import (
	"net/url"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
)

var userPair = pattern.Of(`(?:^|\s)user\s*=\s*(\S+)`)

// User returns the user in a data source name without a password; "" if it names none.
func User(dsn string) string {
	start := scheme().FindString(dsn)
	if !strings.Contains(start, "/") {
		start = ""
	}
	rest, _, _ := strings.Cut(dsn[len(start):], "?")
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user := rest[:at]
		if plain, err := url.PathUnescape(user); err == nil && start != "" {
			return plain
		}
		return user
	}
	if pair := userPair().FindStringSubmatch(rest); pair != nil {
		return strings.Trim(pair[1], "'")
	}
	return ""
}
