// Package dameng is the dialect of DM8. Its driver is not a dependency of this module, because not everybody can download it. The
// module drivers/dm builds the same program with the driver, and registers the driver here by Link.
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

// Dialect is the dialect of DM8.
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

// ErrNotLinked is the error of Open in a program that was built without the driver.
var ErrNotLinked = errors.New("DM8: the driver is not built in")

// Linked reports whether this program was built with the driver.
func Linked() bool { return slices.Contains(sql.Drivers(), driver) }

// number returns the server's error number in an error of the driver. Link sets it.
var number = func(error) (int32, bool) { return 0, false }

// Link registers the driver's function for error numbers, and the function that starts the stand-in.
func Link(n func(error) (int32, bool), standIn func() (dsn string, err error)) {
	number, Dialect.StandIn = n, standIn
}

// recommended are parameters of the data source name. Without them driver v1.8.23 repeats a statement whose reply was lost
// (driverReconnect), waits for ever to connect (socketTimeout), and has only Chinese messages (language).
var recommended = []dialect.Setting{{Key: "driverReconnect", Value: "true"}, {Key: "socketTimeout", Value: "10"},
	{Key: "language", Value: "en"}, {Key: "timeZone", Value: "480"}}

// Open returns a pool for a data source name with settings. Recommended parameters are added unless dsn has them. It does not connect,
// and returns ErrNotLinked in a program without the driver.
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

// split splits a data source name before its parameters. A question mark before the last @ belongs to the password.
func split(dsn string) (address, query string) {
	if i := strings.LastIndex(dsn, "?"); i > strings.LastIndex(dsn, "@") {
		return dsn[:i], dsn[i+1:]
	}
	return dsn, ""
}

// cutLast splits a string at the last separator, as the driver does, because passwords are not escaped.
func cutLast(s, separator string) (before, after string, found bool) {
	i := strings.LastIndex(s, separator)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(separator):], true
}

// parts splits a data source name dm://user:password@host:port/schema?key=value. rest begins with the slash or question mark. It
// returns an error for another form, or if there is no port.
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

// Read implements dialect.Dialect.Read.
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

// Address returns the server's address in a data source name, for net.Dial.
func Address(dsn string) (network, address string, err error) {
	_, host, _, err := parts(dsn)
	return "tcp", host, err
}

// Via returns the data source name with another host:port.
func Via(dsn, address string) (string, error) {
	account, _, rest, err := parts(dsn)
	return "dm://" + account + "@" + address + rest, err
}

// As returns the data source name with another user. The driver expects the password without escapes.
func As(dsn, user, password string) (string, error) {
	_, host, rest, err := parts(dsn)
	return "dm://" + user + ":" + password + "@" + host + rest, err
}

// Server returns the server's version, encoding and compatibility mode.
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

// Code returns the server's error number, which is negative as in the documentation of DM8. See dialect.Dialect.Code.
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

// Refused returns the reason for an error in connecting, and the remedy.
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

// protocol is that of DM8. A server sends nothing first, and only a login shows whether it is DM8.
var protocol = dialect.Protocol{Silent: true, IsProtocol: func([]byte) bool { return false }}
