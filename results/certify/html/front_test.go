package html_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/certify/document"
	"github.com/xcmatrix/xcmatrix/results/certify/html"
	"github.com/xcmatrix/xcmatrix/results/internal/browser"
	"github.com/xcmatrix/xcmatrix/results/internal/specimen"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
	"github.com/xcmatrix/xcmatrix/results/needs"
)

// certified is a document of a product; long gives it the longest texts that its files may have.
func certified(t *testing.T, long bool) document.Document {
	t.Helper()
	run := specimen.Run(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Rounds: 5})
	return specimen.Product(t, specimen.Document(t, run, "native"), long)
}

// The page says each field of a certificate in both languages, whatever its length.
func TestFrontSaysAllFields(t *testing.T) {
	var b bytes.Buffer
	if err := html.Write(&b, certified(t, false), "zh"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"编号：", "产品名称", "商", "Shop", "v1.2.0（与被测构建信息一致）", "生产单位", "申请单位（委托单位）", "Applicant", "芯片", "操作系统", "内核", "检测机构", "CNAS L00000",
		"标准依据", "GB/T 25000.51-2016", "检测结论", "经检测，", "As tested, ", "检测周期", "period of testing", "签发日期", "有效期至", "审核", "Approved by", "检测机构（盖章）", "产品摘要（文件）",
		"go.sum 摘要", "https://lab.example/certificates/sm3:", `shape-rendering="crispEdges"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// On paper and on a telephone the first page, with the longest texts too, runs over no edge, and on paper the annex begins
// on another page.
func TestFrontFits(t *testing.T) {
	program := browser.Find(t)
	for _, long := range []bool{false, true} {
		var b bytes.Buffer
		if err := html.Write(&b, certified(t, long), "zh"); err != nil {
			t.Fatal(err)
		}
		measured := measuring(t, b.String())
		for _, width := range []int{360, 1100} {
			dom := browser.Visit(t, program, "--window-size=1920,900", "--dump-dom", fmt.Sprintf("%s/?width=%d", measured, width))
			if want := fmt.Sprintf("<title>%d of %d</title>", width, width); !strings.Contains(dom, want) {
				t.Errorf("long %v: at %d px the page runs over the edge", long, width)
			}
		}
		if !long {
			printed(t, program, b.String())
		}
	}
}

// printed prints a page on paper and reads its first sheet.
func printed(t *testing.T, program, text string) {
	t.Helper()
	tool, err := exec.LookPath("pdftotext")
	if err != nil {
		needs.Absent(t, needs.Tools, "needs pdftotext: apt install poppler-utils")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, text)
	}))
	defer server.Close()
	path := filepath.Join(t.TempDir(), "page.pdf")
	browser.Visit(t, program, "--no-pdf-header-footer", "--print-to-pdf="+path, server.URL)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	sheet := func(n string) string {
		out, err := exec.Command(tool, "-f", n, "-l", n, path, "-").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	first := sheet("1")
	for _, word := range []string{"Apache-2.0", "Applicant", "Laboratory", "CNAS L00000"} {
		if !strings.Contains(first, word) {
			t.Errorf("the first sheet does not say %q in one piece:\n%s", word, first)
		}
	}
	if strings.Contains(first, "go1.26.0") || !strings.Contains(sheet("2"), "go1.26.0") {
		t.Error("the annex does not begin on the second sheet")
	}
}
