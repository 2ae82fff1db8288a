package diagnosis

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/results/needs"
)

const goodDockerfile = `# syntax=docker/dockerfile:1
FROM golang:1.26.8@sha256:0000000000000000000000000000000000000000000000000000000000000000 AS builder
WORKDIR /app
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 \
    go build -trimpath -o /bin/app ./cmd
FROM scratch
COPY --from=builder /bin/app /app
USER 65532:65532
ENTRYPOINT ["/app"]
`

// Each check of a Dockerfile finds nothing in a good one, and its own fault where one thing is changed.
func TestDockerfileBothWays(t *testing.T) {
	change := func(old, new string) string { return strings.Replace(goodDockerfile, old, new, 1) }
	digest := "@sha256:" + strings.Repeat("0", 64)
	wrong := map[string][]string{
		"docker-tag":      {change("golang:1.26.8"+digest, "golang"), change("golang:1.26.8"+digest, "golang:latest")},
		"docker-digest":   {change(digest, "")},
		"docker-cgo":      {change("CGO_ENABLED=0", "")},
		"docker-trimpath": {change("-trimpath", "")},
		"docker-modules":  {change("RUN go mod download\n", "")},
		"docker-sum":      {change("go.mod go.sum", "go.mod")},
		"docker-vendor":   {change("go mod download", "go mod vendor")},
		"docker-fetch":    {change("WORKDIR /app", "ADD https://example.com/x /x"), change("WORKDIR /app", "RUN curl -O https://example.com/x")},
		"docker-secret":   {change("WORKDIR /app", "ENV GOPROXY=https://user:hunter2@proxy.example.com"), change("WORKDIR /app", "ARG TOKEN=hunter2")},
		"docker-stage":    {change("FROM scratch", "FROM golang:1.26.8"+digest)},
		"docker-user":     {change("USER 65532:65532\n", ""), change("65532:65532", "root")},
	}
	checks := func(content string) []Check {
		path := filepath.Join(t.TempDir(), "Dockerfile")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := Dockerfile(path)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, c := range checks(goodDockerfile) {
		if f := c.Judge(c.Gather(t.Context(), nil)); f != nil {
			t.Errorf("%s: %+v in a good file", c.ID, f)
		}
		if len(wrong[c.ID]) == 0 {
			t.Errorf("%s: no file is prepared", c.ID)
		}
		for i, content := range wrong[c.ID] {
			for _, own := range checks(content) {
				if own.ID == c.ID {
					complete(t, i, own.Judge(own.Gather(t.Context(), nil)))
				}
			}
		}
	}
}

// What is no Dockerfile is refused with its line.
func TestWrongDockerfile(t *testing.T) {
	for content, want := range map[string]string{
		"FROM scratch\nRUNN x\n":          ":2: \"RUNN\" is no instruction",
		"COPY . .\nFROM scratch\n":        ":1: COPY stands before the first FROM",
		"# nothing\n":                     "there is no FROM",
		"FROM scratch\nRUN\n":             ":2: RUN says nothing",
		"FROM scratch\nRUN x \\":          ":2: the last line is to be continued",
		"FROM scratch\nRUN <<END\necho\n": ":2: the text that ends with END has no end",
	} {
		path := filepath.Join(t.TempDir(), "Dockerfile")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Dockerfile(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
}

// An archive is held against its digest and its signature.
func TestArchive(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "go.tar.gz")
	if err := os.WriteFile(path, []byte("archive"), 0o600); err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("archive"))
	judge := func(a Archive) *Fault {
		t.Helper()
		all, err := a.Checks()
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		return all[0].Judge(all[0].Gather(t.Context(), Here("")))
	}
	if f := judge(Archive{Path: path, SHA256: strings.ToUpper(hex.EncodeToString(sum[:]))}); f != nil {
		t.Errorf("%+v", f)
	}
	complete(t, 0, judge(Archive{Path: path, SHA256: strings.Repeat("0", 64)}))
	for name, a := range map[string]Archive{"no digest": {Path: path, SHA256: "abc"}, "no archive": {Path: path + "x"}, "a key alone": {Path: path, Key: path}} {
		if _, err := a.Checks(); err == nil {
			t.Errorf("%s: it is taken", name)
		}
	}
	if _, err := exec.LookPath("gpg"); err != nil {
		needs.Absent(t, needs.Tools, "gpg is not installed")
	}
	home := t.TempDir()
	gpg := func(args ...string) {
		t.Helper()
		cmd := exec.Command("gpg", append([]string{"--homedir", home, "--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)...)
		if said, err := cmd.CombinedOutput(); err != nil {
			needs.Absent(t, needs.Tools, "gpg makes no key here: "+firstLine(string(said)))
		}
	}
	key, signature := filepath.Join(dir, "key"), filepath.Join(dir, "go.asc")
	gpg("--quick-generate-key", "test@example.com", "default", "default", "never")
	gpg("--armor", "--output", key, "--export", "test@example.com")
	gpg("--armor", "--output", signature, "--detach-sign", path)
	if f := judge(Archive{Path: path, Key: key, Signature: signature}); f != nil {
		t.Errorf("%+v", f)
	}
	if err := os.WriteFile(path, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	complete(t, 1, judge(Archive{Path: path, Key: key, Signature: signature}))
	complete(t, 2, judgeSignature(Evidence{"archive": path}))
}
