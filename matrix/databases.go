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

// Database is a server of the lab. A matrix is read by many, so it holds no password: that stands in a file of its own,
// or in the environment.
type Database struct {
	DSN          string `yaml:"dsn"`           // data source name without password
	PasswordFile string `yaml:"password_file"` // one line; a relative name counts from the matrix file
	Password     string `yaml:"password"`      // refused, with what to do instead

	Place string `yaml:"-"` // file:line
}

// PasswordEnv returns the environment variable that holds a database's password, before any file.
func PasswordEnv(name string) string { return "XCMATRIX_PASSWORD_" + strings.ToUpper(name) }

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

// Secret returns the password of the database name: from the environment, or from its file; "" where there is neither.
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
