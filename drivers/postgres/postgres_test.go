package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/xcmatrix/xcmatrix/drivers/authority"
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

// A server that wants TLS says so in words alone.
func TestServerThatWantsTLS(t *testing.T) {
	for message, want := range map[string]string{
		`no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", no encryption`: "TLS:",
		`no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", SSL off`:       "TLS:",
		`no pg_hba.conf entry for host "10.0.0.9", user "u", database "d", SSL on`:        "refuses the user",
	} {
		reason, remedy := Refused("postgres://u:p@h:1/d", &pgconn.PgError{Code: "28000", Message: message})
		if !strings.Contains(reason.En, want) || remedy.Zh == "" {
			t.Errorf("%s: %s → %s", message, reason.En, remedy.En)
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

func TestInlineRoot(t *testing.T) {
	root, err := authority.New()
	if err != nil {
		t.Fatal(err)
	}
	dsn := "postgres://u:p@127.0.0.1:5432/d?application_name=a%20b&sslmode=verify-full&sslrootcert=" + root.Inline()
	config, err := Config(dsn)
	if err != nil {
		t.Fatal(err)
	}
	if config.TLSConfig == nil || config.TLSConfig.RootCAs == nil || config.TLSConfig.ServerName != "127.0.0.1" ||
		config.TLSConfig.InsecureSkipVerify || len(config.Fallbacks) > 0 {
		t.Errorf("TLS %+v, fallbacks %v", config.TLSConfig, config.Fallbacks)
	}
	if plain, err := Config(Plain(dsn)); err != nil || plain.TLSConfig != nil || plain.RuntimeParams["application_name"] != "a b" {
		t.Errorf("Plain: %v, %v", plain, err)
	}
	for _, own := range []string{"postgres://u@h/d?sslmode=verify-full", "host=h sslmode=require"} {
		if got := Plain(own); got != own {
			t.Errorf("Plain(%q) = %q", own, got)
		}
	}
}
