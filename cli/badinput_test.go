package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

const goodTarget = "targets:\n  - id: a\n    run: native\n"

const databaseMatrix = "version: 1\n" + goodTarget + "suites: [abi]\n" + "databases: {kingbase: {"

// badMatrices are files that are wrong in one thing each, and what is said of them: the line, and words in English and
// Chinese.
type badMatrix struct {
	name, text, line, en, zh string
}

func badMatrices() []badMatrix {
	return []badMatrix{
		{"unknown key", "version: 1\ncolour: red\n" + goodTarget + "suites: [abi]\n", ":2", `no field "colour"`, "没有字段"},
		{"unknown key of a target", "version: 1\n" + goodTarget + "    speed: 9\nsuites: [abi]\n", ":5", `no field "speed"`, "没有字段"},
		{"wrong type", "version: one\n" + goodTarget + "suites: [abi]\n", ":1", "version is a whole number, not \"one\"", "version 应为整数"},
		{"wrong type of a list", "version: 1\ntargets: 7\nsuites: [abi]\n", ":2", "targets is a list", "targets 是列表"},
		{"duplicate target", "version: 1\n" + goodTarget + "  - id: a\n    run: native\nsuites: [abi]\n", ":5", `"a" is declared twice`, "重复声明"},
		{"duplicate suite", "version: 1\n" + goodTarget + "suites:\n  - abi\n  - abi\n", ":7", `"abi" is named twice`, "重复列出"},
		{"duplicate key", "version: 1\nversion: 1\n" + goodTarget + "suites: [abi]\n", ":2", `"version" stands in line 1 already`, "已在第 1 行出现"},
		{"unknown chip", "version: 1\n" + goodTarget + "    chip: kunpeng-921\nsuites: [abi]\n", ":5", "did you mean kunpeng-920?", "是否想写 kunpeng-920"},
		{"unknown system", "version: 1\n" + goodTarget + "    system: windows-95\nsuites: [abi]\n", ":5", "no system", "没有操作系统"},
		{"unknown suite", "version: 1\n" + goodTarget + "suites: [astrology]\n", ":5", `no suite "astrology"`, "没有套件"},
		{"unknown launcher", "version: 1\ntargets:\n  - id: a\n    run: teleport\nsuites: [abi]\n", ":4", `no launcher "teleport"`, "没有运行方式"},
		{"impossible GOARCH", "version: 1\n" + goodTarget + "    goarch: z80\nsuites: [abi]\n", ":5", `do not run on "linux/z80"`, "不能在"},
		{"impossible pair", "version: 1\n" + goodTarget + "    goos: windows\n    goarch: loong64\nsuites: [abi]\n", ":6", `"windows/loong64"`, "不能在"},
		{"chip of another GOARCH", "version: 1\n" + goodTarget + "    chip: kunpeng-920\n    goarch: loong64\nsuites: [abi]\n", ":6", "kunpeng-920 is arm64", "属于 arm64"},
		{"no such code", "version: 1\n" + goodTarget + "    code: cobol\nsuites: [abi]\n", ":5", `no code "cobol"`, "没有代码"},
		{"impossible level", "version: 1\n" + goodTarget + "    goarch: amd64\n    level: v9\nsuites: [abi]\n", ":6", `no level "v9"`, "没有级别"},
		{"level where there is none", "version: 1\n" + goodTarget + "    goarch: loong64\n    level: v1\nsuites: [abi]\n", ":6", "leave it out", "请删除"},
		{"emulated without cpu", "version: 1\ntargets:\n  - id: a\n    run: emulated\n    goarch: arm64\nsuites: [abi]\n", ":3", "add cpu: max", "请添加 cpu"},
		{"no targets", "version: 1\nsuites: [abi]\n", ":1", "no targets", "没有目标"},
		{"no suites", "version: 1\n" + goodTarget, ":1", "no suites", "没有套件"},
		{"no version", goodTarget + "suites: [abi]\n", ":1", "version must be 1", "version 应为 1"},
		{"newer version", "version: 2\n" + goodTarget + "suites: [abi]\n", ":1", "version must be 1", "version 应为 1"},
		{"id with a path", "version: 1\ntargets:\n  - id: ../x\n    run: native\nsuites: [abi]\n", ":3", "target id", "目标编号"},
		{"id with direction marks", "version: 1\ntargets:\n  - id: \"a\\u202Eb\"\n    run: native\nsuites: [abi]\n", ":3", "target id", "目标编号"},
		{"id of 10,000 characters", "version: 1\ntargets:\n  - id: " + strings.Repeat("a", 10_000) + "\n    run: native\nsuites: [abi]\n", ":3", "63 at most", "最长 63"},
		{"empty id", "version: 1\ntargets:\n  - run: native\nsuites: [abi]\n", ":3", "target id", "目标编号"},
		{"exclusion without a reason", "version: 1\n" + goodTarget + "suites: [abi]\nexclude:\n  - {target: a, suite: abi}\n", ":7", "add why", "请添加 why"},
		{"password in the matrix", databaseMatrix + "dsn: 'postgres://u@h:1/d', password: s3cret}}\n", ":6", "no password may stand in the matrix", "不得写口令"},
		{"password in a dsn", databaseMatrix + "dsn: 'postgres://u:s3cret@h:1/d'}}\n", ":6", "set XCMATRIX_PASSWORD_KINGBASE", "含有口令"},
		{"database without dsn", databaseMatrix + "password_file: x}}\n", ":6", "has no dsn", "缺少 dsn"},
		{"dsn that is none", databaseMatrix + "dsn: 'postgres://u@[/d'}}\n", ":6", "write it like postgres://", "请参照"},
		{"password file that is not there", databaseMatrix + "dsn: 'postgres://u@h:1/d', password_file: none}}\n", ":6", "cannot be read", "无法读取"},
		{"password file of another directory", databaseMatrix + "dsn: 'postgres://u@h:1/d', password_file: /etc/hostname}}\n", ":6", "does not lie below the matrix file's directory: put it there, or name it by XCMATRIX_PASSWORD_FILE_KINGBASE", "不在矩阵文件所在目录之下"},
		{"password file above", databaseMatrix + "dsn: 'postgres://u@h:1/d', password_file: a/../../x}}\n", ":6", "does not lie below", "不在矩阵文件所在目录之下"},
		{"password file that is a directory", databaseMatrix + "dsn: 'postgres://u@h:1/d', password_file: .}}\n", ":6", "a directory, not a regular file", "目录，不是普通文件"},
		{"dsn that names a password file", databaseMatrix + "dsn: 'postgres://u@h:1/d?pass%66ile=/etc/x'}}\n", ":6", "passfile stands in the data source name", "数据源名称中含有 passfile"},
		{"dsn of pairs that names a password file", databaseMatrix + "dsn: 'host=h user=u passfile =/etc/x'}}\n", ":6", "passfile stands in the data source name", "数据源名称中含有 passfile"},
		{"dsn by which a server reads files", strings.Replace(databaseMatrix, "kingbase", "mysql", 1) + "dsn: 'u@tcp(h:1)/d?allowAllFiles=true'}}\n", ":6", "allowallfiles stands in the data source name", "数据源名称中含有 allowallfiles"},
		{"unknown database", strings.Replace(databaseMatrix, "kingbase", "oracle", 1) + "dsn: x}}\n", ":6", `no database "oracle": one of dm, gaussdb`, "没有数据库"},
		{"rule that is no glob", "version: 1\n" + goodTarget + "suites: [abi]\ninclude:\n  - {target: '[', suite: abi}\n", ":7", "not a glob", "通配符"},
		{"not YAML", "\tversion: [1\n", ":1", "a tab stands in the indentation", "缩进中含制表符"},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00", ":1", "the file is no text", "不是文本文件"},
		{"a list", "- 1\n- 2\n", ":1", "the file holds fields", "文件由字段组成"},
		{"in GBK", "# \xca\xb5\xd1\xe9\xca\xd2\nversion: 1\n" + goodTarget + "suites: [abi]\n", ":1", "looks like GBK", "疑为 GBK"},
		{"one suite that is no list", "version: 1\n" + goodTarget + "suites: abi\n", ":5", "suites is a list: [abi]", "suites 是列表，应写作 [abi]"},
		{"a launcher that is none", "version: 1\ntargets:\n  - id: a\n    run: {a: b}\nsuites: [abi]\n", ":4", "run cannot be a group of fields", "run 不能是一组字段"},
		{"colon of full width", "version：1\n" + goodTarget + "suites: [abi]\n", ":1", "the character ： (U+FF1A) stands there, where : is meant", "应为半角 :"},
		{"comma of full width", "version: 1\n" + goodTarget + "suites: [abi，elf]\n", ":5", "the character ， (U+FF0C) stands there, where , is meant", "应为半角 ,"},
		{"ideographic blank", "version: 1\n" + goodTarget + "suites: [abi]\nexclude:\n  -　{target: a, suite: abi, why: x}\n", ":7", "an ideographic blank (U+3000)", "全角空格（U+3000）"},
		{"no-break blank", "version: 1\ntargets:\n  - id: a\n\u00a0   run: native\nsuites: [abi]\n", ":4", "a no-break blank (U+00A0)", "不间断空格（U+00A0）"},
		{"quotes of print", "version: 1\ntargets:\n  - id: “a”\n    run: native\nsuites: [abi]\n", ":3", "the character “ (U+201C) stands there, where \" is meant", "应为半角 \""},
		{"second document", "version: 1\n" + goodTarget + "suites: [abi]\n---\nversion: 1\n", ":6", "second document", "第二个"},
		{"empty file", "", ":1", "version must be 1", "version 应为 1"},
		{"a bracket left open", "version: 1\n" + goodTarget + "suites: [abi\n", ":4", "cannot be read", "无法读取"},
		{"comments alone", "# nothing\n", ":1", "version must be 1", "version 应为 1"},
		{"everything excluded", "version: 1\n" + goodTarget + "suites: [abi]\nexclude:\n  - {target: '*', suite: '*', why: because}\n", "", "nothing is selected", "没有选中"},
		{"larger than a mebibyte", "# " + strings.Repeat("x", 1<<20) + "\n", "", "longer than 1 MiB", "超过"},
	}
}

func TestBadMatrix(t *testing.T) {
	for _, c := range badMatrices() {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "m.yaml")
			if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			place := file + c.line
			if c.name == "everything excluded" {
				place = ""
			}
			refused(t, place, c.en, c.zh, "--matrix", file)
		})
	}
}

func TestBadFlags(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	for _, c := range []struct {
		name, place, en, zh string
		args                []string
	}{
		{"no such file", missing, "cannot be read", "无法读取", []string{"--matrix", missing}},
		{"a directory", t.TempDir(), "not a regular file", "不是普通文件", nil},
		{"glob that matches no target", "--target", `"mips*" matches none of native, arm64`, "都不匹配", []string{"--target", "mips*"}},
		{"glob that matches no suite", "--suite", `"chess" matches none of`, "都不匹配", []string{"--suite", "chess"}},
		{"no glob", "--target", "is not a glob", "不是有效的通配符", []string{"--target", "["}},
		{"label that matches nothing", "--label", "no spec is selected; labels of these suites: bench, ", "没有选中任何检查项；这些套件的标签：bench, ", []string{"--suite", "crypto,selftest", "--target", "native", "--label", "none-such"}},
		{"spec that there is not", "--spec", "no spec is selected: `", "没有选中", []string{"--suite", "selftest", "--target", "native", "--spec", "none-such"}},
		{"no label expression", "--label", "is not a label expression", "不是标签表达式", []string{"--label", "((", "--suite", "selftest"}},
		{"no rounds", "--rounds", "must be 1 or more", "必须不小于 1", []string{"--rounds", "0"}},
		{"rounds that are no number", "--rounds", `"many" is not of type int`, `"many" 不是 int 类型`, []string{"--rounds", "many"}},
		{"unknown flag", "", "there is no flag --warp", "没有选项 --warp", []string{"--warp"}},
		{"argument too many", "run", "these arguments do not fit: everything", "参数不符：everything", []string{"everything"}},
		{"resume of nothing", "", "there is no run here yet", "还没有任何运行", []string{"--resume", "latest"}},
		{"resume of another", "20200101-000000-none", "no such run", "没有这个运行", []string{"--resume", "20200101-000000-none"}},
	} {
		if c.name == "a directory" {
			c.args = []string{"--matrix", c.place}
		}
		t.Run(c.name, func(t *testing.T) { refused(t, c.place, c.en, c.zh, c.args...) })
	}
}

// badVectors are folders with one file of vectors, m.json, that is wrong in one thing each.
var badVectors = []struct{ name, text, en, zh string }{
	{"wrong schema", vectorFile("nist_test_schema.json", `"msg":"00","digest":"00"`), `field "schema": "nist_test_schema.json" is not one of`, `字段 "schema"："nist_test_schema.json" 不是`},
	{"missing field", vectorFile("digest_test_schema.json", `"msg":"00"`), `test 7: field "digest": missing`, `测试 7：字段 "digest"：缺少`},
	{"bad hex", vectorFile("digest_test_schema.json", `"msg":"0g","digest":"00"`), `test 7: field "msg": bad hex`, `测试 7：字段 "msg"：十六进制有误`},
	{"half a byte", vectorFile("digest_test_schema.json", `"msg":"00","digest":"000"`), `test 7: field "digest": bad hex: odd length`, `测试 7：字段 "digest"：十六进制有误`},
	{"unknown field", vectorFile("digest_test_schema.json", `"msg":"00","digest":"00","\u202esalt":"00"`), `test 7: field "\u202esalt": not in the schema`, `测试 7：字段 "\u202esalt"：不在该模式中`},
	{"not JSON", "SM3\x1b[31m(abc)", "not a file of vectors: ", "不是测试向量文件："},
	{"empty", "", "not a file of vectors: unexpected end", "不是测试向量文件："},
}

func vectorFile(schema, fields string) string {
	return `{"algorithm":"SM3","schema":"` + schema + `","numberOfTests":1,"notes":{},"testGroups":[{"tests":[` +
		`{"tcId":7,"comment":"","flags":[],"result":"valid",` + fields + `}]}]}`
}

func TestBadVectors(t *testing.T) {
	for _, c := range badVectors {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("XCMATRIX_VECTORS", dir)
			file := filepath.Join(dir, "m.json")
			if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			refused(t, file, c.en, c.zh, "--suite", "crypto")
		})
	}
	t.Setenv("XCMATRIX_VECTORS", filepath.Join(t.TempDir(), "none"))
	refused(t, os.Getenv("XCMATRIX_VECTORS"), "cannot be read", "无法读取", "--suite", "crypto")
	t.Setenv("XCMATRIX_VECTORS", t.TempDir())
	refused(t, os.Getenv("XCMATRIX_VECTORS"), "ends in .json", "没有以 .json 结尾", "--suite", "crypto")
}

// refused checks that a run with these flags says one sentence in either language, ends with 2, and writes nothing.
func refused(t *testing.T, place, en, zh string, flags ...string) {
	t.Helper()
	for lang, want := range map[string]string{"en": en, "zh": zh} {
		runs := filepath.Join(t.TempDir(), "runs")
		got := call(append([]string{"run", "--runs", runs, "--lang", lang}, flags...)...)
		if got.code != exitUsage || got.out != "" {
			t.Errorf("%s: exit status %d, printed %q", lang, got.code, got.out)
		}
		line, rest, _ := strings.Cut(got.err, "\n")
		if rest != "" || len(line) > 1000 || strings.ContainsFunc(line, unfit) {
			t.Errorf("%s: not one sentence: %.2000q", lang, got.err)
		}
		head := "xcmatrix: "
		if place != "" {
			head += place + ": "
		}
		if !strings.HasPrefix(line, head) || !strings.Contains(line, want) {
			t.Errorf("%s: %q, want %q and %q", lang, line, head, want)
		}
		if _, err := os.Stat(runs); err == nil {
			t.Errorf("%s: the directory of runs was made", lang)
		}
	}
}

// unfit is a character that would write elsewhere on a terminal than it says.
func unfit(c rune) bool { return unicode.IsControl(c) || unicode.Is(unicode.Cf, c) }

func TestUnknownVerb(t *testing.T) {
	if got := call("dance"); got.code != exitUsage || strings.Count(got.err, "\n") != 1 {
		t.Errorf("%+v", got)
	}
}
