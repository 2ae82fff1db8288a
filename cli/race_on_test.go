//go:build race

package cli

// raceFactor is how many times as long the program may take for the race detector.
const raceFactor = 5
