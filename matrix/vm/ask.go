package vm

import (
	"encoding/json"
	"io"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// maxAsk bounds what a payload asks, in bytes.
const maxAsk = 4 << 10

// answer does what a payload asks by a record.Plug, and tells it when it is done.
func (g *Guest) answer(s *channel.Stream) {
	defer s.Close()
	var ask record.Plug
	var told record.Plugged
	err := json.NewDecoder(io.LimitReader(s, maxAsk)).Decode(&ask)
	if err == nil {
		told.Slot, err = g.change(ask)
	}
	if err != nil {
		why := record.Sayf("%v", "%v", err)
		told.Problem = &why
	}
	// A payload that does not listen any more has no use for an answer.
	_ = json.NewEncoder(s).Encode(told)
}

// change plugs a disk in or pulls one out, one at a time.
func (g *Guest) change(ask record.Plug) (slot int, err error) {
	g.slots.Lock()
	defer g.slots.Unlock()
	if ask.In == nil {
		if ask.Out < 1 || ask.Out > len(g.slots.taken) || !g.slots.taken[ask.Out-1] {
			return 0, record.Wrongf("out", "there is no disk in slot %d", "插槽 %d 中没有磁盘", ask.Out)
		}
		if err := g.Unplug(ask.Out - 1); err != nil {
			return 0, err
		}
		g.slots.taken[ask.Out-1] = false
		g.slots.used.Add(-1)
		return ask.Out, nil
	}
	if _, err := driver(ask.In.Bus); err != nil {
		return 0, err
	}
	if ask.In.Size < 1 || ask.In.Size > mostDiskSize {
		return 0, record.Wrongf("in", "a disk has 1 to %d MiB, not %d", "磁盘应为 1 至 %d MiB，而不是 %d", mostDiskSize, ask.In.Size)
	}
	for i, taken := range g.slots.taken {
		if taken {
			continue
		}
		g.slots.used.Add(1) // also where it fails: something may be in the slot
		g.slots.taken[i] = true
		return i + 1, g.Plug(i, *ask.In)
	}
	return 0, record.Wrongf("in", "no slot is free: the machine has %d", "没有空闲插槽：共 %d 个", len(g.slots.taken))
}

// changed reports whether a payload has left a disk behind: the machine is not the one that was asked for any more.
func (g *Guest) changed() bool { return g.slots.used.Load() > 0 }
