package vm

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/matrix/vm/volatile"
	"github.com/xcmatrix/xcmatrix/results/needs"
	"github.com/xcmatrix/xcmatrix/results/record"
)

const (
	diskBytes = 64 << 20
	// cutsByDefault are those of a run of all tests; `make cuts` makes more.
	cutsByDefault = 5
	// untilFound is how many cuts may pass before a planted fault is found.
	untilFound = 6
)

// TestPowerCuts cuts the power of a virtual machine at random moments while it writes. The boot that verifies is the boot that writes
// next.
func TestPowerCuts(t *testing.T) {
	t.Parallel()
	n, err := strconv.Atoi(os.Getenv("XCMATRIX_TEST_CUTS"))
	if err != nil {
		n = cutsByDefault
	}
	machines := 1
	if n > 2*cutsByDefault {
		machines = min(runtime.NumCPU(), 4)
	}
	for i := range machines {
		t.Run(fmt.Sprintf("machine %d", i+1), func(t *testing.T) {
			t.Parallel()
			cutOften(t, (n+machines-1)/machines)
		})
	}
}

func cutOften(t *testing.T, n int) {
	c := newCutter(t, record.Cut{}, false)
	began := time.Now()
	for i := range n {
		if lost := c.cut(1+i%3, i%5 == 4); lost != "" {
			t.Fatalf("cut %d: with %d records acknowledged: %s", i, c.told.Acknowledged, lost)
		}
	}
	if lost := c.cut(1, false); lost != "" { // verifies what the last cut left
		t.Fatalf("after %d cuts: %s", n, lost)
	}
	t.Logf("%d cuts in %v: %d records acknowledged, %d boots verified; of %d sectors in the disk's cache %d were lost",
		n, time.Since(began).Round(time.Second), c.told.Acknowledged, c.verified, c.kept+c.lost, c.lost)
	if c.told.Acknowledged == 0 || c.verified < n-n/5 {
		t.Errorf("%d records, %d boots verified", c.told.Acknowledged, c.verified)
	}
}

// TestPowerCutsFindAWriterThatForgetsFsync plants one.
func TestPowerCutsFindAWriterThatForgetsFsync(t *testing.T) {
	t.Parallel()
	mustFind(t, newCutter(t, record.Cut{NoSync: true}, false))
}

// TestPowerCutsFindADiskThatIgnoresFlush plants one.
func TestPowerCutsFindADiskThatIgnoresFlush(t *testing.T) {
	t.Parallel()
	mustFind(t, newCutter(t, record.Cut{}, true))
}

func mustFind(t *testing.T, c *cutter) {
	t.Helper()
	for i := range untilFound {
		if lost := c.cut(3, false); lost != "" {
			t.Logf("found after %d cuts: %s", i, lost)
			return
		}
	}
	t.Errorf("%d cuts, with %d records acknowledged, found nothing", untilFound, c.told.Acknowledged)
}

// cutter boots a machine with one disk again and again.
type cutter struct {
	t       *testing.T
	machine *Machine
	payload string
	disk    *volatile.Disk
	random  *rand.Rand
	told    record.Cut

	verified, kept, lost int
}

func newCutter(t *testing.T, told record.Cut, ignoresFlush bool) *cutter {
	t.Helper()
	m, payload := bootable(t, "amd64", "Dhyana-v2", record.Guest{Kernel: "amd64", Cores: 1, Memory: 512})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	told.Serial = NetworkSerial(0)
	c := &cutter{t: t, machine: m, payload: payload, disk: volatile.New(formatted(t)), random: rand.New(rand.NewPCG(seed, 1)), told: told}
	c.disk.IgnoresFlush = ignoresFlush
	return c
}

// formatted is the image of an empty ext4.
func formatted(t *testing.T) []byte {
	t.Helper()
	mkfs := ""
	for _, path := range []string{"mkfs.ext4", "/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4"} {
		if found, err := exec.LookPath(path); err == nil {
			mkfs = found
		}
	}
	if mkfs == "" {
		needs.Absent(t, needs.Tools, "mkfs.ext4 is not installed: it is in the package e2fsprogs")
	}
	path := filepath.Join(t.TempDir(), "image")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, diskBytes); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(mkfs, "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	image, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// cut boots, lets the guest verify and write, and cuts its power: at a random moment after some records, or, early, at one that may be
// before or within the verification. It returns what was lost.
func (c *cutter) cut(least int, early bool) (lost string) {
	c.t.Helper()
	ours, theirs, err := socketPair("disk")
	if err != nil {
		c.t.Fatal(err)
	}
	served := make(chan struct{})
	go func(conn net.Conn) { _ = c.disk.Serve(conn); close(served) }(ours)
	m := *c.machine
	m.Network = []*os.File{theirs}
	g, err := m.Boot(context.WithoutCancel(c.t.Context()), c.payload)
	if err != nil {
		c.t.Fatal(err)
	}
	lost = c.run(g, least, early)
	g.Close()
	<-served
	kept, gone := c.disk.Cut(c.random)
	c.kept, c.lost = c.kept+kept, c.lost+gone
	return lost
}

// run runs the spec that verifies and writes, until some more records are acknowledged and a random time has passed.
func (c *cutter) run(g *Guest, least int, early bool) (lost string) {
	c.t.Helper()
	told, err := json.Marshal(c.told)
	if err != nil {
		c.t.Fatal(err)
	}
	request, err := json.Marshal(record.Request{Item: "disk", Round: 1, Specs: []string{record.CutSpec}, Stretch: 4, Launch: record.Launch{Provenance: record.VM}})
	if err != nil {
		c.t.Fatal(err)
	}
	r, err := g.Run(guest.Run{Args: []string{"exec", "--request", "-", "--events-fd", "3"}, Stdin: request,
		Env: []string{record.CutVariable + "=" + string(told), "TMPDIR=/tmp", "PATH=/"}})
	if err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan string, 1)
	events := make(chan uint64)
	go func() {
		defer close(events)
		for lines := bufio.NewScanner(r.Events); lines.Scan(); {
			var e record.Event
			if json.Unmarshal(lines.Bytes(), &e) != nil {
				continue
			}
			switch {
			case e.Observation != nil && e.Observation.Name == "verified":
				events <- 0
			case e.Observation != nil && e.Observation.Name == record.CutAcknowledged:
				if n, err := strconv.ParseUint(string(e.Observation.Value), 10, 64); err == nil {
					events <- n
				}
			case e.End != nil && e.End.Verdict != record.Fail:
				c.t.Errorf("%s: %s", e.End.Verdict, sentence(e.End.Detail))
			case e.End != nil:
				ended <- fmt.Sprintf("%s: %s", e.End.Verdict, sentence(e.End.Detail))
			}
		}
	}()
	first, limit := c.told.Acknowledged, time.After(2*time.Minute)
	var cut <-chan time.Time
	if early {
		cut = time.After(time.Duration(c.random.Int64N(int64(3 * time.Second))))
	}
	for {
		select {
		case n, more := <-events:
			switch {
			case !more:
				exit, _ := r.Wait()
				c.t.Fatalf("the payload ended with %d: %s\n%s", exit.Code, exit.Output, g.Console())
			case n == 0:
				c.verified++
			default:
				c.told.Acknowledged = n
			}
			if cut == nil && c.told.Acknowledged >= first+uint64(least) {
				cut = time.After(time.Duration(c.random.Int64N(int64(400 * time.Millisecond))))
			}
		case lost := <-ended:
			go drain(events)
			return lost
		case <-cut:
			g.kill(record.Say("the power was cut", "已断电"))
			for n := range events { // what reached this side before the cut
				c.told.Acknowledged = max(c.told.Acknowledged, n)
			}
			return ""
		case <-limit:
			c.t.Fatalf("nothing was written: %s", g.Console())
		}
	}
}

func drain(events <-chan uint64) {
	for range events {
	}
}

func sentence(s *record.Sentence) string {
	if s == nil {
		return "no detail"
	}
	return s.En
}
