package product_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/results/certify/product"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

const good = `name: {zh: 示例商城, en: Example Shop}
version: v1.2.0
vendor: {zh: 示例软件有限公司, en: Example Software Ltd}
module: example.com/shop
licence: Apache-2.0
`

var tested = &store.Product{Module: "example.com/shop", Version: "v1.2.0", Revision: "0123"}

func TestProduct(t *testing.T) {
	p, err := product.Parse("product.yaml", []byte(good), tested)
	if err != nil {
		t.Fatal(err)
	}
	if p.Applicant != p.Vendor || p.Name.Zh != "示例商城" || p.Check() != nil {
		t.Errorf("%+v", p)
	}
	for version, want := range map[string][2]bool{"v1.2.0": {true, true}, "1.2.0": {true, true}, "": {false, true}, "v1.2.0+dirty": {false, false},
		"v1.2.1-0.20261201000000-0123456789ab": {false, false}} {
		proved, problem := p.Fits(&store.Product{Module: p.Module, Version: version, Revision: "0123", Committed: true})
		if proved != want[0] || (problem == nil) != want[1] {
			t.Errorf("a build of version %q: %v %v", version, proved, problem)
		}
	}
}

// Each mistake is one sentence with the place of the file, in both languages.
func TestBadProducts(t *testing.T) {
	with := func(old, now string) string { return strings.Replace(good, old, now, 1) }
	for name, c := range map[string]struct{ text, want string }{
		"empty":              {"", "p.yaml:1: name.en is missing"},
		"no Chinese":         {with("{zh: 示例商城, en: Example Shop}", "{en: Example Shop}"), "p.yaml:1: name.zh is missing"},
		"one language":       {with("{zh: 示例商城, en: Example Shop}", "Example Shop"), "p.yaml:1: "},
		"no licence":         {with("licence: Apache-2.0\n", ""), "p.yaml:1: licence is missing"},
		"a key twice":        {good + "version: v9.9.9\n", "p.yaml:6: "},
		"an unknown key":     {good + "level: L3\n", "p.yaml:6: "},
		"two documents":      {good + "---\nname: x\n", "p.yaml:"},
		"an escape":          {with("Example Shop", `"Example\u001b[31mShop"`), `p.yaml:1: name.en has a character that is not seen`},
		"turned round":       {with("Example Shop", `"Example \u202epohS"`), `p.yaml:1: name.en has a character that is not seen, or turns round what follows: "Example \u202epohS"`},
		"a zero width":       {with("Apache-2.0", `"Apache\u200b-2.0"`), "p.yaml:5: licence has a character that is not seen"},
		"a line more":        {with("Example Shop", `"Example\nShop"`), "p.yaml:1: name.en has a character"},
		"blanks":             {with("Example Shop", `" Example Shop"`), "p.yaml:1: name.en begins or ends with a blank"},
		"overlong":           {with("Example Shop", strings.Repeat("W", 61)), "p.yaml:1: name.en has 61 characters, and 60 fit the first page"},
		"a version of words": {with("v1.2.0", "the newest one"), `p.yaml:2: version "the newest one" is none`},
		"another version":    {with("v1.2.0", "v1.3.0"), "p.yaml:2: the build that was tested is version v1.2.0, not v1.3.0: name that version, or test a clean checkout of the tag v1.3.0"},
		"another module":     {with("example.com/shop", "example.com/bank"), "p.yaml:4: the run tested the module example.com/shop, not example.com/bank"},
		"no module":          {with("example.com/shop", "/etc passwd"), `p.yaml:4: module "/etc passwd" is no path`},
		"GBK":                {"name: \xca\xb5\xd1\xe9\xca\xd2\n", "p.yaml:1: the line is not UTF-8"},
		"full-width colon":   {with("version: ", "version："), "p.yaml:"},
	} {
		_, err := product.Parse("p.yaml", []byte(c.text), tested)
		var problem *record.Problem
		if !errors.As(err, &problem) || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
			continue
		}
		if zh := problem.In("zh"); zh == err.Error() || strings.Contains(zh, "%!") {
			t.Errorf("%s: in Chinese %q", name, zh)
		}
	}
	if _, err := product.Parse("p.yaml", []byte(good), tested, nil); err == nil || !strings.Contains(err.Error(), "p.yaml:4: the run has no tests of a module: `xcmatrix test`") {
		t.Errorf("one of two runs without tests: %v", err)
	}
}

const laboratory = `name: {zh: 示例实验室, en: Example Laboratory}
address: {zh: 武汉, en: Wuhan}
accreditation: CNAS L00000
basis: [GB/T 25000.51-2016]
months: 36
link: https://lab.example/certificates/
`

func TestLaboratory(t *testing.T) {
	l, err := product.ParseLaboratory("lab.yaml", []byte(laboratory))
	if err != nil || l.Check() != nil {
		t.Fatal(err)
	}
	issued := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	if until := l.Until(issued); until.Year() != 2029 || !(*product.Laboratory)(nil).Until(issued).IsZero() {
		t.Errorf("until %v", until)
	}
	if _, err := product.ParseLaboratory("lab.yaml", []byte("name: {zh: 甲, en: A}\n")); err != nil {
		t.Errorf("a name is enough: %v", err)
	}
	with := func(old, now string) string { return strings.Replace(laboratory, old, now, 1) }
	if _, err := product.ParseLaboratory("lab.yaml", []byte(with("[GB/T 25000.51-2016]", `["GB/T 25000.51-2016", GB 18030-2022, T/CESA 1234-2022, "ISO/IEC 17025:2017", "CNAS-CL01:2018", RFC 8446, NIST SP 800-22]`))); err != nil {
		t.Errorf("standards are refused: %v", err)
	}
	for name, c := range map[string]struct{ text, want string }{
		"half an address": {with("{zh: 武汉, en: Wuhan}", "{en: Wuhan}"), "lab.yaml:2: address.zh is missing"},
		"for ever":        {with("36", "1200"), "lab.yaml:5: months 1200"},
		"a script":        {with("https://lab.example/certificates/", "javascript:alert(1)"), "lab.yaml:6: link"},
		"a password":      {with("https://lab.example/", "https://me:secret@lab.example/"), "lab.yaml:6: link"},
		"a quote":         {with("https://lab.example/certificates/", `'https://lab.example/"><script>'`), "lab.yaml:6: link"},
		"many standards":  {with("[GB/T 25000.51-2016]", "["+strings.Repeat("GB/T 1-2020, ", 13)+"]"), "lab.yaml:4: 13 standards"},
		"a level":         {with("GB/T 25000.51-2016", "L3"), "lab.yaml:4: basis \"L3\" is no standard"},
		"a level behind":  {with("GB/T 25000.51-2016", "GB/T LEVEL 3"), "lab.yaml:4: basis \"GB/T LEVEL 3\" is no standard"},
		"a sentence":      {with("GB/T 25000.51-2016", "performs by GB/T 25000.51-2016"), "lab.yaml:4: basis \"performs by GB/T 25000.51-2016\" is no standard"},
		"twice":           {with("GB/T 25000.51-2016", "GB/T 25000.51-2016, GB/T 25000.51-2016"), "lab.yaml:4: basis \"GB/T 25000.51-2016\" is no standard"},
		"a long standard": {with("GB/T 25000.51-2016", strings.Repeat("x", 61)), "lab.yaml:4: basis has 61 characters"},
	} {
		if _, err := product.ParseLaboratory("lab.yaml", []byte(c.text)); err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// A file that is none, or larger than any such file, is refused before it is read.
func TestFilesThatAreNone(t *testing.T) {
	dir := t.TempDir()
	if _, err := product.Read(dir); err == nil {
		t.Error("a directory is read")
	}
	if _, err := product.Read(filepath.Join(dir, "absent.yaml")); err == nil {
		t.Error("nothing is read")
	}
	large := filepath.Join(dir, "large.yaml")
	if err := os.WriteFile(large, []byte(strings.Repeat("#", 64<<20)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := product.ReadLaboratory(large); err == nil {
		t.Error("64 MiB are read")
	}
}

func TestNumbers(t *testing.T) {
	for number, want := range map[string]bool{"XC-2026-001": true, "信认字〔2026〕001号": true, "": false, "a\nb": false, "x\u202e": false, strings.Repeat("1", 41): false,
		"1 ": false, "<b>": false} {
		if product.IsNumber(number) != want {
			t.Errorf("%q: %v", number, !want)
		}
	}
}
