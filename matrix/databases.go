package matrix

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// Database is a database server of the lab. The matrix file holds no password, because many people read it; the password is in a
// file of its own or in the environment.
type Database struct {
	DSN          string `yaml:"dsn"`           // data source name without password
	PasswordFile string `yaml:"password_file"` // file with one line; relative to the directory of the matrix file
	Password     string `yaml:"password"`      // must be empty; the error names the alternatives

	Place string `yaml:"-"` // file:line
}

// PasswordEnv returns the name of the environment variable with a database's password. It takes precedence over the file.
func PasswordEnv(name string) string { return "XCMATRIX_PASSWORD_" + strings.ToUpper(name) }

// checkDatabases returns a *record.Problem for a database with a password or without a data source name.
func (m *Matrix) checkDatabases(f *yamlfile.File) error {
	for _, name := range slices.Sorted(maps.Keys(m.Databases)) {
		d := m.Databases[name]
		if d.Password != "" {
			return record.Wrongf(f.Place("databases", name, "password"), "database %.40s: no password may stand in the matrix: name a password_file, or set %s",
				"数据库 %.40s：矩阵文件中不得写口令：请使用 password_file 或设置 %s", name, PasswordEnv(name))
		}
		if d.DSN == "" {
			return record.Wrongf(f.Place("databases", name), "database %.40s has no dsn: name its server", "数据库 %.40s 缺少 dsn：请给出服务器", name)
		}
		d.Place = f.Place("databases", name, "dsn")
		m.Databases[name] = d
	}
	return nil
}

// maxPassword bounds a password file in bytes.
const maxPassword = 4 << 10

// Secret returns the password of a database, from the environment or from its file; "" if it has neither. It returns a
// *record.Problem if the file cannot be read, others may read it, or it has not exactly one line.
func (m *Matrix) Secret(name string) (string, error) {
	if secret := os.Getenv(PasswordEnv(name)); secret != "" {
		return secret, nil
	}
	d := m.Databases[name]
	if d.PasswordFile == "" {
		return "", nil
	}
	path := d.PasswordFile
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(m.Path), path)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", record.Wrongf(d.Place, "database %s: password file %s cannot be read: make it, or set %s",
			"数据库 %s：无法读取口令文件 %s：请创建该文件，或设置 %s", name, path, PasswordEnv(name))
	case info.Mode().Perm()&0o077 != 0:
		return "", record.Wrongf(d.Place, "database %s: others may read the password file %s: chmod 600 it", "数据库 %s：口令文件 %s 可被他人读取：请执行 chmod 600", name, path)
	case info.Size() > maxPassword || !info.Mode().IsRegular():
		return "", record.Wrongf(d.Place, "database %s: %s is no password file: one line is expected", "数据库 %s：%s 不是口令文件：应只有一行", name, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", record.Wrongf(d.Place, "database %s: password file %s cannot be read: make it, or set %s",
			"数据库 %s：无法读取口令文件 %s：请创建该文件，或设置 %s", name, path, PasswordEnv(name))
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", record.Wrongf(d.Place, "database %s: %s is no password file: one line is expected", "数据库 %s：%s 不是口令文件：应只有一行", name, path)
	}
	return secret, nil
}
