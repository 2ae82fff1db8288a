package connections

import (
	"strings"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/database/dbtest"
)

// Login is the case about logging in with a password.
var Login = []dbtest.Case{
	{Text: "a password with @ : / ? # % and Chinese logs in", Key: "password-characters",
		Severity: record.Medium, Check: passwordCharacters,
		Source: "RFC 3986 §3.2.1: user information is percent-encoded"},
}

func passwordCharacters(t *dbtest.T) {
	const password = "p@ss:/?#%25&=+ 密码"
	user, code := createUser(t, password)
	if code != "" {
		t.Skip(record.Sayf("this user may not create users (%s)", "当前用户无权创建用户（%s）", code))
	}
	dsn, err := t.As(t.DSN, user, password)
	t.Must(err, "name the other user")
	t.Expect("login with a difficult password", t.Code(t.Pool(dsn).PingContext(t.Ctx)), "")
	if shown := dialect.Redact(dsn); strings.Contains(shown, "密码") || strings.Contains(shown, "ss:") {
		t.Fatalf("the redacted DSN still holds the password")
	}
	dsn, err = t.As(t.DSN, user, password+"x")
	t.Must(err, "name the other user")
	wrong := t.Code(t.Pool(dsn).PingContext(t.Ctx))
	if wrong == "" {
		t.Skip(record.Say("this server accepts any password: it cannot show whether the driver sends the right one", "此服务器接受任何口令：无法据此判断驱动如何处理口令"))
	}
	t.Expect("login with a wrong password", wrong, "28P01")
}
