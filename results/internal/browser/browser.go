// Package browser runs an installed Chromium or Chrome without a screen, for tests of pages.
package browser

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// names of the programs in PATH that Find tries, in order.
var names = []string{"chromium-headless-shell", "chrome-headless-shell", "chromium", "chromium-browser", "google-chrome",
	"google-chrome-stable", "chrome"}

// Find returns the path of a browser that starts here. If there is none it skips the test, with the message of each.
func Find(t *testing.T) string {
	t.Helper()
	var why []string
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := start(t, path, "--dump-dom", "data:text/html,<title>it starts</title>")
		if err == nil && strings.Contains(out, "<title>it starts</title>") {
			return path
		}
		why = append(why, fmt.Sprintf("%s does not start: %v: %.300s", path, err, out))
	}
	if len(why) > 0 {
		t.Skip(strings.Join(why, "\n"))
	}
	t.Skip("needs one of " + strings.Join(names, ", ") + ": apt install chromium-headless-shell")
	return ""
}

// Visit runs a browser to its end, and returns what it printed.
func Visit(t *testing.T, browser string, args ...string) string {
	t.Helper()
	out, err := start(t, browser, args...)
	if err != nil {
		t.Fatalf("%s: %v\n%s", browser, err, out)
	}
	return out
}

// start runs a browser. The headless shell needs no screen; others need a flag for that.
func start(t *testing.T, browser string, args ...string) (string, error) {
	t.Helper()
	args = append([]string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
		"--enable-logging=stderr", "--timeout=20000", "--user-data-dir=" + t.TempDir()}, args...)
	cmd := exec.Command(browser, args...)
	cmd.WaitDelay = time.Minute
	timer := time.AfterFunc(2*time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	out, err := cmd.CombinedOutput()
	return string(out), err
}
