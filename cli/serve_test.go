package cli

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"
)

// serve prints its address first, and ends with a signal.
func TestServeSaysWhere(t *testing.T) {
	dir := t.TempDir()
	for _, flags := range [][]string{nil, {"--json"}} {
		cmd := program(t, dir, append([]string{"serve", "--listen", "127.0.0.1:0"}, flags...)...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var said strings.Builder
		lines := bufio.NewScanner(out)
		address := ""
		for address == "" && lines.Scan() {
			said.WriteString(lines.Text())
			var where struct{ Address string }
			if flags == nil {
				address = lines.Text()
			} else if json.Unmarshal([]byte(said.String()), &where) == nil {
				address = where.Address
			}
		}
		answer, err := http.Get(address)
		if err != nil {
			t.Fatalf("%q: %v", said.String(), err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", address, answer.StatusCode)
		}
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%v", err)
		}
	}
}
