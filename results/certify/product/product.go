// Package product reads what an applicant says of a product, and what a laboratory says of itself: the parts of a
// certificate that no run can show. They are refused where a page could show them as something else, and a product where the
// build that was tested says otherwise.
package product

import (
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xcmatrix/xcmatrix/results/pattern"
	"github.com/xcmatrix/xcmatrix/results/plain"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// Product is what is certified, in the applicant's words.
type Product struct {
	Name      record.Sentence `json:"name"`
	Version   string          `json:"version"`
	Vendor    record.Sentence `json:"vendor"`
	Applicant record.Sentence `json:"applicant"`
	Module    string          `json:"module"`
	Licence   string          `json:"licence"`
}

// Laboratory is who tests, in its own words.
type Laboratory struct {
	Name          record.Sentence `json:"name"`
	Address       record.Sentence `json:"address"`
	Accreditation string          `json:"accreditation,omitempty"` // number
	Basis         []string        `json:"basis,omitempty"`         // standards, beside the profile's
	Months        int             `json:"months,omitempty"`        // for which certificates are valid; 0 where that is not said
	Link          string          `json:"link,omitempty"`          // what the QR code begins with, before the claim's digest
}

// Until returns the end of a certificate's validity; the zero time where none is said.
func (l *Laboratory) Until(issued time.Time) time.Time {
	if l == nil || l.Months == 0 {
		return time.Time{}
	}
	return issued.AddDate(0, l.Months, 0)
}

// Lengths in characters, that fit the first page.
const (
	maxName    = 60
	maxVersion = 64
	maxLong    = 120
	maxLink    = 200
	maxMonths  = 60
	maxBasis   = 12
)

// field is one text of a file: its key, what it says, how long it may be, and whether it may be empty.
type field struct {
	key      []any
	text     string
	limit    int
	optional bool
}

func both(key string, s record.Sentence, limit int) []field {
	return []field{{[]any{key, "en"}, s.En, limit, false}, {[]any{key, "zh"}, s.Zh, limit, false}}
}

// wrong is what is wrong with a text, and the key in the file that it stands at.
type wrong struct {
	at []any
	*record.Problem
}

// Check reports the first text that cannot stand on a certificate, nil where all can. A signer may have written a claim
// without the file's reader: whoever verifies checks again.
func (p Product) Check() error { return plainError(p.wrong()) }

// Check reports the first text that cannot stand on a certificate, nil where all can.
func (l Laboratory) Check() error { return plainError(l.wrong()) }

func plainError(w *wrong) error {
	if w == nil {
		return nil
	}
	return w.Problem
}

func (p Product) wrong() *wrong {
	fields := append(both("name", p.Name, maxName), field{[]any{"version"}, p.Version, maxVersion, false})
	fields = append(fields, append(both("vendor", p.Vendor, maxLong), both("applicant", p.Applicant, maxLong)...)...)
	fields = append(fields, field{[]any{"module"}, p.Module, maxLink, false}, field{[]any{"licence"}, p.Licence, maxName, false})
	if w := firstWrong(fields); w != nil {
		return w
	}
	if !versionPattern().MatchString(p.Version) {
		return &wrong{[]any{"version"}, record.Wrongf("", "version %q is none such as v1.2.0: letters, digits, dots, hyphens and plus signs", "version %q 不是形如 v1.2.0 的版本：只能用字母、数字、点、连字符与加号", p.Version)}
	}
	if !modulePattern().MatchString(p.Module) {
		return &wrong{[]any{"module"}, record.Wrongf("", "module %q is no path such as example.com/shop, as in the first line of go.mod", "module %q 不是形如 example.com/shop 的路径（见 go.mod 首行）", p.Module)}
	}
	return nil
}

func (l Laboratory) wrong() *wrong {
	fields := append(both("name", l.Name, maxLong), both("address", l.Address, maxLong)...)
	for i := range fields[2:] { // no address is fine, one in one language is not
		fields[2+i].optional = l.Address == record.Sentence{}
	}
	fields = append(fields, field{[]any{"accreditation"}, l.Accreditation, maxName, true}, field{[]any{"link"}, l.Link, maxLink, true})
	for i, b := range l.Basis {
		fields = append(fields, field{[]any{"basis", i}, b, maxName, false})
	}
	w := firstWrong(fields)
	switch {
	case w != nil:
		return w
	case len(l.Basis) > maxBasis:
		return &wrong{[]any{"basis"}, record.Wrongf("", "%d standards do not fit the first page: name %d at most", "%d 项标准超出首页篇幅：最多 %d 项", len(l.Basis), maxBasis)}
	case wrongStandard(l.Basis) >= 0:
		i := wrongStandard(l.Basis)
		return &wrong{[]any{"basis", i}, record.Wrongf("", "basis %q is no standard such as GB/T 25000.51-2016, or stands there twice", "basis %q 不是形如 GB/T 25000.51-2016 的标准号，或重复出现", l.Basis[i])}
	case l.Months < 0 || l.Months > maxMonths:
		return &wrong{[]any{"months"}, record.Wrongf("", "months %d: a certificate is valid for 1 to %d months, or for no time that is said", "months %d：证书有效期为 1 至 %d 个月，或不作规定", l.Months, maxMonths)}
	case l.Link != "" && !isLink(l.Link):
		return &wrong{[]any{"link"}, record.Wrongf("", "link is no address such as https://lab.example/certificates/, without a user, a quote or a blank", "link 不是形如 https://lab.example/certificates/ 的地址（不得含用户名、引号或空格）")}
	}
	return nil
}

// firstWrong reports the first text that is missing, too long, or does something on a page instead of being seen.
func firstWrong(fields []field) *wrong {
	for _, f := range fields {
		key := name(f.key)
		switch {
		case f.text == "" && f.optional:
		case strings.TrimSpace(f.text) == "":
			return &wrong{f.key, record.Wrongf("", "%s is missing", "缺少 %s", key)}
		case plain.Line(f.text) != f.text:
			return &wrong{f.key, record.Wrongf("", "%s has a character that is not seen, or turns round what follows: %+.80q", "%s 含不可见或改变文字方向的字符：%+.80q", key, f.text)}
		case strings.TrimSpace(f.text) != f.text:
			return &wrong{f.key, record.Wrongf("", "%s begins or ends with a blank: %.80q", "%s 首尾有空格：%.80q", key, f.text)}
		case utf8.RuneCountInString(f.text) > f.limit:
			return &wrong{f.key, record.Wrongf("", "%s has %d characters, and %d fit the first page", "%s 有 %d 个字符，首页最多容纳 %d 个", key, utf8.RuneCountInString(f.text), f.limit)}
		}
	}
	return nil
}

func name(key []any) string {
	first := key[0].(string)
	if len(key) == 2 {
		if lang, ok := key[1].(string); ok {
			return first + "." + lang
		}
	}
	return first
}

var (
	versionPattern  = pattern.Of(`^[A-Za-z0-9][A-Za-z0-9._+-]*$`)
	modulePattern   = pattern.Of(`^[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$`)
	standardPattern = pattern.Of(`^[A-Z][A-Z0-9]*([/ -][A-Z][A-Z0-9]*){0,3}[ -]?[0-9]+([.:-][0-9A-Z]+)*$`)
	numberPattern   = pattern.Of(`^[\p{Han}A-Za-z0-9][\p{Han}A-Za-z0-9 ()（）〔〕\[\]./_-]{0,39}$`)
)

// levelWords are those that a reader could take for a result where standards stand.
var levelWords = []string{"L1", "L2", "L3", "LEVEL", "GRADE", "CLASS", "PASS", "PASSED", "CERTIFIED"}

// wrongStandard returns the index of the first text that is no standard's number, or stands there twice; -1 where there is none.
func wrongStandard(basis []string) int {
	return slices.IndexFunc(basis, func(b string) bool {
		words := strings.FieldsFunc(b, func(r rune) bool { return strings.ContainsRune(" /-:.", r) })
		return !standardPattern().MatchString(b) || slices.Index(basis, b) != lastIndex(basis, b) || slices.ContainsFunc(words, func(w string) bool { return slices.Contains(levelWords, w) })
	})
}

func lastIndex(list []string, text string) int {
	for i, s := range slices.Backward(list) {
		if s == text {
			return i
		}
	}
	return -1
}

// IsNumber reports whether a text can be a certificate's number.
func IsNumber(text string) bool {
	return numberPattern().MatchString(text) && strings.TrimSpace(text) == text
}

// isLink reports whether a text is an address that a telephone follows, and nothing but that.
func isLink(text string) bool {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	return strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) }) < 0
}

// Fits reports why the product is not what a run tested, nil where it is, and whether the build itself says the version.
// tested is nil for a run without tests of a module.
func (p Product) Fits(tested *store.Product) (proved bool, problem *record.Problem) {
	switch {
	case tested == nil:
		return false, record.Wrongf("", "the run has no tests of a module: `xcmatrix test` in the product's module makes one that has", "该运行不含任何模块的测试：请在产品模块目录中运行 `xcmatrix test`")
	case tested.Module != p.Module:
		return false, record.Wrongf("", "the run tested the module %.100s, not %.100s", "该运行检测的是模块 %.100s，而不是 %.100s", tested.Module, p.Module)
	case tested.Version == "":
		return false, nil
	case strings.TrimPrefix(tested.Version, "v") != strings.TrimPrefix(p.Version, "v"):
		return false, record.Wrongf("", "the build that was tested is version %.100s, not %.100s: name that version, or test a clean checkout of the tag %[2]s%[3]s",
			"被测构建的版本为 %.100s，而不是 %.100s：请改写版本，或在标签 %[2]s 的干净检出上重新检测%[3]s", tested.Version, p.Version, differing(tested))
	}
	return Unproved(tested) == nil, nil
}

// differing names the files by which a build differs from its commit; nothing where none is known.
func differing(tested *store.Product) record.Sentence {
	if len(tested.Differs) == 0 {
		return record.Sentence{}
	}
	return record.Sayf(" (not as committed: %.200s)", "（与提交不一致的文件：%.200s）", plain.Line(strings.Join(tested.Differs, ", ")))
}

// Unproved returns why the version of a build is a declaration and not proved by the build; nil where it is proved.
func Unproved(tested *store.Product) *record.Sentence {
	var why record.Sentence
	local, is := tested.Outside()
	switch {
	case tested.Version == "":
		why = record.Say("the build carries no version", "构建信息中无版本可供核对")
	case is:
		why = record.Sayf("%.60s is built from a local directory", "%.60s 取自本地目录", plain.Line(local.Module))
	case !tested.Committed:
		why = record.Say("its files were not compared with a commit", "其文件未与提交逐一核对")
	default:
		return nil
	}
	return &why
}
