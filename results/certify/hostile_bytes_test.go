package certify_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"

	"github.com/xcmatrix/xcmatrix/results/certify"
	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
)

func init() {
	subjects["pages for people"] = pageForgeries
	subjects["one reading"] = readingForgeries
	subjects["keys"] = keyForgeries
	subjects["text"] = textForgeries
}

// page forges one file of an honest folder and signs it anew.
func page(name string, change func(content []byte) []byte) func(*laboratory) seen {
	return func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		forged := change(f[name])
		if bytes.Equal(forged, f[name]) {
			l.t.Fatal("nothing was forged")
		}
		return l.verified(l.sign(f.with(name, forged), nil), nil)
	}
}

func replaced(old, by string) func([]byte) []byte {
	return func(content []byte) []byte { return bytes.ReplaceAll(content, []byte(old), []byte(by)) }
}

var pageForgeries = []forgery{
	{name: "a page that says L3", refused: "certificate.html: line", forge: page(certify.HTMLFile, replaced("L2 works", "L3 performs"))},
	{name: "a page that says another chip", refused: "certificate.html: line", forge: page(certify.HTMLFile, replaced("<dt>libc</dt>", "<dt>chip</dt><dd>kunpeng-920</dd><dt>libc</dt>"))},
	{name: "a page with a script behind it", refused: "certificate.html: line", forge: page(certify.HTMLFile, func(b []byte) []byte {
		return append(bytes.Clone(b), "<script>document.title='L3'</script>"...)
	})},
	{name: "a page that ends early", refused: "certificate.html: line", forge: page(certify.HTMLFile, func(b []byte) []byte { return b[:len(b)/2] })},
	{name: "another run's page", refused: "certificate.html: line", forge: page(certify.HTMLFile, func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte("Model"), []byte("Kunpeng 920"))
	})},
	{name: "Markdown with more that passed", refused: "certificate.md: line", forge: page(certify.MarkdownFile, replaced(" 5 pass", " 99 pass"))},
	{name: "a summary with other counts", refused: "summary.csv: line", forge: page(certify.CSVFile, replaced("level,L2 works", "level,L3 performs"))},
	{name: "a workbook with another level", refused: "summary.xlsx: byte", forge: page(certify.WorkbookFile, func(b []byte) []byte { return rezipped(b, "L2 works", "L3 performs") })},
	{name: "a workbook with a second one behind it", refused: "summary.xlsx: byte", forge: page(certify.WorkbookFile, func(b []byte) []byte {
		return slices.Concat(b, rezipped(b, "L2 works", "L3 performs"))
	})},
	{name: "test results without a failure", refused: "junit.xml: line", forge: page(certify.JUnitFile, replaced(`failures="0"`, `failures="-1"`))},
	{name: "faster benchmarks", refused: "bench.txt: line", forge: page(certify.BenchFile, replaced(" 100 MB/s", " 900 MB/s"))},
	{name: "benchmarks of another chip", refused: "bench.txt: line", forge: page(certify.BenchFile, replaced("target: native\n", "target: native\nchip: kunpeng-920\n"))},
	{name: "a PDF that the claim does not know", refused: "certificate.pdf: : it does not follow", forge: func(l *laboratory) seen {
		return l.verified(l.sign(l.honest(l.run(whole)).with(certify.PDFFile, []byte("%PDF-1.3\nL3")), nil), nil)
	}},
	{name: "a PDF of a font that the pages do not know of", refused: "certificate.html: line", forge: func(l *laboratory) seen {
		return l.verified(l.sign(l.honest(l.run(whole)).with(certify.PDFFile, []byte("%PDF-1.3\nL3")), func(c *claim.Claim) { c.Pages.Font = "sha256:00" }), nil)
	}},
	{name: "a page of a version to come", level: "L2 works", says: []string{"pages not proved: written by version 99 of the pages", `L2 works; chip "unknown"; 29 pass`}, forge: func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		f = f.with(certify.HTMLFile, replaced("L2 works", "L3 performs")(f[certify.HTMLFile]))
		return l.verified(l.sign(f, func(c *claim.Claim) { c.Pages.Version, c.Program = 99, "v9.9.9" }), nil)
	}},
	{name: "a page of a version to come, by the program that verifies", refused: "version v1.2.3 of the program writes version 2 of the pages, not version 99", forge: func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		f = f.with(certify.HTMLFile, replaced("L2 works", "L3 performs")(f[certify.HTMLFile]))
		return l.verified(l.sign(f, func(c *claim.Claim) { c.Pages.Version = 99 }), nil)
	}},
	{name: "a language that is none", refused: "is no language", forge: func(l *laboratory) seen {
		return l.verified(l.sign(l.honest(l.run(whole)), func(c *claim.Claim) { c.Pages.Lang = "xx" }), nil)
	}},
}

// rezipped is a workbook in which one text stands for another.
func rezipped(workbook []byte, old, by string) []byte {
	in, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	if err != nil {
		panic(err)
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			panic(err)
		}
		text, err := io.ReadAll(r)
		w, errNew := out.Create(f.Name)
		if err = errors.Join(err, errNew); err != nil {
			panic(err)
		}
		if _, err := w.Write(bytes.ReplaceAll(text, []byte(old), []byte(by))); err != nil {
			panic(err)
		}
	}
	if err := out.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// payload is an honest folder in which the signed statement is spelt as change leaves it.
func payload(change func(statement string) string) func(*laboratory) seen {
	return func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		s, _ := l.claimed(f)
		raw, err := json.Marshal(s)
		l.must(err)
		forged := change(string(raw))
		if forged == string(raw) {
			l.t.Fatal("nothing was forged")
		}
		signer, err := dsse.NewEnvelopeSigner(l.by)
		l.must(err)
		e, err := signer.SignPayload(context.Background(), "application/vnd.in-toto+json", []byte(forged))
		l.must(err)
		envelope, err := json.MarshalIndent(e, "", " ")
		l.must(err)
		return l.verified(f.with(certify.StatementFile, append(envelope, '\n')), nil)
	}
}

// held is an honest folder with other evidence in it.
func held(change func(l *laboratory, f folder, e evidence) folder) func(*laboratory) seen {
	return func(l *laboratory) seen {
		e := l.run(whole)
		return l.verified(l.sign(change(l, l.honest(e), e), nil), nil)
	}
}

// journal forges every entry that old stands in.
func journal(old, by string) func(*laboratory) seen {
	return held(func(l *laboratory, f folder, e evidence) folder {
		changed := e.each(func(body string) string { return strings.Replace(body, old, by, 1) })
		return f.holding(l, changed)
	})
}

// manifest forges the manifest, under a chain that begins at it.
func manifest(old, by string) func(*laboratory) seen {
	return held(func(l *laboratory, f folder, e evidence) folder {
		e.manifest = bytes.Replace(e.manifest, []byte(old), []byte(by), 1)
		return f.holding(l, e)
	})
}

const otherReaders = "other readers may see"

var readingForgeries = []forgery{
	{name: "a level twice", refused: otherReaders, forge: payload(func(s string) string {
		return strings.Replace(s, `"level":"L2","rules"`, `"level":"L3","level":"L2","rules"`, 1)
	})},
	{name: "a level in other letters", refused: otherReaders, forge: payload(func(s string) string {
		return strings.Replace(s, `"level":"L2","rules"`, `"LEVEL":"L3","level":"L2","rules"`, 1)
	})},
	{name: "a field that only others read", refused: otherReaders, forge: payload(func(s string) string {
		return strings.Replace(s, `"level":"L2","rules"`, `"level":"L2","grade":"L3","rules"`, 1)
	})},
	{name: "a result twice", refused: "something else", forge: payload(func(s string) string {
		return strings.Replace(s, `"predicate":{`, `"predicate":{"result":"PASSED",`, 1)
	})},
	{name: "a subject that only others read", refused: "something else", forge: payload(func(s string) string {
		return strings.Replace(s, `"_type":`, `"Subject":[],"_type":`, 1)
	})},
	{name: "a byte order mark before the statement", refused: "byte order mark", forge: payload(func(s string) string { return "\ufeff" + s })},
	{name: "a signer that is no UTF-8", refused: "not UTF-8", forge: payload(func(s string) string { return strings.Replace(s, `"signer":"`, "\"signer\":\"\xff", 1) })},
	{name: "a claim of a version to come", refused: "newer version", forge: payload(func(s string) string {
		return strings.Replace(s, `"xcmatrixClaim":{"v":2,`, `"xcmatrixClaim":{"v":99,"later":[1],`, 1)
	})},
	{name: "a manifest with a chip twice", refused: "the manifest is damaged", forge: manifest(`"goos": "linux",`, "\"chip\": \"kunpeng-920\",\n   \"goos\": \"linux\",\n   \"chip\": \"\",")},
	{name: "a manifest with a note", refused: "the manifest is damaged", forge: manifest("{\n", "{\n \"note\": \"every suite was planned\",\n")},
	{name: "a manifest in other letters", refused: "the manifest is damaged", forge: manifest(`"tool"`, `"Tool"`)},
	{name: "a manifest of a layout to come", refused: "made by a newer version", forge: manifest(`"v": 2`, `"v": 99`)},
	{name: "a seal with two heads", refused: "the seal is damaged", forge: held(func(_ *laboratory, f folder, _ evidence) folder {
		return f.with(certify.SealFile, replaced("{\n", "{\n \"head\": \"00\",\n")(f[certify.SealFile]))
	})},
	{name: "a verdict twice", refused: `"verdict" stands twice`, forge: journal(`"verdict":"pass"`, `"verdict":"fail","verdict":"pass"`)},
	{name: "a verdict in other letters", refused: "in other letters", forge: journal(`"verdict":"pass"`, `"verdict":"pass","Verdict":"fail"`)},
	{name: "a verdict with a long s", refused: "in other letters", forge: journal(`"seconds":`, "\"\u017feconds\":99,\"seconds\":")},
	{name: "text that is no UTF-8", refused: "not UTF-8", forge: journal(`"model":"`, "\"model\":\"\xc3")},
	{name: "an entry of two cells", refused: "not as this program writes it", forge: journal(`,"cell":{`, `,"cell":{"target":"arm64"},"cell":{`)},
	{name: "an entry of two events", refused: "results.ndjson.gz", forge: journal(`,"event":{`, `,"event":{"v":1},"event":{`)},
	{name: "half a pair of surrogates", refused: "half a surrogate pair", forge: journal(`"model":"`, `"model":"\ud800`)},
}

// chained is an honest folder with another chain of certificates.
func chained(change func(l *laboratory, leaf, root []byte) []byte) func(*laboratory) seen {
	return func(l *laboratory) seen {
		f := l.honest(l.run(whole))
		block := func(raw []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}) }
		f = f.with(certify.ChainFile, change(l, block(l.by.Chain.Leaf.Raw), block(l.by.Chain.Root.Raw)))
		return l.seenBy(certify.Reader{At: l.reader().At}, f)
	}
}

func (l *laboratory) foreign(name string) []byte {
	l.t.Helper()
	text, err := os.ReadFile(filepath.Join("identity", "testdata", name))
	l.must(err)
	return text
}

var keyForgeries = []forgery{
	{name: "a root that is no authority", refused: "chain.pem: : the certificate \"not a CA\" is of no certification authority", forge: chained(func(l *laboratory, leaf, _ []byte) []byte {
		return slices.Concat(leaf, l.foreign("root_nca2.pem"))
	})},
	{name: "a root of another SM2 ID", refused: "signed with another ID", forge: chained(func(l *laboratory, leaf, _ []byte) []byte {
		return slices.Concat(leaf, l.foreign("root_id.pem"))
	})},
	{name: "a root of the same name", refused: "the signature in it is not the root's", forge: chained(func(l *laboratory, leaf, _ []byte) []byte {
		dir := filepath.Join(l.t.TempDir(), "key")
		l.must(identity.Create(dir, identity.Request{Name: "Hostile laboratory", Days: 1, Passphrase: passphrase, Now: trial.Began}))
		root, err := os.ReadFile(filepath.Join(dir, identity.RootFile))
		l.must(err)
		return slices.Concat(leaf, root)
	})},
	{name: "the root as its own signer", refused: "chain.pem", forge: chained(func(_ *laboratory, _, root []byte) []byte { return slices.Concat(root, root) })},
	{name: "a third certificate", refused: "it holds 3 certificates", forge: chained(func(_ *laboratory, leaf, root []byte) []byte { return slices.Concat(leaf, root, root) })},
}

// textForgeries are names that would act on a terminal or a page; cli's tests see to the terminal.
var textForgeries = []forgery{
	{name: "a page that a name acts on", level: "L2 works", says: []string{"made again, and equal"}, forge: func(l *laboratory) seen {
		odd := whole
		odd.Odd = "</td><script>1</script>\x1b[2J\u202e|](x)\n=cmd()"
		f, err := l.certify(l.run(odd), rules{})
		l.must(err)
		by := l.reader()
		by.Program.FullPlan = trial.FullPlan(odd)
		return l.seenBy(by, f)
	}},
	{name: "a target that leads elsewhere", refused: "cannot be the id of a target", forge: manifest(`"id": "native"`, `"id": "../../native"`)},
	{name: "a target with escapes", refused: "cannot be the id of a target", forge: manifest(`"id": "native"`, `"id": "\u001b[2Jnative"`)},
	{name: "an item with a newline", refused: "cannot be the id of an item", forge: manifest(`"item": "crypto"`, `"item": "crypto\nverified"`)},
}
