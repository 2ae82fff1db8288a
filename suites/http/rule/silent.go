package rule

import (
	"io"
	"log"
)

// Silent returns a log that keeps nothing: a server's complaints about a raw peer are what the peer is for.
func Silent() *log.Logger { return log.New(io.Discard, "", 0) }
