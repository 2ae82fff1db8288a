package stream

import (
	"strings"

	"golang.org/x/net/http2"

	"github.com/xcmatrix/xcmatrix/results/record"
	"github.com/xcmatrix/xcmatrix/suites/http/peer"
	"github.com/xcmatrix/xcmatrix/suites/http/rule"
)

func frameRules() (rules []rule.Rule) {
	for _, r := range []struct {
		id, text, clause string
		do               act
	}{
		{"data-zero", "DATA on stream 0", "RFC 9113 §6.1", raw(http2.FrameData, 0, none, "hello")},
		{"data-idle", "DATA on a stream that nobody has opened", "RFC 9113 §5.1", raw(http2.FrameData, 0, idle, "hello")},
		{"data-padding", "DATA whose padding is longer than the frame", "RFC 9113 §6.1", raw(http2.FrameData, http2.FlagDataPadded, same, "\x20hello")},
		{"head-zero", "HEADERS on stream 0", "RFC 9113 §6.2", raw(http2.FrameHeaders, http2.FlagHeadersEndHeaders, none, "\x88")},
		{"frame-large", "a frame larger than SETTINGS_MAX_FRAME_SIZE", "RFC 9113 §4.2", raw(http2.FrameData, 0, same, strings.Repeat("x", 1<<20+1))},
		{"reset-zero", "RST_STREAM on stream 0", "RFC 9113 §6.4", raw(http2.FrameRSTStream, 0, none, "\x00\x00\x00\x08")},
		{"reset-length", "RST_STREAM that is not 4 bytes long", "RFC 9113 §6.4", raw(http2.FrameRSTStream, 0, same, "\x00\x00\x08")},
		{"settings-stream", "SETTINGS on a stream", "RFC 9113 §6.5", raw(http2.FrameSettings, 0, same, "")},
		{"settings-length", "SETTINGS whose length is no multiple of 6", "RFC 9113 §6.5", raw(http2.FrameSettings, 0, none, "\x00\x03\x00\x00\x00")},
		{"settings-ack", "an acknowledgement of SETTINGS with a payload", "RFC 9113 §6.5", raw(http2.FrameSettings, http2.FlagSettingsAck, none, "\x00\x03\x00\x00\x00\x01")},
		{"settings-window", "SETTINGS_INITIAL_WINDOW_SIZE beyond 31 bits", "RFC 9113 §6.5.2", raw(http2.FrameSettings, 0, none, "\x00\x04\x80\x00\x00\x00")},
		{"settings-frame", "SETTINGS_MAX_FRAME_SIZE below 16,384", "RFC 9113 §6.5.2", raw(http2.FrameSettings, 0, none, "\x00\x05\x00\x00\x00\x01")},
		{"push", "PUSH_PROMISE, which it has forbidden", "RFC 9113 §6.6", raw(http2.FramePushPromise, http2.FlagPushPromiseEndHeaders, same, "\x00\x00\x00\x02\x88")},
		{"ping-stream", "PING on a stream", "RFC 9113 §6.7", raw(http2.FramePing, 0, same, "12345678")},
		{"ping-length", "PING that is not 8 bytes long", "RFC 9113 §6.7", raw(http2.FramePing, 0, none, "1234567")},
		{"away-stream", "GOAWAY on a stream", "RFC 9113 §6.8", raw(http2.FrameGoAway, 0, same, "\x00\x00\x00\x00\x00\x00\x00\x00")},
		{"window-zero", "WINDOW_UPDATE of 0 on the connection", "RFC 9113 §6.9", raw(http2.FrameWindowUpdate, 0, none, "\x00\x00\x00\x00")},
		{"window-length", "WINDOW_UPDATE that is not 4 bytes long", "RFC 9113 §6.9", raw(http2.FrameWindowUpdate, 0, none, "\x00\x00\x01")},
		{"window-overflow", "a connection's window beyond 31 bits", "RFC 9113 §6.9.1", raw(http2.FrameWindowUpdate, 0, none, "\x7f\xff\xff\xff")},
		{"continuation-alone", "CONTINUATION without HEADERS", "RFC 9113 §6.10", raw(http2.FrameContinuation, http2.FlagContinuationEndHeaders, same, "\x88")},
		{"block-other", "another frame between HEADERS and CONTINUATION", "RFC 9113 §6.10", func(h *peer.H2, stream uint32) error {
			if err := h.WriteRawFrame(http2.FrameHeaders, 0, stream, []byte("\x88")); err != nil {
				return err
			}
			return raw(http2.FramePing, 0, none, "12345678")(h, stream)
		}},
		{"block-broken", "a field block that is no HPACK", "RFC 9113 §4.3; RFC 7541 §2.3.3", raw(http2.FrameHeaders, http2.FlagHeadersEndHeaders, same, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff")},
		{"block-index", "a field block with an index that there is not", "RFC 7541 §2.3.3", raw(http2.FrameHeaders, http2.FlagHeadersEndHeaders, same, "\x88\xfe")},
		{"block-table", "a field block with a table larger than SETTINGS_HEADER_TABLE_SIZE", "RFC 7541 §6.3", raw(http2.FrameHeaders, http2.FlagHeadersEndHeaders, same, "\x3f\xff\xff\xff\x07\x88")},
	} {
		rules = append(rules, rule.Rule{ID: r.id, Text: "ends the connection at " + r.text, Clause: r.clause, Severity: record.High, Want: ends(), Play: fatal(r.do), Limit: patience})
	}
	return rules
}

func settingRules() (rules []rule.Rule) {
	for _, r := range []struct {
		id, text, clause string
		do               act
	}{
		{"unknown-frame", "passes over a frame of an unknown type", "RFC 9113 §5.5", raw(0xfa, 0xff, same, "anything")},
		{"unknown-setting", "passes over an unknown setting", "RFC 9113 §6.5.2", raw(http2.FrameSettings, 0, none, "\xfa\xfa\x00\x00\x00\x01")},
		{"priority", "passes over PRIORITY", "RFC 9113 §5.3.2", raw(http2.FramePriority, 0, same, "\x00\x00\x00\x00\x10")},
		{"priority-idle", "passes over PRIORITY on a stream that nobody has opened", "RFC 9113 §5.3.2", raw(http2.FramePriority, 0, idle, "\x00\x00\x00\x00\x10")},
		{"reserved-bit", "passes over the bit before a stream's number", "RFC 9113 §4.1", raw(http2.FramePriority, 0, func(n uint32) uint32 { return n | 1<<31 }, "\x00\x00\x00\x00\x10")},
		{"ping", "acknowledges PING with its bytes", "RFC 9113 §6.7", func(h *peer.H2, stream uint32) error {
			if err := h.WritePing(false, [8]byte([]byte("12345678"))); err != nil {
				return err
			}
			if _, err := h.Until(func(f peer.Frame) bool {
				return f.Type == http2.FramePing && f.Flags.Has(http2.FlagPingAck) && string(f.Payload) == "12345678"
			}); err != nil {
				return err
			}
			return hello(h, stream)
		}},
		{"settings", "acknowledges SETTINGS", "RFC 9113 §6.5.3", func(h *peer.H2, stream uint32) error {
			if _, err := h.Until(func(f peer.Frame) bool {
				return f.Type == http2.FrameSettings && f.Flags.Has(http2.FlagSettingsAck)
			}); err != nil {
				return err
			}
			return hello(h, stream)
		}},
	} {
		rules = append(rules, rule.Rule{ID: r.id, Text: r.text, Clause: r.clause, Severity: record.Medium, Want: []string{greeting}, Play: asks(r.do)})
	}
	return rules
}
