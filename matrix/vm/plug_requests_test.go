package vm

import (
	"io"
	"strings"
	"testing"

	"github.com/xcmatrix/xcmatrix/matrix/guest"
	"github.com/xcmatrix/xcmatrix/results/record"
)

func TestPlugsThatAreRefused(t *testing.T) {
	disk := func(size int) record.Plug { return record.Plug{In: &record.Disk{Bus: "virtio", Size: size}} }
	for _, c := range []struct {
		taken   []bool
		request record.Plug
		want    string
	}{
		{nil, disk(9), "no slot is free: the machine has 0"},
		{[]bool{true, true}, disk(9), "no slot is free: the machine has 2"},
		{[]bool{false}, disk(0), "1 to 4096 MiB, not 0"},
		{[]bool{false}, disk(maxTotalDiskMiB + 1), "1 to 4096 MiB, not 4097"},
		{[]bool{false}, record.Plug{In: &record.Disk{Bus: "sd", Size: 9}}, `the bus "sd" cannot be plugged in`},
		{nil, record.Plug{Card: record.TakeCard}, "the machine has no SD card"},
		{[]bool{false}, record.Plug{Out: 1}, "no disk in slot 1"},
		{[]bool{true}, record.Plug{}, "no disk in slot 0"},
		{[]bool{true}, record.Plug{Out: 2}, "no disk in slot 2"},
	} {
		g := &Guest{}
		g.slots.taken, g.slots.card = c.taken, -1
		if _, err := g.handlePlug(c.request); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v of %v: %v, want %s", c.request, c.taken, err, c.want)
		}
		if g.hasPluggedDisks() {
			t.Errorf("%+v of %v: the machine counts as changed", c.request, c.taken)
		}
	}
}

// A machine is the next process's too, unless a disk was left in it.
func TestDiskThatIsLeftEndsTheMachine(t *testing.T) {
	for _, leave := range []bool{false, true} {
		m, payload := standingIn(t, map[bool]string{true: "plug", false: "plug and pull"}[leave])
		m.Slots = 1
		g, err := m.boot(t.Context(), payload, tcg)
		if err != nil {
			t.Fatal(err)
		}
		r, err := g.Run(guest.Run{Slots: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r.Events)
		if want := map[bool]string{true: "1 <nil>\n", false: "1 <nil>\n1 <nil>\n"}[leave]; err != nil || string(got) != want {
			t.Errorf("the payload was told %q, want %q: %v", got, want, err)
		}
		if exit, ok := r.Wait(); !ok || exit.Code != 7 {
			t.Errorf("%+v, machine up: %t", exit, ok)
		}
		if g.Alive() == leave {
			t.Errorf("a disk was left: %t, and the machine runs: %t", leave, g.Alive())
		}
		g.Close()
	}
}

// A slot can be used again, and a machine with a disk in one is not the one that was asked for.
func TestPlugsOfAPayload(t *testing.T) {
	g := boot(t, "amd64", "Dhyana-v2", record.Guest{Kernel: "amd64", Slots: 1})
	for range 2 {
		slot, err := g.handlePlug(record.Plug{In: &record.Disk{Bus: "virtio", Size: 24}})
		if err != nil || slot != 1 || !g.hasPluggedDisks() {
			t.Fatalf("slot %d, changed %t: %v", slot, g.hasPluggedDisks(), err)
		}
		if got := sizes(t, g, 1); len(got) != 1 || got[0] != 24 {
			t.Errorf("disks of %v MiB, want 24", got)
		}
		if _, err := g.handlePlug(record.Plug{Out: 1}); err != nil || g.hasPluggedDisks() {
			t.Fatalf("changed %t: %v", g.hasPluggedDisks(), err)
		}
	}
}
