package html_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/certify/html"
	"github.com/xcmatrix/xcmatrix/results/internal/browser"
	"github.com/xcmatrix/xcmatrix/results/internal/specimen"
	"github.com/xcmatrix/xcmatrix/results/internal/trial"
)

// odd is what a hostile machine calls itself.
var odd = "<script>console.log(1)</script><img src=x onerror=console.log(2)>\u202e" + strings.Repeat("W", 10_000)

func page(t *testing.T, odd, lang string) string { return pageOf(t, "loong64", odd, lang) }

// pageOf is a page of a target of a run. Only the native one has plots.
func pageOf(t *testing.T, target, odd, lang string) string {
	t.Helper()
	run := specimen.Run(t, trial.Shape{Targets: trial.Base, Items: trial.Items, Specs: 12, Rounds: 5, Odd: odd})
	var b bytes.Buffer
	if err := html.Write(&b, specimen.Document(t, run, target), lang); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The page reads without a script, needs nothing from anywhere, and is well-formed.
func TestPageStandsAlone(t *testing.T) {
	for _, text := range []string{page(t, "", "zh"), page(t, odd, "zh"), pageOf(t, "native", odd, "zh")} {
		for _, bad := range []string{"<script", "javascript:", "http://", "@import", "url(", "\u202e"} {
			if strings.Contains(text, bad) {
				t.Errorf("the page holds %q", bad)
			}
		}
		if m := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(text, -1); len(m) != 1 || m[0][1] != "data:," {
			t.Errorf("the page refers to %v", m)
		}
		wellFormed(t, text)
	}
}

// wellFormed reads the page with the elements closed that HTML leaves open.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(strings.Replace(text, "<!doctype html>", "", 1)))
	d.Strict, d.AutoClose, d.Entity = false, []string{"meta", "link", "input", "br"}, xml.HTMLEntity
	depth := 0
	for {
		token, err := d.Token()
		if token == nil {
			if depth != 0 || err.Error() != "EOF" {
				t.Errorf("depth %d: %v", depth, err)
			}
			return
		}
		switch token.(type) {
		case xml.StartElement:
			depth++
		case xml.EndElement:
			depth--
		}
	}
}

// What was measured on the machine itself is plotted, in both languages; what an emulator measured is not.
func TestPlots(t *testing.T) {
	text := pageOf(t, "native", "", "zh")
	for _, want := range []string{">gc cache: stops of the world</text>", ">gc cache：全局停顿（STW）时间</text>", ">Pareto front</text>", ">帕累托前沿</text>",
		">Amdahl's law, serial share 2.5 %</text>"} {
		if !strings.Contains(text, strings.ReplaceAll(want, "'", "&#39;")) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(text, "<figure>"); n != 3 {
		t.Errorf("%d plots", n)
	}
	if strings.Count(text, `lang="en"`) != strings.Count(text, `lang="zh"`) {
		t.Error("something is said in one language alone")
	}
	if strings.Contains(page(t, "", "en"), "<figure>") {
		t.Error("an emulator's figures are plotted")
	}
}

func TestPageSaysItInBothLanguages(t *testing.T) {
	text := page(t, "", "zh")
	for _, want := range []string{"检测报告", "Test report", "检查项目 crypto", "fails on loong64 (emulated), passes on native", "失败：loong64（模拟）",
		`<span lang="en">high</span><span lang="zh">高</span>`, `<span lang="en">platform</span><span lang="zh">平台</span>`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, bare := range []string{">high<", ">low<", ">platform<", ">environment<"} {
		if i := strings.Index(strings.ReplaceAll(text, `<span lang="en"`+bare, ""), bare); i >= 0 {
			t.Errorf("%q stands on the Chinese page", bare)
		}
	}
	if strings.Count(text, `lang="en"`) != strings.Count(text, `lang="zh"`) {
		t.Error("something is said in one language alone")
	}
}

var console = regexp.MustCompile(`CONSOLE`)

// In a browser, at phone, laptop and wide screen, light and dark: nothing runs over the edge, nothing is logged, and
// nothing is requested but the page.
func TestBrowser(t *testing.T) {
	program := browser.Find(t)
	for _, target := range []string{"loong64", "native"} {
		t.Run(target, func(t *testing.T) { visit(t, program, pageOf(t, target, odd, "zh")) })
	}
}

// visit looks at a page in a browser.
func visit(t *testing.T, program, text string) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, text)
	}))
	defer server.Close()
	measured := measuring(t, text)
	brightness := map[string]float64{}
	for _, width := range []int{360, 1280, 1920} {
		for scheme, setting := range map[string]string{"light": "1", "dark": "0"} {
			requests.Store(0)
			screenshot := filepath.Join(t.TempDir(), "screenshot.png")
			out := browser.Visit(t, program, "--blink-settings=preferredColorScheme="+setting, fmt.Sprintf("--window-size=%d,900", width), "--screenshot="+screenshot, server.URL)
			if console.MatchString(out) || requests.Load() != 1 {
				t.Errorf("%d %s: %d requests, console: %s", width, scheme, requests.Load(), out)
			}
			brightness[scheme] = look(t, screenshot, width)
		}
		dom := browser.Visit(t, program, "--window-size=1920,900", "--dump-dom", measured+"/?width="+strconv.Itoa(width))
		if want := fmt.Sprintf("<title>%d of %d</title>", width, width); !strings.Contains(dom, want) {
			t.Errorf("at %d px the page is %s wide", width, regexp.MustCompile(`<title>[^<]*`).FindString(dom))
		}
	}
	if brightness["light"] < 200 || brightness["dark"] > 80 {
		t.Errorf("brightness %v", brightness)
	}
}

// measuring serves the page in a frame of the width that is asked for, because Chromium's own window is never narrower
// than 500 px. The outer page's title says how wide the inner one is, of how much.
func measuring(t *testing.T, text string) string {
	t.Helper()
	open := regexp.MustCompile(`<meta http-equiv[^>]*>`).ReplaceAllString(text, "")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		width, err := strconv.Atoi(r.URL.Query().Get("width"))
		if err != nil {
			fmt.Fprint(w, open)
			return
		}
		fmt.Fprintf(w, `<!doctype html><body style="margin:0"><iframe id="page" src="/page" style="border:0;width:%dpx;height:900px"></iframe>
<script>onload = () => { const w = document.getElementById("page").contentWindow;
document.title = w.document.documentElement.scrollWidth + " of " + w.innerWidth }</script>`, width)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// look gives the mean brightness of a screenshot, and fails for one that is blank or of another width.
func look(t *testing.T, path string, width int) float64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	b := img.Bounds()
	if b.Dx() != width {
		t.Errorf("the screenshot is %d px wide, not %d", b.Dx(), width)
	}
	sum, n := 0.0, 0.0
	seen := map[uint32]bool{}
	for y := b.Min.Y; y < b.Max.Y; y += 2 {
		for x := b.Min.X; x < b.Max.X; x += 2 {
			r, g, bl, _ := img.At(x, y).RGBA()
			sum, n = sum+float64(r+g+bl)/3/257, n+1
			seen[r>>8<<16|g>>8<<8|bl>>8] = true
		}
	}
	if len(seen) < 10 {
		t.Error("the screenshot is blank")
	}
	return sum / n
}
