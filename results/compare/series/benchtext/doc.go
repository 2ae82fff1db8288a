// Package benchtext reads text that holds results in the Go benchmark format: as `go test -bench` prints it, and as logs
// keep it, with colours, the time before each line, or in the events of `go test -json`, in UTF-8 or UTF-16. It knows
// lines and numbers, and nothing of what is done with them.
package benchtext
