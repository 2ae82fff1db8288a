package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A server named in the matrix is used with the password of its file or of the environment, and neither is shown.
func TestDatabasesOfTheMatrix(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "m.yaml")
	secret := filepath.Join(dir, "secret")
	private := filepath.Join(t.TempDir(), "private")
	text := databaseMatrix + "dsn: 'postgres://u@127.0.0.1:1/d', password_file: secret}}\n"
	for path, content := range map[string]string{file: strings.Replace(text, "abi", "database", 1), secret: "s3cr?t/@\n", private: "pr1vate\n"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct{ name, variable, value, want string }{
		{"by file", "", "", "postgres://u:s3cr%3Ft%2F%40@127.0.0.1:1/d"},
		{"by the environment", "XCMATRIX_PASSWORD_KINGBASE", "other", "postgres://u:other@127.0.0.1:1/d"},
		{"by a file that the environment names", "XCMATRIX_PASSWORD_FILE_KINGBASE", private, "postgres://u:pr1vate@127.0.0.1:1/d"},
		{"whole from the environment", "XCMATRIX_DSN_KINGBASE", "postgres://x:y@h/d", "postgres://x:y@h/d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("XCMATRIX_DSN_KINGBASE", "") // and back afterwards
			if c.variable != "" {
				t.Setenv(c.variable, c.value)
			}
			got := call("plan", "--matrix", file, "--json")
			if got.code != exitPass {
				t.Fatalf("exit status %d: %s", got.code, got.err)
			}
			a := &app{matrix: file}
			_, _, servers, err := a.plan(selection{rounds: 1})
			if err != nil {
				t.Fatal(err)
			}
			if dsn := servers.Get("XCMATRIX_DSN_KINGBASE"); dsn != c.want {
				t.Errorf("the suites are told %q, want %q", dsn, c.want)
			}
			if dsn := os.Getenv("XCMATRIX_DSN_KINGBASE"); dsn != "" && c.variable != "XCMATRIX_DSN_KINGBASE" {
				t.Errorf("the name is in the environment of this process: %q", dsn)
			}
			if strings.Contains(got.out+got.err, "s3cr") || strings.Contains(got.out+got.err, "other@") || strings.Contains(got.out+got.err, "pr1vate") {
				t.Errorf("the password is shown: %s%s", got.out, got.err)
			}
		})
	}
	t.Setenv("XCMATRIX_DSN_KINGBASE", "")
	if err := os.Chmod(secret, 0o644); err != nil {
		t.Fatal(err)
	}
	refused(t, file+":6", "chmod 600", "chmod 600", "--matrix", file)
	if err := errors.Join(os.Remove(secret), os.Symlink(private, secret)); err != nil {
		t.Fatal(err)
	}
	refused(t, file+":6", "a symbolic link, not a regular file", "符号链接，不是普通文件", "--matrix", file)
	if err := errors.Join(os.Remove(secret), syscall.Mkfifo(secret, 0o600)); err != nil {
		t.Fatal(err)
	}
	refused(t, file+":6", "a named pipe, not a regular file", "命名管道，不是普通文件", "--matrix", file)
	if err := errors.Join(os.Remove(secret), os.Symlink(filepath.Dir(private), secret),
		os.WriteFile(file, []byte(strings.Replace(text, "password_file: secret", "password_file: secret/private", 1)), 0o600)); err != nil {
		t.Fatal(err)
	}
	refused(t, file+":6", "cannot be read", "无法读取", "--matrix", file)
	t.Setenv("XCMATRIX_PASSWORD_FILE_KINGBASE", t.TempDir())
	refused(t, "XCMATRIX_PASSWORD_FILE_KINGBASE", "a directory, not a regular file", "目录，不是普通文件", "--matrix", file)
}
