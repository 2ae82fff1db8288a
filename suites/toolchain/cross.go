package toolchain

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/net/http/httpproxy"

	"github.com/xcmatrix/xcmatrix/results/executable"
	"github.com/xcmatrix/xcmatrix/suites/check"
)

// made builds a small program with flags, for an architecture or "" for this one, and returns what `xcmatrix elf` reads in it.
func made(goarch string, flags ...string) executable.Facts {
	GinkgoHelper()
	dir := module(hello)
	if goarch != "" {
		check.NoError(os.WriteFile(filepath.Join(dir, "env"), []byte("GOARCH="+goarch+"\n"), 0o600)) // the file GOENV of run
	}
	_, said, err := run(dir, append(append([]string{"build", "-o", "probe"}, flags...), ".")...)
	built(said, err)
	f, err := executable.Open(filepath.Join(dir, "probe"))
	check.NoError(err)
	return *f
}

// wrongIn returns what the rules of topics say of a program.
func wrongIn(f executable.Facts, topics string) (all []string) {
	for _, r := range executable.Rules() {
		if r.Hint || !strings.Contains(topics, r.Topic) {
			continue
		}
		for _, what := range r.Find(&f) {
			all = append(all, what.En)
		}
	}
	return all
}

func cross() {
	for _, goarch := range []string{"amd64", "arm64", "loong64"} {
		It("builds for "+goarch+" what the header says, without an interpreter", func() {
			f := check.Gather("a program for "+goarch, func() executable.Facts { return made(goarch) })
			Expect([]any{f.GOARCH, f.Interpreter, len(f.Needed), f.Static}).To(Equal([]any{goarch, "", 0, true}))
			Expect(wrongIn(f, "header segment dynamic section Go")).To(BeEmpty())
		})
	}
	It("gives each local symbol a section, and each function an address in it", func() {
		f := check.Gather("a program with symbols", func() executable.Facts { return made("") })
		Expect(f.Symbols.Present).To(BeTrue())
		Expect(f.Symbols.Functions).To(BeNumerically(">", 100))
		Expect(wrongIn(f, "symbol")).To(BeEmpty())
	})
	It("keeps the symbols with -w, and drops DWARF", func() {
		f := check.Gather("a program built with -w", func() executable.Facts { return made("", "-ldflags=-w") })
		Expect([]bool{f.Symbols.Present, f.Debug.Present}).To(Equal([]bool{true, false}))
	})
	It("drops the symbols with -s", func() {
		f := check.Gather("a program built with -s", func() executable.Facts { return made("", "-ldflags=-s") })
		Expect(f.Symbols.Present).To(BeFalse())
	})
	It("refuses to link by another linker without cgo", func() {
		a := check.Gather("answer to -linkmode=external without cgo", func() answer {
			_, said, err := run(module(hello), "build", "-o", "probe", "-ldflags=-linkmode=external", ".")
			return answer{said, err}
		})
		Expect(a.err).To(HaveOccurred())
		Expect(a.said).To(ContainSubstring("cgo"))
	})
	It("writes whole DWARF", func() {
		f := check.Gather("a program with DWARF", func() executable.Facts { return made("") })
		Expect(f.Debug.Units).To(BeNumerically(">", 1))
		Expect(wrongIn(f, "debugging")).To(BeEmpty())
	})
}

// toProxy returns whether Go asks a proxy for an address, with a value of NO_PROXY.
func toProxy(address, except string) bool {
	GinkgoHelper()
	u, err := url.Parse(address)
	Expect(err).NotTo(HaveOccurred())
	proxy, err := (&httpproxy.Config{HTTPSProxy: "http://127.0.0.1:1", HTTPProxy: "http://127.0.0.1:1", NoProxy: except}).ProxyFunc()(u)
	Expect(err).NotTo(HaveOccurred())
	return proxy != nil
}

func proxies() {
	It("leaves the domains below a host out too, where NO_PROXY names the host", func() {
		asked := []bool{toProxy("https://example.com", "example.com"), toProxy("https://api.example.com", "example.com"), toProxy("https://notexample.com", "example.com")}
		Expect(check.Fact("proxies with NO_PROXY=example.com", asked)).To(Equal([]bool{false, false, true}))
	})
	It("leaves the domains alone out, where NO_PROXY begins with a dot", func() {
		asked := []bool{toProxy("https://example.com", ".example.com"), toProxy("https://api.example.com", ".example.com")}
		Expect(check.Fact("proxies with NO_PROXY=.example.com", asked)).To(Equal([]bool{true, false}))
	})
	It("matches networks and ports of NO_PROXY", func() {
		asked := []bool{toProxy("https://10.1.2.3", "10.0.0.0/8"), toProxy("https://11.1.2.3", "10.0.0.0/8"), toProxy("https://example.com:8443", "example.com:8443"), toProxy("https://example.com", "example.com:8443")}
		Expect(check.Fact("proxies with networks and ports in NO_PROXY", asked)).To(Equal([]bool{false, true, false, true}))
	})
	It("asks no proxy for this machine", func() {
		Expect(check.Fact("proxies for this machine", []bool{toProxy("http://localhost:80", ""), toProxy("http://127.0.0.1", "")})).To(Equal([]bool{false, false}))
	})
	It("takes the proxy that a transport names, whatever the environment says", func() {
		proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "by proxy: "+r.URL.Host) }))
		DeferCleanup(proxy.Close)
		u, err := url.Parse(proxy.URL)
		Expect(err).NotTo(HaveOccurred())
		client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(u)}}
		DeferCleanup(client.CloseIdleConnections)
		r, err := client.Get("http://module.invalid/")
		check.NoError(err)
		defer r.Body.Close()
		body, err := io.ReadAll(r.Body)
		check.NoError(err)
		Expect(check.Fact("answer to a transport with a proxy", string(body))).To(Equal("by proxy: module.invalid"))
	})
}
