package volatile

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
)

// Numbers of the NBD protocol.
const (
	magicInit    = 0x4e42444d41474943 // "NBDMAGIC"
	magicOption  = 0x49484156454f5054 // "IHAVEOPT"
	magicAnswer  = 0x0003e889045565a9
	magicRequest = 0x25609513
	magicReply   = 0x67446698

	flagFixed    = 1 << 0 // handshake
	flagNoZeroes = 1 << 1

	optionExportName, optionAbort, optionInfo, optionGo = 1, 2, 6, 7

	replyAck, replyInfo = 1, 3
	replyUnsupported    = 1<<31 + 1

	// The disk has flags, and knows FLUSH and FUA.
	exportFlags = 1<<0 | 1<<2 | 1<<3

	commandRead, commandWrite, commandDisconnect, commandFlush, commandTrim = 0, 1, 2, 3, 4
	commandForce                                                            = 1 << 0 // FUA: onto the medium before the answer

	errnoInvalid = 22

	maxOption  = 64 << 10
	maxRequest = 32 << 20
)

// Serve answers one client until it disconnects or breaks the protocol.
func (d *Disk) Serve(conn net.Conn) error {
	defer conn.Close()
	if err := d.shakeHands(conn); err != nil {
		return err
	}
	for {
		if more, err := d.serveRequest(conn); !more {
			return err
		}
	}
}

// shakeHands negotiates until the client asks for the export.
func (d *Disk) shakeHands(conn net.Conn) error {
	hello := binary.BigEndian.AppendUint64(nil, magicInit)
	hello = binary.BigEndian.AppendUint64(hello, magicOption)
	if _, err := conn.Write(binary.BigEndian.AppendUint16(hello, flagFixed|flagNoZeroes)); err != nil {
		return err
	}
	var flags uint32
	if err := binary.Read(conn, binary.BigEndian, &flags); err != nil {
		return err
	}
	for {
		if ready, err := d.serveOption(conn, flags); ready || err != nil {
			return err
		}
	}
}

// serveOption answers one option. ready says that requests follow.
func (d *Disk) serveOption(conn net.Conn, flags uint32) (ready bool, err error) {
	var option struct {
		Magic        uint64
		Kind, Length uint32
	}
	if err := binary.Read(conn, binary.BigEndian, &option); err != nil {
		return false, err
	}
	if option.Magic != magicOption || option.Length > maxOption {
		return false, fmt.Errorf("nbd: option %+v", option)
	}
	if _, err := io.CopyN(io.Discard, conn, int64(option.Length)); err != nil {
		return false, err
	}
	reply := func(kind uint32, data []byte) error {
		b := binary.BigEndian.AppendUint64(nil, magicAnswer)
		for _, n := range []uint32{option.Kind, kind, uint32(len(data))} {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		_, err := conn.Write(append(b, data...))
		return err
	}
	export := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint64(nil, uint64(d.Size())), exportFlags)
	switch option.Kind {
	case optionGo, optionInfo:
		if err := reply(replyInfo, append([]byte{0, 0}, export...)); err != nil { // NBD_INFO_EXPORT
			return false, err
		}
		return option.Kind == optionGo, reply(replyAck, nil)
	case optionExportName:
		if flags&flagNoZeroes == 0 {
			export = append(export, make([]byte, 124)...)
		}
		_, err := conn.Write(export)
		return true, err
	case optionAbort:
		_ = reply(replyAck, nil) // the client may have gone
		return false, io.EOF
	}
	return false, reply(replyUnsupported, nil)
}

// serveRequest answers one request. more is false after the last.
func (d *Disk) serveRequest(conn net.Conn) (more bool, err error) {
	var request struct {
		Magic          uint32
		Flags, Command uint16
		Cookie, Offset uint64
		Length         uint32
	}
	if err := binary.Read(conn, binary.BigEndian, &request); err != nil {
		return false, err
	}
	if request.Magic != magicRequest || request.Length > maxRequest {
		return false, fmt.Errorf("nbd: request %+v", request)
	}
	errno, data := uint32(0), []byte(nil)
	at, inside := int64(request.Offset), d.within(int64(request.Offset), int(request.Length))
	switch request.Command {
	case commandRead:
		if !inside {
			errno = errnoInvalid
			break
		}
		data = make([]byte, request.Length)
		d.read(data, at)
	case commandWrite:
		content := make([]byte, request.Length)
		if _, err := io.ReadFull(conn, content); err != nil {
			return false, err
		}
		if !inside {
			errno = errnoInvalid
			break
		}
		d.write(content, at, request.Flags&commandForce != 0)
	case commandFlush:
		d.flush()
	case commandTrim: // what it had stays
	case commandDisconnect:
		return false, nil
	default:
		errno = errnoInvalid
	}
	b := binary.BigEndian.AppendUint32(nil, magicReply)
	b = binary.BigEndian.AppendUint32(b, errno)
	b = binary.BigEndian.AppendUint64(b, request.Cookie)
	_, err = conn.Write(append(b, data...))
	return err == nil, err
}
