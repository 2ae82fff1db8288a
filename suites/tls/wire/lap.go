package wire

// Lap is called at the end of each stage of a handshake, with the stage's name; nil for nobody who times it.
type Lap func(stage string)

// End tells that a stage has ended.
func (l Lap) End(stage string) {
	if l != nil {
		l(stage)
	}
}
