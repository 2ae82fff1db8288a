package database

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// knockTime is how long the first connection to a server may take on an idle machine. With the dialect's look at the
// address afterwards, a server that never answers is reported within ten seconds.
const knockTime = 5 * time.Second

// encodingError says that a database's encoding does not have all characters.
type encodingError struct{ encoding string }

func (e *encodingError) Error() string { return "encoding " + e.encoding }

// knocking makes the first connection to a server within limit, and checks that the server can run the specs at all.
func knocking(d *dialect.Dialect, dsn string, limit time.Duration) (server dialect.Server, err error) {
	db, err := d.Open(dsn)
	if err != nil {
		return server, err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	server, err = d.Server(ctx, db)
	if err != nil {
		return server, err
	}
	known := func(e string) bool { return strings.EqualFold(e, server.Encoding) }
	if len(d.Encodings) > 0 && !slices.ContainsFunc(d.Encodings, known) {
		return server, &encodingError{server.Encoding}
	}
	return server, writes(ctx, d, db)
}

// writes makes a table and drops it.
func writes(ctx context.Context, d *dialect.Dialect, db *sql.DB) error {
	table := "xc_" + strings.ToLower(rand.Text())
	if _, err := db.ExecContext(ctx, d.SQL("CREATE TABLE "+table+" (v {int})")); err != nil {
		return err
	}
	_, err := db.ExecContext(ctx, "DROP TABLE "+table)
	return err
}

// licence is what servers say of an expired one; there is no common code for it.
var licence = regexp.MustCompile(`(?i)licen[cs]e|许可|授权文件`)

// hindrance says why a server cannot be looked at, and what a person can do.
func hindrance(d *dialect.Dialect, dsn string, err error) (reason, remedy record.Sentence) {
	var unreadable *dialect.UnreadableError
	var other *dialect.OtherError
	switch {
	case errors.As(err, &unreadable):
		reason = record.Say(d.Env()+": "+unreadable.Reason.En, d.Env()+"："+unreadable.Reason.In("zh"))
		return titled(d, reason), unreadable.Remedy
	case errors.As(err, &other):
		reason = record.Sayf("the server is none: it says that it is %.80q", "该服务器并非 %[2]s：其自称为 %.80[1]q", other.Says, d.Title)
		remedy = record.Sayf("name a server of %[1]s in %[2]s, and this one in the variable of its own database",
			"请在 %[2]s 中指定 %[1]s 服务器，并将此服务器写入其所属数据库的变量", d.Title, d.Env())
		return titled(d, reason), remedy
	}
	reason, remedy = d.Refused(dsn, err)
	var encoding *encodingError
	if errors.As(err, &encoding) {
		known := strings.Join(d.Encodings, ", ")
		reason = record.Sayf("the database's encoding is %s, which does not have all characters", "数据库编码为 %s，不能表示全部字符", encoding.encoding)
		remedy = record.Sayf("name a database whose encoding is one of %s", "请指定编码为下列之一的数据库：%s", known)
	}
	if licence.MatchString(fmt.Sprint(err)) {
		reason = record.Say("the server says that its licence does not serve", "服务器报告许可证无效")
		remedy = record.Say("renew the licence file at the server, restart the server, and run again", "请更新服务器的许可证文件，重启服务器后重新运行")
	}
	return titled(d, reason), remedy
}

// titled is a sentence about a database.
func titled(d *dialect.Dialect, s record.Sentence) record.Sentence {
	return record.Say(d.Title+": "+s.En, d.Title+"："+s.In("zh"))
}
