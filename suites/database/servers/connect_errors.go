package servers

import (
	"errors"
	"fmt"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// licence matches the messages of servers whose licence has expired. There is no common error code for that.
var licence = pattern.Of(`(?i)licen[cs]e|许可|授权文件`)

// explain returns a sentence that says why no specs can run on a server, and what a person can do about it. err is that of
// connect, or of the dialect's Read.
func explain(d *dialect.Dialect, dsn string, err error) (reason, remedy record.Sentence) {
	var unreadable *dialect.UnreadableError
	var other *dialect.WrongServerError
	switch {
	case errors.As(err, &unreadable):
		reason = record.Say(d.Env()+": "+unreadable.Reason.En, d.Env()+"："+unreadable.Reason.In("zh"))
		return withTitle(d, reason), unreadable.Remedy
	case errors.As(err, &other):
		reason = record.Sayf("the server is another database: it says that it is %.80q", "该服务器是另一种数据库：其自称为 %.80q", other.Name)
		remedy = record.Sayf("name a server of %[1]s in %[2]s, and this one in the variable of its own database",
			"请在 %[2]s 中指定 %[1]s 服务器，并将此服务器写入其所属数据库的变量", d.Title, d.Env())
		return withTitle(d, reason), remedy
	}
	reason, remedy = d.Refused(dsn, err)
	var encoding *encodingError
	if errors.As(err, &encoding) {
		known := strings.Join(d.Encodings, ", ")
		reason = record.Sayf("the database's encoding is %s, which does not have all characters", "数据库编码为 %s，不能表示全部字符", encoding.encoding)
		remedy = record.Sayf("name a database whose encoding is one of %s", "请指定编码为下列之一的数据库：%s", known)
	}
	if licence().MatchString(fmt.Sprint(err)) {
		reason = record.Say("the server says that its licence is not valid", "服务器报告许可证无效")
		remedy = record.Say("renew the licence file at the server, restart the server, and run again", "请更新服务器的许可证文件，重启服务器后重新运行")
	}
	return withTitle(d, reason), remedy
}

// withTitle returns a sentence that begins with the database's name for people.
func withTitle(d *dialect.Dialect, s record.Sentence) record.Sentence {
	return record.Say(d.Title+": "+s.En, d.Title+"："+s.In("zh"))
}
