package dialect

import (
	"regexp"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
)

// UnreadableError says why a data source name is not taken, and how to write it. It shows nothing of the name that may be
// a password.
type UnreadableError struct{ Reason, Remedy record.Sentence }

func (e *UnreadableError) Error() string { return e.Reason.En + ": " + e.Remedy.En }

// Unreadable refuses a data source name for a reason, in both languages, which end the sentence "the data source name …".
// An example says how to write it.
func Unreadable(example, en, zh string, args ...any) error {
	return &UnreadableError{Reason: record.Sayf("the data source name "+en, "数据源名称"+zh, args...),
		Remedy: record.Sayf("write it like %s", "请参照 %s 填写", example)}
}

// In returns the whole sentence in a language.
func (e *UnreadableError) In(lang string) string {
	return record.Say(e.Reason.En+": "+e.Remedy.En, e.Reason.In("zh")+"："+e.Remedy.In("zh")).In(lang)
}

var (
	urlScheme = regexp.MustCompile(`^(?i)([a-z][a-z0-9+.-]{0,30}):/`)
	jdbc      = regexp.MustCompile(`^\s*(?i)jdbc:`)
	// account is how Oracle's kind of client names one: user/password@host.
	account = regexp.MustCompile(`^[^/@:\s=?]+/[^@]*@`)
	// fields are how ADO.NET and ODBC name a server: Server=host;Uid=user;Pwd=password.
	fields = regexp.MustCompile(`^\s*[\w ]+=[^;\s]*;\s*([\w ]+=|$)`)
	// secretKey are parameters that may hold a password: a server gets the ones that its driver does not know.
	secretKey = regexp.MustCompile(`(?i)pass|pwd|secret|token`)
	parameter = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
)

// Scheme returns the scheme of a data source name that is a URL, in lower case; "" where it is none.
func Scheme(dsn string) string {
	found := urlScheme.FindStringSubmatch(dsn)
	if found == nil {
		return ""
	}
	return strings.ToLower(found[1])
}

// Foreign refuses what is written for another kind of client: a JDBC URL, an ODBC string, options of a shell's command, an
// account as user/password@host. Nil where dsn is nothing of the kind.
func Foreign(dsn, example string) error {
	switch {
	case strings.TrimSpace(dsn) == "":
		return Unreadable(example, "is empty", "为空")
	case strings.ContainsAny(dsn, "\x00\r\n"):
		return Unreadable(example, "has a line's end or a NUL in it", "中含有换行符或 NUL")
	case jdbc.MatchString(dsn):
		return Unreadable(example, "is a JDBC URL, which Go's drivers do not read", "是 JDBC URL，Go 驱动无法读取")
	case strings.HasPrefix(strings.TrimSpace(dsn), "-"):
		return Unreadable(example, "is a list of options of a command", "是命令行选项")
	case Scheme(dsn) == "" && fields.MatchString(dsn):
		return Unreadable(example, "is a list of fields with semicolons, as ODBC has", "是 ODBC 形式的分号分隔字段")
	case account.MatchString(dsn):
		return Unreadable(example, "has its account as user/password", "中的账户写作“用户/口令”")
	}
	return nil
}

// Parameter refuses a parameter's name that cannot be one, or that may hold a password and is none of known.
func Parameter(key, example string, known ...string) error {
	for _, k := range known {
		if key == k {
			return nil
		}
	}
	switch {
	case !parameter.MatchString(key):
		return Unreadable(example, "has a parameter whose name is none", "中有名称不合法的参数")
	case secretKey.MatchString(key):
		return Unreadable(example, "has a parameter that may hold a password, and that would be sent to the server as a setting",
			"中有疑似口令的参数，它会被当作设置发送给服务器")
	}
	return nil
}

// Strange refuses the scheme of another database's URL.
func Strange(dsn, example string) error {
	return Unreadable(example, "begins with %.30s://, which is another database's", "以 %.30s:// 开头，属于其他数据库", Scheme(dsn))
}

// Hostless refuses a data source name that names no host: drivers would take one of their own instead.
func Hostless(example string) error {
	return Unreadable(example, "names no host", "中没有主机")
}

// Garbled refuses what is no data source name at all.
func Garbled(example string) error {
	return Unreadable(example, "cannot be read", "无法解析")
}
