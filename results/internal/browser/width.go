package browser

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/pattern"
)

var (
	policy = pattern.Of(`<meta http-equiv[^>]*>`)
	title  = pattern.Of(`<title>([^<]*)`)
)

// Fits fails the test if a page is wider than width, in pixels. The page is in a frame, because the window of Chromium is
// never narrower than 500 pixels.
func Fits(t *testing.T, browser, text string, width int) {
	t.Helper()
	open := policy().ReplaceAllString(text, "")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if r.URL.Path == "/page" {
			fmt.Fprint(w, open)
			return
		}
		fmt.Fprintf(w, `<!doctype html><body style="margin:0"><iframe id="page" src="/page" style="border:0;width:%dpx;height:900px"></iframe>
<script>onload = () => { const w = document.getElementById("page").contentWindow;
document.title = w.document.documentElement.scrollWidth + " of " + w.innerWidth }</script>`, width)
	}))
	defer server.Close()
	dom := Visit(t, browser, "--window-size=1920,900", "--dump-dom", server.URL)
	if want := fmt.Sprintf("<title>%d of %d</title>", width, width); !strings.Contains(dom, want) {
		t.Errorf("at %d px the page is %s wide", width, title().FindStringSubmatch(dom))
	}
}
