package run_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/xcmatrix/xcmatrix/matrix"
	"github.com/xcmatrix/xcmatrix/matrix/build"
	"github.com/xcmatrix/xcmatrix/matrix/lock"
	"github.com/xcmatrix/xcmatrix/matrix/remote"
	"github.com/xcmatrix/xcmatrix/matrix/ssh"
	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/results/store"
)

// machineEnv names a machine that misbehaves, which the test binary then is when it is started as ssh.
const machineEnv = "XCMATRIX_TEST_MACHINE"

// said to a coordinator by a machine that misbehaves: frames.
type talk struct {
	*remote.Writer
	n    int // entries
	cell store.Cell
}

// entry sends an entry of the cell's first attempt.
func (t *talk) entry(event string) error {
	t.n++
	return t.Hold(remote.Frame{Entry: &remote.Entry{N: t.n, Cell: &t.cell, Event: []byte(event)}})
}

// pass sends a verdict on a spec.
func (t *talk) pass(spec string) {
	_ = t.entry(fmt.Sprintf(`{"v":1,"event":"spec-start","spec":%q,"start":{"deadline_s":30}}`, spec))
	_ = t.entry(fmt.Sprintf(`{"v":1,"event":"spec-end","spec":%q,"end":{"verdict":"pass","seconds":0}}`, spec))
}

// machines are what a coordinator must survive. Each is given the job; the verdicts on what it leaves out are to come.
var machines = map[string]func(t *talk, job remote.Job){
	"honest": func(t *talk, job remote.Job) {
		for _, s := range job.Manifest.Cells[0].Specs {
			t.pass(s.ID)
		}
	},
	"longer events than a journal takes": func(t *talk, job remote.Job) {
		long := `{"v":1,"event":"log","log":{"level":"info","text":{"en":"x"}}` + strings.Repeat(" ", record.MaxLine+32<<10) + `}`
		for _, s := range job.Manifest.Cells[0].Specs {
			_ = t.entry(long)
			t.pass(s.ID)
		}
	},
	"entries without events": func(t *talk, _ remote.Job) {
		for t.entry("0") == nil {
		}
	},
	"attempts beyond counting": func(t *talk, job remote.Job) {
		t.cell.Attempt = 1<<63 - 1
		t.pass(job.Manifest.Cells[0].Specs[0].ID)
		t.cell.Attempt = 1
		t.pass(job.Manifest.Cells[0].Specs[1].ID)
	},
	"attachments without end": func(t *talk, job remote.Job) {
		t.pass(job.Manifest.Cells[0].Specs[0].ID)
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, _ = z.Write(make([]byte, 32<<20))
		_ = z.Close()
		for t.Write(remote.Frame{Attachment: &remote.Attachment{Cell: t.cell, Name: "log", Data: packed.Bytes(), Last: true}}) == nil {
		}
	},
	"waits without end": func(t *talk, _ remote.Job) {
		for n := 1; t.Hold(remote.Frame{Waiting: &lock.Holder{Who: "nobody", PID: n}}) == nil; n++ {
		}
	},
	"another payload": func(t *talk, job remote.Job) {
		_ = t.entry(`{"v":1,"event":"launch","launch":{"provenance":"native","launcher":{"name":"native"},"build_key":"k","payload":"sha256:1"}}`)
		t.pass(job.Manifest.Cells[0].Specs[0].ID)
	},
	"other servers lacking":   nil, // says so in its greeting
	"these servers lacking":   nil,
	"greets in another way":   nil,
	"ends before what it has": func(t *talk, _ remote.Job) { t.n += 5 },
}

// machineThere is the test binary as an ssh to a machine that misbehaves.
func machineThere(name string, args []string) {
	if at := slices.Index(args, "-E"); at >= 0 {
		_ = os.WriteFile(args[at+1], []byte("Host key fingerprint is SHA256:0123\n"), 0o600)
	}
	in := bufio.NewReader(os.Stdin)
	line, _ := in.ReadString('\n')
	mark := strings.TrimSpace(strings.TrimPrefix(line, "mark="))
	for line != "#go\n" {
		var err error
		if line, err = in.ReadString('\n'); err != nil {
			return
		}
	}
	fmt.Printf("%s begin\nsystem=Linux\nbase=/home/lab\nfree=900000\nsum=sha256sum\npayload=%s\n%[1]s end\n", mark, os.Getenv(machineEnv+"_PAYLOAD"))
	if _, err := in.ReadString('\n'); err != nil {
		return
	}
	fmt.Printf("%s started\n", mark)
	asked, err := remote.NewAskedReader(in)
	if err != nil {
		panic(err)
	}
	first, err := asked.Next()
	if err != nil {
		panic(err)
	}
	out, err := remote.NewWriter(os.Stdout)
	if err != nil {
		panic(err)
	}
	hello := remote.Hello{V: remote.Version}
	switch name {
	case "other servers lacking":
		hello.Without = []string{"database\x1b[2J"}
	case "these servers lacking":
		hello.Without = first.Open.Job.Manifest.Items
	case "greets in another way":
		hello.V = 99
	}
	_ = out.Write(remote.Frame{Hello: &hello})
	job := first.Open.Job
	does := machines[name]
	if does == nil {
		return
	}
	c := job.Manifest.Cells[0]
	t := &talk{Writer: out, cell: store.Cell{Target: c.Target, Item: c.Item, Round: c.Round, Attempt: 1}}
	does(t, job)
	_ = out.Write(remote.Frame{End: &remote.End{Entries: t.n}})
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// Whatever a machine at the other end of SSH does, its run ends soon, the journal stays sound, and what the machine has not said
// has the verdict error with a reason.
func TestMisbehavingMachines(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := (build.Payload{Path: self}).CheckStatic(); err != nil {
		t.Skip("does not apply: this test binary is built with cgo, and what is sent to a machine is static")
	}
	digest, err := build.Digest(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "ssh"), fmt.Appendf(nil, "#!/bin/sh\nif [ \"$1\" = -V ]; then echo OpenSSH_9.9p1; exit 0; fi\nexec %q machine \"$@\"\n", self), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	t.Setenv(machineEnv+"_PAYLOAD", strings.TrimPrefix(digest, "sha256:"))
	for name, want := range map[string][2]string{
		"honest":                             {"pass", "pass"},
		"longer events than a journal takes": {"pass", "pass"},
		"entries without events":             {"error: it has sent more than the cells can have", "error: it has sent more"},
		"attempts beyond counting":           {"error: the machine came to its end without a verdict", "pass"},
		"attachments without end":            {"pass", "error: it has sent more than the cells can have"},
		"waits without end":                  {"error: machine: it cannot be reached any more", "error: machine: it cannot"},
		"another payload":                    {"error: it runs another payload than it was sent", "error: it runs another"},
		"other servers lacking":              {"error: it refuses to begin for want of servers that these specs do not need", "error: it refuses"},
		"these servers lacking":              {"error: ", "error: "},
		"greets in another way":              {"error: machine: it cannot be reached any more", "error: machine: it cannot"},
		"ends before what it has":            {"error: machine: it cannot be reached any more", "error: machine: it cannot"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(machineEnv, name)
			r := runOn(t, digest)
			for i, id := range []string{"first", "second"} {
				if s := spec(t, r, "m1", id); !strings.HasPrefix(said(s), want[i]) || strings.Contains(said(s), "\x1b") || len(said(s)) > 1000 {
					t.Errorf("%s: %.300q, want %s", id, said(s), want[i])
				}
			}
			if again, err := store.Load(r.Dir); err != nil || again.Seal == nil {
				t.Errorf("the run cannot be read: %v", err)
			}
		})
	}
}

// runOn runs two specs on the machine that ssh leads to.
func runOn(t *testing.T, digest string) *store.Run {
	t.Helper()
	m, err := matrix.Parse("lab.yaml", fmt.Appendf(nil, "version: 1\nsuites: [selftest]\ntargets:\n  - {id: m1, goarch: %s, run: ssh, host: machine}\n", runtime.GOARCH))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := m.Plan(matrix.Selection{Targets: []string{"m1"}, Suites: []string{"selftest"}, Rounds: 1, Have: []string{"selftest"}})
	if err != nil {
		t.Fatal(err)
	}
	there, err := ssh.Reach(t.Context(), ssh.Host{Target: "m1", Place: "lab.yaml:4", Name: "machine"})
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, self(t), "native")
	o.Plan, o.Machines = plan, map[string]remote.Machine{"m1": remote.NewClient(there, time.Second)}
	o.Specs = func(string) ([]record.SpecPlan, error) {
		return []record.SpecPlan{{ID: "first", Deadline: 1}, {ID: "second", Deadline: 1}}, nil
	}
	told := 0
	o.Notice = func(string, record.Sentence) { told++ }
	began := time.Now()
	r := mustRun(t, o)
	if took := time.Since(began); took > 2*time.Minute {
		t.Errorf("the run took %s", took)
	}
	if told > 100_000 {
		t.Errorf("%d notices were given", told)
	}
	return r
}
