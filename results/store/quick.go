package store

import (
	"bytes"
	"strconv"
	"time"
)

// quickEntries reads the part of entries before their event, if it is encoded as by entryBody. Most lines of a journal
// have the same cell as the line before.
type quickEntries struct {
	text []byte // of the last cell
	cell *Cell
}

// entry returns an entry; false if readEntry has to parse it in another way.
func (q *quickEntries) entry(before, event []byte) (Entry, bool) {
	if q == nil {
		return Entry{}, false
	}
	rest, ok := bytes.CutPrefix(before, []byte(`{"n":`))
	digits, rest, cut := bytes.Cut(rest, []byte(`,"at":"`))
	at, rest, ended := bytes.Cut(rest, []byte(`"`))
	n, plain := natural(digits)
	if !ok || !cut || !ended || !plain {
		return Entry{}, false
	}
	e := Entry{N: n, Event: event}
	var room [len(time.RFC3339Nano)]byte
	if e.At.UnmarshalText(at) != nil || !bytes.Equal(e.At.UTC().AppendFormat(room[:0], time.RFC3339Nano), at) {
		return Entry{}, false
	}
	if i := bytes.LastIndex(rest, []byte(fromField)); i >= 0 {
		if e.From, ok = quickPosition(rest[i:]); !ok {
			return Entry{}, false
		}
		rest = rest[:i]
	}
	if len(rest) == 0 {
		return e, true
	}
	if q.cell == nil || !bytes.Equal(q.text, rest) {
		cell, ok := quickCell(rest)
		if !ok {
			return Entry{}, false
		}
		q.text, q.cell = append(q.text[:0], rest...), cell
	}
	e.Cell = q.cell
	return e, true
}

// quickCell reads `,"cell":{…}`; false if it is encoded differently.
func quickCell(text []byte) (*Cell, bool) {
	c := &Cell{}
	rest, ok := bytes.CutPrefix(text, []byte(`,"cell":{"target":"`))
	target, rest, a := bytes.Cut(rest, []byte(`","item":"`))
	item, rest, b := bytes.Cut(rest, []byte(`","round":`))
	round, rest, d := bytes.Cut(rest, []byte(`,"attempt":`))
	attempt, end := bytes.CutSuffix(rest, []byte(`}`))
	var plain, whole bool
	c.Target, c.Item = string(target), string(item)
	c.Round, plain = natural(round)
	c.Attempt, whole = natural(attempt)
	return c, ok && a && b && d && end && plain && whole && idPattern().MatchString(c.Target) && idPattern().MatchString(c.Item)
}

const fromField = `,"from":{"session":`

// quickPosition reads `,"from":{…}`; false if it is encoded differently.
func quickPosition(text []byte) (*Position, bool) {
	rest, ok := bytes.CutPrefix(text, []byte(fromField))
	session, rest, cut := bytes.Cut(rest, []byte(`,"entry":`))
	entry, end := bytes.CutSuffix(rest, []byte(`}`))
	p := &Position{}
	var a, b bool
	p.Session, a = natural(session)
	p.Entry, b = natural(entry)
	return p, ok && cut && end && a && b
}

// natural reads a number as strconv.Itoa writes it, without a sign; false for another text.
func natural(digits []byte) (int, bool) {
	if len(digits) == 0 || len(digits) > 15 || digits[0] == '0' && len(digits) > 1 {
		return 0, false
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(string(digits))
	return n, err == nil
}
