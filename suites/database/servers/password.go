package servers

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// localFiles are the parameters of drivers that let a server have files of this machine, or what stands in them. A matrix file may
// come from anybody, and names the server too.
var localFiles = []string{"allowallfiles", "passfile", "servicefile", "service"}

// localFile returns the parameter of a data source name that is one of localFiles; "" if there is none.
func localFile(dsn string) string {
	plain, err := url.QueryUnescape(dsn)
	if err != nil {
		plain = dsn
	}
	for _, text := range []string{dsn, plain} {
		words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune("?&; \t\r\n", r) })
		for i, word := range words {
			key, _, ok := strings.Cut(word, "=")
			if !ok && (i+1 == len(words) || !strings.HasPrefix(words[i+1], "=")) {
				continue
			}
			if slices.Contains(localFiles, key) {
				return key
			}
		}
	}
	return ""
}

// WithPassword returns the data source name of a database's server with a password in it. The name given must hold none. The
// error is a *record.Problem, which shows no password.
func WithPassword(name, dsn, password string) (string, error) {
	d := Find(name)
	if d == nil && dialect.Redact(name) != name { // somebody wrote a data source name there
		name = "…"
	}
	if d == nil {
		return "", record.Wrongf("", "there is no database %.40q: one of %s", "没有数据库 %.40q：可用 %s", name, strings.Join(Names(), ", "))
	}
	if dialect.Redact(dsn) != dsn {
		return "", record.Wrongf("", "database %[1]s: the data source name holds a password: take it out, and name a password_file or set XCMATRIX_PASSWORD_%[2]s",
			"数据库 %[1]s：数据源名称中含有口令：请删除，并使用 password_file 或设置 XCMATRIX_PASSWORD_%[2]s", name, strings.ToUpper(name))
	}
	if parameter := localFile(dsn); parameter != "" {
		return "", record.Wrongf("", "database %[1]s: %[3]s stands in the data source name, by which a server can get files of this machine: take it out, or name the server by XCMATRIX_DSN_%[2]s",
			"数据库 %[1]s：数据源名称中含有 %[3]s，服务器可借此取得本机文件：请删除，或用 XCMATRIX_DSN_%[2]s 指定服务器", name, strings.ToUpper(name), parameter)
	}
	dsn, err := d.Read(dsn)
	var unreadable *dialect.UnreadableError
	if errors.As(err, &unreadable) {
		return "", record.Wrongf("", "database %[1]s: %[2]s, without the password", "数据库 %[1]s：%[3]s（不含口令）",
			name, unreadable.In("en"), unreadable.In("zh"))
	}
	if err != nil {
		return "", err
	}
	if password == "" {
		return dsn, nil
	}
	user := dialect.User(dsn)
	if user == "" {
		return "", record.Wrongf("", "database %s: there is a password, but the data source name has no user: write it like %s",
			"数据库 %s：提供了口令，但数据源名称中没有用户：请参照 %s 填写", name, d.Example)
	}
	full, err := d.As(dsn, user, password)
	if err != nil {
		return "", record.Wrongf("", "database %s: the data source name cannot be read: write it like %s, without the password",
			"数据库 %s：无法解析数据源名称：请参照 %s 填写（不含口令）", name, d.Example)
	}
	return full, nil
}
