package yamlfile

import (
	"errors"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/record"
)

var (
	atLine  = pattern.Of(`(?s)^(?:yaml: )?line (\d+): (.*)$`)
	unknown = pattern.Of(`(?s)^field (.+) not found in type .+$`)
	twice   = pattern.Of(`(?s)^(?:mapping key "(.*)" already defined at line (\d+)|field (.*) already set in type .+)$`)
)

// split returns the first complaint of an error of the library, and its line; 0 if it names none.
func split(err error) (line int, text string) {
	text = err.Error()
	if all, ok := errors.AsType[*yaml.TypeError](err); ok && len(all.Errors) > 0 {
		text = all.Errors[0]
	}
	if m := atLine().FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	return line, strings.TrimPrefix(text, "yaml: ")
}

// content returns the problem for an error of the YAML library about the content: valid YAML that does not fit the Go
// type.
func (f *File) content(err error, into reflect.Type) error {
	line, text := split(err)
	place := f.at(line)
	if m := unknown().FindStringSubmatch(text); m != nil {
		return record.Wrongf(place, "there is no field %q here", "此处没有字段 %q", shown(m[1]))
	}
	if m := twice().FindStringSubmatch(text); m != nil {
		if m[2] != "" {
			return record.Wrongf(place, "the key %q stands in line %s already", "键 %q 已在第 %s 行出现", m[1], m[2])
		}
		return record.Wrongf(place, "the key %q stands twice", "键 %q 重复出现", m[3])
	}
	if strings.HasPrefix(text, "cannot ") {
		if node, what := wrongShape(top(&f.root), into, name{}); node != nil {
			return &record.Problem{Place: f.at(node.Line), Sentence: what}
		}
		if what, ok := f.wrongAt(line, text); ok {
			return &record.Problem{Place: place, Sentence: what}
		}
	}
	return &record.Problem{Place: place, Sentence: record.Sayf("cannot be read: %s", "无法读取：%s", words(text))}
}

// chinese are the library's complaints in Chinese, by their beginning.
var chinese = []struct{ en, zh string }{
	{"did not find expected node content", "此处应有值（请检查括号与逗号）"},
	{"did not find expected key", "此处应有键（请检查缩进与引号）"},
	{"did not find expected '-' indicator", `此处应有列表项标记 "- "（请检查缩进）`},
	{"did not find expected ',' or ']'", `列表缺少 "," 或 "]"`},
	{"did not find expected ',' or '}'", `字段组缺少 "," 或 "}"`},
	{"could not find expected ':'", `缺少冒号 ":"（冒号后须有空格）`},
	{"mapping values are not allowed", `此处不能出现“键: 值”（请检查缩进；含冒号的值须加引号）`},
	{"mapping keys are not allowed", "此处不能出现键（请检查缩进）"},
	{"block sequence entries are not allowed", `此处不能出现列表项 "- "（请检查缩进）`},
	{"found character that cannot start any token", "值不能以此字符开头（请加引号）"},
	{"found a tab character", "缩进中含制表符，请改用空格"},
	{"found unexpected end of stream", "文件提前结束（引号或括号未闭合）"},
	{"found unexpected document indicator", "引号未闭合"},
	{"found unknown escape character", "双引号内含未知的转义字符"},
	{"found invalid Unicode character escape code", "双引号内的 Unicode 转义有误"},
	{"did not find expected hexdecimal number", "双引号内的十六进制转义有误"},
	{"unknown anchor", "引用了未定义的锚点"},
	{"anchor ", "锚点引用了自身"},
	{"document contains excessive aliasing", "别名引用过多"},
	{"exceeded max depth", "嵌套过深"},
	{"did not find expected alphabetic or numeric character", "锚点或别名缺少名称（以 & 或 * 开头的值须加引号）"},
	{"found unknown directive name", "未知的 YAML 指令（以 % 开头的值须加引号）"},
	{"did not find expected comment or line break", "此处应换行（请检查 | 或 > 之后的内容）"},
}

// words returns a complaint of the library in both languages.
func words(text string) record.Sentence {
	for _, c := range chinese {
		if strings.HasPrefix(text, c.en) {
			return record.Say(text, c.zh)
		}
	}
	return record.Say(text, "不是有效的 YAML（请检查缩进、冒号与引号）")
}
