package peer

import (
	"bytes"
	"fmt"
	"io"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// H2 is a connection of a raw peer that speaks HTTP/2 without TLS. It answers PING and SETTINGS by itself, unless it is quiet.
type H2 struct {
	*Conn
	*http2.Framer
	Quiet  bool // acknowledges nothing
	fields bytes.Buffer
	coder  *hpack.Encoder
}

// Frame is a frame that was read. It stays valid.
type Frame struct {
	Type      http2.FrameType
	Flags     http2.Flags
	Stream    uint32
	Fields    []hpack.HeaderField        // of HEADERS with its CONTINUATIONs
	Payload   []byte                     // of DATA, PING; the debug data of GOAWAY
	Code      http2.ErrCode              // of RST_STREAM and GOAWAY
	Last      uint32                     // the last stream of GOAWAY
	Increment uint32                     // of WINDOW_UPDATE
	Settings  map[http2.SettingID]uint32 // of SETTINGS
}

// EndsStream reports whether the frame is its stream's last one.
func (f Frame) EndsStream() bool {
	return (f.Type == http2.FrameData || f.Type == http2.FrameHeaders) && f.Flags.Has(http2.FlagDataEndStream) ||
		f.Type == http2.FrameRSTStream
}

// Field returns the value of a field, "" if there is none. Several are joined by " | ".
func (f Frame) Field(name string) string {
	var values []byte
	for _, field := range f.Fields {
		if field.Name != name {
			continue
		}
		if values != nil {
			values = append(values, " | "...)
		}
		values = append(values, field.Value...)
	}
	return string(values)
}

// String returns the frame for people.
func (f Frame) String() string {
	switch f.Type {
	case http2.FrameGoAway:
		return fmt.Sprintf("GOAWAY %v", f.Code)
	case http2.FrameRSTStream:
		return fmt.Sprintf("RST_STREAM %v", f.Code)
	}
	return f.Type.String()
}

func newH2(c *Conn) *H2 {
	h := &H2{Conn: c, Framer: http2.NewFramer(c.Conn, c.In)}
	h.AllowIllegalWrites = true // Framer refuses illegal reads together with whole heads
	h.SetMaxReadFrameSize(1 << 20)
	h.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	h.coder = hpack.NewEncoder(&h.fields)
	return h
}

// AcceptH2 begins HTTP/2 as a server: it reads the client's preface and sends SETTINGS.
func AcceptH2(c *Conn, settings ...http2.Setting) (*H2, error) {
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(c.In, preface); err != nil {
		return nil, err
	}
	if string(preface) != http2.ClientPreface {
		return nil, fmt.Errorf("no preface of HTTP/2: %q", preface)
	}
	h := newH2(c)
	return h, h.WriteSettings(settings...)
}

// StartH2 begins HTTP/2 as a client: it sends the preface and SETTINGS.
func StartH2(c *Conn, settings ...http2.Setting) (*H2, error) {
	if err := c.Send(http2.ClientPreface); err != nil {
		return nil, err
	}
	h := newH2(c)
	return h, h.WriteSettings(settings...)
}

// Encode returns header fields, given as names and values by turns, as a field block.
func (h *H2) Encode(fields ...string) []byte {
	h.fields.Reset()
	for i := 0; i+1 < len(fields); i += 2 {
		_ = h.coder.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]}) // a bytes.Buffer takes everything
	}
	return bytes.Clone(h.fields.Bytes())
}

// Headers sends HEADERS with fields, given as names and values by turns.
func (h *H2) Headers(stream uint32, end bool, fields ...string) error {
	return h.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: h.Encode(fields...), EndStream: end, EndHeaders: true})
}

// Ask sends a request without a body, with further fields, given as names and values by turns.
func (h *H2) Ask(stream uint32, path string, fields ...string) error {
	return h.Headers(stream, true, append([]string{":method", "GET", ":scheme", "http", ":authority", "server.test", ":path", path}, fields...)...)
}

// Next reads a frame. Where the peer is not quiet, it acknowledges SETTINGS and PING.
func (h *H2) Next() (f Frame, err error) {
	raw, err := h.ReadFrame()
	if err != nil {
		return f, err
	}
	f = Frame{Type: raw.Header().Type, Flags: raw.Header().Flags, Stream: raw.Header().StreamID}
	switch raw := raw.(type) {
	case *http2.MetaHeadersFrame:
		f.Fields = raw.Fields
	case *http2.DataFrame:
		f.Payload = bytes.Clone(raw.Data())
	case *http2.RSTStreamFrame:
		f.Code = raw.ErrCode
	case *http2.GoAwayFrame:
		f.Code, f.Last, f.Payload = raw.ErrCode, raw.LastStreamID, bytes.Clone(raw.DebugData())
	case *http2.WindowUpdateFrame:
		f.Increment = raw.Increment
	case *http2.PingFrame:
		f.Payload = bytes.Clone(raw.Data[:])
		if !raw.IsAck() && !h.Quiet {
			err = h.WritePing(true, raw.Data)
		}
	case *http2.SettingsFrame:
		f.Settings = map[http2.SettingID]uint32{}
		_ = raw.ForeachSetting(func(s http2.Setting) error { f.Settings[s.ID] = s.Val; return nil })
		if !raw.IsAck() && !h.Quiet {
			err = h.WriteSettingsAck()
		}
	}
	return f, err
}

// Until reads frames up to one that matches.
func (h *H2) Until(match func(Frame) bool) (Frame, error) {
	for {
		f, err := h.Next()
		if err != nil || match(f) {
			return f, err
		}
	}
}

// Asked reads up to the HEADERS of the next request.
func (h *H2) Asked() (Frame, error) {
	return h.Until(func(f Frame) bool { return f.Type == http2.FrameHeaders })
}

// Reply sends a whole response on a stream.
func (h *H2) Reply(stream uint32, status, body string) error {
	if err := h.Headers(stream, false, ":status", status, "content-type", "text/plain; charset=utf-8"); err != nil {
		return err
	}
	return h.WriteData(stream, true, []byte(body))
}

// Stream is what came on a stream.
type Stream struct {
	Head, Tail Frame // HEADERS: the response's and the trailer's
	Body       string
	End        Frame // the frame that ended the stream or the connection
}

// Answered reads frames until a stream or the connection ends.
func (h *H2) Answered(stream uint32) (r Stream, err error) {
	r.End, err = h.Until(func(f Frame) bool {
		switch {
		case f.Type == http2.FrameGoAway && f.Code != http2.ErrCodeNo:
			return true
		case f.Stream != stream:
			return false
		case f.Type == http2.FrameHeaders && r.Head.Type != http2.FrameHeaders:
			r.Head = f
		case f.Type == http2.FrameHeaders:
			r.Tail = f
		case f.Type == http2.FrameData:
			r.Body += string(f.Payload)
		}
		return f.EndsStream()
	})
	return r, err
}
