package dialect

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// UnreadableError says why a data source name is not accepted, and how to write it. It contains no part of the name that may be a
// password.
type UnreadableError struct{ Reason, Remedy record.Sentence }

func (e *UnreadableError) Error() string { return e.Reason.En + ": " + e.Remedy.En }

// NewUnreadableError returns an *UnreadableError. en and zh are the end of the sentence "the data source name …" in both languages;
// example is a correct name.
func NewUnreadableError(example, en, zh string, args ...any) error {
	return &UnreadableError{Reason: record.Sayf("the data source name "+en, "数据源名称"+zh, args...),
		Remedy: record.Sayf("write it like %s", "请参照 %s 填写", example)}
}

// In returns reason and remedy as one sentence, in the language "en" or "zh".
func (e *UnreadableError) In(lang string) string {
	return record.Say(e.Reason.En+": "+e.Remedy.En, e.Reason.In("zh")+"："+e.Remedy.In("zh")).In(lang)
}

var (
	urlScheme = pattern.Of(`^(?i)([a-z][a-z0-9+.-]{0,30}):/`)
	jdbc      = pattern.Of(`^\s*(?i)jdbc:`)
	// account matches the form of Oracle's clients: user/password@host.
	account = pattern.Of(`^[^/@:\s=?]+/[^@]*@`)
	// fields matches the form of ADO.NET and ODBC: Server=host;Uid=user;Pwd=password.
	fields = pattern.Of(`^\s*[\w ]+=[^;\s]*;\s*([\w ]+=|$)`)
	// secretParameter matches parameters that may hold a password: drivers send unknown parameters to the server.
	secretParameter = pattern.Of(`(?i)pass|pwd|secret|token`)
	parameter       = pattern.Of(`^[A-Za-z_][A-Za-z0-9_.]*$`)
)

// Scheme returns the scheme of a data source name that is a URL, in lower case; "" if it is no URL.
func Scheme(dsn string) string {
	found := urlScheme().FindStringSubmatch(dsn)
	if found == nil {
		return ""
	}
	return strings.ToLower(found[1])
}

// RejectOtherClients returns an *UnreadableError for a data source name that is written for another kind of client: a JDBC URL, an
// ODBC string, options of a command, or user/password@host. It returns nil for other names.
func RejectOtherClients(dsn, example string) error {
	switch {
	case strings.TrimSpace(dsn) == "":
		return NewUnreadableError(example, "is empty", "为空")
	case strings.ContainsAny(dsn, "\x00\r\n"):
		return NewUnreadableError(example, "has a line's end or a NUL in it", "中含有换行符或 NUL")
	case jdbc().MatchString(dsn):
		return NewUnreadableError(example, "is a JDBC URL, which Go's drivers do not read", "是 JDBC URL，Go 驱动无法读取")
	case strings.HasPrefix(strings.TrimSpace(dsn), "-"):
		return NewUnreadableError(example, "is a list of options of a command", "是命令行选项")
	case Scheme(dsn) == "" && fields().MatchString(dsn):
		return NewUnreadableError(example, "is a list of fields with semicolons, as ODBC has", "是 ODBC 形式的分号分隔字段")
	case account().MatchString(dsn):
		return NewUnreadableError(example, "has its account as user/password", "中的账户写作“用户/口令”")
	}
	return nil
}

// CheckParameter returns an *UnreadableError for a parameter with an invalid name, and for one that may hold a password and is not
// among the known ones.
func CheckParameter(key, example string, known ...string) error {
	for _, k := range known {
		if key == k {
			return nil
		}
	}
	switch {
	case !parameter().MatchString(key):
		return NewUnreadableError(example, "has a parameter whose name is none", "中有名称不合法的参数")
	case secretParameter().MatchString(key):
		return NewUnreadableError(example, "has a parameter that may hold a password, and that would be sent to the server as a setting",
			"中有疑似口令的参数，它会被当作设置发送给服务器")
	}
	return nil
}

// WrongScheme returns the *UnreadableError for a URL of another database.
func WrongScheme(dsn, example string) error {
	return NewUnreadableError(example, "begins with %.30s://, which is another database's", "以 %.30s:// 开头，属于其他数据库", Scheme(dsn))
}

// MissingHost returns the *UnreadableError for a data source name without a host: drivers would use a default host.
func MissingHost(example string) error {
	return NewUnreadableError(example, "names no host", "中没有主机")
}

// InvalidName returns the *UnreadableError for a text that is no data source name.
func InvalidName(example string) error {
	return NewUnreadableError(example, "cannot be read", "无法解析")
}
