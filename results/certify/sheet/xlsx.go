package sheet

import (
	"archive/zip"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/xcmatrix/xcmatrix/results/render"
)

// This file writes the workbook itself. The library excelize builds a megabyte of tables when a program starts; this
// program is its own payload, starts once for each suite, under emulators too, and has its heap marked beside the
// garbage of each benchmark that makes any. The tests read the workbooks with excelize.

// Namespaces and types of ECMA-376 (Office Open XML), part 1 for the parts and part 2 for their package.
const (
	spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relation    = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packaging   = "http://schemas.openxmlformats.org/package/2006/"
	media       = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// styles are the formats of cells: 0 is plain, 1 is the heading's, bold on grey. Long texts go on in the next
// line of their cell. Readers define the first two fills
// themselves.
const styles = `<styleSheet xmlns="` + spreadsheet + `">` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
	`<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>` +
	`<fill><patternFill patternType="solid"><fgColor rgb="FFDDE5EE"/></patternFill></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf/></cellStyleXfs>` +
	`<cellXfs count="2"><xf applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf>` +
	`<xf fontId="1" fillId="2" applyFont="1" applyFill="1" applyAlignment="1"><alignment vertical="top" wrapText="1"/></xf></cellXfs></styleSheet>`

// workbook writes tables as the sheets of one workbook.
func workbook(w io.Writer, tables []table) error {
	var types, sheets, relations, titles strings.Builder
	for i, t := range tables {
		n := i + 1
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, n, media)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%[2]d"/>`, escaped(t.name), n)
		fmt.Fprintf(&titles, `<definedName name="_xlnm.Print_Titles" localSheetId="%d">'%s'!$1:$1</definedName>`, i, escaped(strings.ReplaceAll(t.name, "'", "''")))
		fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%[1]d.xml"/>`, n, relation)
	}
	fmt.Fprintf(&relations, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, len(tables)+1, relation)

	p := parts{zip: zip.NewWriter(w)}
	// The output of the standard library's compressor changes between versions of Go, and verifiers make a workbook again to
	// compare it.
	p.zip.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.DefaultCompression) })
	p.add("[Content_Types].xml", `<Types xmlns="`, packaging, `content-types">`,
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>`,
		`<Override PartName="/xl/workbook.xml" ContentType="`, media, `sheet.main+xml"/>`,
		`<Override PartName="/xl/styles.xml" ContentType="`, media, `styles+xml"/>`, types.String(), `</Types>`)
	p.add("_rels/.rels", `<Relationships xmlns="`, packaging, `relationships">`,
		`<Relationship Id="rId1" Type="`, relation, `/officeDocument" Target="xl/workbook.xml"/></Relationships>`)
	p.add("xl/workbook.xml", `<workbook xmlns="`, spreadsheet, `" xmlns:r="`, relation, `"><sheets>`, sheets.String(), `</sheets><definedNames>`, titles.String(), `</definedNames></workbook>`)
	p.add("xl/_rels/workbook.xml.rels", `<Relationships xmlns="`, packaging, `relationships">`, relations.String(), `</Relationships>`)
	p.add("xl/styles.xml", styles)
	for i, t := range tables {
		p.add(fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), t.xml())
	}
	if p.err != nil {
		return p.err
	}
	return p.zip.Close()
}

// parts writes the files of a workbook, up to the first error.
type parts struct {
	zip *zip.Writer
	err error
}

// add writes one file of the workbook.
func (p *parts) add(name string, texts ...string) {
	if p.err != nil {
		return
	}
	var w io.Writer
	if w, p.err = p.zip.Create(name); p.err != nil {
		return
	}
	_, p.err = io.WriteString(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+"\n"+strings.Join(texts, ""))
}

// xml returns the table as a worksheet whose heading stays visible.
func (t table) xml() string {
	var b strings.Builder
	b.WriteString(`<worksheet xmlns="` + spreadsheet + `"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr><sheetViews><sheetView workbookViewId="0">` +
		`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><cols>`)
	for i, width := range t.widths {
		fmt.Fprintf(&b, `<col min="%d" max="%[1]d" width="%g" customWidth="1"/>`, i+1, width)
	}
	b.WriteString(`</cols><sheetData>`)
	for i, row := range t.rows {
		style := ""
		if i == 0 {
			style = ` s="1"`
		}
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for _, v := range row {
			b.WriteString(cell(v, style))
		}
		b.WriteString(`</row>`)
	}
	orientation, width := "portrait", 0.0
	for _, w := range t.widths {
		width += w
	}
	if width > across {
		orientation = "landscape"
	}
	// As wide as the page and as many pages long as it takes, on A4 (paper 9 of ECMA-376, part 1, 18.3.1.63).
	b.WriteString(`</sheetData><pageMargins left="0.5" right="0.5" top="0.6" bottom="0.6" header="0.3" footer="0.3"/>` +
		`<pageSetup paperSize="9" orientation="` + orientation + `" fitToWidth="1" fitToHeight="0"/><headerFooter><oddFooter>&amp;P / &amp;N</oddFooter></headerFooter></worksheet>`)
	return b.String()
}

// cell returns a cell with a number, or with a text that no reader interprets as a formula.
func cell(v any, style string) string {
	switch v.(type) {
	case int, float64:
		return fmt.Sprintf(`<c%s><v>%v</v></c>`, style, v)
	}
	text := escaped(render.Plain(fmt.Sprint(v), maxText))
	return fmt.Sprintf(`<c%s t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, style, text)
}

// escaped returns a text as XML. Characters that XML cannot represent become U+FFFD.
func escaped(text string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(text)) //nolint:errcheck // writing to a builder does not fail
	return b.String()
}
