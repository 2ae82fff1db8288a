package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/xcmatrix/xcmatrix/drivers/dialect"
)

func TestRefusedNeverSaysThePassword(t *testing.T) {
	for _, dsn := range []string{"postgres://u:s3cret@127.0.0.1:1/d", "postgres://u:s3cret@[/d", "host=127.0.0.1 port=1 password=s3cret ="} {
		db, err := Open(dsn, dialect.Setting{Key: "connect_timeout", Value: "2"})
		if err == nil {
			err = db.Ping()
		}
		if err == nil {
			t.Fatal("connected to port 1")
		}
		reason, remedy := Refused(dsn, err)
		for _, text := range []string{err.Error(), reason.En, reason.Zh, remedy.En, remedy.Zh} {
			if strings.Contains(text, "s3cret") {
				t.Errorf("%q holds the password", text)
			}
		}
	}
}

func TestCode(t *testing.T) {
	for want, err := range map[string]error{
		"":          nil,
		"23505":     &pgconn.PgError{Code: "23505"},
		"deadline":  context.DeadlineExceeded,
		"cancelled": context.Canceled,
		"client":    errors.New("no server said this"),
	} {
		if got := Code(err); got != want {
			t.Errorf("Code(%v) = %q, want %q", err, got, want)
		}
	}
}

func TestSettingsInBothForms(t *testing.T) {
	for _, dsn := range []string{"postgres://u:p@h:5432/d?sslmode=disable", "host=h port=5432 user=u dbname=d sslmode=disable"} {
		config, err := Config(dsn, dialect.Setting{Key: "application_name", Value: `it's \ "x"`})
		if err != nil {
			t.Fatal(err)
		}
		if got := config.RuntimeParams["application_name"]; got != `it's \ "x"` || config.Host != "h" {
			t.Errorf("%s: application_name %q, host %q", dsn, got, config.Host)
		}
	}
}
