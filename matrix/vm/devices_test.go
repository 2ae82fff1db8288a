package vm

import (
	"encoding/json"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// sizes are those of the disks that the guest shows, in MiB, once there are n of them.
func sizes(t *testing.T, g *Guest, n int) []int64 {
	t.Helper()
	var found []guest.Disk
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		var err error
		if found, err = g.Disks(); err != nil {
			t.Fatal(err)
		}
		if len(found) == n {
			break
		}
	}
	var all []int64
	for _, d := range found {
		all = append(all, d.Size>>20)
	}
	slices.Sort(all)
	return all
}

// One guest has all that a target can ask for, and disks come and go while it runs.
func TestDevices(t *testing.T) {
	request := record.Guest{Kernel: "arm64-16k", Cores: 4, Memory: 1024, Nodes: 2, Slots: 2, Disks: []record.Disk{
		{Bus: "virtio", Size: 16}, {Bus: "scsi", Size: 17}, {Bus: "nvme", Size: 18}, {Bus: "sd", Size: 32}}}
	g := boot(t, "arm64", "max,pauth-impdef=on", request)
	if got, want := sizes(t, g, 4), []int64{16, 17, 18, 32}; !slices.Equal(got, want) {
		t.Fatalf("disks of %v MiB, want %v", got, want)
	}
	here := detect(t, g)
	if here.Cores != 4 || here.NUMA != 2 || here.Memory>>20 < 800 || here.Memory>>20 > 1024 {
		t.Errorf("%d cores, %d nodes, %d MiB", here.Cores, here.NUMA, here.Memory>>20)
	}
	for slot, d := range []record.Disk{{Bus: "nvme", Size: 20}, {Bus: "virtio", Size: 21}} {
		if err := g.Plug(slot, d, ""); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := sizes(t, g, 6), []int64{16, 17, 18, 20, 21, 32}; !slices.Equal(got, want) {
		t.Fatalf("disks of %v MiB, want %v", got, want)
	}
	if err := g.Unplug(0); err != nil {
		t.Fatal(err)
	}
	if got, want := sizes(t, g, 5), []int64{16, 17, 18, 21, 32}; !slices.Equal(got, want) {
		t.Errorf("disks of %v MiB, want %v", got, want)
	}
	if err := g.Plug(0, record.Disk{Bus: "sd", Size: 32}, ""); err == nil {
		t.Error("an SD card was plugged in")
	}
	card := func(where record.Card) {
		t.Helper()
		if _, err := g.handlePlug(record.Plug{Card: where}); err != nil {
			t.Fatal(err)
		}
		if _, err := g.handlePlug(record.Plug{Card: where}); err == nil {
			t.Errorf("the card goes %s twice", where)
		}
	}
	card(record.TakeCard)
	if got, want := sizes(t, g, 4), []int64{16, 17, 18, 21}; !slices.Equal(got, want) {
		t.Errorf("without the card: disks of %v MiB, want %v", got, want)
	}
	card(record.PutCard)
	if got, want := sizes(t, g, 5), []int64{16, 17, 18, 21, 32}; !slices.Equal(got, want) {
		t.Errorf("with the card again: disks of %v MiB, want %v", got, want)
	}
}

// detect is what the program says of the machine from inside.
func detect(t *testing.T, g *Guest) (m record.Machine) {
	t.Helper()
	r, err := g.Run(guest.Run{Args: []string{"detect", "--json"}})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, r.Events)
	exit, _ := r.Wait()
	if err := json.Unmarshal(exit.Output, &m); err != nil {
		t.Fatalf("%v: %s", err, exit.Output)
	}
	return m
}
