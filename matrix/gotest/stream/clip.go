package stream

// Clip keeps the beginning and the end of a text.
type Clip struct {
	head, tail []byte
	lost       int
}

const clipHead, clipTail = 4 << 10, 8 << 10

// Write keeps a part of the text.
func (c *Clip) Write(text []byte) {
	if room := clipHead - len(c.head); room > 0 {
		n := min(room, len(text))
		c.head, text = append(c.head, text[:n]...), text[n:]
	}
	if over := len(text) - clipTail; over > 0 {
		c.lost, text = c.lost+over, text[over:]
	}
	c.tail = append(c.tail, text...)
	if over := len(c.tail) - clipTail; over > clipTail {
		c.lost += over
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
}

// String returns the kept part of the text.
func (c *Clip) String() string {
	if c.lost > 0 {
		return string(c.head) + "\n…\n" + string(c.tail)
	}
	return string(c.head) + string(c.tail)
}
