package matrix

import (
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/yamlfile"
)

// Database is a database server of the lab. The matrix file holds no password, because many people read it; the password is in a
// file of its own or in the environment.
type Database struct {
	DSN          string `yaml:"dsn"`           // data source name without password
	PasswordFile string `yaml:"password_file"` // file with one line, below the directory of the matrix file
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

// PasswordFileEnv returns the name of the environment variable with the path of a database's password file. It takes precedence
// over the matrix file's, and may name any directory: the user has set it.
func PasswordFileEnv(name string) string { return "XCMATRIX_PASSWORD_FILE_" + strings.ToUpper(name) }

// Secret returns the password of a database, from the environment or from its file; "" if it has neither. A file that the matrix
// names must lie below the matrix file's directory, so that a matrix from elsewhere cannot send a private file to a server of
// its own. Secret returns a *record.Problem if the file is refused, cannot be read, others may read it, or it has not exactly
// one line.
func (m *Matrix) Secret(name string) (string, error) {
	if secret := os.Getenv(PasswordEnv(name)); secret != "" {
		return secret, nil
	}
	if path := os.Getenv(PasswordFileEnv(name)); path != "" {
		return password(PasswordFileEnv(name), name, path, func() (*os.File, error) { return regular.OpenNamed(path, maxPassword) })
	}
	d := m.Databases[name]
	if d.PasswordFile == "" {
		return "", nil
	}
	if !filepath.IsLocal(d.PasswordFile) {
		return "", record.Wrongf(d.Place, "database %s: the password file %.200q does not lie below the matrix file's directory: put it there, or name it by %s",
			"数据库 %s：口令文件 %.200q 不在矩阵文件所在目录之下：请移到该目录，或用 %s 指定", name, d.PasswordFile, PasswordFileEnv(name))
	}
	root, err := os.OpenRoot(filepath.Dir(m.Path))
	if err != nil {
		return "", record.Wrongf(d.Place, "database %s: the matrix file's directory cannot be read: %v", "数据库 %s：无法读取矩阵文件所在目录：%v", name, err)
	}
	defer root.Close()
	return password(d.Place, name, d.PasswordFile, func() (*os.File, error) { return regular.OpenIn(root, d.PasswordFile, maxPassword) })
}

// password returns the line of a database's password file. place is what names the file; the error is a *record.Problem.
func password(place, name, path string, open func() (*os.File, error)) (string, error) {
	f, err := open()
	if err != nil {
		why := record.Say(err.Error(), err.Error())
		if p, ok := errors.AsType[*record.Problem](err); ok {
			why = p.Sentence
		}
		return "", record.Wrongf(place, "database %s: password file %.200q: %s: a regular file with one line is expected; or set %s",
			"数据库 %s：口令文件 %.200q：%s：应为只有一行的普通文件；或设置 %s", name, path, why, PasswordEnv(name))
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		return "", record.Wrongf(place, "database %s: others may read the password file %.200q: chmod 600 it", "数据库 %s：口令文件 %.200q 可被他人读取：请执行 chmod 600", name, path)
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(regular.AtMost(f, path, maxPassword))
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if err != nil || secret == "" || strings.ContainsAny(secret, "\r\n\x00") {
		return "", record.Wrongf(place, "database %s: %.200q is no password file: one line is expected", "数据库 %s：%.200q 不是口令文件：应只有一行", name, path)
	}
	return secret, nil
}
