package certify

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/xcmatrix/xcmatrix/results/certify/claim"
	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/html"
	"github.com/xcmatrix/xcmatrix/results/certify/identity"
	"github.com/xcmatrix/xcmatrix/results/certify/markdown"
	"github.com/xcmatrix/xcmatrix/results/certify/pdf"
	"github.com/xcmatrix/xcmatrix/results/certify/profile"
	"github.com/xcmatrix/xcmatrix/results/certify/sheet"
	"github.com/xcmatrix/xcmatrix/results/certify/statement"
	"github.com/xcmatrix/xcmatrix/results/compare/series"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/regular"
	"github.com/xcmatrix/xcmatrix/results/render"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// pages are the files of a certificate that people read. They follow from the evidence, the claim and the signer, so that
// a verifier can make them again.
type pages struct {
	own    *store.Run // the cells of the target alone
	report render.Report
	doc    document.Document
	lang   string
	font   *pdf.Font // nil for no PDF
}

// makePages returns the pages of a claim.
func makePages(run document.Run, c claim.Claim, p *profile.Profile, chain identity.Chain, font *pdf.Font) (pages, error) {
	doc := document.Make(run, c, p)
	var err error
	if doc.Digest, err = c.Digest(); err != nil {
		return pages{}, err
	}
	if doc.Key, err = chain.KeyID(); err != nil {
		return pages{}, err
	}
	doc.Root, doc.KeyUntil, doc.Openssl = chain.Root.Subject.CommonName, chain.Leaf.NotAfter, statement.OpenSSL
	return pages{own: only(run.Run, c.Target.ID), report: run.Report.Of(c.Target.ID), doc: doc, lang: c.Pages.Lang, font: font}, nil
}

// writers returns the functions that write the pages, by file name.
func (p pages) writers() map[string]func(io.Writer) error {
	all := map[string]func(io.Writer) error{
		htmlFile:     func(w io.Writer) error { return html.Write(w, p.doc, p.lang) },
		markdownFile: func(w io.Writer) error { return markdown.Write(w, p.doc, p.lang) },
		junitFile:    p.report.JUnit,
		benchFile:    func(w io.Writer) error { return series.WriteRun(w, p.own) },
		csvFile:      func(w io.Writer) error { return sheet.CSV(w, p.doc, p.lang) },
		workbookFile: func(w io.Writer) error { return sheet.Workbook(w, p.doc, p.report.Specs, p.lang) },
	}
	if p.font != nil {
		all[pdfFile] = func(w io.Writer) error { return pdf.Write(w, p.doc, p.font, p.lang) }
	}
	return all
}

// only returns a copy of a run with the cells of one target alone.
func only(run *store.Run, target string) *store.Run {
	part := *run
	part.Cells = nil
	for _, c := range run.Cells {
		if c.Target == target {
			part.Cells = append(part.Cells, c)
		}
	}
	return &part
}

// compiler is the version of Go that compiled this program, with its platform. The bytes of a PDF depend on it: its
// compressor is Go's, and processors with fused multiply-add round some positions differently.
var compiler = runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH

// pages makes the pages again and compares them with the folder's. For a page that cannot be made again here it adds to
// Unproved which statement counts instead.
func (v *Verification) pages(dir string, run document.Run, c claim.Claim, p *profile.Profile, chain identity.Chain) {
	if c.Pages.Version != document.Version {
		by := record.Say(fmt.Sprint("version ", c.Pages.Version, " of the pages"), fmt.Sprint("第 ", c.Pages.Version, " 版页面模板"))
		if c.Pages.Version == 0 { // claims of version 1 have no such field
			by = record.Say("an older version", "较早版本")
		}
		v.unproved("pages not proved: written by %s, this program has version %d; what counts is this: %s",
			"页面无法核实：由%s写出，本程序为第 %d 版；以下列内容为准：%s", by, document.Version, byJournal(c))
		return
	}
	if c.Pages.Lang != "zh" && c.Pages.Lang != "en" {
		v.wrong(StatementFile, "claim.pages", "%q is no language that pages are written in", "%q 不是页面所用的语言", c.Pages.Lang)
		return
	}
	font, ok := v.font(dir, c.Pages.Font)
	if !ok {
		return
	}
	made, err := makePages(run, c, p, chain, font)
	if err != nil {
		v.because(StatementFile, err)
		return
	}
	same := 0
	writers := made.writers()
	for _, name := range slices.Sorted(maps.Keys(writers)) {
		place, err := firstDifference(filepath.Join(dir, name), writers[name])
		switch {
		case err != nil:
			v.unreadable(name, err)
		case place == "":
			same++
		case name == pdfFile && c.Pages.Go != compiler:
			v.unproved("%s: it was made by a program that %s compiled, and this one was compiled by %s, which gives other bytes; go by the other pages",
				"%s：由 %s 编译的程序生成，本程序由 %s 编译，输出字节不同；请以其他页面为准", pdfFile, c.Pages.Go, compiler)
		default:
			v.wrong(name, place, "it does not say what follows from the journal", "内容与由日志得出的不符")
		}
	}
	if v.OK() {
		v.proved("the %d pages and tables for people say what follows from the journal: made again, and equal",
			"供人阅读的 %d 个页面与表格与日志一致：重新生成后逐字节相同", same)
	}
}

// byJournal returns one sentence for a certificate, from the journal alone.
func byJournal(c claim.Claim) record.Sentence {
	var counts []string
	for _, verdict := range record.Verdicts {
		if n := c.Verdicts[verdict]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, verdict))
		}
	}
	name, level := cmp.Or(chip(c), "unknown"), c.Level.Name()
	return record.Say(fmt.Sprintf("%s; chip %q; %s", level.En, name, strings.Join(counts, ", ")),
		fmt.Sprintf("%s；芯片 %q；%s", level.In("zh"), name, strings.Join(counts, "、")))
}

// font returns the font that the folder's PDF was made with; nil if there is no PDF or the font is not on this machine.
// It returns false, and adds a problem, if claim and folder differ on whether there is a PDF.
func (v *Verification) font(dir, digest string) (*pdf.Font, bool) {
	in, err := regular.Open(filepath.Join(dir, pdfFile), MaxFile)
	if err == nil {
		in.Close()
	}
	switch there := err == nil; {
	case there && digest == "":
		return nil, v.wrong(pdfFile, "", "it does not follow from the journal: the claim knows of no PDF", "声明中没有 PDF，该文件并非由日志得出")
	case !there && digest != "":
		return nil, v.wrong(pdfFile, "", "it is missing", "缺少该文件")
	case !there:
		return nil, true
	}
	font := pdf.FontOf(digest)
	if font == nil {
		v.unproved("%s: the font that it was made with is not on this machine (%s), so it was not made again; go by the other pages",
			"%s：本机没有生成时所用的字体（%s），因此未重新生成；请以其他页面为准", pdfFile, digest)
	}
	return font, true
}

// firstDifference compares a file with the output of write, and returns the first place where they differ; "" if they are
// equal.
func firstDifference(path string, write func(io.Writer) error) (place string, err error) {
	in, err := regular.Open(path, MaxFile)
	if err != nil {
		return "", err
	}
	defer in.Close()
	c := &comparer{in: in, line: 1, text: !strings.HasSuffix(path, ".pdf") && !strings.HasSuffix(path, ".xlsx")}
	if err := write(c); err != nil && !c.differs {
		return "", err
	}
	var one [1]byte
	if n, _ := in.Read(one[:]); n > 0 {
		c.differs = true
	}
	switch {
	case !c.differs:
		return "", nil
	case c.text:
		return fmt.Sprintf("line %d", c.line), nil
	}
	return fmt.Sprintf("byte %d", c.at+1), nil
}

// errDiffers is the error of a comparer after the first difference; it stops the writer.
var errDiffers = errors.New("the file differs")

// comparer is a writer that compares what is written to it with a file, up to the first difference.
type comparer struct {
	in       io.Reader
	buffer   []byte
	at, line int
	text     bool
	differs  bool
}

func (c *comparer) Write(p []byte) (int, error) {
	if c.differs {
		return 0, errDiffers
	}
	c.buffer = slices.Grow(c.buffer[:0], len(p))[:len(p)]
	n, err := io.ReadFull(c.in, c.buffer)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return 0, err
	}
	same := 0
	for same < n && c.buffer[same] == p[same] {
		same++
	}
	c.at, c.line = c.at+same, c.line+bytes.Count(p[:same], []byte("\n"))
	if same < len(p) {
		c.differs = true
		return same, errDiffers
	}
	return len(p), nil
}
