package vm

import (
	"encoding/json"
	"io"
	"strings"

	"github.com/xcmatrix/xcmatrix/matrix/guest/channel"
	"github.com/xcmatrix/xcmatrix/results/record"
)

// maxPlugRequest bounds a payload's request, in bytes.
const maxPlugRequest = 4 << 10

// servePlugRequest reads a record.Plug from a payload, plugs a disk in or out, and answers with a record.Plugged.
func (g *Guest) servePlugRequest(s *channel.Stream) {
	defer s.Close()
	var request record.Plug
	var answer record.Plugged
	err := json.NewDecoder(io.LimitReader(s, maxPlugRequest)).Decode(&request)
	if err == nil {
		answer.Slot, err = g.handlePlug(request)
	}
	if err != nil {
		reason := record.Sayf("%v", "%v", err)
		answer.Problem = &reason
	}
	_ = json.NewEncoder(s).Encode(answer) // it fails if the payload has closed the stream
}

// handlePlug plugs a disk in or out, one at a time, and returns its slot, from 1. It returns a *record.Problem for a request that
// cannot be met.
func (g *Guest) handlePlug(request record.Plug) (slot int, err error) {
	g.slots.Lock()
	defer g.slots.Unlock()
	if request.Card != "" {
		return 0, g.handleCard(request.Card)
	}
	if request.In == nil {
		if request.Out < 1 || request.Out > len(g.slots.taken) || !g.slots.taken[request.Out-1] {
			return 0, record.Wrongf("out", "there is no disk in slot %d", "插槽 %d 中没有磁盘", request.Out)
		}
		if err := g.Unplug(request.Out - 1); err != nil {
			return 0, err
		}
		g.slots.taken[request.Out-1] = false
		g.slots.used.Add(-1)
		return request.Out, nil
	}
	if _, err := driver(request.In.Bus); err != nil {
		return 0, err
	}
	if !isSerial(request.Serial) {
		return 0, record.Wrongf("serial", "a serial number is 16 hexadecimal digits, not %.20q", "序列号应为 16 位十六进制数，而不是 %.20q", request.Serial)
	}
	if request.In.Size < 1 || request.In.Size > maxTotalDiskMiB {
		return 0, record.Wrongf("in", "a disk has 1 to %d MiB, not %d", "磁盘应为 1 至 %d MiB，而不是 %d", maxTotalDiskMiB, request.In.Size)
	}
	for i, taken := range g.slots.taken {
		if taken {
			continue
		}
		g.slots.used.Add(1) // also if Plug fails: the disk may be in the slot
		g.slots.taken[i] = true
		return i + 1, g.Plug(i, *request.In, request.Serial)
	}
	return 0, record.Wrongf("in", "no slot is free: the machine has %d", "没有空闲插槽：共 %d 个", len(g.slots.taken))
}

// handleCard takes the target's first SD card out, or puts it back. A machine without its card must not serve another payload.
func (g *Guest) handleCard(card record.Card) error {
	i := g.slots.card
	switch out := card == record.TakeCard; {
	case i < 0:
		return record.Wrongf("card", "the machine has no SD card", "该虚拟机没有 SD 卡")
	case !out && card != record.PutCard:
		return record.Wrongf("card", "a card is put in or taken out, not %.20q", "SD 卡只能插入或拔出，而不是 %.20q", string(card))
	case out == g.slots.cardOut:
		return record.Wrongf("card", "the card is already %s", "SD 卡已处于该状态：%s", string(card))
	case out:
		g.slots.cardOut = true
		g.slots.used.Add(1)
		return g.TakeCard(i)
	}
	if err := g.PutCard(i); err != nil {
		return err
	}
	g.slots.cardOut = false
	g.slots.used.Add(-1)
	return nil
}

// isSerial reports whether a serial number is empty, or 16 hexadecimal digits.
func isSerial(s string) bool {
	return s == "" || len(s) == 16 && strings.Trim(s, "0123456789abcdef") == ""
}

// hasPluggedDisks reports whether a disk that a payload plugged in is still there. Such a guest must not serve another payload.
func (g *Guest) hasPluggedDisks() bool { return g.slots.used.Load() > 0 }
