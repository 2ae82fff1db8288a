// Package dameng is the dialect of DM8. Its driver cannot be part of this module, because not everybody can download
// it: the module drivers/dm builds the same program with the driver linked in, and tells this package of it.
package dameng

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// driver is the name that the DM driver registers with database/sql.
const driver = "dm"

const example = "dm://user:password@host:5236"

// Dialect of DM8.
var Dialect = &dialect.Dialect{
	Name: "dm", Title: "DM8", Library: "dm", Module: "gitee.com/chunanyong/dm",
	Example: example, Read: Read,
	Open: Open, Address: Address, Via: Via, As: As, Server: Server, Refused: Refused, Code: Code,
	Quote: `"`,
	Words: map[string]string{
		"int": "INT", "bigint": "BIGINT", "double": "DOUBLE", "decimal": "DECIMAL", "bool": "BIT", "char": "CHAR",
		"varchar": "VARCHAR", "text": "CLOB", "blob": "BLOB", "date": "DATE", "timestamp": "TIMESTAMP(6)",
		"timestamptz": "TIMESTAMP(6) WITH TIME ZONE", "serial": "INT IDENTITY(1,1) PRIMARY KEY",
		"session": "SESSID()", "kill": "SP_CLOSE_SESSION", "identified by": "IDENTIFIED BY", "string": "VARCHAR(100)",
	},
	Answers: answers,
}

// ErrNotLinked says that this program was built without the driver.
var ErrNotLinked = errors.New("DM8: the driver is not built in")

// Linked reports whether this program was built with the driver.
func Linked() bool { return slices.Contains(sql.Drivers(), driver) }

// number is the server's error number of an error of the driver; drivers/dm sets it with Link.
var number = func(error) (int32, bool) { return 0, false }

// Link tells how the linked driver numbers its errors, and what stands in for a server where none is named.
func Link(n func(error) (int32, bool), standIn func() (dsn string, err error)) {
	number, Dialect.StandIn = n, standIn
}

// recommended are the parameters without which driver v1.8.23 runs a statement again whose reply was lost
// (driverReconnect), waits without end to connect (socketTimeout) or speaks Chinese only (language).
var recommended = []dialect.Setting{{Key: "driverReconnect", Value: "true"}, {Key: "socketTimeout", Value: "10"},
	{Key: "language", Value: "en"}, {Key: "timeZone", Value: "480"}}

// Open makes a pool that connects with dsn and settings. Recommended parameters stand where dsn has none.
func Open(dsn string, settings ...dialect.Setting) (*sql.DB, error) {
	if !Linked() {
		return nil, ErrNotLinked
	}
	address, query := split(dsn)
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("DM8: the parameters of the data source name cannot be read")
	}
	for _, s := range recommended {
		if !values.Has(s.Key) {
			values.Set(s.Key, s.Value)
		}
	}
	for _, s := range settings {
		values.Set(s.Key, s.Value)
	}
	return sql.Open(driver, address+"?"+values.Encode())
}

// split parts a data source name from its parameters. A question mark before the last @ is the password's.
func split(dsn string) (address, query string) {
	if i := strings.LastIndex(dsn, "?"); i > strings.LastIndex(dsn, "@") {
		return dsn[:i], dsn[i+1:]
	}
	return dsn, ""
}

// cutLast cuts at the last separator, as the driver does: passwords are not escaped.
func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

// parts of a data source name: dm://user:password@host:port/schema?key=value.
func parts(dsn string) (account, host, rest string, err error) {
	body, ok := strings.CutPrefix(dsn, "dm://")
	account, place, found := cutLast(body, "@")
	if !ok || !found {
		return "", "", "", errors.New("DM8: the data source name is not of the form dm://user:password@host:port")
	}
	end := strings.IndexAny(place, "/?")
	if end < 0 {
		end = len(place)
	}
	if !strings.Contains(place[:end], ":") {
		return "", "", "", errors.New("DM8: the data source name has no port; without one the driver loses the host")
	}
	return account, place[:end], place[end:], nil
}

// Read returns a data source name that the driver reads as it was meant.
func Read(dsn string) (string, error) {
	if err := dialect.RejectOtherClients(dsn, example); err != nil {
		return "", err
	}
	if scheme := dialect.Scheme(dsn); scheme != "" && scheme != driver {
		return "", dialect.WrongScheme(dsn, example)
	}
	_, host, _, err := parts(dsn)
	switch {
	case err != nil:
		return "", dialect.InvalidName(example)
	case strings.HasPrefix(host, ":"):
		return "", dialect.MissingHost(example)
	}
	_, query := split(dsn)
	values, err := url.ParseQuery(query)
	if err != nil {
		return "", dialect.InvalidName(example)
	}
	for key := range values {
		if err := dialect.CheckParameter(key, example); err != nil {
			return "", err
		}
	}
	return dsn, nil
}

// Address returns where a data source name points.
func Address(dsn string) (network, address string, err error) {
	_, host, _, err := parts(dsn)
	return "tcp", host, err
}

// Via returns the data source name with another host:port.
func Via(dsn, address string) (string, error) {
	account, _, rest, err := parts(dsn)
	return "dm://" + account + "@" + address + rest, err
}

// As returns the data source name for another user. The driver takes a password as it stands.
func As(dsn, user, password string) (string, error) {
	_, host, rest, err := parts(dsn)
	return "dm://" + user + ":" + password + "@" + host + rest, err
}

// Server asks the server what it is.
func Server(ctx context.Context, db *sql.DB) (dialect.Server, error) {
	var s dialect.Server
	var unicode int
	if err := db.QueryRowContext(ctx, "SELECT BANNER FROM V$VERSION WHERE ROWNUM = 1").Scan(&s.Version); err != nil {
		return s, err
	}
	err := db.QueryRowContext(ctx, "SELECT UNICODE()").Scan(&unicode)
	s.Encoding = map[int]string{0: "GB18030", 1: "UTF-8", 2: "EUC-KR"}[unicode]
	db.QueryRowContext(ctx, "SELECT PARA_VALUE FROM V$DM_INI WHERE PARA_NAME = 'COMPATIBLE_MODE'").Scan(&s.Mode)
	return s, err
}

// Code returns the server's error number, negative as DM8 documents it.
func Code(err error) string {
	switch n, ok := number(err); {
	case err == nil:
		return ""
	case ok:
		return strconv.Itoa(int(n))
	case errors.Is(err, context.DeadlineExceeded):
		return "deadline"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	default:
		return "client"
	}
}

// Refused returns what to do about a connection that was not made.
func Refused(dsn string, err error) (reason, remedy record.Sentence) {
	if errors.Is(err, ErrNotLinked) {
		return record.Say("the driver is not built into this program", "本程序未编入该驱动"),
			record.Say("make dm, and run the program that it builds", "运行 make dm，并使用其构建的程序")
	}
	if _, _, _, malformed := parts(dsn); malformed != nil {
		return record.Say(malformed.Error(), "数据源名称格式有误，应为 dm://用户:口令@主机:端口"),
			record.Sayf("write %s", "请写成 %s", example)
	}
	if code, ok := number(err); ok {
		return record.Sayf("the server or the driver refuses the connection (error %d)", "服务器或驱动拒绝连接（错误 %d）", code),
			record.Say("check user, password and the server's licence, and see the server's log", "请检查用户名、口令和服务器许可证，并查看服务器日志")
	}
	network, address, _ := Address(dsn)
	c := protocol.Explain(network, address, err, false)
	return c.Reason, c.Remedy
}

// protocol of DM8: a server says nothing before it is asked. Whether it is one, only a login tells.
var protocol = dialect.Protocol{Silent: true, IsProtocol: func([]byte) bool { return false }}
